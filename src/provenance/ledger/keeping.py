"""Keeping a ledger: bodies, withdrawals, erasures, keys, publications, its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.cdc.kit import parse_endorsement
from provenance.errors import ErasedError, LedgerBusyError, PolicyError
from provenance.keys import KeyRing
from provenance.ledger.changes import read_change
from provenance.ledger.clock import Clock
from provenance.ledger.deposit import ATTEMPTS_MAX
from provenance.ledger.ending import CloseJob, check_goes_on, last_entry
from provenance.ledger.endorsing import Endorsing
from provenance.ledger.erasing import (
    Erased,
    ErasureJob,
    check_case,
    check_grounds,
    find_traces,
)
from provenance.ledger.group import GroupCommit
from provenance.ledger.job import OutdatedError
from provenance.ledger.publish import Publisher
from provenance.ledger.reading import Reader
from provenance.ledger.registration import (
    RegistrationJob,
    check_allowed,
    check_signed,
    draft_registration,
    encode_draft,
    make_registration,
    parse_draft,
)
from provenance.ledger.registry import read_entry
from provenance.ledger.repairing import fill_vault, find_lost, make_repair
from provenance.ledger.rotation import Rotating
from provenance.ledger.withdrawal import WithdrawalJob, check_reason
from provenance.ledger.writer import Writer
from provenance.record.entry import Certification
from provenance.record.status import WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from provenance.keys import Role
    from provenance.ledger.erasing import Traces
    from provenance.ledger.files import LedgerFiles
    from provenance.storage import View


class Keeper(Reader):
    """What the operator does with an open ledger, but for depositing."""

    def __init__(
        self,
        files: LedgerFiles,
        *,
        keys: Path | None,
        readonly: bool,
        passphrase: bytes | None = None,
    ) -> None:
        """Use `Ledger.open`."""
        super().__init__(files)
        self._readonly: Final = readonly
        ring = KeyRing(keys or files.path / "keys", passphrase=passphrase)
        self._clock: Final = Clock()
        self._writer: Final = Writer(files, ring, self._clock, origin=self.origin)
        self._group: Final = GroupCommit(self._writer.record)
        self._publisher: Final = Publisher(files, ring, self._writer, origin=self.origin)
        self._rotating: Final = Rotating(files, ring, self._group.submit, origin=self.origin)
        self._endorsing: Final = Endorsing(files, self._group.submit, origin=self.origin)

    def register(
        self,
        depositor: str,
        *,
        name: str,
        siret: str | None = None,
        certifiers: Sequence[str] = (),
        for_all: bool = False,
        succeeds: Sequence[str] | None = None,
        keys: Sequence[str] = (),
    ) -> int:
        """Register a depositor, or replace its entry; return the index of the new one.

        ``depositor`` is its BCR (8 characters of 0-9A-Z), ``name`` what people read.
        ``certifiers``: for whom it may deposit besides itself; with ``for_all`` for
        everybody, and reports say that it is not limited. ``succeeds`` names depositors
        whose certifications it has taken over: it may correct and withdraw them. ``keys``
        are vkeys (Ed25519): once there are any, its deposits must be signed.

        What is not given again no longer holds. To replace an entry that lists keys is a
        reset by the operator, and shows as one; the body itself signs a new registration
        with `draft_registration` and `register_signed`. Raises `FormatError` when a value
        has not its form, `PolicyError` for a key that is the operator's, `StorageError`.
        """
        self._check_writable()
        registration = make_registration(
            depositor,
            name=name,
            siret=siret,
            certifiers=certifiers,
            for_all=for_all,
            succeeds=succeeds,
            keys=keys,
        )
        for _ in range(ATTEMPTS_MAX):
            job = RegistrationJob(registration)
            with self._files.store.view() as view:
                check_allowed(view, registration)
            try:
                return self._group.submit(job).start
            except OutdatedError:
                continue
        raise LedgerBusyError("other writers keep replacing the same entry: try again")

    def draft_registration(
        self,
        depositor: str,
        *,
        name: str,
        siret: str | None = None,
        certifiers: Sequence[str] = (),
        for_all: bool = False,
        succeeds: Sequence[str] | None = None,
        keys: Sequence[str] = (),
    ) -> bytes:
        """Return what a body signs to replace its registration: a draft, JSON.

        The parameters are those of `register`. The draft names the entry that it replaces,
        and holds until that is replaced. Raises as `register` does, and `PolicyError` where
        no key is in force that could sign.
        """
        registration = make_registration(
            depositor,
            name=name,
            siret=siret,
            certifiers=certifiers,
            for_all=for_all,
            succeeds=succeeds,
            keys=keys,
        )
        with self._files.store.view() as view:
            return encode_draft(draft_registration(view, registration, origin=self.origin))

    def register_signed(self, draft: bytes, signature: bytes) -> int:
        """Record a draft as it is, signed by the body itself; return the entry's index.

        ``signature`` (64 bytes) is by a key that the entry replaced lists, over the draft's
        ``message``. Raises `FormatError` for another form, `SignatureError` for a signature
        by no such key, `PolicyError` for the draft of another log, one whose entry was
        replaced meanwhile, and as `register`, `StorageError`.
        """
        self._check_writable()
        parsed = parse_draft(draft)
        with self._files.store.view() as view:
            check_signed(view, parsed, signature, origin=self.origin)
        try:
            return self._group.submit(RegistrationJob(parsed.registration, signature)).start
        except OutdatedError as error:
            raise PolicyError("the entry was replaced meanwhile: make a new draft") from error

    def withdraw(self, index: int, reason: str = "OTHER") -> int:
        """Take the certification at ``index`` back; return the withdrawal's index.

        ``reason`` is one of `REASONS`, and committed to. The certification stays
        recorded, and provable as withdrawn. Raises `FormatError` for another reason,
        `UnknownEntryError` for what is not a certification, `PolicyError` when it is
        withdrawn already, `StorageError`.
        """
        self._check_writable()
        job = WithdrawalJob(index, check_reason(reason))
        self.to_withdraw([index])
        try:
            return self._group.submit(job).start
        except OutdatedError as error:
            raise _withdrawn_already(index) from error

    def to_withdraw(self, indexes: Iterable[int]) -> tuple[int, ...]:
        """Return the certifications that could be withdrawn, and withdraw nothing.

        These are the ones at ``indexes``, each once; raises as `withdraw` does for any that
        could not.
        """
        due = tuple(dict.fromkeys(indexes))
        with self._files.store.view() as view:
            for index in due:
                read_entry(view, index, Certification)
                if read_change(view, index, WITHDRAWN) is not None:
                    raise _withdrawn_already(index)
        return due

    def erase(
        self,
        indexes: Iterable[int],
        *,
        basis: str,
        case: str | None = None,
        refused_passage: int | None = None,
    ) -> Erased:
        """Destroy the content of entries for good; return what was erased.

        ``indexes`` name certifications, deposits or withdrawals; ``basis`` is one of
        `BASES`, ``case`` the operator's own reference (1 to 64 characters), and both are
        committed to. With a certification goes everything that would give its data away:
        what it superseded, its deposit, and the deposits in which a passage of the same
        idTechnique or holder was refused or repeated. The entries stay, and all other
        proofs hold. On return the seeds are gone from the disk, as far as the file system
        overwrites in place.

        A deposit of which nothing was erased is not erased alone: ``refused_passage`` is
        the number in its file, from 1, of the passage that the request is about, which no
        entry records.

        Raises `FormatError` for another basis or case, `UnknownEntryError` for an entry
        without content, `ErasedError` when nothing is left to erase, `PolicyError` for a
        deposit alone, `StorageError`.
        """
        self._check_writable()
        grounds, wanted = check_grounds(basis, case), tuple(indexes)

        def make(view: View) -> ErasureJob:
            return ErasureJob(self._traces(view, wanted, refused_passage), grounds)

        return self._erase(make)

    def to_erase(
        self, indexes: Iterable[int], *, refused_passage: int | None = None
    ) -> tuple[int, ...]:
        """Return what `erase` would erase, and erase nothing. Raises as `erase` does."""
        with self._files.store.view() as view:
            traces = self._traces(view, tuple(indexes), refused_passage)
        return tuple(one.index for one in traces)

    def _traces(
        self, view: View, indexes: Sequence[int], refused_passage: int | None
    ) -> Sequence[Traces]:
        return find_traces(
            view, self._recall, self._lookups, indexes, refused_passage=refused_passage
        )

    def _erase(self, make: Callable[[View], ErasureJob]) -> Erased:
        for _ in range(ATTEMPTS_MAX):
            with self._files.store.view() as view:
                job = make(view)
            try:
                recorded = self._group.submit(job)
            except OutdatedError:
                continue
            return Erased(
                entries=tuple(range(recorded.start, recorded.start + len(job.items))),
                erased=job.erases,
                time=recorded.time,
            )
        raise LedgerBusyError("other writers keep erasing the same entries: try again")

    def lost_seeds(self) -> tuple[int, ...]:
        """Return the entries whose contents nobody can open, because their seeds are lost.

        What was erased is not among them. Every seed is looked at.
        """
        with self._files.store.view() as view:
            return tuple(find_lost(self._files, view))

    def repair_lost_seeds(self, *, case: str | None = None) -> Erased:
        """Give up the contents whose seeds are lost, by an erasure; return what is gone.

        The ledger is opened with ``with_lost_seeds``. Restore a newer vault instead, where
        there is one: with it nothing is lost. The contents may be deposited again, with a
        new signature where their depositor signs. ``case`` as for `erase`. Raises
        `ErasedError` when no seed is lost, `FormatError`, `StorageError`.
        """
        self._check_writable()
        check_case(case)
        fill_vault(self._files)

        def make(view: View) -> ErasureJob:
            lost = find_lost(self._files, view)
            if not lost:
                raise ErasedError("no seed is lost: there is nothing to repair")
            return make_repair(view, lost, case)

        return self._erase(make)

    def publish(self) -> str:
        """Publish a checkpoint over everything recorded so far; give the signed note.

        When nothing was appended since the last one, the same note comes back.
        Raises `KeyFileError` without the log keys, `ConsistencyError` when the database
        does not contain what was published before, `StorageError`.
        """
        self._check_writable()
        return self._publisher.publish()

    def rotate_keys(self, role: Role, *uris: str) -> tuple[int, ...]:
        """Put new keys in the place of those in force; give the ``key`` entries' indexes.

        ``role`` is ``"entry"`` (one Ed25519 key) or ``"log"`` (an Ed25519 and an
        ML-DSA-44 key). ``uris`` name keys that exist (``file:…``, ``pkcs11:…``); of a
        kind that none of them has, one is made in the key directory. The old keys are
        retired in the same commit. A new entry key signs from the next entry on; new log
        keys sign the next checkpoint, for which verifiers need the new `policy`. Old
        proofs then need bringing up to date.

        Raises `KeyFileError` when a key cannot be used or written, `PolicyError` for a
        public key that this log has seen before, `StorageError`.
        """
        self._check_writable()
        return self._rotating.rotate(role, uris)

    def check_closable(self, *, successor: str, genesis: bytes) -> None:
        """Check that `close_log` could end the log, and do nothing. Raises as it does."""
        job = CloseJob(successor=successor, genesis=genesis)
        with self._files.store.view() as view:
            check_goes_on(view, last_entry(view), [job])

    def close_log(self, *, successor: str, genesis: bytes) -> str:
        """End the log forever; return its last checkpoint, a signed note.

        ``successor`` is the origin of the log that goes on, ``genesis`` the leaf hash of
        its first entry (32 bytes). Nothing can be recorded afterwards; everything can be
        read and proven. Raises `FormatError`, `PolicyError` when it is closed already,
        `KeyFileError`, `StorageError`.
        """
        self._check_writable()
        job = CloseJob(successor=successor, genesis=genesis)
        self._writer.record([job])
        job.result()
        return self._publisher.publish()

    def endorse(self, endorsement: bytes) -> int:
        """Add a certifier's own signature over its entries; give the entry's index.

        ``endorsement`` is what ``provenance endorse sign`` gave, JSON. Everything about it
        is checked again. Raises `FormatError` for another form, `UnknownEntryError` for
        what is no deposit, `PolicyError` for another log, another range, a key that is not
        in force and a repetition, `VerificationError` for another root, `SignatureError`.
        """
        self._check_writable()
        return self._endorsing.endorse(parse_endorsement(endorsement))

    def confirm_clock(self) -> None:
        """Take the system clock as right, after a `ClockError` was looked into."""
        self._clock.confirm()

    def _check_writable(self) -> None:
        if self._readonly:
            raise PolicyError("the ledger is open for reading only")


def _withdrawn_already(index: int) -> PolicyError:
    return PolicyError(f"entry {index} is withdrawn already")
