r"""What is signed about a checkpoint besides its text: timestamped (co)signatures.

::

    0x04  u64 time || Ed25519     over "cosignature/v1\ntime <time>\n" || whole note text
    0x06  u64 time || ML-DSA-44   over "subtree/v1\n\0" || u8 n || cosigner name || u64 time
                                  || u8 n || origin || u64 start || u64 end || hash

``time`` is POSIX seconds. A checkpoint is the subtree from 0 to its size under its root; a
subtree that starts elsewhere has time 0. Sources: C2SP tlog-cosignature, FIPS 204.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.errors import FormatError
from provenance.tlog.checkpoint import parse_checkpoint

if TYPE_CHECKING:
    from provenance.tlog.checkpoint import Checkpoint

TIME_SIZE: Final = 8
_LENGTH_MAX: Final = 255


def cosignature_message(text: str, time_s: int) -> bytes:
    """Give what a 0x04 cosignature of time ``time_s`` signs of a note's text."""
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def subtree_message(
    *, cosigner: str, time_s: int, origin: str, start: int, end: int, subtree_root: bytes
) -> bytes:
    """Give what a 0x06 signature signs of the subtree [start, end) of a log.

    Raises `FormatError` for a name or origin of more than 255 bytes, and for a time in
    the signature of a subtree that does not start at 0.
    """
    if start and time_s:
        raise FormatError("the signature of an inner subtree has no time")
    return b"".join(
        (
            b"subtree/v1\n\0",
            _prefixed(cosigner),
            time_s.to_bytes(8, "big"),
            _prefixed(origin),
            start.to_bytes(8, "big"),
            end.to_bytes(8, "big"),
            subtree_root,
        )
    )


def checkpoint_message(text: str, *, cosigner: str, time_s: int) -> bytes:
    """Give what a 0x06 signature signs of a checkpoint's text. Raises `FormatError`."""
    checkpoint: Checkpoint = parse_checkpoint(text)
    return subtree_message(
        cosigner=cosigner,
        time_s=time_s,
        origin=checkpoint.origin,
        start=0,
        end=checkpoint.size,
        subtree_root=checkpoint.root,
    )


def _prefixed(text: str) -> bytes:
    data = text.encode()
    if len(data) > _LENGTH_MAX:
        raise FormatError(f"a name of more than {_LENGTH_MAX} bytes")
    return bytes([len(data)]) + data
