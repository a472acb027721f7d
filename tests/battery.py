"""The fault battery: rows of faults that are tried, each with a control that must be caught.

A row says how many points it tried, at how many of them the fault really came, and how many
of its controls (a build that is broken on purpose) were caught. A row at which nothing came,
or whose control was not caught, fails: it would prove nothing. The numbers are printed at the
end of the run, a line a row.

What is tried is sampled in CI by a seed drawn from the day, and whole in the long form::

    PROVENANCE_FAULT_LONG=1    the long form (make fault-long)
    PROVENANCE_FAULT_SEED=n    another seed, or that of an earlier run
"""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONG: Final = os.environ.get("PROVENANCE_FAULT_LONG") == "1"
SEED: Final = int(
    os.environ.get("PROVENANCE_FAULT_SEED") or datetime.now(UTC).strftime("%Y%m%d")
)
PROPERTY: Final = "fault battery"


def scale(short: int, long: int) -> int:
    """Return how much is tried: in CI, or in the long form."""
    return long if LONG else short


class Row:
    """One row of one test: what it tried, and what came of it."""

    def __init__(self) -> None:
        self.name = ""
        self.tried = 0
        self.fired = 0
        self.controls = 0
        self.caught = 0
        self.random: Final = random.Random(SEED)

    def begin(self, name: str) -> Row:
        """Name the row, as in ``F4 power cut: deposit``; return it."""
        self.name = name
        return self

    def attempt(self, *, fired: bool) -> None:
        """Count one point, and whether the fault came there."""
        self.tried += 1
        self.fired += fired

    def control(self, *, caught: bool) -> None:
        """Count one control, and whether the harness caught it."""
        self.controls += 1
        self.caught += caught


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Iterator[Row]:
    """A row of the battery for one test; `Row.begin` names it."""
    made = Row()
    yield made
    assert made.name, "a row of the battery has a name"
    facts = (made.name, made.tried, made.fired, made.controls, made.caught)
    request.node.user_properties.append((PROPERTY, facts))
    assert made.fired or made.controls, f"{made.name}: nothing came at {made.tried} points"
    assert made.caught == made.controls, f"{made.name}: a control was not caught"


def report_lines(properties: Sequence[tuple[str, object]]) -> Iterator[str]:
    """Yield the lines of the closing table, rows of one name added up."""
    totals: dict[str, list[int]] = {}
    for key, facts in properties:
        if key == PROPERTY and isinstance(facts, list | tuple):
            name, *numbers = facts
            sums = totals.setdefault(str(name), [0] * len(numbers))
            totals[str(name)] = [a + int(b) for a, b in zip(sums, numbers, strict=True)]
    for name, (tried, fired, controls, caught) in sorted(totals.items()):
        control = f"{caught} of {controls} controls caught" if controls else "no control here"
        yield f"{name:<44} {tried:>7} tried {fired:>7} came   {control}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    # The numbers come with the report of a test's end, which is of no category.
    reports = terminalreporter.getreports("") + terminalreporter.getreports("error")
    found = (getattr(report, "user_properties", ()) for report in reports)
    lines = [*report_lines([pair for properties in found for pair in properties])]
    if lines:
        form = "long form" if LONG else "sampled"
        terminalreporter.section(f"fault battery, {form}, seed {SEED}")
        for line in lines:
            terminalreporter.write_line(line)
