"""Processes are killed while they work; what was acknowledged is there afterwards.

Two writers, a publisher and two readers work on one ledger; one after the other is killed at
a random moment, while the others go on. Checked from a fresh process after each round:
everything acknowledged is present, the log is whole and contiguous, the audit is green, and
the ledger goes on.
"""

from __future__ import annotations

import signal
import subprocess
import time
from typing import TYPE_CHECKING, Final

import pytest

from battery import scale
from fault.workers import keep_whole_lines, run, start, wait_for_receipts

if TYPE_CHECKING:
    from pathlib import Path

    from battery import Row

PROCESSES: Final = 5


def _kill_round(row: Row, path: Path, log: Path, seed: int, *options: str) -> None:
    outputs = [log.with_suffix(f".{number}") for number in range(3)]
    commands = [("write", seed * 2, *options), ("write", seed * 2 + 1, *options), ("publish",)]
    processes = []
    for (command, *words), output in zip(commands, outputs, strict=True):
        with output.open("w") as file:
            processes.append(start(command, path, *words, output=file))
    readers = [start("read", path, output=subprocess.DEVNULL) for _ in range(2)]
    wait_for_receipts(outputs[:2])
    processes += readers
    row.random.shuffle(processes)
    for process in processes:
        time.sleep(row.random.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        row.attempt(fired=process.wait() == -signal.SIGKILL)
        assert process.stderr is not None
        assert "Error" not in process.stderr.read()
        process.stderr.close()
    keep_whole_lines(outputs, log)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(2))
def test_nothing_acknowledged_is_lost_when_processes_are_killed(
    part: int, tmp_path: Path, row: Row
) -> None:
    row.begin("F5 kills: writers, publisher, readers")
    path, log = tmp_path / "ledger", tmp_path / "acknowledged"
    assert run("create", path).returncode == 0
    for seed in range(1 + 1000 * part, 1 + 1000 * part + scale(10, 500)):
        _kill_round(row, path, log, seed)
        checked = run("check", path, log)
        assert checked.returncode == 0, checked.stderr
    assert '"entry"' in log.read_text()
    assert '"note"' in log.read_text()


@pytest.mark.slow
def test_the_harness_catches_a_service_that_answers_too_early(tmp_path: Path, row: Row) -> None:
    """The positive control: receipts that are promised before anything is recorded."""
    row.begin("F5 kills: writers, publisher, readers")
    path, log = tmp_path / "ledger", tmp_path / "acknowledged"
    assert run("create", path).returncode == 0
    _kill_round(row, path, log, 1, "--broken")
    checked = run("check", path, log)
    row.control(caught=checked.returncode != 0 and "AssertionError" in checked.stderr)
