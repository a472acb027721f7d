from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import pytest

from naive_merkle import (
    LEAVES,
    naive_consistency,
    naive_consistency_shape,
    naive_inclusion_shape,
    naive_is_subtree,
    naive_path,
    naive_root,
    naive_split,
    naive_subtree_consistency,
    subtrees,
)
from provenance.errors import ConsistencyError, InclusionError
from provenance.tlog.merkle import (
    EMPTY_ROOT,
    SIZE_MAX,
    is_subtree,
    leaf_hash,
    node_hash,
    split,
    tree_root,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from provenance.tlog.prover import (
    prove_consistency,
    prove_inclusion,
    prove_subtree_consistency,
    prove_subtree_inclusion,
    subtree_root,
)

if TYPE_CHECKING:
    from battery import Row

INCLUSION_SIZES: Final = range(1, 257)
CONSISTENCY_SIZES: Final = range(1, 129)
SUBTREE_SIZES: Final = range(1, 49)
OTHER: Final = bytes(32)


def told(what: str, expected: bytes, computed: bytes) -> str:
    """Return the pattern of an error that names both values."""
    return f"^{what}: expected {expected.hex()}, computed {computed.hex()}$"


def read_node(level: int, index: int) -> bytes:
    """Return the hash of a full subtree, and of nothing that the tree may not have."""
    return naive_root(index << level, (index + 1) << level)


# The definitions themselves, with values that RFC 6962 fixes.


def test_hashes() -> None:
    assert leaf_hash(b"entry") == hashlib.sha256(b"\x00entry").digest()
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert node_hash(left, right) == hashlib.sha256(b"\x01" + left + right).digest()
    assert hashlib.sha256(b"").digest() == EMPTY_ROOT == tree_root([])


@pytest.mark.parametrize("size", range(257))
def test_root(size: int) -> None:
    assert tree_root(LEAVES[:size]) == naive_root(0, size) == subtree_root(0, size, read_node)


def test_root_takes_any_iterable() -> None:
    assert tree_root(iter(LEAVES[:5])) == naive_root(0, 5)


def test_split() -> None:
    assert [split(size) for size in range(2, 300)] == list(map(naive_split, range(2, 300)))


def test_a_lonely_last_node_is_not_doubled() -> None:
    assert tree_root(LEAVES[:3]) != tree_root([*LEAVES[:3], LEAVES[2]])


def test_what_a_subtree_is() -> None:
    numbers = range(-2, 70)
    found = [(start, end) for start in numbers for end in numbers if is_subtree(start, end)]
    assert found == [(s, e) for s in numbers for e in numbers if naive_is_subtree(s, e)]


# Every proof up to a size, made and checked, against the recursion of the RFC.


@pytest.mark.parametrize("size", INCLUSION_SIZES)
def test_inclusion_of_every_leaf(size: int, row: Row) -> None:
    row.begin("F2 Merkle: every inclusion proof")
    root = naive_root(0, size)
    for index in range(size):
        path = naive_path(index, 0, size)
        assert prove_inclusion(index, size, read_node) == path
        verify_inclusion(LEAVES[index], index, size, path, root)
        row.attempt(fired=True)


@pytest.mark.parametrize("new_size", CONSISTENCY_SIZES)
def test_consistency_with_every_older_tree(new_size: int, row: Row) -> None:
    row.begin("F2 Merkle: every consistency proof")
    root = naive_root(0, new_size)
    for old_size in range(1, new_size + 1):
        proof = naive_consistency(old_size, new_size)
        assert prove_consistency(old_size, new_size, read_node) == proof
        verify_consistency(old_size, new_size, proof, naive_root(0, old_size), root)
        row.attempt(fired=True)


@pytest.mark.parametrize("end", SUBTREE_SIZES)
def test_inclusion_in_every_subtree(end: int) -> None:
    for start in (start for start in range(end) if naive_is_subtree(start, end)):
        root = naive_root(start, end)
        assert subtree_root(start, end, read_node) == root
        for index in range(start, end):
            path = naive_path(index, start, end)
            assert prove_subtree_inclusion(index, start, end, read_node) == path
            verify_subtree_inclusion(LEAVES[index], index, start, end, path, root)


@pytest.mark.parametrize("size", SUBTREE_SIZES)
def test_consistency_with_every_subtree(size: int) -> None:
    root = naive_root(0, size)
    for start, end in subtrees(size):
        proof = naive_subtree_consistency(start, end, size)
        assert prove_subtree_consistency(start, end, size, read_node) == proof
        verify_subtree_consistency(start, end, size, proof, naive_root(start, end), root)


def test_the_two_naive_recursions_agree() -> None:
    for size in range(1, 65):
        for old_size in range(1, size + 1):
            proof = naive_consistency(old_size, size)
            assert proof == naive_subtree_consistency(0, old_size, size)


# A proof holds under no other numbers, unless those ask for the very same computation.


@pytest.mark.parametrize("size", range(1, 25))
def test_inclusion_under_other_numbers(size: int) -> None:
    root = naive_root(0, size)
    for index in range(size):
        path, shape = naive_path(index, 0, size), naive_inclusion_shape(index, size)
        for other_size in range(-1, 50):
            for other in range(-2, other_size + 3):
                if naive_inclusion_shape(other, other_size) == shape:
                    verify_inclusion(LEAVES[index], other, other_size, path, root)
                    continue
                with pytest.raises(InclusionError):
                    verify_inclusion(LEAVES[index], other, other_size, path, root)


@pytest.mark.parametrize("new_size", range(1, 25))
def test_consistency_under_other_numbers(new_size: int) -> None:
    for old_size in range(1, new_size + 1):
        proof = naive_consistency(old_size, new_size)
        shape = naive_consistency_shape(0, old_size, new_size)
        roots = naive_root(0, old_size), naive_root(0, new_size)
        for new in range(-1, 50):
            for old in range(-2, new + 3):
                if naive_consistency_shape(0, old, new) == shape:
                    verify_consistency(old, new, proof, *roots)
                    continue
                with pytest.raises(ConsistencyError):
                    verify_consistency(old, new, proof, *roots)


# What each check is for, one by one, and what its error says.


def test_inclusion_refusals() -> None:
    path, root = naive_path(2, 0, 5), naive_root(0, 5)
    verify_inclusion(LEAVES[2], 2, 5, path, root)
    with pytest.raises(InclusionError, match=r"^index 5 is not in a subtree \[0, 5\)$"):
        verify_inclusion(LEAVES[2], 5, 5, path, root)
    with pytest.raises(InclusionError, match=r"^index -1 is not in a subtree \[0, 5\)$"):
        verify_inclusion(LEAVES[2], -1, 5, path, root)
    with pytest.raises(InclusionError, match=r"^index 0 is not in a subtree \[0, 0\)$"):
        verify_inclusion(LEAVES[2], 0, 0, [], EMPTY_ROOT)
    with pytest.raises(InclusionError, match=r"^left-over hashes in a path of 4$"):
        verify_inclusion(LEAVES[2], 2, 5, [*path, OTHER], root)
    with pytest.raises(InclusionError, match=r"^missing hashes in a path of 2$"):
        verify_inclusion(LEAVES[2], 2, 5, path[:-1], root)
    with pytest.raises(InclusionError, match=told("root", OTHER, root)):
        verify_inclusion(LEAVES[2], 2, 5, path, OTHER)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_hashes_of_another_size_are_no_inclusion_proof(size: int) -> None:
    path, root, bad = naive_path(2, 0, 5), naive_root(0, 5), bytes(size)
    expected = f"^a hash of {size} bytes, expected 32$"
    with pytest.raises(InclusionError, match=expected):
        verify_inclusion(bad, 2, 5, path, root)
    with pytest.raises(InclusionError, match=expected):
        verify_inclusion(LEAVES[2], 2, 5, [bad, *path[1:]], root)
    with pytest.raises(InclusionError, match=expected):
        verify_inclusion(bad, 0, 1, [], bad)


def test_consistency_refusals() -> None:
    proof, old, new = naive_consistency(3, 7), naive_root(0, 3), naive_root(0, 7)
    verify_consistency(3, 7, proof, old, new)
    for sizes in ((0, 7), (-1, 7), (8, 7), (0, 0)):
        with pytest.raises(ConsistencyError, match=r"is no subtree of a tree of"):
            verify_consistency(*sizes, proof, old, new)
    with pytest.raises(ConsistencyError, match=r"^left-over hashes in a proof of 5$"):
        verify_consistency(3, 7, [*proof, OTHER], old, new)
    with pytest.raises(ConsistencyError, match=r"^missing hashes in a proof of 3$"):
        verify_consistency(3, 7, proof[:-1], old, new)
    with pytest.raises(ConsistencyError, match=told("old root", OTHER, old)):
        verify_consistency(3, 7, proof, OTHER, new)
    with pytest.raises(ConsistencyError, match=told("new root", OTHER, new)):
        verify_consistency(3, 7, proof, old, OTHER)


def test_an_old_size_of_zero_proves_nothing() -> None:
    for proof in ([], [naive_root(0, 7)]):
        with pytest.raises(ConsistencyError):
            verify_consistency(0, 7, proof, EMPTY_ROOT, naive_root(0, 7))
    with pytest.raises(ConsistencyError):
        verify_consistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)


def test_equal_sizes_take_equal_roots_and_no_proof() -> None:
    root = naive_root(0, 6)
    verify_consistency(6, 6, [], root, root)
    with pytest.raises(ConsistencyError, match="left-over hashes"):
        verify_consistency(6, 6, [root], root, root)
    with pytest.raises(ConsistencyError, match="new root: expected"):
        verify_consistency(6, 6, [], root, OTHER)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_hashes_of_another_size_are_no_consistency_proof(size: int) -> None:
    proof, bad = naive_consistency(3, 7), bytes(size)
    old, new = naive_root(0, 3), naive_root(0, 7)
    expected = f"^a hash of {size} bytes, expected 32$"
    with pytest.raises(ConsistencyError, match=expected):
        verify_consistency(3, 7, [bad, *proof[1:]], old, new)
    with pytest.raises(ConsistencyError, match=expected):
        verify_consistency(3, 7, proof, bad, new)
    with pytest.raises(ConsistencyError, match=expected):
        verify_consistency(3, 7, proof, old, bad)
    with pytest.raises(ConsistencyError, match=expected):
        verify_consistency(7, 7, [], bad, new)


def test_what_is_no_subtree_is_refused() -> None:
    with pytest.raises(InclusionError, match=r"^index 2 is not in a subtree \[1, 3\)$"):
        verify_subtree_inclusion(LEAVES[2], 2, 1, 3, [LEAVES[1]], naive_root(1, 3))
    with pytest.raises(InclusionError, match=r"^index 3 is not in a subtree \[4, 8\)$"):
        verify_subtree_inclusion(LEAVES[3], 3, 4, 8, [LEAVES[5]], naive_root(4, 8))
    for start, end, size in ((1, 3, 7), (4, 4, 7), (4, 3, 7), (4, 8, 7), (-2, 0, 7)):
        with pytest.raises(ConsistencyError, match="is no subtree of a tree of 7"):
            verify_subtree_consistency(start, end, size, [], OTHER, naive_root(0, size))


# Sizes up to the largest that a checkpoint can state. All leaves are equal there, so a
# root depends on the number of leaves alone, and can be known.

FULL: Final = [LEAVES[0]]
for _ in range(64):
    FULL.append(node_hash(FULL[-1], FULL[-1]))


def read_uniform(level: int, index: int) -> bytes:
    return FULL[level]


def uniform_root(size: int) -> bytes:
    """Return the root over ``size`` equal leaves, by the definition."""
    if size & (size - 1) == 0:
        return FULL[size.bit_length() - 1]
    k = 1 << (size.bit_length() - 1)
    return node_hash(uniform_root(k), uniform_root(size - k))


LARGE: Final = [SIZE_MAX, SIZE_MAX - 1, 1 << 63, (1 << 63) + 1, (1 << 32) - 1, 10**15]


@pytest.mark.parametrize("size", LARGE)
def test_large_trees(size: int) -> None:
    root = uniform_root(size)
    assert subtree_root(0, size, read_uniform) == root
    for index in (0, 1, size // 3, size // 2, size - 2, size - 1):
        path = prove_inclusion(index, size, read_uniform)
        verify_inclusion(FULL[0], index, size, path, root)
        with pytest.raises(InclusionError):
            verify_inclusion(FULL[1], index, size, path, root)
        proof = prove_consistency(index + 1, size, read_uniform)
        verify_consistency(index + 1, size, proof, uniform_root(index + 1), root)
        start = index >> 20 << 20
        if (end := start + (1 << 20)) <= size:
            proof = prove_subtree_consistency(start, end, size, read_uniform)
            verify_subtree_consistency(start, end, size, proof, FULL[20], root)
            with pytest.raises(ConsistencyError):
                verify_subtree_consistency(start, end, size, proof, FULL[19], root)


@pytest.mark.parametrize("size", [SIZE_MAX + 1, 1 << 5000])
def test_trees_that_no_checkpoint_can_state(size: int) -> None:
    with pytest.raises(InclusionError):
        verify_inclusion(OTHER, 0, size, [OTHER] * 64, OTHER)
    with pytest.raises(ConsistencyError):
        verify_consistency(1, size, [OTHER] * 64, OTHER, OTHER)
    with pytest.raises(InclusionError):
        prove_inclusion(0, size, read_uniform)
    with pytest.raises(ConsistencyError):
        prove_consistency(1, size, read_uniform)
