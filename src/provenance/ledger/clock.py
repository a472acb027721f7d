"""The operator's clock: a claim about time that never runs backwards.

The order of the log is its index; the time in an entry is what the operator's clock said,
and nothing can take it back: a later entry is never earlier. So a clock is believed only as
far as it agrees with what is known:

- A ledger is never begun before this version was built, nor more than five years after.
- At every opening for writing the wall clock is compared with the head register, which
  remembers the clocks of the last opening, and with the last entry. Within one boot of the
  machine they must agree within a day, because the time since boot went on; after another
  boot the clock may be 31 days ahead of the later of both, and a day behind.
- While a ledger is open, a step of more than a day against the time since boot is refused.

What is refused can be confirmed by somebody who has looked at the clock. Small steps back
are *held* at the last recorded time, and the receipt says so.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

from provenance.errors import ClockError
from provenance.storage.head import Moment

DAY_US: Final = 24 * 3600 * 1_000_000
STEP_US_MAX: Final = DAY_US
"""The largest step of the wall clock against the time since boot, in microseconds."""
AHEAD_US_MAX: Final = 31 * DAY_US
"""How far the wall clock may be ahead after another boot, in microseconds."""
BUILT_US: Final = 1_795_996_800_000_000
"""The day on which this version was built, 2026-11-30; no ledger is begun before."""
LIFE_US_MAX: Final = 5 * 365 * DAY_US
"""How long after its build a version begins ledgers."""

# CLOCK_BOOTTIME goes on while a machine is suspended, CLOCK_MONOTONIC does not; with the
# latter a laptop that slept for two days would look like a clock that was set forward.
_BOOT_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_UPTIME: Final = Path("/proc/uptime")


def wall_us() -> int:
    """UTC now, in microseconds since 1970."""
    return time.time_ns() // 1000


def _since_boot_us() -> int:
    return time.clock_gettime_ns(_BOOT_CLOCK) // 1000


def read_moment() -> Moment:
    """Read the clocks. Raises `ClockError` for a wall clock before 1970."""
    now_us = wall_us()
    if now_us < 0:
        raise ClockError("the system clock is before 1970: set it")
    boot_id, since_boot_us = bytes(16), _since_boot_us()
    # Read from files where there are any: what shifts a process's clocks leaves those alone.
    with suppress(OSError, ValueError):
        boot_id = UUID(_BOOT_ID.read_text("ascii").strip()).bytes
        since_boot_us = int(float(_UPTIME.read_text("ascii").split()[0]) * 1_000_000)
    return Moment(now_us, boot_id, since_boot_us)


def check_beginning(now_us: int) -> None:
    """Check the clock with which a ledger is begun. Raises `ClockError`."""
    if not BUILT_US <= now_us <= BUILT_US + LIFE_US_MAX:
        raise ClockError(
            f"the system clock says {_day(now_us)}, and this version is of {_day(BUILT_US)}: "
            "set the clock, or use a newer version"
        )


def check_opening(now: Moment, *, before: Moment, last_entry_us: int) -> None:
    """Check the clocks at an opening for writing.

    ``before``: what the head register remembers; ``last_entry_us``: time of the last entry.
    Raises `ClockError`, which says what was compared.
    """
    known_us = max(before.wall_us, last_entry_us)
    ahead_us = now.wall_us - known_us
    passed_us = now.since_boot_us - before.since_boot_us
    # A container may count from its own start, so the time since boot can begin again.
    if before.boot_id == now.boot_id != bytes(16) and passed_us >= 0:
        step_us = now.wall_us - before.wall_us - passed_us
        is_believed = abs(step_us) <= STEP_US_MAX and ahead_us >= -STEP_US_MAX
    else:
        is_believed = -STEP_US_MAX <= ahead_us <= AHEAD_US_MAX
    if not is_believed:
        raise ClockError(
            f"the system clock says {_day(now.wall_us)}, and the ledger was last used on "
            f"{_day(known_us)}: check the clock, then confirm it (--confirm-clock), because "
            "what is recorded now cannot be recorded earlier any more"
        )


def _day(microseconds: int) -> str:
    """Return a day in UTC, whatever the clock says."""
    days = time.gmtime(min(microseconds // 1_000_000, 253_402_300_799))
    return time.strftime("%Y-%m-%d %H:%M UTC", days)


class Clock:
    """The wall clock, compared with the time since boot from when ``Clock()`` was made."""

    def __init__(self) -> None:
        self.confirm()

    def confirm(self) -> None:
        """Take the wall clock as right from now on, whatever step it has made."""
        self._offset_us = wall_us() - _since_boot_us()

    def now_us(self, *, not_before_us: int) -> tuple[int, bool]:
        """Return the time for a next entry, and whether the clock had to be held.

        ``not_before_us`` is the time of the entry before. Raises `ClockError` after a
        step of more than 24 hours in either direction.
        """
        now_us = wall_us()
        step_us = now_us - _since_boot_us() - self._offset_us
        if abs(step_us) > STEP_US_MAX:
            raise ClockError(
                f"the system clock moved by {step_us // 3_600_000_000} hours since the ledger "
                "was opened; check it, then confirm it or open the ledger again"
            )
        return max(now_us, not_before_us), now_us < not_before_us
