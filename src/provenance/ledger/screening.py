"""Passage by passage: refuse, recognise, or draft for the log.

Levels 3, 4 and 7 of the checks, and the operator's own decision. Passages are judged one
by one; what is refused comes back in the report and stays out of the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from provenance.cdc.faults import Fault
from provenance.cdc.report import RefusedPassage
from provenance.ledger.draft import Draft
from provenance.ledger.judging import identity_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeAlias

    from provenance.ledger.judging import Claim, CreationJudge, Judge, Judgement
    from provenance.ledger.lookups import Lookups
    from provenance.ledger.preparing import Prepared
    from provenance.ledger.withdrawal import WithdrawalDraft
    from provenance.record.commitment import Value
    from provenance.storage import View


class Accept(msgspec.Struct, frozen=True):
    """The operator accepts a passage; ``holder`` is its opaque reference for `find`."""

    holder: str | None = None


class Refuse(msgspec.Struct, frozen=True):
    """The operator refuses a passage; ``message`` goes into the report as it stands."""

    message: str


if TYPE_CHECKING:
    Decide: TypeAlias = Callable[[Mapping[str, Value]], Accept | Refuse]


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """One passage that may be recorded, if the ledger still agrees when its turn comes."""

    id_technique: str
    span: tuple[int, int]
    claim: Claim
    judged: Judgement
    """What it came to when it was screened."""
    draft: Draft | WithdrawalDraft | None
    """None where there was nothing to record: a duplicate, or a conflict."""
    warnings: tuple[Fault, ...] = ()
    late: bool = False


class Decisions:
    """What the operator decided, so that a file that is read twice is decided on once."""

    def __init__(self, decide: Decide) -> None:
        self._decide: Final = decide
        self._made: Final[list[Accept | Refuse]] = []

    def from_the_first(self) -> Callable[[Mapping[str, Value]], Accept | Refuse]:
        """Decide on the passages of a file, from its first one on."""
        known = iter(tuple(self._made))

        def decide(fields: Mapping[str, Value]) -> Accept | Refuse:
            decision = next(known, None)
            if decision is None:
                decision = self._decide(fields)
                self._made.append(decision)
            return decision

        return decide


class Screening:
    """Sorts the passages of one deposit into candidates and refusals.

    ``keeps_passages``: recorded passages are taken out of the deposit's own payload, since
    their entries have them. ``mentions``: keys of refused passages, see `mentions.py`.
    """

    keeps_passages = False

    def __init__(self, judge: Judge, view: Callable[[], View]) -> None:
        self.candidates: Final[list[Candidate]] = []
        self.refused: Final[list[RefusedPassage]] = []
        self.mentions: Final[list[bytes]] = []
        self.judge: Final = judge
        self._sizes: Final[set[int]] = set()
        self._view: Final = view
        self._seen: Final[set[bytes]] = set()

    def refuse(self, id_technique: str, claim: Claim, faults: Sequence[Fault]) -> None:
        """Put one passage among the refused ones."""
        self.mentions.extend(claim.mentions())
        self.refused.append(RefusedPassage(idTechnique=id_technique, faults=tuple(faults)))

    def _judging(self, view: View) -> None:
        """Take note of the snapshot on which some passages are judged."""
        self._sizes.add(view.size)

    def is_fresh(self, view: View) -> bool:
        """Whether nothing was recorded since the first passage was judged."""
        return self._sizes <= {view.size}

    def _repeated(self, claim: Claim) -> list[Fault]:
        """Give the fault of a passage whose idTechnique the file had before."""
        if claim.technical in self._seen:
            return [identity_fault("repeated-in-file", "idTechnique repeated in this file")]
        self._seen.add(claim.technical)
        return []


class CreationScreening(Screening):
    """Screens passages that are to be recorded."""

    keeps_passages = True

    def __init__(
        self,
        judge: CreationJudge,
        view: Callable[[], View],
        *,
        depositor: str,
        decide: Decide | None,
        lookups: Lookups,
    ) -> None:
        super().__init__(judge, view)
        self._depositor: Final = depositor
        self._decide: Final = decide
        self._lookups: Final = lookups

    def add(self, prepared: Sequence[Prepared], spans: Iterable[tuple[int, int]]) -> None:
        """Ask the operator about some passages, and judge those that are accepted."""
        accepted = [
            (one, span, None if reference is None else self._lookups.reference(reference))
            for one, span in zip(prepared, spans, strict=False)
            for reference in self._ask(one)
        ]
        with self._view() as view:
            self._judging(view)
            self.candidates.extend(
                self._candidate(one, span, key, self.judge.judge(view, one.claim))
                for one, span, key in accepted
            )

    def _ask(self, one: Prepared) -> Sequence[str | None]:
        """Give the operator's reference for an accepted passage; nothing for a refused one."""
        refusals = list(one.faults) if one.sealed is None else []
        refusals += self._repeated(one.claim)
        reference = None
        if not refusals and self._decide is not None:
            decision = self._decide(dict(one.fields))
            if isinstance(decision, Refuse):
                refusals.append(_operators_refusal(decision.message))
            else:
                reference = decision.holder
        if refusals:
            self.refuse(one.id_technique, one.claim, refusals)
            return ()
        return (reference,)

    def _candidate(
        self, one: Prepared, span: tuple[int, int], reference: bytes | None, judged: Judgement
    ) -> Candidate:
        draft = None
        if one.sealed is not None and judged.duplicate is None and judged.fault is None:
            draft = Draft(
                depositor=self._depositor,
                sealed=one.sealed,
                technical=one.claim.technical,
                holder=one.claim.holder,
                reference=reference,
            )
        return Candidate(
            id_technique=one.id_technique,
            span=span,
            claim=one.claim,
            judged=judged,
            draft=draft,
            warnings=one.faults,
            late=any(fault.level == "deadline" for fault in one.faults),
        )


def _operators_refusal(message: str) -> Fault:
    return Fault(level="rights", code="refused-by-operator", message=message, effect="passage")
