"""Audits on all processors, against what the machine's own primitives do in the same run.

Three depths: hashes, chain, tree and rules of a million real entries; the same with every
entry signature; and all of it, payloads included. Each says entries a second, processor
time an entry (start of the processes included), and how both compare with SHA-256 of 1 KB
on one processor and with Ed25519 verifications on all of them.
"""

from __future__ import annotations

import hashlib
import os
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import TYPE_CHECKING, NamedTuple

import pytest
from benchmarks.bulk import make_log
from benchmarks.workload import make_flux, make_ledger
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provenance.audit import audit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

SHARE = 5 if os.environ.get("PROVENANCE_BENCH_QUICK") else 1
"""A quick run measures a fifth of everything: the start of the processes weighs more."""
HASHED = 1_000_000 // SHARE
SIGNED = 200_000 // SHARE
OPENED = 40_000 // SHARE
ROUNDS = 3
SIGNATURES = 3_000
JOBS = len(os.sched_getaffinity(0))


class Yard(NamedTuple):
    """What one call costs: processor time on one thread, and calls a second on all."""

    cpu_us: float
    rate: float


def measure(call: Callable[[], object], count: int, threads: int) -> Yard:
    """Return the best of some repetitions."""

    def repeat(_: int) -> float:
        before = time.thread_time()
        for _ in range(count):
            call()
        return time.thread_time() - before

    best = Yard(float("inf"), 0.0)
    for _ in range(5):
        with ThreadPoolExecutor(threads) as pool:
            before = time.perf_counter()
            cpu_s = min(pool.map(repeat, range(threads)))
            rate = threads * count / (time.perf_counter() - before)
        best = Yard(min(best.cpu_us, 1e6 * cpu_s / count), max(best.rate, rate))
    return best


def sha256_of_1_kb() -> Yard:
    """Hash on one processor."""
    data = os.urandom(1024)
    return measure(lambda: hashlib.sha256(data).digest(), 50_000, 1)


def ed25519_verifications() -> Yard:
    """Verify on a thread for each processor: as many signatures as there are, as in a log."""
    key = Ed25519PrivateKey.generate()
    public, messages = key.public_key(), [os.urandom(96) for _ in range(SIGNATURES)]
    signed = cycle([(key.sign(message), message) for message in messages])
    return measure(lambda: public.verify(*next(signed)), SIGNATURES, JOBS)


def audit_and_compare(
    benchmark: BenchmarkFixture,
    path: Path,
    yards: dict[str, Callable[[], Yard]],
    *,
    signatures: bool = True,
    vault: bool = True,
) -> None:
    """Audit on all processors; report rates and ratios."""
    sizes, cpus_us, walls_s = list[int](), list[float](), list[float]()

    def run() -> None:
        before, began = _children_s(), time.perf_counter()
        report = audit(path, jobs=JOBS, signatures=signatures, vault=vault)
        walls_s.append(time.perf_counter() - began)
        assert report.verdict == "yes", report.findings
        sizes.append(report.entries)
        cpus_us.append(1e6 * (_children_s() - before) / report.entries)

    found = {name: yard() for name, yard in yards.items()}
    benchmark.pedantic(run, rounds=ROUNDS, warmup_rounds=1)
    # Before and after: the machine may have become another one meanwhile.
    later = {name: yard() for name, yard in yards.items()}
    rate = sizes[0] / min(walls_s)
    told: dict[str, object] = {"entries": sizes[0], "jobs": JOBS, "entries_per_s": round(rate)}
    told["cpu_us_per_entry"] = round(min(cpus_us), 2)
    for name in yards:
        best_us = min(found[name].cpu_us, later[name].cpu_us)
        best_rate = max(found[name].rate, later[name].rate)
        told[f"{name}_per_s"] = round(best_rate)
        told[f"rate / {name}"] = round(rate / best_rate, 3)
        told[f"cpu / {name}"] = round(min(cpus_us) / best_us, 3)
    benchmark.extra_info.update(told)
    print(told)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture(scope="module")
def hashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hashed") / "ledger"
    make_log(path, entries=HASHED, signed=False)
    return path


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("signed") / "ledger"
    make_log(path, entries=SIGNED, signed=True)
    return path


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("opened") / "ledger"
    with make_ledger(path) as ledger:
        ledger.deposit(make_flux(seed=1, passages=OPENED))
        ledger.publish()
    return path


def test_audit_of_hashes_chain_tree_and_rules(
    benchmark: BenchmarkFixture, hashed: Path
) -> None:
    """No signatures, no payloads: a million entries of about 220 bytes, look-ups too."""
    yards = {"sha256_of_1_kb": sha256_of_1_kb}
    audit_and_compare(benchmark, hashed, yards, signatures=False, vault=False)


def test_audit_with_every_signature(benchmark: BenchmarkFixture, signed: Path) -> None:
    """No payloads; each entry's Ed25519 signature."""
    yards = {"ed25519_verifications": ed25519_verifications}
    audit_and_compare(benchmark, signed, yards, vault=False)


def test_audit_in_full(benchmark: BenchmarkFixture, opened: Path) -> None:
    """All of it: 40,000 passages decrypted, parsed, committed to and looked up again."""
    yards = {"ed25519_verifications": ed25519_verifications, "sha256_of_1_kb": sha256_of_1_kb}
    audit_and_compare(benchmark, opened, yards)
