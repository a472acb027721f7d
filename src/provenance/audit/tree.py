"""Re-deriving the Merkle tree from the compact ranges of stretches, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.audit.facts import NodeFault
from provenance.audit.subtrees import stored_node
from provenance.tlog.merkle import EMPTY_ROOT, node_hash

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provenance.audit.facts import Node
    from provenance.audit.report import Findings
    from provenance.storage import View

CHECK: Final = "tree"


class TreeCheck:
    """Grows a tree and holds each node that is finished by merging against the stored one.

    With ``start`` > 0 the tree before is taken from the stored nodes, which the caller
    must hold against a root that it trusts.
    """

    def __init__(self, view: View, *, start: int) -> None:
        self._view: Final = view
        self.size = start
        self._edge: list[bytes] = _stored_edge(view, start)

    def extend(self, nodes: Iterable[Node]) -> list[NodeFault]:
        """Add a compact range; give the nodes above it that are stored otherwise.

        The nodes of the range itself were compared where they were hashed.
        """
        faults = []
        for node in nodes:
            size = self.size + (1 << node.level)
            for level, index, hashed in _merge(self._edge, self.size, node):
                if stored_node(self._view, level, index) != hashed:
                    faults.append(NodeFault(size - 1, level, index))
            self.size = size
        return faults

    def root(self, nodes: Iterable[Node] = ()) -> bytes:
        """Return the root over all leaves so far, and then those of a compact range."""
        edge, size = list(self._edge), self.size
        for node in nodes:
            _merge(edge, size, node)
            size += 1 << node.level
        return _root(edge)

    @staticmethod
    def stored_root(view: View, size: int) -> bytes:
        """Return the root that the stored nodes lead to at ``size``."""
        return _root(_stored_edge(view, size))


def add_fault(findings: Findings, fault: NodeFault) -> None:
    """Report a stored node, at the first entry below it."""
    level, index = fault.level, fault.index
    findings.add(CHECK, f"stored node {level}/{index} is not what it covers", index << level)


def _merge(edge: list[bytes], size: int, node: Node) -> list[tuple[int, int, bytes]]:
    """Put a full subtree behind a tree of ``size`` leaves; give what was hashed for it."""
    level, index, hashed = node.level, node.index, node.hash
    assert size == index << level, "compact ranges follow each other without a gap"
    made = []
    while index & 1:
        hashed = node_hash(edge.pop(), hashed)
        level, index = level + 1, index >> 1
        made.append((level, index, hashed))
    edge.append(hashed)
    return made


def _root(edge: list[bytes]) -> bytes:
    if not edge:
        return EMPTY_ROOT
    root = edge[-1]
    for left in reversed(edge[:-1]):
        root = node_hash(left, root)
    return root


def _stored_edge(view: View, size: int) -> list[bytes]:
    """Return the stored full subtrees that make up the first ``size`` leaves, largest first."""
    edge, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            edge.append(view.node(level, start >> level))
            start += 1 << level
    return edge
