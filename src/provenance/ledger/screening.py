"""Passage by passage: refuse, recognise, or draft for the log.

Levels 3, 4 and 7 of the checks, and the operator's own decision. Passages are judged one
by one; what is refused comes back in the report and stays out of the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from unicodedata import normalize

import msgspec

from provenance.cdc.faults import Fault, located
from provenance.cdc.report import RefusedPassage
from provenance.errors import FormatError
from provenance.ledger.draft import Draft
from provenance.ledger.judging import NEW, identity_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeAlias

    from provenance.cdc.report import Award
    from provenance.ledger.judging import Claim, CreationJudge, Judge, Judgement
    from provenance.ledger.lookups import Lookups
    from provenance.ledger.preparing import Prepared
    from provenance.ledger.withdrawal import WithdrawalDraft
    from provenance.record.commitment import Value
    from provenance.storage import View

REFUSED: Final = -1
"""In place of a candidate's place: there is none, the passage was refused."""


class Accept(msgspec.Struct, frozen=True):
    """The operator accepts a passage; ``holder`` is its opaque reference for `find`."""

    holder: str | None = None


class Refuse(msgspec.Struct, frozen=True):
    """The operator refuses a passage; ``message`` goes into the report as it stands."""

    message: str


_ACCEPTED: Final = Accept()

if TYPE_CHECKING:
    Decide: TypeAlias = Callable[[Mapping[str, Value]], Accept | Refuse]


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """One passage that may be recorded, if the ledger still agrees when its turn comes."""

    number: int
    """Of the passage in its file, from 1."""
    id_technique: str
    span: tuple[int, int]
    claim: Claim
    judged: Judgement
    """What it came to when it was screened."""
    draft: Draft | WithdrawalDraft | None
    """None where there was nothing to record: a duplicate, or a conflict."""
    award: Award | None = None
    """What a receipt says of it; None where it is said of what the ledger has."""
    repeats: int | None = None
    """The place of the candidate that says the same, in this file; nothing else is of use."""
    warnings: tuple[Fault, ...] = ()


class _Passage(msgspec.Struct, frozen=True, gc=False):
    """One passage that is to be judged, and becomes a candidate."""

    number: int
    span: tuple[int, int]
    claim: Claim
    prepared: Prepared
    reference: bytes | None
    repeats: int | None
    twin: Fault | None


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
                decision = _checked(self._decide(fields))
                self._made.append(decision)
            return decision

        return decide


def _checked(decision: object) -> Accept | Refuse:
    """Return what the operator's function answered; raises `FormatError` for anything else."""
    if isinstance(decision, Accept) and isinstance(decision.holder, str | None):
        return decision
    if isinstance(decision, Refuse) and isinstance(decision.message, str):
        return decision
    raise FormatError(
        "decide answered something else than Accept(holder: a text or None) or Refuse(message: "
        "a text)"
    )


class Screening:
    """Sorts the passages of one deposit into candidates and refusals.

    Every passage comes by here, in the order of the file. ``leaves``: the hashes of their
    leaves in the digest of the deposit. ``keeps_passages``: recorded passages are taken out
    of the deposit's own payload, since their entries have them. ``mentions``: keys of refused
    passages, see `mentions.py`.
    """

    keeps_passages = False

    def __init__(self, judge: Judge, view: Callable[[], View]) -> None:
        self.candidates: Final[list[Candidate]] = []
        self.refused: Final[list[RefusedPassage]] = []
        self.mentions: Final[list[bytes]] = []
        self.leaves: Final[list[bytes]] = []
        self.judge: Final = judge
        self._sizes: Final[set[int]] = set()
        self._view: Final = view
        self._seen: Final[dict[bytes, int]] = {}

    def refuse(
        self, number: int, id_technique: str, claim: Claim, faults: Sequence[Fault]
    ) -> None:
        """Put one passage among the refused ones."""
        self.mentions.extend(claim.mentions())
        told = tuple([located(fault, number, id_technique) for fault in faults])
        self.refused.append(RefusedPassage(idTechnique=id_technique, faults=told))

    def _judging(self, view: View) -> None:
        """Take note of the snapshot on which some passages are judged."""
        self._sizes.add(view.size)

    def is_fresh(self, view: View) -> bool:
        """Whether nothing was recorded since the first passage was judged."""
        return self._sizes <= {view.size}

    def _repeats(
        self, number: int, id_technique: str, claim: Claim, pending: Sequence[_Passage]
    ) -> int | None:
        """Return the place of the candidate that says the same under the same idTechnique.

        ``pending``: those that become candidates next. Where what it says is something else
        the passage is refused, because one file would replace what it said before; -1.
        """
        place = self._seen.setdefault(claim.technical, len(self.candidates) + len(pending))
        known = place - len(self.candidates)
        if known == len(pending):
            return None
        first = pending[known] if known >= 0 else self.candidates[place]
        if first.claim.content == claim.content:
            return place
        message = (
            f"{number}: idTechnique is that of passage {first.number} of this file, which has "
            "other content; send it in a file of its own, as a correction"
        )
        self.refuse(number, id_technique, claim, [identity_fault("repeated-in-file", message)])
        return REFUSED


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
        self._awards: Final[dict[Award, Award]] = {}
        self._normal: Final[dict[bytes, int]] = {}
        """Passages by the key of the normal form of their idTechnique, where it is another."""

    def add(self, prepared: Sequence[Prepared], spans: Iterable[tuple[int, int]]) -> None:
        """Ask the operator about some passages, and judge those that are accepted."""
        pending: list[_Passage] = []
        for one, span in zip(prepared, spans, strict=False):
            self.leaves.append(one.leaf)
            self._ask(one, span, len(self.leaves), pending)
        with self._view() as view:
            self._judging(view)
            self.candidates.extend([self._candidate(view, one) for one in pending])

    def _ask(
        self, one: Prepared, span: tuple[int, int], number: int, pending: list[_Passage]
    ) -> None:
        """Refuse a passage, or put it among those that are to be judged."""
        name, claim = one.id_technique, one.claim
        if one.sealed is None:
            self.refuse(number, name, claim, one.faults)
            return
        repeats = self._repeats(number, name, claim, pending)
        if repeats == REFUSED:
            return
        decision: Accept | Refuse = _ACCEPTED
        if self._decide is not None and repeats is None:
            decision = self._decide(dict(one.fields))
        if isinstance(decision, Refuse):
            del self._seen[claim.technical]
            self.refuse(number, name, claim, [_operators_refusal(decision.message)])
            return
        holder = decision.holder
        pending.append(
            _Passage(
                number=number,
                span=span,
                claim=claim,
                prepared=one,
                reference=None if holder is None else self._lookups.reference(holder),
                repeats=repeats,
                twin=None
                if name.isascii() and not self._normal
                else self._twin(one, number, pending),
            )
        )

    def _twin(self, one: Prepared, number: int, pending: Sequence[_Passage]) -> Fault | None:
        """Warn of an idTechnique that the file has in another form of Unicode, too."""
        id_technique, key = one.id_technique, one.claim.technical
        normal = normalize("NFC", id_technique)
        if normal != id_technique:
            key = self._lookups.technical(self._depositor, normal)
        twin = self._normal.get(key)
        if normal != id_technique:
            self._normal.setdefault(key, number)
            if (place := self._seen.get(key)) is not None:
                known = place - len(self.candidates)
                twin = (pending[known] if known >= 0 else self.candidates[place]).number
        if twin is None:
            return None
        message = (
            f"idTechnique is that of passage {twin} of this file in another form of Unicode "
            "(NFC, NFD); they are recorded as two"
        )
        fault = Fault(
            level="identity",
            code="twin-id-technique",
            message=message,
            effect="warning",
            element="idTechnique",
        )
        return located(fault, number, id_technique)

    def _candidate(self, view: View, one: _Passage) -> Candidate:
        prepared, claim = one.prepared, one.claim
        judged = NEW
        if one.repeats is None:
            judged = self.judge.judge(view, claim, prepared.sealed)
        draft = None
        if one.repeats is None and judged.duplicate is None and judged.fault is None:
            assert prepared.sealed is not None, "what is not sealed was refused"
            draft = Draft(
                sealed=prepared.sealed,
                technical=claim.technical,
                holder=claim.holder,
                reference=one.reference,
            )
        return Candidate(
            number=one.number,
            id_technique=prepared.id_technique,
            span=one.span,
            claim=claim,
            judged=judged,
            draft=draft,
            # Many are alike, and a large file has many.
            award=self._awards.setdefault(prepared.award, prepared.award),
            repeats=one.repeats,
            warnings=prepared.faults if one.twin is None else (*prepared.faults, one.twin),
        )


def _operators_refusal(message: str) -> Fault:
    return Fault(level="rights", code="refused-by-operator", message=message, effect="passage")
