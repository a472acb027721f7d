"""Publishing: a checkpoint that anybody can hold against any later one.

In this order: hash all entries since the last signed checkpoint again; append the ``status``
entry; extend the *signed* tree by them; compare with what is stored; sign with the log keys
in force; verify one's own signatures; store it; write it to the anchor; only then hand it
out. A publication that was cut off after its ``status`` entry is finished by the next one,
by the same steps.

What is stored of the tree is trusted with nothing: a root that the entries do not give, once
it is signed, can never be taken back, and the right one can never be signed.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from provenance.encoding import encode_base64
from provenance.errors import (
    FormatError,
    LedgerDamagedError,
    LedgerFullError,
    SignatureError,
    StorageError,
    VerificationError,
)
from provenance.ledger.draft import NO_SEED
from provenance.ledger.job import Job
from provenance.ledger.keyhistory import log_keys, read_keys
from provenance.ledger.registry import REGISTER_ROW, read_any, read_index
from provenance.record.entry import Status
from provenance.storage import sync_directory, write_file
from provenance.tlog.checkpoint import Checkpoint, parse_checkpoint
from provenance.tlog.merkle import HASH_SIZE, leaf_hash
from provenance.tlog.note import open_note, sign_note, split_note
from provenance.tlog.prover import CompactRange

if TYPE_CHECKING:
    from typing import TypeAlias

    from provenance.keys import KeyRing
    from provenance.ledger.changes import Change
    from provenance.ledger.draft import Place
    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.writer import Writer
    from provenance.record.entry import Entry
    from provenance.storage import View
    from provenance.tlog.note import VerifierKey

    Latest: TypeAlias = tuple[Checkpoint, str] | None
    """The last checkpoint and its signed note; None before the first."""

ENTRIES_AT_ONCE: Final = 4096
"""Entries that are hashed again before the next are read."""


class StatusItem:
    """The ``status`` entry; its root is known once the writer's lock is held."""

    seed: Final = NO_SEED
    payload: Final = None
    technical: Final = None
    holders: Final[tuple[bytes, ...]] = ()
    changes: Final[tuple[Change, ...]] = ()
    root = b""
    register: int | None = None

    def entry(self, place: Place) -> Entry:
        """Return the entry as it reads at ``place``; its size is its own index."""
        return Status(
            index=place.index,
            time=place.time,
            prev=place.prev,
            size=place.index,
            root=encode_base64(self.root),
            register=self.register,
        )


class StatusJob(Job):
    """Appends a ``status`` entry over everything that stands before it."""

    ends_a_log = True

    def __init__(self) -> None:
        self._item: Final = StatusItem()
        super().__init__([self._item])

    def check(self, view: View) -> None:
        """Take the status root that the pending changes lead to."""
        self._item.root = view.status_root(view.size, settled=False)
        self._item.register = read_index(view, REGISTER_ROW)


class Publisher:
    """Publishes checkpoints of one ledger."""

    def __init__(
        self, files: LedgerFiles, keys: KeyRing, writer: Writer, *, origin: str
    ) -> None:
        self._files: Final = files
        self._keys: Final = keys
        self._writer: Final = writer
        self._origin: Final = origin
        self._in_doubt = False
        """Whether an attempt to write the anchor has failed."""

    def publish(self) -> str:
        """Publish the log as it is now; return the signed note.

        When nothing was appended since, the note is the last one, byte for byte.
        """
        with self._files.store.view() as view:
            size = view.size
            latest = latest_checkpoint(view)
            is_new = latest is None or latest[0].size != size
            ends_in_status = isinstance(read_any(view, size - 1), Status)
            # Damage is found before a status entry is made that nobody could sign.
            tree = hash_again(view, latest, size) if is_new else None
        if is_new and not ends_in_status:
            size = self._append_status()
        with self._files.turn():
            return self._seal(size, tree, latest)

    def _append_status(self) -> int:
        """Append the status entry; return the size that it is the last entry of."""
        job = StatusJob()
        self._writer.record([job], settle_status=True)
        return job.result().start + 1

    def _seal(self, size: int, tree: CompactRange | None, known: Latest) -> str:
        """Sign, store and anchor the checkpoint at ``size``, unless there is one by now.

        ``tree``: what was hashed already, beginning with the checkpoint ``known``.
        """
        with self._files.store.view() as view:
            latest = latest_checkpoint(view)
            if latest is not None and latest[0].size >= size:
                note = latest[1]
            else:
                begun = tree if latest == known else None
                root = hash_again(view, latest, size, begun).root()
                checkpoint = Checkpoint(origin=self._origin, size=size, root=root)
                note = self._sign(checkpoint, view)
        if latest is None or note != latest[1]:
            if latest is not None and not self._files.anchor.exists():
                # The first publication was cut off before its anchor. A second checkpoint
                # without one would look as if the anchor had been lost.
                self._anchor(latest[1].encode())
            self._keep(size, note)
        # The anchor is written before anybody holds the checkpoint: whoever was shown one
        # can rely on this machine to remember it, even with an older database.
        self._anchor(note.encode())
        return note

    def _keep(self, size: int, note: str) -> None:
        try:
            self._files.store.put_checkpoint(size, note.encode())
        except LedgerFullError as error:
            raise LedgerFullError(
                f"{error}; the status entry {size - 1} is recorded, and the next publication "
                "signs it"
            ) from error

    def _anchor(self, note: bytes) -> None:
        anchor = self._files.anchor
        try:
            before = anchor.read_bytes() if anchor.exists() else None
        except OSError as error:
            raise StorageError(f"cannot read {anchor}: {error.strerror}") from error
        if before == note and not self._in_doubt:
            # Whoever wrote it may have been cut off before its name was on the disk.
            sync_directory(anchor.parent)
            return
        # After a sync that failed the next one may succeed without what was lost: only a
        # file that is written anew is known to be there.
        self._in_doubt = True
        write_file(anchor, note)
        self._in_doubt = False

    def _sign(self, checkpoint: Checkpoint, view: View) -> str:
        """Sign by the log keys that are in force at the checkpoint's own size."""
        keys = log_keys(read_keys(view, checkpoint.size))
        signers = [self._keys.note_signer(key, lambda: int(time.time())) for key in keys]
        note = sign_note(checkpoint.text, signers)
        opened = open_note(note, keys)
        assert len(opened.signatures) == len(signers), "our own signatures must verify"
        return note


def hash_again(
    view: View, latest: Latest, size: int, begun: CompactRange | None = None
) -> CompactRange:
    """Return the tree over ``size`` entries, hashed anew from the last checkpoint on.

    ``begun``: what of it was hashed already. Raises `LedgerDamagedError`, which names the
    entry, where what is stored of the tree is not what was signed, or not what the entries
    give.
    """
    tree = begun
    if tree is None:
        known = 0 if latest is None else latest[0].size
        tree = CompactRange.of_tree(known, view.node)
        if latest is not None and tree.root() != latest[0].root:
            raise LedgerDamagedError(
                f"the stored tree at size {known} is not the one that was signed: restore the "
                "log from a backup"
            )
    for start in range(tree.end, size, ENTRIES_AT_ONCE):
        _extend(tree, view, min(start + ENTRIES_AT_ONCE, size))
    if tree.root() != view.root(size):
        raise LedgerDamagedError(
            f"the stored tree at size {size} does not follow from the entries: nothing is "
            "signed; restore the log from a backup"
        )
    return tree


def _extend(tree: CompactRange, view: View, end: int) -> None:
    """Add the entries up to ``end``, each of which must be the one that was recorded."""
    start = tree.end
    hashes = [leaf_hash(entry) for entry, _ in view.entries(start, end)]
    stored = view.leaf_hashes(start, end)
    for index, computed in enumerate(hashes, start):
        at = (index - start) * HASH_SIZE
        if stored[at : at + HASH_SIZE] != computed:
            raise LedgerDamagedError(
                f"entry {index} and its stored leaf hash do not belong together: nothing is "
                "signed; restore the log from a backup"
            )
    tree.extend(hashes)


def latest_checkpoint(view: View) -> Latest:
    """Return the last stored checkpoint and its signed note, or None before the first.

    Raises `LedgerDamagedError` for a note that is not one, or not as it was signed.
    """
    note = view.checkpoint()
    if note is None:
        return None
    try:
        checkpoint = _read_note(note)
        _check_signed(note, log_keys(read_keys(view, checkpoint.size)))
    except (FormatError, VerificationError) as error:
        raise LedgerDamagedError(f"the last checkpoint that is stored: {error}") from error
    return checkpoint, note.decode()


@lru_cache(maxsize=16)  # Of a ledger there is one, until the next publication.
def _read_note(note: bytes) -> Checkpoint:
    return parse_checkpoint(split_note(note)[0])


@lru_cache(maxsize=16)  # As above.
def _check_signed(note: bytes, keys: tuple[VerifierKey, ...]) -> None:
    if len(open_note(note, keys).signatures) < len(keys):
        raise SignatureError("a signature by a log key of then is missing")
