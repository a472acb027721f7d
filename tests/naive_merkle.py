"""Merkle trees as the RFCs define them, slow and plain: what the fast code is held against.

Roots and proofs are the recursive definitions of RFC 6962 sections 2.1, 2.1.1 and 2.1.2
and of draft-ietf-plants-merkle-tree-certs section 4, each a line a case. The shapes say
which hashes a verifier joins in which order; two proofs of one shape are one computation.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ENTRIES_MAX: Final = 256
LEAVES: Final = tuple(
    hashlib.sha256(b"\x00" + b"entry %d" % index).digest() for index in range(ENTRIES_MAX)
)
"""Leaf hashes of entries that differ."""

Shape: TypeAlias = "str | tuple[Shape, Shape]"


def naive_split(size: int) -> int:
    k = 1
    while k * 2 < size:
        k *= 2
    return k


@cache
def naive_root(start: int, end: int) -> bytes:
    """Return the root over ``LEAVES[start:end]`` (RFC 6962 section 2.1)."""
    if start == end:
        return hashlib.sha256(b"").digest()
    if end - start == 1:
        return LEAVES[start]
    middle = start + naive_split(end - start)
    left, right = naive_root(start, middle), naive_root(middle, end)
    return hashlib.sha256(b"\x01" + left + right).digest()


def naive_path(index: int, start: int, end: int) -> list[bytes]:
    """Return the audit path of a leaf in ``LEAVES[start:end]`` (RFC 6962 section 2.1.1)."""
    if end - start == 1:
        return []
    middle = start + naive_split(end - start)
    if index < middle:
        return [*naive_path(index, start, middle), naive_root(middle, end)]
    return [*naive_path(index, middle, end), naive_root(start, middle)]


def naive_consistency(old_size: int, new_size: int) -> list[bytes]:
    """Return the proof of RFC 6962 section 2.1.2, which knows no subtrees."""
    return _subproof(old_size, 0, new_size, known=True)


def _subproof(old_size: int, start: int, end: int, *, known: bool) -> list[bytes]:
    if old_size == end - start:
        return [] if known else [naive_root(start, end)]
    k = naive_split(end - start)
    middle = start + k
    if old_size <= k:
        return [*_subproof(old_size, start, middle, known=known), naive_root(middle, end)]
    return [*_subproof(old_size - k, middle, end, known=False), naive_root(start, middle)]


def naive_subtree_consistency(start: int, end: int, size: int) -> list[bytes]:
    """Return the proof that ``[start, end)`` is a subtree of the first ``size`` leaves."""
    return _subtree_subproof(start, end, 0, size, known=True)


def _subtree_subproof(
    start: int, end: int, base: int, size: int, *, known: bool
) -> list[bytes]:
    """Follow the draft: ``start`` and ``end`` count from ``base``, where the part begins."""
    if start == 0 and end == size:
        return [] if known else [naive_root(base, base + size)]
    k = naive_split(size)
    left, right = naive_root(base, base + k), naive_root(base + k, base + size)
    if end <= k:
        return [*_subtree_subproof(start, end, base, k, known=known), right]
    if start >= k:
        below = _subtree_subproof(start - k, end - k, base + k, size - k, known=known)
    else:
        below = _subtree_subproof(0, end - k, base + k, size - k, known=False)
    return [*below, left]


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over any leaf hashes, one at least (RFC 6962 section 2.1)."""
    if len(leaves) == 1:
        return leaves[0]
    k = naive_split(len(leaves))
    return hashlib.sha256(b"\x01" + root_of(leaves[:k]) + root_of(leaves[k:])).digest()


def prove_inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return PATH of RFC 6962 section 2.1.1, for any leaf hashes."""
    if len(leaves) == 1:
        return []
    k = naive_split(len(leaves))
    if index < k:
        return [*prove_inclusion(index, leaves[:k]), root_of(leaves[k:])]
    return [*prove_inclusion(index - k, leaves[k:]), root_of(leaves[:k])]


def prove_consistency(size: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """Return PROOF of RFC 6962 section 2.1.2, for any leaf hashes."""
    if size == len(leaves):
        return [] if whole else [root_of(leaves)]
    k = naive_split(len(leaves))
    if size <= k:
        return [*prove_consistency(size, leaves[:k], whole=whole), root_of(leaves[k:])]
    return [*prove_consistency(size - k, leaves[k:], whole=False), root_of(leaves[:k])]


def naive_is_subtree(start: int, end: int) -> bool:
    """Return whether start is a multiple of a power of two that holds all of it."""
    if not 0 <= start < end:
        return False
    power = 1
    while power < end - start:
        power *= 2
    return start % power == 0


def subtrees(size: int) -> list[tuple[int, int]]:
    """List the subtrees of a tree of ``size`` leaves."""
    ranges = ((start, end) for end in range(size + 1) for start in range(end))
    return [(start, end) for start, end in ranges if naive_is_subtree(start, end)]


def naive_inclusion_shape(index: int, size: int) -> Shape | None:
    """Say what a verifier of an inclusion proof computes; None where there is no such."""
    return _inclusion_shape(index, size) if 0 <= index < size else None


def _inclusion_shape(index: int, size: int) -> Shape:
    if size == 1:
        return "leaf"
    k = naive_split(size)
    if index < k:
        return (_inclusion_shape(index, k), "proof")
    return ("proof", _inclusion_shape(index - k, size - k))


def naive_consistency_shape(start: int, end: int, size: int) -> tuple[Shape, Shape] | None:
    """Say what a verifier of a subtree's consistency computes: the root of both."""
    if not naive_is_subtree(start, end) or end > size:
        return None
    tokens = (f"proof {number}" for number in range(1000))
    return _consistency_shape(start, end, size, tokens, known=True)


def _consistency_shape(
    start: int, end: int, size: int, tokens: Iterator[str], *, known: bool
) -> tuple[Shape, Shape]:
    if start == 0 and end == size:
        node = "known" if known else next(tokens)
        return node, node
    k = naive_split(size)
    if end <= k:
        sub, left = _consistency_shape(start, end, k, tokens, known=known)
        return sub, (left, next(tokens))
    if start >= k:
        sub, right = _consistency_shape(start - k, end - k, size - k, tokens, known=known)
        return sub, (next(tokens), right)
    sub, right = _consistency_shape(0, end - k, size - k, tokens, known=False)
    token = next(tokens)
    return (token, sub), (token, right)
