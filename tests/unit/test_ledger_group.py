from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from provenance.errors import StorageError
from provenance.ledger import group as module
from provenance.ledger.group import GROUP_ITEMS_MAX, GroupCommit
from provenance.ledger.job import Job, OutdatedError, Recorded
from provenance.ledger.plain import PlainItem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DONE = Recorded(start=0, time="", clock_held=False, entries=(), leaf_hashes=(), signatures=())
WAIT_S = 30.0


def _job(items: int = 1) -> Job:
    return Job([PlainItem(make=None)] * items)  # type: ignore[arg-type]


class Scene:
    """A group commit whose first commit waits at a gate, and who came of it."""

    def __init__(self) -> None:
        self.sizes: list[list[int]] = []
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.outcomes: dict[int, str] = {}
        self.group = GroupCommit(self.record)
        self._threads: list[threading.Thread] = []

    def record(self, jobs: Sequence[Job]) -> None:
        self.sizes.append([len(job.items) for job in jobs])
        self.entered.set()
        self.gate.wait(WAIT_S)
        for job in jobs:
            job.recorded = DONE

    def call(self, what: Job | Callable[[], Job | None], *, queued: bool = True) -> None:
        """Submit from a thread of its own; go on when it leads, or is ``queued`` or gone."""
        number, waiting = len(self._threads), len(self.group._queue)

        def submit() -> None:
            try:
                if isinstance(what, Job):
                    recorded: Recorded | None = self.group.submit(what)
                else:
                    recorded = self.group.submit_made(what, items=1)
                self.outcomes[number] = str(recorded.start) if recorded else "nothing"
            except (KeyboardInterrupt, LookupError, StorageError) as error:
                self.outcomes[number] = type(error).__name__

        thread = threading.Thread(target=submit, daemon=True)
        self._threads.append(thread)
        thread.start()
        if number == 0:
            assert self.entered.wait(WAIT_S)
        elif queued:
            deadline = time.monotonic() + WAIT_S
            while len(self.group._queue) <= waiting:
                assert time.monotonic() < deadline, "a caller never came"
                time.sleep(0.001)
        else:
            thread.join(WAIT_S)

    def finish(self) -> None:
        self.gate.set()
        for thread in self._threads:
            thread.join(WAIT_S)
            assert not thread.is_alive(), "a caller waits for ever"
        assert not self.group._queue
        assert self.group._leader is None


def test_callers_that_wait_share_one_commit() -> None:
    scene = Scene()
    for _ in range(21):
        scene.call(_job())
    scene.finish()
    assert scene.sizes == [[1], [1] * 20]
    assert set(scene.outcomes.values()) == {"0"}


def test_a_group_is_bounded_but_a_large_job_passes() -> None:
    scene = Scene()
    for items in (1, GROUP_ITEMS_MAX * 2, 1, GROUP_ITEMS_MAX - 1, 1):
        scene.call(_job(items))
    scene.finish()
    assert scene.sizes == [[1], [GROUP_ITEMS_MAX * 2], [1, GROUP_ITEMS_MAX - 1], [1]]


def test_a_lone_caller_waits_for_nobody() -> None:
    scene = Scene()
    scene.gate.set()
    for _ in range(3):
        assert scene.group.submit(_job()) == DONE
    assert scene.sizes == [[1]] * 3


def test_an_error_reaches_its_own_caller_only() -> None:
    def record(jobs: Sequence[Job]) -> None:
        for job in jobs:
            job.error = OutdatedError()

    with pytest.raises(OutdatedError):
        GroupCommit(record).submit(_job())


def test_the_leader_makes_the_jobs_of_those_who_wait() -> None:
    scene, makers, own = Scene(), set[int](), threading.get_ident()

    def make() -> Job:
        makers.add(threading.get_ident())
        return _job(2)

    scene.call(_job())
    for _ in range(3):
        scene.call(make)
    scene.finish()
    assert scene.sizes == [[1], [2, 2, 2]]
    assert len(makers) == 1
    assert own not in makers
    assert scene.group.submit_made(make, items=2) == DONE
    assert own in makers


def test_what_prevents_a_job_concerns_its_own_caller_only() -> None:
    def broken() -> Job:
        raise LookupError

    scene = Scene()
    scene.call(_job())
    for what in (_job(2), broken, lambda: None, _job(3)):
        scene.call(what)
    scene.finish()
    assert scene.sizes == [[1], [2, 3]]
    assert sorted(scene.outcomes.values()) == ["0", "0", "0", "LookupError", "nothing"]


def test_a_group_without_any_job_commits_nothing() -> None:
    scene = Scene()
    assert scene.group.submit_made(lambda: None, items=1) is None
    assert scene.sizes == []


def test_nobody_takes_an_interruption_for_success() -> None:
    scene = Scene()
    scene.call(_job())
    record, scene.group._record = scene.group._record, _interrupted  # type: ignore[misc]
    waiting = [_job(), _job()]
    for job in waiting:
        scene.call(job)
    scene.finish()
    assert sorted(scene.outcomes.values()) == ["0", "KeyboardInterrupt", "StorageError"]
    assert not any(job.recorded for job in waiting)
    scene.group._record = record  # type: ignore[misc]
    assert scene.group.submit(_job()) == DONE


def _interrupted(jobs: Sequence[Job]) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("when", ["at once", "when it is to lead"])
def test_an_interrupted_caller_leaves_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    class Impatient(module._Caller):
        def wait(self) -> None:
            if when != "at once":
                super().wait()
            raise KeyboardInterrupt

    scene, impatient, patient = Scene(), _job(2), _job(3)
    scene.call(_job(1))
    with monkeypatch.context() as patch:
        patch.setattr(module, "_Caller", Impatient)
        scene.call(impatient, queued=when != "at once")
    scene.call(patient)
    scene.finish()
    assert sorted(scene.outcomes.values()) == ["0", "0", "KeyboardInterrupt"]
    assert (impatient.recorded, patient.recorded) == (None, DONE)
    assert scene.sizes == [[1], [3]]
    assert scene.group.submit(_job()) == DONE
