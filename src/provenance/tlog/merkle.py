r"""Merkle trees as RFC 6962 has them: roots, and proofs that hold or raise.

::

    leaf hash   SHA-256(0x00 || entry)
    node hash   SHA-256(0x01 || left || right)
    empty tree  SHA-256("")

A tree over n leaves is split at the largest power of two smaller than n; a lonely last
node is never duplicated. Every function that verifies returns None or raises, and its
loop is bounded by the bits of a size, at most 64. A subtree [start, end) is one whose start
is a multiple of the smallest power of two that is not less than end - start.

Sources: RFC 6962 section 2.1, RFC 9162 section 2.1.3 and 2.1.4 (verification algorithms),
draft-ietf-plants-merkle-tree-certs section 4 (subtrees).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from provenance.errors import ConsistencyError, InclusionError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HASH_SIZE: Final = 32
"""Bytes of every hash here: SHA-256."""
SIZE_MAX: Final = 2**64 - 1
"""Leaves of the largest tree: sizes are unsigned 64-bit integers."""
EMPTY_ROOT: Final = hashlib.sha256().digest()
"""Root of the tree without leaves."""

_sha256 = hashlib.sha256


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry (RFC 6962 section 2.1)."""
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two nodes into the one above them (RFC 6962 section 2.1)."""
    return _sha256(b"\x01" + left + right).digest()


def tree_root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes (32 bytes each), in time linear in their number."""
    edge: list[bytes] = []
    for size, leaf in enumerate(leaf_hashes):
        node, full = leaf, size
        while full & 1:
            node, full = node_hash(edge.pop(), node), full >> 1
        edge.append(node)
    root = edge.pop() if edge else EMPTY_ROOT
    while edge:
        root = node_hash(edge.pop(), root)
    return root


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Check that the leaf at ``index`` is in the tree of ``size`` leaves under ``root``.

    ``path`` begins with the leaf's sibling. Raises `InclusionError`.
    """
    verify_subtree_inclusion(leaf_hash, index, 0, size, path, root)


def verify_subtree_inclusion(
    leaf_hash: bytes,
    index: int,
    start: int,
    end: int,
    path: Sequence[bytes],
    subtree_root: bytes,
) -> None:
    """Check that the leaf at ``index`` is in the subtree [start, end) of that root.

    Raises `InclusionError`.
    """
    if not is_subtree(start, end) or not start <= index < end:
        raise InclusionError(f"index {index} is not in a subtree [{start}, {end})")
    _check_hashes([leaf_hash, subtree_root, *path], InclusionError)
    node, position, last = leaf_hash, index - start, end - start - 1
    for sibling in path:
        if not last:
            raise InclusionError(f"left-over hashes in a path of {len(path)}")
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            # A lonely last node stands for itself on every level without a sibling.
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise InclusionError(f"missing hashes in a path of {len(path)}")
    if node != subtree_root:
        raise InclusionError(f"root: expected {subtree_root.hex()}, computed {node.hex()}")


def verify_consistency(
    old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Check that the tree of ``new_size`` leaves begins with the one of ``old_size``.

    Equal sizes take an empty proof and equal roots; an old size of 0 proves nothing and is
    refused. Raises `ConsistencyError`.
    """
    # Nothing is hashed here, so the roots are compared as they are, whatever their length.
    if 0 < old_size == new_size and not proof and old_root == new_root:
        return
    verify_subtree_consistency(0, old_size, new_size, proof, old_root, new_root)


def verify_subtree_consistency(
    start: int, end: int, size: int, proof: Sequence[bytes], subtree_root: bytes, root: bytes
) -> None:
    """Check that [start, end) is a subtree of the tree of ``size`` leaves under ``root``.

    Raises `ConsistencyError`.
    """
    if not is_subtree(start, end) or not end <= size <= SIZE_MAX:
        raise ConsistencyError(f"[{start}, {end}) is no subtree of a tree of {size}")
    _check_hashes([subtree_root, root, *proof], ConsistencyError)
    hashes = iter(proof)
    try:
        sub, full = _climb(start, end, size, subtree_root, hashes)
    except StopIteration:
        raise ConsistencyError(f"missing hashes in a proof of {len(proof)}") from None
    if next(hashes, None) is not None:
        raise ConsistencyError(f"left-over hashes in a proof of {len(proof)}")
    if sub != subtree_root:
        raise ConsistencyError(f"old root: expected {subtree_root.hex()}, computed {sub.hex()}")
    if full != root:
        raise ConsistencyError(f"new root: expected {root.hex()}, computed {full.hex()}")


def is_subtree(start: int, end: int) -> bool:
    """Return whether [start, end) is a subtree, of any tree that is large enough."""
    return 0 <= start < end <= SIZE_MAX and start % (1 << (end - start - 1).bit_length()) == 0


def split(size: int) -> int:
    """Return the largest power of two smaller than ``size``, which must be above 1."""
    return 1 << ((size - 1).bit_length() - 1)


def _climb(
    start: int, end: int, size: int, known: bytes | None, hashes: Iterator[bytes]
) -> tuple[bytes, bytes]:
    """Recompute the roots of the subtree [start, end) and of the tree of ``size`` leaves.

    The recursion is the one that makes the proof, read backwards: its deepest hash comes
    first. ``known`` is the subtree's root as long as no part of it was split off.
    """
    if start == 0 and end == size:
        node = next(hashes) if known is None else known
        return node, node
    k = split(size)
    if end <= k:
        sub, left = _climb(start, end, k, known, hashes)
        return sub, node_hash(left, next(hashes))
    if start >= k:
        sub, right = _climb(start - k, end - k, size - k, known, hashes)
        return sub, node_hash(next(hashes), right)
    sub, right = _climb(0, end - k, size - k, None, hashes)
    left = next(hashes)
    return node_hash(left, sub), node_hash(left, right)


def _check_hashes(hashes: Iterable[bytes], error: type[VerificationError]) -> None:
    for size in set(map(len, hashes)):
        if size != HASH_SIZE:
            raise error(f"a hash of {size} bytes, expected {HASH_SIZE}")
