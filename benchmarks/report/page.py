"""The report as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.compare.report import describe_machine, format_report
from benchmarks.report.targets import OURS_OPAQUE, judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.report.runs import Benchmark, Runs

QUOTED: Final = (
    ("immudb 1.11, embedded (Go)", 212_035),
    ("Tessera 1.0, POSIX (Go)", 50_974),
)
"""Entries a second at batches of 1,000, measured elsewhere on a machine of two cores."""
QUOTED_BESIDE: Final = {"pymerkle 7.0, SQLite": 121_255, "plain chain in SQLite": 69_672}
"""What these made in that same measurement."""


_UNITS: Final = (("s", 1.0), ("ms", 1e3), ("µs", 1e6), ("ns", 1e9))


def write_page(runs: Runs) -> str:
    """Return the tables: targets first, then everything that was measured."""
    parts = [_targets(runs), _comparison(runs), _quoted(runs), _growth(runs), _own(runs)]
    return "\n".join(line for part in parts for line in [*part, ""]).rstrip() + "\n"


def _targets(runs: Runs) -> Iterator[str]:
    machine = runs.comparison or runs.scaling or runs.large_file
    facts = machine.machine if machine else describe_machine()
    yield "Measured on " + "; ".join(f"{name} {value}" for name, value in facts.items()) + "."
    yield ""
    yield "| what | target | reached | |"
    yield "|---|---:|---:|---|"
    for target, value in judge(runs):
        bound = ("≤ " if target.at_most else "≥ ") + target.form.format(target.limit)
        if value is None:
            yield f"| {target.what} | {bound} | not measured in this run | |"
        else:
            met = "met" if target.is_met(value) else "**not met**"
            yield f"| {target.what} | {bound} | {target.form.format(value)} | {met} |"


def _comparison(runs: Runs) -> Iterator[str]:
    if runs.comparison is not None:
        yield format_report(runs.comparison).replace("## ", "### ")


def _quoted(runs: Runs) -> Iterator[str]:
    """Hold ourselves against systems that were measured elsewhere, over what both had."""
    yield "### Systems that are not run here"
    yield ""
    yield "| system | quoted, entries a second | us against it, over pymerkle | over SQLite |"
    yield "|---|---:|---:|---:|"
    for name, rate in QUOTED:
        over = [_over(runs, peer, rate / beside) for peer, beside in QUOTED_BESIDE.items()]
        yield f"| {name} | {rate:,} | {' | '.join(over)} |"


def _over(runs: Runs, peer: str, quoted: float) -> str:
    try:
        return f"{runs.rate(OURS_OPAQUE) / runs.rate(peer) / quoted:.2f}"
    except KeyError:
        return "not measured"


def _growth(runs: Runs) -> Iterator[str]:
    for growth in runs.scaling.growths if runs.scaling else ():
        yield f"### Growth: {growth.name}"
        yield ""
        yield (
            "| entries | appended a second (quartiles) | in turns with it: a log of 10,000 "
            "| written and synced only | proof, median | open | audited a second | bytes an "
            "entry |"
        )
        yield "|---:|---:|---:|---:|---:|---:|---:|---:|"
        for one in growth.points:
            yield (
                f"| {one.size:,} | {one.rate:,.0f} "
                f"({one.rate_low:,.0f} to {one.rate_high:,.0f}) | {one.small_rate:,.0f} "
                f"| {one.bare_rate:,.0f} | {one.proof_s * 1e6:.1f} µs "
                f"| {one.open_s * 1e3:.1f} ms | {one.audit_rate:,.0f} "
                f"| {one.bytes_per_entry:,.0f} |"
            )
        yield ""


def _own(runs: Runs) -> Iterator[str]:
    if runs.own is None:
        return
    yield "### Each benchmark"
    yield ""
    yield "| benchmark | median (quartiles) | entries a second | notes |"
    yield "|---|---:|---:|---|"
    for one in runs.own.benchmarks:
        entries = "" if "entries" not in one.extra_info else f"{1 / one.per_entry_s:,.0f}"
        notes = ", ".join(
            f"{name}: {value}" for name, value in one.extra_info.items() if name != "entries"
        )
        yield f"| {_readable(one)} | {_spread(one)} | {entries} | {notes} |"


def _readable(one: Benchmark) -> str:
    return one.name.removeprefix("test_").replace("_", " ")


def _spread(one: Benchmark) -> str:
    stats = one.stats
    unit, factor = (
        ("s", 1) if stats.median >= 1 else ("ms", 1e3) if stats.median > 1e-3 else ("µs", 1e6)
    )
    low, middle, high = (value * factor for value in (stats.q1, stats.median, stats.q3))
    return f"{middle:.3g} {unit} ({low:.3g} to {high:.3g})"
