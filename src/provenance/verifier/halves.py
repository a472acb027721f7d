"""Checks that do not depend on each other, in two halves at once.

Verifying a signature takes a hundred times as long as anything else here, and the library
lets other threads run meanwhile. The second half is given to a thread of its own, which
ends with this call.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeAlias

from provenance.errors import FormatError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Outcome: TypeAlias = FormatError | VerificationError | None

TOGETHER_MIN: Final = 6
"""Fewer checks are made sooner than a thread has started."""


def run_all(tests: Sequence[Callable[[], object]]) -> list[Outcome]:
    """Run tests that raise when they fail; give for each its error, or None."""
    middle = len(tests) // 2 if len(tests) >= TOGETHER_MIN else len(tests)
    first, second = tests[:middle], tests[middle:]
    found: list[Outcome] = []
    thread = threading.Thread(target=lambda: found.extend(map(_run, second)))
    started = False
    # Where the system gives no thread, all is done here.
    with suppress(RuntimeError):
        if second:
            thread.start()
            started = True
    try:
        outcomes = [_run(test) for test in first]
    finally:
        if started:
            thread.join()
    # Nothing missing is taken for good: what the thread did not tell is found out here.
    return [*outcomes, *(found if len(found) == len(second) else map(_run, second))]


def _run(test: Callable[[], object]) -> Outcome:
    try:
        test()
    except (FormatError, VerificationError) as error:
        return error
    return None
