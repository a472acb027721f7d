"""The status tree as files, and who changed what: replaced at each publication.

Hardly any status leaf is anything but zeros, and hardly any of the files differs from what
is published already; so each is compared first, and only those that differ are written.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from provenance.ledger.changes import CHANGE_PREFIX, parse_change
from provenance.record.pointers import encode_changes
from provenance.record.status import LEAF_ENTRIES, LEAF_SIZE, leaf_count, status_bits
from provenance.tlog.tiles import (
    CHANGES,
    STATUS,
    STATUS_TILE,
    TILE_LEVELS,
    TILE_WIDTH,
    TileName,
    count_items,
    count_levels,
    tile_width,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.storage import View
    from provenance.storage.published import ComparedFiles, PublishedFiles

FILE_ENTRIES: Final = TILE_WIDTH * LEAF_ENTRIES
"""Entries whose status stands in one file."""


def write_status(files: PublishedFiles | ComparedFiles, view: View, size: int) -> None:
    """Write the status tree that the log of ``size`` ends with, and who changed what."""
    leaves = leaf_count(size - 1)
    for number, data in _status_files(view, leaves):
        files.replace(TileName(STATUS, number).path, data)
    for level in range(1, count_levels(leaves)):
        for number in range(-(-count_items(leaves, level) // TILE_WIDTH)):
            start = number * TILE_WIDTH
            nodes = range(start, start + tile_width(leaves, number, level))
            hashes = (view.status_node(level * TILE_LEVELS, node) for node in nodes)
            name = TileName(f"{STATUS_TILE}/{level}", number)
            files.replace(name.path, b"".join(hashes))
    for number, rows in groupby(_changes(view, size), lambda row: row[0] // FILE_ENTRIES):
        files.replace(TileName(CHANGES, number).path, encode_changes(rows))


def _status_files(view: View, leaves: int) -> Iterator[tuple[int, bytes]]:
    changed = view.status_leaves()
    index, bits = next(changed, (leaves, b""))
    for number in range(-(-leaves // TILE_WIDTH)):
        start = number * TILE_WIDTH
        data = bytearray(tile_width(leaves, number) * LEAF_SIZE)
        while index < min(start + TILE_WIDTH, leaves):
            at = (index - start) * LEAF_SIZE
            data[at : at + LEAF_SIZE] = bits
            index, bits = next(changed, (leaves, b""))
        yield number, bytes(data)


def _changes(view: View, size: int) -> Iterator[tuple[int, int, int]]:
    """Give, in order, what the status tree says was done, and the entry that did it."""
    for key, value in view.state_items(CHANGE_PREFIX):
        target, bit = parse_change(key)
        by = int.from_bytes(value, "big")
        leaf = target // LEAF_ENTRIES
        # Deposits and withdrawals can be erased too, and the tree says nothing of them.
        if by < size and status_bits(view.status_leaf(leaf), target) & bit:
            yield target, bit, by
