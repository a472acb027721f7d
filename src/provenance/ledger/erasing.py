"""Erasing: what must go with a certification, and the entries that say that it went.

A person's data do not lie in one place. With a certification goes what it superseded, the
deposit that brought it (whose file salt would let the erased passage be guessed from its leaf
hash), the file that withdrew it, and every deposit that still holds a passage of the same
idTechnique or of the same holder. What other entries commit to stays as it is, and so do the
leaf hashes of the deposit: every other passage stays provable against its digest.

A deposit alone is not erased for the asking: with it goes what shows that its certifications
are what was deposited. A passage in it, which no entry records, must be what it is about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

import msgspec

from provenance.encoding import encode_base64
from provenance.errors import ErasedError, FormatError, PolicyError, UnknownEntryError
from provenance.ledger.changes import Change, read_change
from provenance.ledger.draft import Sealed, seal_fields
from provenance.ledger.erasures import erasure_row
from provenance.ledger.job import Effects, Job
from provenance.ledger.mentions import (
    deposits_that_mention,
    keys_of_mentions,
    reference_row,
)
from provenance.ledger.registry import read_any, read_entry
from provenance.record.entry import Certification, Deposit, Erasure, Withdrawal
from provenance.record.forms import SEEN_TEXT
from provenance.record.slots import ERASURE
from provenance.record.status import ERASED, WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from provenance.ledger.draft import Place
    from provenance.ledger.lookups import Lookups
    from provenance.ledger.recall import Recall
    from provenance.record.commitment import Field
    from provenance.record.entry import Entry
    from provenance.storage import View

Basis: TypeAlias = Literal["GDPR_ART_17", "RETENTION_END", "COURT_ORDER", "OTHER"]
BASES: Final[tuple[Basis, ...]] = get_args(Basis)
"""On what an erasure rests (GDPR_ART_17: Regulation (EU) 2016/679, article 17)."""
LOST_SEED: Final = "LOST_SEED"
"""The basis of an erasure that a repair makes: the seeds are gone, nobody asked for it."""
CASE_SIZE_MAX: Final = 64
"""Characters of the operator's reference for an erasure."""
ERASES_MAX: Final = 2000
"""Indexes in one erasure entry; larger erasures are split, to stay within an entry's size."""


class Erased(msgspec.Struct, frozen=True):
    """What an erasure did: its entries, and the entries whose content is gone."""

    entries: tuple[int, ...]
    erased: tuple[int, ...]
    time: str
    """When, by the operator's clock."""


class Traces(msgspec.Struct, frozen=True):
    """Where the content of one entry can be found: rows to remove with it.

    ``technical``: keys that stay taken; ``released``: such as are free again.
    """

    index: int
    is_certification: bool
    technical: tuple[bytes, ...] = ()
    released: tuple[bytes, ...] = ()
    holders: tuple[bytes, ...] = ()
    facts: tuple[bytes, ...] = ()


class Grounds(msgspec.Struct, frozen=True):
    """What an erasure commits to: its basis, and the operator's own reference, if any."""

    basis: str
    case: str | None = None

    @property
    def fields(self) -> tuple[Field, ...]:
        """The record of the erasure."""
        basis: Field = ("basis", self.basis)
        return (basis,) if self.case is None else (basis, ("case", self.case))


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
        """Return the entry as it reads at ``place``."""
        return Erasure(
            index=place.index,
            time=place.time,
            prev=place.prev,
            erases=tuple(change.target for change in self.changes),
            commitment=encode_base64(self.sealed.commitment),
        )


class ErasureJob(Job):
    """Erases the content of entries; ``traces`` ascend by index."""

    def __init__(self, traces: Sequence[Traces], grounds: Grounds) -> None:
        changes = [Change(one.index, ERASED, in_tree=one.is_certification) for one in traces]
        super().__init__(
            [
                ErasureDraft(
                    sealed=seal_fields(ERASURE, *grounds.fields),
                    changes=tuple(changes[at : at + ERASES_MAX]),
                )
                for at in range(0, len(changes), ERASES_MAX)
            ]
        )
        self._traces: Final = traces
        self._tombstones: Sequence[tuple[bytes, int]] = ()

    @property
    def erases(self) -> tuple[int, ...]:
        """The entries whose content goes, ascending."""
        return tuple(one.index for one in self._traces)

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
            released=[key for one in self._traces for key in one.released],
            forgotten=[(key, one.index) for one in self._traces for key in one.holders],
            erased=self.erases,
        )


def check_grounds(basis: str, case: str | None) -> Grounds:
    """Check that an erasure may rest on this; raises `FormatError`."""
    if basis not in BASES:
        raise FormatError(f"an erasure's basis is one of {', '.join(BASES)}")
    return Grounds(basis, check_case(case))


def check_case(case: str | None) -> str | None:
    """Check the operator's reference for an erasure; raises `FormatError`."""
    if case is not None and not re.fullmatch(SEEN_TEXT % CASE_SIZE_MAX, case):
        raise FormatError(
            f"a case is a reference of 1 to {CASE_SIZE_MAX} visible characters, without spaces "
            "at its ends"
        )
    return case


def find_traces(
    view: View,
    recall: Recall,
    lookups: Lookups,
    indexes: Iterable[int],
    *,
    refused_passage: int | None = None,
) -> list[Traces]:
    """Return everything that must go together with the entries at ``indexes``, ascending.

    ``refused_passage``: the number, in the file of the one deposit that is named alone, of
    the passage that the request is about. Raises `UnknownEntryError` for an entry that has
    nothing to erase, `ErasedError` when everything is erased already, `PolicyError` for a
    deposit that is named alone without such a passage, `FormatError` for a number that is
    not one.
    """
    tracer = _Tracer(view, recall, lookups)
    named = [read_any(view, index) for index in set(indexes)]
    deposits = [entry for entry in named if isinstance(entry, Deposit)]
    found: dict[int, Traces] = {}
    tracer.follow(found, [one.index for one in named if not isinstance(one, Deposit)])
    alone = [one for one in deposits if one.index not in found and tracer.is_whole(one)]
    _check_alone(view, recall, alone, refused_passage)
    tracer.follow(found, [one.index for one in deposits])
    if not found:
        raise ErasedError("nothing was erased: it is erased already, or nothing was asked for")
    return [found[index] for index in sorted(found)]


def _check_alone(
    view: View, recall: Recall, alone: Sequence[Deposit], refused_passage: int | None
) -> None:
    """Check that no more than one deposit is named alone, and that a passage is the reason."""
    if refused_passage is None:
        for entry in alone:
            raise PolicyError(
                f"deposit {entry.index} alone is not erased, because it shows what its "
                "certifications were made of: name the certification of the person, or the "
                "number of the refused passage that the request is about (--refused-passage)"
            )
    elif len(alone) == 1:
        _check_refused(view, recall, alone[0], refused_passage)
    else:
        raise FormatError(
            f"a refused passage is one of a deposit that is named alone; {len(alone)} are"
        )


def _check_refused(view: View, recall: Recall, entry: Deposit, number: int) -> None:
    """Check that a deposit has a passage of this number, and that no entry records it."""
    count = len(view.leaves(entry.index)) - 1
    if not 1 <= number <= count:
        raise FormatError(f"deposit {entry.index} has the passages 1 to {count}, not {number}")
    for index in own_entries(entry):
        if isinstance(read_any(view, index), Certification) and (
            recall.certification(view, index).number == number
        ):
            raise PolicyError(
                f"passage {number} of deposit {entry.index} is recorded by entry {index}: "
                "name that entry"
            )


def own_entries(entry: Deposit) -> range:
    """Return the indexes of what a deposit brought: they follow it directly."""
    return range(entry.index + 1, entry.index + 1 + entry.recorded)


class _Tracer:
    """Finds what leads to the content of entries, in one snapshot."""

    def __init__(self, view: View, recall: Recall, lookups: Lookups) -> None:
        self._view: Final = view
        self._recall: Final = recall
        self._lookups: Final = lookups

    def follow(self, found: dict[int, Traces], indexes: Iterable[int]) -> None:
        """Add to ``found`` the traces of entries, and of all that goes along with them."""
        waiting = list(indexes)
        while waiting:
            index = waiting.pop()
            if index not in found and not self._is_erased(index):
                found[index] = self.trace(index)
                waiting.extend(self.goes_along(found[index]))

    def is_whole(self, entry: Deposit) -> bool:
        """Return whether nothing of a deposit was erased so far."""
        return not any(map(self._is_erased, (entry.index, *own_entries(entry))))

    def _is_erased(self, index: int) -> bool:
        return read_change(self._view, index, ERASED) is not None

    def trace(self, index: int) -> Traces:
        entry = read_any(self._view, index)
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
        """Return the entries that hold the same person's data, or would give them away."""
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
