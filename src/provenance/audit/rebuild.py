"""Putting deposited files together again, as their passages come by, and digesting them.

For each deposit the payload is opened and the file is rebuilt as far as it is kept; its
salted digest must be the one in the entry. The records of withdrawals and erasures are
opened here too: there are few of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.audit.opening import NOT_COMMITTED
from provenance.encoding import decode_base64
from provenance.errors import ErasedError, ProvenanceError
from provenance.ledger.recall import Recall
from provenance.record.commitment import commit
from provenance.record.message import start_file_digest

if TYPE_CHECKING:
    from provenance.audit.facts import OpenedFacts
    from provenance.audit.report import Findings
    from provenance.ledger.files import LedgerFiles
    from provenance.record.entry import Deposit, Erasure, Withdrawal
    from provenance.record.payload import DepositPayload
    from provenance.storage import View

CHECK: Final = "contents"


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
    """The contents of one ledger, in the order of the log."""

    def __init__(self, files: LedgerFiles, view: View, findings: Findings) -> None:
        self._view: Final = view
        self._findings: Final = findings
        self._recall: Final = Recall(files)
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

    def count(self, facts: OpenedFacts) -> None:
        """Take over what was counted in a stretch."""
        self.opened += facts.opened
        self.current += facts.current
        self.holders += facts.holders
        self.erased.update(facts.erased)

    def certification(self, index: int, facts: OpenedFacts) -> None:
        """Go on with the file that a certification belongs to."""
        if self._rebuild is not None:
            source = facts.sources.get(index)
            if source is None:
                self._rebuild.whole = False
            else:
                self._rebuild.add(source)

    def deposit(self, entry: Deposit) -> None:
        """Open a deposit's payload, and begin to put its file together."""
        self.finish()
        try:
            self._recall.seed(entry.index)
            payload = self._recall.deposit(self._view, entry.index)
        except ErasedError:
            self.erased.add(entry.index)
        except ProvenanceError as error:
            self.found(entry.index, str(error))
        else:
            self.opened += 1
            self._rebuild = _Rebuild(entry, payload)

    def finish(self) -> None:
        """Close the deposit whose certifications have all come by."""
        rebuild, self._rebuild = self._rebuild, None
        if rebuild is not None and rebuild.whole and not rebuild.fits():
            self.found(rebuild.deposit.index, "the deposited file does not have its digest")

    def record(self, entry: Withdrawal | Erasure) -> None:
        """Open the reason of a withdrawal, or the basis of an erasure."""
        try:
            seed = self._recall.seed(entry.index)
            fields = self._recall.record(self._view, entry.index).fields
        except ErasedError:
            self.erased.add(entry.index)
        except ProvenanceError as error:
            self.found(entry.index, str(error))
        else:
            self.opened += 1
            if commit(seed, fields) != decode_base64(entry.commitment):
                self.found(entry.index, NOT_COMMITTED)

    def check_erased(self, index: int) -> None:
        """Check that nothing of an entry that an erasure names is left."""
        try:
            self._recall.seed(index)
        except ErasedError:
            pass
        except ProvenanceError as error:
            self.found(index, str(error))
        else:
            self.found(
                index,
                "an erasure names it, and its seed is still there: opening the ledger for "
                "writing destroys it",
            )
        if self._view.payload(index) is not None:
            self.found(index, "an erasure names it, and its payload is still there")

    def found(self, index: int, message: str) -> None:
        """Report what is wrong with an entry's content."""
        self.failed = True
        self._findings.add(CHECK, message, index)
