"""Group commit: callers that wait for the disk share one commit, without any timer.

Each caller queues its job and then asks for the turn. Whoever gets it commits everything
that is queued by then; the others find their job done when their turn comes. While one
commit waits for the disk the next group gathers, so a lone caller never waits for
company, and many callers cost one sync together.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from provenance.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.ledger.job import Job, Recorded

GROUP_ITEMS_MAX: Final = 4096
"""Entries in one group at most, unless a single job has more."""


class GroupCommit:
    """Gathers the jobs of all threads of one process into commits."""

    def __init__(self, record: Callable[[Sequence[Job]], None]) -> None:
        self._record: Final = record
        self._turn: Final = threading.Lock()
        self._mutex: Final = threading.Lock()
        self._queue: list[Job] = []

    def submit(self, job: Job) -> Recorded:
        """Record ``job``, alone or with others; return when it is durable.

        Raises what prevented it: `OutdatedError` or a `ProvenanceError`.
        """
        with self._mutex:
            self._queue.append(job)
        with self._turn:
            while job.recorded is None and job.error is None:
                self._lead()
        return job.result()

    def _lead(self) -> None:
        """Commit one group from the queue's front."""
        group = self._take()
        try:
            self._record(group)
        except BaseException:
            # Interrupted or broken in a way that nobody foresaw: no caller of the group
            # may wait for ever, or take silence for success.
            for job in group:
                if job.recorded is None and job.error is None:
                    job.error = StorageError(
                        "the commit was interrupted: look before sending again"
                    )
            raise

    def _take(self) -> list[Job]:
        with self._mutex:
            count, items = 0, 0
            for job in self._queue:
                items += len(job.items)
                if count and items > GROUP_ITEMS_MAX:
                    break
                count += 1
            group, self._queue = self._queue[:count], self._queue[count:]
        return group
