"""What an entry does to earlier ones, in bits of the status tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.record.entry import Certification, Erasure, Withdrawal
from provenance.record.status import ERASED, SUPERSEDED, WITHDRAWN

if TYPE_CHECKING:
    from provenance.record.entry import Entry


def changes_of(entry: Entry) -> list[tuple[int, int]]:
    """Return (index, status bit) of every earlier entry that this one changes."""
    match entry:
        case Certification(supersedes=int(target)):
            return [(target, SUPERSEDED)]
        case Withdrawal(withdraws=target):
            return [(target, WITHDRAWN)]
        case Erasure(erases=targets):
            return [(target, ERASED) for target in targets]
        case _:
            return []
