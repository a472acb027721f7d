"""Taking turns: the writer's lock, and who may have a log open.

The database's own locks are POSIX record locks, which belong to a process and a file. A
second open in one process, or an inherited one after ``fork``, shares and silently
releases them. Both are refused here, before the database sees them.
"""

from __future__ import annotations

import fcntl
import os
import threading
from typing import TYPE_CHECKING, Final

from provenance.errors import LedgerBusyError, StorageError
from provenance.storage.durable import PRIVATE_MODE, storage_error

if TYPE_CHECKING:
    from pathlib import Path

_claims: Final[dict[tuple[int, int], Claim]] = {}


class WriterLock:
    """The right to write, held by one thread of one process at a time.

    A context manager; entering waits. The lock is an ``flock`` on the file at ``path``,
    which the kernel releases when the process dies, however it dies. It is not
    re-entrant, and refuses a child that inherited it by ``fork``: there the kernel would
    take both for one holder.
    """

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._process: Final = os.getpid()
        self._threads: Final = threading.Lock()
        self._descriptor: int | None = None

    def __enter__(self) -> None:
        """Wait for the turn. Raises `LedgerBusyError` after a fork, `StorageError`."""
        if os.getpid() != self._process:
            raise LedgerBusyError("the ledger was opened before a fork: open it in the child")
        self._threads.acquire()
        try:
            self._lock()
        except OSError as error:
            self._threads.release()
            raise storage_error(error, f"cannot lock {self._path}") from error
        except BaseException:
            self._threads.release()
            raise

    def _lock(self) -> None:
        if self._descriptor is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, PRIVATE_MODE)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *error: object) -> None:
        assert self._descriptor is not None, "whoever is inside holds the lock"
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        except OSError:
            # What was done is done. The lock goes with its file, which the next turn opens.
            os.close(self._descriptor)
            self._descriptor = None
        finally:
            self._threads.release()

    def close(self) -> None:
        """Close the file, after whoever holds the lock is done. Twice does nothing.

        In a child that inherited it by ``fork`` nothing is closed: it is the parent's.
        """
        if os.getpid() == self._process:
            with self._threads:
                if self._descriptor is not None:
                    os.close(self._descriptor)
                    self._descriptor = None


class Claim:
    """That this process, and nobody else in it, has the file at ``path`` open.

    Raises `LedgerBusyError` when it is claimed already: by this process, or by the one
    that it was forked from.
    """

    def __init__(self, path: Path) -> None:
        try:
            facts = path.stat()
        except OSError as error:
            raise StorageError(f"cannot look at {path}: {error.strerror}") from error
        self._file: Final = (facts.st_dev, facts.st_ino)
        self._process: Final = os.getpid()
        # One step, without a lock that a fork might leave locked in the child.
        if _claims.setdefault(self._file, self) is not self:
            raise LedgerBusyError(
                f"{path} is open already, in this process or in the one it was forked from"
            )

    def check_process(self) -> None:
        """Raise `LedgerBusyError` in a process that inherited the claim by ``fork``."""
        if os.getpid() != self._process:
            raise LedgerBusyError("the ledger was opened before a fork: open it in the child")

    def release(self) -> None:
        """Return the file free again; a child's inherited claim stays."""
        if os.getpid() == self._process and _claims.get(self._file) is self:
            del _claims[self._file]
