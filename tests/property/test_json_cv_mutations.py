"""Whatever is done to a CV for machines, what is accepted is the document that was signed.

The harness is held against verifiers that each lack one check: it must catch all of them.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from property.test_bundle_mutations import mutate
from provenance.cv import SealRoots, jsoncv
from provenance.cv.dataintegrity import add_proof
from provenance.cv.jcs import canonicalize, parse_json
from provenance.cv.roots import format_did_key
from provenance.keys.signer import MemorySigner
from provenance.reconstruct import CvLine
from provenance.record.bundle import encode_bundle
from provenance.verifier import Verifier
from simulator import PERSON, TODAY, ed25519_key, make_log

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNER: Final = MemorySigner(ed25519_key("issuer"))
ROOTS: Final = SealRoots(issuers=(format_did_key(SIGNER.public),))
LOG, (INDEX,) = make_log()
BUNDLE: Final = encode_bundle(LOG.prove(INDEX))
VERIFIER: Final = Verifier(LOG.policy())
DATA: Final = jsoncv.make(
    (CvLine(id="1", label="RNCP34762", entry=INDEX, claims={"code": "RNCP34762"}),),
    dict(PERSON),
    BUNDLE,
    created="2026-11-25T21:00:00Z",
    signer=SIGNER,
)


def accepts(data: bytes) -> bool:
    report = jsoncv.verify(data, VERIFIER, ROOTS, TODAY)
    assert (report.verdict == "yes") == (report.level == "original")
    return report.verdict == "yes"


def flip_bits(step: int = 1) -> Iterator[bytes]:
    """Change one bit of every byte: each time the one that its place says."""
    for position in range(0, len(DATA), step):
        changed = bytearray(DATA)
        changed[position] ^= 1 << position % 8
        yield bytes(changed)


def find_lies(data: bytes) -> bool:
    """Return whether something is accepted that is not the document that was signed."""
    if not accepts(data):
        return False
    return canonicalize(parse_json(data, size_max=len(data), what="text")) != DATA


def test_positive_control() -> None:
    assert accepts(DATA)
    assert not find_lies(DATA)
    assert accepts(json.dumps(json.loads(DATA), indent=1).encode())


def test_no_flipped_bit_is_accepted() -> None:
    assert [data for data in flip_bits(step=3) if accepts(data)] == []


def test_truncated_documents_are_unreadable() -> None:
    for size in range(0, len(DATA), 7):
        assert jsoncv.verify(DATA[:size], VERIFIER, ROOTS, TODAY).verdict == "unreadable"


@given(seed=st.integers(0, 2**64))
def test_no_change_of_the_document_is_accepted(seed: int) -> None:
    chance = random.Random(seed)
    tree = json.loads(DATA)
    for _ in range(chance.choice((1, 1, 2, 5))):
        mutate(tree, chance)
    assert not find_lies(json.dumps(tree).encode())


@given(st.binary(max_size=300))
@example(b"")
@example(b"{}")
def test_any_bytes_are_refused(data: bytes) -> None:
    assert not accepts(data)


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.sampled_from([*json.loads(DATA)]), JSON)
def test_any_member_may_be_anything(name: str, value: Any) -> None:
    tree = {**json.loads(DATA), name: value}
    assert not find_lies(json.dumps(tree).encode())


# The harness itself: each of these verifiers lacks one check, and it must notice.


def test_a_verifier_without_the_signature_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsoncv, "verify_proof", lambda *_: None)
    assert any(find_lies(data) for data in flip_bits(step=3))


def test_a_verifier_that_reads_members_twice_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lax(data: bytes, **_: object) -> Any:
        return json.loads(data)

    double = DATA[:-1] + b',"issuer":' + json.dumps(ROOTS.issuers[0]).encode() + b"}"
    assert not accepts(double)
    monkeypatch.setattr(jsoncv, "parse_json", lax)
    assert accepts(double)


@pytest.mark.parametrize("name", ["check_proof", "find_disagreements"])
def test_a_verifier_without_the_bundle_is_caught(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = VERIFIER.verify(BUNDLE, TODAY)
    tree = json.loads(DATA)
    del tree["proof"]
    if name == "check_proof":
        tree["provenance"] = "{}"
    else:
        tree["credentialSubject"]["lines"][0]["claims"] = {"code": "RNCP99999"}
    issuer = ROOTS.issuers[0]
    method = f"{issuer}#{issuer.removeprefix('did:key:')}"
    false = canonicalize(
        add_proof(tree, method=method, created=tree["validFrom"], sign=SIGNER.sign)
    )
    assert not accepts(false)

    def believe(_: bytes, __: Verifier, ___: object, checks: Any) -> Any:
        checks.yes("proof", "")
        return report

    instead = believe if name == "check_proof" else lambda *_: ()
    monkeypatch.setattr(jsoncv, name, instead)
    assert accepts(false)
