"""Looking at the tables as they are: for an audit, which trusts no row.

Readers look at the rows that they need. Whoever changed the database may also have left
rows that nobody needs today, or changed such as are needed tomorrow. An `Inspection` gives
all rows of the small tables, counts those of the large ones, and checks the stored tree
block by block, hash by hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.storage.commit import pending_marks
from provenance.storage.rows import (
    BLOCKS,
    EDGE,
    FORMAT_ROW,
    HOLDERS,
    LEAVES,
    PAYLOADS,
    SIZE_ROW,
    STATE,
    STATUS,
    STATUS_ROW,
    TECHNICAL,
    TECHNICAL_ROW,
    TOMBSTONE,
    parse_u64,
)
from provenance.storage.statustree import StatusReader
from provenance.storage.tree import check_block, count_blocks, count_tiers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from provenance.storage.view import View

__all__ = ["HOLDERS", "LEAVES", "PAYLOADS", "TECHNICAL", "Inspection", "status_rows"]

_NAMED: Final = {FORMAT_ROW, SIZE_ROW, STATUS_ROW}


class Inspection:
    """All rows of one snapshot, read as they stand."""

    def __init__(self, view: View) -> None:
        self._rows: Final = view.rows
        self._size: Final = view.size

    def count(self, table: str) -> int:
        """Return the number of rows of a table, every value of a key counted."""
        return self._rows.count(table)

    def tree_faults(self, is_known: Callable[[bytes], bool]) -> Iterator[str]:
        """Name the rows of the stored tree that are not what they must be.

        ``is_known`` tells by its key of which block the caller knows that it is right.
        """
        for key, block in self._rows.scan(BLOCKS):
            if is_known(key):
                continue
            fault = check_block(key, block, self._size)
            if fault:
                yield fault
        stored, expected = self.count(BLOCKS), count_blocks(self._size)
        if stored != expected:
            yield f"{stored} blocks are stored, and {expected} are full"
        tiers = {bytes([tier]) for tier in range(count_tiers(self._size))}
        surplus = {key for key, _ in self._rows.scan(EDGE)} - tiers - _NAMED
        if surplus:
            yield f"the tree's edge has {len(surplus)} rows too many"

    def status(self) -> dict[bytes, bytes]:
        """Return all rows of the settled status tree."""
        return dict(self._rows.scan(STATUS))

    def pending(self) -> dict[int, int]:
        """Return the marks that no status entry has settled yet: bits by index."""
        return dict(pending_marks(self._rows))

    def facts(self) -> Iterator[tuple[bytes, bytes]]:
        """Return all facts, ordered by their keys."""
        return self._rows.scan(STATE)

    def technical(self) -> Iterator[tuple[int, bool] | None]:
        """Return (index, whether it is a tombstone) of every row; None for a damaged one."""
        for _, row in self._rows.scan(TECHNICAL):
            if len(row) == TECHNICAL_ROW.size and row[-1] in {0, TOMBSTONE}:
                index, flags = TECHNICAL_ROW.unpack(row)
                yield index, bool(flags)
            else:
                yield None

    def leading_to(self, indexes: AbstractSet[int]) -> tuple[list[tuple[bytes, int]], ...]:
        """Return the look-ups that lead to some entries: (key, index) of either kind.

        By idTechnique first, tombstones left out, and then those of holders. All rows are
        read: for the rare case in which what the keys are made of is lost.
        """
        technical = [
            (key, index)
            for key, row in self._rows.scan(TECHNICAL)
            if len(row) == TECHNICAL_ROW.size
            for index, flags in (TECHNICAL_ROW.unpack(row),)
            if index in indexes and not flags
        ]
        holders = [
            (key, parse_u64(row, "a holder's look-up row"))
            for key, row in self._rows.scan(HOLDERS)
        ]
        return technical, [(key, index) for key, index in holders if index in indexes]


def status_rows(marks: Iterable[tuple[int, int]]) -> dict[bytes, bytes]:
    """Return the rows that a status tree with just these (index, bits) has."""
    return StatusReader(lambda _: None).marked(marks)
