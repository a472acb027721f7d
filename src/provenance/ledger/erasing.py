"""Erasing: what must go with a certification, and the entries that say that it went.

A person's data do not lie in one place. With a certification goes what it superseded, the
deposit that brought it (whose salt would let the erased passage be guessed from the rest
of the file), the file that withdrew it, and every deposit that still holds a passage of
the same idTechnique or of the same holder. What other entries commit to stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

import msgspec

from provenance.encoding import encode_base64
from provenance.errors import ErasedError, FormatError, UnknownEntryError
from provenance.ledger.changes import Change, read_change
from provenance.ledger.draft import Sealed, seal_fields
from provenance.ledger.erasures import erasure_row
from provenance.ledger.job import Effects, Job
from provenance.ledger.mentions import (
    deposits_that_mention,
    keys_of_mentions,
    reference_row,
)
from provenance.ledger.registry import read_entry
from provenance.record.entry import Certification, Deposit, Erasure, Withdrawal, parse_entry
from provenance.record.status import ERASED, WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from provenance.ledger.draft import Place
    from provenance.ledger.lookups import Lookups
    from provenance.ledger.recall import Recall
    from provenance.record.entry import Entry
    from provenance.storage import View

Basis: TypeAlias = Literal["GDPR_ART_17", "RETENTION_END", "COURT_ORDER", "OTHER"]
BASES: Final[tuple[Basis, ...]] = get_args(Basis)
"""On what an erasure rests (GDPR_ART_17: Regulation (EU) 2016/679, article 17)."""
ERASES_MAX: Final = 2000
"""Indexes in one erasure entry; larger erasures are split, to stay within an entry's size."""


class Erased(msgspec.Struct, frozen=True):
    """What an erasure did: its entries, and the entries whose content is gone."""

    entries: tuple[int, ...]
    erased: tuple[int, ...]
    time: str
    """When, by the operator's clock."""


class Traces(msgspec.Struct, frozen=True):
    """Where the content of one entry can be found: rows to remove with it."""

    index: int
    is_certification: bool
    technical: tuple[bytes, ...] = ()
    holders: tuple[bytes, ...] = ()
    facts: tuple[bytes, ...] = ()


class ErasureDraft(msgspec.Struct, frozen=True):
    """One erasure entry, ready but for its place in the log."""

    sealed: Sealed
    changes: tuple[Change, ...]
    technical: None = None
    holders: tuple[bytes, ...] = ()

    @property
    def seed(self) -> bytes:
        """32 bytes."""
        return self.sealed.seed

    @property
    def payload(self) -> bytes:
        """The encrypted payload."""
        return self.sealed.payload

    def entry(self, place: Place) -> Entry:
        """Give the entry as it reads at ``place``."""
        return Erasure(
            index=place.index,
            time=place.time,
            prev=place.prev,
            erases=tuple(change.target for change in self.changes),
            commitment=encode_base64(self.sealed.commitment),
        )


class ErasureJob(Job):
    """Erases the content of entries; ``traces`` ascend by index."""

    def __init__(self, traces: Sequence[Traces], basis: Basis) -> None:
        changes = [Change(one.index, ERASED, in_tree=one.is_certification) for one in traces]
        super().__init__(
            [
                ErasureDraft(
                    sealed=seal_fields(("basis", basis)),
                    changes=tuple(changes[at : at + ERASES_MAX]),
                )
                for at in range(0, len(changes), ERASES_MAX)
            ]
        )
        self._traces: Final = traces
        self._tombstones: Sequence[tuple[bytes, int]] = ()

    def check(self, view: View) -> None:
        """Check that nothing of it was erased meanwhile; see which look-ups still lead here."""
        super().check(view)
        self._tombstones = [
            (key, one.index)
            for one in self._traces
            for key in one.technical
            # A certification that was superseded left its look-up to the newer one.
            if view.technical(key) == (one.index, False)
        ]

    def effects(self, start: int) -> Effects:
        """Remove the look-ups, leave tombstones, and destroy."""
        return Effects(
            state=[erasure_row(index) for index in range(start, start + len(self.items))],
            dropped=[key for one in self._traces for key in one.facts],
            tombstones=self._tombstones,
            forgotten=[(key, one.index) for one in self._traces for key in one.holders],
            erased=[one.index for one in self._traces],
        )


def check_basis(basis: str) -> Basis:
    """Check that an erasure may rest on this; raises `FormatError`."""
    for known in BASES:
        if basis == known:
            return known
    raise FormatError(f"an erasure's basis is one of {', '.join(BASES)}")


def find_traces(
    view: View, recall: Recall, lookups: Lookups, indexes: Iterable[int]
) -> list[Traces]:
    """Give everything that must go together with the entries at ``indexes``, ascending.

    Raises `UnknownEntryError` for an entry that has nothing to erase, `ErasedError` when
    everything is erased already.
    """
    tracer = _Tracer(view, recall, lookups)
    waiting = [parse_entry(view.entry(index)).index for index in set(indexes)]
    found: dict[int, Traces] = {}
    while waiting:
        index = waiting.pop()
        if index not in found and read_change(view, index, ERASED) is None:
            found[index] = tracer.trace(index)
            waiting.extend(tracer.goes_along(found[index]))
    if not found:
        raise ErasedError("nothing was erased: it is erased already, or nothing was asked for")
    return [found[index] for index in sorted(found)]


class _Tracer:
    """Finds what leads to the content of entries, in one snapshot."""

    def __init__(self, view: View, recall: Recall, lookups: Lookups) -> None:
        self._view: Final = view
        self._recall: Final = recall
        self._lookups: Final = lookups

    def trace(self, index: int) -> Traces:
        entry = parse_entry(self._view.entry(index))
        if isinstance(entry, Certification):
            return self._trace_certification(entry)
        if isinstance(entry, Deposit):
            facts = tuple(keys_of_mentions(self._view, index))
            return Traces(index=index, is_certification=False, facts=facts)
        if isinstance(entry, Withdrawal):
            return Traces(index=index, is_certification=False)
        raise UnknownEntryError(f"entry {index} has no content that could be erased")

    def _trace_certification(self, entry: Certification) -> Traces:
        fields = self._recall.certification(self._view, entry.index).fields
        id_technique = str(dict(fields)["idTechnique"])
        row, _ = reference_row(entry.index, b"")
        reference = self._view.state(row)
        return Traces(
            index=entry.index,
            is_certification=True,
            technical=(self._lookups.technical(entry.depositor, id_technique),),
            holders=(
                *self._lookups.holders_of(fields, None),
                *([] if reference is None else [reference]),
            ),
            facts=() if reference is None else (row,),
        )

    def goes_along(self, traces: Traces) -> Iterator[int]:
        """Give the entries that hold the same person's data, or would give them away."""
        if not traces.is_certification:
            return
        entry = read_entry(self._view, traces.index, Certification)
        yield entry.deposit
        if entry.supersedes is not None:
            yield entry.supersedes
        withdrawal = read_change(self._view, traces.index, WITHDRAWN)
        if withdrawal is not None:
            by_file = read_entry(self._view, withdrawal, Withdrawal).deposit
            yield from [] if by_file is None else [by_file]
        yield from deposits_that_mention(self._view, (*traces.technical, *traces.holders))
