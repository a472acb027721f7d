"""What entries do to earlier ones and to keys, and the rows that say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.ledger.changes import CHANGE_PREFIX, change_key
from provenance.ledger.endorsing import ENDORSEMENT_PREFIX, endorsement_row
from provenance.ledger.erasures import ERASURE_PREFIX, erasure_row
from provenance.ledger.keyhistory import FIRST_ENTRIES, KEY_PREFIX, key_row

if TYPE_CHECKING:
    from provenance.audit.report import Findings
    from provenance.audit.rules import Rules
    from provenance.storage import View

CHECK: Final = "changes"


def check_change_rows(view: View, rules: Rules, findings: Findings, *, start: int) -> None:
    """Hold the stored rows against the entries from ``start`` on.

    What older entries did was audited before, and its rows are passed over.
    """
    expected = {
        change_key(target, bit): by.to_bytes(8, "big")
        for (target, bit), by in rules.changed.items()
    }
    expected |= dict(map(erasure_row, rules.erasures))
    expected |= dict(endorsement_row(*one) for one in rules.endorsements)
    expected |= {
        key: at
        for key, at in map(key_row, rules.keys.declarations)
        if int.from_bytes(at, "big") >= max(start, FIRST_ENTRIES)
    }
    stored = dict(view.state_items(CHANGE_PREFIX))
    stored = {key: by for key, by in stored.items() if int.from_bytes(by, "big") >= start}
    endorsements = dict(view.state_items(ENDORSEMENT_PREFIX))
    stored |= {k: at for k, at in endorsements.items() if int.from_bytes(at, "big") >= start}
    stored |= dict(view.state_items(ERASURE_PREFIX, start=erasure_row(start)[0]))
    stored |= dict(view.state_items(KEY_PREFIX, start=key_row(start)[0]))
    for key in sorted(expected.keys() | stored.keys()):
        if expected.get(key) != stored.get(key):
            name, _, number = key.partition(b"/")
            at = int.from_bytes(number[:8], "big")
            findings.add(CHECK, f"a row of {name.decode()} is not what entries say", at)
