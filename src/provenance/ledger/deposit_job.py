"""A deposit's own entry, and the job that records it with all that it brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from provenance.encoding import encode_base64
from provenance.ledger.job import Effects, Job, OutdatedError
from provenance.ledger.mentions import mention_rows, reference_row
from provenance.ledger.registry import depositor_row, read_index
from provenance.record.entry import Deposit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.ledger.changes import Change
    from provenance.ledger.draft import Draft, Place
    from provenance.ledger.rights import DepositSignature
    from provenance.ledger.withdrawal import WithdrawalDraft
    from provenance.record.entry import Entry
    from provenance.storage import View

Action: TypeAlias = Literal["CREATION", "SUPPRESSION"]
"""What a deposit asks for: to record its passages, or to withdraw them."""


class DepositItem(msgspec.Struct, frozen=True):
    """The deposit's own entry, in front of its certifications or withdrawals."""

    depositor: str
    certifier: str
    action: Action
    digest: bytes
    seed: bytes
    payload: bytes
    signature: DepositSignature | None
    technical: None = None
    holders: tuple[bytes, ...] = ()
    changes: tuple[Change, ...] = ()

    def entry(self, place: Place) -> Entry:
        """Give the entry as it reads at ``place``."""
        signed = self.signature
        return Deposit(
            index=place.index,
            time=place.time,
            prev=place.prev,
            depositor=self.depositor,
            certifier=self.certifier,
            action=self.action,
            digest=encode_base64(self.digest),
            signer=None if signed is None else signed.signer,
            signature=None if signed is None else encode_base64(signed.signature),
        )


class DepositJob(Job):
    """A deposit and what it brings; holds while the depositor's entry stays in force.

    ``mentions``: keys of the passages that stay in the deposit's own payload.
    """

    def __init__(
        self,
        item: DepositItem,
        drafts: Sequence[Draft | WithdrawalDraft],
        *,
        depositor: int | None,
        mentions: Sequence[bytes],
    ) -> None:
        super().__init__([item, *drafts])
        self._row: Final = depositor_row(item.depositor)
        self._depositor: Final = depositor
        self._drafts: Final = drafts
        self._mentions: Final = mentions

    def check(self, view: View) -> None:
        """Check the look-ups again, and that the depositor's entry is still in force."""
        super().check(view)
        if read_index(view, self._row) != self._depositor:
            raise OutdatedError

    def effects(self, start: int) -> Effects:
        """Say where holders and the passages of the residue are found."""
        references = [
            reference_row(index, draft.reference)
            for index, draft in enumerate(self._drafts, start + 1)
            if draft.reference is not None
        ]
        return Effects(state=[*mention_rows(start, self._mentions), *references])
