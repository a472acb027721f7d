"""What an audit does by the thousand, against the same done one by one."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from ledgers import deposited, today_spec
from provenance.audit.examine import Examiner
from provenance.audit.facts import LookupRange, Node, Options
from provenance.audit.lookups import LookupsFound, key_ranges
from provenance.audit.plain import find_runs
from provenance.audit.plan import Plan, stretch_length
from provenance.audit.signatures import Schedule
from provenance.audit.subtrees import Subtrees
from provenance.audit.tree import TreeCheck
from provenance.encoding import encode_base64
from provenance.errors import ChainError, FormatError
from provenance.ledger import Ledger
from provenance.record.entry import Certification, check_follows, parse_entry
from provenance.record.status import ERASED
from provenance.storage.tree import BLOCK_LEAVES
from provenance.tlog.merkle import leaf_hash, tree_root

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from provenance.audit.facts import Run
    from provenance.storage import View

FIRST = 5
"""Index of the first certification."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stretches") / "ledger"
    with deposited(path, today_spec(passages=150)):
        pass
    return path


@pytest.fixture(scope="module")
def entries(path: Path) -> list[bytes]:
    with Ledger.open(path, readonly=True) as ledger:
        return [ledger.record(index)[0] for index in range(ledger.size)]


def runs_of(entries: Sequence[bytes], start: int = 0) -> tuple[list[Run], list[int]]:
    leaves = [leaf_hash(entry) for entry in entries]
    runs, others = find_runs(entries, leaves, start)
    assert [data for _, data in others] == [entries[index - start] for index, _ in others]
    return runs, [index for index, _ in others]


def assert_sound(entries: Sequence[bytes], runs: Sequence[Run], start: int = 0) -> None:
    """Whatever is in a run, the parser and the chain accept one by one."""
    for run in runs:
        time = run.time
        for index in range(run.start, run.end):
            entry = parse_entry(entries[index - start])
            prev = leaf_hash(entries[index - start - 1])
            check_follows(entry, index=index, prev=prev, time=time)
            assert isinstance(entry, Certification)
            assert entry.supersedes is None
            assert (entry.deposit, entry.depositor, entry.time) == (
                run.deposit,
                run.depositor,
                run.time,
            )


def test_a_deposit_is_one_run(entries: list[bytes]) -> None:
    runs, others = runs_of(entries)
    assert [(run.start, run.end) for run in runs] == [(FIRST, FIRST + 150)]
    assert others == [0, 1, 2, 3, 4, FIRST + 150]
    assert_sound(entries, runs)


def test_the_first_entry_of_a_stretch_is_in_no_run(entries: list[bytes]) -> None:
    runs, others = runs_of(entries[40:60], 40)
    assert [(run.start, run.end) for run in runs] == [(41, 60)]
    assert others == [40]


SPELLINGS: dict[str, tuple[bytes, Callable[[bytes], bytes]]] = {
    "another last character of a hash": (b'="}', lambda _: b'w="}'),
    "spaces": (b'"commitment":"', lambda old: old.replace(b":", b": ")),
    "an index with a zero before": (b'"index":', lambda old: old + b"0"),
    "an index with a sign": (b'"index":', lambda old: old + b"+"),
    "another prev": (b'"prev":"', lambda old: old + b"A"),
    "something behind": (b'"}', lambda old: old + b" "),
    "another member": (b'"}', lambda _: b'","x":1}'),
    "a time that is none": (b"T", lambda _: b"t"),
    "an upper case member": (b'"deposit"', lambda old: old.upper()),
    "nothing at all": (b"{", lambda _: b""),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("where", [FIRST, FIRST + 1, FIRST + 9, FIRST + 60])
def test_other_spellings_are_in_no_run(entries: list[bytes], spelling: str, where: int) -> None:
    old, change = SPELLINGS[spelling]
    changed = list(entries)
    changed[where] = changed[where].replace(old, change(old))
    assert changed[where] != entries[where]
    runs, others = runs_of(changed)
    assert where in others
    # What follows is chained to other bytes now, and is looked at alone too.
    assert where + 1 in others
    assert sum(run.end - run.start for run in runs) == 150 - 2
    assert_sound(changed, runs)


def test_hashes_that_are_none_end_a_run(entries: list[bytes]) -> None:
    """Chained to each other as if they were right: only the commitment has no such value."""
    newline = b"A" * 20 + b"\n" + b"A" * 22 + b"="
    for wrong in (newline, b"*" * 43 + b"=", b"A" * 42 + b"B=", b"A" * 44, b"A" * 42 + b"=="):
        changed = rechain(entries, at=FIRST + 20, commitment=wrong)
        runs, others = runs_of(changed)
        assert FIRST + 20 in others
        assert_sound(changed, runs)
        with pytest.raises(FormatError):
            parse_entry(changed[FIRST + 20])
    good = rechain(entries, at=FIRST + 20, commitment=b"A" * 43 + b"=")
    assert runs_of(good)[1] == runs_of(entries)[1], "the control"


def rechain(entries: list[bytes], *, at: int, commitment: bytes) -> list[bytes]:
    changed = list(entries)
    changed[at] = changed[at][:-46] + commitment + b'"}'
    for index in range(at + 1, len(entries)):
        before = encode_base64(leaf_hash(entries[index - 1])).encode()
        after = encode_base64(leaf_hash(changed[index - 1])).encode()
        changed[index] = entries[index].replace(before, after)
    return changed


def test_random_bytes_are_never_taken_for_what_they_are_not(entries: list[bytes]) -> None:
    choose, refused = random.Random(1), 0
    for _ in range(300):
        changed = list(entries)
        at = choose.randrange(FIRST, FIRST + 150)
        entry = bytearray(changed[at])
        entry[choose.randrange(len(entry))] = choose.choice(b'0123456789AZaz+/="{}:,\n\r')
        changed[at] = bytes(entry)
        runs, others = runs_of(changed)
        assert_sound(changed, runs)
        refused += at in others
    assert refused > 100


def test_subtrees_of_stretches_make_the_tree(path: Path, entries: list[bytes]) -> None:
    leaves = [leaf_hash(entry) for entry in entries]
    choose = random.Random(2)
    with Ledger.open(path, readonly=True) as ledger, ledger._files.store.view() as view:
        for _ in range(100):
            cuts = sorted({0, len(leaves), *choose.choices(range(len(leaves)), k=3)})
            tree = TreeCheck(view, start=0)
            for start, end in pairwise(cuts):
                subtrees = Subtrees(start, leaves[start:end])
                middle = choose.randint(start + 1, end)
                assert tree.root(subtrees.compact_range(middle)) == tree_root(leaves[:middle])
                assert subtrees.compare(view) == ([], [])
                assert tree.extend(subtrees.compact_range()) == []
                assert tree.root() == tree_root(leaves[:end])


def test_nodes_above_a_stretch_are_compared_too(path: Path, entries: list[bytes]) -> None:
    leaves = [leaf_hash(entry) for entry in entries]
    leaves[3] = bytes(32)
    with Ledger.open(path, readonly=True) as ledger, ledger._files.store.view() as view:
        tree = TreeCheck(view, start=0)
        faults = []
        for start, end in ((0, 5), (5, len(leaves))):
            subtrees = Subtrees(start, leaves[start:end])
            faults += [*subtrees.compare(view)[0], *tree.extend(subtrees.compact_range())]
    # Every node above leaf 3, wherever it was hashed, and nothing else.
    assert [(one.level, one.index) for one in sorted(faults)] == [
        (level, 3 >> level) for level in range(8)
    ]


def test_a_gap_between_compact_ranges_is_refused(path: Path) -> None:
    with Ledger.open(path, readonly=True) as ledger, ledger._files.store.view() as view:
        tree = TreeCheck(view, start=0)
        with pytest.raises(AssertionError, match="without a gap"):
            tree.extend([Node(0, 1, bytes(32))])


def test_stretches_cover_everything_once() -> None:
    for start, size, length in ((0, 1, 64), (0, 64, 64), (70, 1000, 128), (5, 4097, 4096)):
        plan = Plan(start, size, length, sorted({start + 1, size}))
        stretches = list(plan.stretches())
        assert [one.start for one in stretches] == [start, *(s.end for s in stretches[:-1])]
        assert stretches[-1].end == size
        assert [mark for one in stretches for mark in one.marks] == sorted({start + 1, size})
    assert stretch_length(100, 2, signatures=True, vault=True) == 64
    assert stretch_length(10**6, 2, signatures=False, vault=False) == 4096


def test_the_last_stretches_that_processes_share_are_short() -> None:
    for start, size, length, jobs in ((0, 40_000, 512, 2), (70, 9001, 320, 3), (0, 900, 64, 2)):
        plan = Plan(start, size, length, [size - 1], jobs)
        stretches = list(plan.stretches())
        assert [one.start for one in stretches] == [start, *(s.end for s in stretches[:-1])]
        assert [mark for one in stretches for mark in one.marks] == [size - 1]
        lengths = [one.end - one.start for one in stretches]
        assert max(lengths) <= length
        last = lengths[-2 * jobs :]
        assert max(last) <= max(BLOCK_LEAVES, length // 8), "nobody waits for a long one"


def test_a_block_is_known_only_if_one_stretch_holds_it() -> None:
    size, jobs = 4096 * 12, 2
    plan = Plan(0, size, 4096, [], jobs)
    stretches = list(plan.stretches())
    for tier in (0, 1):
        width = BLOCK_LEAVES ** (tier + 1)
        for end in range(width, size + 1, width):
            within = any(one.start <= end - width and end <= one.end for one in stretches)
            assert plan.covers(end.to_bytes(8, "big") + bytes([tier])) == within
    assert not plan.covers(size.to_bytes(8, "big") + b"\x01"), "the control"


def test_blocks_within_a_stretch_are_known() -> None:
    plan = Plan(64, 9000, 4096, [])

    def key(end: int, tier: int) -> bytes:
        return end.to_bytes(8, "big") + bytes([tier])

    assert plan.covers(key(128, 0))
    assert not plan.covers(key(64, 0)), "before the start"
    assert not plan.covers(key(4096, 1)), "begins before the start"
    assert plan.covers(key(8192, 1))
    assert not plan.covers(key(9024, 0)), "beyond the end"
    assert not plan.covers(key(130, 0)), "ends where none does"
    assert not plan.covers(b"short")


def test_ranges_of_keys_have_no_gap() -> None:
    for rows in (0, 1, 10**5, 10**9):
        ranges = list(key_ranges(rows))
        assert (ranges[0].first, ranges[-1].last) == (b"", b"")
        assert all(one.last == other.first for one, other in pairwise(ranges))
        assert all(one.first < one.last for one in ranges[:-1])


def test_look_ups_are_read_in_any_ranges(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provenance.audit.examine.ROWS_AT_ONCE", 7)
    options = Options(signatures=False, vault=False, origin="", keys=())
    with Ledger.open(path, readonly=True) as ledger, ledger._files.store.view() as view:
        examiner = Examiner(view, ledger._files, options)
        for count in (1, 2, 16):
            bounds = [b"", *(bytes([256 * at // count]) for at in range(1, count)), b""]
            found = found_in(view)
            for first, last in pairwise(bounds):
                facts = examiner.examine(LookupRange(first, last))
                found.add(facts)  # type: ignore[arg-type]
            assert found.are_right({}, lambda _: True)
            assert not found.are_right({9: ERASED}, lambda _: True), "one is erased"
            found._rows += 1
            assert not found.are_right({}, lambda _: True), "two lead to one"


def found_in(view: View) -> LookupsFound:
    return LookupsFound(view.size, start=0, certifications=[(FIRST, FIRST + 150)])


def test_keys_are_cut_where_they_change() -> None:
    a, b = b"a", b"b"
    schedule = Schedule([(0, ()), (0, (a,)), (10, (a, b)), (20, (b,))])
    assert list(schedule.spans(5, 25)) == [(5, 10, (a,)), (10, 20, (a, b)), (20, 25, (b,))]
    assert list(schedule.spans(12, 13)) == [(12, 13, (a, b))]
    assert list(schedule.spans(30, 31)) == [(30, 31, (b,))]
    assert list(schedule.spans(7, 7)) == []


def test_an_entry_out_of_its_place_is_a_matter_of_the_chain(entries: list[bytes]) -> None:
    changed = list(entries)
    changed[20], changed[21] = changed[21], changed[20]
    runs, others = runs_of(changed)
    assert {20, 21, 22} <= set(others)
    assert_sound(changed, runs)
    with pytest.raises(ChainError):
        check_follows(parse_entry(changed[20]), index=20, prev=leaf_hash(changed[19]), time="")
