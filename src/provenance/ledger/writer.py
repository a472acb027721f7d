"""The writer: the only place where entries become true.

Everything here happens under the writer's lock, and within one transaction of the database,
which reads the log's end and adds to it. Several processes may write; each reads the end
anew. The order is what a crash cannot break::

    seeds synced to the vault    an entry without its seed could never be disclosed
    one LMDB commit, synced      the only moment at which anything becomes true
    head register, synced        before any receipt: it remembers how far the log had come

A crash before the commit leaves seeds above the log's end, which the next writer
overwrites. A crash after it leaves a head register that is behind, which the next open
for writing brings up to date; nobody had a receipt yet.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from provenance.errors import LedgerFullError, LedgerPoisonedError, ProvenanceError
from provenance.ledger.chain import Chain, End
from provenance.ledger.ending import check_goes_on, last_entry
from provenance.ledger.erasures import apply_erasures
from provenance.ledger.job import OutdatedError, Recorded
from provenance.ledger.registry import index_row
from provenance.ledger.signing import SIGNING_THREADS, EntrySigning
from provenance.storage import Commit, Head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.keys import KeyRing
    from provenance.ledger.clock import Clock
    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.job import Job
    from provenance.storage import View, Writing


class Writer:
    """Chains, signs and commits jobs, one group at a time. Close it."""

    def __init__(self, files: LedgerFiles, keys: KeyRing, clock: Clock, *, origin: str) -> None:
        self._files: Final = files
        self._clock: Final = clock
        self._threads: Final = ThreadPoolExecutor(SIGNING_THREADS, "provenance-sign")
        self._signing: Final = EntrySigning(keys, self._threads, origin=origin)
        self._left: End | None = None

    def close(self) -> None:
        """Let the threads end. Closing twice does nothing."""
        self._threads.shutdown()

    def record(self, jobs: Sequence[Job], *, settle_status: bool = False) -> None:
        """Commit all jobs that still hold, in one commit, and give each its result.

        Errors are given to the jobs, not raised: `OutdatedError` to one whose facts
        changed, a `ProvenanceError` to all when nothing could be committed.
        """
        try:
            with self._files.lock:
                self._record(jobs, settle_status=settle_status)
        except ProvenanceError as error:
            for job in jobs:
                if job.recorded is None and job.error is None:
                    job.error = error

    def _record(self, jobs: Sequence[Job], *, settle_status: bool) -> None:
        with self._files.store.writing() as writing:
            chain = self._begin(writing.view, jobs)
            held = _still_holding(jobs, writing.view)
            if not held:
                return
            firsts = [chain.add(job) for job in held]
            signatures = self._signing.sign(chain)
            commit = _gather(chain, held, firsts, signatures, settle_status=settle_status)
            seeds = b"".join([item.seed for job in held for item in job.items])
            self._append(writing, commit, seeds)
        self._remember(Head(chain.end, chain.leaf_hashes[-1]))
        if commit.erased:
            self._destroy()
        self._left = chain.end_left()
        for job, first in zip(held, firsts, strict=True):
            job.recorded = _recorded(chain, signatures, first, len(job.items))

    def _begin(self, view: View, jobs: Sequence[Job]) -> Chain:
        """Go on from the log's end; raises `PolicyError` when nothing may follow it."""
        left = self._left
        if left is not None and left.is_end_of(view):
            return Chain(view, left.time, self._clock)
        # Another process may have written, ended the log, or rotated the keys: what it
        # retired must sign nothing more.
        last = last_entry(view)
        check_goes_on(view, last, jobs)
        self._signing.notice_rotation(view)
        return Chain(view, "" if last is None else last.time, self._clock)

    def _append(self, writing: Writing, commit: Commit, seeds: bytes) -> None:
        """Write the seeds to the vault, and then all rows of the commit.

        Vault first: a seed without its entry is overwritten by the next writer, an entry
        without its seed would be a promise that nobody can keep. The commit begins at the
        log's end as the database itself has it: seeds below that are never touched.
        """
        try:
            self._files.vault.write(commit.start, seeds)
            writing.append(commit)
        except LedgerFullError:
            # Raised before anything became true: the log is as it was, and stays usable
            # unless the store itself saw more than a full map.
            raise
        except ProvenanceError:
            self._files.store.poison()
            raise

    def _remember(self, head: Head) -> None:
        """Write the head register: the entries are true, and nobody was told yet.

        After this a database that lacks them is recognised as an old copy. A failure
        leaves the outcome open to the caller, so the object must not be used further.
        """
        try:
            self._files.head.write(head)
            self._files.vault.confirm(head)
        except ProvenanceError as error:
            self._files.store.poison()
            raise LedgerPoisonedError(
                "recorded, but the head register could not be written: open the ledger again"
            ) from error

    def _destroy(self) -> None:
        """Destroy the seeds that erasures name, before anybody is told.

        Not only this commit's: another process may have crashed behind its own.
        """
        try:
            apply_erasures(self._files)
        except ProvenanceError as error:
            self._files.store.poison()
            raise LedgerPoisonedError(
                "the erasure is recorded, but seeds could not be destroyed: open the ledger "
                "again, which repeats it"
            ) from error


def _still_holding(jobs: Sequence[Job], view: View) -> list[Job]:
    """Check each job's facts again, now that nobody else can write."""
    taken: set[bytes] = set()
    used: set[bytes] = set()
    held = []
    for job in jobs:
        try:
            job.check(view)
        except OutdatedError as error:
            job.error = error
            continue
        claims, rests = job.claims(), job.rests_on()
        if claims.isdisjoint(taken | used) and rests.isdisjoint(taken):
            taken |= claims
            used |= rests
            held.append(job)
        else:
            job.error = OutdatedError()
    return held


def _recorded(chain: Chain, signatures: Sequence[bytes], first: int, count: int) -> Recorded:
    span = slice(first - chain.start, first - chain.start + count)
    return Recorded(
        start=first,
        time=chain.time,
        clock_held=chain.held,
        entries=chain.entries[span],
        leaf_hashes=chain.leaf_hashes[span],
        signatures=signatures[span],
    )


def _gather(
    chain: Chain,
    jobs: Sequence[Job],
    firsts: Sequence[int],
    signatures: Sequence[bytes],
    *,
    settle_status: bool,
) -> Commit:
    """Put everything that becomes true together into one commit."""
    effects = [job.effects(first) for job, first in zip(jobs, firsts, strict=True)]
    items = [item for job in jobs for item in job.items]
    indexed = list(enumerate(items, chain.start))
    changes = [(change, index) for index, item in indexed for change in item.changes]
    return Commit(
        start=chain.start,
        entries=chain.entries,
        leaf_hashes=chain.leaf_hashes,
        signatures=signatures,
        payloads=[(index, item.payload) for index, item in indexed if item.payload],
        leaves=[row for one in effects for row in one.leaves],
        technical=[(item.technical, index) for index, item in indexed if item.technical],
        holders=[(key, index) for index, item in indexed for key in item.holders],
        tombstones=[row for one in effects for row in one.tombstones],
        released=[key for one in effects for key in one.released],
        forgotten=[row for one in effects for row in one.forgotten],
        erased=[index for one in effects for index in one.erased],
        marks=[(change.target, change.bit) for change, _ in changes if change.in_tree],
        settle_status=settle_status,
        state=[
            *(row for one in effects for row in one.state),
            *(index_row(change.row, index) for change, index in changes),
        ],
        dropped=[key for one in effects for key in one.dropped],
    )
