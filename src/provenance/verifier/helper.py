"""Checks that do not depend on each other, by two threads at once.

Verifying a signature takes a hundred times as long as anything else here, and the library
lets other threads run meanwhile. Both threads take one check after the other until none is
left, so neither waits for the other while a processor is busy elsewhere. Which of them made
a check changes nothing: results stand in the order of the checks.

Nothing rests on the helper. The caller waits for it only while it is at a check, and does
without one that was not started, does not come, or is not there in a forked process.
"""

from __future__ import annotations

import _thread
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from provenance.errors import FormatError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TOGETHER_MIN: Final = 4
"""Fewer checks are made sooner than the helper has heard of them."""
STAYS_S: Final = 0.05
"""Seconds: a thread takes as long to start as a signature to verify, so it stays a while."""

T = TypeVar("T")
Failure: TypeAlias = FormatError | VerificationError


class Helper:
    """A second thread, while there is something to do and a moment longer."""

    def __init__(self) -> None:
        self._batch: _Batch[Any] | None = None
        # Held as long as there is nothing new for the helper to look at.
        self._nothing_new: Final = _thread.allocate_lock()
        self._nothing_new.acquire()
        self._is_there = False

    def run_all(self, tests: Sequence[Callable[[], T]]) -> list[T | Failure]:
        """Run tests; give for each what it returned, or the error that it raised."""
        batch = _Batch(tests)
        if len(tests) >= TOGETHER_MIN:
            self._call(batch)
        try:
            return batch.results()
        finally:
            # What it checks is personal, and not kept while the helper waits.
            self._batch = None

    def _call(self, batch: _Batch[Any]) -> None:
        self._batch = batch
        # Another thread that verifies may have called it just now: it looks anyway.
        with suppress(RuntimeError):
            self._nothing_new.release()
        if not self._is_there:
            self._is_there = True
            # `threading.Thread` waits until the thread runs, which takes as long again.
            with suppress(RuntimeError):
                _thread.start_new_thread(self._help, ())

    def _help(self) -> None:
        try:
            while self._nothing_new.acquire(timeout=STAYS_S):
                batch = self._batch
                if batch is not None:
                    batch.help()
                del batch
        finally:
            self._is_there = False


class _Batch(Generic[T]):
    """Tests, each taken by whichever thread comes next, and their results so far."""

    def __init__(self, tests: Sequence[Callable[[], T]]) -> None:
        self._tests: Final = tests
        numbers = range(len(tests))
        self._shared: Final = deque(numbers[:-1])
        # The caller would wait longer to hear of the last one than it takes.
        self._own: Final = deque(numbers[-1:])
        self._results: Final[dict[int, T | Failure]] = {}
        self._helping: Final = _thread.allocate_lock()
        self._helping.acquire()

    def help(self) -> None:
        """Run what is due. Errors that nobody foresaw are left to the caller to meet."""
        try:
            with suppress(Exception):
                self._work(self._shared)
        finally:
            # It may be helped twice: when the next caller comes while this one is looked at.
            with suppress(RuntimeError):
                self._helping.release()

    def results(self) -> list[T | Failure]:
        """Run what is due, and give all results."""
        try:
            self._work(self._shared)
            self._work(self._own)
        finally:
            self._shared.clear()
        if len(self._results) < len(self._tests):
            # The helper is at one. Where it is not, it might not even have come.
            self._helping.acquire()
        # Nothing missing is taken for good: what the helper did not tell is found out here.
        return [
            self._results[number] if number in self._results else _run(test)
            for number, test in enumerate(self._tests)
        ]

    def _work(self, due: deque[int]) -> None:
        while True:
            try:
                number = due.popleft()
            except IndexError:
                return
            self._results[number] = _run(self._tests[number])


def _run(test: Callable[[], T]) -> T | Failure:
    try:
        return test()
    except (FormatError, VerificationError) as error:
        return error


run_all: Final = Helper().run_all
"""Runs tests with the help of the one helper of this process."""
