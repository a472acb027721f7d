"""What a log does, over the transactions of its database.

Everything that needs no knowledge of LMDB: refusing to go on, snapshots, commits, and the
tree's edge, of which the newest is kept in memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

from provenance.errors import LedgerDamagedError, LedgerPoisonedError, StorageError
from provenance.storage.rows import (
    CHECKPOINTS,
    EDGE,
    FORMAT,
    FORMAT_ROW,
    SIZE_ROW,
    pack_u64,
    parse_u64,
)
from provenance.storage.tree import Edge
from provenance.storage.view import View
from provenance.storage.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from provenance.storage.commit import Commit
    from provenance.storage.locking import Claim
    from provenance.storage.rows import ReadRows, WriteRows


class Log(ABC):
    """The open log. `Store` gives it its transactions."""

    def __init__(self, path: Path, claim: Claim) -> None:
        self._path: Final = path
        self._claim: Final = claim
        self._poisoned = False
        self._closed = False
        self._edge = Edge(0, ())

    @abstractmethod
    def close(self) -> None:
        """Close the database."""

    @abstractmethod
    def _read(self) -> ReadRows:
        """Begin a snapshot."""

    @abstractmethod
    def _write(self) -> AbstractContextManager[WriteRows]:
        """One write transaction: committed and synced at the end, or nothing of it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def poison(self) -> None:
        """Refuse everything from now on: a write outside the database has failed."""
        self._poisoned = True

    def check_usable(self) -> None:
        """Raise what prevents use.

        `LedgerPoisonedError` after a failed write, `LedgerBusyError` after a fork,
        `StorageError` when closed.
        """
        self._claim.check_process()
        if self._poisoned:
            raise LedgerPoisonedError("an earlier write failed: open the ledger again")
        if self._closed:
            raise StorageError(f"{self._path} is closed")

    def _check_format(self) -> None:
        rows = self._read()
        try:
            if rows.get(EDGE, FORMAT_ROW) != FORMAT:
                raise LedgerDamagedError(f"{self._path} is of no format known here")
        finally:
            rows.close()

    def view(self) -> View:
        """Take a snapshot; close it, best as a context manager.

        Raises as `check_usable` does, `LedgerDamagedError`, and `LedgerBusyError` when all
        places for readers stay taken, or another container is in the way.
        """
        self.check_usable()
        rows = self._read()
        try:
            return View(rows, self._edge_at)
        except BaseException:
            rows.close()
            raise

    def _edge_at(self, rows: ReadRows, size: int) -> Edge:
        """Return the edge of the tree at ``size``; the newest one is kept."""
        edge = self._edge
        if edge.size != size:
            edge = Edge.load(size, lambda tier: rows.get(EDGE, bytes([tier])))
            if size > self._edge.size:
                self._edge = edge
        return edge

    def settle(self) -> None:
        """Make sure that snapshots show the last commit, whatever became of its writer.

        LMDB writes the meta page, and then tells readers of it by a number in shared
        memory. A process killed between the two leaves a commit that is true and that no
        snapshot shows, until somebody next takes the database's own write lock: this does.
        Whoever is about to decide something by a snapshot calls it first, holding the
        writer's lock. Raises as `writing`.
        """
        with self._write():
            pass

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Hold the database's write lock; what is added becomes true at once, at the end.

        ::

            lseek(3, …)  writev(3, …)  …    (new pages, never over pages in use)
            fdatasync(3)
            pwrite64(4, …, 120, …)          (the meta page; 4 is open with O_DSYNC)

        Nothing is written when nothing was added, and nothing of it when what is done
        within raises. Raises `LedgerFullError`, and for I/O errors another `StorageError`,
        after which the outcome is open and the store refuses everything.
        """
        with self._write() as rows:
            writing = Writing(rows, self._edge_at)
            yield writing
        # The meta page is on the disk: from here on the commit is true, and only now may
        # readers in this process be given the new edge.
        if writing.edge is not None:
            self._edge = writing.edge

    def commit(self, commit: Commit) -> None:
        """Make everything in ``commit`` true at once, durably.

        Raises as `writing`, and as `Writing.append` does.
        """
        with self.writing() as writing:
            writing.append(commit)

    def put_checkpoint(self, size: int, note: bytes) -> None:
        """Store the signed note of the checkpoint at ``size``, durably.

        A note that stands there already is replaced: cosignatures may be added. Raises
        `StorageError` when the log has not reached that size, and as `commit`.
        """
        with self._write() as rows:
            if not 0 <= size <= _size(rows):
                raise StorageError(f"the log has not reached size {size}")
            rows.put(CHECKPOINTS, [(pack_u64(size), note)])


def _size(rows: ReadRows) -> int:
    return parse_u64(rows.get(EDGE, SIZE_ROW), "the log's size")
