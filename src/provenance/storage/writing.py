"""Writing: one transaction, which reads the log's end and adds to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.errors import StorageError
from provenance.storage.commit import write_commit
from provenance.storage.view import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.storage.commit import Commit
    from provenance.storage.rows import ReadRows, WriteRows
    from provenance.storage.tree import Edge


class Writing:
    """The log while nobody else can add to it: what it is, and what is to be added.

    ``view`` shows the log as the transaction found it, which is how it is: a snapshot may
    lack the last commit of a writer that was killed, the database's own write lock cannot.
    Do not close it, and do not use it after `append`.
    """

    def __init__(self, rows: WriteRows, edge: Callable[[ReadRows, int], Edge]) -> None:
        """Use `Store.writing`."""
        self.view: Final = View(rows, edge)
        self.edge: Edge | None = None
        """The tree's edge with what was added, or None."""
        self._rows: Final = rows
        self._size: Final = self.view.size
        self._edge_at: Final = edge

    def append(self, commit: Commit) -> None:
        """Add everything in ``commit``; it becomes true, durably, when the writing ends.

        Raises `StorageError` when it does not begin at the log's size or is malformed,
        when there was one before it, and for errors of the database.
        """
        commit.check()
        size = self._size
        if size != commit.start:
            raise StorageError(f"the log has {size} entries; this begins at {commit.start}")
        if self.edge is not None:
            raise StorageError("one writing adds one commit")
        self.edge = write_commit(commit, self._rows, self._edge_at(self._rows, size))
