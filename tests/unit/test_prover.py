from __future__ import annotations

from typing import Final

import pytest

from naive_merkle import LEAVES, naive_is_subtree, naive_root, naive_split
from provenance.errors import ConsistencyError, InclusionError
from provenance.tlog.merkle import EMPTY_ROOT
from provenance.tlog.prover import (
    CompactRange,
    full_subtrees,
    prove_consistency,
    prove_inclusion,
    prove_subtree_consistency,
    prove_subtree_inclusion,
    subtree_root,
)

SIZE: Final = 40


def read_node(level: int, index: int) -> bytes:
    return naive_root(index << level, (index + 1) << level)


def naive_pieces(start: int, end: int) -> list[tuple[int, int]]:
    """Cut a range into the largest aligned pieces, from the left, one leaf after another."""
    pieces = []
    while start < end:
        level = 0
        while start % (2 << level) == 0 and start + (2 << level) <= end:
            level += 1
        pieces.append((level, start >> level))
        start += 1 << level
    return pieces


def make_range(start: int, end: int) -> CompactRange:
    made = CompactRange(start)
    made.extend(LEAVES[start:end])
    return made


# Full subtrees and roots.


def test_full_subtrees() -> None:
    for end in range(SIZE):
        for start in range(end + 1):
            if start == end or naive_is_subtree(start, end):
                assert full_subtrees(start, end) == naive_pieces(start, end)


def test_the_empty_tree() -> None:
    assert subtree_root(0, 0, read_node) == subtree_root(6, 6, read_node) == EMPTY_ROOT


@pytest.mark.parametrize(("start", "end"), [(1, 3), (2, 5), (5, 4), (-2, 0)])
def test_a_range_that_is_no_subtree_has_no_root(start: int, end: int) -> None:
    for ask in (subtree_root, lambda start, end, _: full_subtrees(start, end)):
        with pytest.raises(ConsistencyError, match=r"^\[-?\d, \d\) is no subtree$"):
            ask(start, end, read_node)


# Nothing is proven that does not hold, and no node is asked for that a log has not.


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (0, -1)])
def test_no_inclusion_proof(index: int, size: int) -> None:
    with pytest.raises(InclusionError):
        prove_inclusion(index, size, read_node)


@pytest.mark.parametrize(("index", "start", "end"), [(2, 1, 3), (3, 4, 8), (8, 4, 8)])
def test_no_subtree_inclusion_proof(index: int, start: int, end: int) -> None:
    with pytest.raises(InclusionError):
        prove_subtree_inclusion(index, start, end, read_node)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (0, 0), (6, 5), (-1, 5)])
def test_no_consistency_proof(old: int, new: int) -> None:
    with pytest.raises(ConsistencyError):
        prove_consistency(old, new, read_node)


@pytest.mark.parametrize(("start", "end"), [(1, 3), (4, 4), (4, 8)])
def test_no_subtree_consistency_proof(start: int, end: int) -> None:
    with pytest.raises(ConsistencyError):
        prove_subtree_consistency(start, end, 7, read_node)


@pytest.mark.parametrize("size", range(1, SIZE))
def test_only_nodes_of_the_tree_are_read(size: int) -> None:
    def read(level: int, index: int) -> bytes:
        assert index >= 0
        assert (index + 1) << level <= size, "a node beyond the tree"
        return read_node(level, index)

    for index in range(size):
        prove_inclusion(index, size, read)
        prove_consistency(index + 1, size, read)


# Compact ranges.


@pytest.mark.parametrize("start", range(SIZE))
def test_range_of_any_start(start: int) -> None:
    made = CompactRange(start)
    for end in range(start, SIZE):
        assert (made.start, made.end) == (start, end)
        pieces = naive_pieces(start, end)
        assert made.hashes == [read_node(level, index) for level, index in pieces]
        made.append(LEAVES[end])


@pytest.mark.parametrize("size", range(SIZE))
def test_root_of_a_range(size: int) -> None:
    assert make_range(0, size).root() == naive_root(0, size)


@pytest.mark.parametrize("start", [0, 1, 4, 5, 7])
def test_merged_ranges_are_as_if_made_at_once(start: int) -> None:
    for end in range(start, SIZE):
        for middle in range(start, end + 1):
            left = make_range(start, middle)
            left.merge(make_range(middle, end))
            whole = make_range(start, end)
            assert (left.start, left.end, left.hashes) == (start, end, whole.hashes)


def test_many_merges() -> None:
    parts = [make_range(start, start + 7) for start in range(0, 252, 7)]
    whole = CompactRange()
    for part in parts:
        whole.merge(part)
    assert whole.root() == naive_root(0, 252)
    whole.extend(LEAVES[252:])
    assert whole.root() == naive_root(0, 256)


def test_a_merge_leaves_the_other_range_alone() -> None:
    left, right = make_range(0, 3), make_range(3, 9)
    before = right.hashes
    left.merge(right)
    left.append(LEAVES[9])
    assert (right.start, right.end, right.hashes) == (3, 9, before)


@pytest.mark.parametrize("start", [2, 4, 0])
def test_ranges_that_do_not_touch(start: int) -> None:
    made = make_range(0, 3)
    with pytest.raises(ConsistencyError, match=f"^a range from {start} does not follow 3$"):
        made.merge(make_range(start, 9))
    assert (made.end, made.root()) == (3, naive_root(0, 3))


def test_only_a_range_from_the_beginning_has_a_root() -> None:
    with pytest.raises(ConsistencyError, match=r"^a range from 2 has no root$"):
        make_range(2, 4).root()


def test_the_naive_pieces_are_the_naive_split() -> None:
    for size in range(2, SIZE):
        level, index = naive_pieces(0, size)[0]
        assert index == 0
        assert 1 << level in {size, naive_split(size)}
