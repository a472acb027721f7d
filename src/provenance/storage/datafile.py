"""Looking at LMDB's data file before LMDB does.

The file is mapped into memory, so that a file shorter than its meta pages say ends the
process with SIGBUS at the first page that is not there. Pages 0 and 1 are the meta pages
(``mdb.c``, ``MDB_meta``; 64-bit, the machine's own byte order)::

    0    16 bytes  page header
    16   u32       magic 0xBEEFC0DE
    20   u32       data version, 1
    24   u64       address, unused here
    32   u64       map size
    40   u32       page size (the first field of the free list's record)
    136  u64       last page used
    144  u64       transaction number
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from provenance.errors import LedgerDamagedError
from provenance.storage.durable import SyncedFile

if TYPE_CHECKING:
    from pathlib import Path

DATA_FILE: Final = "data.mdb"
MAGIC: Final = 0xBEEFC0DE
VERSION: Final = 1
PAGE_SIZE_MAX: Final = 1 << 16

_META: Final = struct.Struct("=16xII8x8xI92xQQ")
_ATTEMPTS: Final = 3


def is_short(directory: Path) -> bool:
    """Whether the data file in ``directory`` is shorter than its meta pages say.

    Raises `LedgerDamagedError` when it is missing or is no LMDB file.
    """
    file = SyncedFile(directory / DATA_FILE, readonly=True)
    try:
        # A writer in another process may be at work. Pages are written before the meta
        # page that names them, so meta first and size second never accuses it; a meta
        # page read while it is being written is read again.
        return all(_bytes_used(file) > file.facts().st_size for _ in range(_ATTEMPTS))
    finally:
        file.close()


def commits(directory: Path) -> tuple[int, int]:
    """Return the numbers of the commits that the two meta pages tell of.

    While they stay the same, nothing was committed. Raises `LedgerDamagedError` when the
    file is missing or is no LMDB file.
    """
    file = SyncedFile(directory / DATA_FILE, readonly=True)
    try:
        first, second = _read_meta(file, 0), _read_meta(file, _read_meta(file, 0).page_size)
    finally:
        file.close()
    return first.commit, second.commit


def _bytes_used(file: SyncedFile) -> int:
    """Return the end of the last page that either meta page knows."""
    page_size = _read_meta(file, 0).page_size
    return max(_read_meta(file, at).bytes_used for at in (0, page_size))


class _Meta(NamedTuple):
    """What is asked of a meta page; sizes in bytes."""

    bytes_used: int
    page_size: int
    commit: int


def _read_meta(file: SyncedFile, offset: int) -> _Meta:
    data = file.read(offset, _META.size)
    if len(data) == _META.size:
        magic, version, page_size, last_page, commit = _META.unpack(data)
        plausible = 0 < page_size <= PAGE_SIZE_MAX
        if (magic, version) == (MAGIC, VERSION) and plausible:
            return _Meta((last_page + 1) * page_size, page_size, commit)
    raise LedgerDamagedError(f"{file.path} has no valid meta page at {offset}")
