"""The files of one ledger, and what they must say together when it is opened.

::

    NAME/
      log/     the LMDB database: entries, signatures, tree, payloads, look-ups, checkpoints
      vault/   seeds and the look-up secret, mode 0700
      keys/    the operator's private keys, mode 0700; may live elsewhere
      head     head register: how far the log had come when somebody was last told
      anchor   the last published checkpoint
      lock     the writer's lock

The database is not trusted to remember how far it had come. Head register, anchor and
vault are outside it, and a database that is smaller than one of them says, or differs, is
another copy: nothing is written to it and nothing is deleted. Reading needs none of the
vault until something is disclosed or looked up.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provenance.errors import (
    FormatError,
    LedgerDamagedError,
    PolicyError,
    RollbackError,
)
from provenance.ledger.changes import read_changes
from provenance.ledger.clock import check_opening, read_moment
from provenance.ledger.erasures import apply_erasures
from provenance.ledger.registry import read_any
from provenance.record.commitment import SEED_SIZE
from provenance.record.entry import Deposit, parse_time
from provenance.record.slots import table_of
from provenance.record.status import ERASED
from provenance.storage import (
    Head,
    HeadRegister,
    Store,
    Vault,
    WriterLock,
    make_directories,
    sync_directory,
)
from provenance.storage.durable import storage_error
from provenance.tlog.checkpoint import Checkpoint, parse_checkpoint
from provenance.tlog.note import split_note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from provenance.record.entry import Entry
    from provenance.storage import View
    from provenance.storage.vault import VaultHeader


class LedgerFiles:
    """Everything of one ledger that is open. Close it."""

    def __init__(
        self, path: Path, *, store: Store, head: HeadRegister, lock: WriterLock, readonly: bool
    ) -> None:
        """Use `open_files`."""
        self.path: Final = path
        self.store: Final = store
        self.head: Final = head
        self.lock: Final = lock
        self._readonly: Final = readonly
        self._opening: Final = threading.Lock()
        self._vault: Vault | None = None

    @property
    def vault(self) -> Vault:
        """The vault, opened when it is first needed.

        Raises `LedgerDamagedError` when it is missing or damaged, `StorageError`.
        """
        with self._opening:
            if self._vault is None:
                self._vault = Vault.open(self.path / "vault", readonly=self._readonly)
            return self._vault

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
        if self._vault is not None:
            self._vault.close()
        self.head.close()
        self.lock.close()


def create_files(path: Path, *, secret: bytes, fill: Callable[[LedgerFiles], None]) -> None:
    """Make a new ledger at ``path`` whole, or not at all.

    Everything is made in a directory beside it, ``fill`` writes the first entries, and
    only the rename makes it a ledger. A crash before leaves a directory that ends in
    ``.new`` and may be deleted. Raises `PolicyError` when ``path`` exists and
    `StorageError` when it cannot be made.
    """
    try:
        if path.exists():
            raise PolicyError(f"{path} exists already; a ledger is never made over another")
        make_directories(path.parent)
        made = tempfile.mkdtemp(dir=path.parent, prefix=f"{path.name}.", suffix=".new")
    except OSError as error:
        raise storage_error(error, f"cannot make a ledger at {path}") from error
    temporary = path.parent / Path(made).name
    try:
        _create_in(temporary, secret=secret, fill=fill)
        # All files below are synced by now; the rename makes them the ledger, and the
        # parent's sync makes the rename last.
        temporary.rename(path)
        sync_directory(path.parent)
    except OSError as error:
        raise storage_error(error, f"cannot make a ledger at {path}") from error
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


def open_files(path: Path, *, readonly: bool, map_size: int | None = None) -> LedgerFiles:
    """Open the files of the ledger at ``path``, without comparing them yet.

    ``map_size`` as for `Store.open`. Raises `LedgerDamagedError` when one is missing,
    `LedgerBusyError` when this process has the ledger open already.
    """
    try:
        is_ledger = (path / "log").is_dir()
    except OSError as error:
        raise storage_error(error, f"cannot look at {path}") from error
    if not is_ledger:
        raise LedgerDamagedError(f"{path} is not a ledger (no log found in it)")
    with ExitStack() as undo:
        store = Store.open(path / "log", readonly=readonly, map_size=map_size)
        undo.callback(store.close)
        head = HeadRegister.open(path / "head", readonly=readonly)
        undo.callback(head.close)
        files = LedgerFiles(
            path, store=store, head=head, lock=WriterLock(path / "lock"), readonly=readonly
        )
        if not readonly:
            _ = files.vault
        undo.pop_all()
    return files


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


def check_vault(files: LedgerFiles, *, with_lost_seeds: bool = False) -> None:
    """Compare the vault with the database, before anything is written to either.

    A vault that knows of more entries, or of others, than the log has is of another copy:
    the next deposit would write over seeds of entries that exist. ``with_lost_seeds`` lets
    one pass that has no seeds for the newest entries. Raises `RollbackError`,
    `LedgerDamagedError`.
    """
    # Under the writer's lock: another process may be between its seeds and its commit.
    with files.turn():
        header = files.vault.header
        with files.store.view() as view:
            _check_vault_head(header, view)
            lost = () if with_lost_seeds else lost_seeds(files.vault, view)
    if lost:
        raise LedgerDamagedError(
            f"the vault has no seeds for {len(lost)} entries from entry {lost[0]} on: restore "
            "a newer vault; where there is none, give their contents up with "
            f"'provenance repair {files.path} --lost-seeds'"
        )


def _check_vault_head(header: VaultHeader, view: View) -> None:
    known = max(header.head.size, header.erasure_applied + bool(header.erasure_applied))
    if known > view.size:
        raise RollbackError(
            f"the vault knows of {known} entries, the database has {view.size}: the database "
            "is an old copy; restore one that is not behind the vault"
        )
    last = header.head.size - 1
    if last >= 0 and view.leaf_hash(last) != header.head.leaf_hash:
        raise RollbackError(
            f"the vault knows another entry {last} than the database has: they belong to two "
            "copies that went on separately"
        )


def lost_seeds(vault: Vault, view: View) -> Sequence[int]:
    """Return the newest entries that commit to something and have no seed.

    The vault knows how far the log was; behind that it may lack slots, or hold zeros where
    a repair was cut off. Erased entries are not among them. Raises `LedgerDamagedError`.
    """
    first = min(vault.size, vault.header.head.size)
    return [
        index
        for index in range(first, view.size)
        if is_seedless(vault, index) and lacks_seed(view, index)
    ]


def is_seedless(vault: Vault, index: int) -> bool:
    """Return whether the vault holds zeros for an entry, or nothing. Raises `StorageError`."""
    return index >= vault.size or not any(vault.read_many(index, 1))


def lacks_seed(view: View, index: int) -> bool:
    """Return whether an entry without a seed should have one: its content was not erased."""
    commits = _has_seed(read_any(view, index))
    return commits and ERASED not in read_changes(view, index)


def _has_seed(entry: Entry) -> bool:
    return isinstance(entry, Deposit) or table_of(entry) is not None


def check_clock(files: LedgerFiles, *, confirmed: bool) -> None:
    """Compare the clocks with what the ledger remembers, and remember them as they are now.

    ``confirmed``: somebody has looked at the clock. Raises `ClockError`, `StorageError`.
    """
    with files.turn():
        now, head = read_moment(), files.head.read()
        if not confirmed:
            with files.store.view() as view:
                last = parse_time(read_any(view, view.size - 1).time)
            check_opening(now, before=files.head.moment(), last_entry_us=last)
        files.head.write(head, now)


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
        raise storage_error(error, f"cannot read {path}") from error
    try:
        return parse_checkpoint(split_note(note)[0])
    except FormatError as error:
        raise LedgerDamagedError(f"{path} is damaged: {error}; restore it") from error


def catch_up(files: LedgerFiles, *, with_lost_seeds: bool = False) -> None:
    """Finish what a crash left over: the head register, seeds without entries, erasures.

    Erasures are also repeated when the vault came back from an older copy.
    ``with_lost_seeds`` leaves a vault that is behind as it is, for a repair.
    """
    with files.turn():
        head = files.head.read()
        with files.store.view() as view:
            current: Final = Head(view.size, view.leaf_hash(view.size - 1))
        if current.size > head.size:
            files.head.write(current)
        if with_lost_seeds:
            return
        vault = files.vault
        if vault.size < current.size:
            # None of these entries has a seed: what is missing are zeros.
            vault.write(vault.size, bytes(SEED_SIZE * (current.size - vault.size)))
        # Seeds of a deposit that never came to be. Pages that the database has free may
        # hold its payloads, which no erasure would ever reach.
        vault.forget_from(current.size)
        if current.size > vault.header.head.size:
            vault.confirm(current)
        apply_erasures(files)
