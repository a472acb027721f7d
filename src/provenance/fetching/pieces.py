"""Reading in pieces, and no further than a limit."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from provenance.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PIECE_SIZE: Final = 65_536
"""Bytes."""


def pieces_of(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Read to the end, piece by piece."""
    while piece := read(PIECE_SIZE):
        yield piece


def inflate(pieces: Iterator[bytes], url: str) -> Iterator[bytes]:
    """Decode gzip (RFC 1952) piece by piece, none much larger than what it is made of."""
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for piece in pieces:
        rest = piece
        while rest:
            yield decoder.decompress(rest, PIECE_SIZE)
            rest = decoder.unconsumed_tail
    yield decoder.flush()
    if not decoder.eof or decoder.unused_data:
        raise UnreadableError(f"cannot read {url}: the answer is cut off, or too long")


def join(pieces: Iterator[bytes], what: str, size_max: int) -> bytes:
    """Put pieces together; raises `UnreadableError` when that is more than ``size_max``."""
    parts, size = [], 0
    for piece in pieces:
        parts.append(piece)
        size += len(piece)
        if size > size_max:
            raise UnreadableError(f"cannot read {what}: it has more than {size_max} bytes")
    return b"".join(parts)
