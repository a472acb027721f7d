"""The log's end while a commit is being built: each entry chained to the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from provenance.encoding import encode_base64
from provenance.errors import LedgerDamagedError
from provenance.ledger.deposit_job import DepositJob
from provenance.ledger.draft import Draft, Place
from provenance.record.entry import (
    ZERO_PREV,
    Genesis,
    Key,
    encode_entry,
    format_time,
    parse_time,
)
from provenance.tlog.merkle import leaf_hash

if TYPE_CHECKING:
    from provenance.ledger.clock import Clock
    from provenance.ledger.job import Item, Job
    from provenance.storage import View


class End(msgspec.Struct, frozen=True):
    """Where a commit left the log: its size, and the last entry's leaf hash and time."""

    size: int
    leaf_hash: bytes
    time: str

    def is_end_of(self, view: View) -> bool:
        """Whether the log still ends here: equal leaf hashes, equal logs."""
        return view.size == self.size and view.leaf_hash(self.size - 1) == self.leaf_hash


class Chain:
    """Entries that go on from the log's end, all of one time.

    ``last_time`` is that of the entry before, "" in an empty log. Raises `ClockError`.
    """

    def __init__(self, view: View, last_time: str, clock: Clock) -> None:
        self.start: Final = view.size
        last_us = parse_time(last_time) if last_time else 0
        now_us, self.held = clock.now_us(not_before_us=last_us)
        self.time: Final = format_time(now_us)
        self.entries: Final[list[bytes]] = []
        self.leaf_hashes: Final[list[bytes]] = []
        self.declarations: Final[list[Genesis | Key]] = []
        """Those of the entries that declare keys."""
        self._ends_in_draft = False
        self._prev = encode_base64(_last_leaf(view)) if view.size else ZERO_PREV

    @property
    def end(self) -> int:
        """The log's size with these entries."""
        return self.start + len(self.entries)

    def add(self, job: Job) -> int:
        """Chain the job's entries; give the index of the first."""
        first, prev = self.end, self._prev
        encode = job.encoder(first, self.time) if isinstance(job, DepositJob) else None
        for index, item in enumerate(job.items, first):
            if isinstance(item, Draft):
                # By the thousand, and the lock is held.
                assert encode is not None, "only a deposit brings certifications"
                entry = encode(index, prev, encode_base64(item.commitment), item.supersedes)
            else:
                place = Place(index=index, time=self.time, prev=prev, start=first)
                entry = self._encode(item, place)
            leaf = leaf_hash(entry)
            self.entries.append(entry)
            self.leaf_hashes.append(leaf)
            prev = encode_base64(leaf)
        self._prev = prev
        self._ends_in_draft = isinstance(job.items[-1], Draft)
        return first

    def end_left(self) -> End | None:
        """Return the end at which any entry may follow; None where one must look first."""
        if self.declarations or not self._ends_in_draft:
            return None
        return End(self.end, self.leaf_hashes[-1], self.time)

    def _encode(self, item: Item, place: Place) -> bytes:
        made = item.entry(place)
        if isinstance(made, Genesis | Key):
            self.declarations.append(made)
        return encode_entry(made)


def _last_leaf(view: View) -> bytes:
    """Return the leaf hash of the last entry, from its own bytes.

    What is chained to a stored hash that has rotted could never be mended. Raises
    `LedgerDamagedError`.
    """
    last = view.size - 1
    leaf = leaf_hash(view.entry(last))
    if leaf != view.leaf_hash(last):
        raise LedgerDamagedError(
            f"the stored leaf hash of entry {last} is not that of its bytes: audit the ledger"
        )
    return leaf
