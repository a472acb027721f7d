"""The ledger: one object that deposits, publishes, proves and finds."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self

from provenance.cdc.flux import Limits
from provenance.errors import PolicyError, UnknownEntryError
from provenance.keys import KeyRing
from provenance.ledger.clock import Clock, wall_us
from provenance.ledger.creation import create_ledger
from provenance.ledger.deposit import Depositing
from provenance.ledger.disclosure import LINE
from provenance.ledger.files import catch_up, check_not_rolled_back, open_files
from provenance.ledger.form import FormSource
from provenance.ledger.group import GroupCommit
from provenance.ledger.intake import Reception
from provenance.ledger.lookups import Lookups
from provenance.ledger.prove import Prover
from provenance.ledger.publish import Publisher, latest_checkpoint
from provenance.ledger.recall import Recall
from provenance.ledger.registration import RegistrationJob
from provenance.ledger.registry import read_depositors, read_genesis
from provenance.ledger.source import FileSource
from provenance.ledger.writer import Writer
from provenance.record.entry import parse_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from types import TracebackType

    from provenance.cdc.report import Receipt
    from provenance.cdc.xsd import XsdValidator
    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.rights import DepositSignature
    from provenance.ledger.screening import Decide
    from provenance.record.commitment import Field, Value
    from provenance.record.entry import Depositor, Entry
    from provenance.record.payload import DepositPayload
    from provenance.tlog.checkpoint import Checkpoint


class Ledger:
    """An append-only ledger of professional certifications, in one directory.

    Make one with `Ledger.create`, open it with `Ledger.open`, and close it, best as a
    context manager. One object may be used by many threads; several processes may have
    the ledger open, and those that write take turns. Within one process it is open once.

    Every method raises subclasses of `ProvenanceError` only. After an I/O error the
    object refuses everything with `LedgerPoisonedError`: open the ledger again.
    """

    def __init__(self, files: LedgerFiles, *, keys: Path | None, readonly: bool) -> None:
        """Use `Ledger.open`, which checks the files against each other first."""
        self._files: Final = files
        self._readonly: Final = readonly
        with files.store.view() as view:
            self.origin: Final = read_genesis(view).origin
        ring = KeyRing(keys or files.path / "keys", origin=self.origin)
        self._clock: Final = Clock()
        self._writer: Final = Writer(files, ring, self._clock, origin=self.origin)
        self._group: Final = GroupCommit(self._writer.record)
        self._lookups: Final = Lookups(files.vault.secret)
        self._recall: Final = Recall(files)
        self._publisher: Final = Publisher(files, ring, self._writer, origin=self.origin)
        self._prover: Final = Prover(files, self._recall)
        self._depositing: Final = Depositing(
            origin=self.origin,
            files=files,
            recall=self._recall,
            submit=self._group.submit,
            now_us=wall_us,
        )
        self._closing: Final = threading.Lock()

    @classmethod
    def create(cls, path: str | Path, *, origin: str, keys: str | Path | None = None) -> Ledger:
        """Make a new ledger with new keys at ``path``, and open it.

        ``origin`` names the log for ever: 1 to 255 characters of printable ASCII without
        space and ``+``, by custom a host name and a path (C2SP tlog-checkpoint).
        ``keys`` is the directory for the private keys, ``path/keys`` by default.

        The ledger appears whole or not at all. Raises `FormatError` for an origin of
        another form, `PolicyError` when ``path`` exists, `KeyFileError`, `StorageError`.
        """
        directory = None if keys is None else Path(keys)
        create_ledger(Path(path), origin=origin, keys=directory)
        return cls.open(path, keys=keys)

    @classmethod
    def open(
        cls, path: str | Path, *, readonly: bool = False, keys: str | Path | None = None
    ) -> Ledger:
        """Open the ledger at ``path``, at the same cost whatever its size.

        ``readonly`` writes nothing and works beside a writer in another process.
        Raises `LedgerDamagedError` when files are missing or too short, `RollbackError`
        when the database is older than what was acknowledged or published,
        `LedgerBusyError` when this process has it open already.
        """
        files = open_files(Path(path), readonly=readonly)
        try:
            check_not_rolled_back(files)
            if not readonly:
                catch_up(files)
            return cls(files, keys=None if keys is None else Path(keys), readonly=readonly)
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
        keys: Sequence[str] = (),
    ) -> int:
        """Register a depositor, or replace its entry; give the index of the new one.

        ``depositor`` is its BCR (8 characters of 0-9A-Z), ``name`` what people read.
        ``certifiers`` limits for whom it may deposit besides itself; None does not.
        ``keys`` are vkeys (Ed25519): once there are any, its deposits must be signed.
        Replacing an entry that lists keys is a reset by the operator, and shows as one.

        Raises `FormatError` when a value has not its form, and `StorageError`.
        """
        self._check_writable()
        job = RegistrationJob(
            depositor=depositor,
            name=name,
            siret=siret,
            certifiers=None if certifiers is None else tuple(certifiers),
            keys=tuple(keys),
        )
        return self._group.submit(job).start

    def deposit(
        self,
        flux: str | Path | bytes | IO[bytes],
        decide: Decide | None = None,
        *,
        depositor: str | None = None,
        signature: DepositSignature | None = None,
        name: str | None = None,
        xsd: XsdValidator | None = None,
        limits: Limits | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Receipt:
        """Deposit a file of certifications, durably, and give the receipt.

        ``flux`` is a path, bytes, or an open binary file that can seek. ``decide`` is
        asked for each passage that passed the checks: it gets the fields by name and
        answers `Accept` or `Refuse`. ``depositor`` is the BCR that the caller was
        authenticated as; the file must name the same. ``xsd`` adds the operator's own
        schema to the checks. ``progress`` is called with bytes read and bytes in all,
        once for each pass over the file.

        Passages are accepted one by one; the file is recorded whole or not at all, and
        when no passage is new, nothing is recorded. Raises `DepositRefused` when the
        file as a whole is refused (``faults`` tells every reason), `UnreadableError`,
        `ClockError`, `StorageError`.
        """
        self._check_writable()
        salt = None if signature is None else signature.salt
        source = FileSource(flux, name=name, salt=salt, progress=progress)
        intake = self._reception(decide).receive_file(
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
    ) -> Receipt:
        """Record certifications that were entered one by one, in the portal's form.

        Each record gives the fields of one passage by name, as a deposited file would:
        ``certificateur``, ``contrat``, ``type``, ``code``, ``idTechnique`` and so on,
        the passage's own by their dotted path. ``emetteur`` and ``source`` are supplied.
        All records of one call make one deposit, for one certifier. Raises
        `DepositRefused`, `ClockError`, `StorageError`.
        """
        self._check_writable()
        form = FormSource(records, depositor=depositor)
        return self._depositing.record(self._reception(decide).receive_form(form))

    def _reception(self, decide: Decide | None) -> Reception:
        return Reception(
            origin=self.origin,
            files=self._files,
            lookups=self._lookups,
            recall=self._recall,
            received_us=wall_us(),
            decide=decide,
        )

    def publish(self) -> str:
        """Publish a checkpoint over everything recorded so far; give the signed note.

        When nothing was appended since the last one, the same note comes back.
        Raises `KeyFileError` without the log keys, `ConsistencyError` when the database
        does not contain what was published before, `StorageError`.
        """
        self._check_writable()
        return self._publisher.publish()

    def confirm_clock(self) -> None:
        """Take the system clock as right, after a `ClockError` was looked into."""
        self._clock.confirm()

    def _check_writable(self) -> None:
        if self._readonly:
            raise PolicyError("the ledger is open for reading only")

    # --- reading

    @property
    def size(self) -> int:
        """Number of entries."""
        with self._files.store.view() as view:
            return view.size

    @property
    def path(self) -> Path:
        """The ledger's directory."""
        return self._files.path

    def checkpoint(self) -> tuple[Checkpoint, str] | None:
        """Give the last published checkpoint and its signed note, or None."""
        with self._files.store.view() as view:
            return latest_checkpoint(view)

    def policy(self) -> str:
        """Give the trust policy that verifies this log's checkpoints, without witnesses.

        A verifier must get it by another way than the proofs (C2SP tlog-policy).
        """
        with self._files.store.view() as view:
            keys = read_genesis(view).log_keys
        return "".join(f"log {key}\n" for key in keys) + "quorum none\n"

    def prove(
        self,
        indexes: Sequence[int],
        disclose: str | Collection[str] | Mapping[int, str | Collection[str]] = LINE,
    ) -> bytes:
        """Make the proof bundle for the certifications at ``indexes``.

        ``disclose`` is ``"line"`` (what a positive line of a CV needs), ``"all"``, names
        of fields, or one of these for each index. Raises `NotPublishedError`,
        `UnknownEntryError`, `ErasedError`, `PolicyError`.
        """
        return self._prover.prove(indexes, disclose)

    def tlog_proof(self, index: int) -> str:
        """Prove that entry ``index`` stands in the log, as a C2SP ``tlog-proof``.

        Any verifier of that format can check it, and learns nothing that the entry does
        not say itself. Raises `NotPublishedError`, `UnknownEntryError`.
        """
        return self._prover.tlog_proof(index)

    def find(
        self,
        *,
        depositor: str | None = None,
        id_technique: str | None = None,
        holder: Mapping[str, Value] | None = None,
        reference: str | None = None,
    ) -> list[int]:
        """Find certifications; give their indexes, ascending.

        By ``depositor`` and ``id_technique``, by the ``holder``'s identity (the schema
        names of one group: ``nomNaissance``, ``prenom1``, ``anneeNaissance``,
        ``moisNaissance``, ``jourNaissance``; or ``idDossier``; or ``nir``), or by the
        operator's own ``reference``. Raises `FormatError` for another combination.
        """
        with self._files.store.view() as view:
            if depositor is not None and id_technique is not None:
                known = view.technical(self._lookups.technical(depositor, id_technique))
                return [] if known is None or known[1] else [known[0]]
            if holder is not None:
                return view.holders(self._lookups.holder(holder))
            if reference is not None:
                return view.holders(self._lookups.reference(reference))
        raise UnknownEntryError(
            "find needs depositor and id_technique, a holder or a reference"
        )

    def entry(self, index: int) -> Entry:
        """Give the entry at ``index``. Raises `UnknownEntryError`."""
        return parse_entry(self.record(index)[0])

    def record(self, index: int) -> tuple[bytes, bytes]:
        """Give an entry's exact bytes and its signature. Raises `UnknownEntryError`."""
        with self._files.store.view() as view:
            return view.record(index)

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Give the exact bytes of the entries from ``start`` to before ``end``."""
        with self._files.store.view() as view:
            stop = view.size if end is None else min(end, view.size)
            for entry, _ in view.entries(start, stop):
                yield entry

    def fields(self, index: int) -> tuple[Field, ...]:
        """Open a certification: its fields in order, personal data among them.

        Raises `UnknownEntryError`, `ErasedError`.
        """
        with self._files.store.view() as view:
            return self._recall.certification(view, index).fields

    def source(self, index: int) -> bytes:
        """Give the exact bytes of a certification's passage, as deposited."""
        with self._files.store.view() as view:
            return self._recall.certification(view, index).source

    def deposited(self, index: int) -> DepositPayload:
        """Open a deposit: file name, size, idFlux and what was not accepted."""
        with self._files.store.view() as view:
            return self._recall.deposit(view, index)

    def rebuild(self, index: int) -> bytes:
        """Put a deposited file together again, byte for byte. Raises `ErasedError`."""
        with self._files.store.view() as view:
            return self._recall.rebuild(view, index)

    def depositors(self) -> list[Depositor]:
        """Give the entries in force of all depositors, ordered by BCR."""
        with self._files.store.view() as view:
            return list(read_depositors(view))
