"""DER, looked at as a tree of elements: lengths that add up, each in its one spelling.

Decoders of ASN.1 pass over what stands behind the last member that they expect. Here every
element fills the one that it stands in, so that nothing can be hidden in between. Sources:
ITU-T X.690 sections 8.1 and 10.1.
"""

from __future__ import annotations

from typing import Final

from provenance.errors import FormatError

DEPTH_MAX: Final = 32
_CONSTRUCTED: Final = 0x20
_LONG_TAG: Final = 0x1F
_LONG_LENGTH: Final = 0x80
_LENGTH_BYTES_MAX: Final = 4


def check_der(data: bytes) -> None:
    """Check that bytes are exactly one DER element; raises `FormatError`."""
    waiting = [(0, len(data), 0)]
    while waiting:
        start, end, depth = waiting.pop()
        count = 0
        while start < end:
            tag, inner, start = _element(data, start, end)
            count += 1
            if tag & _CONSTRUCTED:
                waiting.append((inner, start, depth + 1))
        if depth > DEPTH_MAX or (depth == 0 and count != 1):
            raise FormatError("malformed DER")


def _element(data: bytes, start: int, end: int) -> tuple[int, int, int]:
    """Give an element's tag, where its content begins, and where it ends."""
    tag, at = data[start], start + 2
    if tag == 0 or tag & _LONG_TAG == _LONG_TAG or at > end:
        raise FormatError("malformed DER")
    size = data[start + 1]
    if size & _LONG_LENGTH:
        count = size - _LONG_LENGTH
        written = data[at : at + count]
        size, at = int.from_bytes(written, "big"), at + count
        spelled = size >= _LONG_LENGTH and written[:1] != b"\0"
        if not 0 < count <= _LENGTH_BYTES_MAX or not spelled:
            raise FormatError("malformed DER")
    if at + size > end:
        raise FormatError("malformed DER")
    return tag, at, at + size
