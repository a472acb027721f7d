"""Re-deriving the Merkle tree, and every node of it that is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.tlog.merkle import EMPTY_ROOT, node_hash

if TYPE_CHECKING:
    from provenance.audit.report import Findings
    from provenance.storage import View

CHECK: Final = "tree"


class TreeCheck:
    """Grows a tree leaf by leaf and holds each finished node against the stored one.

    With ``start`` > 0 the tree before is taken from the stored nodes, which the caller
    must hold against a root that it trusts.
    """

    def __init__(self, view: View, findings: Findings, *, start: int) -> None:
        self._view: Final = view
        self._findings: Final = findings
        self.size = start
        self._edge: list[bytes] = _stored_edge(view, start)

    def append(self, leaf_hash: bytes) -> None:
        """Add one leaf; every full subtree that it finishes is compared."""
        self._compare(0, self.size, leaf_hash)
        node, level, index = leaf_hash, 0, self.size
        while index & 1:
            node = node_hash(self._edge.pop(), node)
            level, index = level + 1, index >> 1
            self._compare(level, index, node)
        self._edge.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Give the root over all leaves so far."""
        return _root(self._edge)

    @staticmethod
    def stored_root(view: View, size: int) -> bytes:
        """Give the root that the stored nodes lead to at ``size``."""
        return _root(_stored_edge(view, size))

    def _compare(self, level: int, index: int, computed: bytes) -> None:
        if self._view.node(level, index) != computed:
            at = index << level
            self._findings.add(CHECK, f"stored node {level}/{index} is not what it covers", at)


def _root(edge: list[bytes]) -> bytes:
    if not edge:
        return EMPTY_ROOT
    root = edge[-1]
    for left in reversed(edge[:-1]):
        root = node_hash(left, root)
    return root


def _stored_edge(view: View, size: int) -> list[bytes]:
    """Give the stored full subtrees that make up the first ``size`` leaves, largest first."""
    edge, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            edge.append(view.node(level, start >> level))
            start += 1 << level
    return edge
