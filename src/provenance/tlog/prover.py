"""Making proofs: from the hashes of full subtrees, wherever they are kept.

A ``NodeReader`` gives the hash of the full subtree [i << level, (i + 1) << level); level 0
are the leaf hashes. Every other subtree is put together from full ones. Sources: RFC 6962
section 2.1.1 and 2.1.2, draft-ietf-plants-merkle-tree-certs section 4.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

from provenance.errors import ConsistencyError, InclusionError
from provenance.tlog.merkle import EMPTY_ROOT, SIZE_MAX, is_subtree, node_hash, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    NodeReader: TypeAlias = Callable[[int, int], bytes]


def subtree_root(start: int, end: int, node: NodeReader) -> bytes:
    """Return the root over the leaves [start, end), a subtree; empty at start = end.

    Raises `ConsistencyError` when it is none.
    """
    root: bytes | None = None
    for level, index in reversed(full_subtrees(start, end)):
        left = node(level, index)
        root = left if root is None else node_hash(left, root)
    return EMPTY_ROOT if root is None else root


def full_subtrees(start: int, end: int) -> list[tuple[int, int]]:
    """Return (level, index) of the full subtrees of a subtree [start, end), largest first.

    None make up the empty one. Raises `ConsistencyError` when it is no subtree.
    """
    if start != end and not is_subtree(start, end):
        raise ConsistencyError(f"[{start}, {end}) is no subtree")
    pieces = []
    length = end - start
    while length:
        level = length.bit_length() - 1
        pieces.append((level, start >> level))
        start += 1 << level
        length -= 1 << level
    return pieces


def prove_inclusion(index: int, size: int, node: NodeReader) -> list[bytes]:
    """Prove that leaf ``index`` is in the tree of ``size``; its sibling comes first.

    Raises `InclusionError` for an index that is not below the size.
    """
    return prove_subtree_inclusion(index, 0, size, node)


def prove_inclusions(
    indexes: Iterable[int], size: int, node: NodeReader
) -> Iterator[list[bytes]]:
    """Prove leaves of one tree; what their paths have in common is read once.

    Raises `InclusionError` as `prove_inclusion` does.
    """
    known = cache(node)
    edge = cache(lambda start, end: subtree_root(start, end, known))
    for index in indexes:
        yield prove_subtree_inclusion(index, 0, size, known, edge)


def prove_subtree_inclusion(
    index: int,
    start: int,
    end: int,
    node: NodeReader,
    edge: Callable[[int, int], bytes] | None = None,
) -> list[bytes]:
    """Prove that leaf ``index`` is in the subtree [start, end). Raises `InclusionError`.

    ``edge``: gives the root over leaves that make no full subtree.
    """
    if not is_subtree(start, end) or not start <= index < end:
        raise InclusionError(f"index {index} is not in a subtree [{start}, {end})")
    path = []
    level, position, last = 0, index - start, end - start - 1
    base = start
    while last:
        sibling = position ^ 1
        if sibling < last or (sibling == last and _is_full(level, sibling, end - start)):
            path.append(node(level, (base >> level) + sibling))
        elif sibling == last:
            lonely = base + (sibling << level)
            path.append(edge(lonely, end) if edge else subtree_root(lonely, end, node))
        level, position, last = level + 1, position >> 1, last >> 1
    return path


def _is_full(level: int, index: int, size: int) -> bool:
    return (index + 1) << level <= size


def prove_consistency(old_size: int, new_size: int, node: NodeReader) -> list[bytes]:
    """Prove that the tree of ``new_size`` leaves begins with that of ``old_size``.

    Raises `ConsistencyError` for an old size of 0 or above the new one.
    """
    return prove_subtree_consistency(0, old_size, new_size, node)


def prove_subtree_consistency(start: int, end: int, size: int, node: NodeReader) -> list[bytes]:
    """Prove that [start, end) is a subtree of the tree of ``size`` leaves.

    Raises `ConsistencyError` when it is none.
    """
    if not is_subtree(start, end) or not end <= size <= SIZE_MAX:
        raise ConsistencyError(f"[{start}, {end}) is no subtree of a tree of {size}")
    proof = []
    low, high, known = 0, size, True
    # Walk down to the subtree; what is left aside on the way is the proof, deepest first.
    while (low, high) != (start, end):
        k = low + split(high - low)
        if end <= k:
            proof.append(subtree_root(k, high, node))
            high = k
        else:
            proof.append(subtree_root(low, k, node))
            if start < k:
                start, known = k, False
            low = k
    if not known:
        proof.append(subtree_root(low, high, node))
    return proof[::-1]


class CompactRange:
    """The full subtrees that cover [start, end): all that is needed to go on, or to merge.

    Ranges that touch can be merged whatever work made them, so a log can be hashed in
    parallel (``hashes``, largest subtree first from ``start`` = 0).
    """

    def __init__(self, start: int = 0) -> None:
        self.start: Final = start
        self.end = start
        self._nodes: list[tuple[int, int, bytes]] = []

    @classmethod
    def of_tree(cls, size: int, node: NodeReader) -> CompactRange:
        """Return the range over the first ``size`` leaves of a tree that can be read."""
        made = cls()
        made._nodes = [(level, at, node(level, at)) for level, at in full_subtrees(0, size)]
        made.end = size
        return made

    @property
    def hashes(self) -> list[bytes]:
        """Hashes of the subtrees, in the order of their leaves."""
        return [value for _, _, value in self._nodes]

    def append(self, leaf_hash: bytes) -> None:
        """Add the leaf at ``end``."""
        self._push(0, self.end, leaf_hash)
        self.end += 1

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add leaves in order."""
        for leaf in leaf_hashes:
            self.append(leaf)

    def merge(self, other: CompactRange) -> None:
        """Add a range that begins where this one ends. Raises `ConsistencyError`."""
        if other.start != self.end:
            raise ConsistencyError(f"a range from {other.start} does not follow {self.end}")
        for level, index, value in other._nodes:
            self._push(level, index, value)
        self.end = other.end

    def root(self) -> bytes:
        """Return the root. Raises `ConsistencyError` unless the range starts at 0."""
        if self.start:
            raise ConsistencyError(f"a range from {self.start} has no root")
        root: bytes | None = None
        for _, _, value in reversed(self._nodes):
            root = value if root is None else node_hash(value, root)
        return EMPTY_ROOT if root is None else root

    def _push(self, level: int, index: int, value: bytes) -> None:
        """Add a subtree, and join it with its left sibling as long as there is one."""
        while self._nodes and index & 1 and self._nodes[-1][:2] == (level, index - 1):
            value = node_hash(self._nodes.pop()[2], value)
            level, index = level + 1, index >> 1
        self._nodes.append((level, index, value))
