r"""Commitment to a record: salted digests, one a field, padded with decoys and sorted.

A record is a list of fields. Everything secret comes from a seed of 32 random bytes::

    stream      = SHAKE-256("provenance/salts/v1\n" || seed)
    salt i      = the next 18 bytes of the stream, for each field in order
    decoys      = then 32 bytes each, as many as fill up to a multiple of 32 digests
    disclosure  = base64url(UTF-8 JSON [base64url(salt),name,value])
    digest      = SHA-256(ASCII of the disclosure)
    commitment  = SHA-256("provenance/commitment/v1\n" || digests and decoys, ascending)

So one field can be shown without the others, any SD-JWT library can check its digest, the
commitment tells neither how many fields there are nor their order, and without the seed no
value can be guessed. Sources: RFC 9901 sections 4.2.1 (disclosures), 4.2.3 (digests) and
4.2.5 (decoys); FIPS 202 (SHAKE).
"""

from __future__ import annotations

import hashlib
import re
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta, Struct

from provenance.encoding import (
    JSON_INTEGER_LIMIT,
    decode_base64url,
    decode_json,
    encode_base64url,
)
from provenance.errors import CommitmentError, FormatError, PolicyError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

SEED_SIZE: Final = 32
"""Bytes of a seed."""
SALT_SIZE: Final = 18
"""Bytes of a salt: 24 characters of base64url, without padding."""
DIGEST_SIZE: Final = 32
"""Bytes of a digest, decoys included."""
DIGESTS_MULTIPLE: Final = 32
"""A commitment covers a multiple of this many digests."""
SOURCE: Final = "source"
"""The field that holds the digest of a record's exact bytes; always the last one."""
NEVER_DISCLOSED: Final = frozenset({"identificationTitulaire.identifiantNational.nir"})
"""Fields that no proof shows: the holder's national number."""

_NAME: Final = r"^(?!_sd\Z)[A-Za-z_][A-Za-z0-9_.]*\Z"
Name = Annotated[str, Meta(pattern=_NAME)]
Integer = Annotated[int, Meta(gt=-JSON_INTEGER_LIMIT, lt=JSON_INTEGER_LIMIT)]
Scalar: TypeAlias = str | bool | Integer | None
Value: TypeAlias = Scalar | list[dict[Name, Scalar]]
Field: TypeAlias = tuple[str, Value]
"""Name and value."""

_SALT_TEXT_SIZE: Final = 24
_URL_SAFE: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_Parts: TypeAlias = tuple[bytes, ...]
_PLAIN_TYPES: Final = frozenset({str, bool, int, type(None)})
_LISTS: Final = frozenset({tuple, list})
_encoder = msgspec.json.Encoder()
_sha256 = hashlib.sha256


class _Record(Struct):
    """Only for checking types: a conversion to a struct type is prepared once."""

    fields: list[Field]


class _Triple(Struct, array_like=True, forbid_unknown_fields=True):
    """The JSON array of a disclosure."""

    salt: str
    name: Name
    value: Value


_triples = msgspec.json.Decoder(_Triple)


class Disclosed(Struct, frozen=True):
    """What is shown of a record: some disclosures, and all other digests, ascending."""

    disclosures: tuple[str, ...]
    hidden: tuple[bytes, ...]


class Disclosure(Struct, frozen=True):
    """One field with its salt (18 bytes) and the digest that stands in the commitment."""

    salt: bytes
    name: str
    value: Value
    digest: bytes


def check_fields(fields: Sequence[Field]) -> None:
    """Check names, value types and that no name occurs twice; raises `FormatError`."""
    if not _are_plain(fields):
        try:
            msgspec.convert({"fields": fields}, _Record)
        except msgspec.ValidationError as error:
            raise FormatError("malformed record") from error
    if not _are_names(tuple([name for name, _ in fields])):
        raise FormatError("malformed record: no fields, a malformed name, or one name twice")


def commit(seed: bytes, fields: Sequence[Field]) -> bytes:
    """Commit to a record under its seed: 32 bytes.

    Raises `FormatError` for what `check_fields` refuses and for a seed of another size.
    """
    check_fields(fields)
    return commit_checked(seed, fields)


def commit_checked(seed: bytes, fields: Sequence[Field]) -> bytes:
    """Do as `commit` for fields that `check_fields` has passed already."""
    disclosures, decoys = _open(seed, fields)
    decoys += [_sha256(one).digest() for one in disclosures]
    return _commitment(decoys)


def disclose(seed: bytes, fields: Sequence[Field], names: Collection[str]) -> Disclosed:
    """Disclose the fields called ``names`` and hide the others.

    ``source`` goes only with all other fields, for it would let hidden ones be guessed, and
    `NEVER_DISCLOSED` stays hidden: `PolicyError`. `FormatError` as for `commit`, and for a
    name that the record does not have.
    """
    check_fields(fields)
    return disclose_checked(seed, fields, names)


def disclose_checked(seed: bytes, fields: Sequence[Field], names: Collection[str]) -> Disclosed:
    """Do as `disclose` for fields that `check_fields` has passed already."""
    disclosures, hidden = _open(seed, fields)
    known = {name for name, _ in fields}
    if not known.issuperset(names):
        raise FormatError("a field that the record does not have cannot be disclosed")
    if not NEVER_DISCLOSED.isdisjoint(names) or (SOURCE in names and known != set(names)):
        raise PolicyError("these fields are not disclosed, or only with all others")
    sides = [(name in names, text) for (name, _), text in zip(fields, disclosures, strict=True)]
    shown = [text.decode() for is_shown, text in sides if is_shown]
    hidden += [_sha256(text).digest() for is_shown, text in sides if not is_shown]
    return Disclosed(disclosures=tuple(shown), hidden=tuple(sorted(hidden)))


def disclosure_digest(text: str) -> bytes:
    """Digest of any disclosure (RFC 9901 section 4.2.3); `FormatError` unless ASCII."""
    if not text.isascii():
        raise FormatError("malformed disclosure")
    return _sha256(text.encode()).digest()


def parse_disclosure(text: str) -> Disclosure:
    """Parse a disclosure in the one spelling that `disclose` gives; raises `FormatError`."""
    triple = decode_json(decode_base64url(text), _Triple, "disclosure")
    salt = decode_base64url(triple.salt)
    if len(salt) != SALT_SIZE:
        raise FormatError(f"malformed disclosure: salt of {len(salt)} bytes")
    return Disclosure(salt, triple.name, triple.value, disclosure_digest(text))


def recompute(
    disclosures: Sequence[str], hidden: Sequence[bytes]
) -> tuple[bytes, tuple[Field, ...]]:
    """Recompute the commitment from what is shown; give it with the disclosed fields.

    The fields come in the order of the disclosures, which proves nothing. Raises
    `FormatError` for a malformed disclosure, `CommitmentError` where digests repeat, have
    another size or number than a commitment has, or a name is disclosed twice.
    """
    fields, shown = _parse_disclosures(disclosures)
    digests = [*hidden, *shown]
    if not set(map(len, hidden)) <= {DIGEST_SIZE}:
        raise CommitmentError(f"hidden digest of another size than {DIGEST_SIZE} bytes")
    if not digests or len(digests) % DIGESTS_MULTIPLE:
        raise CommitmentError(f"{len(digests)} digests: not a multiple of {DIGESTS_MULTIPLE}")
    if len(dict(fields)) != len(fields):
        raise CommitmentError("one name disclosed twice")
    return _commitment(digests), fields


def _are_plain(fields: Sequence[Field]) -> bool:
    """Tell in little time that all is of the right type, as it is in nearly every record."""
    if type(fields) not in _LISTS or not set(map(type, fields)) <= _LISTS:
        return False
    if set(map(len, fields)) != {2}:
        return False
    values = [value for name, value in fields if type(name) is str]
    types = set(map(type, values))
    if len(values) != len(fields) or not types <= _PLAIN_TYPES:
        return False
    limit = JSON_INTEGER_LIMIT
    return int not in types or all(
        -limit < value < limit for value in values if type(value) is int
    )


@lru_cache(maxsize=1024)  # The same names come with every record of a kind.
def _are_names(names: tuple[str, ...]) -> bool:
    distinct = bool(names) and len(set(names)) == len(names)
    return distinct and all(re.match(_NAME, name) for name in names)


def _parse_disclosures(texts: Sequence[str]) -> tuple[tuple[Field, ...], list[bytes]]:
    """Give the fields and digests of many disclosures, by the rules of `parse_disclosure`.

    They are decoded, encoded again and compared all at once. In doubt each is parsed alone,
    which tells what is wrong.
    """
    joined = "\n".join(texts)
    try:
        standard = joined.replace("-", "+").replace("_", "/").split("\n")
        padded = tuple([text + "==="[: -len(text) % 4] for text in standard])
        lines = msgspec.convert(padded, _Parts)
        triples = _triples.decode_lines(b"\n".join(lines))
        salts = [one.salt for one in triples]
        sound = (
            len(padded) == len(triples) == len(texts)
            and not ("+" in joined or "/" in joined or "=" in joined)
            and msgspec.to_builtins(lines) == padded
            and _encoder.encode_lines(triples) == b"\n".join([*lines, b""])
            # So many characters leave no bit over: whichever they are, they are a salt's.
            and set(map(len, salts)) <= {_SALT_TEXT_SIZE}
            and not "".join(salts).encode().translate(None, _URL_SAFE)
        )
    except (ValueError, msgspec.MsgspecError, RecursionError):
        sound = False
    if not sound:
        parsed = [parse_disclosure(text) for text in texts]
        return tuple([(one.name, one.value) for one in parsed]), [one.digest for one in parsed]
    return (
        tuple([(one.name, one.value) for one in triples]),
        [_sha256(text).digest() for text in joined.encode().split(b"\n")],
    )


def _spell(parts: Sequence[bytes]) -> list[bytes]:
    """Encode each as base64url without padding (RFC 4648 section 5)."""
    # In JSON bytes are base64, all at once: ["…","…"]. Of text in ASCII there is next to
    # nothing to replace in it, so this is quicker than a table.
    texts = _encoder.encode(parts)[2:-2]
    spelled = texts.replace(b"+", b"-").replace(b"/", b"_").replace(b"=", b"")
    return spelled.split(b'","') if parts else []


def _open(seed: bytes, fields: Sequence[Field]) -> tuple[list[bytes], list[bytes]]:
    """Give the disclosures (ASCII) in the order of the fields, and the decoys."""
    if len(seed) != SEED_SIZE:
        raise FormatError(f"expected a seed of {SEED_SIZE} bytes, got {len(seed)}")
    salts_size = SALT_SIZE * len(fields)
    decoys = f"{DIGEST_SIZE}s" * (-len(fields) % DIGESTS_MULTIPLE)
    size = salts_size + struct.calcsize(decoys)
    stream = hashlib.shake_256(b"provenance/salts/v1\n" + seed).digest(size)
    return (
        _disclosures(encode_base64url(stream[:salts_size]), fields),
        list(struct.unpack_from(decoys, stream, salts_size)),
    )


def _disclosures(salts: str, fields: Sequence[Field]) -> list[bytes]:
    """Encode all fields at once: a call a field in Python would take most of the time.

    JSON strings hold no raw newline, so one JSON text a line can be taken apart again.
    """
    items = [
        (salts[at : at + _SALT_TEXT_SIZE], name, value)
        for at, (name, value) in zip(range(0, len(salts), _SALT_TEXT_SIZE), fields, strict=True)
    ]
    try:
        lines = _encoder.encode_lines(items).splitlines()
    except UnicodeEncodeError as error:
        raise FormatError("malformed record: lone surrogate") from error
    return _spell(lines)


def _commitment(digests: Sequence[bytes]) -> bytes:
    if len(set(digests)) != len(digests):
        raise CommitmentError("one digest twice")
    return _sha256(b"provenance/commitment/v1\n" + b"".join(sorted(digests))).digest()
