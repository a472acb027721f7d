"""What one caller wants recorded: entries, and what is stored beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.ledger.changes import Change
    from provenance.ledger.draft import Draft, Place
    from provenance.record.entry import Entry
    from provenance.storage import View


class OutdatedError(Exception):
    """A job was prepared on facts that changed before its turn; prepare it again."""


class Item(Protocol):
    """One entry of a job, and what is stored beside it."""

    @property
    def seed(self) -> bytes:
        """32 bytes for the vault; zeros where the entry commits to nothing."""

    @property
    def payload(self) -> bytes | None:
        """The encrypted payload, or None."""

    @property
    def technical(self) -> bytes | None:
        """The look-up key that must be free, or None."""

    @property
    def holders(self) -> tuple[bytes, ...]:
        """Look-up keys of the holder."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """What the entry does to earlier ones."""

    def entry(self, place: Place) -> Entry:
        """Return the entry as it reads at its place."""


class Effects(msgspec.Struct, frozen=True):
    """What a job changes beside the entries that it appends; as in `Commit`."""

    leaves: Sequence[tuple[int, bytes]] = ()
    state: Sequence[tuple[bytes, bytes]] = ()
    dropped: Sequence[bytes] = ()
    tombstones: Sequence[tuple[bytes, int]] = ()
    released: Sequence[bytes] = ()
    forgotten: Sequence[tuple[bytes, int]] = ()
    erased: Sequence[int] = ()
    """Entries whose payloads are removed, and whose seeds are destroyed after the commit."""


class Recorded(msgspec.Struct, frozen=True):
    """What was committed for one job, in its order."""

    start: int
    time: str
    clock_held: bool
    entries: Sequence[bytes]
    leaf_hashes: Sequence[bytes]
    signatures: Sequence[bytes]


class Job:
    """What one caller wants recorded: all of it, in one piece, or nothing.

    ``ends_a_log``: it may stand behind the entry that closes the log.
    """

    ends_a_log = False

    def __init__(self, items: Sequence[Item | Draft]) -> None:
        self.items: Final = items
        self.recorded: Recorded | None = None
        self.error: Exception | None = None

    def claims(self) -> set[bytes]:
        """Return the keys that no other job of the same commit may claim too."""
        keys = {item.technical for item in self.items if item.technical is not None}
        targets = {change.target for item in self.items for change in item.changes}
        return keys | {target.to_bytes(8, "big") for target in targets}

    def rests_on(self) -> set[bytes]:
        """Return the keys that others of the commit may rest on too, but not claim."""
        return set()

    def check(self, view: View) -> None:
        """Check, under the lock, the facts that the job rests on.

        Raises `OutdatedError` when it must be prepared again.
        """
        for item in self.items:
            changes, key = item.changes, item.technical
            if changes and not all(change.is_possible(view) for change in changes):
                raise OutdatedError
            if key is not None and (known := view.technical(key)) is not None:
                replaced = [(change.target, False) for change in changes]
                if known not in replaced:
                    raise OutdatedError

    def effects(self, start: int) -> Effects:
        """Return what changes beside the entries, the first of which is at ``start``."""
        del start
        return Effects()

    def result(self) -> Recorded:
        """Return what was recorded, or raise what prevented it."""
        if self.error is not None:
            raise self.error
        assert self.recorded is not None, "a job is committed or failed, never neither"
        return self.recorded
