"""The vectors in ``record.json`` hold, for the package and for plain library calls alike."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, urlsafe_b64encode
from typing import Any, Final

import pytest

from naive_commitment import (
    naive_commitment,
    naive_decoys,
    naive_digest,
    naive_disclosures,
)
from provenance.encoding import decode_json
from provenance.record.commitment import commit, disclose, parse_disclosure, recompute
from provenance.record.dictionary import DICTIONARY
from provenance.record.entry import encode_entry, parse_entry
from provenance.record.message import file_digest
from provenance.record.payload import CertificationPayload, DepositPayload, unseal_payload
from provenance.tlog.merkle import leaf_hash
from record_samples import ENTRIES
from vectors.make_record_vectors import CERTIFICATION, PATH, build

VECTORS: Final[dict[str, Any]] = json.loads(PATH.read_text("utf-8"))


def test_the_script_gives_the_same_file() -> None:
    assert json.loads(json.dumps(build())) == VECTORS


def test_dictionary() -> None:
    assert VECTORS["dictionary"]["sha256"] == hashlib.sha256(DICTIONARY).hexdigest()


@pytest.mark.parametrize("vector", VECTORS["commitments"], ids=["one field", "record"])
def test_commitment(vector: dict[str, Any]) -> None:
    seed = b64decode(vector["seed"])
    fields = [(name, value) for name, value in vector["fields"]]
    names = [name for name, _ in fields]
    commitment = b64decode(vector["commitment"])
    assert commit(seed, fields) == naive_commitment(seed, fields) == commitment
    disclosed = disclose(seed, fields, names)
    assert list(disclosed.disclosures) == naive_disclosures(seed, fields)
    assert list(disclosed.disclosures) == vector["disclosures"]
    decoys = [b64decode(decoy) for decoy in vector["decoys_ascending"]]
    assert list(disclosed.hidden) == sorted(naive_decoys(seed, fields)) == decoys
    first, *others = vector["disclosures"]
    hidden = [b64decode(digest) for digest in vector["hidden_when_the_first_is_shown"]]
    assert hidden == sorted([*map(naive_digest, others), *decoys])
    assert recompute([first], hidden) == (commitment, (fields[0],))


@pytest.mark.parametrize("vector", VECTORS["commitments"], ids=["one field", "record"])
def test_disclosures(vector: dict[str, Any]) -> None:
    for text, salt, (name, value) in zip(
        vector["disclosures"], vector["salts"], vector["fields"], strict=True
    ):
        disclosure = parse_disclosure(text)
        assert (disclosure.salt, disclosure.name) == (b64decode(salt), name)
        assert disclosure.value == value
        plain = json.dumps(
            [urlsafe_b64encode(b64decode(salt)).decode(), name, value],
            ensure_ascii=False,
            separators=(",", ":"),
        )
        assert urlsafe_b64encode(plain.encode()).decode().rstrip("=") == text


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


def test_file_digest() -> None:
    vector = {name: b64decode(text) for name, text in VECTORS["file_digest"].items()}
    plain = hashlib.sha256(b"provenance/file/v1\n" + vector["salt"] + vector["file"]).digest()
    assert file_digest(vector["salt"], [vector["file"]]) == plain == vector["digest"]


@pytest.mark.parametrize("vector", VECTORS["payloads"], ids=["stored", "compressed"])
def test_payload(vector: dict[str, Any]) -> None:
    seed, associated_data = b64decode(vector["seed"]), b64decode(vector["associated_data"])
    parts = unseal_payload(seed, b64decode(vector["sealed"]), associated_data)
    assert parts == tuple(map(b64decode, vector["parts"]))


def test_parts() -> None:
    certification = tuple(map(b64decode, VECTORS["payloads"][1]["parts"]))
    assert CertificationPayload.decode_parts(certification) == CERTIFICATION
    withdrawal = tuple(map(b64decode, VECTORS["parts"]["withdrawal"]))
    assert CertificationPayload.decode_parts(withdrawal).fields == (("reason", "ERROR"),)
    salt, head, residue = map(b64decode, VECTORS["parts"]["deposit"])
    deposit = DepositPayload.decode_parts((salt, head, residue))
    assert decode_json(head, dict[str, Any], "head")["holes"] == list(deposit.holes)
    assert b"".join(deposit.rebuild([b"<p1/>", b"<p2>"])) == b"<a><p1/></a><p2><b/>"
