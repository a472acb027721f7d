"""What is measured on: seeded files and real, durable ledgers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from provenance.cdc.sample import SampleSpec, write_flux
from provenance.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

DEPOSITOR = "9EXAMPLE"
CERTIFIER = "9SAMPLES"
PASSAGES = 10_000


def make_flux(*, seed: int, passages: int) -> bytes:
    """Return a realistic deposit file, the same for the same seed on one day."""
    spec = SampleSpec(seed=seed, passages=passages, day=datetime.now(UTC).date())
    return b"".join(write_flux(spec))


def make_ledger(path: Path) -> Ledger:
    """Make an empty ledger with its two bodies."""
    ledger = Ledger.create(path, origin="log.example/bench")
    ledger.register(DEPOSITOR, name="Organisme d'exemple", for_all=True)
    ledger.register(CERTIFIER, name="Certificateur d'exemple")
    return ledger


def took(benchmark: BenchmarkFixture) -> float:
    """Return the median seconds of a benchmark that was run."""
    assert benchmark.stats is not None
    return float(benchmark.stats.stats.median)
