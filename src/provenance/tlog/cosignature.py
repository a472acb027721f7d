r"""What is signed about a checkpoint besides its text: timestamped (co)signatures.

::

    0x04  u64 time || Ed25519     over "cosignature/v1\ntime <time>\n" || whole note text
    0x06  u64 time || ML-DSA-44   over "subtree/v1\n\0" || u8 n || cosigner name || u64 time
                                  || u8 n || origin || u64 start || u64 end || hash

``time`` is POSIX seconds, below 2^63. A checkpoint is the subtree from 0 to its size under
its root, and a 0x06 signature says nothing of its extension lines; a subtree that starts
elsewhere has time 0. Sources: C2SP tlog-cosignature, FIPS 204.
"""

from __future__ import annotations

from typing import Final

from provenance.encoding import decode_text
from provenance.errors import FormatError
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.merkle import HASH_SIZE, is_subtree

TIME_SIZE: Final = 8
TIME_MAX: Final = 2**63 - 1
_LENGTH_MAX: Final = 255


def cosignature_message(text: str, time_s: int) -> bytes:
    """Return what a 0x04 cosignature of time ``time_s`` signs of a checkpoint's text.

    Raises `FormatError` for another text, and for a time that cannot be stated.
    """
    parse_checkpoint(text)
    _check_time(time_s)
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def subtree_message(
    *, cosigner: str, time_s: int, origin: str, start: int, end: int, subtree_root: bytes
) -> bytes:
    """Return what a 0x06 signature signs of the subtree [start, end) of a log.

    Raises `FormatError` for a name or origin that is empty or longer than 255 bytes, for
    what is neither a subtree nor the empty tree, for a root that has not 32 bytes, and
    for a time that cannot be stated, or is of a subtree that does not start at 0.
    """
    _check_time(time_s)
    if start and time_s:
        raise FormatError("the signature of an inner subtree has no time")
    if not (is_subtree(start, end) or start == end == 0) or len(subtree_root) != HASH_SIZE:
        raise FormatError(f"[{start}, {end}) is no subtree, or its root has another size")
    parts = (
        b"subtree/v1\n\0",
        _prefixed(cosigner),
        time_s.to_bytes(TIME_SIZE, "big"),
        _prefixed(origin),
        start.to_bytes(8, "big"),
        end.to_bytes(8, "big"),
        subtree_root,
    )
    return b"".join(parts)


def checkpoint_message(text: str, *, cosigner: str, time_s: int) -> bytes:
    """Return what a 0x06 signature signs of a checkpoint's text. Raises `FormatError`."""
    checkpoint = parse_checkpoint(text)
    return subtree_message(
        cosigner=cosigner,
        time_s=time_s,
        origin=checkpoint.origin,
        start=0,
        end=checkpoint.size,
        subtree_root=checkpoint.root,
    )


def _check_time(time_s: int) -> None:
    if not 0 <= time_s <= TIME_MAX:
        raise FormatError(f"a time of {time_s} seconds")


def _prefixed(text: str) -> bytes:
    data = decode_text(text, "name").encode()
    if not 1 <= len(data) <= _LENGTH_MAX:
        raise FormatError(f"a name of {len(data)} bytes, expected 1 to {_LENGTH_MAX}")
    return bytes([len(data)]) + data
