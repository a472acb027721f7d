"""Other processes: whether they run, and waiting until they do or do not."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

WAIT_S: Final = 60.0


def is_running(process: int) -> bool:
    """Whether a process runs; one that has ended and was not asked how does not."""
    try:
        stat = Path("/proc", str(process), "stat").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def wait_until(holds: Callable[[], object]) -> None:
    """Wait until something holds; fail when it takes too long."""
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)
