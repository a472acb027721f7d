"""Registering depositors: who may deposit, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.ledger.job import Effects, Job
from provenance.ledger.plain import PlainItem, check_form
from provenance.ledger.registry import depositor_row, index_row, read_index
from provenance.record.entry import Depositor

if TYPE_CHECKING:
    from provenance.ledger.draft import Place
    from provenance.record.entry import Entry
    from provenance.storage import View


class RegistrationJob(Job):
    """Appends a ``depositor`` entry, which replaces an earlier one of the same BCR.

    Raises `FormatError` when a value has not its form.
    """

    def __init__(
        self,
        *,
        depositor: str,
        name: str,
        siret: str | None,
        certifiers: tuple[str, ...] | None,
        keys: tuple[str, ...],
    ) -> None:
        self._row: Final = depositor_row(depositor)
        self._previous: int | None = None

        def make(place: Place) -> Entry:
            return Depositor(
                index=place.index,
                time=place.time,
                prev=place.prev,
                depositor=depositor,
                name=name,
                siret=siret,
                certifiers=certifiers,
                keys=keys,
                previous=self._previous,
            )

        super().__init__([PlainItem(make)])
        check_form(make)

    def claims(self) -> set[bytes]:
        """Only one replacement of an entry can be the next one."""
        return {self._row}

    def check(self, view: View) -> None:
        """Find the entry that this one replaces."""
        self._previous = read_index(view, self._row)

    def effects(self, start: int) -> Effects:
        """Say where the depositor's entry in force stands."""
        return Effects(state=[index_row(self._row, start)])
