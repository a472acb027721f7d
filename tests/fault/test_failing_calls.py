"""Every call on the way of every operation fails once, or is the last one of its process.

A dry run under strace shows the calls that touch the ledger's files. Then each of them, by
its name, file and number, fails with an error, or its process is killed there. Nothing but a
`ProvenanceError` may come out, the same object refuses to go on where it cannot know what is
on the disk, and what a fresh process finds is a sound ledger: see `afterwards`.
"""

from __future__ import annotations

import signal
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from battery import LONG, SEED, Row
from fault.bench import STRACE, Bench, Place
from fault.calls import WRITING, read_calls
from fault.operations import LEDGER, OPERATIONS
from fault.server import FOREIGN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fault.operations import Line

FAULTS: Final = {
    "EIO": "error=EIO",
    "ENOSPC": "error=ENOSPC",
    "EINTR": "error=EINTR",
    "killed": "signal=SIGKILL",
}
LASTING: Final = {"EIO for good": "error=EIO", "ENOSPC for good": "error=ENOSPC"}
"""In the long form: from one call on, all of its kind at that file fail."""
DATA: Final = f"/{LEDGER}/log/data.mdb"
SEEDS: Final = f"/{LEDGER}/vault/seeds"
HEAD: Final = f"/{LEDGER}/head"
IN_DOUBT: Final = {
    DATA: {"lseek", "writev", "pwrite64", "fdatasync"},
    SEEDS: {"pwrite64", "fdatasync"},
    HEAD: {"pwrite64"},
}
"""Calls after whose failure nobody can know what is on the disk, by file."""
BEGINNING: Final = {"create", "create with keys apart", "reopen"}
SAMPLED: Final = {"everything": 100}
"""Faults that CI tries of an operation, where not all: its parts are others already."""
BATCHES: Final = (7, 1, 256, 4096) if LONG else (7,)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(STRACE is None, reason="strace is not installed"),
]


@pytest.fixture(scope="module", name="bench")
def fixture_bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


class Point(NamedTuple):
    """One call of an operation: the ``number``-th of its name at that file, from 1."""

    call: str
    file: str
    number: int


class Outcome(NamedTuple):
    """What came of a fault: whether it came, how the process ended, and what it said."""

    fired: bool
    status: int
    lines: Sequence[Line]
    errors: str
    leftovers: Sequence[str]
    """Directories that were to become something else."""

    @property
    def killed(self) -> bool:
        return self.status == -signal.SIGKILL

    def said(self, kind: str) -> str:
        """Return the error that was raised, or that was raised ``again``."""
        return next((str(line[kind]) for line in self.lines if kind in line), "")


def find_points(bench: Bench, operation: str, batch: int, broken: str = "") -> list[Point]:
    """Return all calls of an operation at the ledger's files, by a dry run."""
    place = bench.copy(bench.made(operation))
    status = bench.run(
        place,
        operation,
        strace=["-e", f"trace={','.join(WRITING)}"],
        batch=batch,
        broken=broken,
    )
    assert status == 0, place.errors.read_text()
    numbers: Counter[tuple[int, str, str]] = Counter()
    points: dict[Point, None] = {}
    for call in read_calls(place.trace):
        for file in call.files:
            numbers[call.thread, call.name, file] += 1
        if call.files and call.files[0].startswith(str(place.root)):
            number = numbers[call.thread, call.name, call.files[0]]
            file = call.files[0].removeprefix(str(place.root))
            points[Point(call.name, file, number)] = None
    bench.remove(place)
    return list(points)


def inject(
    bench: Bench, operation: str, point: Point, fault: str, *, batch: int, broken: str = ""
) -> tuple[Place, Outcome]:
    """Let one call fail; return the ledger as it is then, and what came of it."""
    place = bench.copy(bench.made(operation))
    before = len(place.lines)
    lasts = "+" if fault in LASTING else ""
    what = f"inject={point.call}:{(FAULTS | LASTING)[fault]}:when={point.number}{lasts}"
    strace = ["-P", f"{place.root}{point.file}", "-e", f"trace={point.call}", "-e", what]
    status = bench.run(place, operation, strace=strace, batch=batch, broken=broken)
    killed = status == -signal.SIGKILL
    fired = killed or any(call.injected for call in read_calls(place.trace))
    leftovers = [one.name for one in place.root.rglob("*.new") if one.is_dir()]
    outcome = Outcome(fired, status, place.lines[before:], place.errors.read_text(), leftovers)
    return place, outcome


def find_fault(
    bench: Bench, place: Place, operation: str, point: Point, fault: str, outcome: Outcome
) -> str:
    return find_refusal_fault(operation, point, fault, outcome) or bench.find_faults(
        place, operation
    )


def find_refusal_fault(operation: str, point: Point, fault: str, outcome: Outcome) -> str:
    """Return what is wrong with how the process itself took it, or nothing."""
    if outcome.status < 0 and not (fault == "killed" and outcome.killed):
        return f"it died by signal {-outcome.status}"
    if outcome.status == FOREIGN:
        return f"something foreign escaped: {outcome.errors}"
    if outcome.leftovers and fault in FAULTS and not outcome.killed:
        return f"left over: {outcome.leftovers}"
    raised, again = outcome.said("error"), outcome.said("again")
    is_in_doubt = point.file in IN_DOUBT and point.call in IN_DOUBT[point.file]
    # Where there was no room for the seeds nothing had begun, and what is made anew begins
    # with a new object.
    harmless = raised == "LedgerFullError" and point[:2] == ("pwrite64", SEEDS)
    if raised and is_in_doubt and not harmless and operation not in BEGINNING:
        return (
            "" if again == "LedgerPoisonedError" else f"I6: {raised}, and then {again or 'on'}"
        )
    return ""


@pytest.mark.parametrize(
    ("operation", "batch"),
    [(one, BATCHES[0]) for one in OPERATIONS] + [("deposit", size) for size in BATCHES[1:]],
)
def test_a_call_that_fails_leaves_a_sound_ledger(
    bench: Bench, row: Row, operation: str, batch: int
) -> None:
    row.begin("F3 failing calls")
    points = find_points(bench, operation, batch)
    faults = [*FAULTS, *(LASTING if LONG else ())]
    tried = [(point, fault) for point in points for fault in faults]
    count = len(tried) if LONG else SAMPLED.get(operation, len(tried))
    for point, fault in row.random.sample(tried, count):
        place, outcome = inject(bench, operation, point, fault, batch=batch)
        row.attempt(fired=outcome.fired)
        found = find_fault(bench, place, operation, point, fault, outcome)
        assert not found, f"{operation}, {fault} at {point}, seed {SEED}: {found}"
        bench.remove(place)


@pytest.mark.parametrize(
    ("broken", "operation", "fault", "files"),
    [
        ("write_seeds_late", "form", "killed", {SEEDS}),
        ("never_write_the_head", "form", "killed", {f"/{LEDGER}/lock"}),
        ("go_on_after_failures", "form", "EIO", {DATA}),
        ("write_the_anchor_carelessly", "publish", "EIO", {f"/{LEDGER}/anchor"}),
        ("erase_seeds_first", "erase", "killed", {DATA}),
    ],
)
def test_positive_control_a_broken_order_is_noticed(
    bench: Bench, row: Row, broken: str, operation: str, fault: str, files: set[str]
) -> None:
    row.begin("F3 failing calls")
    points = [
        point
        for point in find_points(bench, operation, BATCHES[0], broken)
        if point.file in files
    ]
    caught = False
    for point in points:
        place, outcome = inject(bench, operation, point, fault, batch=BATCHES[0], broken=broken)
        caught = caught or bool(find_fault(bench, place, operation, point, fault, outcome))
        bench.remove(place)
        if caught:
            break
    row.control(caught=caught)
