"""The tests' side of `server`: ledgers, operations under a tracer, checks, and what they say.

Ledgers lie in memory where there is such a place: nothing here rests on the disk's own
durability, and syncs that wait for a disk would take most of the time.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from msgspec.structs import asdict

from fault.operations import Line, read_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fault.steps import Failing

TESTS: Final = Path(__file__).parent.parent
STRACE: Final = shutil.which("strace")
IN_MEMORY: Final = Path("/dev/shm")
ROOM_MIN: Final = 1 << 29
"""Bytes. A container may have little there, and a full disk would be a fault of its own."""
WAIT_S: Final = 300.0
"""How long any process may take; what takes longer hangs."""
COVERAGE: Final = "COVERAGE_"
"""What makes a process measure itself; thousands of them would take minutes for it."""


class Place(NamedTuple):
    """One ledger with all that belongs to it; copies are taken and removed whole."""

    directory: Path

    @property
    def root(self) -> Path:
        """Where everything is that a fault can reach."""
        return self.directory / "root"

    @property
    def said(self) -> Path:
        """What was said to the outside."""
        return self.directory / "said"

    @property
    def errors(self) -> Path:
        return self.directory / "errors"

    @property
    def trace(self) -> Path:
        return self.directory / "trace"

    @property
    def lines(self) -> list[Line]:
        return read_lines(self.said)


class Bench:
    """A server, and the ledgers that it works on. A context manager."""

    def __init__(self) -> None:
        place = IN_MEMORY if _is_usable(IN_MEMORY) else None
        self.directory: Final = Path(tempfile.mkdtemp(prefix="faults-", dir=place)).resolve()
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(COVERAGE)
        }
        self._server: Final = subprocess.Popen(
            [sys.executable, "-m", "fault.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**environment, "PYTHONPATH": str(TESTS)},
        )
        self._made: Final[dict[str, Place]] = {}
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with self._server as server:
            server.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _ask(self, place: Place, what: str, operation: str, **more: object) -> dict[str, Any]:
        request = {
            "do": what,
            "operation": operation,
            "root": str(place.root),
            "said": str(place.said),
            "errors": str(place.errors),
            **more,
        }
        self._tell(json.dumps(request))
        return self._answer()

    def _tell(self, line: str) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(f"{line}\n")
        self._server.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        assert self._server.stdout is not None
        ready, _, _ = select.select([self._server.stdout], [], [], WAIT_S)
        assert ready, "it hangs"
        answer: dict[str, Any] = json.loads(self._server.stdout.readline())
        return answer

    def new_place(self) -> Place:
        self._number += 1
        place = Place(self.directory / str(self._number))
        place.root.mkdir(parents=True)
        return place

    def made(self, operation: str) -> Place:
        """Return the ledger that is ready for an operation; made once."""
        if operation not in self._made:
            place = self.new_place()
            answer = self._ask(place, "make", operation)
            assert answer["status"] == 0, place.errors.read_text()
            self._made[operation] = place
        return self._made[operation]

    def copy(self, place: Place) -> Place:
        copy = self.new_place()
        shutil.rmtree(copy.directory)
        shutil.copytree(place.directory, copy.directory)
        return copy

    def remove(self, place: Place) -> None:
        shutil.rmtree(place.directory)

    def run(
        self,
        place: Place,
        operation: str,
        *,
        strace: Sequence[str] = (),
        batch: int = 1,
        broken: str = "",
        failing: Failing | None = None,
    ) -> int:
        """Do an operation, under strace where there are options; return the exit status."""
        step = None if failing is None else asdict(failing)
        answer = self._ask(place, "do", operation, batch=batch, broken=broken, failing=step)
        with _Tracer(answer["pid"], place.trace, strace) if strace else nullcontext():
            self._tell("go")
            answer = self._answer()
        return int(answer["status"])

    def find_faults(self, place: Place, operation: str) -> str:
        """Check a ledger as after a restart; return what is wrong, or nothing."""
        status = self._ask(place, "check", operation)["status"]
        if status < 0:
            return f"the process died by signal {-status}"
        return place.errors.read_text() if status else ""


def _is_usable(place: Path) -> bool:
    if not (place.is_dir() and os.access(place, os.W_OK)):
        return False
    facts = os.statvfs(place)
    return facts.f_bavail * facts.f_frsize >= ROOM_MIN


class _Tracer:
    """A tracer that is attached to a process before that begins, and leaves it at its end."""

    def __init__(self, process: int, trace: Path, options: Sequence[str]) -> None:
        assert STRACE is not None, "whoever comes here has looked"
        command = [STRACE, "-f", "-qq", "-y", "-xx", "-s", "100000000", "-e", "signal=none"]
        command += ["-o", str(trace), *options, "-p", str(process)]
        self._strace: Final = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        status = Path(f"/proc/{process}/status")
        deadline = time.monotonic() + WAIT_S
        while "TracerPid:\t0\n" in status.read_text():
            if self._strace.poll() is not None:
                raise AssertionError(f"strace: {self._strace.communicate()[1]}")
            assert time.monotonic() < deadline, "strace was never attached"
            time.sleep(0.0005)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._strace.communicate(timeout=WAIT_S)
