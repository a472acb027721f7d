"""Base45, the text of a QR code's alphanumeric mode: one spelling a value.

Two bytes become three characters, a last single byte two; the least significant digit
stands first. Source: RFC 9285 sections 3 and 4.
"""

from __future__ import annotations

from typing import Final

from provenance.errors import FormatError

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
"""The digits 0 to 44 (RFC 9285 section 4.2)."""
_BASE: Final = 45
_DIGITS: Final = {character: digit for digit, character in enumerate(ALPHABET)}
_SIZES: Final = {2: 1, 3: 2}
"""Bytes that a group of characters stands for."""


def encode_base45(data: bytes) -> str:
    """Encode bytes as base45."""
    return "".join(_encode_group(data[at : at + 2]) for at in range(0, len(data), 2))


def decode_base45(text: str) -> bytes:
    """Decode base45; raises `FormatError` for anything that `encode_base45` never gives."""
    return b"".join(_decode_group(text[at : at + 3]) for at in range(0, len(text), 3))


def _encode_group(group: bytes) -> str:
    number, digits = int.from_bytes(group, "big"), ""
    for _ in range(len(group) + 1):
        number, digit = divmod(number, _BASE)
        digits += ALPHABET[digit]
    return digits


def _decode_group(group: str) -> bytes:
    try:
        size = _SIZES[len(group)]
        number: int = sum(_DIGITS[one] * _BASE**place for place, one in enumerate(group))
        return number.to_bytes(size, "big")
    except (KeyError, OverflowError):
        # A length that is no multiple, another character, or a number too large.
        raise FormatError("malformed base45") from None
