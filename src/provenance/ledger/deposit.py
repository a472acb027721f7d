"""From what was handed in to a durable receipt.

A file and a form of the portal take one way: screen each passage, recognise what the
ledger has already, draft the rest, and record deposit and certifications in one piece.
The look-ups are read once more under the writer's lock; where another writer was faster,
the sorting is done again and the file's payload with it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from provenance.cdc.faults import Fault
from provenance.cdc.report import AcceptedPassage, DuplicatePassage, Receipt
from provenance.encoding import encode_base64
from provenance.errors import DepositRefused, LedgerBusyError
from provenance.ledger.deposit_job import DepositItem, DepositJob
from provenance.ledger.job import Job, OutdatedError
from provenance.ledger.judging import identity_fault
from provenance.ledger.registry import depositor_row, read_index
from provenance.record.commitment import SEED_SIZE
from provenance.record.entry import format_time
from provenance.record.payload import NONCE_SIZE, DepositPayload, seal_payload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.ledger.deposit_job import Action
    from provenance.ledger.draft import Draft
    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.job import Recorded
    from provenance.ledger.judging import Judge, Judgement
    from provenance.ledger.rights import DepositSignature
    from provenance.ledger.screening import Candidate, Screening
    from provenance.ledger.withdrawal import WithdrawalDraft
    from provenance.storage import View

ATTEMPTS_MAX: Final = 100
"""How often a deposit is sorted anew because other writers keep being faster."""

_CHANGED: Final = identity_fault(
    "changed-meanwhile", "what is recorded under this idTechnique just changed: deposit again"
)


class Document(Protocol):
    """What was handed in, as a whole: a file, or a form of the portal."""

    @property
    def name(self) -> str:
        """What the sender called it."""

    @property
    def media_type(self) -> str:
        """Its media type (RFC 6838)."""

    @property
    def salt(self) -> bytes:
        """The 32 bytes under which it is digested."""

    @property
    def size(self) -> int:
        """Bytes."""

    def digest(self) -> bytes:
        """Salted digest of the bytes (32 bytes)."""

    def residue(self, spans: list[tuple[int, int]]) -> bytes:
        """Give the bytes that lie outside the accepted passages."""


class _Sorted(msgspec.Struct, frozen=True):
    """Candidates, held against what the ledger has by now."""

    new: list[tuple[Candidate, Draft | WithdrawalDraft]]
    """Each with its draft, aimed at what it supersedes or withdraws."""
    duplicates: list[tuple[Candidate, DuplicatePassage]]
    conflicts: list[tuple[Candidate, Fault]]


class Intake(msgspec.Struct, frozen=True):
    """One deposit after screening: all that is needed to record it."""

    document: Document
    screening: Screening
    depositor: str
    depositor_index: int | None
    """Where the entry stands that gave the depositor its rights."""
    certifier: str
    action: Action
    id_flux: str
    signature: DepositSignature | None
    warnings: tuple[Fault, ...] = ()


class Depositing:
    """Records what was screened, and writes the receipt."""

    def __init__(
        self,
        *,
        origin: str,
        files: LedgerFiles,
        submit: Callable[[Job], Recorded],
        now_us: Callable[[], int],
    ) -> None:
        self._origin: Final = origin
        self._files: Final = files
        self._submit: Final = submit
        self._now_us: Final = now_us

    def record(self, intake: Intake) -> Receipt:
        """Record the new candidates in one piece and give the receipt.

        Raises a `StorageError` when nothing could be recorded, `DepositRefused` when the
        depositor's entry was replaced meanwhile.
        """
        for _ in range(ATTEMPTS_MAX):
            found = self._sort(intake.screening)
            try:
                recorded = self._record(intake, found)
            except OutdatedError:
                self._check_depositor(intake)
                continue
            return self._receipt(intake, found, recorded)
        raise LedgerBusyError("other writers keep recording the same passages: try again")

    def _check_depositor(self, intake: Intake) -> None:
        with self._files.store.view() as view:
            now = read_index(view, depositor_row(intake.depositor))
        if now != intake.depositor_index:
            raise DepositRefused("the depositor's entry was replaced meanwhile: deposit again")

    def _sort(self, screening: Screening) -> _Sorted:
        """Judge every candidate once more, all in one snapshot."""
        found = _Sorted(new=[], duplicates=[], conflicts=[])
        with self._files.store.view() as view:
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

    def _record(self, intake: Intake, found: _Sorted) -> Recorded | None:
        """Record deposit and certifications; None where all is known already.

        A file of which everything was refused is recorded too: that it came, and what it
        held, is what a depositor may ask for later. A repetition is not.
        """
        screening = intake.screening
        if not (found.new or found.conflicts or screening.refused):
            return None
        kept = [candidate for candidate, _ in found.new] if screening.keeps_passages else []
        spans = [candidate.span for candidate in kept]
        document = intake.document
        randomness = os.urandom(SEED_SIZE + NONCE_SIZE)
        seed, nonce = randomness[:SEED_SIZE], randomness[SEED_SIZE:]
        payload = DepositPayload(
            file_salt=document.salt,
            file_name=document.name,
            media_type=document.media_type,
            size=document.size,
            id_flux=intake.id_flux,
            residue=document.residue(spans),
            holes=tuple(start for start, _ in spans),
        )
        digest = document.digest()
        item = DepositItem(
            depositor=intake.depositor,
            certifier=intake.certifier,
            action=intake.action,
            digest=digest,
            seed=seed,
            payload=seal_payload(seed, nonce, digest, payload.encode_parts()),
            signature=intake.signature,
        )
        job = DepositJob(
            item,
            [draft for _, draft in found.new],
            depositor=intake.depositor_index,
            mentions=_mentions(screening, found),
        )
        return self._submit(job)

    def _receipt(self, intake: Intake, found: _Sorted, recorded: Recorded | None) -> Receipt:
        for candidate, fault in found.conflicts:
            intake.screening.refuse(candidate.id_technique, candidate.claim, [fault])
        document = intake.document
        return Receipt(
            format="provenance-receipt/1",
            origin=self._origin,
            depositor=intake.depositor,
            file_name=document.name,
            id_flux=intake.id_flux,
            processing_id=0 if recorded is None else recorded.start,
            received=format_time(self._now_us()) if recorded is None else recorded.time,
            size=document.size,
            digest=encode_base64(document.digest()),
            deposit=None if recorded is None else recorded.start,
            deposit_entry=None if recorded is None else recorded.entries[0].decode(),
            deposit_signature=None
            if recorded is None
            else encode_base64(recorded.signatures[0]),
            accepted=() if recorded is None else _accepted(found.new, recorded),
            duplicates=tuple(known for _, known in found.duplicates),
            refused=tuple(intake.screening.refused),
            warnings=(*intake.warnings, *_clock_warning(recorded)),
        )


def _judge_again(judge: Judge, view: View, candidate: Candidate) -> Judgement:
    """Judge a candidate as of now; a duplicate is compared only where it moved."""
    known = candidate.judged.duplicate
    if known is not None and view.technical(candidate.claim.technical) == (known, False):
        unchanged = view.status_bits(known) == 0
        if unchanged:
            return candidate.judged
    return judge.judge(view, candidate.claim)


def _mentions(screening: Screening, found: _Sorted) -> list[bytes]:
    """Give the keys of all passages that stay in the deposit's own payload."""
    left = [candidate for candidate, _ in (*found.duplicates, *found.conflicts)]
    if not screening.keeps_passages:
        left += [candidate for candidate, _ in found.new]
    return [*screening.mentions, *(key for one in left for key in one.claim.mentions())]


def _clock_warning(recorded: Recorded | None) -> tuple[Fault, ...]:
    if recorded is None or not recorded.clock_held:
        return ()
    message = "the operator's clock went back: the time is that of the entry before"
    return (Fault(level="deadline", code="clock-held", message=message, effect="warning"),)


def _accepted(
    new: Sequence[tuple[Candidate, Draft | WithdrawalDraft]], recorded: Recorded
) -> tuple[AcceptedPassage, ...]:
    return tuple(
        AcceptedPassage(
            idTechnique=candidate.id_technique,
            index=recorded.start + number,
            leaf_hash=encode_base64(recorded.leaf_hashes[number]),
            entry=recorded.entries[number].decode(),
            signature=encode_base64(recorded.signatures[number]),
            warnings=candidate.warnings,
            late=candidate.late,
        )
        for number, (candidate, _) in enumerate(new, 1)
    )


def _duplicate(candidate: Candidate, index: int, view: View) -> DuplicatePassage:
    entry, signature = view.record(index)
    return DuplicatePassage(
        idTechnique=candidate.id_technique,
        index=index,
        entry=entry.decode(),
        signature=encode_base64(signature),
    )
