"""Taking certifications back: by their depositor's file, or by the operator.

A withdrawal is an entry of its own, which names what it withdraws and commits to the
reason. What was withdrawn stays recorded and provable, as withdrawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

import msgspec

from provenance.encoding import encode_base64
from provenance.errors import FormatError
from provenance.ledger.changes import Change
from provenance.ledger.draft import Sealed, seal_fields
from provenance.ledger.job import Job
from provenance.record.entry import Withdrawal
from provenance.record.slots import WITHDRAWAL
from provenance.record.status import WITHDRAWN

if TYPE_CHECKING:
    from provenance.ledger.draft import Place
    from provenance.record.entry import Entry

Reason: TypeAlias = Literal["FRAUD", "ERROR", "DEPOSITOR_REQUEST", "OTHER"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
"""Why a certification is taken back."""
REQUESTED: Final[Reason] = "DEPOSITOR_REQUEST"
"""The reason of every withdrawal by a depositor's file."""


class WithdrawalDraft(msgspec.Struct, frozen=True, gc=False):
    """One withdrawal, ready but for its place in the log.

    ``by_deposit``: it belongs to the deposit entry in front of it.
    """

    sealed: Sealed
    by_deposit: bool
    changes: tuple[Change, ...] = ()
    technical: None = None
    holders: tuple[bytes, ...] = ()
    reference: None = None

    @property
    def seed(self) -> bytes:
        """32 bytes."""
        return self.sealed.seed

    @property
    def payload(self) -> bytes:
        """The encrypted payload."""
        return self.sealed.payload

    def aimed_at(self, target: int) -> WithdrawalDraft:
        """Return the draft of the withdrawal of the entry at ``target``."""
        return msgspec.structs.replace(self, changes=(Change(target, WITHDRAWN),))

    def entry(self, place: Place) -> Entry:
        """Return the entry as it reads at ``place``."""
        return Withdrawal(
            index=place.index,
            time=place.time,
            prev=place.prev,
            deposit=place.start if self.by_deposit else None,
            withdraws=self.changes[0].target,
            commitment=encode_base64(self.sealed.commitment),
        )


def check_reason(reason: str) -> Reason:
    """Check that a certification may be taken back for this; raises `FormatError`."""
    for known in REASONS:
        if reason == known:
            return known
    raise FormatError(f"a withdrawal's reason is one of {', '.join(REASONS)}")


def draft_withdrawal(reason: Reason, *, by_deposit: bool) -> WithdrawalDraft:
    """Seal the reason under a new seed."""
    return WithdrawalDraft(
        sealed=seal_fields(WITHDRAWAL, ("reason", reason)), by_deposit=by_deposit
    )


class WithdrawalJob(Job):
    """Withdraws the certification at ``target``, by the operator."""

    def __init__(self, target: int, reason: Reason) -> None:
        super().__init__([draft_withdrawal(reason, by_deposit=False).aimed_at(target)])
