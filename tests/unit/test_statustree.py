from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import FormatError, LedgerDamagedError, UnknownEntryError
from provenance.record.status import leaf_count, status_bits, with_bits
from provenance.storage.statustree import HEIGHT, ZERO_LEAF, StatusReader
from provenance.tlog.merkle import EMPTY_ROOT, leaf_hash, node_hash, tree_root, verify_inclusion
from provenance.tlog.prover import prove_inclusion

Marks = list[tuple[int, int]]
NOTHING: dict[bytes, bytes] = {}


def naive_leaves(size: int, marks: Marks) -> list[bytes]:
    leaves = [ZERO_LEAF] * leaf_count(size)
    for index, bits in marks:
        leaves[index // 128] = with_bits(leaves[index // 128], index, bits)
    return leaves


def naive_root(size: int, marks: Marks) -> bytes:
    return tree_root(map(leaf_hash, naive_leaves(size, marks)))


def applied(marks: Marks, rows: dict[bytes, bytes] | None = None) -> dict[bytes, bytes]:
    rows = {} if rows is None else rows
    rows.update(StatusReader(rows.get).marked(marks))
    return rows


SIZES = [1, 127, 128, 129, 256, 257, 128 * 5 + 1, 128 * 64, 128 * 64 + 1, 20_000]


@pytest.mark.parametrize("size", [0, *SIZES])
def test_without_marks_the_tree_is_all_zeros(size: int) -> None:
    reader = StatusReader(NOTHING.get)
    assert reader.root(size) == naive_root(size, [])
    assert reader.leaf(12345) == ZERO_LEAF
    assert reader.root(0) == EMPTY_ROOT


@pytest.mark.parametrize("size", SIZES)
def test_marks_give_the_naive_root(size: int) -> None:
    choose = random.Random(size)
    marks = [(choose.randrange(size), choose.choice([1, 2, 3, 4])) for _ in range(20)]
    reader = StatusReader(applied(marks).get)
    assert reader.root(size) == naive_root(size, marks)
    assert [reader.leaf(k) for k in range(leaf_count(size))] == naive_leaves(size, marks)
    for index, bits in marks:
        assert status_bits(reader.leaf(index // 128), index) & bits == bits


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 7)), max_size=30),
    st.integers(0, 30),
    st.integers(3001, 9000),
)
def test_settled_at_once_or_in_steps(marks: Marks, cut: int, size: int) -> None:
    rows = applied(marks[cut:], applied(marks[:cut]))
    reader = StatusReader(rows.get)
    assert reader.root(size) == naive_root(size, marks)
    assert StatusReader(applied(marks[:cut]).get).with_marks(marks[cut:]).root(size) == (
        naive_root(size, marks)
    )


def test_with_marks_writes_nothing() -> None:
    rows = applied([(5, 1)])
    before = dict(rows)
    reader = StatusReader(rows.get)
    after = reader.with_marks([(5, 2), (700, 4)])
    assert after.root(1000) == naive_root(1000, [(5, 3), (700, 4)])
    assert after.leaf(4) == ZERO_LEAF
    assert status_bits(after.leaf(0), 5) == 3
    assert rows == before
    assert reader.root(1000) == naive_root(1000, [(5, 1)])


def test_proofs_hold_for_marked_and_zero_leaves() -> None:
    marks = [(0, 1), (129, 2), (1270, 4)]
    reader = StatusReader(applied(marks).get)
    for size in (130, 1271, 1281, 5000):
        root, leaves = naive_root(size, [m for m in marks if m[0] < size]), leaf_count(size)
        if size == 130:
            reader = StatusReader(applied(marks[:2]).get)
        for index in range(leaves):
            path = prove_inclusion(index, leaves, reader.node)
            verify_inclusion(leaf_hash(reader.leaf(index)), index, leaves, path, root)
        reader = StatusReader(applied(marks).get)


def test_a_mark_at_the_last_possible_index() -> None:
    last = (1 << 64) - 1
    rows = applied([(last, 4)])
    assert len(rows) == HEIGHT + 1
    node = leaf_hash(StatusReader(rows.get).leaf(last // 128))
    zeros = StatusReader(NOTHING.get)
    for level in range(HEIGHT):
        node = node_hash(zeros.node(level, 0), node)
    assert StatusReader(rows.get).node(HEIGHT, 0) == node


def test_rows_are_as_documented() -> None:
    rows = applied([(128 * 3 + 1, 2)])
    leaf = b"\x20" + bytes(63)
    assert rows[bytes([0] * 8 + [3])] == leaf
    zero = leaf_hash(bytes(64))
    assert rows[bytes([1] + [0] * 7 + [1])] == node_hash(zero, leaf_hash(leaf))
    assert len(rows) == HEIGHT + 1


def test_nothing_is_stored_without_marks() -> None:
    assert applied([]) == {}


def test_what_is_not_there_or_damaged() -> None:
    rows = applied([(0, 1)])
    reader = StatusReader(rows.get)
    for level, index in [(-1, 0), (0, -1), (HEIGHT + 1, 0), (HEIGHT, 1), (0, 1 << HEIGHT)]:
        with pytest.raises(UnknownEntryError):
            reader.node(level, index)
    for key in (bytes(9), bytes([1, *bytes(8)])):
        damaged = StatusReader({**rows, key: b"short"}.get)
        with pytest.raises(LedgerDamagedError):
            damaged.node(key[0], 0)
    with pytest.raises(LedgerDamagedError):
        StatusReader({bytes(9): b"short"}.get).leaf(0)


@pytest.mark.parametrize("bits", [8, 9, 16, -1])
def test_unknown_bits_are_refused(bits: int) -> None:
    with pytest.raises(FormatError):
        StatusReader(NOTHING.get).marked([(1, bits)])
