"""Group commit: callers that wait for the disk share one commit, without any timer.

Each caller queues its job. The first one leads: it commits everything that is queued by
then, hands the lead to the first of those who came meanwhile, and wakes those whose jobs
are done. While one commit waits for the disk the next group gathers, so a lone caller never
waits for company, and many callers cost one sync together.
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


class _Caller:
    """One thread and its job; it sleeps until the job is done, or until it is to lead."""

    def __init__(self, job: Job) -> None:
        self.job: Final = job
        self._called: Final = threading.Lock()
        self._called.acquire()

    def wait(self) -> None:
        """Sleep until `call`."""
        self._called.acquire()

    def call(self) -> None:
        """Wake the caller, once."""
        self._called.release()

    def is_done(self) -> bool:
        """Whether the job is recorded, or will not be."""
        return self.job.recorded is not None or self.job.error is not None


class GroupCommit:
    """Gathers the jobs of all threads of one process into commits."""

    def __init__(self, record: Callable[[Sequence[Job]], None]) -> None:
        self._record: Final = record
        self._mutex: Final = threading.Lock()
        self._queue: list[_Caller] = []
        self._leader: _Caller | None = None

    def submit(self, job: Job) -> Recorded:
        """Record ``job``, alone or with others; return when it is durable.

        Raises what prevented it: `OutdatedError` or a `ProvenanceError`.
        """
        caller = _Caller(job)
        try:
            if not self._leads(caller):
                caller.wait()
            if not caller.is_done():
                self._commit(self._take())
        except BaseException:
            self._leave(caller)
            raise
        return job.result()

    def _leads(self, caller: _Caller) -> bool:
        """Queue the caller; whoever finds nobody who leads does."""
        with self._mutex:
            self._queue.append(caller)
            if self._leader is None:
                self._leader = caller
            return self._leader is caller

    def _take(self) -> list[_Caller]:
        """Take a group from the queue's front; its first is the leader."""
        with self._mutex:
            count, items = 0, 0
            for caller in self._queue:
                items += len(caller.job.items)
                if count and items > GROUP_ITEMS_MAX:
                    break
                count += 1
            group, self._queue = self._queue[:count], self._queue[count:]
        return group

    def _commit(self, group: Sequence[_Caller]) -> None:
        """Commit the jobs of a group, and let others go on."""
        try:
            self._record([caller.job for caller in group])
        except BaseException:
            # Interrupted or broken in a way that nobody foresaw: no caller of the group
            # may wait for ever, or take silence for success.
            for caller in group:
                if not caller.is_done():
                    caller.job.error = StorageError(
                        "the commit was interrupted: look before sending again"
                    )
            raise
        finally:
            # The next group first: its commit waits for the disk, these only for their turn.
            with self._mutex:
                self._pass_on()
            for caller in group[1:]:
                caller.call()

    def _pass_on(self) -> None:
        """Let the first in the queue lead, if there is one; the mutex is held."""
        self._leader = self._queue[0] if self._queue else None
        if self._leader is not None:
            self._leader.call()

    def _leave(self, caller: _Caller) -> None:
        """Take an interrupted caller out, whose job was not begun, and the lead from it."""
        with self._mutex:
            if caller in self._queue:
                self._queue.remove(caller)
            if self._leader is caller:
                self._pass_on()
