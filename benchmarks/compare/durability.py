"""Whether a system is durable: its own claims are not asked, its system calls are counted.

The program is run twice under ``strace``, for few and for many commits of one record; what
the second run has more is due to the commits. A commit is durable when it costs at least
one ``fsync``, ``fdatasync`` or ``msync(MS_SYNC)``. Writes through descriptors opened with
``O_DSYNC`` are durable too and are not counted, so the check errs on the strict side only.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Final

import msgspec
from benchmarks.compare.driver import Command, Driver

FEW: Final = 2
MANY: Final = 12
_CALLS: Final = "trace=fsync,fdatasync,msync"
_SYNC: Final = re.compile(r"^\d+ +(?:fsync|fdatasync)\(|^\d+ +msync\(.*MS_SYNC")


class Durability(msgspec.Struct, frozen=True):
    """What was found; ``durable`` is None where there is no strace to find it with."""

    durable: bool | None
    syncs_per_commit: float | None


def check_durability(command: Command, records: Path) -> Durability:
    """Count the syncs of single commits; raises as `Driver` when the program fails."""
    strace = shutil.which("strace")
    if strace is None:
        return Durability(durable=None, syncs_per_commit=None)
    few, many = (_syncs(strace, command, records, commits) for commits in (FEW, MANY))
    found = (many - few) / (MANY - FEW)
    return Durability(durable=found >= 1, syncs_per_commit=found)


def _syncs(strace: str, command: Command, records: Path, commits: int) -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        directory, trace = Path(made), Path(made) / "trace"
        data = directory / "data"
        data.mkdir()
        traced = command.under(strace, "-f", "-qq", "-e", _CALLS, "-o", str(trace))
        with Driver(traced, data, records) as driver:
            driver.append(batch=1, count=commits)
        return sum(1 for line in trace.read_text().splitlines() if _SYNC.match(line))
