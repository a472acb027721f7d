"""Base58 in the alphabet of Bitcoin, as multibase and did:key have it.

Bytes are one large number in base 58, the most significant digit first; each zero byte in
front is a digit ``1`` of its own. So bytes have one spelling. Reading and writing take time
that grows with the square of the length: callers bound it. Sources: the multibase draft
(``z`` says that base58btc follows), W3C Controlled Identifiers section 2.4.
"""

from __future__ import annotations

from typing import Final

from provenance.errors import FormatError

ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
TEXT_SIZE_MAX: Final = 256
"""Characters: more than any key or signature here has."""
_VALUES: Final = {digit: value for value, digit in enumerate(ALPHABET)}


def encode_base58(data: bytes) -> str:
    """Encode as base58btc, without a prefix."""
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, value = divmod(number, len(ALPHABET))
        digits = ALPHABET[value] + digits
    zeros = len(data) - len(data.lstrip(b"\0"))
    return ALPHABET[0] * zeros + digits


def decode_base58(text: str) -> bytes:
    """Decode base58btc without a prefix.

    Raises `FormatError` for other characters, and for more than `TEXT_SIZE_MAX` of them.
    """
    if len(text) > TEXT_SIZE_MAX or not _VALUES.keys() >= set(text):
        raise FormatError("malformed base58")
    number = 0
    for digit in text:
        number = number * len(ALPHABET) + _VALUES[digit]
    zeros = len(text) - len(text.lstrip(ALPHABET[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
