"""Where the time of one certification goes: each step alone, in one process.

Their sum is what one processor spends on a certification; worker processes share all but
the last two among the processors.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from benchmarks.workload import DEPOSITOR, took
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provenance.cdc.checks import check_award, check_deadline, check_passage
from provenance.cdc.flux import read_passage
from provenance.cdc.schema import LEADING_NAMES
from provenance.encoding import decode_base64, encode_base64, encode_json
from provenance.ledger.judging import make_claim
from provenance.ledger.lookups import Lookups
from provenance.record.commitment import commit_checked
from provenance.record.depositdigest import passage_leaf
from provenance.record.entry import Certification, encode_entry
from provenance.record.payload import (
    NONCE_SIZE,
    CertificationPayload,
    seal_payload,
    unseal_payload,
)
from provenance.record.slots import CERTIFICATION
from provenance.tlog.merkle import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

    from provenance.ledger import Ledger

COUNT = 500
SEED = bytes(range(32))
FIRST = 5
"""Index of the first certification of the measured ledger."""


@pytest.fixture(scope="module")
def payloads(ledger: Ledger) -> list[CertificationPayload]:
    """Return passages as they were deposited."""
    with ledger._files.store.view() as view:
        return [
            ledger._recall.certification(view, index) for index in range(FIRST, FIRST + COUNT)
        ]


def each(
    benchmark: BenchmarkFixture,
    payloads: list[CertificationPayload],
    step: Callable[[CertificationPayload], object],
) -> None:
    """Measure a step over all payloads."""

    def over_all() -> None:
        for payload in payloads:
            step(payload)

    benchmark.extra_info["entries"] = len(payloads)
    benchmark.pedantic(over_all, rounds=15, warmup_rounds=2)
    benchmark.extra_info["us_each"] = round(took(benchmark) / len(payloads) * 1e6, 1)


def test_stage_read_the_passage(
    benchmark: BenchmarkFixture, payloads: list[CertificationPayload]
) -> None:
    """Exact bytes to typed fields."""
    around = {
        id(one): tuple(field for field in one.fields if field[0] in LEADING_NAMES)
        for one in payloads
    }

    def step(one: CertificationPayload) -> None:
        assert read_passage(one.source, one.bindings, around[id(one)])

    each(benchmark, payloads, step)


def test_stage_check_it(
    benchmark: BenchmarkFixture, payloads: list[CertificationPayload]
) -> None:
    """Dictionary, deadline and day of award."""
    today = datetime.now(UTC).date()
    named = {id(one): dict(one.fields[:-1]) for one in payloads}
    each(
        benchmark,
        payloads,
        lambda one: [
            check(named[id(one)], *more)
            for check, *more in (
                (check_passage,),
                (check_deadline, today),
                (check_award, today),
            )
        ],
    )


def test_stage_recognise_it(
    benchmark: BenchmarkFixture, payloads: list[CertificationPayload]
) -> None:
    """Keys of the look-ups, and the digest by which a repetition is known."""
    lookups = Lookups(SEED)
    named = {id(one): dict(one.fields[:-1]) for one in payloads}

    def step(one: CertificationPayload) -> None:
        record = named[id(one)]
        make_claim(lookups, (DEPOSITOR,), record, encode_json(record))

    each(benchmark, payloads, step)


def test_stage_commit_to_it(
    benchmark: BenchmarkFixture, payloads: list[CertificationPayload]
) -> None:
    """Salts, disclosures, digests, decoys."""
    each(benchmark, payloads, lambda one: commit_checked(SEED, one.fields, CERTIFICATION))


def test_stage_make_its_leaf(
    benchmark: BenchmarkFixture, payloads: list[CertificationPayload]
) -> None:
    """Its leaf in the digest of the deposit."""
    digests = {id(one): decode_base64(str(one.fields[-1][1])) for one in payloads}
    each(benchmark, payloads, lambda one: passage_leaf(one.salt, digests[id(one)]))


def test_stage_compress_and_encrypt_it(
    benchmark: BenchmarkFixture, payloads: list[CertificationPayload]
) -> None:
    """Four parts of a payload: zlib with the dictionary, then AES-256-GCM."""
    nonce = os.urandom(NONCE_SIZE)
    parts = {id(one): one.encode_parts() for one in payloads}
    each(benchmark, payloads, lambda one: seal_payload(SEED, nonce, SEED, parts[id(one)]))


def test_stage_decrypt_it_again(
    benchmark: BenchmarkFixture, payloads: list[CertificationPayload]
) -> None:
    """What an audit does of the last step."""
    nonce = os.urandom(NONCE_SIZE)
    made = [seal_payload(SEED, nonce, SEED, one.encode_parts()) for one in payloads]
    sealed = iter(made * 20)
    each(benchmark, payloads, lambda _: unseal_payload(SEED, next(sealed), SEED))


def test_stage_chain_and_hash_it(
    benchmark: BenchmarkFixture, payloads: list[CertificationPayload]
) -> None:
    """The entry's bytes and its leaf hash."""
    hash_text = encode_base64(SEED)
    entry = Certification(
        index=9,
        time="2026-11-23T20:00:00.123456Z",
        prev=hash_text,
        deposit=4,
        depositor=DEPOSITOR,
        registration=2,
        certifier_registration=3,
        commitment=hash_text,
    )
    each(benchmark, payloads, lambda _: leaf_hash(encode_entry(entry)))


def test_stage_sign_it(
    benchmark: BenchmarkFixture, payloads: list[CertificationPayload]
) -> None:
    """Ed25519, on one thread."""
    key = Ed25519PrivateKey.generate()
    each(benchmark, payloads, lambda _: key.sign(SEED * 3))
