"""Who sends a deposit, and what rights it has at some moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from provenance.ledger.registry import read_depositor, read_registration
from provenance.ledger.rights import check_depositor

if TYPE_CHECKING:
    from provenance.cdc.faults import Fault
    from provenance.record.entry import Depositor
    from provenance.storage import View


class Sender(msgspec.Struct, frozen=True):
    """The depositor's entry in force and its index; None where it is not registered."""

    depositor: str
    entry: Depositor | None
    index: int | None

    @property
    def succeeded(self) -> tuple[str, ...]:
        """BCRs of the bodies that it has taken over."""
        return (self.entry.succeeds or ()) if self.entry is not None else ()

    def faults(self, certifier: str, authenticated: str | None = None) -> list[Fault]:
        """Return what speaks against a deposit by this sender."""
        return check_depositor(
            self.entry,
            sender=self.depositor,
            certifier=certifier,
            authenticated=authenticated,
        )


def read_sender(view: View, depositor: str) -> Sender:
    """Read what is in force for one depositor (its BCR, 8 characters)."""
    return Sender(
        depositor=depositor,
        entry=read_depositor(view, depositor),
        index=read_registration(view, depositor),
    )
