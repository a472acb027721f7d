"""One commit: everything that becomes true together, checked and turned into rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from provenance.errors import StorageError
from provenance.storage.rows import (
    BLOCKS,
    EDGE,
    HOLDERS,
    LEAVES,
    LOOKUP_KEY_SIZE,
    PAYLOADS,
    PENDING,
    RECORDS,
    SIGNATURE_SIZE,
    SIZE_ROW,
    STATE,
    STATE_KEY_SIZE_MAX,
    STATUS,
    STATUS_ROW,
    TECHNICAL,
    TECHNICAL_ROW,
    TOMBSTONE,
    pack_u64,
    parse_u8,
    parse_u64,
    record_row,
)
from provenance.storage.statustree import StatusReader
from provenance.tlog.merkle import HASH_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.storage.rows import ReadRows, WriteRows
    from provenance.storage.tree import Edge


class Commit(msgspec.Struct, frozen=True):
    """Entries to append at ``start``, and the rows beside them.

    ``entries``, their leaf hashes (32 bytes) and their signatures (64 bytes or none) go
    together by position. The rest is optional.
    """

    start: int
    entries: Sequence[bytes]
    leaf_hashes: Sequence[bytes]
    signatures: Sequence[bytes]
    payloads: Sequence[tuple[int, bytes]] = ()
    """(index of an entry of this commit, sealed payload), ascending."""
    leaves: Sequence[tuple[int, bytes]] = ()
    """(index of a deposit of this commit, hashes of its leaves joined), ascending."""
    technical: Sequence[tuple[bytes, int]] = ()
    """(look-up key of 16 bytes, index); replaces what stands under the key."""
    tombstones: Sequence[tuple[bytes, int]] = ()
    """The same for erased entries: the key stays taken, and says so."""
    released: Sequence[bytes] = ()
    """Keys of 16 bytes that are free again, because nobody knows any more what they were."""
    holders: Sequence[tuple[bytes, int]] = ()
    """(look-up key of 16 bytes, index); a key has many indexes."""
    forgotten: Sequence[tuple[bytes, int]] = ()
    """Rows to remove from the holders' look-ups."""
    erased: Sequence[int] = ()
    """Indexes whose payloads are removed."""
    marks: Sequence[tuple[int, int]] = ()
    """(index, status bits to add): pending until a commit settles them."""
    settle_status: bool = False
    """Put the marks of all earlier commits into the status tree, as of ``start``."""
    state: Sequence[tuple[bytes, bytes]] = ()
    """Small facts of the ledger (key of 1 to 511 bytes, value)."""
    dropped: Sequence[bytes] = ()
    """Keys of facts to remove."""

    @property
    def end(self) -> int:
        """The log's size after the commit."""
        return self.start + len(self.entries)

    def check(self) -> None:
        """Check the forms of everything; raises `StorageError`."""
        if not len(self.entries) == len(self.leaf_hashes) == len(self.signatures):
            raise StorageError("a commit needs a leaf hash and a signature for each entry")
        if set(map(len, self.leaf_hashes)) - {HASH_SIZE}:
            raise StorageError(f"leaf hashes have {HASH_SIZE} bytes")
        if set(map(len, self.signatures)) - {0, SIGNATURE_SIZE}:
            raise StorageError(f"signatures have {SIGNATURE_SIZE} bytes, or none")
        if not all(0 < len(key) <= STATE_KEY_SIZE_MAX for key, _ in self.state):
            raise StorageError(f"keys of facts have 1 to {STATE_KEY_SIZE_MAX} bytes")
        _check_beside(self, self.payloads, "payloads")
        _check_beside(self, self.leaves, "leaves")
        if any(not row or len(row) % HASH_SIZE for _, row in self.leaves):
            raise StorageError(f"the hashes of leaves have {HASH_SIZE} bytes each")
        _check_lookups(self)


def _check_beside(commit: Commit, rows: Sequence[tuple[int, bytes]], what: str) -> None:
    indexes = [index for index, _ in rows]
    if indexes != sorted(set(indexes)):
        raise StorageError(f"{what} must come in the order of their entries")
    if indexes and not commit.start <= indexes[0] <= indexes[-1] < commit.end:
        raise StorageError(f"a commit holds {what} of its own entries only")


def _check_lookups(commit: Commit) -> None:
    rows = [*commit.technical, *commit.tombstones, *commit.holders, *commit.forgotten]
    if {len(key) for key in (*(key for key, _ in rows), *commit.released)} - {LOOKUP_KEY_SIZE}:
        raise StorageError(f"look-up keys have {LOOKUP_KEY_SIZE} bytes")
    named = [index for _, index in rows]
    named += [*commit.erased, *(index for index, _ in commit.marks)]
    if named and not 0 <= min(named) <= max(named) < commit.end:
        raise StorageError("a look-up, mark or erasure names an entry that does not exist")


def write_commit(commit: Commit, rows: WriteRows, edge: Edge) -> Edge:
    """Write all rows of a checked commit; give the tree's edge after it."""
    keys = map(pack_u64, range(commit.start, commit.end))
    values = map(record_row, commit.entries, commit.signatures)
    rows.put(RECORDS, zip(keys, values, strict=True), append=True)
    sealed = ((pack_u64(index), payload) for index, payload in commit.payloads)
    if commit.payloads:
        rows.put(PAYLOADS, sealed, append=True)
    if commit.leaves:
        hashes = [(pack_u64(index), row) for index, row in commit.leaves]
        rows.put(LEAVES, hashes, append=True)
    if commit.state:
        rows.put(STATE, commit.state)
    for key in commit.dropped:
        rows.delete(STATE, key)
    _write_lookups(commit, rows)
    _write_status(commit, rows)
    return _write_tree(commit, rows, edge)


def _write_tree(commit: Commit, rows: WriteRows, edge: Edge) -> Edge:
    blocks, after = edge.extend(commit.leaf_hashes)
    if blocks:
        rows.put(BLOCKS, blocks, append=True)
    tiers = [(bytes([tier]), row) for tier, row in after.rows_since(edge)]
    rows.put(EDGE, [*tiers, (SIZE_ROW, pack_u64(after.size))])
    return after


def _write_lookups(commit: Commit, rows: WriteRows) -> None:
    # Look-up keys are random. Sorted, neighbours at least touch the same pages.
    row = TECHNICAL_ROW.pack
    if commit.technical:
        rows.put(TECHNICAL, sorted([(key, row(index, 0)) for key, index in commit.technical]))
    if commit.tombstones:
        erased = sorted((key, row(index, TOMBSTONE)) for key, index in commit.tombstones)
        rows.put(TECHNICAL, erased)
    if commit.holders:
        rows.put(HOLDERS, sorted([(key, pack_u64(index)) for key, index in commit.holders]))
    for key in commit.released:
        rows.delete(TECHNICAL, key)
    for key, index in commit.forgotten:
        rows.delete(HOLDERS, key, pack_u64(index))
    for index in commit.erased:
        rows.delete(PAYLOADS, pack_u64(index))


def _write_status(commit: Commit, rows: WriteRows) -> None:
    if commit.settle_status:
        changed = status_reader(rows).marked(pending_marks(rows))
        rows.put(STATUS, sorted(changed.items()))
        rows.put(EDGE, [(STATUS_ROW, pack_u64(commit.start))])
        rows.clear(PENDING)
    for index, bits in commit.marks:
        key = pack_u64(index)
        before = rows.get(PENDING, key) or b"\0"
        rows.put(PENDING, [(key, bytes([before[0] | bits]))])


def pending_marks(rows: ReadRows) -> Iterator[tuple[int, int]]:
    """Return (index, bits) of the marks that no commit has settled yet."""
    for key, bits in rows.scan(PENDING):
        yield parse_u64(key, "a pending mark"), parse_u8(bits, "a pending mark")


def status_reader(rows: ReadRows) -> StatusReader:
    """Return a reader of the settled status tree."""
    return StatusReader(lambda key: rows.get(STATUS, key))
