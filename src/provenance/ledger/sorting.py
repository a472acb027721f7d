"""What the candidates of one deposit come to, held against the ledger as it is by now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from provenance.cdc.report import DuplicatePassage
from provenance.encoding import encode_base64
from provenance.ledger.judging import identity_fault

if TYPE_CHECKING:
    from provenance.cdc.faults import Fault
    from provenance.ledger.draft import Draft
    from provenance.ledger.judging import Judge, Judgement
    from provenance.ledger.screening import Candidate, Screening
    from provenance.ledger.withdrawal import WithdrawalDraft
    from provenance.storage import Store, View

_CHANGED: Final = identity_fault(
    "changed-meanwhile", "what is recorded under this idTechnique just changed: deposit again"
)


class Sorted(msgspec.Struct, frozen=True):
    """Candidates, held against what the ledger has by now."""

    new: list[tuple[Candidate, Draft | WithdrawalDraft]]
    """Each with its draft, aimed at what it supersedes or withdraws."""
    duplicates: list[tuple[Candidate, DuplicatePassage]]
    conflicts: list[tuple[Candidate, Fault]]


def sort_candidates(screening: Screening, store: Store) -> Sorted:
    """Judge every candidate once more, all in one snapshot."""
    found = Sorted(new=[], duplicates=[], conflicts=[])
    with store.view() as view:
        fresh = screening.is_fresh(view)
        for candidate in screening.candidates:
            judged = candidate.judged
            if not fresh:
                judged = _judge_again(screening.judge, view, candidate)
            if judged.fault is not None:
                found.conflicts.append((candidate, judged.fault))
            elif judged.duplicate is not None:
                known = _duplicate(candidate, judged.duplicate, view)
                found.duplicates.append((candidate, known))
            elif candidate.draft is None:
                found.conflicts.append((candidate, _CHANGED))
            else:
                found.new.append((candidate, candidate.draft.aimed_at(judged.target)))
    return found


def _judge_again(judge: Judge, view: View, candidate: Candidate) -> Judgement:
    """Judge a candidate as of now; a duplicate is compared only where it moved."""
    known = candidate.judged.duplicate
    if known is not None and view.technical(candidate.claim.technical) == (known, False):
        unchanged = view.status_bits(known) == 0
        if unchanged:
            return candidate.judged
    return judge.judge(view, candidate.claim)


def mentions_of(screening: Screening, found: Sorted) -> list[bytes]:
    """Give the keys of all passages that stay in the deposit's own payload."""
    left = [candidate for candidate, _ in (*found.duplicates, *found.conflicts)]
    if not screening.keeps_passages:
        left += [candidate for candidate, _ in found.new]
    return [*screening.mentions, *(key for one in left for key in one.claim.mentions())]


def _duplicate(candidate: Candidate, index: int, view: View) -> DuplicatePassage:
    entry, signature = view.record(index)
    return DuplicatePassage(
        idTechnique=candidate.id_technique,
        index=index,
        entry=entry.decode(),
        signature=encode_base64(signature),
    )
