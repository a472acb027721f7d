"""The power goes at every point of every operation; what may be left then is a sound ledger.

An operation is recorded, call by call, and states of the disk are made from that as after a
power cut: see `powercut`. Each is opened by a fresh process, see `afterwards`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from battery import SEED, Row, scale
from fault.bench import STRACE, Bench, Place
from fault.calls import OTHERWISE, WRITING, read_calls
from fault.operations import OPERATIONS
from fault.powercut import Disk, Tree, fingerprint, moments, write_tree

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator


STATES: Final = scale(400, 12_000)
"""Of each operation, at most."""
VAIN_MAX: Final = 20
"""States that were had before, one after another, until a moment is given up."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(STRACE is None, reason="strace is not installed"),
]


@pytest.fixture(scope="module", name="bench")
def fixture_bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


class State(NamedTuple):
    """What is left, and what had been said by then."""

    tree: Tree
    said: str


def record(bench: Bench, operation: str, broken: str = "") -> Place:
    """Do an operation, and record every call."""
    place = bench.copy(bench.made(operation))
    strace = ["-e", "trace=" + ",".join((*WRITING, *OTHERWISE))]
    status = bench.run(place, operation, strace=strace, batch=scale(7, 64), broken=broken)
    assert status == 0, place.errors.read_text()
    return place


def states(before: Place, place: Place, dice: random.Random, count: int) -> Iterator[State]:
    """Yield states of an operation that was recorded at ``place``, each of them once."""
    left = sum(1 for _ in _points(before, place))
    seen: set[tuple[bytes, str]] = set()
    for disk, said in _points(before, place):
        share = (count - len(seen)) // left
        for tree in _new_ones(disk, dice, said, seen, max(1, share)):
            yield State(tree, said)
        left -= 1


def _points(before: Place, place: Place) -> Iterator[tuple[Disk, str]]:
    """Yield the points at which anything may have changed, and what was said by then."""
    disk, said = Disk(before.root, seen_at=place.root), before.said.read_text()
    for begins, call in moments(read_calls(place.trace)):
        if call.name == "write" and call.path() == str(place.said):
            # Somebody may have heard it before the call returns.
            said += call.data().decode() if begins else ""
            yield disk, said
        elif disk.is_about(call):
            assert call.name not in OTHERWISE
            if (disk.begin if begins else disk.end)(call):
                yield disk, said


def _new_ones(
    disk: Disk, dice: random.Random, said: str, seen: set[tuple[bytes, str]], count: int
) -> Iterator[Tree]:
    vain = 0
    for tree in disk.cut().states(dice):
        key = fingerprint(tree), said
        if key in seen:
            vain += 1
        else:
            seen.add(key)
            vain, count = 0, count - 1
            yield tree
        if not count or vain == VAIN_MAX:
            return


def find_fault(bench: Bench, operation: str, state: State) -> str:
    place = bench.new_place()
    write_tree(state.tree, place.root)
    place.said.write_text(state.said)
    found = bench.find_faults(place, operation)
    bench.remove(place)
    return found


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_power_cut_leaves_a_sound_ledger(bench: Bench, row: Row, operation: str) -> None:
    row.begin("F4 power cut")
    place = record(bench, operation)
    distinct: set[bytes] = set()
    for state in states(bench.made(operation), place, row.random, STATES):
        mark = fingerprint(state.tree)
        if mark not in distinct:
            distinct.add(mark)
            row.attempt(fired=True)
        fault = find_fault(bench, operation, state)
        assert not fault, f"{operation}, seed {SEED}: {fault}\n{state.said}"


@pytest.mark.parametrize(
    ("broken", "operation"),
    [
        ("never_sync_the_log", "form"),
        ("never_sync_the_vault", "form"),
        ("never_sync_the_vault", "erase"),
        ("never_sync_names", "publish"),
        ("never_sync_names", "create"),
        ("never_sync_files", "publish"),
        ("never_sync_files", "create"),
        ("never_sync_files", "tiles"),
        ("never_write_the_head", "form"),
        ("write_seeds_late", "form"),
        ("write_the_anchor_carelessly", "publish"),
    ],
)
def test_positive_control_what_is_not_synced_is_noticed(
    bench: Bench, row: Row, operation: str, broken: str
) -> None:
    row.begin("F4 power cut")
    place = record(bench, operation, broken)
    caught = any(
        find_fault(bench, operation, state)
        for state in states(bench.made(operation), place, row.random, STATES)
    )
    row.control(caught=caught)
