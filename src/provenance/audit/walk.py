"""The walk over the log: what depends on order, judged from the facts about each stretch.

Facts about the bytes come from `examine.py`, whoever gathered them. Here they are put one
behind the other: the chain across their borders, the tree that grows, rules and keys and
rights, status roots, checkpoints, files that are put together again. A run of plain
certifications costs one check of each rule; everything else is replayed entry by entry.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Final

from provenance.audit import signatures
from provenance.audit.checkpoints import CheckpointCheck
from provenance.audit.deposited import read_leaves
from provenance.audit.onceonly import OnceOnly
from provenance.audit.origins import CLOSED
from provenance.audit.rebuild import Contents
from provenance.audit.registers import RegisterCheck
from provenance.audit.rules import Rules
from provenance.audit.status import status_root
from provenance.audit.tree import TreeCheck, add_fault
from provenance.encoding import encode_base64
from provenance.errors import ChainError, FormatError, ProvenanceError
from provenance.ledger.keyhistory import FIRST_ENTRIES
from provenance.record.entry import (
    Certification,
    Deposit,
    Erasure,
    Register,
    Status,
    Withdrawal,
    check_follows,
    parse_entry,
)
from provenance.tlog.merkle import HASH_SIZE

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from provenance.audit.facts import Facts, NodeFault, Options, Run
    from provenance.audit.report import Findings
    from provenance.ledger.files import LedgerFiles
    from provenance.record.entry import Entry
    from provenance.storage import View
    from provenance.tlog.note import VerifierKey
    from provenance.tlog.policy import Policy


class Walk:
    """One pass over the log of a snapshot, from ``start`` to its end."""

    def __init__(
        self,
        files: LedgerFiles,
        view: View,
        findings: Findings,
        options: Options,
        policy: Policy | None,
    ) -> None:
        self._view: Final = view
        self._findings: Final = findings
        self._options: Final = options
        self._schedule: Final = signatures.Schedule(options.keys)
        self.start = 0
        self.status_at = 0
        """Index of the last status entry, or 0."""
        self._prev, self._time = bytes(HASH_SIZE), ""
        self.signatures = 0
        """Signatures that were checked."""
        self.types: Final[Counter[str]] = Counter()
        self.certifications: Final[list[tuple[int, int]]] = []
        """Where certifications stand: ranges [start, end), ascending."""
        self.tree = TreeCheck(view, start=0)
        self.rules: Final = Rules(
            findings,
            entry_at=self.entry_at,
            leaf_hashes=self._leaf_hashes,
            root_at=view.root,
        )
        self.contents: Final = Contents(files, view, findings)
        self.registers: Final = RegisterCheck(files.path, findings)
        self.once_only: Final = OnceOnly(view, findings, self.entry_at)
        self.checkpoints: Final = CheckpointCheck(self.rules, findings, view, policy)

    def begin_at(self, start: int, prev: bytes, time: str) -> None:
        """Begin at ``start``, behind an entry of that leaf hash and time."""
        self.start, self._prev, self._time = start, prev, time
        self.status_at = start - 1
        self.tree = TreeCheck(self._view, start=start)

    def take(self, facts: Facts) -> None:
        """Go on over the next stretch."""
        stretch = _Stretch(facts, self.tree)
        if facts.opened is not None:
            self.contents.count(facts.opened)
        runs = {run.start: run for run in facts.runs}
        singles = dict(facts.others)
        at = facts.start
        while at < facts.end:
            if at in singles:
                self._single(stretch, at, singles[at])
                at += 1
            else:
                self._run(stretch, runs[at])
                at = runs[at].end
        self._prev = facts.leaf(facts.end - 1)

    def _run(self, stretch: _Stretch, run: Run) -> None:
        """Take a run of certifications at once, where the rules allow each of them."""
        if run.time < self._time or not self.rules.allows_run(run):
            for index in range(run.start, run.end):
                self._single(stretch, index, self._view.entry(index))
            return
        self._time = run.time
        self.rules.take_run(run)
        self._count_certifications(run.start, run.end)
        unsigned = self._unsigned(stretch, run.start, run.end)
        self._follow_deposit(stretch, run.start, run.end, run.deposit)
        for index in stretch.noted(run.start, run.end, unsigned):
            self._add_faults(stretch, index)
            self._add_contents(stretch, index)
            self._add_unsigned(index, unsigned)
            self._reach(stretch, index, None)

    def _single(self, stretch: _Stretch, index: int, data: bytes) -> None:
        """Take one entry, whatever it is."""
        self._add_faults(stretch, index)
        prev = stretch.facts.leaf(index - 1) if index > stretch.facts.start else self._prev
        entry: Entry | None = None
        try:
            entry = parse_entry(data)
            check_follows(entry, index=index, prev=prev, time=self._time)
        except FormatError as error:
            self._findings.add("form", str(error), index)
        except ChainError as error:
            self._findings.add("chain", str(error), index)
        keys = self.rules.may_sign(entry)
        if entry is not None:
            self._time = entry.time
            self._apply(stretch, entry, index)
        self._check_signature(stretch, index, keys)
        self._reach(stretch, index, entry)

    def _apply(self, stretch: _Stretch, entry: Entry, index: int) -> None:
        self.rules.apply(entry)
        if isinstance(entry, Certification):
            self._count_certifications(index, index + 1)
            self._follow_deposit(stretch, index, index + 1, entry.deposit)
            self._add_contents(stretch, index)
            return
        self.types[type(entry).__name__.lower()] += 1
        if isinstance(entry, Status):
            self._check_status(entry)
        if isinstance(entry, Deposit):
            self._begin_deposit(entry)
        elif isinstance(entry, Register):
            self.registers.check(entry)
        elif self._options.vault and isinstance(entry, Withdrawal | Erasure):
            self.contents.record(entry)
        else:
            self.contents.finish()

    def _begin_deposit(self, entry: Deposit) -> None:
        self.once_only.check(entry)
        # Hashing them costs half as much as all else that an audit of hashes alone does.
        if not self._options.vault and not self._options.signatures:
            return
        leaves = read_leaves(self._view, entry, self._findings)
        if self._options.vault:
            signed = self.rules.signed_at == entry.index
            self.contents.deposit(entry, leaves, signed=signed)

    def _check_status(self, entry: Status) -> None:
        self.status_at = entry.index
        self.checkpoints.expect(entry)
        if entry.root != encode_base64(status_root(self.rules.bits, entry.size)):
            self._findings.add(
                "status", "the status root is not what the log leads to", entry.index
            )

    def _count_certifications(self, start: int, end: int) -> None:
        self.types["certification"] += end - start
        ranges = self.certifications
        if ranges and ranges[-1][1] == start:
            ranges[-1] = (ranges[-1][0], end)
        else:
            ranges.append((start, end))

    def _follow_deposit(self, stretch: _Stretch, start: int, end: int, deposit: int) -> None:
        opened = stretch.facts.opened
        if opened is None:
            self.contents.origins.add_span(CLOSED, start, end)
        else:
            self.contents.certifications(start, end, deposit, opened)

    def _add_faults(self, stretch: _Stretch, index: int) -> None:
        for fault in stretch.faults.get(index, ()):
            add_fault(self._findings, fault)

    def _add_contents(self, stretch: _Stretch, index: int) -> None:
        for message in stretch.contents.get(index, ()):
            self.contents.found(index, message)

    def _reach(self, stretch: _Stretch, index: int, last: Entry | None) -> None:
        root = stretch.roots.get(index + 1)
        if root is not None:
            self.checkpoints.reached(index + 1, root, last)

    # --- signatures

    def _check_signature(
        self, stretch: _Stretch, index: int, keys: tuple[VerifierKey, ...]
    ) -> None:
        """Report an entry that none of the keys in force before it signed.

        Entries 0 and 1 have none before them and wait for the key that entry 1 adds. No
        later entry may rest on a key of its own.
        """
        if index >= FIRST_ENTRIES:
            unsigned = self._unsigned(stretch, index, index + 1, keys)
            self._add_unsigned(index, unsigned)
            return
        if index + 1 == FIRST_ENTRIES or index + 1 == self._view.size:
            for one in range(index + 1):
                self._add_unsigned(one, self._unsigned(stretch, one, one + 1))

    def _unsigned(
        self,
        stretch: _Stretch,
        start: int,
        end: int,
        keys: tuple[VerifierKey, ...] | None = None,
    ) -> list[int]:
        """Return those of [start, end) that no key signed: of ``keys``, else those in force."""
        if not self._options.signatures:
            return []
        self.signatures += end - start
        in_force = self.rules.keys.entry.values() if keys is None else keys
        publics = tuple(key.public for key in in_force)
        known = self.rules.origin == self._options.origin
        found: list[int] = []
        for first, last, presumed in self._schedule.spans(start, end):
            if known and {*presumed} == {*publics}:
                found += stretch.unsigned(first, last)
            else:
                found += self._verify_again(stretch.facts, first, last, publics)
        return found

    def _verify_again(
        self, facts: Facts, start: int, end: int, publics: tuple[bytes, ...]
    ) -> list[int]:
        signed = (
            (index, facts.leaf(index), self._view.signature(index))
            for index in range(start, end)
        )
        return signatures.failing(self.rules.origin, publics, signed)

    def _add_unsigned(self, index: int, unsigned: Container[int]) -> None:
        if index in unsigned:
            self._findings.add(signatures.CHECK, signatures.MESSAGE, index)

    # --- what others ask

    def entry_at(self, index: int) -> Entry | None:
        """Return an entry, None where it cannot be read."""
        try:
            return parse_entry(self._view.entry(index))
        except ProvenanceError:
            return None

    def _leaf_hashes(self, start: int, end: int) -> list[bytes]:
        return [self._view.leaf_hash(index) for index in range(start, end)]


class _Stretch:
    """The facts about one stretch, at hand for each entry."""

    def __init__(self, facts: Facts, tree: TreeCheck) -> None:
        self.facts: Final = facts
        self.roots: Final = {size: tree.root(nodes) for size, nodes in facts.marks}
        """Roots at the sizes of checkpoints."""
        self.faults: Final[dict[int, list[NodeFault]]] = {}
        for fault in sorted([*facts.faults, *tree.extend(facts.nodes)]):
            self.faults.setdefault(fault.completed, []).append(fault)
        self.contents: Final[dict[int, list[str]]] = {}
        for index, message in () if facts.opened is None else facts.opened.findings:
            self.contents.setdefault(index, []).append(message)
        before = (size - 1 for size in self.roots)
        self._noted: Final = sorted({*self.faults, *self.contents, *before})

    def noted(self, start: int, end: int, unsigned: Iterable[int]) -> list[int]:
        """Return the entries of [start, end) of which there is anything to say, in order."""
        known = self._noted[bisect_left(self._noted, start) : bisect_left(self._noted, end)]
        return sorted({*known, *unsigned})

    def unsigned(self, start: int, end: int) -> list[int]:
        """Return the entries of [start, end) that the presumed keys did not sign."""
        found = self.facts.unsigned
        return found[bisect_left(found, start) : bisect_left(found, end)]
