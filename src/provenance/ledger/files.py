"""The files of one ledger, and what they must say together when it is opened.

::

    NAME/
      log/     the LMDB database: entries, signatures, tree, payloads, look-ups, checkpoints
      vault/   seeds and the look-up secret, mode 0700
      keys/    the operator's private keys, mode 0700; may live elsewhere
      head     head register: how far the log had come when somebody was last told
      anchor   the last published checkpoint
      lock     the writer's lock

The database is not trusted to remember how far it had come. Head register and anchor
stand outside it, and a database that is smaller than either, or differs, is an old copy:
nothing is written to it and nothing is deleted.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from provenance.errors import LedgerDamagedError, PolicyError, RollbackError, StorageError
from provenance.ledger.erasures import apply_erasures
from provenance.storage import Head, HeadRegister, Store, Vault, WriterLock, sync_directory
from provenance.tlog.checkpoint import Checkpoint, parse_checkpoint
from provenance.tlog.note import split_note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provenance.storage import View


class LedgerFiles(msgspec.Struct, frozen=True):
    """Everything of one ledger that is open."""

    path: Path
    store: Store
    vault: Vault
    head: HeadRegister
    lock: WriterLock

    @property
    def anchor(self) -> Path:
        """The file that holds the last published checkpoint."""
        return self.path / "anchor"

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the writer's lock, and see what the writer before left, even if it was killed.

        Everything that writes to the ledger happens within. Raises `StorageError`.
        """
        with self.lock:
            self.store.settle()
            yield

    def close(self) -> None:
        """Close every file. Closing twice does nothing."""
        self.store.close()
        self.vault.close()
        self.head.close()
        self.lock.close()


def create_files(path: Path, *, secret: bytes, fill: Callable[[LedgerFiles], None]) -> None:
    """Make a new ledger at ``path`` whole, or not at all.

    Everything is made in a directory beside it, ``fill`` writes the first entries, and
    only the rename makes it a ledger. A crash before leaves a directory that ends in
    ``.new`` and may be deleted. Raises `PolicyError` when ``path`` exists and
    `StorageError` when it cannot be made.
    """
    if path.exists():
        raise PolicyError(f"{path} exists already; a ledger is never made over another")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = tempfile.mkdtemp(dir=path.parent, prefix=f"{path.name}.", suffix=".new")
    except OSError as error:
        raise StorageError(f"cannot make a ledger at {path}: {error.strerror}") from error
    temporary = path.parent / Path(made).name
    try:
        _create_in(temporary, secret=secret, fill=fill)
        # All files below are synced by now; the rename makes them the ledger, and the
        # parent's sync makes the rename last.
        temporary.rename(path)
        sync_directory(path.parent)
    except OSError as error:
        raise StorageError(f"cannot make a ledger at {path}: {error.strerror}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _create_in(path: Path, *, secret: bytes, fill: Callable[[LedgerFiles], None]) -> None:
    Store.create(path / "log")
    Vault.create(path / "vault", secret)
    HeadRegister.create(path / "head")
    (path / "lock").touch(mode=0o600)
    files = open_files(path, readonly=False)
    try:
        fill(files)
    finally:
        files.close()
    sync_directory(path)


def open_files(path: Path, *, readonly: bool) -> LedgerFiles:
    """Open the files of the ledger at ``path``, without comparing them yet.

    Raises `LedgerDamagedError` when one is missing, `LedgerBusyError` when this process
    has the ledger open already.
    """
    if not (path / "log").is_dir():
        raise LedgerDamagedError(f"{path} is no ledger: it holds no log")
    with ExitStack() as undo:
        store = Store.open(path / "log", readonly=readonly)
        undo.callback(store.close)
        vault = Vault.open(path / "vault", readonly=readonly)
        undo.callback(vault.close)
        head = HeadRegister.open(path / "head", readonly=readonly)
        undo.pop_all()
    return LedgerFiles(
        path=path, store=store, vault=vault, head=head, lock=WriterLock(path / "lock")
    )


def check_not_rolled_back(files: LedgerFiles) -> None:
    """Compare the database with head register and anchor.

    Both are read before the snapshot is taken: a writer in another process may go on
    meanwhile, and then the snapshot is newer than they are, never older. Raises
    `RollbackError` when the database lacks or contradicts what they remember.
    """
    head = files.head.read()
    anchor = read_anchor(files.anchor)
    with files.store.view() as view:
        _check_head(head, view)
        if anchor is not None:
            _check_anchor(anchor, view)
        elif len(list(_first_two(view))) > 1:
            # The very first publication may have been cut off before its anchor. Later
            # there is always one, and without it nothing shows how far the log had come.
            raise LedgerDamagedError(f"the anchor is missing: restore {files.anchor}")


def _first_two(view: View) -> list[int]:
    return [size for _, (size, _) in zip(range(2), view.checkpoints(), strict=False)]


def _check_head(head: Head, view: View) -> None:
    if head.size > view.size:
        raise RollbackError(
            f"the database has {view.size} entries, but {head.size} were acknowledged: it is "
            "an old copy; restore one that is not behind"
        )
    if head.size and view.leaf_hash(head.size - 1) != head.leaf_hash:
        raise RollbackError(f"entry {head.size - 1} is not the one that was acknowledged")


def _check_anchor(anchor: Checkpoint, view: View) -> None:
    if anchor.size > view.size:
        raise RollbackError(
            f"the database has {view.size} entries, but a checkpoint over {anchor.size} was "
            "published: it is an old copy; restore one that is not behind"
        )
    if view.root(anchor.size) != anchor.root:
        raise RollbackError(f"the root at size {anchor.size} is not the one that was published")


def read_anchor(path: Path) -> Checkpoint | None:
    """Read the last published checkpoint, or None when there is none yet."""
    try:
        note = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror}") from error
    return parse_checkpoint(split_note(note)[0])


def catch_up(files: LedgerFiles) -> None:
    """Finish what a crash left over: the head register, and erasures.

    Erasures are also repeated when the vault came back from an older copy.
    """
    with files.turn():
        head = files.head.read()
        with files.store.view() as view:
            current: Final = Head(view.size, view.leaf_hash(view.size - 1))
        if current.size > head.size:
            files.head.write(current)
        apply_erasures(files)
