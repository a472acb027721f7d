"""The stored status tree: what later entries did to earlier ones, hardly ever anything.

Nearly all status leaves are zero, so only what is not is stored. Think of a tree over
2^57 leaves of zeros, enough for every index: subtrees of zeros have known hashes, and a
leaf that is not zero is stored with its ancestors. Rows, under ``u8 level || u64 index``::

    level 0         the leaf itself, 64 bytes
    level 1 … 57    hash of the subtree [index << level, (index + 1) << level), 32 bytes

The tree over the first n leaves (RFC 6962 section 2.1) is made of full subtrees of that
one, whatever n is.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from provenance.errors import LedgerDamagedError, UnknownEntryError
from provenance.record.status import LEAF_ENTRIES, LEAF_SIZE, leaf_count, with_bits
from provenance.tlog.merkle import HASH_SIZE, leaf_hash, node_hash
from provenance.tlog.prover import subtree_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HEIGHT: Final = 57
"""Levels above the leaves: 2^57 leaves of 128 entries are 2^64 entries."""
ZERO_LEAF: Final = bytes(LEAF_SIZE)

_KEY: Final = struct.Struct(">BQ")


def _zero_hashes() -> list[bytes]:
    hashes = [leaf_hash(ZERO_LEAF)]
    for _ in range(HEIGHT):
        hashes.append(node_hash(hashes[-1], hashes[-1]))
    return hashes


ZERO_HASHES: Final = _zero_hashes()
"""Hash of a subtree of zero leaves, by level."""


class StatusReader:
    """Reads the status tree; ``read_row`` gives the row under a key, or None."""

    def __init__(self, read_row: Callable[[bytes], bytes | None]) -> None:
        self._read_row: Final = read_row

    def _row(self, level: int, index: int, size: int) -> bytes | None:
        if not (0 <= level <= HEIGHT and 0 <= index < 1 << (HEIGHT - level)):
            raise UnknownEntryError(f"the status tree has no node {level}, {index}")
        row = self._read_row(_KEY.pack(level, index))
        if row is not None and len(row) != size:
            raise LedgerDamagedError(f"node {level}, {index} of the status tree is damaged")
        return row

    def leaf(self, index: int) -> bytes:
        """Return status leaf ``index``, 64 bytes: that of entries 128 index and following."""
        return self._row(0, index, LEAF_SIZE) or ZERO_LEAF

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the subtree [index << level, (index + 1) << level)."""
        if level == 0:
            row = self._row(0, index, LEAF_SIZE)
            return ZERO_HASHES[0] if row is None else leaf_hash(row)
        return self._row(level, index, HASH_SIZE) or ZERO_HASHES[level]

    def root(self, size: int) -> bytes:
        """Return the root of the status tree over the first ``size`` entries of the log."""
        return subtree_root(0, leaf_count(size), self.node)

    def marked(self, marks: Iterable[tuple[int, int]]) -> dict[bytes, bytes]:
        """Return the rows that change when bits are added: (entry index, bits) each.

        Nothing is written. Raises `FormatError` for bits other than the three.
        """
        rows: dict[bytes, bytes] = {}
        after = StatusReader(lambda key: rows.get(key) or self._read_row(key))
        changed = set()
        for entry, bits in marks:
            leaf = entry // LEAF_ENTRIES
            rows[_KEY.pack(0, leaf)] = with_bits(after.leaf(leaf), entry, bits)
            changed.add(leaf)
        for level in range(HEIGHT):
            changed = {index >> 1 for index in changed}
            for index in changed:
                left, right = after.node(level, 2 * index), after.node(level, 2 * index + 1)
                rows[_KEY.pack(level + 1, index)] = node_hash(left, right)
        return rows

    def with_marks(self, marks: Iterable[tuple[int, int]]) -> StatusReader:
        """Return a reader of the tree as it is when bits were added; nothing is written."""
        rows = self.marked(marks)
        return StatusReader(lambda key: rows.get(key) or self._read_row(key))
