"""Whatever is done to a bundle's bytes, nothing is reported that the log does not hold.

The harness is held against verifiers that each lack one check: it must catch all of them.
"""

from __future__ import annotations

import json
import random
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from battery import LONG, SEED
from provenance.encoding import encode_json
from provenance.record.bundle import encode_bundle
from provenance.report import PROVEN
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.note import VerifiedSignature, split_note
from provenance.tlog.policy import Policy, VerifiedCheckpoint
from provenance.verifier import Verifier, bodies, contents, entries, log, standing, titles
from simulator import TODAY, Simulator, ed25519_vkey, make_record, make_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from battery import Row
    from provenance.report import CertificationReport, Report


class Sample(NamedTuple):
    """A bundle, its verifier, and what is rightly said of it."""

    data: bytes
    verifier: Verifier
    truth: CertificationReport
    statuses: frozenset[tuple[str, int | None]]
    """What the log says of the certification, and as of which entry."""
    first: int
    """From this byte on every bit counts."""

    def verify(self, data: bytes) -> Report:
        return self.verifier.verify(data, TODAY)


@cache
def make_small_sample() -> Sample:
    """Prove one certification and no more."""
    simulator = Simulator()
    simulator.register()
    index = simulator.certify(simulator.deposit())
    simulator.publish()
    statuses = {("in force", simulator.size - 1), ("unknown", None)}
    return _sample(simulator, encode_bundle(simulator.prove(index)), statuses)


@cache
def make_large_sample() -> Sample:
    """Prove one that is endorsed, titled, and superseded as a later checkpoint shows."""
    simulator = Simulator()
    simulator.register(keys=(ed25519_vkey("first"),))
    simulator.register(keys=(ed25519_vkey("depositor"),), signer="first")
    simulator.register("CERT0001", "Certifying body")
    register = simulator.import_register(make_sheet("RNCP1"), make_sheet(level=5))
    deposit = simulator.deposit(recorded=2)
    index = simulator.certify(deposit)
    simulator.certify(deposit)
    endorsement = simulator.endorse(deposit, index, index + 2, "depositor")
    simulator.publish()
    size = simulator.size
    simulator.certify(deposit, make_record(code="RS5000"), supersedes=index)
    simulator.publish()
    bundle = simulator.prove(
        index,
        size=size,
        support=(1, 2, 3, 4, register, endorsement),
        endorsements=(simulator.link(endorsement, index),),
        register=simulator.show_register("RNCP34762"),
        later=simulator.show_later(size, index),
    )
    data = encode_bundle(bundle)
    statuses = {("in force", size - 1), ("superseded", simulator.size - 1), ("unknown", None)}
    # Whose key signed the first checkpoint does not count where a later one continues it.
    return _sample(simulator, data, statuses, first=data.index(b'"entries"'))


def _sample(
    simulator: Simulator, data: bytes, statuses: set[tuple[str, int | None]], first: int = 0
) -> Sample:
    verifier = Verifier(simulator.policy())
    report = verifier.verify(data, TODAY)
    assert report.verdict in PROVEN
    (truth,) = report.certifications
    return Sample(data, verifier, truth, frozenset(statuses), first)


# The harness.


def flip_bits(sample: Sample, step: int = 1, number: int = 0) -> Iterator[bytes]:
    """Change one bit of every byte that counts: the eight numbers give all of them."""
    for position in range(sample.first, len(sample.data), step):
        changed = bytearray(sample.data)
        changed[position] ^= 1 << (position + number) % 8
        yield bytes(changed)


def find_accepted(sample: Sample, step: int = 1, number: int = 0) -> Iterator[bytes]:
    """Return what is accepted of the bundles with a bit flipped, each of which is false."""
    changed = flip_bits(sample, step, number)
    return (data for data in changed if sample.verify(data).verdict in PROVEN)


def find_lies(report: Report, sample: Sample) -> list[str]:
    """Say what a report claims beyond the truth; leaving something out is no lie."""
    if report.verdict not in PROVEN:
        return ["facts of a refused bundle"] if report.certifications or report.persons else []
    return [lie for one in report.certifications for lie in _compare(one, sample)]


def _compare(one: CertificationReport, sample: Sample) -> Iterator[str]:
    truth = sample.truth
    if any(field not in truth.fields for field in one.fields):
        yield "fields"
    if (one.status, one.as_of_index) not in sample.statuses:
        yield f"{one.status} as of {one.as_of_index}"
    for name in ("endorsed", "keys", "title", "level", "register_date"):
        if getattr(one, name) not in (None, False, getattr(truth, name)):
            yield name
    if one.certifier_name not in (None, truth.certifier_name):
        yield "certifier_name"
    for name in ("index", "time", "deposit", "depositor", "depositor_name", "limited"):
        if getattr(one, name) != getattr(truth, name):
            yield name


def mutate(tree: Any, chance: random.Random) -> None:
    """Change one node of a JSON document, in place."""
    places = list(_places(tree))
    holder, key = chance.choice(places)
    value = holder[key]
    other, other_key = chance.choice(places)
    match chance.randrange(6):
        case 0:
            del holder[key]
        case 1:
            holder[key] = _copy(other[other_key])
        case 2:
            holder[key], other[other_key] = _copy(other[other_key]), _copy(value)
        case 3 if isinstance(holder, list):
            holder.insert(key, _copy(value))
        case 4 if isinstance(value, list):
            chance.shuffle(value)
        case _:
            holder[key] = _changed(value, chance)


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Return holder and key of every node below the root."""
    items: Any = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in items:
        yield tree, key
        if isinstance(value, dict | list):
            yield from _places(value)


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _changed(value: Any, chance: random.Random) -> Any:
    if isinstance(value, int):
        return value + chance.choice((-1, 1, 128))
    if isinstance(value, str):
        position = chance.randrange(len(value) + 1)
        return value[:position] + chance.choice("A=0{\n") + value[position + 1 :]
    return []


# What must never be accepted.


@pytest.mark.parametrize("number", range(8))
def test_no_flipped_bit_is_accepted(number: int, row: Row) -> None:
    row.begin("F9 rot: every bit of a proof")
    sample = make_small_sample()
    assert list(find_accepted(sample, number=number)) == []
    row.tried = row.fired = len(sample.data) - sample.first


@pytest.mark.parametrize("number", range(8) if LONG else [SEED % 8])
def test_no_flipped_bit_of_a_bundle_with_everything_is_accepted(number: int, row: Row) -> None:
    row.begin("F9 rot: bits of a proof with everything")
    sample, step = make_large_sample(), 1 if LONG else 7
    assert list(find_accepted(sample, step, number)) == []
    row.tried = row.fired = len(range(sample.first, len(sample.data), step))


def test_no_flipped_bit_under_the_first_checkpoint_makes_a_report_lie() -> None:
    sample = make_large_sample()
    for data in flip_bits(sample._replace(first=0), step=17):
        assert find_lies(sample.verify(data), sample) == []


@pytest.mark.parametrize("make", [make_small_sample, make_large_sample])
def test_truncated_bundles_are_unreadable(make: Callable[[], Sample]) -> None:
    data, verifier = make().data, make().verifier
    assert {verifier.verify(data[:size], TODAY).verdict for size in range(len(data))} == {
        "unreadable"
    }


@given(st.binary(max_size=200))
@example(b"")
def test_random_bytes_are_unreadable(data: bytes) -> None:
    assert make_small_sample().verifier.verify(data).verdict == "unreadable"


@pytest.mark.parametrize("make", [make_small_sample, make_large_sample])
@given(seed=st.integers(0, 2**64))
def test_no_change_of_the_document_makes_a_report_lie(
    make: Callable[[], Sample], seed: int
) -> None:
    sample, chance = make(), random.Random(seed)
    tree = json.loads(sample.data)
    for _ in range(chance.choice((1, 1, 2, 5))):
        mutate(tree, chance)
    report = sample.verify(encode_json(tree))
    assert find_lies(report, sample) == []


# The harness itself: each of these verifiers lacks one check, and it must notice.


def _believe(*_: object) -> None:
    """Verify nothing."""


def _believe_checkpoint(_: object, note: str, policy: Policy) -> VerifiedCheckpoint:
    text, _ = split_note(note)
    signatures = tuple(VerifiedSignature(one.key, None) for one in policy.logs)
    return VerifiedCheckpoint(parse_checkpoint(text), signatures, (), None)


LACKING: Final[dict[str, tuple[object, str, object]]] = {
    "checkpoint": (log, "verify_checkpoint_by", _believe_checkpoint),
    "consistency": (log, "verify_consistency", _believe),
    "inclusion": (entries, "verify_inclusion", _believe),
    "entry signature": (entries, "verify_signature", _believe),
    "commitment": (contents, "_check_commitment", _believe),
    "endorsement": (bodies, "verify_inclusion", _believe),
    "status": (standing, "verify_inclusion", _believe),
    "register": (titles, "verify_inclusion", _believe),
}


@pytest.mark.parametrize("check", LACKING)
def test_a_verifier_that_lacks_a_check_is_caught(
    check: str, monkeypatch: pytest.MonkeyPatch, row: Row
) -> None:
    row.begin("F9 rot: bits of a proof with everything")
    sample = make_large_sample()
    monkeypatch.setattr(*LACKING[check])
    row.control(caught=next(find_accepted(sample, step=5), None) is not None)


def test_lies_are_found() -> None:
    sample = make_small_sample()
    report = sample.verify(sample.data)
    (one,) = report.certifications
    assert find_lies(report, sample) == []
    lies: dict[str, dict[str, Any]] = {
        "fields": {"fields": (*one.fields, ("mentionValidee", "MENTION_BIEN"))},
        "in force as of 2": {"as_of_index": 2},
        "erased as of 5": {"status": "erased"},
        "endorsed": {"endorsed": True},
        "keys": {"keys": "registered"},
        "title": {"title": "Docteure en médecine"},
        "certifier_name": {"certifier_name": "Somebody"},
        "index": {"index": 5},
        "depositor_name": {"depositor_name": "Somebody"},
    }
    for lie, members in lies.items():
        lying = replace(report, certifications=(replace(one, **members),))
        assert find_lies(lying, sample) == [lie]
    assert find_lies(replace(report, verdict="no"), sample) == ["facts of a refused bundle"]
