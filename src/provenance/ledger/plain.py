"""Entries that commit to nothing: no seed, no payload, no look-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from provenance.ledger.draft import NO_SEED, Place
from provenance.record.entry import ZERO_PREV, encode_entry, parse_entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.ledger.changes import Change
    from provenance.record.entry import Entry

_TRIAL_TIME: Final = "1970-01-01T00:00:00.000000Z"


class PlainItem(msgspec.Struct, frozen=True):
    """An entry that only its place completes."""

    make: Callable[[Place], Entry]
    seed: bytes = NO_SEED
    payload: None = None
    technical: None = None
    holders: tuple[bytes, ...] = ()
    changes: tuple[Change, ...] = ()

    def entry(self, place: Place) -> Entry:
        """Return the entry as it reads at ``place``."""
        return self.make(place)


def check_form(make: Callable[[Place], Entry], *, index: int = 2) -> None:
    """Read an entry back once, as an auditor would, before it can enter the log.

    Raises `FormatError` when a value that a caller handed in has not its form.
    """
    place = Place(index=index, time=_TRIAL_TIME, prev=ZERO_PREV, start=index)
    parse_entry(encode_entry(make(place)))
