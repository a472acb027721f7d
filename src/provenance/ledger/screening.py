"""Passage by passage: refuse, recognise, or draft for the log.

Levels 3, 4 and 7 of the checks, and the operator's own decision. Passages are judged one
by one; what is refused comes back in the report and stays out of the log.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

import msgspec

from provenance.cdc.checks import check_deadline, check_passage
from provenance.cdc.faults import Fault
from provenance.cdc.report import RefusedPassage
from provenance.ledger.draft import Draft
from provenance.ledger.judging import identity_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from typing import TypeAlias

    from provenance.ledger.judging import Claim, CreationJudge, Judge, Judgement
    from provenance.ledger.lookups import Lookups
    from provenance.ledger.sealing import Sealing
    from provenance.ledger.withdrawal import WithdrawalDraft
    from provenance.record.commitment import Value
    from provenance.record.payload import CertificationPayload
    from provenance.storage import View


class Accept(msgspec.Struct, frozen=True):
    """The operator accepts a passage; ``holder`` is its opaque reference for `find`."""

    holder: str | None = None


class Refuse(msgspec.Struct, frozen=True):
    """The operator refuses a passage; ``message`` goes into the report as it stands."""

    message: str


if TYPE_CHECKING:
    Decide: TypeAlias = Callable[[Mapping[str, Value]], Accept | Refuse]


class Submitted(msgspec.Struct, frozen=True, gc=False):
    """One passage as it was handed in, from a file or from a form."""

    id_technique: str
    span: tuple[int, int]
    """First byte and end of the passage in the deposited file."""
    payload: CertificationPayload


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


def accept_all(fields: Mapping[str, Value]) -> Accept:
    """Accept every passage: what is decided when the operator decides nothing."""
    del fields
    return Accept()


class Screening(ABC):
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
        self._view: Final = view
        self._seen: Final[set[bytes]] = set()

    @abstractmethod
    def add(self, submitted: Submitted) -> None:
        """Judge one passage."""

    @abstractmethod
    def finish(self) -> None:
        """Complete the candidates; no passage is added any more."""

    def refuse(self, id_technique: str, claim: Claim, faults: Sequence[Fault]) -> None:
        """Put one passage among the refused ones."""
        self.mentions.extend(claim.mentions())
        self.refused.append(RefusedPassage(idTechnique=id_technique, faults=tuple(faults)))

    def _repeated(self, claim: Claim) -> list[Fault]:
        """Give the fault of a passage whose idTechnique the file had before."""
        if claim.technical in self._seen:
            return [identity_fault("repeated-in-file", "idTechnique repeated in this file")]
        self._seen.add(claim.technical)
        return []

    def _judge(self, claim: Claim) -> Judgement:
        with self._view() as view:
            return self.judge.judge(view, claim)


class CreationScreening(Screening):
    """Screens passages that are to be recorded."""

    keeps_passages = True

    def __init__(
        self,
        judge: CreationJudge,
        view: Callable[[], View],
        *,
        depositor: str,
        succeeded: Sequence[str],
        received: date,
        decide: Decide | None,
        lookups: Lookups,
        sealing: Sealing,
    ) -> None:
        super().__init__(judge, view)
        self._claim: Final = judge.claim
        self._depositor: Final = depositor
        self._succeeded: Final = succeeded
        self._received: Final = received
        self._decide: Final = decide or accept_all
        self._lookups: Final = lookups
        self._sealing: Final = sealing
        self._drafting: Final[list[tuple[int, bytes | None]]] = []
        """Candidates whose record is being sealed, and the reference of their holder."""

    def add(self, submitted: Submitted) -> None:
        """Check and judge one passage, and ask the operator."""
        fields = submitted.payload.fields
        faults = check_passage(fields)
        claim = self._claim(self._depositor, submitted.id_technique, fields, self._succeeded)
        refusals = [fault for fault in faults if fault.effect == "passage"]
        refusals += self._repeated(claim)
        reference = None
        if not refusals:
            decision = self._decide(dict(fields))
            if isinstance(decision, Refuse):
                refusals.append(_operators_refusal(decision.message))
            else:
                reference = decision.holder
        if refusals:
            self.refuse(submitted.id_technique, claim, refusals)
            return
        late = check_deadline(fields, self._received)
        warnings = [fault for fault in faults if fault.effect == "warning"]
        judged = self._judge(claim)
        if judged.duplicate is None and judged.fault is None:
            key = None if reference is None else self._lookups.reference(reference)
            self._drafting.append((len(self.candidates), key))
            self._sealing.add(submitted.payload)
        self.candidates.append(
            Candidate(
                id_technique=submitted.id_technique,
                span=submitted.span,
                claim=claim,
                judged=judged,
                draft=None,
                warnings=tuple(warnings if late is None else [*warnings, late]),
                late=late is not None,
            )
        )

    def finish(self) -> None:
        """Give all candidates that may be recorded their drafts."""
        sealed = self._sealing.finish()
        for (number, reference), one in zip(self._drafting, sealed, strict=True):
            candidate = self.candidates[number]
            draft = Draft(
                depositor=self._depositor,
                sealed=one,
                technical=candidate.claim.technical,
                holder=candidate.claim.holder,
                reference=reference,
            )
            self.candidates[number] = msgspec.structs.replace(candidate, draft=draft)


def _operators_refusal(message: str) -> Fault:
    return Fault(level="rights", code="refused-by-operator", message=message, effect="passage")
