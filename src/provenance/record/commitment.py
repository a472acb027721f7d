r"""Commitment to a record: a salted digest for each field, at the field's own slot.

A record is a list of fields; ``slots.py`` says which slot each has. Everything secret comes
from a seed of 32 random bytes::

    stream      = SHAKE-256("provenance/salts/v1\n" || seed)
    slot i      = bytes [32 i, 32 i + 32) of the stream: its decoy, or, where it has a
                  field, the field's salt in the first 18
    disclosure  = base64url(UTF-8 JSON [base64url(salt),name,value])
    digest      = SHA-256(ASCII of the disclosure)
    commitment  = SHA-256("provenance/commitment/v1\n" || slot 0 || slot 1 || …), of each
                  the digest of the field's disclosure, or the decoy

So one field can be shown without the others, any SD-JWT library can check its digest, every
empty slot looks like a hidden field, and without the seed no value can be guessed. What is
shown of a record is one list: a disclosure for each slot that is shown, the slot's digest
in base64url for each other one. Sources: RFC 9901 sections 4.2.1 (disclosures), 4.2.3
(digests) and 4.2.5 (decoys; that RFC hides the order too, which decoys in every empty slot
make needless); FIPS 202 (SHAKE).
"""

from __future__ import annotations

import hashlib
import re
import struct
from functools import cache, lru_cache
from itertools import compress
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta, Struct

from provenance.encoding import (
    JSON_INTEGER_LIMIT,
    decode_base64_all,
    decode_base64url,
    decode_json,
    encode_base64url,
)
from provenance.errors import CommitmentError, FormatError, PolicyError
from provenance.record.slots import SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from provenance.record.slots import SlotTable

SEED_SIZE: Final = 32
"""Bytes of a seed."""
SALT_SIZE: Final = 18
"""Bytes of a salt: 24 characters of base64url, without padding."""
DIGEST_SIZE: Final = 32
"""Bytes of a slot: a digest, or a decoy."""
DIGEST_TEXT_SIZE: Final = 43
"""Characters of a digest in base64url without padding; every disclosure has more."""
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
_STANDARD: Final = {ord("-"): "+", ord("_"): "/"}
_Parts: TypeAlias = tuple[bytes, ...]
_Cutter: TypeAlias = "Callable[[bytes], tuple[bytes, ...]]"
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


class Disclosure(Struct, frozen=True):
    """One field with its salt (18 bytes) and the digest that stands in the commitment."""

    salt: bytes
    name: str
    value: Value
    digest: bytes


class Record(Struct, frozen=True):
    """What a bundle shows of one record.

    ``commitment``: 32 bytes, recomputed. ``fields``: those shown, in the order of the slots.
    ``unknown``: names that the table does not know; nothing else is read of them.
    """

    commitment: bytes
    fields: tuple[Field, ...]
    unknown: tuple[str, ...]


def check_fields(fields: Sequence[Field]) -> None:
    """Check names, value types and that no name occurs twice; raises `FormatError`."""
    if not _are_plain(fields):
        try:
            msgspec.convert({"fields": fields}, _Record)
        except msgspec.ValidationError as error:
            raise FormatError("malformed record") from error
    if not _are_names(tuple([name for name, _ in fields])):
        raise FormatError("malformed record: no fields, a malformed name, or one name twice")


def commit(seed: bytes, fields: Sequence[Field], table: SlotTable) -> bytes:
    """Commit to a record of the type of ``table`` under its seed: 32 bytes.

    Raises `FormatError` for what `check_fields` refuses, for names that do not fit into the
    slots of the table, and for a seed of another size.
    """
    check_fields(fields)
    return commit_checked(seed, fields, table)


def commit_checked(seed: bytes, fields: Sequence[Field], table: SlotTable) -> bytes:
    """Do as `commit` for fields that `check_fields` has passed already."""
    slots, disclosures, digests = _open(seed, fields, table)
    for slot, text in zip(slots, disclosures, strict=True):
        digests[slot] = _sha256(text).digest()
    return _commitment(digests)


def disclose(
    seed: bytes, fields: Sequence[Field], names: Collection[str], table: SlotTable
) -> tuple[str, ...]:
    """Return a record with the fields called ``names`` shown: one string for each slot.

    ``source`` is shown only with all other fields, because it would let hidden ones be
    guessed, and `NEVER_DISCLOSED` stays hidden: `PolicyError`. `FormatError` as for
    `commit`, and for a name that the record does not have.
    """
    check_fields(fields)
    return disclose_checked(seed, fields, names, table)


def disclose_checked(
    seed: bytes, fields: Sequence[Field], names: Collection[str], table: SlotTable
) -> tuple[str, ...]:
    """Do as `disclose` for fields that `check_fields` has passed already."""
    known = {name for name, _ in fields}
    if not known.issuperset(names):
        raise FormatError("a field that the record does not have cannot be disclosed")
    if not NEVER_DISCLOSED.isdisjoint(names) or (SOURCE in names and known != set(names)):
        raise PolicyError("these fields are not disclosed, or only with all others")
    slots, disclosures, digests = _open(seed, fields, table)
    for slot, text in zip(slots, disclosures, strict=True):
        digests[slot] = _sha256(text).digest()
    record = [text.decode() for text in _spell(digests)]
    for slot, text, (name, _) in zip(slots, disclosures, fields, strict=True):
        if name in names:
            record[slot] = text.decode()
    return tuple(record)


def disclosure_digest(text: str) -> bytes:
    """Digest of any disclosure (RFC 9901 section 4.2.3); `FormatError` unless ASCII."""
    if not text.isascii():
        raise FormatError("malformed disclosure")
    return _sha256(text.encode()).digest()


def parse_disclosure(text: str) -> Disclosure:
    """Parse a disclosure in the one spelling that `disclose` writes; raises `FormatError`."""
    triple = decode_json(decode_base64url(text), _Triple, "disclosure")
    salt = decode_base64url(triple.salt)
    if len(salt) != SALT_SIZE:
        raise FormatError(f"malformed disclosure: salt of {len(salt)} bytes")
    return Disclosure(salt, triple.name, triple.value, disclosure_digest(text))


def read_record(record: Sequence[str], table: SlotTable) -> Record:
    """Recompute the commitment from the strings of a bundle, one for each slot.

    Raises `FormatError` for a string that is neither a disclosure nor a digest in its one
    spelling, `CommitmentError` where their number is not that of the table, a name is in
    another slot than its own, an unknown one is in a slot that takes none, or a name is
    there twice.
    """
    if len(record) != table.count:
        raise CommitmentError(f"{len(record)} slots, a {table.kind} has {table.count}")
    hides = [size == DIGEST_TEXT_SIZE for size in map(len, record)]
    shown = [slot for slot, is_hidden in enumerate(hides) if not is_hidden]
    fields, digests = _parse_disclosures([record[slot] for slot in shown])
    hidden = iter(_decode_digests([*compress(record, hides)]))
    slots = [next(hidden) if is_hidden else b"" for is_hidden in hides]
    for slot, digest in zip(shown, digests, strict=True):
        slots[slot] = digest
    _check_slots(table, tuple(zip(shown, [name for name, _ in fields], strict=True)))
    return Record(
        commitment=_commitment(slots),
        fields=tuple([field for field in fields if field[0] in table.slot_of]),
        unknown=tuple([name for name, _ in fields if name not in table.slot_of]),
    )


@lru_cache(maxsize=1024)  # The lines of a CV show the same fields.
def _check_slots(table: SlotTable, shown: tuple[tuple[int, str], ...]) -> None:
    for slot, name in shown:
        own = table.slot_of.get(name)
        if own != slot and (own is not None or slot in table.closed):
            raise CommitmentError(f"slot {slot} of a {table.kind} does not hold that field")
    if len({name for _, name in shown}) != len(shown):
        raise CommitmentError("one name disclosed twice")


def _decode_digests(texts: Sequence[str]) -> tuple[bytes, ...]:
    """Decode digests in base64url without padding, each in its one spelling."""
    joined = "".join(texts)
    if "+" in joined or "/" in joined:
        raise FormatError("malformed digest")
    # All at once: each has 43 characters, and one more makes it base64 with padding.
    standard = joined.translate(_STANDARD)
    places = range(0, len(standard), DIGEST_TEXT_SIZE)
    padded = [f"{standard[at : at + DIGEST_TEXT_SIZE]}=" for at in places]
    return decode_base64_all(padded, DIGEST_SIZE)


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
    """Return the fields and digests of many disclosures, by the rules of `parse_disclosure`.

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


def _open(
    seed: bytes, fields: Sequence[Field], table: SlotTable
) -> tuple[tuple[int, ...], list[bytes], list[bytes]]:
    """Return slots and disclosures (ASCII) of the fields, and the stream slot by slot."""
    if len(seed) != SEED_SIZE:
        raise FormatError(f"expected a seed of {SEED_SIZE} bytes, got {len(seed)}")
    slots = table.places(tuple([name for name, _ in fields]))
    size = DIGEST_SIZE * table.count
    stream = hashlib.shake_256(b"provenance/salts/v1\n" + seed).digest(size)
    cut, cut_salts = _cutters(table.count)
    salts = cut_salts(stream)
    joined = b"".join([salts[slot] for slot in slots])
    return slots, _disclosures(encode_base64url(joined), fields), list(cut(stream))


@cache  # To cut in one call takes half the time of a slice for each slot.
def _cutters(count: int) -> tuple[_Cutter, _Cutter]:
    """Return what cuts a stream into so many slots, and into their salts."""
    rest = DIGEST_SIZE - SALT_SIZE
    slots = struct.Struct(f"{DIGEST_SIZE}s" * count)
    return slots.unpack, struct.Struct(f"{SALT_SIZE}s{rest}x" * count).unpack


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


def _commitment(slots: Sequence[bytes]) -> bytes:
    return _sha256(b"provenance/commitment/v1\n" + b"".join(slots)).digest()
