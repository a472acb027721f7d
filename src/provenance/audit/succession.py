"""What a body may not record anew, because a body that it succeeds has recorded it.

A successor is judged by what the bodies recorded that it has taken over as by its own. What was
withdrawn or erased there is not revived, and what says the same is a repetition. Only other
content under the same idTechnique is new: two bodies may have called different certifications
the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from provenance.errors import ErasedError, FormatError
from provenance.ledger.changes import read_change
from provenance.ledger.judging import inherited_digest
from provenance.record.entry import Certification, Depositor, parse_entry
from provenance.record.status import ERASED, WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provenance.ledger.lookups import Lookups
    from provenance.ledger.recall import Recall
    from provenance.record.commitment import Value
    from provenance.record.entry import Entry
    from provenance.storage import View

ID_TECHNIQUE: Final = "idTechnique"
DEPOSITOR: Final = "emetteur"
REMEMBERED_MAX: Final = 256
"""Registrations whose predecessors are remembered."""


class Succession:
    """Asks the look-ups of one snapshot for what predecessors recorded."""

    def __init__(self, view: View, lookups: Lookups, recall: Recall) -> None:
        self._view: Final = view
        self._lookups: Final = lookups
        self._recall: Final = recall
        self._succeeded: Final = lru_cache(REMEMBERED_MAX)(self._read_succeeded)

    def faults(
        self, registration: int, index: int, record: Mapping[str, Value]
    ) -> Iterator[str]:
        """Yield what is wrong with the certification at ``index``, which corrects nothing.

        ``registration`` is the one that it names, ``record`` what it says. Raises
        `ProvenanceError` where what it is compared with cannot be opened.
        """
        succeeded = self._succeeded(registration)
        for body in succeeded:
            technique = str(record.get(ID_TECHNIQUE))
            known = self._view.technical(self._lookups.technical(body, technique))
            earlier = None if known is None else self._before(known[0], index)
            if earlier is None:
                continue
            if self._happened(earlier, WITHDRAWN, index):
                yield f"records anew what was withdrawn as entry {earlier}"
            elif self._happened(earlier, ERASED, index):
                yield f"records anew what was erased as entry {earlier}"
            elif self._says_the_same(earlier, record, succeeded):
                yield f"records what a body that it succeeds recorded as entry {earlier}"

    def _says_the_same(
        self, earlier: int, record: Mapping[str, Value], succeeded: tuple[str, ...]
    ) -> bool:
        bodies = (str(record.get(DEPOSITOR)), *succeeded)
        try:
            before = dict(self._recall.certification(self._view, earlier).fields)
        except ErasedError:
            return False
        return inherited_digest(before, bodies) == inherited_digest(record, bodies)

    def _before(self, newest: int, index: int) -> int | None:
        """Return the value of a look-up before ``index``; ``newest`` is its value now."""
        at: int | None = newest
        while at is not None and at >= index:
            entry = self._entry(at)
            at = entry.supersedes if isinstance(entry, Certification) else None
        return at

    def _happened(self, target: int, bit: int, index: int) -> bool:
        by = read_change(self._view, target, bit)
        return by is not None and by < index

    def _read_succeeded(self, registration: int) -> tuple[str, ...]:
        entry = self._entry(registration)
        return (entry.succeeds or ()) if isinstance(entry, Depositor) else ()

    def _entry(self, index: int) -> Entry | None:
        try:
            return parse_entry(self._view.entry(index))
        except FormatError:
            return None
