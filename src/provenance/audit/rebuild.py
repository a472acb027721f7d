"""What is sealed, opened in the order of the log: deposits, withdrawals, erasures.

Certifications are opened elsewhere, in any order; what is kept of them comes by here, and is
held against the deposit that they belong to. The records of withdrawals and erasures are
opened here: there are few of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.audit.deposited import DepositCheck
from provenance.audit.opening import NOT_COMMITTED
from provenance.audit.origins import UNSUPPORTED, OriginCount
from provenance.audit.succession import ID_TECHNIQUE
from provenance.encoding import decode_base64
from provenance.errors import ErasedError, ProvenanceError
from provenance.ledger.recall import Recall
from provenance.record.commitment import commit
from provenance.record.entry import Erasure, Withdrawal
from provenance.record.slots import ERASURE, WITHDRAWAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.audit.facts import OpenedFacts
    from provenance.audit.report import Findings
    from provenance.ledger.files import LedgerFiles
    from provenance.record.entry import Deposit
    from provenance.storage import View

CHECK: Final = "contents"
LOST_SEED: Final = "LOST_SEED"
"""The basis of an erasure of what nobody destroyed: its seed is lost."""


class Contents:
    """The contents of one ledger, in the order of the log."""

    def __init__(self, files: LedgerFiles, view: View, findings: Findings) -> None:
        self._view: Final = view
        self._findings: Final = findings
        self._recall: Final = Recall(files)
        self._deposit: DepositCheck | None = None
        self._signed = False
        self.origins: Final = OriginCount()
        self.opened = 0
        self.failed = False
        """Whether any content was not what it must be."""
        self.current = 0
        """Certifications that their own look-up leads to."""
        self.holders = 0
        """Look-ups of holders by their identity."""
        self.erased: Final[set[int]] = set()
        """Entries whose seed is gone; each must be named by an erasure."""
        self.lost: Final[set[int]] = set()
        """Entries whose erasure says that their seeds were lost."""
        self.untold: Final[set[int]] = set()
        """Entries whose erasure has lost its own seed, and says nothing any more."""

    def count(self, facts: OpenedFacts) -> None:
        """Take over what was counted in a stretch."""
        self.opened += facts.opened
        self.current += facts.current
        self.holders += facts.holders
        self.erased.update(facts.erased)

    def certifications(self, start: int, end: int, deposit: int, facts: OpenedFacts) -> None:
        """Take the certifications [start, end), which say that they belong to ``deposit``."""
        check = self._deposit
        if check is None or check.entry.index != deposit:
            self.origins.add_span(UNSUPPORTED, start, end)
            return
        for index in range(start, end):
            check.add(index, facts.kept.get(index))

    def deposit(self, entry: Deposit, leaves: bytes, *, signed: bool) -> None:
        """Begin to hold a deposit against its digest; open its payload.

        ``leaves``: the leaf hashes that lead to its digest. ``signed``: by its depositor.
        """
        self.finish()
        self._deposit = DepositCheck(entry, leaves, self._findings)
        self._signed = signed
        try:
            self._recall.seed(entry.index)
            payload = self._recall.deposit(self._view, entry.index)
        except ErasedError:
            self.erased.add(entry.index)
        except ProvenanceError as error:
            self.found(entry.index, str(error))
        else:
            self.opened += 1
            self._deposit.take_payload(payload)

    def finish(self) -> None:
        """Close the deposit whose own entries have all come by."""
        deposit, self._deposit = self._deposit, None
        if deposit is not None:
            deposit.finish(lambda: self._sources(deposit), self._technique_of)
            deposit.count(self.origins, signed=self._signed)

    def _sources(self, deposit: DepositCheck) -> Iterator[bytes]:
        """Open the recorded passages of a deposit again, one after another."""
        for index in deposit.indexes:
            yield self._recall.certification(self._view, index).source

    def _technique_of(self, index: int) -> str | None:
        try:
            fields = dict(self._recall.certification(self._view, index).fields)
        except ProvenanceError:
            return None
        return str(fields.get(ID_TECHNIQUE))

    def record(self, entry: Withdrawal | Erasure) -> None:
        """Open the reason of a withdrawal, or the basis of an erasure."""
        if isinstance(entry, Withdrawal) and entry.deposit is not None:
            self._withdraw(entry, entry.deposit)
        else:
            self.finish()
        table = WITHDRAWAL if isinstance(entry, Withdrawal) else ERASURE
        try:
            seed = self._recall.seed(entry.index)
            fields = self._recall.record(self._view, entry.index).fields
            committed = commit(seed, fields, table)
        except ErasedError:
            self.erased.add(entry.index)
            if isinstance(entry, Erasure):
                self.untold.update(entry.erases)
        except ProvenanceError as error:
            self.found(entry.index, str(error))
        else:
            self.opened += 1
            if committed != decode_base64(entry.commitment):
                self.found(entry.index, NOT_COMMITTED)
            if isinstance(entry, Erasure) and dict(fields).get("basis") == LOST_SEED:
                self.lost.update(entry.erases)

    def _withdraw(self, entry: Withdrawal, deposit: int) -> None:
        if self._deposit is not None and self._deposit.entry.index == deposit:
            self._deposit.withdrawals.append((entry.index, entry.withdraws))

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
