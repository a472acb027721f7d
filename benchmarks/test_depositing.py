"""The main line: from what is handed in to a durable receipt, against what bounds it.

Each states its ``ratio`` to a yardstick that is measured between its own rounds, for a
machine is not the same from one minute to the next.
"""

from __future__ import annotations

import os
import threading
import time
from itertools import count
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import lmdb
import pytest
from benchmarks.workload import DEPOSITOR, PASSAGES, make_ledger, took

from provenance.ledger import Ledger
from provenance.storage import HeadRegister, Vault, Writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_benchmark.fixture import BenchmarkFixture

    from provenance.record.commitment import Value

CALLERS = 64
EACH = 10
"""Deposits of each caller in a round."""
RECORD_SIZE = 1100
SCHEMA = Path(__file__).parents[1] / "tests" / "unit" / "data" / "flux-test.xsd"
_START_S = 60


@pytest.fixture
def form(ledger: Ledger) -> Callable[[], dict[str, Value]]:
    """Return what makes records of a form, each with another idTechnique."""
    template, numbers = dict(ledger.fields(5)[:-1]), count()
    return lambda: {**template, "idTechnique": f"form-{next(numbers)}"}


@pytest.fixture
def put(tmp_path: Path) -> Iterator[Callable[[], float]]:
    """Return the yardstick of a durable deposit: the seconds of one synced LMDB put."""
    record, numbers = os.urandom(RECORD_SIZE), count()
    with lmdb.open(str(tmp_path / "bare"), map_size=1 << 34, lib_version=0) as environment:

        def put_one() -> float:
            started = time.perf_counter()
            with environment.begin(write=True) as transaction:
                transaction.put(next(numbers).to_bytes(8, "big"), record, append=True)
            return time.perf_counter() - started

        yield put_one


def _start_workers(ledger: Ledger) -> None:
    deadline = time.monotonic() + _START_S
    while not ledger._crew.ready():
        assert time.monotonic() < deadline, "no worker started"
        time.sleep(0.01)


def _deposit(
    benchmark: BenchmarkFixture,
    tmp_path: Path,
    flux: bytes,
    *,
    workers: int,
    between: Callable[[], None] = lambda: None,
) -> None:
    file = tmp_path / "flux.xml"
    file.write_bytes(flux)
    runs = count()

    def setup() -> tuple[tuple[Ledger], dict[str, object]]:
        between()
        path = tmp_path / f"ledger-{next(runs)}"
        make_ledger(path).close()
        ledger = Ledger.open(path, workers=workers)
        if workers:
            _start_workers(ledger)
        return (ledger,), {}

    def deposit(ledger: Ledger) -> None:
        assert len(ledger.deposit(file).accepted) == PASSAGES

    def teardown(ledger: Ledger) -> None:
        ledger.close()

    benchmark.extra_info["entries"] = PASSAGES
    benchmark.extra_info["bytes"] = len(flux)
    benchmark.pedantic(deposit, setup=setup, teardown=teardown, rounds=3, warmup_rounds=0)


def test_deposit_from_file_to_durable_receipt(
    benchmark: BenchmarkFixture, tmp_path: Path, flux: bytes
) -> None:
    """10,000 passages in one process: parsed, checked, committed to, encrypted, signed."""
    _deposit(benchmark, tmp_path, flux, workers=0)


def test_deposit_against_parsing_and_validating(
    benchmark: BenchmarkFixture, tmp_path: Path, flux: bytes
) -> None:
    """The same with one worker process; the yardstick is lxml, which parses and validates."""
    etree = pytest.importorskip("lxml.etree", reason="lxml is the yardstick (extra xsd)")
    schema = etree.XMLSchema(etree.parse(str(SCHEMA)))
    read: list[float] = []

    def parse_and_validate() -> None:
        for _ in range(3):
            started = time.perf_counter()
            assert schema.validate(etree.fromstring(flux))
            read.append(time.perf_counter() - started)

    _deposit(benchmark, tmp_path, flux, workers=1, between=parse_and_validate)
    benchmark.extra_info["yardstick_us"] = round(median(read) / PASSAGES * 1e6, 1)
    benchmark.extra_info["ratio"] = round(took(benchmark) / median(read), 2)


def test_one_durable_form_of_one_certification(
    benchmark: BenchmarkFixture,
    tmp_path: Path,
    form: Callable[[], Mapping[str, Value]],
    put: Callable[[], float],
) -> None:
    """One caller, one record a commit: vault, log and head register synced each time.

    ``ratio``: deposits a second to synced LMDB puts a second.
    """
    puts: list[float] = []
    with make_ledger(tmp_path / "ledger") as own:

        def setup() -> tuple[tuple[Mapping[str, Value]], dict[str, object]]:
            puts.append(put())
            return (form(),), {}

        def append(record: Mapping[str, Value]) -> None:
            assert own.append([record], depositor=DEPOSITOR).accepted

        benchmark.extra_info["entries"] = 1
        benchmark.pedantic(append, setup=setup, rounds=300, warmup_rounds=20)
    benchmark.extra_info["ratio"] = round(median(puts) / took(benchmark), 3)


def test_where_a_durable_form_waits(
    benchmark: BenchmarkFixture,
    tmp_path: Path,
    form: Callable[[], Mapping[str, Value]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same, with a watch at its three syncs: microseconds of each, and of all the rest."""
    moments: dict[str, list[float]] = {}

    def watch(owner: type, name: str, before: str, after: str) -> None:
        call = getattr(owner, name)

        def watched(*values: object) -> None:
            moments.setdefault(before, []).append(time.perf_counter())
            call(*values)
            moments.setdefault(after, []).append(time.perf_counter())

        monkeypatch.setattr(owner, name, watched)

    watch(Vault, "write", "vault", "vault synced")
    watch(Writing, "append", "rows", "rows laid out")
    watch(HeadRegister, "write", "log synced", "head synced")
    with make_ledger(tmp_path / "ledger") as own:
        moments.clear()
        benchmark.pedantic(
            lambda: own.append([form()], depositor=DEPOSITOR), rounds=300, warmup_rounds=0
        )
    benchmark.extra_info["entries"] = 1
    rest = took(benchmark)
    for what, begin, end in (
        ("vault_us", "vault", "vault synced"),
        ("log_us", "rows laid out", "log synced"),
        ("head_us", "log synced", "head synced"),
    ):
        pairs = zip(moments[begin], moments[end], strict=True)
        part = median(after - before for before, after in pairs)
        benchmark.extra_info[what] = round(part * 1e6)
        rest -= part
    benchmark.extra_info["rest_us"] = round(rest * 1e6)


def test_one_durable_form_each_by_64_callers(
    benchmark: BenchmarkFixture,
    tmp_path: Path,
    form: Callable[[], Mapping[str, Value]],
    put: Callable[[], float],
) -> None:
    """64 threads, each waiting for its own receipts; they share commits. ``ratio`` as above."""
    puts: list[float] = []
    with make_ledger(tmp_path / "ledger") as own:

        def setup() -> tuple[tuple[list[list[Mapping[str, Value]]]], dict[str, object]]:
            puts.extend(put() for _ in range(20))
            return ([[form() for _ in range(EACH)] for _ in range(CALLERS)],), {}

        def call(records: list[Mapping[str, Value]]) -> None:
            for record in records:
                own.append([record], depositor=DEPOSITOR)

        def append(all_records: list[list[Mapping[str, Value]]]) -> None:
            threads = [threading.Thread(target=call, args=(one,)) for one in all_records]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        benchmark.extra_info["entries"] = CALLERS * EACH
        benchmark.pedantic(append, setup=setup, rounds=8, warmup_rounds=1)
        assert own.size > CALLERS * EACH
    each = took(benchmark) / (CALLERS * EACH)
    benchmark.extra_info["ratio"] = round(median(puts) / each, 3)


@pytest.mark.parametrize("workers", [0, 1])
def test_forms_of_a_thousand_certifications(
    benchmark: BenchmarkFixture,
    tmp_path: Path,
    form: Callable[[], Mapping[str, Value]],
    workers: int,
) -> None:
    """From field lists in full: salted commitment, encryption, signature, look-ups."""
    make_ledger(tmp_path / "ledger").close()
    with Ledger.open(tmp_path / "ledger", workers=workers) as own:
        if workers:
            _start_workers(own)

        def setup() -> tuple[tuple[list[Mapping[str, Value]]], dict[str, object]]:
            return ([form() for _ in range(1000)],), {}

        def append(records: list[Mapping[str, Value]]) -> None:
            receipt = own.append(records, depositor=DEPOSITOR)
            assert len(receipt.accepted) == 1000

        benchmark.extra_info["entries"] = 1000
        benchmark.pedantic(append, setup=setup, rounds=8, warmup_rounds=1)
