"""DER, read as a tree of elements: lengths that add up, each in its one spelling.

Decoders of ASN.1 pass over what comes after the last member that they expect. Here every
element fills the one that it is in, so that nothing can be hidden in between. Sources:
ITU-T X.690 sections 8.1, 8.3, 8.19 and 10.1.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from provenance.errors import FormatError

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
OID: Final = 0x06
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31
DEPTH_MAX: Final = 32
_CONSTRUCTED: Final = 0x20
_LONG_TAG: Final = 0x1F
_LONG_LENGTH: Final = 0x80
_LENGTH_BYTES_MAX: Final = 4
_SIGN: Final = 0x80


class Element(NamedTuple):
    """One element: its tag (one byte), its content, and all of its bytes."""

    tag: int
    content: bytes
    der: bytes


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


def read_one(data: bytes, tag: int) -> Element:
    """Read bytes that are one element with this tag; raises `FormatError`."""
    check_der(data)
    return expect(_elements(data)[0], tag)


def expect(element: Element, tag: int) -> Element:
    """Return the element if it has this tag; raises `FormatError` if it has another one."""
    if element.tag != tag:
        raise FormatError("malformed DER: an element of another type than expected")
    return element


def members(element: Element, tag: int = SEQUENCE) -> list[Element]:
    """Return the elements inside of an element with this tag; raises `FormatError`."""
    return _elements(expect(element, tag).content)


def read_integer(element: Element) -> int:
    """Read an integer in its shortest spelling; raises `FormatError`."""
    content = expect(element, INTEGER).content
    if not content or (len(content) > 1 and content[0] in {0, 0xFF} and _is_padded(content)):
        raise FormatError("malformed DER: an integer that is not in its shortest form")
    return int.from_bytes(content, "big", signed=True)


def _is_padded(content: bytes) -> bool:
    """Return whether the first byte only repeats the sign of the second one."""
    return (content[0] == 0) == (content[1] & _SIGN == 0)


def _elements(data: bytes) -> list[Element]:
    found: list[Element] = []
    start = 0
    while start < len(data):
        tag, inner, end = _element(data, start, len(data))
        found.append(Element(tag, data[inner:end], data[start:end]))
        start = end
    return found


def _element(data: bytes, start: int, end: int) -> tuple[int, int, int]:
    """Return an element's tag, where its content begins, and where it ends."""
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
