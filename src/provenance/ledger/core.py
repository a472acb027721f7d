"""The ledger: one object that deposits, publishes, proves and finds."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self

from provenance.cdc.flux import Limits
from provenance.errors import LedgerBusyError, PolicyError
from provenance.keys import KeyRing
from provenance.ledger.clock import Clock, wall_us
from provenance.ledger.creation import create_ledger
from provenance.ledger.deposit import ATTEMPTS_MAX, Depositing
from provenance.ledger.ending import CloseJob
from provenance.ledger.erasing import Erased, ErasureJob, check_basis, find_traces
from provenance.ledger.files import catch_up, check_not_rolled_back, open_files
from provenance.ledger.form import FormSource
from provenance.ledger.group import GroupCommit
from provenance.ledger.intake import Reception
from provenance.ledger.job import OutdatedError
from provenance.ledger.keyhistory import check_not_operators
from provenance.ledger.publish import Publisher
from provenance.ledger.reading import Reader
from provenance.ledger.registration import (
    Registration,
    RegistrationJob,
    check_registration,
)
from provenance.ledger.registry import read_entry
from provenance.ledger.rotation import Rotating
from provenance.ledger.source import FileSource
from provenance.ledger.withdrawal import WithdrawalJob, check_reason
from provenance.ledger.writer import Writer
from provenance.record.entry import Certification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

    from provenance.cdc.report import Receipt
    from provenance.cdc.xsd import XsdValidator
    from provenance.keys import Role
    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.rights import DepositSignature
    from provenance.ledger.screening import Decide
    from provenance.record.commitment import Field, Value
    from provenance.record.entry import Previous


class Ledger(Reader):
    """An append-only ledger of professional certifications, in one directory.

    Make one with `Ledger.create`, open it with `Ledger.open`, and close it, best as a
    context manager. One object may be used by many threads; several processes may have
    the ledger open, and those that write take turns. Within one process it is open once.

    Every method raises subclasses of `ProvenanceError` only. After an I/O error the
    object refuses everything with `LedgerPoisonedError`: open the ledger again.
    """

    def __init__(
        self,
        files: LedgerFiles,
        *,
        keys: Path | None,
        readonly: bool,
        passphrase: bytes | None = None,
    ) -> None:
        """Use `Ledger.open`, which checks the files against each other first."""
        super().__init__(files)
        self._readonly: Final = readonly
        ring = KeyRing(keys or files.path / "keys", passphrase=passphrase)
        self._clock: Final = Clock()
        self._writer: Final = Writer(files, ring, self._clock, origin=self.origin)
        self._group: Final = GroupCommit(self._writer.record)
        self._publisher: Final = Publisher(files, ring, self._writer, origin=self.origin)
        self._rotating: Final = Rotating(files, ring, self._group.submit, origin=self.origin)
        self._depositing: Final = Depositing(
            origin=self.origin,
            files=files,
            submit=self._group.submit,
            now_us=wall_us,
        )
        self._closing: Final = threading.Lock()

    @classmethod
    def create(
        cls,
        path: str | Path,
        *,
        origin: str,
        keys: str | Path | None = None,
        passphrase: bytes | None = None,
        entry_key: str | None = None,
        previous: Previous | None = None,
    ) -> Ledger:
        """Make a new ledger with new keys at ``path``, and open it.

        ``origin`` names the log for ever: 1 to 255 characters of printable ASCII without
        space and ``+``, by custom a host name and a path (C2SP tlog-checkpoint).
        ``keys`` is the directory for the private keys, ``path/keys`` by default, and
        ``passphrase`` encrypts them. ``entry_key`` is the URI of the first entry key, on
        a token (``pkcs11:…``) or in a file (``file:…``), instead of a new one.
        ``previous`` names the log that this one continues, at its last checkpoint.

        The ledger appears whole or not at all. Raises `FormatError` for an origin of
        another form, `PolicyError` when ``path`` exists, `KeyFileError`, `StorageError`.
        """
        directory = None if keys is None else Path(keys)
        create_ledger(
            Path(path),
            origin=origin,
            keys=directory,
            passphrase=passphrase,
            entry_key=entry_key,
            previous=previous,
        )
        return cls.open(path, keys=keys, passphrase=passphrase)

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        readonly: bool = False,
        keys: str | Path | None = None,
        passphrase: bytes | None = None,
    ) -> Ledger:
        """Open the ledger at ``path``, at the same cost whatever its size.

        ``readonly`` writes nothing and works beside a writer in another process. ``keys``
        is the directory of the private keys, ``path/keys`` by default; ``passphrase``
        decrypts them, and is a token's PIN where its URI names none. They are opened when
        something is first signed.

        Raises `LedgerDamagedError` when files are missing or too short, `RollbackError`
        when the database is older than what was acknowledged or published,
        `LedgerBusyError` when this process has it open already.
        """
        files = open_files(Path(path), readonly=readonly)
        try:
            check_not_rolled_back(files)
            if not readonly:
                catch_up(files)
            directory = None if keys is None else Path(keys)
            return cls(files, keys=directory, readonly=readonly, passphrase=passphrase)
        except BaseException:
            files.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all files. Closing twice does nothing."""
        with self._closing:
            self._writer.close()
            self._files.close()

    # --- writing

    def register(
        self,
        depositor: str,
        *,
        name: str,
        siret: str | None = None,
        certifiers: Sequence[str] | None = None,
        succeeds: Sequence[str] | None = None,
        keys: Sequence[str] = (),
        signature: bytes | None = None,
    ) -> int:
        """Register a depositor, or replace its entry; give the index of the new one.

        ``depositor`` is its BCR (8 characters of 0-9A-Z), ``name`` what people read.
        ``certifiers`` limits for whom it may deposit besides itself; None does not.
        ``succeeds`` names depositors whose certifications it has taken over: it may
        correct and withdraw them. ``keys`` are vkeys (Ed25519): once there are any, its
        deposits must be signed. ``signature`` (64 bytes) is by one of the keys in force
        over the new ones; replacing an entry that lists keys without it is a reset by
        the operator, and shows as one.

        Raises `FormatError` when a value has not its form, `SignatureError` for a
        signature by no key in force, `PolicyError` for one that nothing asks for and for a
        key that is the operator's, `StorageError`.
        """
        self._check_writable()
        registration = Registration(
            depositor=depositor,
            name=name,
            siret=siret,
            certifiers=None if certifiers is None else tuple(certifiers),
            succeeds=tuple(succeeds) if succeeds else None,
            keys=tuple(keys),
            signature=signature,
        )
        with self._files.store.view() as view:
            check_not_operators(view, keys)
            against = check_registration(view, registration, origin=self.origin)
        try:
            job = RegistrationJob(registration, signed_against=against)
            return self._group.submit(job).start
        except OutdatedError as error:
            raise PolicyError("the entry was replaced meanwhile: sign anew") from error

    def deposit(  # noqa: PLR0913 - options, all by keyword
        self,
        flux: str | Path | bytes | IO[bytes],
        decide: Decide | None = None,
        *,
        depositor: str | None = None,
        signature: DepositSignature | None = None,
        name: str | None = None,
        corrections: bool = False,
        xsd: XsdValidator | None = None,
        limits: Limits | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Receipt:
        """Deposit a file of certifications, durably, and give the receipt.

        ``flux`` is a path, bytes, or an open binary file that can seek. ``decide`` is
        asked for each passage that passed the checks: it gets the fields by name and
        answers `Accept` or `Refuse`. ``depositor`` is the BCR that the caller was
        authenticated as; the file must name the same. ``corrections``: a passage whose
        idTechnique is recorded with other content supersedes what is recorded, instead
        of being refused; the final form of a provisional one does so anyway. ``xsd``
        adds the operator's own schema to the checks. ``progress`` is called with bytes
        read and bytes in all, once for each pass over the file.

        A file with the action SUPPRESSION withdraws what its passages name.
        Passages are accepted one by one; the file is recorded whole or not at all, and
        when no passage is new, nothing is recorded. Raises `DepositRefused` when the
        file as a whole is refused (``faults`` tells every reason), `UnreadableError`,
        `ClockError`, `StorageError`.
        """
        self._check_writable()
        salt = None if signature is None else signature.salt
        source = FileSource(flux, name=name, salt=salt, progress=progress)
        intake = self._reception(decide, corrections=corrections).receive_file(
            source,
            authenticated=depositor,
            signature=signature,
            validator=xsd,
            limits=limits or Limits(),
        )
        return self._depositing.record(intake)

    def append(
        self,
        records: Sequence[Mapping[str, Value] | Sequence[Field]],
        *,
        depositor: str,
        decide: Decide | None = None,
        corrections: bool = False,
        signature: DepositSignature | None = None,
    ) -> Receipt:
        """Record certifications that were entered one by one, in the portal's form.

        Each record gives the fields of one passage by name, as a deposited file would:
        ``certificateur``, ``contrat``, ``type``, ``code``, ``idTechnique`` and so on,
        the passage's own by their dotted path. ``emetteur`` and ``source`` are supplied.
        All records of one call make one deposit, for one certifier; ``corrections`` as
        for `deposit`. A depositor with keys signs the form's digest (`form_digest`).
        Raises `DepositRefused`, `ClockError`, `StorageError`.
        """
        self._check_writable()
        salt = None if signature is None else signature.salt
        form = FormSource(records, depositor=depositor, salt=salt)
        reception = self._reception(decide, corrections=corrections)
        return self._depositing.record(reception.receive_form(form, signature))

    def _reception(self, decide: Decide | None, *, corrections: bool) -> Reception:
        return Reception(
            origin=self.origin,
            files=self._files,
            lookups=self._lookups,
            recall=self._recall,
            received_us=wall_us(),
            decide=decide,
            corrections=corrections,
        )

    def withdraw(self, index: int, reason: str = "OTHER") -> int:
        """Take the certification at ``index`` back; give the withdrawal's index.

        ``reason`` is one of `REASONS`, and committed to. The certification stays
        recorded, and provable as withdrawn. Raises `FormatError` for another reason,
        `UnknownEntryError` for what is no certification, `PolicyError` when it is
        withdrawn already, `StorageError`.
        """
        self._check_writable()
        job = WithdrawalJob(index, check_reason(reason))
        with self._files.store.view() as view:
            read_entry(view, index, Certification)
        try:
            return self._group.submit(job).start
        except OutdatedError as error:
            raise PolicyError(f"entry {index} is withdrawn already") from error

    def erase(self, indexes: Iterable[int], *, basis: str) -> Erased:
        """Destroy the content of entries for good; give what was erased.

        ``indexes`` name certifications, deposits or withdrawals; ``basis`` is one of
        `BASES`, and committed to. With a certification goes everything that would give
        its data away: what it superseded, its deposit, and the deposits in which a
        passage of the same idTechnique or holder was refused or repeated. The entries
        stay, and all other proofs hold. On return the seeds are gone from the disk, as
        far as the file system overwrites in place.

        Raises `FormatError` for another basis, `UnknownEntryError` for an entry without
        content, `ErasedError` when nothing is left to erase, `StorageError`.
        """
        self._check_writable()
        grounds, wanted = check_basis(basis), tuple(indexes)
        for _ in range(ATTEMPTS_MAX):
            with self._files.store.view() as view:
                traces = find_traces(view, self._recall, self._lookups, wanted)
            job = ErasureJob(traces, grounds)
            try:
                recorded = self._group.submit(job)
            except OutdatedError:
                continue
            return Erased(
                entries=tuple(range(recorded.start, recorded.start + len(job.items))),
                erased=tuple(one.index for one in traces),
                time=recorded.time,
            )
        raise LedgerBusyError("other writers keep erasing the same entries: try again")

    def to_erase(self, indexes: Iterable[int]) -> tuple[int, ...]:
        """Give what `erase` would erase, and erase nothing. Raises as `erase` does."""
        with self._files.store.view() as view:
            traces = find_traces(view, self._recall, self._lookups, indexes)
        return tuple(one.index for one in traces)

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

    def close_log(self, *, successor: str, genesis: bytes) -> str:
        """End the log for ever; give its last checkpoint, a signed note.

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

    def confirm_clock(self) -> None:
        """Take the system clock as right, after a `ClockError` was looked into."""
        self._clock.confirm()

    def _check_writable(self) -> None:
        if self._readonly:
            raise PolicyError("the ledger is open for reading only")
