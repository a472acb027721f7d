"""Reading back what was recorded: an entry's payload, opened with its seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.encoding import decode_base64
from provenance.errors import LedgerDamagedError, UnknownEntryError
from provenance.ledger.draft import content_digest
from provenance.record.entry import Certification, Deposit, parse_entry
from provenance.record.payload import CertificationPayload, DepositPayload, unseal_payload

if TYPE_CHECKING:
    from provenance.ledger.files import LedgerFiles
    from provenance.storage import View


class Recall:
    """Opens the payloads of one ledger."""

    def __init__(self, files: LedgerFiles) -> None:
        self._files: Final = files

    def is_recorded(self, technical: bytes) -> bool:
        """Whether an entry, erased or not, stands under this look-up key."""
        with self._files.store.view() as view:
            return view.technical(technical) is not None

    def seed(self, index: int) -> bytes:
        """Give the 32-byte seed of an entry. Raises `ErasedError` when it was destroyed."""
        return self._files.vault.read(index)

    def _open(self, view: View, index: int, associated_data: str) -> tuple[bytes, ...]:
        sealed = view.payload(index)
        if sealed is None:
            raise LedgerDamagedError(f"entry {index} has lost its payload")
        return unseal_payload(self.seed(index), sealed, decode_base64(associated_data))

    def certification(self, view: View, index: int) -> CertificationPayload:
        """Open the payload of a certification.

        Raises `UnknownEntryError` when ``index`` names none, `ErasedError` when its
        content was erased.
        """
        entry = parse_entry(view.entry(index))
        if not isinstance(entry, Certification):
            raise UnknownEntryError(f"entry {index} is no certification")
        parts = self._open(view, index, entry.commitment)
        return CertificationPayload.decode_parts(parts)

    def deposit(self, view: View, index: int) -> DepositPayload:
        """Open the payload of a deposit; errors as for `certification`."""
        entry = parse_entry(view.entry(index))
        if not isinstance(entry, Deposit):
            raise UnknownEntryError(f"entry {index} is no deposit")
        return DepositPayload.decode_parts(self._open(view, index, entry.digest))

    def content(self, view: View, index: int) -> bytes:
        """Digest of a recorded certification's fields, to recognise a duplicate."""
        return content_digest(self.certification(view, index).fields)

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
