"""Reading a ledger: entries, what they commit to, proofs, look-ups."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provenance.errors import ErasedError, UnknownEntryError
from provenance.ledger.disclosure import LINE
from provenance.ledger.endorsing import make_kit
from provenance.ledger.evidence import when_published
from provenance.ledger.keyhistory import log_keys, read_keys
from provenance.ledger.lookups import Lookups, may_be
from provenance.ledger.prove import Prover
from provenance.ledger.publish import latest_checkpoint
from provenance.ledger.recall import Recall
from provenance.ledger.refresh import refresh_bundle
from provenance.ledger.registry import read_depositors, read_genesis
from provenance.ledger.selfcheck import policy_text
from provenance.ledger.tiles import check_tiles, export_tiles
from provenance.record.entry import parse_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.keyhistory import OperatorKey
    from provenance.ledger.tiles import CheckedTiles, ExportedTiles
    from provenance.record.commitment import Field, Value
    from provenance.record.entry import Depositor, Entry
    from provenance.record.payload import DepositPayload
    from provenance.storage import View
    from provenance.tlog.checkpoint import Checkpoint

ENTRIES_AT_ONCE: Final = 256
"""Entries that are read with one snapshot."""


class Reader:
    """What can be done with an open ledger without writing to it."""

    def __init__(self, files: LedgerFiles) -> None:
        """Use `Ledger.open`."""
        self._files: Final = files
        with files.store.view() as view:
            self.origin: Final = read_genesis(view).origin
        self._recall: Final = Recall(files)
        self._prover: Final = Prover(files, self._recall)

    @cached_property
    def _lookups(self) -> Lookups:
        """The look-ups, which need the vault: much that is read here does not."""
        return Lookups(self._files.vault.secret)

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
        """Return the last published checkpoint and its signed note, or None."""
        with self._files.store.view() as view:
            return latest_checkpoint(view)

    def policy(self) -> str:
        """Return the trust policy that verifies this log's checkpoints, without witnesses.

        A verifier must obtain it separately from the proofs (C2SP tlog-policy).
        """
        with self._files.store.view() as view:
            return policy_text(log_keys(read_keys(view)))

    def operator_keys(self) -> tuple[OperatorKey, ...]:
        """Return all keys that the operator ever declared, in the order of the log."""
        with self._files.store.view() as view:
            return read_keys(view)

    def prove(
        self,
        indexes: Sequence[int],
        disclose: str | Collection[str] | Mapping[int, str | Collection[str]] = LINE,
    ) -> bytes:
        """Make the proof bundle for the certifications at ``indexes``.

        ``disclose`` is ``"line"`` (what a positive line of a CV needs), ``"all"``, names
        of fields, or one of these for each index. The bundle was verified under the log's
        own keys. Raises `NotPublishedError`, `UnknownEntryError`, `ErasedError`,
        `FormatError` for a name that no field has, `PolicyError` for what is not disclosed,
        `LedgerDamagedError` where what is stored makes no proof that holds.
        """
        return when_published(lambda: self._prover.prove(indexes, disclose))

    def refresh(self, bundle: bytes) -> bytes:
        """Bring a proof bundle up to date; return it with a ``later`` part as of now.

        The proof stays as it is; a verifier reads the status from the later checkpoint,
        whose keys are today's. Raises `FormatError` for what is not a bundle,
        `ConsistencyError` for one of another log or history, `NotPublishedError` when no
        newer checkpoint is published, `VerificationError` for a bundle that does not
        verify, `LedgerDamagedError` as `prove`.
        """

        def refresh() -> bytes:
            with self._files.store.view() as view:
                return refresh_bundle(view, bundle, origin=self.origin)

        return when_published(refresh)

    def export_tiles(
        self, directory: str | Path, *, progress: Callable[[int, int], None] | None = None
    ) -> ExportedTiles:
        """Write the log as files for any web server (C2SP tlog-tiles), durably.

        Everything up to the last published checkpoint; what ``directory`` holds already
        stays, and only what is new is written. The checkpoint comes last, so that readers
        find all that it covers; after a crash the next call goes on. ``progress`` is called
        with entries written and entries in all. Raises `NotPublishedError` before the first
        checkpoint, `RollbackError` when the directory is ahead of this ledger,
        `ConsistencyError` when it holds another log, history, or other bytes,
        `LedgerBusyError` when another export is writing there, `LedgerDamagedError`,
        `StorageError`.
        """
        with self._files.store.view() as view:
            return export_tiles(view, Path(directory), progress)

    def check_tiles(
        self, directory: str | Path, *, progress: Callable[[int, int], None] | None = None
    ) -> CheckedTiles:
        """Read the files of an export again, and compare each with the log.

        Nothing is written. What was removed of the files that are not full, once the full
        one is there, is not missing; files that are none of a log are left out. ``progress``
        as for `export_tiles`. Raises `NotPublishedError` before the first checkpoint,
        `LedgerBusyError` while an export is writing there, `LedgerDamagedError`,
        `StorageError`.
        """
        with self._files.store.view() as view:
            return check_tiles(view, Path(directory), progress)

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
        """Find certifications; return their indexes, ascending.

        By ``depositor`` and ``id_technique``, by the ``holder``'s identity (the schema
        names of one group: ``nomNaissance``, ``prenom1``, ``anneeNaissance``,
        ``moisNaissance``, ``jourNaissance``; or ``idDossier``; or ``nir``), or by the
        operator's own ``reference``. A holder's certifications are those that may be the
        same person's: ``Zoé`` finds ``Zoé Marie Anne`` too, and not ``Zoé Paule`` where
        ``Zoé Marie`` is looked for. Raises `FormatError` for another combination.
        """
        with self._files.store.view() as view:
            if depositor is not None and id_technique is not None:
                known = view.technical(self._lookups.technical(depositor, id_technique))
                return [] if known is None or known[1] else [known[0]]
            if holder is not None:
                known_by_key = view.holders(self._lookups.holder(holder))
                return [one for one in known_by_key if self._may_be(view, one, holder)]
            if reference is not None:
                return view.holders(self._lookups.reference(reference))
        raise UnknownEntryError(
            "find needs depositor and id_technique, a holder or a reference"
        )

    def _may_be(self, view: View, index: int, holder: Mapping[str, Value]) -> bool:
        try:
            return may_be(holder, dict(self._recall.record(view, index).fields))
        except ErasedError:  # Its seed is gone, so nobody can tell.
            return True

    def entry(self, index: int) -> Entry:
        """Return the entry at ``index``. Raises `UnknownEntryError`."""
        return parse_entry(self.record(index)[0])

    def record(self, index: int) -> tuple[bytes, bytes]:
        """Return an entry's exact bytes and its signature. Raises `UnknownEntryError`."""
        with self._files.store.view() as view:
            return view.record(index)

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the exact bytes of the entries from ``start`` to before ``end``.

        Those that the log has when the first is asked for. Between them no snapshot is held,
        so one that is left half read is in nobody's way.
        """
        stop = self.size if end is None else min(end, self.size)
        for first in range(start, stop, ENTRIES_AT_ONCE):
            with self._files.store.view() as view:
                entries, _ = view.records(
                    first, min(first + ENTRIES_AT_ONCE, stop), signatures=False
                )
            yield from entries

    def fields(self, index: int) -> tuple[Field, ...]:
        """Open what an entry commits to: its fields in order, personal data among them.

        Of a certification the record, of a withdrawal ``reason``, of an erasure ``basis``.
        Raises `UnknownEntryError`, `ErasedError`.
        """
        with self._files.store.view() as view:
            return self._recall.record(view, index).fields

    def source(self, index: int) -> bytes:
        """Return the exact bytes of a certification's passage, as deposited."""
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

    def endorsement_kit(self, deposit: int) -> bytes:
        """Return what the certifier of a deposit needs to sign its entries: JSON, secret.

        It holds the seeds of the deposit's certifications: whoever keeps it can undo an
        erasure's secrecy. Raises `UnknownEntryError` for what is no deposit, `ErasedError`
        when anything of it was erased, `PolicyError` for what is no file, or of which
        nothing was recorded.
        """
        with self._files.store.view() as view:
            return make_kit(view, self._recall, deposit, origin=self.origin)

    def depositors(self) -> list[Depositor]:
        """Return the entries in force of all depositors, ordered by BCR."""
        with self._files.store.view() as view:
            return list(read_depositors(view))
