r"""Payloads: what an entry commits to, sealed with the entry's seed, stored beside the log.

A payload is a list of parts, each behind its length, compressed and sealed::

    body       = (u32 length || part) for each part, u32 big-endian
    plaintext  = codec || body as the codec has it
                 codec 0: stored; 1: DEFLATE (RFC 1951) after dictionary version 1;
                 2: the last part, of 36 bytes, as it is, and then as 1 the other parts
    key        = SHAKE-256("provenance/payload/v1\n" || seed)[:32]
    sealed     = nonce, 12 random bytes || AES-256-GCM(key, nonce, plaintext)

The associated data is the entry's ``commitment`` (a deposit's ``digest``), so a sealed
payload belongs to one entry. Of a certification the parts are the namespace bindings, the
exact bytes, the fields as JSON, and the passage's number in its file with its salt (u32
number || 32 bytes); of a withdrawal or an erasure the first two are empty, and there is no
fourth; of a deposit the file salt, a JSON head, and the file without its accepted passages.
With the seed every copy of the payload is destroyed.

Sources: NIST SP 800-38D (GCM), FIPS 202 (SHAKE), RFC 1951 (DEFLATE: no header and no
checksum, because GCM notices every change); the dictionary is in ``dictionary.py``.
"""

from __future__ import annotations

import hashlib
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from provenance.encoding import decode_json, encode_json
from provenance.errors import CommitmentError, FormatError
from provenance.record.commitment import SEED_SIZE, Field, Value, check_fields
from provenance.record.depositdigest import (
    FILE_SALT_SIZE,
    leading_of,
    source_digest,
    source_text,
)
from provenance.record.dictionary import DICTIONARY
from provenance.record.forms import Index  # noqa: TC001 - msgspec resolves the annotations
from provenance.record.slots import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NONCE_SIZE: Final = 12
"""Bytes."""
TAG_SIZE: Final = 16
"""Bytes by which GCM lengthens the plaintext."""
KEY_SIZE: Final = 32
LENGTH_SIZE: Final = 4
"""Bytes of a part's length."""
BODY_SIZE_MAX: Final = (1 << 30) + (1 << 24)
"""Bytes: a file of 1 GiB, and room for what stands beside it."""
CERTIFICATION_PARTS: Final = 4
"""Parts of a certification's payload."""
PLACE_SIZE: Final = LENGTH_SIZE + FILE_SALT_SIZE
"""Bytes of the last of them: number and salt."""
PARTS: Final = 3
"""Parts of every other payload."""
NUMBER_MAX: Final = (1 << 32) - 1
"""The largest number of a passage in its file."""
STORED: Final = 0
DEFLATED: Final = 1
DEFLATED_BESIDE_PLACE: Final = 2
"""What looks random is not compressed: it would only spoil the codes of the text."""

_LEVEL: Final = 6
_WINDOW_BITS: Final = -15
"""Negative: a bare stream, without the header and checksum of zlib."""
# Setting up a compressor takes longer than compressing a record, and in proportion to its
# window and its table; a small one that has read the dictionary is copied instead.
_SMALL_WINDOW_BITS: Final = -14
_SMALL_MEMORY: Final = 6
_SMALL_BODY_MAX: Final = (1 << -_SMALL_WINDOW_BITS) - 512 - len(DICTIONARY)
"""Bytes of which the last still finds all that is before it, the dictionary included."""
_primed = zlib.compressobj(
    level=_LEVEL, wbits=_SMALL_WINDOW_BITS, memLevel=_SMALL_MEMORY, zdict=DICTIONARY
)


FIELDS: Final = msgspec.json.Decoder(dict[str, Value])
"""Reads a record's fields, but for ``source``."""
_BINDINGS: Final = msgspec.json.Decoder(tuple[tuple[str, str], ...])


class CertificationPayload(Struct, frozen=True, kw_only=True):
    """A certification's record with its exact bytes, and its place in the deposit.

    ``bindings``: prefix and namespace of each declaration in force around the passage, so
    that it can be parsed alone. ``source``: its exact bytes. ``fields``: the complete record,
    whose last field is ``source``. ``number``: of the passage in its file, from 1; ``salt``:
    its 32 bytes of the deposit's salts.
    """

    bindings: tuple[tuple[str, str], ...]
    source: bytes
    fields: tuple[Field, ...]
    number: int
    salt: bytes

    def __post_init__(self) -> None:
        """Refuse fields that are not a record, or not that of these bytes."""
        check_fields(self.fields)
        if not 0 < self.number <= NUMBER_MAX or len(self.salt) != FILE_SALT_SIZE:
            raise FormatError("malformed payload: number or salt of a passage")
        head = self.fields[:-1]
        if (*head, self._source_field(head)) != self.fields or SOURCE in dict(head):
            raise FormatError("malformed payload: the last field is not of these bytes")

    def _source_field(self, head: Sequence[Field]) -> Field:
        digest = source_digest(self.bindings, leading_of(dict(head)), self.source)
        return SOURCE, source_text(digest)

    def encode_parts(self) -> tuple[bytes, ...]:
        """Return the parts; the last field is left out, because the other parts yield it."""
        kept = encode_json(dict(self.fields[:-1]))
        place = place_part(self.number, self.salt)
        return encode_json(self.bindings), self.source, kept, place

    @classmethod
    def decode_parts(cls, parts: Sequence[bytes]) -> CertificationPayload:
        """Parse what `encode_parts` returns; raises `FormatError`."""
        head, source, kept, place = _counted(parts, CERTIFICATION_PARTS)
        bindings = decode_json(head, _BINDINGS, "payload")
        fields = decode_json(kept, FIELDS, "payload")
        digest = source_digest(bindings, leading_of(fields), source)
        return cls(
            bindings=bindings,
            source=source,
            fields=(*fields.items(), (SOURCE, source_text(digest))),
            number=int.from_bytes(place[:LENGTH_SIZE], "big"),
            salt=place[LENGTH_SIZE:],
        )


def place_part(number: int, salt: bytes) -> bytes:
    """Return the fourth part of a certification's payload: number and salt of its passage."""
    return number.to_bytes(LENGTH_SIZE, "big") + salt


class RecordPayload(Struct, frozen=True):
    """The record of a withdrawal or an erasure, which has no bytes of a depositor."""

    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        """Refuse fields that are not a record."""
        check_fields(self.fields)

    def encode_parts(self) -> tuple[bytes, ...]:
        """Return the parts."""
        return b"[]", b"", encode_json(dict(self.fields))

    @classmethod
    def decode_parts(cls, parts: Sequence[bytes]) -> RecordPayload:
        """Parse what `encode_parts` returns; raises `FormatError`."""
        bindings, source, kept = _counted(parts, PARTS)
        if (bindings, source) != (b"[]", b""):
            raise FormatError("malformed payload: bytes of a depositor in it")
        return cls(tuple(decode_json(kept, FIELDS, "payload").items()))


class _Head(Struct, frozen=True, forbid_unknown_fields=True):
    file_name: str
    media_type: str
    size: Index
    id_flux: str | None
    holes: tuple[Index, ...]


class DepositPayload(Struct, frozen=True, kw_only=True):
    """A deposited file: its 32-byte salt, what it is called, and what is left of it.

    ``size``: bytes of the file. ``id_flux``: the sender's name for it, None where there is
    none. ``residue``: the file without its accepted passages. ``holes``: the offset of each
    of these in the file, ascending.
    """

    file_salt: bytes
    file_name: str
    media_type: str
    size: int
    id_flux: str | None
    residue: bytes
    holes: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse what no file can have given."""
        offsets = (-1, *self.holes, self.size)
        if len(self.file_salt) != FILE_SALT_SIZE or len(self.residue) > self.size:
            raise FormatError("malformed payload: file salt or size")
        if not all(a < b for a, b in pairwise(offsets)):
            raise FormatError("malformed payload: offsets do not ascend within the file")

    def encode_parts(self) -> tuple[bytes, ...]:
        """Return the parts; raises `FormatError` for text that has no UTF-8 form."""
        head = _Head(self.file_name, self.media_type, self.size, self.id_flux, self.holes)
        return self.file_salt, encode_json(head), self.residue

    @classmethod
    def decode_parts(cls, parts: Sequence[bytes]) -> DepositPayload:
        """Parse what `encode_parts` gives; raises `FormatError`."""
        file_salt, data, residue = _counted(parts, PARTS)
        head = decode_json(data, _Head, "payload")
        return cls(
            file_salt=file_salt,
            file_name=head.file_name,
            media_type=head.media_type,
            size=head.size,
            id_flux=head.id_flux,
            residue=residue,
            holes=head.holes,
        )

    def rebuild(self, passages: Sequence[bytes]) -> Iterator[bytes]:
        """Yield the file's bytes, given its accepted passages in order.

        Raises `FormatError` when their number or sizes cannot be those of this file.
        """
        if len(passages) != len(self.holes):
            raise FormatError(f"file with {len(self.holes)} passages, got {len(passages)}")
        if len(self.residue) + sum(map(len, passages)) != self.size:
            raise FormatError("passages of other sizes than those taken out of the file")
        start = filled = 0
        for hole, passage in zip(self.holes, passages, strict=True):
            if hole - filled < start:
                raise FormatError("passages overlap")
            yield self.residue[start : hole - filled]
            yield passage
            start, filled = hole - filled, filled + len(passage)
        yield self.residue[start:]


def seal_payload(
    seed: bytes, nonce: bytes, associated_data: bytes, parts: Sequence[bytes]
) -> bytes:
    """Compress and seal the parts; ``nonce`` is 12 bytes, random for every call.

    Raises `FormatError` for a seed or nonce of another size, and for too large a payload.
    """
    if len(nonce) != NONCE_SIZE:
        raise FormatError(f"expected a nonce of {NONCE_SIZE} bytes, got {len(nonce)}")
    codec, place = DEFLATED, b""
    if len(parts) == CERTIFICATION_PARTS and len(parts[-1]) == PLACE_SIZE:
        codec, place, parts = DEFLATED_BESIDE_PLACE, parts[-1], parts[:-1]
    body = b"".join([len(part).to_bytes(LENGTH_SIZE, "big") + part for part in parts])
    if len(body) > BODY_SIZE_MAX:
        raise FormatError(f"payload of more than {BODY_SIZE_MAX} bytes")
    if len(body) <= _SMALL_BODY_MAX:
        compressor = _primed.copy()
    else:
        compressor = zlib.compressobj(_LEVEL, wbits=_WINDOW_BITS, zdict=DICTIONARY)
    squeezed = compressor.compress(body) + compressor.flush()
    # A place goes with a passage, of which something can always be compressed.
    smaller = place or len(squeezed) < len(body)
    plaintext = bytes([codec]) + place + squeezed if smaller else bytes([STORED]) + body
    return nonce + _cipher(seed).encrypt(nonce, plaintext, associated_data)


def unseal_payload(seed: bytes, sealed: bytes, associated_data: bytes) -> tuple[bytes, ...]:
    """Open and decompress a sealed payload; give its parts.

    Raises `CommitmentError` when seed, payload and associated data do not belong together
    (one of them was changed or exchanged), `FormatError` for what is malformed before or
    after opening. That a seed of zeros means erased content is for the caller to say.
    """
    if len(sealed) < NONCE_SIZE + TAG_SIZE + 1:
        raise FormatError("malformed payload: too short")
    nonce, ciphertext = sealed[:NONCE_SIZE], sealed[NONCE_SIZE:]
    try:
        plaintext = _cipher(seed).decrypt(nonce, ciphertext, associated_data)
    except InvalidTag as error:
        raise CommitmentError("seed, payload and entry do not belong together") from error
    codec, body = plaintext[0], plaintext[1:]
    if codec == STORED:
        return tuple(_split(body))
    if codec == DEFLATED:
        return tuple(_split(_inflate(body)))
    if codec == DEFLATED_BESIDE_PLACE and len(body) >= PLACE_SIZE:
        return (*_split(_inflate(body[PLACE_SIZE:])), body[:PLACE_SIZE])
    raise FormatError(f"malformed payload: codec {codec} is not known, or it is cut short")


def _cipher(seed: bytes) -> AESGCM:
    if len(seed) != SEED_SIZE:
        raise FormatError(f"expected a seed of {SEED_SIZE} bytes, got {len(seed)}")
    return AESGCM(hashlib.shake_256(b"provenance/payload/v1\n" + seed).digest(KEY_SIZE))


def _inflate(data: bytes) -> bytes:
    """Decompress one whole stream that gives no more than the limit."""
    decompressor = zlib.decompressobj(wbits=_WINDOW_BITS, zdict=DICTIONARY)
    try:
        body = decompressor.decompress(data, BODY_SIZE_MAX)
    except zlib.error as error:
        raise FormatError("malformed payload: DEFLATE stream") from error
    if not decompressor.eof or decompressor.unused_data:
        raise FormatError("malformed payload: stream cut short, too long or not alone")
    return body


def _split(body: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(body):
        end = start + LENGTH_SIZE
        length = int.from_bytes(body[start:end], "big")
        if end > len(body) or length > len(body) - end:
            raise FormatError("malformed payload: part longer than the payload")
        yield body[end : end + length]
        start = end + length


def _counted(parts: Sequence[bytes], count: int) -> Sequence[bytes]:
    if len(parts) != count:
        raise FormatError(f"malformed payload: expected {count} parts, got {len(parts)}")
    return parts
