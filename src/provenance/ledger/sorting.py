"""What the candidates of one deposit come to, held against the ledger as it is by now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from provenance.cdc.report import NOTHING, Award, award_of
from provenance.errors import ErasedError
from provenance.ledger.judging import identity_fault
from provenance.ledger.registry import read_entry
from provenance.record.entry import Certification, Withdrawal, parse_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.cdc.faults import Fault
    from provenance.ledger.draft import Draft
    from provenance.ledger.judging import Judge, Judgement
    from provenance.ledger.recall import Recall
    from provenance.ledger.screening import Candidate, Screening
    from provenance.ledger.withdrawal import WithdrawalDraft
    from provenance.storage import View

_CHANGED: Final = identity_fault(
    "changed-meanwhile", "what is recorded under this idTechnique just changed: deposit again"
)


class New(msgspec.Struct, frozen=True, gc=False):
    """A candidate that is recorded, with its draft, aimed at what it goes on with.

    ``award``: what a receipt says of it, or of the certification that it withdraws.
    ``first``: time of the first entry of the lineage, None where the entry itself is it.
    """

    candidate: Candidate
    draft: Draft | WithdrawalDraft
    award: Award
    first: str | None


class Known(msgspec.Struct, frozen=True, gc=False):
    """A candidate that is recorded already, by the entry at ``index``; the rest as of `New`."""

    candidate: Candidate
    index: int
    entry: bytes
    signature: bytes
    award: Award
    first: str


class Repeated(msgspec.Struct, frozen=True, gc=False):
    """A candidate that says what another one of the file says, which is recorded with it.

    ``place``: of that one among the new ones.
    """

    candidate: Candidate
    place: int


class Conflict(msgspec.Struct, frozen=True, gc=False):
    """A candidate that is refused."""

    candidate: Candidate
    fault: Fault


Outcome: TypeAlias = New | Known | Repeated | Conflict


class Sorted(msgspec.Struct, frozen=True):
    """Candidates, held against what the ledger has by now, each in the order of the file."""

    new: list[New]
    duplicates: list[Known | Repeated]
    conflicts: list[Conflict]


def sort_candidates(screening: Screening, view: View, recall: Recall) -> Sorted:
    """Judge every candidate once more, all in one snapshot."""
    found = Sorted(new=[], duplicates=[], conflicts=[])
    sorter = _Sorter(screening, view, recall)
    for outcome in sorter.outcomes():
        match outcome:
            case New():
                found.new.append(outcome)
            case Conflict():
                found.conflicts.append(outcome)
            case Known() | Repeated():
                found.duplicates.append(outcome)
    return found


def mentions_of(screening: Screening, found: Sorted) -> list[bytes]:
    """Return the keys of all passages that stay in the deposit's own payload."""
    left = [one.candidate for one in (*found.duplicates, *found.conflicts)]
    if not screening.keeps_passages:
        left += [one.candidate for one in found.new]
    return [*screening.mentions, *(key for one in left for key in one.claim.mentions())]


class _Sorter:
    """Judges the candidates of one deposit in one snapshot."""

    def __init__(self, screening: Screening, view: View, recall: Recall) -> None:
        self._candidates: Final = screening.candidates
        self._judge: Final = screening.judge
        self._view: Final = view
        self._recall: Final = recall
        self._fresh: Final = screening.is_fresh(view)
        self._repeated: Final = {one.repeats for one in self._candidates} - {None}
        self._settled: Final[dict[int, Outcome]] = {}
        """What those came to that others repeat, by their place."""

    def outcomes(self) -> Iterator[Outcome]:
        """Return what the candidates come to, in their order."""
        count = 0
        for place, candidate in enumerate(self._candidates):
            if candidate.repeats is None:
                outcome = self._settle(candidate)
            else:
                first = self._settled[candidate.repeats]
                outcome = msgspec.structs.replace(first, candidate=candidate)
            if place in self._repeated:
                is_new = isinstance(outcome, New)
                self._settled[place] = Repeated(candidate, count) if is_new else outcome
            count += isinstance(outcome, New)
            yield outcome

    def _settle(self, candidate: Candidate) -> Outcome:
        judged = candidate.judged
        if not self._fresh:
            judged = _judge_again(self._judge, self._view, candidate)
        if judged.fault is not None:
            return Conflict(candidate, judged.fault)
        if judged.duplicate is not None:
            return self._known(candidate, judged.duplicate)
        if candidate.draft is None:
            return Conflict(candidate, _CHANGED)
        target = judged.target
        if target is None:
            assert candidate.award is not None, "only what withdraws is said of another entry"
            return New(candidate, candidate.draft, candidate.award, None)
        award = candidate.award or self._award(target)
        draft = candidate.draft.aimed_at(target)
        return New(candidate, draft, award, self._first(target))

    def _known(self, candidate: Candidate, index: int) -> Known:
        data, signature = self._view.record(index)
        entry = parse_entry(data)
        subject = entry.withdraws if isinstance(entry, Withdrawal) else index
        award = candidate.award or self._award(subject)
        return Known(candidate, index, data, signature, award, self._first(subject))

    def _award(self, index: int) -> Award:
        """Return what a receipt says of a certification."""
        try:
            fields = self._recall.certification(self._view, index).fields
        except ErasedError:
            return NOTHING
        return award_of(dict(fields))

    def _first(self, index: int) -> str:
        """Return the time of the first entry of a certification's lineage."""
        entry = read_entry(self._view, index, Certification)
        while entry.supersedes is not None:
            entry = read_entry(self._view, entry.supersedes, Certification)
        return entry.time


def _judge_again(judge: Judge, view: View, candidate: Candidate) -> Judgement:
    """Judge a candidate as of now; a duplicate is compared only where it moved."""
    known = candidate.judged.duplicate
    if known is not None and view.technical(candidate.claim.technical) == (known, False):
        unchanged = view.status_bits(known) == 0
        if unchanged:
            return candidate.judged
    draft = candidate.draft
    return judge.judge(view, candidate.claim, None if draft is None else draft.sealed)
