"""Examining a stretch of the log, or a range of look-ups: in any process, in any order.

What is found depends on the bytes read and on nothing else, so it is the same wherever it
is done. Nothing is judged here that depends on what stands before the stretch.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from provenance.audit.facts import (
    Facts,
    LookupFacts,
    LookupRange,
    Options,
    Result,
    Stretch,
    Task,
    Unable,
)
from provenance.audit.opening import Opening
from provenance.audit.plain import COMMITMENT, find_runs
from provenance.audit.signatures import Schedule, failing
from provenance.audit.subtrees import Subtrees
from provenance.errors import FormatError, LedgerDamagedError, ProvenanceError
from provenance.record.entry import Certification, parse_entry
from provenance.storage.rows import TECHNICAL, TECHNICAL_ROW, TOMBSTONE, pack_u64

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.audit.facts import Run
    from provenance.audit.opening import Sealed
    from provenance.ledger.files import LedgerFiles
    from provenance.storage import View

ROWS_AT_ONCE: Final = 4096
"""Rows of look-ups that are read at once."""

_FLAGS: Final = slice(TECHNICAL_ROW.size - 1, None, TECHNICAL_ROW.size)
_sha256 = hashlib.sha256


class Examiner:
    """Examines what it is given, on one snapshot."""

    def __init__(self, view: View, files: LedgerFiles, options: Options) -> None:
        self._view: Final = view
        self._options: Final = options
        self._schedule: Final = Schedule(options.keys)
        # An auditor who must not see payloads needs no right to read the vault.
        self._opening: Final = Opening(view, files) if options.vault else None

    def examine(self, task: Task) -> Facts | LookupFacts:
        """Examine a stretch, or look-ups; raises `StorageError` when it cannot be read."""
        if isinstance(task, Stretch):
            return self._stretch(task)
        return self._lookups(task)

    def try_to(self, task: Task) -> Result:
        """Examine, or say that it is not possible here."""
        try:
            return self.examine(task)
        except ProvenanceError:
            return Unable()

    def examine_as_far_as_possible(self, task: Task) -> Iterator[Facts | LookupFacts]:
        """Examine, up to a record that cannot be read; then raise what `examine` raises.

        So it does not depend on the length of stretches what comes before such a record.
        """
        try:
            yield self.examine(task)
        except LedgerDamagedError:
            if isinstance(task, Stretch) and (end := self._readable_end(task)) > task.start:
                marks = tuple(mark for mark in task.marks if mark <= end)
                yield self._stretch(Stretch(task.start, end, marks))
            raise

    def _readable_end(self, task: Stretch) -> int:
        """Return the first entry of a stretch whose record cannot be read, or its start."""
        for index in range(task.start, task.end):
            try:
                self._view.record(index)
            except LedgerDamagedError:
                return index
        return task.start

    def _stretch(self, task: Stretch) -> Facts:
        start, end = task.start, task.end
        entries, signatures = self._view.records(
            start, end, signatures=self._options.signatures
        )
        leaves = [_sha256(b"\x00" + entry).digest() for entry in entries]
        runs, others = find_runs(entries, leaves, start)
        subtrees = Subtrees(start, leaves)
        faults, unsure = subtrees.compare(self._view)
        opened = None
        if self._opening is not None:
            opened = self._opening.open(_certifications(entries, runs, others, start))
        return Facts(
            start=start,
            end=end,
            leaves=b"".join(leaves),
            runs=runs,
            others=others,
            nodes=subtrees.compact_range(),
            marks=[(mark, subtrees.compact_range(mark)) for mark in task.marks],
            faults=faults,
            unsure=unsure,
            unsigned=self._unsigned(start, leaves, signatures),
            opened=opened,
        )

    def _unsigned(
        self, start: int, leaves: Sequence[bytes], signatures: Sequence[bytes]
    ) -> list[int]:
        found: list[int] = []
        if self._options.signatures:
            for first, last, keys in self._schedule.spans(start, start + len(leaves)):
                part = slice(first - start, last - start)
                signed = zip(range(first, last), leaves[part], signatures[part], strict=True)
                found += failing(self._options.origin, keys, signed)
        return found

    def _lookups(self, task: LookupRange) -> LookupFacts:
        live, tombstones, damaged = bytearray(), [], False
        for rows in self._look_up(task):
            joined = b"".join(rows)
            if {*map(len, rows)} == {TECHNICAL_ROW.size} and not any(joined[_FLAGS]):
                # All lead to entries that were not erased: drop their last bytes.
                plain = bytearray(joined)
                del plain[_FLAGS]
                live += plain
                continue
            sound = [row for row in rows if len(row) == TECHNICAL_ROW.size]
            pairs = list(map(TECHNICAL_ROW.unpack, sound))
            live += b"".join(pack_u64(index) for index, flags in pairs if not flags)
            tombstones += [index for index, flags in pairs if flags]
            damaged |= len(sound) != len(rows) or not {f for _, f in pairs} <= {0, TOMBSTONE}
        return LookupFacts(live=bytes(live), tombstones=tombstones, damaged=damaged)

    def _look_up(self, task: LookupRange) -> Iterator[list[bytes]]:
        """Read the rows of a range, many at once."""
        start = task.first
        while True:
            keys, rows = self._view.rows.some(TECHNICAL, start, ROWS_AT_ONCE)
            if keys and task.last and keys[-1] >= task.last:
                yield rows[: bisect_left(keys, task.last)]
                return
            yield rows
            if len(keys) < ROWS_AT_ONCE:
                return
            # The key that follows next: no key is longer than this one with a zero behind.
            start = keys[-1] + b"\0"


def _certifications(
    entries: Sequence[bytes],
    runs: Sequence[Run],
    others: Sequence[tuple[int, bytes]],
    start: int,
) -> list[Sealed]:
    """Return what all certifications say, in their order."""
    found: list[Sealed] = [
        (
            index,
            run.depositor,
            entries[index - start][COMMITMENT].decode(),
            run.deposit,
            run.registration,
            None,
        )
        for run in runs
        for index in range(run.start, run.end)
    ]
    for index, data in others:
        try:
            entry = parse_entry(data)
        except FormatError:
            continue
        if isinstance(entry, Certification):
            found.append(
                (
                    index,
                    entry.depositor,
                    entry.commitment,
                    entry.deposit,
                    entry.registration,
                    entry.supersedes,
                )
            )
    return sorted(found)
