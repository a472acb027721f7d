"""Starting `ledger_worker`, and keeping what it acknowledged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any, Final

TESTS: Final = Path(__file__).parent.parent
WORKER: Final = TESTS / "fault" / "ledger_worker.py"
ENVIRONMENT: Final = {**os.environ, "PYTHONPATH": str(TESTS)}
ACKNOWLEDGED_S_MAX: Final = 60.0


def start(*arguments: object, output: IO[str] | int) -> subprocess.Popen[str]:
    """Start a worker; what it says goes to ``output``."""
    return subprocess.Popen(
        [sys.executable, str(WORKER), *map(str, arguments)],
        stdout=output,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        text=True,
    )


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a worker to its end."""
    return subprocess.run(
        [sys.executable, str(WORKER), *map(str, arguments)],
        capture_output=True,
        env=ENVIRONMENT,
        text=True,
        check=False,
    )


def once(path: Path, operation: str) -> list[dict[str, Any]]:
    """Do one thing, and return what was said; a process that died otherwise is a failure."""
    done = run("once", path, operation)
    assert done.returncode == 0, (done.returncode, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def wait_for_receipts(outputs: list[Path]) -> None:
    """Wait until each writer has said something."""
    deadline = time.monotonic() + ACKNOWLEDGED_S_MAX
    while not all(output.stat().st_size for output in outputs):
        assert time.monotonic() < deadline, "no writer acknowledged anything"
        time.sleep(0.01)


def keep_whole_lines(outputs: list[Path], log: Path) -> None:
    """Add what was said to ``log``, but for a last line that was cut off."""
    with log.open("a") as file:
        for output in outputs:
            text = output.read_text()
            file.write(text[: text.rfind("\n") + 1])
