"""The digest of a deposit, held against one that is written straight from its text."""

from __future__ import annotations

import hashlib
import json
from typing import Final

import pytest

from naive_merkle import root_of
from provenance.encoding import encode_base64
from provenance.errors import FormatError
from provenance.record.depositdigest import (
    Leading,
    deposit_digest,
    file_leaf,
    file_salts,
    leading_of,
    passage_leaf,
    source_digest,
    source_text,
    surroundings,
)

SALT: Final = hashlib.sha256(b"file salt").digest()
BINDINGS: Final = (("", "urn:cdc:cpf:pc5:schema:1.0.0"), ("xsi", "http://example.org/xsi"))
LEADING: Final = Leading("0ABCDEFG", "CERT0001", "MCF1", "RNCP", "RNCP34762", None)
PASSAGES: Final = (b"<passage>1</passage>", b"<passage>2</passage>", b"<passage>3</passage>")
FILE: Final = b"<flux>" + b"".join(PASSAGES) + b"</flux>"


def framed(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return len(text).to_bytes(4, "big") + text


def naive_source(passage: bytes, leading: Leading = LEADING) -> bytes:
    head = framed([list(pair) for pair in BINDINGS]) + framed(list(leading))
    return hashlib.sha256(b"provenance/source/v1\n" + head + passage).digest()


def naive_digest(passages: tuple[bytes, ...], file: bytes) -> bytes:
    """The whole of it, as the text has it."""
    stream = hashlib.shake_256(b"provenance/file-salts/v1\n" + SALT).digest(10_000)
    leaves = [b"provenance/file/v1\n" + stream[:32] + hashlib.sha256(file).digest()]
    for k, passage in enumerate(passages, 1):
        salt = stream[32 * k : 32 * k + 32]
        leaves.append(b"provenance/passage/v1\n" + salt + naive_source(passage))
    root = root_of([hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves])
    count = len(passages).to_bytes(8, "big")
    return hashlib.sha256(b"provenance/deposit-digest/v1\n" + count + root).digest()


def digest_of(
    passages: tuple[bytes, ...], file: bytes = FILE, leading: Leading = LEADING
) -> bytes:
    salts = file_salts(SALT, len(passages))
    leaves = [file_leaf(salts[:32], hashlib.sha256(file).digest())]
    for k, passage in enumerate(passages, 1):
        source = source_digest(BINDINGS, leading, passage)
        leaves.append(passage_leaf(salts[32 * k : 32 * k + 32], source))
    return deposit_digest(leaves)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_the_digest_is_that_of_the_text(count: int) -> None:
    assert digest_of(PASSAGES[:count]) == naive_digest(PASSAGES[:count], FILE)


def test_everything_counts() -> None:
    """Where the passages are in the file, too: only leaf 0 tells it."""
    others = [
        digest_of(PASSAGES),
        digest_of(PASSAGES[::-1]),
        digest_of(PASSAGES[:2]),
        digest_of(PASSAGES, FILE.replace(b"<flux>", b"<flux> ")),
        *(
            digest_of(PASSAGES, leading=LEADING._replace(**{name: "other"}))
            for name in Leading._fields
        ),
    ]
    assert len(set(others)) == len(others)


def test_surroundings_are_hashed_before_the_passage() -> None:
    head = surroundings(BINDINGS, LEADING)
    joined = hashlib.sha256(head + PASSAGES[0]).digest()
    assert joined == source_digest(BINDINGS, LEADING, PASSAGES[0]) == naive_source(PASSAGES[0])
    assert source_text(joined) == encode_base64(joined)


def test_leading_fields_are_those_of_the_record() -> None:
    fields: dict[str, object] = {
        "emetteur": "0ABCDEFG",
        "certificateur": "CERT0001",
        "contrat": "MCF1",
        "type": "RNCP",
        "code": "RNCP34762",
        "idTechnique": "1",
    }
    assert leading_of(fields) == LEADING
    named = leading_of(fields | {"natureDeposant": "CERTIFICATEUR"})
    assert named.nature_deposant == "CERTIFICATEUR"
    for bad in (
        {},
        fields | {"code": 1},
        fields | {"natureDeposant": True},
        {name: value for name, value in fields.items() if name != "contrat"},
    ):
        with pytest.raises(FormatError, match="leading field"):
            leading_of(bad)


def test_salts_of_another_size_are_refused() -> None:
    for size in (0, 31, 33):
        with pytest.raises(FormatError, match="32 bytes"):
            file_salts(bytes(size), 1)
        with pytest.raises(FormatError, match="32 bytes"):
            passage_leaf(bytes(size), bytes(32))
        with pytest.raises(FormatError, match="32 bytes"):
            file_leaf(bytes(size), bytes(32))
    with pytest.raises(FormatError, match="leaf 0"):
        deposit_digest([])
