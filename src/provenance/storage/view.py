"""Reading: one snapshot of the log, which commits that come later do not change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from provenance.errors import LedgerDamagedError, UnknownEntryError
from provenance.record.status import LEAF_ENTRIES, status_bits
from provenance.storage.commit import pending_marks, status_reader
from provenance.storage.rows import (
    BLOCKS,
    CHECKPOINTS,
    EDGE,
    HOLDERS,
    LEAVES,
    PAYLOADS,
    PENDING,
    RECORDS,
    SIGNATURE_SIZE,
    SIZE_ROW,
    STATE,
    STATUS,
    STATUS_ROW,
    TECHNICAL,
    TECHNICAL_ROW,
    TOMBSTONE,
    pack_u64,
    parse_record,
    parse_u8,
    parse_u64,
)
from provenance.storage.tree import TreeReader
from provenance.tlog.merkle import HASH_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provenance.storage.rows import ReadRows
    from provenance.storage.tree import Edge

_SIGNED: Final = {SIGNATURE_SIZE}


class View(TreeReader):
    """One snapshot of the log, of ``size`` entries. A context manager; close it.

    It also reads the Merkle tree: ``node``, ``leaf_hash``, ``leaf_hashes`` and ``root``.
    Give it to one thread at a time. What it returns are copies and outlive it. All of
    it raises `StorageError` when the view or its store is closed, or the disk refuses.
    """

    def __init__(self, rows: ReadRows, edge: Callable[[ReadRows, int], Edge]) -> None:
        """Use `Store.view`."""
        self.rows: Final = rows
        """The tables themselves, for an `Inspection`."""
        size = parse_u64(rows.get(EDGE, SIZE_ROW), "the log's size")
        super().__init__(size, lambda key: rows.get(BLOCKS, key), lambda: edge(rows, size))
        self._status: Final = status_reader(rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the snapshot. Closing twice does nothing."""
        self.rows.close()

    @property
    def snapshot(self) -> int:
        """Number of the commit that is read: two views of one number are the same."""
        return self.rows.number()

    # --- entries

    def record(self, index: int) -> tuple[bytes, bytes]:
        """Return an entry's bytes and its signature (64 bytes, or none).

        Raises `UnknownEntryError`.
        """
        self._check_index(index)
        return parse_record(self.rows.get(RECORDS, pack_u64(index)), index)

    def _check_index(self, index: int) -> None:
        if not 0 <= index < self.size:
            raise UnknownEntryError(f"there is no entry {index}: the log has {self.size}")

    def entry(self, index: int) -> bytes:
        """Return an entry's bytes. Raises `UnknownEntryError`."""
        return self.record(index)[0]

    def signature(self, index: int) -> bytes:
        """Return an entry's signature, 64 bytes or none. Raises `UnknownEntryError`."""
        return self.record(index)[1]

    def entries(self, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
        """Return (entry, signature) of the entries [start, end) in order.

        Raises `UnknownEntryError` when the log does not have all of them.
        """
        if not 0 <= start <= end <= self.size:
            raise UnknownEntryError(f"the log of {self.size} has no entries {start} to {end}")
        return self._entries(start, end)

    def _entries(self, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
        rows = self.rows.scan(RECORDS, pack_u64(start))
        for index in range(start, end):
            key, row = next(rows, (b"", b""))
            if key != pack_u64(index):
                raise LedgerDamagedError(f"the record of entry {index} is missing")
            yield parse_record(row, index)

    def records(
        self, start: int, end: int, *, signatures: bool = True
    ) -> tuple[list[bytes], list[bytes]]:
        """Return the entries [start, end) and their signatures, a list each.

        For those who read the whole log; of whom some do not need the signatures, and get
        no list of them. Raises `UnknownEntryError` when it does not have
        all of them, `LedgerDamagedError` when a row is missing or malformed.
        """
        if not 0 <= start <= end <= self.size:
            raise UnknownEntryError(f"the log of {self.size} has no entries {start} to {end}")
        wanted = list(map(pack_u64, range(start, end)))
        keys, rows = self.rows.some(RECORDS, pack_u64(start), len(wanted))
        at = 1 + SIGNATURE_SIZE
        signed = min(map(len, rows), default=0) >= at and {row[0] for row in rows} == _SIGNED
        if signed and keys == wanted:
            # As they should be: both parts stand at fixed places.
            return [row[at:] for row in rows], [row[1:at] for row in rows if signatures]
        read = list(self._entries(start, end))
        return [entry for entry, _ in read], [signature for _, signature in read if signatures]

    def payload(self, index: int) -> bytes | None:
        """Return an entry's sealed payload, or None when it has none.

        Raises `UnknownEntryError`.
        """
        self._check_index(index)
        return self.rows.get(PAYLOADS, pack_u64(index))

    def leaves(self, deposit: int) -> tuple[bytes, ...]:
        """Return the hashes of the leaves of the deposit at an index, from leaf 0 on.

        They stay when anything of it is erased. Raises `UnknownEntryError` where the entry
        has none, which is so of every one that is not a deposit, and `LedgerDamagedError`.
        """
        self._check_index(deposit)
        row = self.rows.get(LEAVES, pack_u64(deposit))
        if row is None:
            raise UnknownEntryError(f"entry {deposit} has no leaves: it is not a deposit")
        if not row or len(row) % HASH_SIZE:
            raise LedgerDamagedError(f"the leaves of deposit {deposit} are damaged")
        return tuple([row[at : at + HASH_SIZE] for at in range(0, len(row), HASH_SIZE)])

    # --- look-ups and facts

    def technical(self, key: bytes) -> tuple[int, bool] | None:
        """Return (index, whether a tombstone) under a look-up key of 16 bytes, or None."""
        row = self.rows.get(TECHNICAL, key)
        if row is None:
            return None
        if len(row) != TECHNICAL_ROW.size:
            raise LedgerDamagedError("a look-up row is damaged")
        index, flags = TECHNICAL_ROW.unpack(row)
        return index, bool(flags & TOMBSTONE)

    def holders(self, key: bytes) -> list[int]:
        """Return the indexes under a holder's look-up key of 16 bytes, ascending."""
        rows = self.rows.values(HOLDERS, key)
        return [parse_u64(row, "a holder's look-up row") for row in rows]

    def is_held(self, key: bytes, index: int) -> bool:
        """Return whether ``index`` is one of those that `holders` gives, at the cost of two."""
        first = self.rows.get(HOLDERS, key)
        if first is None:
            return False
        # All rows of a key have one length, so the first one tells for all of them.
        if parse_u64(first, "a holder's look-up row") == index:
            return True
        return self.rows.holds(HOLDERS, key, pack_u64(index))

    def state(self, key: bytes) -> bytes | None:
        """Return the fact under ``key``, or None."""
        return self.rows.get(STATE, key)

    def state_items(
        self, prefix: bytes, *, start: bytes = b""
    ) -> Iterator[tuple[bytes, bytes]]:
        """Return (key, value) of all facts whose key begins with ``prefix``, ordered.

        ``start``: the first key of interest, which begins with ``prefix`` too.
        """
        for key, value in self.rows.scan(STATE, start or prefix):
            if not key.startswith(prefix):
                break
            yield key, value

    # --- checkpoints

    def checkpoint(self, size: int | None = None) -> bytes | None:
        """Return the signed note at just that size, the latest by default, or None."""
        if size is not None:
            return self.rows.get(CHECKPOINTS, pack_u64(size))
        _, note = next(self.rows.scan(CHECKPOINTS, last=True), (b"", None))
        return note

    def checkpoints(self) -> Iterator[tuple[int, bytes]]:
        """Return (size, signed note) of all checkpoints, ascending."""
        for key, note in self.rows.scan(CHECKPOINTS):
            yield parse_u64(key, "a checkpoint's key"), note

    # --- status

    @property
    def status_size(self) -> int:
        """Size of the log at which the status tree was last settled."""
        return parse_u64(self.rows.get(EDGE, STATUS_ROW), "the status tree's size")

    def status_root(self, size: int, *, settled: bool) -> bytes:
        """Return the root of the status tree over the first ``size`` entries.

        ``settled``: of the stored tree, which the status entry at ``status_size`` names.
        Otherwise with all pending marks, as a status entry appended now must say it.
        Raises `UnknownEntryError` for a size that the log has not reached.
        """
        if not 0 <= size <= self.size:
            raise UnknownEntryError(f"the log of {self.size} has not reached size {size}")
        if settled:
            return self._status.root(size)
        return self._status.with_marks(pending_marks(self.rows)).root(size)

    def status_bits(self, index: int) -> int:
        """Return what all entries so far did to the one at ``index``, settled or not."""
        pending = self.rows.get(PENDING, pack_u64(index))
        bits = 0 if pending is None else parse_u8(pending, "a pending mark")
        return bits | status_bits(self.status_leaf(index // LEAF_ENTRIES), index)

    def status_leaf(self, index: int) -> bytes:
        """Return leaf ``index`` (64 bytes) of the settled status tree."""
        return self._status.leaf(index)

    def status_leaves(self) -> Iterator[tuple[int, bytes]]:
        """Return (index, 64 bytes) of the settled status leaves that are not all zero."""
        for key, row in self.rows.scan(STATUS):
            if key[0]:
                break
            yield parse_u64(key[1:], "a status leaf's key"), row

    def status_node(self, level: int, index: int) -> bytes:
        """Return the hash of a full subtree of the settled status tree."""
        return self._status.node(level, index)
