from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from provenance.errors import StorageError
from provenance.ledger.group import GROUP_ITEMS_MAX, GroupCommit
from provenance.ledger.job import Job, OutdatedError, Recorded
from provenance.ledger.plain import PlainItem

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE = Recorded(start=0, time="", clock_held=False, entries=(), leaf_hashes=(), signatures=())


def _job(items: int = 1) -> Job:
    return Job([PlainItem(make=None)] * items)  # type: ignore[arg-type]


class Recorder:
    def __init__(self) -> None:
        self.groups: list[int] = []
        self.gate = threading.Event()
        self.entered = threading.Event()

    def record(self, jobs: Sequence[Job]) -> None:
        self.groups.append(len(jobs))
        self.entered.set()
        self.gate.wait()
        for job in jobs:
            job.recorded = DONE


def test_callers_that_wait_share_one_commit() -> None:
    recorder = Recorder()
    group = GroupCommit(recorder.record)
    first = threading.Thread(target=group.submit, args=(_job(),))
    first.start()
    recorder.entered.wait()
    others = [threading.Thread(target=group.submit, args=(_job(),)) for _ in range(20)]
    for thread in others:
        thread.start()
    while len(group._queue) < 20:
        pass
    recorder.gate.set()
    for thread in [first, *others]:
        thread.join()
    assert recorder.groups == [1, 20]


def test_a_group_is_bounded_but_a_large_job_passes() -> None:
    sizes: list[list[int]] = []

    def record(jobs: Sequence[Job]) -> None:
        sizes.append([len(job.items) for job in jobs])
        for job in jobs:
            job.recorded = DONE

    group = GroupCommit(record)
    jobs = [_job(GROUP_ITEMS_MAX * 2), _job(), _job(GROUP_ITEMS_MAX), _job()]
    group._queue.extend(jobs[:3])
    group.submit(jobs[3])
    assert sizes == [[GROUP_ITEMS_MAX * 2], [1], [GROUP_ITEMS_MAX], [1]]


def test_an_error_reaches_its_own_caller_only() -> None:
    def record(jobs: Sequence[Job]) -> None:
        for job in jobs:
            job.error = OutdatedError()

    with pytest.raises(OutdatedError):
        GroupCommit(record).submit(_job())


def test_nobody_takes_an_interruption_for_success() -> None:
    def record(jobs: Sequence[Job]) -> None:
        raise KeyboardInterrupt

    group, waiting = GroupCommit(record), _job()
    group._queue.append(waiting)
    with pytest.raises(KeyboardInterrupt):
        group.submit(_job())
    with pytest.raises(StorageError, match="interrupted"):
        waiting.result()
