"""The part of the Merkle tree that stands over a stretch of entries, and what is stored of it.

Full subtrees inside a stretch need nothing from outside it, so each stretch is hashed by
itself. What is left is its *compact range*: the maximal full subtrees from left to right,
at most two a level. Compact ranges of stretches side by side are merged by hashing few
nodes, and end in the root.

Level by level all hashes of a stretch stand in one byte string, so that a stored block
(see ``storage/tree.py``) is compared at once. Only where it differs are its hashes looked
at one by one.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from provenance.audit.facts import Node, NodeFault
from provenance.errors import LedgerDamagedError
from provenance.storage.tree import BLOCK_LEAVES, BLOCK_LEVELS, block_key
from provenance.tlog.merkle import HASH_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.storage import View

_sha256 = hashlib.sha256


class Row:
    """The hashes of one level over a stretch: those of whole subtrees inside it."""

    __slots__ = ("end", "hashes", "start")

    def __init__(self, start: int, hashes: Sequence[bytes]) -> None:
        self.start: Final = start
        self.end: Final = start + len(hashes)
        self.hashes: Final = b"".join(hashes)

    def part(self, start: int, end: int) -> bytes:
        """Return the hashes [start, end) of the level, joined."""
        return self.hashes[(start - self.start) * HASH_SIZE : (end - self.start) * HASH_SIZE]


def _above(start: int, hashes: Sequence[bytes]) -> list[bytes]:
    """Hash the next level over [start, …), of whole pairs."""
    inside = iter(hashes[start & 1 :])
    # This is `node_hash`, a million times. A last one without a partner is left over.
    pairs = zip(inside, inside, strict=False)
    return [_sha256(b"\x01" + one + two).digest() for one, two in pairs]


class Subtrees:
    """All full subtrees over a stretch that begins at ``start``, from its leaf hashes."""

    def __init__(self, start: int, leaves: Sequence[bytes]) -> None:
        self._rows: Final = [Row(start, leaves)]
        hashes = _above(start, leaves)
        while hashes:
            start = (start + 1) >> 1
            self._rows.append(Row(start, hashes))
            hashes = _above(start, hashes)

    def compact_range(self, end: int | None = None) -> list[Node]:
        """Return the maximal full subtrees of the stretch, or of its start up to ``end``."""
        at, stop = self._rows[0].start, self._rows[0].end if end is None else end
        found = []
        while at < stop:
            fits = (stop - at).bit_length() - 1
            level = min(fits, (at & -at).bit_length() - 1) if at else fits
            index = at >> level
            found.append(Node(level, index, self._rows[level].part(index, index + 1)))
            at += 1 << level
        return found

    def compare(self, view: View) -> tuple[list[NodeFault], list[bytes]]:
        """Hold them against what is stored: nodes that differ, and blocks that do."""
        faults: list[NodeFault] = []
        unsure: list[bytes] = []
        for tier in range(-(-len(self._rows) // BLOCK_LEVELS)):
            for number in self._blocks(tier):
                if self._is_whole(tier, number):
                    if view.block(number, tier=tier) == self._block(tier, number):
                        continue
                    unsure.append(block_key(number, tier=tier))
                faults += self._faults(view, tier, number)
        return sorted(faults), unsure

    def _blocks(self, tier: int) -> range:
        """Return the numbers of the blocks of which a leaf lies in the stretch."""
        row = self._rows[BLOCK_LEVELS * tier]
        return range(row.start // BLOCK_LEAVES, -(-row.end // BLOCK_LEAVES))

    def _is_whole(self, tier: int, number: int) -> bool:
        row = self._rows[BLOCK_LEVELS * tier]
        return row.start <= number * BLOCK_LEAVES and (number + 1) * BLOCK_LEAVES <= row.end

    def _block(self, tier: int, number: int) -> bytes:
        """Return a block as it must be stored: its leaves and all above them to its top."""
        rows = self._rows[BLOCK_LEVELS * tier : BLOCK_LEVELS * (tier + 1) + 1]
        count = BLOCK_LEAVES
        parts = []
        for row in rows:
            parts.append(row.part(number * count, (number + 1) * count))
            count >>= 1
        return b"".join(parts)

    def _faults(self, view: View, tier: int, number: int) -> Iterator[NodeFault]:
        """Compare the nodes of a block that lie in the stretch, without its top.

        The top is a leaf of the next tier and compared as such.
        """
        count = BLOCK_LEAVES
        for level in range(BLOCK_LEVELS * tier, BLOCK_LEVELS * (tier + 1)):
            if level >= len(self._rows):
                break
            row = self._rows[level]
            first = max(row.start, number * count)
            for index in range(first, min(row.end, (number + 1) * count)):
                if stored_node(view, level, index) != row.part(index, index + 1):
                    yield NodeFault((index + 1 << level) - 1, level, index)
            count >>= 1


def stored_node(view: View, level: int, index: int) -> bytes | None:
    """Return a node as it is stored, None where its block is missing or has another size."""
    try:
        return view.node(level, index)
    except LedgerDamagedError:
        return None
