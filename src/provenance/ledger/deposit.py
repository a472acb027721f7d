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
from provenance.ledger.deposit_job import (
    DepositItem,
    DepositJob,
    inherited_of,
    read_standing,
    signed_row,
)
from provenance.ledger.job import OutdatedError
from provenance.ledger.registry import read_index
from provenance.ledger.rights import signed_before
from provenance.ledger.sorting import New, Repeated, mentions_of, sort_candidates
from provenance.record.commitment import SEED_SIZE
from provenance.record.entry import format_time
from provenance.record.payload import NONCE_SIZE, DepositPayload, seal_payload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.cdc.report import RefusedPassage
    from provenance.ledger.deposit_job import Action, Standing
    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.group import GroupCommit
    from provenance.ledger.job import Recorded
    from provenance.ledger.recall import Recall
    from provenance.ledger.rights import DepositSignature
    from provenance.ledger.screening import Screening
    from provenance.ledger.sorting import Known, Sorted
    from provenance.ledger.source import Salts
    from provenance.storage import View

ATTEMPTS_MAX: Final = 100
"""How often a deposit is sorted anew because other writers keep being faster."""


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
        """The file salt: the 32 bytes from which the salts of all leaves follow."""

    @property
    def salts(self) -> Salts:
        """The salts of all leaves."""

    @property
    def size(self) -> int:
        """Bytes."""

    def sha256(self) -> bytes:
        """Return SHA-256 of the bytes, 32 bytes."""

    def residue(self, spans: list[tuple[int, int]]) -> bytes:
        """Return the bytes that lie outside the accepted passages."""


class Intake(msgspec.Struct, frozen=True):
    """One deposit after screening: all that is needed to record it.

    ``registration``: index of the entry that gave the depositor its rights. ``leaves``: the
    hashes of the leaves from leaf 0 on, from which ``digest`` follows.
    """

    document: Document
    screening: Screening
    depositor: str
    certifier: str
    action: Action
    id_flux: str
    signature: DepositSignature | None
    registration: int = 0
    leaves: Sequence[bytes] = ()
    digest: bytes = b""
    warnings: tuple[Fault, ...] = ()


class _Attempt:
    """A deposit on its way into the log: received once, made into a job each time."""

    def __init__(
        self,
        receive: Callable[[], Intake],
        make: Callable[[Intake], tuple[Sorted, DepositJob | None]],
    ) -> None:
        self._receive: Final = receive
        self._make: Final = make
        self._made: tuple[Intake, Sorted] | None = None

    @property
    def made(self) -> tuple[Intake, Sorted]:
        """The deposit, and what it came to when it was last made into a job."""
        assert self._made is not None, "made before it was recorded"
        return self._made

    def make(self) -> DepositJob | None:
        """Make the job; None where all is known already. Raises as what receives it does."""
        intake = self._receive() if self._made is None else self._made[0]
        found, job = self._make(intake)
        self._made = intake, found
        return job


class Depositing:
    """Records what was screened, and writes the receipt."""

    def __init__(
        self,
        *,
        origin: str,
        files: LedgerFiles,
        recall: Recall,
        group: GroupCommit,
        now_us: Callable[[], int],
    ) -> None:
        self._origin: Final = origin
        self._files: Final = files
        self._recall: Final = recall
        self._group: Final = group
        self._now_us: Final = now_us

    def record(self, intake: Intake) -> Receipt:
        """Record the new candidates in one piece and give the receipt.

        Raises a `StorageError` when nothing could be recorded, `DepositRefused` when the
        depositor's entry was replaced meanwhile.
        """

        def submit(attempt: _Attempt) -> Recorded | None:
            job = attempt.make()
            return None if job is None else self._group.submit(job)

        return self._record(_Attempt(lambda: intake, self._make_job), submit)

    def record_small(self, receive: Callable[[], Intake], *, passages: int) -> Receipt:
        """Receive and record a deposit of a few passages, maybe together with others.

        ``receive`` may be called by another thread, and once. Raises as it does, and as
        `record`.
        """

        def submit(attempt: _Attempt) -> Recorded | None:
            return self._group.submit_made(attempt.make, items=1 + passages)

        return self._record(_Attempt(receive, self._make_job), submit)

    def _record(
        self, attempt: _Attempt, submit: Callable[[_Attempt], Recorded | None]
    ) -> Receipt:
        for _ in range(ATTEMPTS_MAX):
            try:
                recorded = submit(attempt)
            except OutdatedError:
                continue
            return self._receipt(*attempt.made, recorded)
        raise LedgerBusyError("other writers keep recording the same passages: try again")

    def _make_job(self, intake: Intake) -> tuple[Sorted, DepositJob | None]:
        """Sort the candidates, and make the job that records them.

        A file of which everything was refused is recorded too: that it came, and what it
        held, is what a depositor may ask for later. A repetition is not.
        """
        screening = intake.screening
        with self._files.store.view() as view:
            found = sort_candidates(screening, view, self._recall)
            if not (found.new or found.conflicts or screening.refused):
                return found, None
            standing = _check_open(view, intake)
            keys = [key for one in found.new for key in one.candidate.claim.succeeded]
            inherited = inherited_of(view, keys)
        job = DepositJob(
            _deposit_item(intake, found, standing),
            [one.draft for one in found.new],
            mentions=mentions_of(screening, found),
            inherited=inherited,
        )
        return found, job

    def _receipt(self, intake: Intake, found: Sorted, recorded: Recorded | None) -> Receipt:
        for one in found.conflicts:
            candidate = one.candidate
            intake.screening.refuse(
                candidate.number, candidate.id_technique, candidate.claim, [one.fault]
            )
        document = intake.document
        accepted = () if recorded is None else _accepted(found.new, recorded)
        return Receipt(
            format="provenance-receipt/1",
            origin=self._origin,
            depositor=intake.depositor,
            file_name=document.name,
            id_flux=intake.id_flux,
            processing_id=0 if recorded is None else recorded.start,
            received=format_time(self._now_us()) if recorded is None else recorded.time,
            size=document.size,
            digest=encode_base64(intake.digest),
            deposit=None if recorded is None else recorded.start,
            deposit_entry=None if recorded is None else recorded.entries[0].decode(),
            deposit_signature=None
            if recorded is None
            else encode_base64(recorded.signatures[0]),
            accepted=accepted,
            duplicates=tuple([_duplicate(one, accepted) for one in found.duplicates]),
            refused=tuple(sorted(intake.screening.refused, key=_number)),
            warnings=(*intake.warnings, *_clock_warning(recorded)),
        )


def _check_open(view: View, intake: Intake) -> Standing:
    """Return what a deposit rests on as of now; raises `DepositRefused` where it may not be."""
    standing = read_standing(view, intake.depositor, intake.certifier)
    if standing is None or standing.depositor != intake.registration:
        raise DepositRefused(
            "the depositor's entry was replaced meanwhile, and nothing was recorded: deposit "
            "again"
        )
    if intake.signature is not None:
        known = read_index(view, signed_row(intake.depositor, intake.digest))
        if known is not None:
            fault = signed_before(known)
            raise DepositRefused(f"nothing was recorded: {fault.message}", [fault])
    return standing


def _deposit_item(intake: Intake, found: Sorted, standing: Standing) -> DepositItem:
    """Seal what is not in the certifications' own payloads, under a new seed."""
    kept = found.new if intake.screening.keeps_passages else []
    spans = [one.candidate.span for one in kept]
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
    return DepositItem(
        depositor=intake.depositor,
        certifier=intake.certifier,
        standing=standing,
        action=intake.action,
        recorded=len(found.new),
        digest=intake.digest,
        leaves=intake.leaves,
        seed=seed,
        payload=seal_payload(seed, nonce, intake.digest, payload.encode_parts()),
        signature=intake.signature,
    )


def _clock_warning(recorded: Recorded | None) -> tuple[Fault, ...]:
    if recorded is None or not recorded.clock_held:
        return ()
    message = "the operator's clock went back: the time is that of the entry before"
    return (Fault(level="deadline", code="clock-held", message=message, effect="warning"),)


def _number(refused: RefusedPassage) -> int:
    return refused.faults[0].passage or 0


def _accepted(new: Sequence[New], recorded: Recorded) -> tuple[AcceptedPassage, ...]:
    return tuple([_accept(one, recorded, number) for number, one in enumerate(new, 1)])


def _accept(one: New, recorded: Recorded, number: int) -> AcceptedPassage:
    candidate, award = one.candidate, one.award
    return AcceptedPassage(
        idTechnique=candidate.id_technique,
        type=award.type,
        code=award.code,
        certifier=award.certifier,
        awarded=award.awarded,
        provisional=award.provisional,
        first=one.first or recorded.time,
        index=recorded.start + number,
        leaf_hash=encode_base64(recorded.leaf_hashes[number]),
        entry=recorded.entries[number].decode(),
        signature=encode_base64(recorded.signatures[number]),
        warnings=candidate.warnings,
        late=any(fault.code == "late" for fault in candidate.warnings),
    )


def _duplicate(one: Known | Repeated, accepted: Sequence[AcceptedPassage]) -> DuplicatePassage:
    if isinstance(one, Repeated):
        first = accepted[one.place]
        members = DuplicatePassage.__struct_fields__
        return DuplicatePassage(**{name: getattr(first, name) for name in members})
    return DuplicatePassage(
        idTechnique=one.candidate.id_technique,
        **msgspec.structs.asdict(one.award),
        first=one.first,
        index=one.index,
        entry=one.entry.decode(),
        signature=encode_base64(one.signature),
    )
