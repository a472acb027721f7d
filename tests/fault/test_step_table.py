"""Each step from a record to its published proof fails: not done, or done all the same.

For each of the two the table says what the caller is told, whether the same object goes on,
and what a fresh process finds. Sending everything again then ends in one record and one
checkpoint a size: see `afterwards`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from fault.bench import Bench
from fault.steps import Failing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from battery import Row
    from fault.operations import Line

APPENDED: Final = ["Deposit", "Certification"]
PUBLISHED: Final = [*APPENDED, "Status"]
ERASED: Final = [*PUBLISHED, "Erasure"]
STORAGE: Final = "StorageError"
POISONED: Final = "LedgerPoisonedError"
FULL: Final = "LedgerFullError"
KEY: Final = "KeyFileError"


class Step(NamedTuple):
    """One row: what fails, what is raised, and what was recorded by then.

    ``missed``: entries that a restart finds where the step was not done. ``done``: where it
    was. ``goes_on``: the same object takes the step once more, and everything else.
    """

    during: str
    step: str
    raised: str
    missed: list[str]
    done: list[str]
    goes_on: bool = False
    number: int = 1
    full: bool = False


TABLE: Final = [
    # Nothing was begun: not a full disk's fault that the object could not go on.
    Step("append", "seeds", FULL, ERASED, ERASED, goes_on=True, full=True),
    Step("append", "seeds", STORAGE, [], []),
    Step("append", "commit", STORAGE, [], APPENDED),
    Step("append", "head register", POISONED, APPENDED, APPENDED),
    Step("append", "vault's header", POISONED, APPENDED, APPENDED),
    # The status entry is recorded as any other.
    Step("publish", "seeds", FULL, ERASED, ERASED, goes_on=True, full=True),
    Step("publish", "seeds", STORAGE, APPENDED, APPENDED),
    Step("publish", "commit", STORAGE, APPENDED, PUBLISHED),
    Step("publish", "head register", POISONED, PUBLISHED, PUBLISHED),
    Step("publish", "vault's header", POISONED, PUBLISHED, PUBLISHED),
    # From here on the next publication signs the same root.
    Step("publish", "commit", STORAGE, PUBLISHED, PUBLISHED, number=2),
    Step("publish", "signature", KEY, ERASED, ERASED, goes_on=True),
    Step("publish", "commit", STORAGE, PUBLISHED, PUBLISHED, number=3),
    Step("publish", "anchor's file", STORAGE, ERASED, ERASED, goes_on=True),
    Step("publish", "anchor's file", FULL, ERASED, ERASED, goes_on=True, full=True),
    Step("publish", "anchor's name", STORAGE, ERASED, ERASED, goes_on=True),
    Step("publish", "anchor's directory", STORAGE, ERASED, ERASED, goes_on=True),
    Step("erase", "seeds", FULL, ERASED, ERASED, goes_on=True, full=True),
    Step("erase", "seeds", STORAGE, PUBLISHED, PUBLISHED),
    Step("erase", "commit", STORAGE, PUBLISHED, ERASED),
    Step("erase", "head register", POISONED, ERASED, ERASED),
    Step("erase", "vault's header", POISONED, ERASED, ERASED),
    # What is not destroyed yet the next opening destroys.
    Step("erase", "destruction", POISONED, ERASED, ERASED),
    Step("erase", "vault's mark", POISONED, ERASED, ERASED),
]


@pytest.fixture(scope="module", name="bench")
def fixture_bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


def _name(step: Step) -> str:
    full = " (full)" if step.full else ""
    return f"{step.during}-{step.step} {step.number}{full}"


def _raised(lines: list[Line], kind: str, during: str) -> str:
    found = [line[kind] for line in lines if kind in line and line["during"] == during]
    return str(found[0]) if found else ""


@pytest.mark.parametrize("persisted", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("step", TABLE, ids=_name)
def test_a_step_that_fails(bench: Bench, row: Row, step: Step, *, persisted: bool) -> None:
    row.begin("F11 table of steps")
    place = bench.copy(bench.made("steps"))
    before = len(place.lines)
    failing = Failing(
        during=step.during,
        step=step.step,
        persisted=persisted,
        number=step.number,
        full=step.full,
    )
    assert bench.run(place, "steps", failing=failing) == 0, place.errors.read_text()
    lines = place.lines[before:]
    raised = _raised(lines, "error", step.during)
    row.attempt(fired=bool(raised))
    assert raised == step.raised
    assert _raised(lines, "again", step.during) == ("" if step.goes_on else POISONED)
    (recorded,) = [line["recorded"] for line in lines if "recorded" in line]
    assert recorded == (step.done if persisted else step.missed)
    # Whoever was told of a failure sends everything again.
    after = len(place.lines)
    assert bench.run(place, "steps") == 0, place.errors.read_text()
    lines = place.lines[after:]
    erased_before = "Erasure" in recorded
    assert _raised(lines, "error", "erase") == ("ErasedError" if erased_before else "")
    assert not [line for line in lines if "error" in line and line["during"] != "erase"]
    assert not bench.find_faults(place, "steps")
    bench.remove(place)


def test_positive_control_a_step_left_out_is_noticed(bench: Bench, row: Row) -> None:
    """Seeds are said to be destroyed, and are not."""
    row.begin("F11 table of steps")
    place = bench.copy(bench.made("steps"))
    failing = Failing(during="erase", step="destruction", persisted=False, hidden=True)
    assert bench.run(place, "steps", failing=failing) == 0
    row.control(caught=bool(bench.find_faults(place, "steps")))
