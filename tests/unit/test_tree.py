from __future__ import annotations

import hashlib
import itertools
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import LedgerDamagedError, UnknownEntryError
from provenance.storage.tree import BLOCK_SIZE, Edge, TreeReader, block_key
from provenance.tlog.merkle import (
    EMPTY_ROOT,
    node_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from provenance.tlog.prover import prove_consistency, prove_inclusion

LEAVES: Final = [hashlib.sha256(b"leaf %d" % index).digest() for index in range(4200)]
TURNS: Final = (1, 2, 3, 63, 64, 65, 127, 128, 129, 4032, 4095, 4096, 4097, 4161, 4200)


class Stored:
    """A tree in memory, kept as the database keeps it: rows alone."""

    def __init__(self) -> None:
        self.blocks: dict[bytes, bytes] = {}
        self.edge: dict[int, bytes] = {}
        self.size = 0

    def load(self) -> Edge:
        return Edge.load(self.size, self.edge.get)

    def append(self, leaves: list[bytes], before: Edge | None = None) -> Edge:
        edge = before or self.load()
        blocks, after = edge.extend(leaves)
        for key, block in blocks:
            assert key > max(self.blocks, default=b""), "blocks are appended in order"
            self.blocks[key] = block
        self.edge.update(after.rows_since(edge))
        self.size = after.size
        return after

    def reader(self, size: int | None = None) -> TreeReader:
        assert size in {None, self.size}
        return TreeReader(self.size, self.blocks.get, self.load)


def stored(size: int) -> Stored:
    tree = Stored()
    tree.append(LEAVES[:size])
    return tree


def full_nodes(size: int) -> dict[tuple[int, int], bytes]:
    """All full subtrees, by the definition."""
    nodes = {(0, index): leaf for index, leaf in enumerate(LEAVES[:size])}
    level = 0
    while size >> (level + 1):
        for index in range(size >> (level + 1)):
            pair = nodes[level, 2 * index], nodes[level, 2 * index + 1]
            nodes[level + 1, index] = node_hash(*pair)
        level += 1
    return nodes


ROOTS: Final = {size: tree_root(LEAVES[:size]) for size in (*range(131), *TURNS)}


@pytest.mark.parametrize("size", TURNS)
def test_every_node_is_served(size: int) -> None:
    reader = stored(size).reader()
    for (level, index), expected in full_nodes(size).items():
        assert reader.node(level, index) == expected
    assert [reader.leaf_hash(index) for index in range(size)] == LEAVES[:size]


@pytest.mark.parametrize("size", [64, 130, 4097])
def test_nodes_in_any_order(size: int) -> None:
    reader = stored(size).reader()
    nodes = sorted(full_nodes(size).items(), key=lambda item: hashlib.md5(item[1]).digest())
    for (level, index), expected in nodes:
        assert reader.node(level, index) == expected


@pytest.mark.parametrize("size", [*range(131), *TURNS])
def test_the_root_and_all_roots_before_it(size: int) -> None:
    reader = stored(size).reader()
    assert reader.root() == ROOTS[size]
    for old in [old for old in ROOTS if old <= size]:
        assert reader.root(old) == ROOTS[old]
    assert reader.root(0) == EMPTY_ROOT


@pytest.mark.parametrize("size", [1, 63, 64, 65, 127, 129, 4097])
def test_proofs_hold(size: int) -> None:
    reader = stored(size).reader()
    for index in {*range(min(size, 130)), size // 2, size - 1}:
        path = prove_inclusion(index, size, reader.node)
        verify_inclusion(LEAVES[index], index, size, path, ROOTS[size])
    for old in [old for old in ROOTS if 0 < old <= size]:
        proof = prove_consistency(old, size, reader.node)
        verify_consistency(old, size, proof, ROOTS[old], ROOTS[size])


def test_every_split_into_two_batches_gives_the_same_rows() -> None:
    for size in (65, 129):
        whole = stored(size)
        for first in range(size + 1):
            tree = Stored()
            tree.append(LEAVES[:first])
            tree.append(LEAVES[first:size])
            assert (tree.blocks, tree.edge, tree.size) == (whole.blocks, whole.edge, size)


@pytest.mark.parametrize("step", [1, 7, 63, 64, 65, 100, 1000, 4096])
def test_batches_give_the_same_rows(step: int) -> None:
    tree = Stored()
    edge: Edge | None = None
    for start in range(0, len(LEAVES), step):
        edge = tree.append(LEAVES[start : start + step], edge)
    whole = stored(len(LEAVES))
    assert (tree.blocks, tree.edge) == (whole.blocks, whole.edge)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 200), max_size=12), st.data())
def test_any_batches_give_the_tree(batches: list[int], data: st.DataObject) -> None:
    tree = Stored()
    for count in batches:
        tree.append(LEAVES[tree.size : tree.size + count])
    reader = tree.reader()
    assert reader.root() == tree_root(LEAVES[: tree.size])
    if tree.size:
        index = data.draw(st.integers(0, tree.size - 1))
        path = prove_inclusion(index, tree.size, reader.node)
        verify_inclusion(LEAVES[index], index, tree.size, path, reader.root())


def test_only_changed_tiers_are_rewritten() -> None:
    edge = stored(4095).load()
    _, after = edge.extend(LEAVES[4095:4096])
    assert [tier for tier, _ in after.rows_since(edge)] == [0, 1, 2]
    _, later = after.extend(LEAVES[4096:4097])
    assert later.rows_since(after) == [(0, LEAVES[4096])]
    _, same = later.extend([])
    assert same.rows_since(later) == []


def test_a_block_is_all_hashes_level_by_level() -> None:
    nodes = full_nodes(64)
    ((key, block),) = stored(64).blocks.items()
    expected = [nodes[level, index] for level in range(7) for index in range(64 >> level)]
    assert block == b"".join(expected)
    assert len(block) == BLOCK_SIZE == 4064
    assert key == bytes([0] * 7 + [64, 0])


def test_keys_carry_the_size_at_which_a_block_is_full() -> None:
    assert block_key(62, tier=0) == (63 * 64).to_bytes(8, "big") + b"\0"
    assert block_key(0, tier=1) == (4096).to_bytes(8, "big") + b"\1"
    blocks = stored(4096).blocks
    assert list(blocks) == sorted(blocks)
    assert len(blocks) == 65
    assert list(blocks)[-2:] == [block_key(63, tier=0), block_key(0, tier=1)]


def test_leaf_hashes_of_every_range() -> None:
    for size in (0, 1, 64, 130):
        reader = stored(size).reader()
        for start, end in itertools.combinations_with_replacement(range(size + 1), 2):
            assert reader.leaf_hashes(start, end) == b"".join(LEAVES[start:end])


@pytest.mark.parametrize("size", [0, 1, 64, 129])
def test_what_is_not_there_is_unknown(size: int) -> None:
    reader = stored(size).reader()
    for level, index in [(0, size), (0, -1), (-1, 0), (1, size // 2), (6, size // 64), (63, 0)]:
        with pytest.raises(UnknownEntryError):
            reader.node(level, index)
    for level in (64, 66, 1000):
        with pytest.raises(UnknownEntryError):
            reader.node(level, 0)
    for start, end in [(0, size + 1), (-1, size), (size + 1, size + 1), (size, size - 1)]:
        with pytest.raises(UnknownEntryError):
            reader.leaf_hashes(start, end)
    for wrong in (-1, size + 1):
        with pytest.raises(UnknownEntryError):
            reader.root(wrong)


def test_damaged_rows_are_noticed() -> None:
    tree = stored(200)
    for row in (None, b"", LEAVES[0] * 7, LEAVES[0] * 8 + b"x"):
        broken: dict[int, bytes | None] = {**tree.edge, 0: row}
        with pytest.raises(LedgerDamagedError, match="tier 0"):
            Edge.load(200, broken.get)
    for block in (None, b"", bytes(BLOCK_SIZE - 1)):
        blocks: dict[bytes, bytes | None] = {**tree.blocks, block_key(1, tier=0): block}
        reader = TreeReader(200, blocks.get, tree.load)
        assert reader.leaf_hash(0) == LEAVES[0]
        with pytest.raises(LedgerDamagedError, match="block 1 of tier 0"):
            reader.leaf_hash(64)
        with pytest.raises(LedgerDamagedError, match="block 1 of tier 0"):
            reader.leaf_hashes(0, 200)
