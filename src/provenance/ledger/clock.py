"""The operator's clock: a claim about time that never runs backwards.

The order of the log is its index; the time in an entry is what the operator's clock said.
Two rules keep that claim decent. A clock that goes back is *held* at the last recorded
time, and the receipt says so. A clock that moved by more than 24 hours against the
monotonic clock since the ledger was opened is refused until somebody confirms it: a
machine that came up in the year 2038 must not write that into evidence. A ledger that
nobody used for a week made no step, because both clocks moved alike.
"""

from __future__ import annotations

import time
from typing import Final

from provenance.errors import ClockError

STEP_US_MAX: Final = 24 * 3600 * 1_000_000
"""The largest step of the wall clock against the monotonic one, in microseconds."""

# CLOCK_BOOTTIME goes on while a machine is suspended, CLOCK_MONOTONIC does not; with the
# latter a laptop that slept for two days would look like a clock that was set forward.
_MONOTONIC_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def wall_us() -> int:
    """UTC now, in microseconds since 1970."""
    return time.time_ns() // 1000


def _monotonic_us() -> int:
    return time.clock_gettime_ns(_MONOTONIC_CLOCK) // 1000


class Clock:
    """The wall clock, watched against the monotonic clock since ``Clock()`` was made."""

    def __init__(self) -> None:
        self.confirm()

    def confirm(self) -> None:
        """Take the wall clock as right from now on, whatever step it has made."""
        self._offset_us = wall_us() - _monotonic_us()

    def now_us(self, *, not_before_us: int) -> tuple[int, bool]:
        """Give the time for a next entry, and whether the clock had to be held.

        ``not_before_us`` is the time of the entry before. Raises `ClockError` after a
        step of more than 24 hours in either direction.
        """
        now_us = wall_us()
        step_us = now_us - _monotonic_us() - self._offset_us
        if abs(step_us) > STEP_US_MAX:
            raise ClockError(
                f"the system clock moved by {step_us // 3_600_000_000} hours since the ledger "
                "was opened; check it, then confirm it or open the ledger again"
            )
        return max(now_us, not_before_us), now_us < not_before_us
