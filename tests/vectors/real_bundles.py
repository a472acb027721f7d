"""Bundles that a real ledger made: real deposits, keys and records, invented people.

Keys are drawn anew by every run, and so is all that follows from them. These cases are judged
on the day on which they were made, which is in them.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from ledgers import deposited, today_spec
from provenance.record.paris import paris_day
from simulator import Simulator
from vectors import drafts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.ledger import Ledger
    from vectors.cases import Draft

BASIS: Final = "GDPR_ART_17"
DAY: Final = paris_day(int(time.time()) * 1_000_000)
holds: Final = partial(drafts.holds, day=DAY)
fails: Final = partial(drafts.fails, day=DAY)
warns: Final = partial(drafts.warns, day=DAY)


def real_bundles() -> Iterator[Draft]:
    """Return them all."""
    with TemporaryDirectory() as name:
        spec = today_spec()
        with deposited(Path(name) / "ledger", spec) as ledger:
            yield from _proofs(ledger)
            yield from _living(ledger)


def _proofs(ledger: Ledger) -> Iterator[Draft]:
    policy = ledger.policy()
    yield holds("ledger-one", "a line of a CV", policy, ledger.prove([5]))
    yield holds("ledger-everything", "all fields", policy, ledger.prove([6], "all"))
    bundle = ledger.prove([5])
    other = Simulator().policy()
    said = "under the policy of another log"
    yield fails("origin", "ledger-unknown", said, other, bundle)
    cut = bundle.replace(b'"path":["', b'"path":["A', 1)
    yield fails("inclusion", "ledger-path", "a character too many in a hash", policy, cut)


def _living(ledger: Ledger) -> Iterator[Draft]:
    old = ledger.prove([5])
    ledger.withdraw(5)
    ledger.erase([7], basis=BASIS)
    ledger.publish()
    policy = ledger.policy()
    note = "with what withdrew it"
    yield warns("withdrawn", "ledger-withdrawn", note, policy, ledger.prove([5]))
    yield holds("ledger-before", "the proof from before", policy, old)
    note = "the same, brought up to date"
    yield warns("withdrawn", "ledger-refreshed", note, policy, ledger.refresh(old))
    ledger.rotate_keys("log")
    ledger.rotate_keys("entry")
    ledger.publish()
    policy = ledger.policy()
    note = "of keys that left the policy, brought up to date"
    yield warns("withdrawn", "ledger-rotated", note, policy, ledger.refresh(old))
    said = "of keys that left the policy"
    yield fails("checkpoint", "ledger-rotated", said, policy, old)
