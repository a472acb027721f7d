"""What is done with a ledger: proofs made and verified, opened, and how much it stores."""

from __future__ import annotations

import random
import shutil
import time
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.workload import CERTIFIER, PASSAGES, took
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from provenance.ledger import Ledger
from provenance.tlog import note
from provenance.tlog.prover import prove_inclusion
from provenance.verifier import Verifier, contents, entries

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from pytest_benchmark.fixture import BenchmarkFixture

    from provenance.report import Report

CV = sorted(random.Random(1).sample(range(5, 5 + PASSAGES), 10))


def test_make_the_bundle_of_a_cv(benchmark: BenchmarkFixture, ledger: Ledger) -> None:
    """Ten certifications, with what a positive line needs disclosed."""
    bundle = benchmark(ledger.prove, CV)
    benchmark.extra_info["bytes"] = len(bundle)


def test_verify_the_bundle_of_a_cv(
    benchmark: BenchmarkFixture, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bundle, offline: signatures, tree, chain of trust, commitments, status.

    ``ratio``: to the signature checks alone, which are noted in a first run and repeated
    between the others.
    """
    verifier, bundle = Verifier(ledger.policy()), ledger.prove(CV)
    checks: list[Callable[[], object]] = []
    with monkeypatch.context() as patch:
        for name, kind in (("ed25519", Ed25519PublicKey), ("mldsa44", MLDSA44PublicKey)):
            load = _noting(kind, checks)
            for owner in (contents, entries, note):
                patch.setattr(owner, f"load_{name}", load, raising=owner is note)
        assert verifier.verify(bundle).verdict == "yes"
    assert len(checks) > len(CV)
    bare: list[float] = []

    def verify() -> Report:
        return verifier.verify(bundle)

    def setup() -> None:
        started = time.perf_counter()
        for check in checks:
            check()
        bare.append(time.perf_counter() - started)

    report = benchmark.pedantic(verify, setup=setup, rounds=200, warmup_rounds=5)
    assert report.verdict == "yes"
    assert {one.certifier for one in report.certifications} == {CERTIFIER}
    benchmark.extra_info["signature_checks"] = len(checks)
    benchmark.extra_info["ratio"] = round(took(benchmark) / median(bare), 3)


class _Noted:
    """A public key that notes what it is asked to verify."""

    def __init__(
        self, key: Ed25519PublicKey | MLDSA44PublicKey, checks: list[Callable[[], object]]
    ) -> None:
        self._key, self._checks = key, checks

    def verify(self, *values: bytes) -> None:
        self._checks.append(partial(self._key.verify, *values))
        self._key.verify(*values)


def _noting(
    kind: type[Ed25519PublicKey | MLDSA44PublicKey], checks: list[Callable[[], object]]
) -> Callable[[bytes], _Noted]:
    """Return what stands in for the function that loads a kind of keys."""
    return lambda data: _Noted(kind.from_public_bytes(data), checks)


def test_inclusion_proof(benchmark: BenchmarkFixture, ledger: Ledger) -> None:
    """One inclusion proof from the stored tree, warm, in an open snapshot."""
    with ledger._files.store.view() as view:
        size = view.size
        assert benchmark(prove_inclusion, 4321, size, view.node)


def test_open(benchmark: BenchmarkFixture, tmp_path: Path, ledger: Ledger) -> None:
    """Open and close, warm: files compared with head register and anchor."""
    shutil.copytree(ledger.path, tmp_path / "copy")

    def reopen() -> None:
        Ledger.open(tmp_path / "copy").close()

    benchmark(reopen)


def test_bytes_per_certification(
    benchmark: BenchmarkFixture, ledger: Ledger, flux: bytes
) -> None:
    """Everything that is stored, against the XML that was deposited."""

    def stored() -> int:
        return sum(path.stat().st_size for path in ledger.path.rglob("*") if path.is_file())

    total = benchmark.pedantic(stored, rounds=1)
    benchmark.extra_info["stored_bytes_per_certification"] = round(total / PASSAGES, 1)
    benchmark.extra_info["xml_bytes_per_certification"] = round(len(flux) / PASSAGES, 1)
    benchmark.extra_info["ratio"] = round(total / len(flux), 3)
