"""Group commit: callers that wait for the disk share one commit, without any timer.

Each caller queues its job, or what makes it. The first one leads: it makes and commits
everything that is queued by then, hands the lead to the first of those who came meanwhile,
and wakes those whose jobs are done. While one commit waits for the disk the next group
gathers, so a lone caller never waits for company, and many callers cost one sync together.

Jobs are made by the leader where that is a matter of microseconds. Python runs one thread at
a time, and many that take turns within such a job cost twice what one costs that works for
all of them.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from provenance.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.ledger.job import Job, Recorded

GROUP_ITEMS_MAX: Final = 4096
"""Entries in one group at most, unless a single job has more."""


class _Caller:
    """One thread and its job; it sleeps until the job is done, or until it is to lead."""

    def __init__(self, make: Callable[[], Job | None], items: int) -> None:
        self.items: Final = items
        self.job: Job | None = None
        self.error: Exception | None = None
        self.done = False
        self._make: Final = make
        self._called: Final = threading.Lock()
        self._called.acquire()

    def make_job(self) -> Job | None:
        """Make the job; what prevents it concerns this caller alone."""
        try:
            self.job = self._make()
        except Exception as error:  # noqa: BLE001 - raised again, in the caller's own thread
            self.error = error
        return self.job

    def wait(self) -> None:
        """Sleep until `call`."""
        self._called.acquire()

    def call(self) -> None:
        """Wake the caller, once."""
        self._called.release()

    def interrupt(self) -> None:
        """Say that nobody knows what became of the job, unless it is known."""
        job = self.job
        if self.error is None and (job is None or (job.recorded is None and job.error is None)):
            self.error = StorageError("the commit was interrupted: look before sending again")

    def result(self) -> Recorded | None:
        """Return what was recorded, if there was a job; or raise what prevented it."""
        if self.error is not None:
            raise self.error
        return None if self.job is None else self.job.result()


class GroupCommit:
    """Gathers the jobs of all threads of one process into commits."""

    def __init__(self, record: Callable[[Sequence[Job]], None]) -> None:
        self._record: Final = record
        self._mutex: Final = threading.Lock()
        self._queue: list[_Caller] = []
        self._leader: _Caller | None = None
        self._in_company = False
        """Whether the last group had several callers."""

    def submit(self, job: Job) -> Recorded:
        """Record ``job``, alone or with others; return when it is durable.

        Raises what prevented it: `OutdatedError` or a `ProvenanceError`.
        """
        recorded = self.submit_made(lambda: job, items=len(job.items))
        assert recorded is not None, "there was a job"
        return recorded

    def submit_made(self, make: Callable[[], Job | None], *, items: int) -> Recorded | None:
        """Record the job that ``make`` gives, some ``items`` entries; None if it gives none.

        It is called once, by whichever thread leads, and must not wait for anything.
        Raises what it raised, and as `submit`.
        """
        caller = _Caller(make, items)
        try:
            if not self._leads(caller):
                caller.wait()
            if not caller.done:
                self._commit(self._take())
        except BaseException:
            self._leave(caller)
            raise
        return caller.result()

    def _leads(self, caller: _Caller) -> bool:
        """Queue the caller; whoever finds nobody who leads does."""
        with self._mutex:
            self._queue.append(caller)
            if self._leader is None:
                self._leader = caller
            return self._leader is caller

    def _take(self) -> list[_Caller]:
        """Take a group from the queue's front; its first is the leader."""
        if self._in_company:
            self._give_way()
        with self._mutex:
            count, items = 0, 0
            for caller in self._queue:
                items += caller.items
                if count and items > GROUP_ITEMS_MAX:
                    break
                count += 1
            group, self._queue = self._queue[:count], self._queue[count:]
        self._in_company = len(group) > 1
        return group

    def _give_way(self) -> None:
        """Let others run as long as some of them come: those of the last group, once more.

        They were just woken. Without this half of them would always be of the next group,
        and wait for two syncs in place of one. Nobody is waited for who does not come.
        """
        seen = 0
        while seen < len(self._queue):
            seen = len(self._queue)
            time.sleep(0)

    def _commit(self, group: Sequence[_Caller]) -> None:
        """Make and commit the jobs of a group, and let others go on."""
        try:
            made = [caller.make_job() for caller in group]
            jobs = [job for job in made if job is not None]
            if jobs:
                self._record(jobs)
        except BaseException:
            # Interrupted or broken in a way that nobody foresaw: no caller of the group
            # may wait for ever, or take silence for success.
            for caller in group:
                caller.interrupt()
            raise
        finally:
            for caller in group:
                caller.done = True
                caller.call()
            # Last, so that those who come again at once are of the next group, too.
            with self._mutex:
                self._pass_on()

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
