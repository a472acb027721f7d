"""Opening every payload: is what is kept what was committed to, byte for byte.

For each certification the payload is decrypted under its seed, its passage parsed again
from the exact bytes, the fields compared, the commitment recomputed, and the look-ups
asked. For each deposit the file is put together again as far as it is kept, and its
salted digest compared with the one in the entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.cdc.flux import reparse
from provenance.encoding import decode_base64, encode_json
from provenance.errors import ErasedError, ProvenanceError
from provenance.ledger.lookups import Lookups
from provenance.ledger.recall import Recall
from provenance.record.commitment import commit
from provenance.record.message import start_file_digest

if TYPE_CHECKING:
    from provenance.audit.report import Findings
    from provenance.ledger.files import LedgerFiles
    from provenance.record.entry import Certification, Deposit, Erasure, Withdrawal
    from provenance.record.payload import CertificationPayload, DepositPayload
    from provenance.storage import View

CHECK: Final = "contents"
ID_TECHNIQUE: Final = "idTechnique"


class _Rebuild:
    """A deposited file, put together as its passages come by, and digested."""

    def __init__(self, deposit: Deposit, payload: DepositPayload) -> None:
        self.deposit: Final = deposit
        self.whole = True
        self._payload: Final = payload
        self._digest: Final = start_file_digest(payload.file_salt)
        self._taken = 0
        self._offset = 0
        self._next = 0

    def add(self, source: bytes) -> None:
        """Put the next accepted passage into its place."""
        holes, number = self._payload.holes, self._next
        self._next += 1
        if number < len(holes):
            self._fill(holes[number] - self._offset)
        self._digest.update(source)
        self._offset += len(source)

    def _fill(self, length: int) -> None:
        self._digest.update(self._payload.residue[self._taken : self._taken + length])
        self._taken += length
        self._offset += length

    def fits(self) -> bool:
        """Whether the file, now complete, has the digest and size of its entry."""
        self._fill(len(self._payload.residue) - self._taken)
        return (
            self._next == len(self._payload.holes)
            and self._offset == self._payload.size
            and self._digest.digest() == decode_base64(self.deposit.digest)
        )


class Contents:
    """Opens and checks the payloads of one ledger, in the order of the log."""

    def __init__(self, files: LedgerFiles, view: View, findings: Findings) -> None:
        self._view: Final = view
        self._findings: Final = findings
        self._recall: Final = Recall(files)
        self._lookups: Final = Lookups(files.vault.secret)
        self._rebuild: _Rebuild | None = None
        self.opened = 0
        self.failed = False
        """Whether any content was not what it must be."""
        self.current = 0
        """Certifications that their own look-up leads to."""
        self.holders = 0
        """Look-ups of holders by their identity."""
        self.erased: Final[set[int]] = set()
        """Entries whose seed is gone; each must be named by an erasure."""

    def deposit(self, entry: Deposit) -> None:
        """Open a deposit's payload, and begin to put its file together."""
        self.finish()
        try:
            self._recall.seed(entry.index)
            payload = self._recall.deposit(self._view, entry.index)
        except ErasedError:
            self.erased.add(entry.index)
        except ProvenanceError as error:
            self._found(entry.index, str(error))
        else:
            self.opened += 1
            self._rebuild = _Rebuild(entry, payload)

    def finish(self) -> None:
        """Close the deposit whose certifications have all come by."""
        rebuild, self._rebuild = self._rebuild, None
        if rebuild is not None and rebuild.whole and not rebuild.fits():
            self._found(rebuild.deposit.index, "the deposited file does not have its digest")

    def certification(self, entry: Certification) -> None:
        """Open a certification and hold it against its commitment."""
        try:
            seed = self._recall.seed(entry.index)
            payload = self._recall.certification(self._view, entry.index)
            parsed = _parse_again(payload)
            committed = commit(seed, payload.fields)
        except ErasedError:
            self.erased.add(entry.index)
            self._lose_file()
            return
        except ProvenanceError as error:
            self._found(entry.index, str(error))
            self._lose_file()
            return
        self.opened += 1
        if parsed != payload.fields:
            self._found(entry.index, "the passage's bytes do not say what the record says")
        if committed != decode_base64(entry.commitment):
            self._found(entry.index, "the record is not what was committed to")
        self._check_lookups(entry, payload)
        if self._rebuild is not None:
            self._rebuild.add(payload.source)

    def record(self, entry: Withdrawal | Erasure) -> None:
        """Open the reason of a withdrawal, or the basis of an erasure."""
        try:
            seed = self._recall.seed(entry.index)
            fields = self._recall.record(self._view, entry.index).fields
        except ErasedError:
            self.erased.add(entry.index)
        except ProvenanceError as error:
            self._found(entry.index, str(error))
        else:
            self.opened += 1
            if commit(seed, fields) != decode_base64(entry.commitment):
                self._found(entry.index, "the record is not what was committed to")

    def check_erased(self, index: int) -> None:
        """Check that nothing of an entry that an erasure names is left."""
        try:
            self._recall.seed(index)
        except ErasedError:
            pass
        except ProvenanceError as error:
            self._found(index, str(error))
        else:
            self._found(
                index,
                "an erasure names it, and its seed is still there: opening the ledger for "
                "writing destroys it",
            )
        if self._view.payload(index) is not None:
            self._found(index, "an erasure names it, and its payload is still there")

    def _lose_file(self) -> None:
        if self._rebuild is not None:
            self._rebuild.whole = False

    def _check_lookups(self, entry: Certification, payload: CertificationPayload) -> None:
        names = dict(payload.fields)
        technical = self._lookups.technical(entry.depositor, str(names.get(ID_TECHNIQUE)))
        known = self._view.technical(technical)
        # A corrected certification is found at its newest entry, never at an older one.
        if known is None or known[0] < entry.index or known == (entry.index, True):
            self._found(entry.index, "is not found by depositor and idTechnique")
        self.current += known == (entry.index, False)
        for key in self._lookups.holders_of(payload.fields, None):
            self.holders += 1
            if entry.index not in self._view.holders(key):
                self._found(entry.index, "is not found by its holder")

    def _found(self, index: int, message: str) -> None:
        self.failed = True
        self._findings.add(CHECK, message, index)


def _parse_again(payload: CertificationPayload) -> object:
    """Read the fields from the exact bytes: XML from a file, JSON from a form."""
    if payload.bindings or payload.source.startswith(b"<"):
        return reparse(payload.source, payload.bindings, payload.fields)
    record = dict(payload.fields[:-1])
    return payload.fields if encode_json(record) == payload.source else ()
