"""Processes of an audit's own: a program that is started, or a copy of this very process.

Both take messages on their standard input and give messages on their standard output. A
program starts from nothing, which takes a tenth of a second and leaves whoever starts it
alone. A copy is there at once: that is for a process of ours, which has loaded what is
needed, has one thread, and has opened nothing yet.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from typing import IO, TYPE_CHECKING, Final, NoReturn

from provenance.workers import worker_command, worker_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Serve = Callable[[IO[bytes], IO[bytes]], None]
    Pair = tuple[int, int]

ALLOCATION: Final = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 25),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 28),
}
"""For glibc (mallopt(3)). By default it gives large pieces back to the system as soon as they
are free, and an audit, which needs the like of them for each stretch, waits for new pages."""
ENDING_S: Final = 5
POLL_S: Final = 0.001


class Helper(ABC):
    """A process of ours that takes messages on ``out`` and gives them on ``into``."""

    def __init__(self, process_id: int, out: IO[bytes], into: IO[bytes]) -> None:
        """``process_id`` is its number; the streams have no buffers of their own."""
        self.process_id: Final = process_id
        self.out: Final = out
        self.into: Final = into

    @abstractmethod
    def _poll(self) -> int | None:
        """Return its exit status, or minus the signal that ended it; None while it runs."""

    @abstractmethod
    def _kill(self) -> None:
        """End it."""

    def ended_with(self) -> int | None:
        """Wait a while for its end, and give what `_poll` gives."""
        deadline = time.monotonic() + ENDING_S
        # It ends within moments, and an audit takes little longer: so look often.
        while (status := self._poll()) is None and time.monotonic() < deadline:
            time.sleep(POLL_S)
        return status

    def close(self) -> None:
        """Let it end, or end it. Closing twice does nothing."""
        self.out.close()
        self.into.close()
        if self.ended_with() is None:
            self._kill()


class Program(Helper):
    """A module of this package, run by an interpreter of its own."""

    def __init__(self, module: str) -> None:
        """Start it; raises `OSError` when the system refuses."""
        self._process: Final = subprocess.Popen(  # noqa: S603 - our own interpreter
            worker_command(module),
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=worker_environment(**ALLOCATION),
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        super().__init__(self._process.pid, self._process.stdin, self._process.stdout)

    def _poll(self) -> int | None:
        return self._process.poll()

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()


class Copy(Helper):
    """A copy of this process that serves, and ends."""

    def __init__(self, serve: Serve, beside: Iterable[Helper]) -> None:
        """Start it; raises `OSError` when the system refuses.

        ``serve`` is given its input and output; ``beside``: the others that were started.
        """
        source, out = os.pipe()
        into, target = os.pipe()
        ours, theirs = (out, into), (source, target)
        try:
            process_id = os.fork()
        except OSError:
            _close(*ours, *theirs)
            raise
        if not process_id:
            _serve_and_end(serve, ours, theirs, beside)
        _close(*theirs)
        super().__init__(process_id, os.fdopen(out, "wb", 0), os.fdopen(into, "rb", 0))
        self._status: int | None = None

    def _poll(self) -> int | None:
        if self._status is None:
            ended, status = os.waitpid(self.process_id, os.WNOHANG)
            self._status = os.waitstatus_to_exitcode(status) if ended else None
        return self._status

    def _kill(self) -> None:
        os.kill(self.process_id, signal.SIGKILL)
        os.waitpid(self.process_id, 0)


def _serve_and_end(
    serve: Serve, ours: Pair, theirs: Pair, beside: Iterable[Helper]
) -> NoReturn:
    """Be the copy: never return to what the process did that was copied."""
    status = 1
    try:
        # A pipe of others that stayed open here would hide that one of them has died.
        _close(*ours)
        for helper in beside:
            helper.out.close()
            helper.into.close()
        null = os.open(os.devnull, os.O_WRONLY)
        for number, descriptor in enumerate((*theirs, null)):
            os.dup2(descriptor, number)
            os.close(descriptor)
        with os.fdopen(0, "rb", 0) as reads, os.fdopen(1, "wb", 0) as writes:
            serve(reads, writes)
        status = 0
    finally:
        os._exit(status)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
