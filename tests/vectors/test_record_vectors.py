"""The vectors in ``record.json`` hold, for the package and for plain library calls alike."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, urlsafe_b64encode
from typing import Any, Final

import pytest

from naive_commitment import naive_commitment, naive_digest, naive_record
from naive_merkle import root_of
from provenance.encoding import decode_json, encode_base64url
from provenance.record.commitment import commit, disclose, parse_disclosure, read_record
from provenance.record.depositdigest import (
    Leading,
    deposit_digest,
    file_leaf,
    file_salts,
    passage_leaf,
    source_digest,
)
from provenance.record.dictionary import DICTIONARY
from provenance.record.entry import encode_entry, parse_entry
from provenance.record.payload import (
    CertificationPayload,
    DepositPayload,
    RecordPayload,
    unseal_payload,
)
from provenance.record.sheets import encode_sheet, parse_sheet, register_digest, sheets_root
from provenance.record.slots import CERTIFICATION as TABLE
from provenance.record.slots import ERASURE, WITHDRAWAL
from provenance.tlog.merkle import leaf_hash
from record_samples import ENTRIES
from vectors.make_record_vectors import CERTIFICATION, PATH, build

VECTORS: Final[dict[str, Any]] = json.loads(PATH.read_text("utf-8"))


def test_the_script_gives_the_same_file() -> None:
    assert json.loads(json.dumps(build())) == VECTORS


def test_dictionary() -> None:
    assert VECTORS["dictionary"]["sha256"] == hashlib.sha256(DICTIONARY).hexdigest()


TABLES: Final = {table.kind: table for table in (TABLE, WITHDRAWAL, ERASURE)}
NUMBERS: Final = range(len(VECTORS["commitments"]))


@pytest.mark.parametrize("number", NUMBERS)
def test_commitment(number: int) -> None:
    vector = VECTORS["commitments"][number]
    table, seed = TABLES[vector["type"]], b64decode(vector["seed"])
    fields = [(name, value) for name, value in vector["fields"]]
    names = [name for name, _ in fields]
    commitment = b64decode(vector["commitment"])
    assert commit(seed, fields, table) == commitment
    assert naive_commitment(seed, fields, table.count) == commitment
    slots = b"".join(map(b64decode, vector["slots"]))
    assert hashlib.sha256(b"provenance/commitment/v1\n" + slots).digest() == commitment
    for chosen, member in ((names, "record_all_shown"), (names[:1], "record_first_shown")):
        record = vector[member]
        assert list(disclose(seed, fields, chosen, table)) == record
        assert naive_record(seed, fields, chosen, table.count) == record
        read = read_record(record, table)
        assert read.commitment == commitment
        assert sorted(name for name, _ in read.fields) == sorted(chosen)


@pytest.mark.parametrize("number", NUMBERS)
def test_disclosures(number: int) -> None:
    vector = VECTORS["commitments"][number]
    values = dict(vector["fields"])
    for text, slot in zip(vector["record_all_shown"], vector["slots"], strict=True):
        if len(text) == 43:
            assert encode_base64url(b64decode(slot)) == text
            continue
        disclosure = parse_disclosure(text)
        assert naive_digest(text) == disclosure.digest == b64decode(slot)
        value = values.pop(disclosure.name)
        assert disclosure.value == value
        plain = json.dumps(
            [urlsafe_b64encode(disclosure.salt).decode(), disclosure.name, value],
            ensure_ascii=False,
            separators=(",", ":"),
        )
        assert urlsafe_b64encode(plain.encode()).decode().rstrip("=") == text
    assert not values


@pytest.mark.parametrize("vector", VECTORS["entries"], ids=lambda vector: vector["type"])
def test_entry(vector: dict[str, str]) -> None:
    data = vector["entry"].encode()
    assert parse_entry(data) == ENTRIES[vector["type"]]
    assert encode_entry(parse_entry(data)) == data
    assert leaf_hash(data) == hashlib.sha256(b"\x00" + data).digest()
    assert leaf_hash(data) == b64decode(vector["leaf_hash"])


def test_every_type_is_there() -> None:
    assert [vector["type"] for vector in VECTORS["entries"]] == list(ENTRIES)


@pytest.mark.parametrize("name", VECTORS["messages"])
def test_message(name: str) -> None:
    message = b64decode(VECTORS["messages"][name])
    assert message.startswith(f"provenance/{name}/v1\n{VECTORS['origin']}\n".encode())


def test_deposit() -> None:
    vector = VECTORS["deposit"]
    leading = Leading(*vector["leading"])
    bindings = [(prefix, namespace) for prefix, namespace in vector["bindings"]]
    passages = [b64decode(passage) for passage in vector["passages"]]
    salts = file_salts(b64decode(vector["file_salt"]), len(passages))
    assert salts == b64decode(vector["salts"])
    sources = [source_digest(bindings, leading, passage) for passage in passages]
    assert sources == [b64decode(source) for source in vector["sources"]]
    file = hashlib.sha256(b64decode(vector["file"])).digest()
    leaves = [file_leaf(salts[:32], file)] + [
        passage_leaf(salts[32 * k : 32 * k + 32], source) for k, source in enumerate(sources, 1)
    ]
    assert leaves == [b64decode(leaf) for leaf in vector["leaf_hashes"]]
    count = len(passages).to_bytes(8, "big")
    plain = hashlib.sha256(b"provenance/deposit-digest/v1\n" + count + root_of(leaves)).digest()
    assert deposit_digest(leaves) == plain == b64decode(vector["digest"])


def test_register() -> None:
    vector = VECTORS["register"]
    sheets = [sheet.encode() for sheet in vector["sheets"]]
    assert [encode_sheet(parse_sheet(sheet)) for sheet in sheets] == sheets
    assert sheets_root(sheets) == b64decode(vector["root"])
    digests = b64decode(vector["rncp_sha256"]), b64decode(vector["rs_sha256"])
    assert register_digest(*digests) == b64decode(vector["digest"])


@pytest.mark.parametrize("vector", VECTORS["payloads"], ids=["stored", "compressed"])
def test_payload(vector: dict[str, Any]) -> None:
    seed, associated_data = b64decode(vector["seed"]), b64decode(vector["associated_data"])
    parts = unseal_payload(seed, b64decode(vector["sealed"]), associated_data)
    assert parts == tuple(map(b64decode, vector["parts"]))


def test_parts() -> None:
    certification = tuple(map(b64decode, VECTORS["payloads"][1]["parts"]))
    assert CertificationPayload.decode_parts(certification) == CERTIFICATION
    withdrawal = tuple(map(b64decode, VECTORS["parts"]["withdrawal"]))
    assert RecordPayload.decode_parts(withdrawal).fields == (("reason", "ERROR"),)
    salt, head, residue = map(b64decode, VECTORS["parts"]["deposit"])
    deposit = DepositPayload.decode_parts((salt, head, residue))
    assert decode_json(head, dict[str, Any], "head")["holes"] == list(deposit.holes)
    assert b"".join(deposit.rebuild([b"<p1/>", b"<p2>"])) == b"<a><p1/></a><p2><b/>"
