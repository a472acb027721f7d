"""Publishing: a checkpoint that anybody can hold against any later one.

In this order: append the ``status`` entry; take the root from the stored edge; check it
against the last signed checkpoint; sign with the log keys in force; verify one's own
signatures; store it; write it to the anchor; only then hand it out. A publication that
was cut off after its ``status`` entry is finished by the next one, by the same steps.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from provenance.encoding import encode_base64
from provenance.ledger.draft import NO_SEED
from provenance.ledger.job import Job
from provenance.ledger.keyhistory import log_keys, read_keys
from provenance.record.entry import Status, parse_entry
from provenance.storage import write_file
from provenance.tlog.checkpoint import Checkpoint, parse_checkpoint
from provenance.tlog.merkle import verify_consistency
from provenance.tlog.note import open_note, sign_note, split_note
from provenance.tlog.prover import prove_consistency

if TYPE_CHECKING:
    from provenance.keys import KeyRing
    from provenance.ledger.changes import Change
    from provenance.ledger.draft import Place
    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.writer import Writer
    from provenance.record.entry import Entry
    from provenance.storage import View


class StatusItem:
    """The ``status`` entry; its root is known once the writer's lock is held."""

    seed: Final = NO_SEED
    payload: Final = None
    technical: Final = None
    holders: Final[tuple[bytes, ...]] = ()
    changes: Final[tuple[Change, ...]] = ()
    root = b""

    def entry(self, place: Place) -> Entry:
        """Give the entry as it reads at ``place``; its size is its own index."""
        return Status(
            index=place.index,
            time=place.time,
            prev=place.prev,
            size=place.index,
            root=encode_base64(self.root),
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


class Publisher:
    """Publishes checkpoints of one ledger."""

    def __init__(
        self, files: LedgerFiles, keys: KeyRing, writer: Writer, *, origin: str
    ) -> None:
        self._files: Final = files
        self._keys: Final = keys
        self._writer: Final = writer
        self._origin: Final = origin

    def publish(self) -> str:
        """Publish the log as it is now; give the signed note.

        When nothing was appended since, the note is the last one, byte for byte.
        """
        with self._files.store.view() as view:
            size = view.size
            latest = latest_checkpoint(view)
            ends_in_status = isinstance(parse_entry(view.entry(size - 1)), Status)
        if latest is None or latest[0].size != size:
            size = size if ends_in_status else self._append_status()
        with self._files.turn():
            return self._seal(size)

    def _append_status(self) -> int:
        """Append the status entry; give the size that it is the last entry of."""
        job = StatusJob()
        self._writer.record([job], settle_status=True)
        return job.result().start + 1

    def _seal(self, size: int) -> str:
        """Sign, store and anchor the checkpoint at ``size``, unless there is one by now."""
        with self._files.store.view() as view:
            latest = latest_checkpoint(view)
            if latest is not None and latest[0].size >= size:
                note = latest[1]
            else:
                checkpoint = Checkpoint(origin=self._origin, size=size, root=view.root(size))
                if latest is not None:
                    _check_extends(latest[0], checkpoint, view)
                note = self._sign(checkpoint, view)
        if latest is None or note != latest[1]:
            self._files.store.put_checkpoint(size, note.encode())
        # The anchor is written before anybody holds the checkpoint: whoever was shown one
        # can rely on this machine to remember it, even with an older database.
        if not self._is_anchored(note):
            write_file(self._files.anchor, note.encode())
        return note

    def _is_anchored(self, note: str) -> bool:
        anchor = self._files.anchor
        return anchor.exists() and anchor.read_bytes() == note.encode()

    def _sign(self, checkpoint: Checkpoint, view: View) -> str:
        """Sign by the log keys that are in force at the checkpoint's own size."""
        keys = log_keys(read_keys(view, checkpoint.size))
        signers = [self._keys.note_signer(key, lambda: int(time.time())) for key in keys]
        note = sign_note(checkpoint.text, signers)
        opened = open_note(note, [signer.verifier_key for signer in signers])
        assert len(opened.signatures) == len(signers), "our own signatures must verify"
        return note


def _check_extends(old: Checkpoint, new: Checkpoint, view: View) -> None:
    """Refuse to sign a tree that does not contain the last signed one."""
    proof = prove_consistency(old.size, new.size, view.node)
    verify_consistency(old.size, new.size, proof, old.root, new.root)


def latest_checkpoint(view: View) -> tuple[Checkpoint, str] | None:
    """Give the last stored checkpoint and its signed note, or None before the first."""
    note = view.checkpoint()
    return None if note is None else _read_note(note)


@lru_cache(maxsize=16)  # Of a ledger there is one, until the next publication.
def _read_note(note: bytes) -> tuple[Checkpoint, str]:
    return parse_checkpoint(split_note(note)[0]), note.decode()
