"""The writer: the only place where entries become true.

Everything here happens under the writer's lock, which is held over reading the log's
end, writing the vault, the commit and the head register. Several processes may write;
each reads the end anew, and the database confirms it before anything is written. The order
is what a crash cannot break::

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

from provenance.encoding import encode_base64
from provenance.errors import LedgerFullError, LedgerPoisonedError, ProvenanceError
from provenance.ledger.draft import Draft, Place
from provenance.ledger.ending import check_goes_on
from provenance.ledger.erasures import apply_erasures
from provenance.ledger.job import OutdatedError, Recorded
from provenance.ledger.keyhistory import (
    key_entries,
    read_declarations,
    replay_keys,
    signing_key,
)
from provenance.ledger.registry import index_row
from provenance.record.entry import (
    ZERO_PREV,
    Genesis,
    Key,
    certification_encoder,
    encode_entry,
    format_time,
    parse_entry,
    parse_time,
)
from provenance.record.message import entry_message
from provenance.storage import Commit, Head
from provenance.tlog.merkle import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from provenance.keys import KeyRing, Signer
    from provenance.ledger.clock import Clock
    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.job import Effects, Item, Job
    from provenance.storage import View

    CertificationEncoder: TypeAlias = Callable[[int, str, str, int | None], bytes]

SIGNING_THREADS: Final = 2
SIGNED_INLINE_MAX: Final = 16
"""Up to so many signatures, handing them to threads costs more than it saves."""


class _Chain:
    """The log's end while a commit is being built."""

    def __init__(self, view: View, clock: Clock) -> None:
        self.start: Final = view.size
        last_us = parse_time(parse_entry(view.entry(view.size - 1)).time) if view.size else 0
        now_us, self.held = clock.now_us(not_before_us=last_us)
        self.time: Final = format_time(now_us)
        self.prev = encode_base64(view.leaf_hash(view.size - 1)) if view.size else ZERO_PREV
        self.entries: list[bytes] = []
        self.leaf_hashes: list[bytes] = []
        self.declarations: list[Genesis | Key] = []
        """Those of the entries that declare keys."""

    def add(self, job: Job) -> int:
        """Chain the job's entries; give the index of the first."""
        first = self.start + len(self.entries)
        prev = self.prev
        encoders: dict[str, CertificationEncoder] = {}
        for index, item in enumerate(job.items, first):
            if isinstance(item, Draft):
                # By the thousand, and the lock is held.
                body = item.depositor
                encode = encoders.get(body) or encoders.setdefault(
                    body, certification_encoder(time=self.time, depositor=body, deposit=first)
                )
                entry = encode(index, prev, encode_base64(item.commitment), item.supersedes)
            else:
                place = Place(index=index, time=self.time, prev=prev, start=first)
                made = item.entry(place)
                if isinstance(made, Genesis | Key):
                    self.declarations.append(made)
                entry = encode_entry(made)
            leaf = leaf_hash(entry)
            self.entries.append(entry)
            self.leaf_hashes.append(leaf)
            prev = encode_base64(leaf)
        self.prev = prev
        return first


class Writer:
    """Chains, signs and commits jobs, one group at a time."""

    def __init__(self, files: LedgerFiles, keys: KeyRing, clock: Clock, *, origin: str) -> None:
        self._files: Final = files
        self._keys: Final = keys
        self._clock: Final = clock
        self._message_prefix: Final = entry_message(origin, b"")
        self._threads: ThreadPoolExecutor | None = None
        self._declarations: tuple[Genesis | Key, ...] = ()

    def close(self) -> None:
        """Let the signing threads end."""
        if self._threads is not None:
            self._threads.shutdown()

    def record(self, jobs: Sequence[Job], *, settle_status: bool = False) -> None:
        """Commit all jobs that still hold, in one commit, and give each its result.

        Errors are given to the jobs, not raised: `OutdatedError` to one whose facts
        changed, a `ProvenanceError` to all when nothing could be committed.
        """
        try:
            with self._files.turn():
                self._record(jobs, settle_status=settle_status)
        except ProvenanceError as error:
            for job in jobs:
                if job.recorded is None and job.error is None:
                    job.error = error

    def _record(self, jobs: Sequence[Job], *, settle_status: bool) -> None:
        with self._files.store.view() as view:
            check_goes_on(view, jobs)
            held = self._still_holding(jobs, view)
            chain = _Chain(view, self._clock)
            self._notice_rotation(view)
        if not held:
            return
        firsts = [chain.add(job) for job in held]
        signatures = self._sign(chain)
        effects = [job.effects(first) for job, first in zip(held, firsts, strict=True)]
        self._commit(chain, held, signatures, effects, settle_status=settle_status)
        for job, first in zip(held, firsts, strict=True):
            span = slice(first - chain.start, first - chain.start + len(job.items))
            job.recorded = Recorded(
                start=first,
                time=chain.time,
                clock_held=chain.held,
                entries=chain.entries[span],
                leaf_hashes=chain.leaf_hashes[span],
                signatures=signatures[span],
            )

    @staticmethod
    def _still_holding(jobs: Sequence[Job], view: View) -> list[Job]:
        """Check each job's facts again, now that nobody else can write."""
        taken: set[bytes] = set()
        held = []
        for job in jobs:
            try:
                job.check(view)
            except OutdatedError as error:
                job.error = error
                continue
            claims = job.claims()
            if claims.isdisjoint(taken):
                taken |= claims
                held.append(job)
            else:
                job.error = OutdatedError()
        return held

    def _commit(
        self,
        chain: _Chain,
        jobs: Sequence[Job],
        signatures: Sequence[bytes],
        effects: Sequence[Effects],
        *,
        settle_status: bool,
    ) -> None:
        items = [item for job in jobs for item in job.items]
        commit = _gather(chain, items, signatures, effects, settle_status=settle_status)
        store = self._files.store
        store.check_usable()
        try:
            # Vault first: a seed without its entry is overwritten by the next writer, an
            # entry without its seed would be a promise that nobody can keep. And not before
            # the database itself says where its end is: seeds below it are never touched.
            seeds = b"".join(item.seed for item in items)
            store.commit(commit, prepare=lambda: self._files.vault.write(chain.start, seeds))
        except LedgerFullError:
            # Raised before anything became true: the log is as it was, and stays usable
            # unless the store itself saw more than a full map.
            raise
        except ProvenanceError:
            store.poison()
            raise
        self._remember(Head(chain.start + len(chain.entries), chain.leaf_hashes[-1]))
        if commit.erased:
            self._destroy()

    def _remember(self, head: Head) -> None:
        """Write the head register: the entries are true, and nobody was told yet.

        After this a database that lacks them is recognised as an old copy. A failure
        leaves the outcome open to the caller, so the object must not be used further.
        """
        try:
            self._files.head.write(head)
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

    def _notice_rotation(self, view: View) -> None:
        """Read which keys the log declares, unless nothing was added since.

        Another process may have rotated them; what it retired must sign nothing more.
        """
        if [one.index for one in self._declarations] != key_entries(view):
            self._declarations = read_declarations(view)

    def _sign(self, chain: _Chain) -> list[bytes]:
        """Sign all entries, each by the key in force at its place.

        An entry of this commit may change which one that is for those behind it.
        """
        keys = replay_keys([*self._declarations, *chain.declarations])
        end = chain.start + len(chain.leaf_hashes)
        turns = {one.index + behind for one in chain.declarations for behind in (0, 1)}
        bounds = sorted({chain.start, *turns} - {end})
        signatures: list[bytes] = []
        for first, last in zip(bounds, [*bounds[1:], end], strict=True):
            signer = self._keys.signer("entry", signing_key(keys, first).verifier)
            part = chain.leaf_hashes[first - chain.start : last - chain.start]
            signatures += self._sign_all(signer, part)
        return signatures

    def _sign_all(self, signer: Signer, leaf_hashes: Sequence[bytes]) -> list[bytes]:
        """Sign leaf hashes by one key, on two threads when there are many.

        ``cryptography`` 50 and later releases the GIL while it signs.
        """
        sign, prefix = signer.sign, self._message_prefix

        def sign_slice(part: Sequence[bytes]) -> list[bytes]:
            return [sign(prefix + leaf) for leaf in part]

        if len(leaf_hashes) <= SIGNED_INLINE_MAX:
            return sign_slice(leaf_hashes)
        if self._threads is None:
            self._threads = ThreadPoolExecutor(SIGNING_THREADS, "provenance-sign")
        half = (len(leaf_hashes) + 1) // SIGNING_THREADS
        slices = [leaf_hashes[:half], leaf_hashes[half:]]
        return [
            signature for part in self._threads.map(sign_slice, slices) for signature in part
        ]


def _gather(
    chain: _Chain,
    items: Sequence[Item],
    signatures: Sequence[bytes],
    effects: Sequence[Effects],
    *,
    settle_status: bool,
) -> Commit:
    """Put everything that becomes true together into one commit."""
    indexed = list(enumerate(items, chain.start))
    changes = [(change, index) for index, item in indexed for change in item.changes]
    return Commit(
        start=chain.start,
        entries=chain.entries,
        leaf_hashes=chain.leaf_hashes,
        signatures=signatures,
        payloads=[(index, item.payload) for index, item in indexed if item.payload],
        technical=[(item.technical, index) for index, item in indexed if item.technical],
        holders=[(key, index) for index, item in indexed for key in item.holders],
        tombstones=[row for one in effects for row in one.tombstones],
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
