"""Passage by passage: refuse, recognise, or draft for the log.

Levels 3, 4 and 7 of the checks, and the operator's own decision. Passages are judged one
by one; what is refused comes back in the report and stays out of the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from provenance.cdc.checks import check_deadline, check_passage
from provenance.cdc.faults import Fault
from provenance.cdc.report import RefusedPassage
from provenance.ledger.draft import content_digest, draft_certification

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from typing import TypeAlias

    from provenance.ledger.draft import Draft
    from provenance.ledger.lookups import Lookups
    from provenance.ledger.recall import Recall
    from provenance.record.commitment import Value
    from provenance.record.payload import CertificationPayload


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
    """One passage that may be recorded, if nobody recorded its idTechnique before."""

    id_technique: str
    span: tuple[int, int]
    technical: bytes
    content: bytes
    draft: Draft | None
    """None where the idTechnique is in the ledger already: a duplicate or a conflict."""
    warnings: tuple[Fault, ...]
    late: bool


def accept_all(fields: Mapping[str, Value]) -> Accept:
    """Accept every passage: what is decided when the operator decides nothing."""
    del fields
    return Accept()


class Screening:
    """Sorts the passages of one deposit into candidates and refusals."""

    def __init__(
        self,
        *,
        depositor: str,
        received: date,
        decide: Decide | None,
        lookups: Lookups,
        recall: Recall,
    ) -> None:
        self.candidates: Final[list[Candidate]] = []
        self.refused: Final[list[RefusedPassage]] = []
        self._depositor: Final = depositor
        self._received: Final = received
        self._decide: Final = decide or accept_all
        self._lookups: Final = lookups
        self._recall: Final = recall
        self._seen: set[bytes] = set()

    def add(self, submitted: Submitted) -> None:
        """Judge one passage."""
        fields = submitted.payload.fields
        faults = check_passage(fields)
        technical = self._lookups.technical(self._depositor, submitted.id_technique)
        refusals = [fault for fault in faults if fault.effect == "passage"]
        if technical in self._seen:
            refusals.append(
                identity_fault("repeated-in-file", "idTechnique repeated in this file")
            )
        self._seen.add(technical)
        reference = None
        if not refusals:
            decision = self._decide(dict(fields))
            if isinstance(decision, Refuse):
                refusals.append(_operators_refusal(decision.message))
            else:
                reference = decision.holder
        if refusals:
            self.refuse(submitted.id_technique, *refusals)
            return
        late = check_deadline(fields, self._received)
        warnings = [fault for fault in faults if fault.effect == "warning"]
        self.candidates.append(
            Candidate(
                id_technique=submitted.id_technique,
                span=submitted.span,
                technical=technical,
                content=content_digest(fields),
                draft=self._draft(submitted, technical, reference),
                warnings=tuple(warnings if late is None else [*warnings, late]),
                late=late is not None,
            )
        )

    def refuse(self, id_technique: str, *faults: Fault) -> None:
        """Put one passage among the refused ones."""
        self.refused.append(RefusedPassage(idTechnique=id_technique, faults=faults))

    def _draft(
        self, submitted: Submitted, technical: bytes, reference: str | None
    ) -> Draft | None:
        if self._recall.is_recorded(technical):
            return None
        return draft_certification(
            depositor=self._depositor,
            payload=submitted.payload,
            technical=technical,
            holders=self._lookups.holders_of(submitted.payload.fields, reference),
        )


def identity_fault(code: str, message: str) -> Fault:
    """Make a fault of level 4, which refuses one passage."""
    return Fault(level="identity", code=code, message=message, effect="passage")


def _operators_refusal(message: str) -> Fault:
    return Fault(level="rights", code="refused-by-operator", message=message, effect="passage")
