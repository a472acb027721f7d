"""Processes of an audit's own: they end when they should, whoever dies first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING, NoReturn

import pytest

from ledgers import deposited, today_spec
from processes import is_running, wait_until
from provenance.audit import helpers
from provenance.audit.helpers import Copy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_S = 20


def answer(source: IO[bytes], target: IO[bytes]) -> None:
    """Send back what comes in, until nothing more does."""
    while data := source.read(100):
        target.write(data)


@pytest.fixture
def copy() -> Iterator[Copy]:
    copy = Copy(answer, [])
    yield copy
    copy.close()


def test_a_copy_serves_and_ends(copy: Copy) -> None:
    copy.out.write(b"hello")
    assert copy.into.read(100) == b"hello"
    copy.close()
    copy.close()
    assert copy.ended_with() == 0


def test_a_copy_that_is_killed_says_so(copy: Copy) -> None:
    os.kill(copy.process_id, signal.SIGKILL)
    assert copy.into.read(100) == b""
    assert copy.ended_with() == -signal.SIGKILL


def test_a_copy_that_fails_ends_there(capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing of the process that was copied goes on in it, and nothing is printed."""

    def fail(_source: IO[bytes], _target: IO[bytes]) -> NoReturn:
        raise ValueError("a secret")

    copy = Copy(fail, [])
    assert copy.ended_with() == 1
    copy.close()
    assert capfd.readouterr() == ("", "")


def test_a_copy_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def stay(_source: IO[bytes], target: IO[bytes]) -> None:
        target.write(b"here")
        time.sleep(WAIT_S)

    copy = Copy(stay, [])
    assert copy.into.read(100) == b"here"
    monkeypatch.setattr(helpers, "ENDING_S", 0)
    copy.close()
    assert not is_running(copy.process_id)


def test_a_copy_keeps_no_pipe_of_others_open() -> None:
    """So each ends when its own input does, in whatever order."""
    first = Copy(answer, [])
    second = Copy(answer, [first])
    first.out.close()
    assert first.into.read(100) == b""
    assert first.ended_with() == 0
    second.close()
    assert second.ended_with() == 0
    first.close()


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_a_copy_that_is_refused_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> NoReturn:
        raise OSError(11, "no more processes")

    before = [is_open(number) for number in range(100)]
    monkeypatch.setattr(os, "fork", refuse)
    with pytest.raises(OSError, match="no more processes"):
        Copy(answer, [])
    assert [is_open(number) for number in range(100)] == before


def test_workers_end_with_their_leader(tmp_path: Path) -> None:
    """A leader that is killed closes nothing itself; the system closes its pipes."""
    with deposited(tmp_path / "ledger", today_spec(passages=10)):
        pass
    program = (
        "import sys, time; from pathlib import Path; from provenance.audit.crew import Crew\n"
        "crew = Crew(3, Path(sys.argv[1])); crew.wait()\n"
        "print(*crew.process_ids, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "ledger")], stdout=subprocess.PIPE
    ) as leader:
        assert leader.stdout is not None
        workers = list(map(int, leader.stdout.readline().split()))
        assert all(map(is_running, workers)), "the control"
        leader.kill()
    assert len(workers) == 3
    wait_until(lambda: not any(map(is_running, workers)))
