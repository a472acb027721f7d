"""Strict encodings: decode, encode again, compare the bytes.

Python is lax where evidence must not be. ``int("1_000")``, ``int("+5")`` and
``int("٣")`` succeed, base64 decoders accept two spellings of one value, and JSON
decoders take the last of two members of one name. Every reader in this package
therefore encodes again what it decoded and refuses what is not the same bytes.

Sources: RFC 4648 sections 4 and 5 (base64, base64url), RFC 8785 section 3.2.2.2 (the
escapes of JSON strings), RFC 8259 (JSON).
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar, overload

import msgspec

from provenance.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DECIMAL_DIGITS_MAX: Final = 20
"""Digits of the largest unsigned 64-bit integer."""
JSON_INTEGER_LIMIT: Final = 2**53
"""Integers in JSON lie strictly between minus this and this (RFC 8259 section 6)."""

TEXT_SIZE_MAX: Final = 1_000_000
"""Characters, or bytes, of the longest note, proof or policy that is read."""

T = TypeVar("T")

_CONTROL: Final = bytes(set(range(0x20)) - {ord("\n")})
_Parts: TypeAlias = tuple[bytes, ...]

_encoder = msgspec.json.Encoder()


def decode_base64(text: str) -> bytes:
    """Decode RFC 4648 section 4 base64 with padding; exactly one spelling a value.

    Raises `FormatError` for anything that does not encode back to ``text``.
    """
    try:
        data = msgspec.convert(text, bytes)
    except (ValueError, msgspec.ValidationError) as error:
        raise FormatError("malformed base64") from error
    # Bits that are left over after the last byte are passed over, and missing here.
    if msgspec.to_builtins(data) != text:
        raise FormatError("malformed base64")
    return data


def decode_base64_all(texts: Sequence[str], size: int) -> tuple[bytes, ...]:
    """Decode many texts that must hold exactly ``size`` bytes each, or raise `FormatError`.

    All at once, by the same rule; in doubt each is decoded alone, which tells what is wrong.
    """
    try:
        found = msgspec.convert(texts, _Parts)
        again = msgspec.to_builtins(found)
    except (ValueError, msgspec.ValidationError):
        again = None
    if again == tuple(texts) and set(map(len, found)) <= {size}:
        return found
    return tuple(decode_fixed(text, size) for text in texts)


def encode_base64_all(parts: Iterable[bytes]) -> tuple[str, ...]:
    """Encode each as `encode_base64` does."""
    texts: tuple[str, ...] = msgspec.to_builtins(tuple(parts))
    return texts


def encode_base64(data: bytes) -> str:
    """Encode as RFC 4648 section 4 base64, with padding and without line breaks."""
    return binascii.b2a_base64(data, newline=False).decode()


def decode_base64url(text: str) -> bytes:
    """Decode RFC 4648 section 5 base64url without padding; one spelling a value.

    Raises `FormatError` for anything that does not encode back to ``text``.
    """
    standard = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
    data = decode_base64(standard)
    if encode_base64url(data) != text:
        raise FormatError("malformed base64url")
    return data


def encode_base64url(data: bytes) -> str:
    """Encode as RFC 4648 section 5 base64url, without padding."""
    return encode_base64(data).rstrip("=").replace("+", "-").replace("/", "_")


def decode_fixed(text: str, size: int) -> bytes:
    """Decode base64 that must hold exactly ``size`` bytes, or raise `FormatError`."""
    data = decode_base64(text)
    if len(data) != size:
        raise FormatError(f"expected {size} bytes of base64, got {len(data)}")
    return data


def parse_decimal(text: str) -> int:
    """Parse an unsigned decimal below 2^64: ASCII digits, no sign, no leading zero.

    Raises `FormatError` for every other spelling.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= DECIMAL_DIGITS_MAX):
        raise FormatError("malformed decimal")
    value = int(text)
    if str(value) != text or value >= 1 << 64:
        raise FormatError("malformed decimal")
    return value


def decode_text(text: str | bytes, what: str) -> str:
    """Return text in UTF-8 that has no control character below U+0020 but newlines.

    ``what`` names the object in the error, as in ``malformed note``. Raises `FormatError`
    for other text, and for more than `TEXT_SIZE_MAX` of it.
    """
    if len(text) > TEXT_SIZE_MAX:
        raise FormatError(f"malformed {what}: too long")
    try:
        decoded = text if isinstance(text, str) else text.decode()
        # A string can hold half a surrogate pair, which has no UTF-8.
        data = decoded.encode()
    except UnicodeError as error:
        raise FormatError(f"malformed {what}: not UTF-8") from error
    # Bytes below 0x20 are nothing else in UTF-8, whatever stands around them.
    if len(data.translate(None, _CONTROL)) != len(data):
        raise FormatError(f"malformed {what}: control characters")
    return decoded


def encode_json(value: object) -> bytes:
    """Encode as JSON without white space, members in the order given.

    Strings are escaped as RFC 8785 section 3.2.2.2 has it. Raises `FormatError` for
    lone surrogates and for what JSON cannot express.
    """
    try:
        return _encoder.encode(value)
    except (UnicodeEncodeError, TypeError, ValueError, RecursionError, OverflowError) as error:
        raise FormatError("value has no JSON form") from error


@overload
def decode_json(data: bytes, kind: type[T], what: str) -> T: ...


@overload
def decode_json(data: bytes, kind: msgspec.json.Decoder[T], what: str) -> T: ...


def decode_json(data: bytes, kind: type[T] | msgspec.json.Decoder[T], what: str) -> T:
    """Decode ``data`` as ``kind``, encode it again, and compare.

    A decoder may be given for a kind whose look-up takes time, as that of generic ones.
    ``what`` names the object in the error, as in ``malformed proof bundle``. White
    space, reordered, repeated or unknown members, other escapes and other spellings of
    numbers all raise `FormatError`. The error tells the place, never the value.
    """
    try:
        if isinstance(kind, msgspec.json.Decoder):
            value = kind.decode(data)
        else:
            value = msgspec.json.decode(data, type=kind)
        again = _encoder.encode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError) as error:
        raise FormatError(f"malformed {what}{_place(error)}") from error
    if again != data:
        raise FormatError(f"malformed {what}: not in canonical form")
    return value


def _place(error: Exception) -> str:
    """Return the JSON path where decoding stopped, when the decoder names one."""
    text = str(error)
    _, found, path = text.rpartition(" - at `")
    # The name of an unknown member is told too, and can be made to look like a path.
    told = found and not text.startswith("Object contains unknown field")
    return f" at {path.rstrip('`')}" if told else ""
