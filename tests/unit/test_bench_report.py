"""The report of the benchmarks: what is not met, and what is missing, is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from benchmarks.compare.report import Measured, Rate
from benchmarks.compare.report import Results as Comparison
from benchmarks.large_file import PASSAGES, Deposited, LargeFile
from benchmarks.report.__main__ import BEGIN, END, PAGE, insert
from benchmarks.report.page import write_page
from benchmarks.report.plot import draw
from benchmarks.report.runs import Benchmark, Own, Runs, Stats, read_runs
from benchmarks.report.targets import OPAQUE, OURS_OPAQUE, TARGETS, judge
from benchmarks.scaling.__main__ import Growth, Point
from benchmarks.scaling.__main__ import Results as Scaling

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = {"date": "2026-01-01"}


def system(name: str, rate: float) -> Measured:
    rates = {1000: Rate(median=rate, low=rate, high=rate)}
    return Measured(name, "nothing", control=False, durable=True, rates=rates)


def some_runs(*, ours: float = 200.0, passages: int = PASSAGES) -> Runs:
    systems = (system(OURS_OPAQUE, ours), system("pymerkle 7.0, SQLite", 100.0))
    point = Point(
        size=10_000,
        rate=1.0,
        rate_low=0.9,
        rate_high=1.1,
        small_rate=1.25,
        bare_rate=3.0,
        proof_s=13e-6,
        open_s=1e-3,
        audit_rate=5.0,
        bytes_per_entry=1200.0,
    )
    stats = Stats(median=0.004, q1=0.003, q3=0.005, min=0.003)
    return Runs(
        comparison=Comparison(MACHINE, {"limit": 5.0}, systems),
        scaling=Scaling(MACHINE, (Growth(OPAQUE, (point,)),)),
        large_file=LargeFile(
            machine=MACHINE,
            passages=passages,
            file_mib=1.0,
            deposit=Deposited(accepted=passages, seconds=9.0, locked_s=passages * 50e-6),
            anonymous_mib=900.0,
            anonymous_with_workers_mib=950.0,
        ),
        own=Own((Benchmark("test_audit_in_full", stats, {"entries": 40}),)),
    )


def found(runs: Runs, what: str) -> tuple[bool, float | None]:
    [(target, value)] = [pair for pair in judge(runs) if what in pair[0].what]
    if value is None:
        return False, None
    return target.is_met(value), round(value, 6)


def test_a_target_is_met_or_not_by_the_figures_of_the_run() -> None:
    assert found(some_runs(), "against pymerkle") == (True, 2.0)
    assert found(some_runs(ours=120.0), "against pymerkle") == (False, 1.2)
    assert found(some_runs(), "anonymous memory") == (True, 900.0)
    assert found(some_runs(), "the writer's lock") == (False, 50.0)
    assert found(some_runs(), "proof at 10,000 entries") == (False, 13.0)
    assert found(some_runs(), "audit in full") == (True, 10_000.0)


def test_what_was_not_measured_is_never_met() -> None:
    nothing = Runs(comparison=None, scaling=None, large_file=None, own=None)
    assert all(value is None for _, value in judge(nothing))
    assert len(list(judge(nothing))) == len(TARGETS)
    assert "| not measured in this run | |" in write_page(nothing)
    # A smaller file than the target speaks of says nothing about it.
    assert found(some_runs(passages=100), "anonymous memory") == (False, None)


def test_growth_is_judged_as_it_is_and_in_turns() -> None:
    runs = some_runs()
    assert runs.scaling is not None
    first = runs.scaling.growths[0].points[0]
    # Everything became slower by half on the way, the small log, too.
    last = msgspec.structs.replace(first, size=10**7, rate=0.5, small_rate=0.52)
    scaling = Scaling(MACHINE, (Growth(OPAQUE, (first, last)),))
    runs = msgspec.structs.replace(runs, scaling=scaling)
    assert found(runs, "the same at 10,000,000") == (False, 0.5)
    assert found(runs, "at 10,000,000 entries, in turns") == (True, 0.961538)


def test_the_page_says_what_is_not_met() -> None:
    page = write_page(some_runs(ours=120.0))
    assert "| >= 1.30 x | 1.20 x | **not met** |".replace(">=", "≥") in page
    assert "| 10,000 | 1 (1 to 1) | 1 | 3 | 13.0 µs | 1.0 ms | 5 | 1,200 |" in page
    assert "| audit in full | 4 ms (3 to 5) | 10,000 |  |" in page
    # 120 / 100, held against what immudb made beside pymerkle.
    assert "| immudb 1.11, embedded (Go) | 212,035 | 0.69 | not measured |" in page


def test_results_are_read_back(tmp_path: Path) -> None:
    runs = some_runs()
    (tmp_path / "comparison.json").write_bytes(msgspec.json.encode(runs.comparison))
    (tmp_path / "large-file.json").write_bytes(msgspec.json.encode(runs.large_file))
    read = read_runs(tmp_path)
    assert (read.comparison, read.large_file) == (runs.comparison, runs.large_file)
    assert (read.scaling, read.own) == (None, None)


def test_tables_stand_between_the_marks_and_nothing_else_changes() -> None:
    page = f"before\n{BEGIN}old\n{END}after\n"
    once = insert(page, "new\n")
    assert once == f"before\n{BEGIN}\nnew\n\n{END}after\n"
    assert insert(once, "new\n") == once
    with pytest.raises(ValueError, match="no marks"):
        insert("before\nafter\n", "new\n")
    insert(PAGE.read_text(encoding="utf-8"), "new\n")


def test_the_plot_is_the_same_for_the_same_runs(tmp_path: Path) -> None:
    draw(some_runs(), tmp_path / "one.svg")
    draw(some_runs(), tmp_path / "two.svg")
    first = (tmp_path / "one.svg").read_bytes()
    assert first == (tmp_path / "two.svg").read_bytes()
    draw(some_runs(ours=150.0), tmp_path / "three.svg")
    assert first != (tmp_path / "three.svg").read_bytes()
