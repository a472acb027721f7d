"""Level 4: whether a passage is new, a repetition, a correction, or a conflict.

A passage is known by (depositor, idTechnique), and by nothing else. What stands there
already decides::

    nothing                              new
    the same content                     a duplicate: listed with its first receipt
    other content, sent as a correction  supersedes what is in force
    provisional, and now final           supersedes it too, where the holder is the same
    other content                        refused: nothing is replaced silently
    something withdrawn or erased        refused: nothing is revived

A depositor may also correct what a body recorded that it succeeds. The content is all
fields but ``source``: another spelling of the same file is the same content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from provenance.cdc.faults import Fault
from provenance.ledger.changes import read_change
from provenance.ledger.draft import content_digest, encode_content
from provenance.record.status import WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.ledger.lookups import Lookups
    from provenance.ledger.recall import Recall
    from provenance.record.commitment import Field, Value
    from provenance.storage import View

ID_TECHNIQUE: Final = "idTechnique"
FINAL_FIELD: Final = "donneeCertifiee"
"""False where a final certification is to follow."""


class Claim(msgspec.Struct, frozen=True, gc=False):
    """What a passage is recognised by."""

    technical: bytes
    """Look-up key of (depositor, idTechnique)."""
    succeeded: tuple[bytes, ...] = ()
    """The same under the bodies that the depositor has taken over."""
    content: bytes = b""
    """Digest of all fields but ``source``."""
    holder: tuple[bytes, ...] = ()
    """Look-up key of the holder's identity, or none."""
    final: bool = False

    def mentions(self) -> tuple[bytes, ...]:
        """Give the keys under which the passage may be asked for to be erased."""
        return (self.technical, *self.succeeded, *self.holder)


def make_claim(
    lookups: Lookups, bodies: Sequence[str], record: Mapping[str, Value], content: bytes
) -> Claim:
    """Say what a passage is recognised by.

    ``bodies``: its depositor, and whom it succeeds. ``content``: all fields but ``source``,
    as `encode_content` gives them.
    """
    id_technique = str(record[ID_TECHNIQUE])
    technical, *succeeded = [lookups.technical(body, id_technique) for body in bodies]
    return Claim(
        technical=technical,
        succeeded=tuple(succeeded),
        content=content_digest(content),
        holder=lookups.holder_of(record),
        final=record.get(FINAL_FIELD) is True,
    )


class Judgement(msgspec.Struct, frozen=True):
    """What a claim comes to: new, when nothing is set."""

    target: int | None = None
    """The entry that is superseded, or withdrawn."""
    duplicate: int | None = None
    """The entry that says the same."""
    fault: Fault | None = None


class Judge(Protocol):
    """Judges claims against one snapshot of the ledger."""

    def judge(self, view: View, claim: Claim) -> Judgement:
        """Say what the claim comes to."""


def identity_fault(code: str, message: str) -> Fault:
    """Make a fault of level 4, which refuses one passage."""
    return Fault(level="identity", code=code, message=message, effect="passage")


NEW: Final = Judgement()
ERASED: Final = Judgement(
    fault=identity_fault("erased", "erased on request; not to be recorded again")
)
CONFLICT: Final = Judgement(
    fault=identity_fault("already-recorded", "idTechnique is recorded with other content")
)
NOT_RECORDED: Final = Judgement(
    fault=identity_fault("not-recorded", "nothing is recorded under this idTechnique")
)
NOT_IN_FORCE: Final = Judgement(
    fault=identity_fault("not-in-force", "what is recorded was superseded by a successor")
)
TAKEN_BACK: Final = Judgement(
    fault=identity_fault(
        "withdrawn", "withdrawn, and nothing is revived: use another idTechnique"
    )
)


class CreationJudge:
    """Judges passages that are deposited; ``corrections``: what differs is a correction."""

    def __init__(self, lookups: Lookups, recall: Recall, *, corrections: bool) -> None:
        self._lookups: Final = lookups
        self._recall: Final = recall
        self._corrections: Final = corrections

    def judge(self, view: View, claim: Claim) -> Judgement:
        """Say what the claim comes to; opens the payload of what it is compared with."""
        known = view.technical(claim.technical)
        if known is None:
            return self._judge_succeeded(view, claim)
        index, erased = known
        if erased:
            return ERASED
        if view.status_bits(index) & WITHDRAWN:
            return TAKEN_BACK
        fields = self._recall.certification(view, index).fields
        if content_digest(encode_content(fields)) == claim.content:
            return Judgement(duplicate=index)
        if self._corrections or self._finishes(fields, claim):
            return _correct(view, index)
        return CONFLICT

    def _judge_succeeded(self, view: View, claim: Claim) -> Judgement:
        """Look among what the bodies recorded that the depositor has taken over."""
        found = [known for key in claim.succeeded if (known := view.technical(key)) is not None]
        if any(erased for _, erased in found):
            return ERASED
        for index, _ in found:
            fields = self._recall.certification(view, index).fields
            if self._corrections or self._finishes(fields, claim):
                return _correct(view, index)
        return NEW

    def _finishes(self, fields: Sequence[Field], claim: Claim) -> bool:
        """Whether the claim is the final form of a provisional record of the same holder."""
        provisional = dict(fields).get(FINAL_FIELD) is False
        holder = self._lookups.holders_of(fields, None)
        return provisional and claim.final and holder == claim.holder != ()


class SuppressionJudge:
    """Judges passages that a depositor takes back, by their idTechnique alone."""

    def judge(self, view: View, claim: Claim) -> Judgement:
        """Say which certification is withdrawn, or was already."""
        found = [view.technical(key) for key in (claim.technical, *claim.succeeded)]
        index = next((known[0] for known in found if known is not None), None)
        if index is None:
            return NOT_RECORDED
        withdrawal = read_change(view, index, WITHDRAWN)
        if withdrawal is not None:
            return Judgement(duplicate=withdrawal)
        return Judgement(target=index)


def _correct(view: View, index: int) -> Judgement:
    bits = view.status_bits(index)
    if bits & WITHDRAWN:
        return TAKEN_BACK
    if bits:
        return NOT_IN_FORCE
    return Judgement(target=index)
