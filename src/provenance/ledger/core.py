"""The ledger: one object that deposits, publishes, proves and finds."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self

from provenance.cdc.flux import Limits
from provenance.ledger.clock import wall_us
from provenance.ledger.creation import create_ledger
from provenance.ledger.crew import Crew
from provenance.ledger.deposit import Depositing
from provenance.ledger.files import (
    catch_up,
    check_clock,
    check_not_rolled_back,
    check_vault,
    open_files,
)
from provenance.ledger.form import FormSource
from provenance.ledger.intake import Reception, check_options
from provenance.ledger.keeping import Keeper
from provenance.ledger.preparing import CHUNK
from provenance.ledger.source import FileSource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from provenance.cdc.report import Receipt
    from provenance.cdc.xsd import XsdValidator
    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.rights import DepositSignature
    from provenance.ledger.screening import Decide
    from provenance.record.commitment import Field, Value
    from provenance.record.entry import Previous


class Ledger(Keeper):
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
        workers: int = 0,
    ) -> None:
        """Use `Ledger.open`, which checks the files against each other first."""
        super().__init__(files, keys=keys, readonly=readonly, passphrase=passphrase)
        self._depositing: Final = Depositing(
            origin=self.origin,
            files=files,
            recall=self._recall,
            group=self._group,
            now_us=wall_us,
        )
        self._crew: Final = Crew(0 if readonly else workers)
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
        workers: int = 0,
    ) -> Ledger:
        """Make a new ledger with new keys at ``path``, and open it.

        ``origin`` names the log for ever: 1 to 255 characters of printable ASCII without
        space and ``+``, by custom a host name and a path (C2SP tlog-checkpoint).
        ``keys`` is the directory for the private keys, ``path/keys`` by default, and
        ``passphrase`` encrypts them. ``entry_key`` is the URI of the first entry key, on
        a token (``pkcs11:…``) or in a file (``file:…``), instead of a new one.
        ``previous`` names the log that this one continues, at its last checkpoint.
        ``workers`` as for `open`.

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
        return cls.open(path, keys=keys, passphrase=passphrase, workers=workers)

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        readonly: bool = False,
        keys: str | Path | None = None,
        passphrase: bytes | None = None,
        workers: int = 0,
        confirm_clock: bool = False,
        map_size: int | None = None,
        with_lost_seeds: bool = False,
    ) -> Ledger:
        """Open the ledger at ``path``, at the same cost whatever its size.

        ``readonly`` writes nothing and works beside a writer in another process. ``keys``
        is the directory of the private keys, ``path/keys`` by default; ``passphrase``
        decrypts them, and is a token's PIN where its URI names none. They are opened when
        something is first signed. ``workers``: processes that help with large deposits,
        best one less than the machine's cores; they start with the first of these and
        end with the ledger. They are this interpreter (`sys.executable`) once more.
        ``confirm_clock``: somebody has looked at the system clock, and it is right, although
        it does not agree with what the ledger remembers. ``map_size``: bytes of address
        space for the database, 1 TiB by default, or what the process may have: the largest
        size that the database can grow to while it is open. ``with_lost_seeds`` opens one
        whose vault has lost its newest seeds, for `repair_lost_seeds`; nothing can be
        recorded before that.

        Raises `LedgerDamagedError` when files are missing or too short, or seeds of the
        vault, `RollbackError` when the database is older than what was acknowledged or
        published, or than the vault, `ClockError` for a clock that is not believed,
        `LedgerBusyError` when this process has it open already.
        """
        files = open_files(Path(path), readonly=readonly, map_size=map_size)
        try:
            check_not_rolled_back(files)
            if not readonly:
                check_vault(files, with_lost_seeds=with_lost_seeds)
                check_clock(files, confirmed=confirm_clock)
                catch_up(files, with_lost_seeds=with_lost_seeds)
            directory = None if keys is None else Path(keys)
            return cls(
                files,
                keys=directory,
                readonly=readonly,
                passphrase=passphrase,
                workers=workers,
            )
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
            self._crew.close()
            self._writer.close()
            self._files.close()

    # --- writing

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
        `FormatError` for an argument or an answer of ``decide`` of another type,
        `ClockError`, `StorageError`.
        """
        self._check_writable()
        check_options(
            decide=decide,
            depositor=depositor,
            signature=signature,
            name=name,
            corrections=corrections,
            xsd=xsd,
            limits=limits,
            progress=progress,
        )
        salt = None if signature is None else signature.salt
        source = FileSource(flux, name=name, salt=salt, progress=progress)
        reception = self._reception(decide, corrections=corrections)
        intake = reception.receive_file(
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
        Raises `DepositRefused`, `FormatError` for what is not a list of records, or of
        another type, `ClockError`, `StorageError`.
        """
        self._check_writable()
        check_options(decide=decide, corrections=corrections, signature=signature)
        salt = None if signature is None else signature.salt
        form = FormSource(records, depositor=depositor, salt=salt)
        reception = self._reception(decide, corrections=corrections)
        if decide is None and form.count < CHUNK:
            return self._depositing.record_small(
                lambda: reception.receive_form(form, signature), passages=form.count
            )
        # The operator's function may take its time, and wants the caller's own thread.
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
            crew=self._crew,
        )
