r"""The digest of a deposit: what a depositor signs, passage by passage.

It binds every passage of a file (or record of a form), refused and repeated ones too, with
all that is read of its surroundings, and it stays provable for each of them after others
were erased::

    salt k    = bytes [32 k, 32 k + 32) of SHAKE-256("provenance/file-salts/v1\n" || file salt)
    source k  = SHA-256("provenance/source/v1\n"
                        || u32 length || JSON [[prefix,namespace],…]
                        || u32 length || JSON [emetteur,certificateur,contrat,type,code,
                                               natureDeposant or null]
                        || exact bytes of passage k)
    leaf k    = "provenance/passage/v1\n" || salt k || source k          (1 … n, file order)
    leaf 0    = "provenance/file/v1\n" || salt 0 || SHA-256(the whole file)
    digest    = SHA-256("provenance/deposit-digest/v1\n" || u64 n || root)

``root`` is the tree root over the leaves 0 to n (RFC 6962 section 2.1). ``source k`` is the
record's field ``source``. The bindings are the namespace declarations in force around the
passage, its own element's not among them: one a prefix, ``""`` the default, undeclared ones
and ``xml`` left out, ascending by the UTF-8 bytes of the prefix. A form has none; its file is
its JSON list. Leaf hashes are salted, so they are kept in clear; a salt is kept only in what
is sealed and erased with its passage.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from provenance.encoding import encode_base64, encode_json
from provenance.errors import FormatError
from provenance.tlog.merkle import leaf_hash, tree_root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE_SALT_SIZE: Final = 32
"""Bytes of the salt of a deposit, and of each salt that follows from it."""

_LEADING_NAMES: Final = (
    "emetteur", "certificateur", "contrat", "type", "code", "natureDeposant",
)  # fmt: skip
_SOURCE: Final = b"provenance/source/v1\n"
_PASSAGE: Final = b"provenance/passage/v1\n"
_FILE: Final = b"provenance/file/v1\n"
_DIGEST: Final = b"provenance/deposit-digest/v1\n"


class Leading(NamedTuple):
    """The fields of a record that are read around its passage, and not in it."""

    emetteur: str
    certificateur: str
    contrat: str
    type: str
    code: str
    nature_deposant: str | None


def leading_of(fields: Mapping[str, object]) -> Leading:
    """Return the leading fields of a record; raises `FormatError` where one is not text."""
    try:
        return msgspec.convert([fields.get(name) for name in _LEADING_NAMES], Leading)
    except msgspec.ValidationError as error:
        what = "malformed record: a leading field is missing, or is not text"
        raise FormatError(what) from error


def file_salts(file_salt: bytes, count: int) -> bytes:
    """Return the salts 0 to ``count`` of a deposit of that many passages, joined.

    Salt k is at [32 k, 32 k + 32). Raises `FormatError` for a file salt of another size.
    """
    _check_salt(file_salt)
    stream = hashlib.shake_256(b"provenance/file-salts/v1\n" + file_salt)
    return stream.digest(FILE_SALT_SIZE * (count + 1))


def surroundings(bindings: Sequence[tuple[str, str]], leading: Leading) -> bytes:
    """Return what is hashed before a passage's bytes: equal for all in one place."""
    parts = encode_json(bindings), encode_json(leading)
    return _SOURCE + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def source_digest(
    bindings: Sequence[tuple[str, str]], leading: Leading, source: bytes
) -> bytes:
    """Return ``source k`` of a passage: 32 bytes."""
    return hashlib.sha256(surroundings(bindings, leading) + source).digest()


def source_text(digest: bytes) -> str:
    """Return the value of the field ``source``: base64 of ``source k``."""
    return encode_base64(digest)


def passage_leaf(salt: bytes, source: bytes) -> bytes:
    """Return the leaf hash of a passage; ``salt`` is salt k, ``source`` is source k."""
    _check_salt(salt)
    return leaf_hash(_PASSAGE + salt + source)


def file_leaf(salt: bytes, file_sha256: bytes) -> bytes:
    """Return the leaf hash of leaf 0; ``salt`` is salt 0."""
    _check_salt(salt)
    return leaf_hash(_FILE + salt + file_sha256)


def deposit_digest(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the digest of a deposit from the hashes of its leaves 0 to n: 32 bytes.

    Raises `FormatError` without a leaf.
    """
    if not leaf_hashes:
        raise FormatError("a deposit has leaf 0 at least")
    count = (len(leaf_hashes) - 1).to_bytes(8, "big")
    return hashlib.sha256(_DIGEST + count + tree_root(leaf_hashes)).digest()


def _check_salt(salt: bytes) -> None:
    if len(salt) != FILE_SALT_SIZE:
        raise FormatError(f"expected a salt of {FILE_SALT_SIZE} bytes, got {len(salt)}")
