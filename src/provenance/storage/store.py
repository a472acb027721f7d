"""The log's database: the only module that knows LMDB.

What LMDB promises and what it does not, and what is done about it:

- A commit is page writes, ``fdatasync``, and one 120-byte write of a meta page through a
  descriptor opened ``O_DSYNC``. All or nothing, and durable on return.
- It never syncs the directory: a new database is made under another name and renamed.
- After a failed sync it would go on. Here any failure but a full map makes the `Store`
  refuse everything with `LedgerPoisonedError` until it is opened again.
- A full disk may look like any input/output error: the file system is asked.
- A killed reader keeps old pages alive: such are cleared at open and every 1,000 commits.
- Readers of all processes share a table of places in ``lock.mdb``. It is made large, and
  its space is allocated before LMDB writes to it through a map: on a full disk that would
  end the process. Who finds no place clears those of dead readers, and waits.
- Readers are told apart by a lock at the byte of their process number, so two containers
  in which both have the same number cannot read side by side: refused, and explained.
- Short files, a second open in one process, forks and network file systems are refused
  before LMDB sees them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final, NoReturn

import lmdb
import lmdb.verify

from provenance.errors import LedgerBusyError, LedgerDamagedError, LedgerFullError, StorageError
from provenance.storage import durable
from provenance.storage.datafile import DATA_FILE, is_short
from provenance.storage.locking import Claim
from provenance.storage.log import Log
from provenance.storage.mounts import check_local
from provenance.storage.rows import (
    EDGE,
    FORMAT,
    FORMAT_ROW,
    HOLDERS,
    SIZE_ROW,
    STATUS_ROW,
    TABLES,
    pack_u64,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

MAP_SIZE: Final = 1 << 40
"""Bytes of address space for the database: as large as it can grow while it is open."""
MAP_SIZE_MIN: Final = 1 << 26
"""Bytes; less is never tried where the process may not have more (``ulimit -v``)."""
MAP_FILE_MULTIPLE: Final = 4
"""A map is at least this many times as large as the file."""
READERS: Final = 4096
"""Places for snapshots, of all processes together."""
READERS_WAIT_S: Final = 60.0
"""How long a reader waits for a place."""
LOCK_FILE: Final = "lock.mdb"
LOCK_SIZE: Final = 64 * (READERS + 1) + 4096
"""Bytes of LMDB's lock file: a head, and 64 bytes a reader."""
READER_CHECK_COMMITS: Final = 1000
READING: Final = "cannot read the log"
WRITING: Final = "cannot write the log; make room or mend the disk, and open it again"

_verify: Final[Callable[[str], list[str]]] = lmdb.verify.verify
_DAMAGED: Final = (
    lmdb.CorruptedError,
    lmdb.InvalidError,
    lmdb.NotFoundError,
    lmdb.PageNotFoundError,
    lmdb.PanicError,
    lmdb.VersionMismatchError,
)


def _foreign(error: lmdb.Error, what: str) -> StorageError:
    """Return our error for one of LMDB's."""
    if isinstance(error, lmdb.ReadersFullError):
        return LedgerBusyError(
            f"{what}: {READERS} snapshots are open at once, and none ended while this one "
            "waited"
        )
    if os.strerror(errno.EAGAIN) in str(error):
        return LedgerBusyError(
            f"{what}: another process with the number {os.getpid()} has it open, in another "
            "container; give the containers one process namespace (--pid=container:NAME, "
            "shareProcessNamespace), or run this process under another number"
        )
    if isinstance(error, _DAMAGED):
        return LedgerDamagedError(f"{what}: {error}")
    return StorageError(f"{what}: {error}")


@contextlib.contextmanager
def _converting(what: str) -> Iterator[None]:
    """Raise our errors for those of LMDB."""
    try:
        yield
    except lmdb.Error as error:
        raise _foreign(error, what) from error


def _write_failed(error: lmdb.Error, path: Path, what: str) -> StorageError:
    """Return our error for a failed write, `LedgerFullError` when there is no room."""
    # LMDB's own errors carry a number, those of its Python binding do not.
    if durable.is_full(path, getattr(error, "code", 0)):
        return LedgerFullError(f"{what}: {error}")
    return _foreign(error, what)


def _closed(*_: object) -> NoReturn:
    raise StorageError(f"{READING}: this snapshot is closed")


class _Rows:
    """One LMDB transaction, read or write, as `ReadRows` and `WriteRows` have it."""

    def __init__(
        self, transaction: lmdb.Transaction[bytes], tables: Mapping[str, lmdb._Database]
    ) -> None:
        self._open: lmdb.Transaction[bytes] | None = transaction
        self._get: Callable[..., bytes | None] = transaction.get
        self._tables: Final = tables

    @property
    def _transaction(self) -> lmdb.Transaction[bytes]:
        if self._open is None:
            _closed()
        return self._open

    def get(self, table: str, key: bytes) -> bytes | None:
        try:
            return self._get(key, None, self._tables[table])
        except lmdb.Error as error:
            raise _foreign(error, READING) from error

    def values(self, table: str, key: bytes) -> list[bytes]:
        with _converting(READING), self._transaction.cursor(self._tables[table]) as cursor:
            found = cursor.set_key(key)
            return list(cursor.iternext_dup()) if found else []

    def holds(self, table: str, key: bytes, value: bytes) -> bool:
        with _converting(READING), self._transaction.cursor(self._tables[table]) as cursor:
            return bool(cursor.set_key_dup(key, value))

    def scan(
        self, table: str, start: bytes = b"", *, last: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        with _converting(READING), self._transaction.cursor(self._tables[table]) as cursor:
            if last:
                yield from cursor.iterprev()
            elif not start or cursor.set_range(start):
                yield from cursor.iternext()

    def some(self, table: str, start: bytes, count: int) -> tuple[list[bytes], list[bytes]]:
        with _converting(READING), self._transaction.cursor(self._tables[table]) as cursor:
            find = partial(cursor.set_range, start) if start else cursor.first
            # Twice over the same pages takes less time than to make a pair for each row.
            keys = list(islice(cursor.iternext(values=False), count)) if find() else []
            return keys, list(islice(cursor.iternext(keys=False), count)) if find() else []

    def count(self, table: str) -> int:
        with _converting(READING):
            return int(self._transaction.stat(self._tables[table])["entries"])

    def number(self) -> int:
        return int(self._transaction.id())

    def put(
        self, table: str, rows: Iterable[tuple[bytes, bytes]], *, append: bool = False
    ) -> None:
        with self._transaction.cursor(self._tables[table]) as cursor:
            taken, added = cursor.putmulti(rows, append=append)
        if append and taken != added:
            raise LedgerDamagedError(f"the table {table} holds rows beyond the log's end")

    def delete(self, table: str, key: bytes, value: bytes = b"") -> None:
        self._transaction.delete(key, value, self._tables[table])

    def clear(self, table: str) -> None:
        self._transaction.drop(self._tables[table], delete=False)

    def close(self) -> None:
        # Its place among the readers is free when the object is gone, and not before.
        if self._open is not None:
            self._open.abort()
            self._open, self._get = None, _closed


class Store(Log):
    """The open database of one log. Threads may share it; close it when done.

    Any number of views may be open beside one writer, in this process or another.
    """

    def __init__(
        self, path: Path, environment: lmdb.Environment, claim: Claim, *, readonly: bool
    ) -> None:
        """Use `Store.open`."""
        super().__init__(path, claim)
        self._environment: Final = environment
        self._readonly: Final = readonly
        self._tables: Final = _open_tables(environment)
        self._writing: Final = threading.Lock()
        self._commits = 0

    @staticmethod
    def create(path: Path) -> None:
        """Make an empty database at ``path``, whole or not at all.

        What is synced when, `new_directory` tells. Raises `LedgerBusyError` on a network
        file system, `StorageError` when ``path`` exists or the disk refuses.
        """
        check_local(path.parent)
        # LMDB syncs pages, never names, and its file is unreadable until the first commit
        # is complete. Nobody sees the name before all of that is on the disk.
        with durable.new_directory(path) as temporary:
            try:
                _create_in(temporary)
            except lmdb.Error as error:
                raise _write_failed(error, path.parent, f"cannot make {path}") from error

    @classmethod
    def open(cls, path: Path, *, readonly: bool = False, map_size: int | None = None) -> Store:
        """Open the database at ``path``, at the same cost whatever its size.

        ``readonly`` works beside a writer in another process. ``map_size``: bytes of address
        space, `MAP_SIZE` by default, and less where the process may not have as much, down
        to four times the file's size. Raises
        `LedgerDamagedError` when the file is missing, short or malformed,
        `LedgerBusyError` when this process has it open, or on a network file system.
        """
        check_local(path)
        if is_short(path) and (found := verify_database(path)):
            raise LedgerDamagedError(f"{path / DATA_FILE} is too short: {found[0]}")
        with _converting(f"cannot open {path}"), contextlib.ExitStack() as undo:
            claim = Claim(path / DATA_FILE)
            undo.callback(claim.release)
            _reserve_lock_file(path, readonly=readonly)
            sizes = _map_sizes(path) if map_size is None else (map_size,)
            environment = _open(path, sizes, readonly=readonly, create=False)
            undo.callback(environment.close)
            environment.reader_check()
            store = cls(path, environment, claim, readonly=readonly)
            store._check_format()
            undo.pop_all()
        return store

    def close(self) -> None:
        """Close the database; open views end. Closing twice does nothing.

        In a child that inherited it by ``fork`` nothing is closed: it is the parent's.
        """
        with contextlib.suppress(LedgerBusyError):
            self._claim.check_process()
            with self._writing:
                if not self._closed:
                    self._closed = True
                    self._environment.close()
                    self._claim.release()

    def _read(self) -> _Rows:
        deadline, pause_s = time.monotonic() + READERS_WAIT_S, 0.001
        while True:
            try:
                return _Rows(self._environment.begin(write=False), self._tables)
            except lmdb.ReadersFullError as error:
                if time.monotonic() > deadline:
                    raise _foreign(error, READING) from error
            except lmdb.Error as error:
                raise _foreign(error, READING) from error
            # Places of readers that were killed come free, then those of the living.
            with _converting(READING):
                self._environment.reader_check()
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, 0.1)

    @contextlib.contextmanager
    def _write(self) -> Iterator[_Rows]:
        with self._writing:
            self.check_usable()
            if self._readonly:
                raise StorageError(f"{self._path} is open for reading only")
            self._commits += 1
            try:
                if self._commits % READER_CHECK_COMMITS == 0:
                    self._environment.reader_check()
                with self._environment.begin(write=True) as transaction:
                    yield _Rows(transaction, self._tables)
            except lmdb.MapFullError as error:
                # The only failure after which LMDB's state is known: nothing was written.
                raise LedgerFullError("the database has used up its address space") from error
            except lmdb.Error as error:
                self._poisoned = True
                raise _write_failed(error, self._path / DATA_FILE, WRITING) from error


def _open_tables(
    environment: lmdb.Environment, creating: lmdb.Transaction[bytes] | None = None
) -> dict[str, lmdb._Database]:
    """Open all tables; one of them has many values a key, all of one length."""
    create = creating is not None
    many = {name: {"dupsort": name == HOLDERS, "dupfixed": name == HOLDERS} for name in TABLES}
    return {
        name: environment.open_db(name.encode(), creating, create=create, **many[name])
        for name in TABLES
    }


def _reserve_lock_file(path: Path, *, readonly: bool) -> None:
    """Make sure that LMDB's lock file has its space on the disk.

    ::

        openat("LOG/lock.mdb", O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 3
        fallocate(3, 0, 0, …)

    Raises `LedgerFullError`, and `StorageError` without the right to write there, which
    readers need too. On a read-only file system LMDB does without the file.
    """
    # Only before LMDB opens it: a process that closes a file loses its locks on it.
    lock = path / LOCK_FILE
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(lock, flags, durable.PRIVATE_MODE)
        try:
            # One that others use keeps its size, which is what they go by.
            os.posix_fallocate(descriptor, 0, os.fstat(descriptor).st_size or LOCK_SIZE)
        finally:
            os.close(descriptor)
    except OSError as error:
        if readonly and error.errno == errno.EROFS:
            return
        if error.errno in {errno.EACCES, errno.EPERM}:
            raise StorageError(
                f"cannot open {lock} for writing: readers need that right too, because each "
                "takes a place in it"
            ) from error
        raise durable.storage_error(error, f"cannot make room for {lock}") from error


def _map_sizes(path: Path) -> Iterator[int]:
    """Yield sizes of the map from the largest to the smallest that is worth trying."""
    try:
        file_size = (path / DATA_FILE).stat().st_size
    except OSError as error:
        raise durable.storage_error(error, f"cannot look at {path}") from error
    least = max(MAP_SIZE_MIN, MAP_FILE_MULTIPLE * file_size)
    size = MAP_SIZE
    while size > least:
        yield size
        size >>= 1
    yield least


def _create_in(directory: Path) -> None:
    # A new database is small, and the map through which it is made may be as well.
    _reserve_lock_file(directory, readonly=False)
    with (
        _open(directory, (MAP_SIZE_MIN,), readonly=False, create=True) as environment,
        environment.begin(write=True) as transaction,
    ):
        rows = _Rows(transaction, _open_tables(environment, transaction))
        zero = pack_u64(0)
        rows.put(EDGE, [(FORMAT_ROW, FORMAT), (SIZE_ROW, zero), (STATUS_ROW, zero)])
    durable.sync_path(directory / DATA_FILE)


def _open(
    path: Path, map_sizes: Iterable[int], *, readonly: bool, create: bool
) -> lmdb.Environment:
    """Open the environment with every option written out, with the first size it gets."""
    refused = None
    for map_size in map_sizes:
        try:
            return lmdb.open(
                str(path),
                map_size=map_size,
                subdir=True,
                readonly=readonly,
                metasync=True,
                sync=True,
                map_async=False,
                mode=durable.PRIVATE_MODE,
                create=create,
                readahead=True,
                writemap=False,
                meminit=True,
                max_readers=READERS,
                max_dbs=len(TABLES),
                max_spare_txns=0,
                lock=True,
                lib_version=0,
            )
        except lmdb.MemoryError as error:
            refused = error
    raise StorageError(f"cannot open {path}: no address space is left") from refused


def verify_database(path: Path) -> tuple[str, ...]:
    """Check the structure of every page in use, reading the whole file; () when sound.

    Gives what is wrong, a sentence each. Nothing else may write meanwhile.
    """
    try:
        return tuple(_verify(str(path)))
    except lmdb.verify.VerifyError as error:
        return (str(error),)
    except OSError as error:
        raise durable.storage_error(error, f"cannot read {path}") from error
