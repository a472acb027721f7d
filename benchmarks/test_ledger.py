"""The main line: from a deposit file to a verified proof, and the audit of all of it."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

from benchmarks.workload import CERTIFIER, DEPOSITOR, PASSAGES, make_ledger

from provenance.audit import audit
from provenance.ledger import Ledger
from provenance.tlog.prover import prove_inclusion
from provenance.verifier import Verifier

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

CV = sorted(random.Random(1).sample(range(5, 5 + PASSAGES), 10))


def test_deposit_from_file_to_durable_receipt(
    benchmark: BenchmarkFixture, tmp_path: Path, flux: bytes
) -> None:
    """10,000 passages: parsed, checked, committed to, encrypted, signed, synced."""
    file = tmp_path / "flux.xml"
    file.write_bytes(flux)
    runs = iter(range(1_000))

    def setup() -> tuple[tuple[Ledger], dict[str, object]]:
        return (make_ledger(tmp_path / f"ledger-{next(runs)}"),), {}

    def deposit(ledger: Ledger) -> None:
        assert len(ledger.deposit(file).accepted) == PASSAGES
        ledger.close()

    benchmark.extra_info["entries"] = PASSAGES
    benchmark.extra_info["bytes"] = len(flux)
    benchmark.pedantic(deposit, setup=setup, rounds=3, warmup_rounds=0)


def test_one_durable_form_of_one_certification(
    benchmark: BenchmarkFixture, tmp_path: Path, ledger: Ledger
) -> None:
    """One caller, one record a commit: vault, log and head register synced each time."""
    template = dict(ledger.fields(5)[:-1])
    numbers = iter(range(1_000_000))
    with make_ledger(tmp_path / "ledger") as own:

        def append() -> None:
            record = {**template, "idTechnique": f"form-{next(numbers)}"}
            assert own.append([record], depositor=DEPOSITOR).accepted

        benchmark.extra_info["entries"] = 1
        benchmark.pedantic(append, rounds=300, warmup_rounds=20)


def test_forms_of_a_thousand_certifications(
    benchmark: BenchmarkFixture, tmp_path: Path, ledger: Ledger
) -> None:
    """From field lists in full: salted commitment, encryption, signature, look-ups."""
    template = dict(ledger.fields(5)[:-1])
    numbers = iter(range(1_000_000))
    with make_ledger(tmp_path / "ledger") as own:

        def setup() -> tuple[tuple[object], dict[str, object]]:
            return (
                [{**template, "idTechnique": f"form-{next(numbers)}"} for _ in range(1000)],
            ), {}

        def append(records: list[dict[str, object]]) -> None:
            receipt = own.append(records, depositor=DEPOSITOR)  # type: ignore[arg-type]
            assert len(receipt.accepted) == 1000

        benchmark.extra_info["entries"] = 1000
        benchmark.pedantic(append, setup=setup, rounds=8, warmup_rounds=1)


def test_make_the_bundle_of_a_cv(benchmark: BenchmarkFixture, ledger: Ledger) -> None:
    """Ten certifications, with what a positive line needs disclosed."""
    bundle = benchmark(ledger.prove, CV)
    benchmark.extra_info["bytes"] = len(bundle)


def test_verify_the_bundle_of_a_cv(benchmark: BenchmarkFixture, ledger: Ledger) -> None:
    """The same bundle, offline: signatures, tree, chain of trust, commitments, status."""
    verifier, bundle = Verifier(ledger.policy()), ledger.prove(CV)
    report = benchmark(verifier.verify, bundle)
    assert report.verdict == "yes"
    assert {one.certifier for one in report.certifications} == {CERTIFIER}


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


def test_audit_in_full(benchmark: BenchmarkFixture, tmp_path: Path, ledger: Ledger) -> None:
    """Every hash, signature, rule; every payload opened, parsed again, recommitted."""
    shutil.copytree(ledger.path, tmp_path / "copy")
    report = benchmark.pedantic(audit, args=(tmp_path / "copy",), rounds=2)
    assert report.verdict == "yes"
    benchmark.extra_info["entries"] = report.entries


def test_audit_without_the_vault(
    benchmark: BenchmarkFixture, tmp_path: Path, ledger: Ledger
) -> None:
    """Every hash, entry signature and rule, the payloads left closed."""
    shutil.copytree(ledger.path, tmp_path / "copy")
    report = benchmark.pedantic(
        audit, args=(tmp_path / "copy",), kwargs={"vault": False}, rounds=3
    )
    assert report.verdict == "yes"
    benchmark.extra_info["entries"] = report.entries


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
