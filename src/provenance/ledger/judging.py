"""Level 4: whether a passage is new, a repetition, a correction, or a conflict.

A passage is known by (depositor, idTechnique), and by nothing else. What is recorded there
already decides, and where nothing is, what a body that the depositor succeeds recorded under
the same idTechnique::

    nothing                              new
    the same content                     a duplicate: listed with its first receipt
    other content, sent as a correction  supersedes what is in force
    provisional, and now final           supersedes it too, where the holder is the same
    other content                        refused: nothing is replaced silently; but new where
                                         only a succeeded body has that idTechnique
    something withdrawn or erased        refused: nothing is revived

The content is all fields but ``source``: another spelling of the same file is the same
content. The content of a succeeded body is compared without ``emetteur``, and where the
certifier is the depositor or a body that it succeeds, without ``certificateur`` and
``contrat``: what was one's own then is one's own now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from provenance.cdc.faults import Fault
from provenance.encoding import encode_json
from provenance.ledger.changes import read_change
from provenance.ledger.draft import content_digest, encode_content, open_sealed
from provenance.record.persons import compare_identities, identity_kind
from provenance.record.slots import SOURCE
from provenance.record.status import WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.ledger.draft import Sealed
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
    inherited: bytes = b""
    """Digest of the fields that are compared with what those bodies recorded, or nothing."""
    holder: tuple[bytes, ...] = ()
    """Look-up key of the holder's identity, or none."""
    final: bool = False

    def mentions(self) -> tuple[bytes, ...]:
        """Return the keys under which the passage may be asked for to be erased."""
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
        inherited=inherited_digest(record, bodies) if succeeded else b"",
        holder=lookups.holder_of(record),
        final=record.get(FINAL_FIELD) is True,
    )


def inherited_digest(record: Mapping[str, Value], bodies: Sequence[str]) -> bytes:
    """Digest what two bodies say alike of one certification; it is never stored.

    ``bodies``: the depositor, and whom it succeeds. ``source`` may be there, and is left out.
    """
    own = record.get("certificateur") in bodies
    left_out = {SOURCE, "emetteur", *(("certificateur", "contrat") if own else ())}
    kept = {name: value for name, value in record.items() if name not in left_out}
    return content_digest(encode_json(kept))


class Judgement(msgspec.Struct, frozen=True):
    """What a claim comes to: new, when nothing is set."""

    target: int | None = None
    """The entry that is superseded, or withdrawn."""
    duplicate: int | None = None
    """The entry that says the same."""
    fault: Fault | None = None


class Judge(Protocol):
    """Judges claims against one snapshot of the ledger."""

    def judge(self, view: View, claim: Claim, sealed: Sealed | None) -> Judgement:
        """Say what the claim comes to. ``sealed``: the record that makes it, if any."""


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
    """Judges passages that are deposited.

    ``corrections``: what differs is a correction. ``bodies``: the depositor, and whom it
    succeeds.
    """

    def __init__(
        self, lookups: Lookups, recall: Recall, *, corrections: bool, bodies: Sequence[str]
    ) -> None:
        self._lookups: Final = lookups
        self._recall: Final = recall
        self._corrections: Final = corrections
        self._bodies: Final = bodies

    def judge(self, view: View, claim: Claim, sealed: Sealed | None) -> Judgement:
        """Say what the claim comes to; opens the payload of what it is compared with."""
        known = view.technical(claim.technical)
        if known is not None:
            return self._compare(view, claim, sealed, known, inherited=False)
        found = [known for key in claim.succeeded if (known := view.technical(key)) is not None]
        judged = [self._compare(view, claim, sealed, one, inherited=True) for one in found]
        return min(judged, key=_weight, default=NEW)

    def _compare(
        self,
        view: View,
        claim: Claim,
        sealed: Sealed | None,
        known: tuple[int, bool],
        *,
        inherited: bool,
    ) -> Judgement:
        """Hold a claim against what is recorded under its idTechnique."""
        index, erased = known
        if erased:
            return ERASED
        bits = view.status_bits(index)
        if bits & WITHDRAWN:
            return TAKEN_BACK
        fields = self._recall.certification(view, index).fields
        if inherited:
            same = inherited_digest(dict(fields), self._bodies) == claim.inherited
        else:
            same = content_digest(encode_content(fields)) == claim.content
        if same:
            return Judgement(duplicate=index)
        if not (self._corrections or self._finishes(fields, claim, sealed)):
            # Two bodies may have called different certifications the same.
            return NEW if inherited else CONFLICT
        # Only another body that succeeds this one can have gone on with it.
        return NOT_IN_FORCE if bits else Judgement(target=index)

    def _finishes(self, fields: Sequence[Field], claim: Claim, sealed: Sealed | None) -> bool:
        """Whether the claim is the final form of a provisional record of the same holder."""
        record = dict(fields)
        if record.get(FINAL_FIELD) is not False or not claim.final or sealed is None:
            return False
        if not self._lookups.holder_of(record) == claim.holder != ():
            return False
        # A look-up key covers the first of the first names; they are compared in full. A
        # number tells by itself.
        if identity_kind(record) != "titulaire":
            return True
        return compare_identities(record, dict(open_sealed(sealed).fields)) == "same"


class SuppressionJudge:
    """Judges passages that a depositor takes back, by their idTechnique alone."""

    def judge(self, view: View, claim: Claim, sealed: Sealed | None) -> Judgement:
        """Say which certification is withdrawn, or was already."""
        del sealed
        found = [view.technical(key) for key in (claim.technical, *claim.succeeded)]
        index = next((known[0] for known in found if known is not None), None)
        if index is None:
            return NOT_RECORDED
        withdrawal = read_change(view, index, WITHDRAWN)
        if withdrawal is not None:
            return Judgement(duplicate=withdrawal)
        return Judgement(target=index)


def _weight(judged: Judgement) -> int:
    """Rank what a claim comes to under several bodies: a refusal first, then a repetition."""
    if judged.fault is not None:
        return 0
    return 1 if judged.duplicate is not None else 2 if judged.target is not None else 3
