"""Reading back what was recorded: an entry's payload, opened with its seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.encoding import decode_base64
from provenance.errors import (
    CommitmentError,
    ErasedError,
    FormatError,
    LedgerDamagedError,
    UnknownEntryError,
)
from provenance.ledger.changes import read_change
from provenance.ledger.registry import read_any, read_entry
from provenance.record.entry import Certification, Deposit, Erasure, Withdrawal
from provenance.record.payload import (
    CertificationPayload,
    DepositPayload,
    RecordPayload,
    unseal_payload,
)
from provenance.record.status import ERASED

if TYPE_CHECKING:
    from provenance.ledger.files import LedgerFiles
    from provenance.storage import View


class Recall:
    """Opens the payloads of one ledger."""

    def __init__(self, files: LedgerFiles) -> None:
        self._files: Final = files

    def seed(self, index: int) -> bytes:
        """Return the 32-byte seed of an entry. Raises `ErasedError` when it was destroyed."""
        return self._files.vault.read(index)

    def _open(
        self, view: View, index: int, associated_data: str
    ) -> tuple[bytes, tuple[bytes, ...]]:
        """Return the seed of an entry and the parts of its payload."""
        if read_change(view, index, ERASED) is not None:
            raise ErasedError(f"the content of entry {index} was erased")
        sealed = view.payload(index)
        if sealed is None:
            raise LedgerDamagedError(f"entry {index} has lost its payload")
        seed = self.seed(index)
        try:
            return seed, unseal_payload(seed, sealed, decode_base64(associated_data))
        except (FormatError, CommitmentError) as error:
            raise LedgerDamagedError(
                f"entry {index} is damaged as it is stored: {error}"
            ) from error

    def certification(self, view: View, index: int) -> CertificationPayload:
        """Open the payload of a certification.

        Raises `UnknownEntryError` when ``index`` names none, `ErasedError` when its
        content was erased.
        """
        return self.seeded(view, read_entry(view, index, Certification))[1]

    def seeded(self, view: View, entry: Certification) -> tuple[bytes, CertificationPayload]:
        """Return the seed of a certification, and its payload. Raises `ErasedError`."""
        seed, parts = self._open(view, entry.index, entry.commitment)
        return seed, CertificationPayload.decode_parts(parts)

    def record(self, view: View, index: int) -> CertificationPayload | RecordPayload:
        """Open the record of any entry that commits to one; errors as for `certification`."""
        entry = read_any(view, index)
        if isinstance(entry, Certification):
            return self.seeded(view, entry)[1]
        if not isinstance(entry, Withdrawal | Erasure):
            raise UnknownEntryError(f"entry {index} commits to no record")
        _, parts = self._open(view, index, entry.commitment)
        return RecordPayload.decode_parts(parts)

    def deposit(self, view: View, index: int) -> DepositPayload:
        """Open the payload of a deposit; errors as for `certification`."""
        entry = read_entry(view, index, Deposit)
        _, parts = self._open(view, index, entry.digest)
        return DepositPayload.decode_parts(parts)

    def rebuild(self, view: View, deposit: int) -> bytes:
        """Put a deposited file together again, byte for byte.

        Raises `ErasedError` as soon as anything of it was erased.
        """
        payload = self.deposit(view, deposit)
        first = deposit + 1
        passages = [
            self.certification(view, index).source
            for index in range(first, first + len(payload.holes))
        ]
        return b"".join(payload.rebuild(passages))
