"""Refusing network file systems, where locks and syncs do not hold what they promise.

``/proc/self/mountinfo`` (proc(5)) has one line a mount; fields 5 and the first after the
separator are the mount point and the type::

    36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
                     ^ mount point               ^ type

Where the file cannot be read, nothing is known and nothing is refused.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from provenance.errors import LedgerBusyError

MOUNTINFO: Final = Path("/proc/self/mountinfo")
NETWORK_TYPES: Final = frozenset(
    (
        *("9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs2", "glusterfs"),
        *("lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "smb3", "smbfs", "vboxsf"),
        *("fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    )
)
"""File system types on which a log is not opened."""

_OCTAL: Final = re.compile(r"\\([0-7]{3})")


def check_local(path: Path) -> None:
    """Raise `LedgerBusyError` when ``path`` lies on a network file system."""
    try:
        text = MOUNTINFO.read_text(encoding="utf-8", errors="surrogateescape")
        real = path.resolve()
    except OSError:
        return
    kind = find_type(real, text)
    if kind in NETWORK_TYPES:
        raise LedgerBusyError(f"{path} lies on a network file system ({kind}): use a local one")


def find_type(path: Path, mountinfo: str) -> str | None:
    """Return the type of the file system that holds ``path``, an absolute real path.

    The longest mount point above it counts, and of equals the last, which covers the
    others. None when there is none.
    """
    found: tuple[int, str] | None = None
    for line in mountinfo.splitlines():
        mount, separator, source = line.partition(" - ")
        fields = mount.split(" ")
        if not separator or len(fields) <= _MOUNT_POINT:
            continue
        point = Path(_OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[_MOUNT_POINT]))
        depth = len(point.parts)
        if path.is_relative_to(point) and (found is None or depth >= found[0]):
            found = depth, source.split(" ", 1)[0]
    return None if found is None else found[1]


_MOUNT_POINT: Final = 4
