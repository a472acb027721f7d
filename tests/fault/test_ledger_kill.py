"""Processes are killed while they write; what was acknowledged is there afterwards.

Checked from a fresh process each time: everything acknowledged is present, the log is
whole and contiguous, the audit is green, and the ledger goes on. ``PROVENANCE_KILLS`` sets
the number of kills.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Final

import pytest

TESTS: Final = Path(__file__).parent.parent
WORKER: Final = TESTS / "fault" / "ledger_worker.py"
KILLS: Final = int(os.environ.get("PROVENANCE_KILLS", "12"))
ENVIRONMENT: Final = {**os.environ, "PYTHONPATH": str(TESTS)}


def _start(*arguments: object, output: IO[str] | int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WORKER), *map(str, arguments)],
        stdout=output,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        text=True,
    )


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(WORKER), *map(str, arguments)],
        capture_output=True,
        env=ENVIRONMENT,
        text=True,
        check=False,
    )


def _complete_lines(path: Path) -> None:
    """Drop a last line that the kill cut off: its receipt was not handed out whole."""
    text = path.read_text()
    path.write_text(text[: text.rfind("\n") + 1])


def _kill_round(path: Path, log: Path, seed: int, *options: str) -> None:
    dice = random.Random(seed)
    outputs = [log.with_suffix(f".{number}") for number in range(2)]
    writers = []
    for number, output in enumerate(outputs):
        with output.open("w") as file:
            writers.append(_start("write", path, seed * 2 + number, *options, output=file))
    reader = _start("read", path, output=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not all(output.stat().st_size for output in outputs) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(dice.uniform(0, 0.3))
    for process in [*writers, reader]:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stderr is not None
        assert "Error" not in process.stderr.read()
        process.stderr.close()
    for output in outputs:
        _complete_lines(output)
        with log.open("a") as file:
            file.write(output.read_text())


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_writers_are_killed(tmp_path: Path) -> None:
    path, log = tmp_path / "ledger", tmp_path / "acknowledged"
    assert _run("create", path).returncode == 0
    for seed in range(1, KILLS + 1):
        _kill_round(path, log, seed)
        checked = _run("check", path, log)
        assert checked.returncode == 0, checked.stderr
    assert '"entry"' in log.read_text()


@pytest.mark.slow
def test_the_harness_catches_a_service_that_answers_too_early(tmp_path: Path) -> None:
    """The positive control: receipts that are promised before anything is recorded."""
    path, log = tmp_path / "ledger", tmp_path / "acknowledged"
    assert _run("create", path).returncode == 0
    _kill_round(path, log, 1, "--broken")
    checked = _run("check", path, log)
    assert checked.returncode != 0
    assert "AssertionError" in checked.stderr
