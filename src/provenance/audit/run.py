"""One audit: the stored bytes in, a report out."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provenance.audit.changes import check_change_rows
from provenance.audit.checkpoints import CheckpointCheck
from provenance.audit.contents import Contents
from provenance.audit.derived import DerivedCheck
from provenance.audit.outside import check_outside
from provenance.audit.report import AuditReport, Findings
from provenance.audit.rules import Rules
from provenance.audit.signatures import SignatureCheck
from provenance.audit.since import adopt_before
from provenance.audit.status import status_root
from provenance.audit.tree import TreeCheck
from provenance.encoding import encode_base64
from provenance.errors import ChainError, FormatError, ProvenanceError
from provenance.ledger.files import open_files
from provenance.record.entry import (
    Certification,
    Deposit,
    Erasure,
    Status,
    Withdrawal,
    check_follows,
    parse_entry,
)
from provenance.tlog.merkle import HASH_SIZE, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.ledger.files import LedgerFiles
    from provenance.record.entry import Entry
    from provenance.storage import View
    from provenance.tlog.policy import Policy

PROGRESS_STEP: Final = 1000
"""Entries between two calls of ``progress``."""


def audit(
    path: str | Path,
    *,
    since: str | None = None,
    policy: Policy | None = None,
    genesis: bytes | None = None,
    vault: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> AuditReport:
    """Re-derive everything from the stored bytes of the ledger at ``path``.

    ``since`` is the auditor's own older checkpoint (a signed note): entries before it are
    taken as audited, after a proof that the log still contains them. ``policy`` is the
    auditor's own trust policy; without it the log's keys are taken from the log itself,
    and the report says so. ``genesis`` pins the leaf hash of entry 0 (32 bytes).
    ``vault=False`` leaves the payloads closed, for an auditor who must not see them.
    ``progress`` is called with entries read and entries in all.

    Works on one snapshot, read-only, beside a running writer. Raises
    `LedgerDamagedError` when the files cannot be opened at all, `FormatError` for a
    ``since`` that is no checkpoint; everything else is a finding.
    """
    files = open_files(Path(path), readonly=True)
    try:
        findings = Findings()
        check_outside(files, findings)
        with files.store.view() as view, ThreadPoolExecutor(2, "provenance-audit") as threads:
            walk = _Walk(files, view, findings, threads, policy=policy, vault=vault)
            if since is not None:
                walk.begin_at(since)
            walk.run(genesis, progress)
            return walk.report()
    finally:
        files.close()


class _Walk:
    """The audit of one snapshot, entry by entry."""

    def __init__(
        self,
        files: LedgerFiles,
        view: View,
        findings: Findings,
        threads: ThreadPoolExecutor,
        *,
        policy: Policy | None,
        vault: bool,
    ) -> None:
        self._view: Final = view
        self._findings: Final = findings
        self._policy: Final = policy
        self._vault: Final = vault
        self._start = 0
        self._status_at = 0
        self._prev, self._time = bytes(HASH_SIZE), ""
        self._types: Final[Counter[str]] = Counter()
        self._notes: Final[list[str]] = []
        self._tree = TreeCheck(view, findings, start=0)
        self._rules: Final = Rules(
            findings,
            entry_at=self._entry_at,
            leaf_hashes=self._leaf_hashes,
            root_at=view.root,
        )
        self._contents: Final = Contents(files, view, findings)
        self._signatures: Final = SignatureCheck(self._rules, findings, threads)
        self._checkpoints: Final = CheckpointCheck(self._rules, findings, view, policy)

    def begin_at(self, since: str) -> None:
        """Begin behind an older checkpoint, after proving that the log still contains it."""
        before = adopt_before(since, self._view, self._rules, self._findings, self._policy)
        if before is None:
            self._notes.append("the older checkpoint does not hold: everything was read")
            return
        self._start, self._prev, self._time = before
        self._status_at = self._start - 1
        self._tree = TreeCheck(self._view, self._findings, start=self._start)
        self._notes.append(f"entries before {self._start} were taken as audited before")

    def run(self, genesis: bytes | None, progress: Callable[[int, int], None] | None) -> None:
        """Read every entry from the start to the end of the snapshot."""
        size = self._view.size
        if genesis is not None and self._view.leaf_hash(0) != genesis:
            self._findings.add("genesis", "entry 0 is not the one that was pinned", 0)
        for index, (data, signature) in enumerate(
            self._view.entries(self._start, size), self._start
        ):
            self._step(index, data, signature)
            if progress is not None and (index + 1) % PROGRESS_STEP == 0:
                progress(index + 1, size)
        self._finish()
        if progress is not None:
            progress(size, size)

    def _step(self, index: int, data: bytes, signature: bytes) -> None:
        leaf = leaf_hash(data)
        self._tree.append(leaf)
        entry: Entry | None = None
        try:
            entry = parse_entry(data)
            check_follows(entry, index=index, prev=self._prev, time=self._time)
        except FormatError as error:
            self._findings.add("form", str(error), index)
        except ChainError as error:
            self._findings.add("chain", str(error), index)
        keys = self._rules.may_sign(entry)
        if entry is not None:
            self._time = entry.time
            self._apply(entry)
        self._signatures.add(index, leaf, signature, keys)
        self._prev = leaf
        self._checkpoints.reached(self._tree, entry)

    def _apply(self, entry: Entry) -> None:
        self._types[type(entry).__name__.lower()] += 1
        self._rules.apply(entry)
        if isinstance(entry, Status):
            self._status_at = entry.index
            expected = encode_base64(status_root(self._rules.bits, entry.size))
            if entry.root != expected:
                self._findings.add(
                    "status", "the status root is not what the log leads to", entry.index
                )
        if not self._vault:
            return
        if isinstance(entry, Certification):
            self._contents.certification(entry)
        elif isinstance(entry, Deposit):
            self._contents.deposit(entry)
        else:
            self._contents.finish()
            if isinstance(entry, Withdrawal | Erasure):
                self._contents.record(entry)

    def _finish(self) -> None:
        self._contents.finish()
        self._signatures.finish()
        self._checkpoints.finish()
        check_change_rows(self._view, self._rules, self._findings, start=self._start)
        derived = DerivedCheck(self._view, self._rules, self._findings, entry_at=self._entry_at)
        derived.check(self._status_at)
        # Where contents are lost, what should be found by them cannot be counted.
        lost = self._contents.failed or self._contents.erased != self._rules.erased
        if self._vault and self._start == 0 and not lost:
            derived.check_counts(self._contents, self._types)
        # A seed that is gone without an erasure, and one that an erasure left behind.
        for index in sorted(self._contents.erased - self._rules.erased):
            self._findings.add("contents", "the seed is gone, and no erasure names it", index)
        if self._vault:
            for index in sorted(self._rules.erased):
                self._contents.check_erased(index)
        else:
            self._notes.append("payloads were not opened: commitments are not recomputed")
        self._note_limits()

    def _note_limits(self) -> None:
        if self._policy is None:
            self._notes.append("no trust policy was given: the log's keys are its own word")
        if self._rules.tokens:
            self._notes.append(f"{self._rules.tokens} time-stamp tokens were not checked")
        if self._rules.resets:
            self._notes.append(
                f"{self._rules.resets} depositors' keys were reset by the operator alone"
            )
        if self._rules.upgraded:
            self._notes.append("the log goes on in a format that this version does not know")

    def _entry_at(self, index: int) -> Entry | None:
        try:
            return parse_entry(self._view.entry(index))
        except ProvenanceError:
            return None

    def _leaf_hashes(self, start: int, end: int) -> list[bytes]:
        return [self._view.leaf_hash(index) for index in range(start, end)]

    def report(self) -> AuditReport:
        """Give the report on what was read."""
        size = self._view.size
        return AuditReport(
            verdict="no" if self._findings.count else "yes",
            origin=self._rules.origin,
            start=self._start,
            size=size,
            root=encode_base64(self._tree.root()),
            entries=size - self._start,
            types=dict(sorted(self._types.items())),
            signatures=self._signatures.count,
            checkpoints=self._checkpoints.count,
            opened=self._contents.opened,
            erased=len(self._rules.erased),
            findings_count=self._findings.count,
            findings=tuple(self._findings.listed),
            notes=tuple(self._notes),
        )
