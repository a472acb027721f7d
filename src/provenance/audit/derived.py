"""Comparing every row that follows from the entries with what does follow from them.

The log is its entries and their signatures. All other tables are there to find things, or
to answer quickly; they are derived again here, whole where they are small, and by their
number where they are large and every row that must be there was looked at already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.ledger.changes import CHANGE_PREFIX
from provenance.ledger.deposit_job import SIGNED_PREFIX
from provenance.ledger.endorsing import ENDORSEMENT_PREFIX
from provenance.ledger.erasures import ERASURE_PREFIX
from provenance.ledger.keyhistory import KEY_PREFIX
from provenance.ledger.lookups import LOOKUP_KEY_SIZE
from provenance.ledger.mentions import (
    DEPOSIT_PREFIX,
    MENTION_PREFIX,
    REFERENCE_PREFIX,
    mention_rows,
)
from provenance.ledger.registry import REGISTER_ROW, depositor_row
from provenance.record.entry import Certification
from provenance.record.status import ERASED, SUPERSEDED
from provenance.storage import Inspection, status_rows
from provenance.storage.inspection import HOLDERS, PAYLOADS, TECHNICAL
from provenance.storage.rows import LEAVES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from provenance.audit.lookups import LookupsFound
    from provenance.audit.rebuild import Contents
    from provenance.audit.report import Findings
    from provenance.audit.rules import Rules
    from provenance.record.entry import Entry
    from provenance.storage import View

STATUS: Final = "status"
STATE: Final = "state"
LOOKUPS: Final = "look-ups"
ELSEWHERE: Final = (
    CHANGE_PREFIX,
    ENDORSEMENT_PREFIX,
    ERASURE_PREFIX,
    KEY_PREFIX,
    SIGNED_PREFIX,
)
"""Facts that are compared with the entries one by one, see `changes.py`, `onceonly.py`."""
COMMITTING: Final = ("certification", "deposit", "withdrawal", "erasure")


class DerivedCheck:
    """Holds the stored rows against the state that the entries lead to."""

    def __init__(
        self,
        view: View,
        rules: Rules,
        findings: Findings,
        *,
        entry_at: Callable[[int], Entry | None],
    ) -> None:
        self._view: Final = view
        self._rules: Final = rules
        self._findings: Final = findings
        self._entry_at: Final = entry_at
        self._rows: Final = Inspection(view)

    def check(
        self, status_at: int, *, is_known: Callable[[bytes], bool], found: LookupsFound
    ) -> None:
        """Check what needs no vault; ``status_at``: index of the last status entry, or 0.

        ``is_known`` tells of a stored block of the tree, by its key, whether it was compared
        already; ``found`` what the look-ups by idTechnique lead to.
        """
        for fault in self._rows.tree_faults(is_known):
            self._findings.add("tree", fault)
        self._check_status(status_at)
        self._check_facts()
        if not found.are_right(self._rules.bits, self._is_certification):
            self._check_technical()

    def check_leaves(self, deposits: int) -> None:
        """Check that each of so many deposits has its leaves, and nothing else has any."""
        self._expect("deposit", "rows of leaves", self._rows.count(LEAVES), deposits)

    def check_counts(
        self, contents: Contents, types: Mapping[str, int], found: LookupsFound
    ) -> None:
        """Check that nothing is stored besides what the whole log was seen to need."""
        count = self._rows.count
        # Where an erasure cannot say any more whether seeds were lost, either may be so.
        free = contents.lost | (contents.untold - found.tombstones)
        due = contents.current + self._count_tombstones(free)
        self._expect(LOOKUPS, "look-ups by idTechnique", count(TECHNICAL), due)
        references = sum(1 for _ in self._view.state_items(REFERENCE_PREFIX))
        self._expect(
            LOOKUPS, "look-ups of holders", count(HOLDERS), contents.holders + references
        )
        sealed = sum(types.get(kind, 0) for kind in COMMITTING) - len(self._rules.erased)
        self._expect("contents", "payloads", count(PAYLOADS), sealed)

    def _count_tombstones(self, free: AbstractSet[int]) -> int:
        """Count the erased certifications whose look-up no correction has taken over.

        That of one whose seed was lost is ``free`` again.
        """
        erased = (self._entry_at(index) for index in self._rules.erased - free)
        return sum(
            isinstance(entry, Certification) and not self._is_taken_over(entry)
            for entry in erased
        )

    def _is_taken_over(self, entry: Certification) -> bool:
        by = self._rules.changed.get((entry.index, SUPERSEDED))
        newer = None if by is None else self._entry_at(by)
        return isinstance(newer, Certification) and newer.depositor == entry.depositor

    def _expect(self, check: str, what: str, stored: int, expected: int) -> None:
        if stored != expected:
            self._findings.add(check, f"{stored} {what} are stored, and {expected} are due")

    def _check_status(self, status_at: int) -> None:
        settled, pending = dict(self._rules.bits), dict[int, int]()
        for (target, bit), by in self._rules.changed.items():
            if target in settled and by > status_at:
                settled[target] &= ~bit
                pending[target] = pending.get(target, 0) | bit
        marks = [(index, bits) for index, bits in settled.items() if bits]
        if self._rows.status() != status_rows(marks):
            self._findings.add(STATUS, "the stored status tree is not what the log leads to")
        if self._rows.pending() != pending:
            self._findings.add(STATUS, "the marks for the next status entry are not right")
        if self._view.status_size != status_at:
            self._findings.add(STATUS, "the status tree was settled at another entry")

    def _check_facts(self) -> None:
        expected = {
            depositor_row(body): entry.index
            for body, entry in self._rules.registrations.in_force.items()
        }
        if self._rules.register is not None:
            expected[REGISTER_ROW] = self._rules.register.index
        facts = {
            key: value for key, value in self._rows.facts() if not key.startswith(ELSEWHERE)
        }
        mentions = (MENTION_PREFIX, DEPOSIT_PREFIX, REFERENCE_PREFIX)
        plain = {key: value for key, value in facts.items() if not key.startswith(mentions)}
        due = {key: index.to_bytes(8, "big") for key, index in expected.items()}
        if plain != due:
            wrong = sum(plain.get(key) != due.get(key) for key in plain.keys() | due.keys())
            self._findings.add(
                STATE, f"{wrong} rows about depositors and registers are not right"
            )
        self._check_mentions({key: facts[key] for key in facts.keys() - plain.keys()})

    def _check_mentions(self, facts: Mapping[bytes, bytes]) -> None:
        """Check that rows lead there and back."""
        due: dict[bytes, bytes] = {}
        for key, value in facts.items():
            if key.startswith(DEPOSIT_PREFIX):
                keys = [
                    value[at : at + LOOKUP_KEY_SIZE]
                    for at in range(0, len(value), LOOKUP_KEY_SIZE)
                ]
                due |= mention_rows(int.from_bytes(key[len(DEPOSIT_PREFIX) :], "big"), keys)
            elif key.startswith(REFERENCE_PREFIX):
                index = int.from_bytes(key[len(REFERENCE_PREFIX) :], "big")
                if len(value) == LOOKUP_KEY_SIZE and index in self._view.holders(value):
                    due[key] = value
        if due != facts:
            self._findings.add(
                LOOKUPS, "rows about what a deposit mentions contradict each other"
            )

    def _is_certification(self, index: int) -> bool:
        return isinstance(self._entry_at(index), Certification)

    def _check_technical(self) -> None:
        """Name each look-up that is not right, in the order of their keys."""
        seen: set[int] = set()
        for row in self._rows.technical():
            if row is None or row[0] in seen:
                self._findings.add(LOOKUPS, "a look-up is damaged, or leads where another does")
                continue
            index, tombstone = row
            seen.add(index)
            erased = bool(self._rules.bits.get(index, 0) & ERASED)
            if erased != tombstone or not self._is_certification(index):
                message = "a look-up leads to it that is not right"
                self._findings.add(LOOKUPS, message, index)
