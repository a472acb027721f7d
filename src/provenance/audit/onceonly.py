"""Of what a depositor signed, nothing is made twice: the rows that say where each was taken.

There may be many signed deposits, so none is remembered here. Each must be the one that its
row leads to, and there are as many rows as signed deposits: so no two share one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.encoding import decode_base64
from provenance.ledger.deposit_job import SIGNED_PREFIX, signed_row
from provenance.record.entry import Deposit

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.audit.report import Findings
    from provenance.record.entry import Entry
    from provenance.storage import View

RULES: Final = "rules"
STATE: Final = "state"


class OnceOnly:
    """Holds signed deposits against their rows. ``entry_at`` gives any entry, or None."""

    def __init__(
        self, view: View, findings: Findings, entry_at: Callable[[int], Entry | None]
    ) -> None:
        self.count = 0
        """Signed deposits so far."""
        self._view: Final = view
        self._findings: Final = findings
        self._entry_at: Final = entry_at

    def check(self, entry: Deposit) -> None:
        """Check that no other deposit is the same signed one."""
        if entry.signature is None:
            return
        self.count += 1
        key = signed_row(entry.depositor, decode_base64(entry.digest))
        row = self._view.state(key)
        at = None if row is None else int.from_bytes(row, "big")
        if at == entry.index:
            return
        other = None if at is None else self._entry_at(at)
        if isinstance(other, Deposit) and _is_same(entry, other):
            first, second = sorted((entry.index, other.index))
            message = f"deposit entry takes what deposit {first} took: it was signed once"
            self._findings.add(RULES, message, second)
        else:
            self._findings.add(STATE, "no row leads to this signed deposit", entry.index)

    def finish(self, start: int) -> None:
        """Check that there is no other row, of deposits from ``start`` on."""
        rows = self._view.state_items(SIGNED_PREFIX)
        stored = sum(int.from_bytes(value, "big") >= start for _, value in rows)
        if stored != self.count:
            message = f"{stored} rows of signed deposits are stored, and {self.count} are due"
            self._findings.add(STATE, message)


def _is_same(one: Deposit, other: Deposit) -> bool:
    return other.signature is not None and (one.depositor, one.digest) == (
        other.depositor,
        other.digest,
    )
