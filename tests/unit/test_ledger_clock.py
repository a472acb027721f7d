from __future__ import annotations

import pytest

from provenance.errors import ClockError
from provenance.ledger import clock as clock_module
from provenance.ledger.clock import (
    BUILT_US,
    LIFE_US_MAX,
    STEP_US_MAX,
    Clock,
    check_beginning,
    check_opening,
    read_moment,
)
from provenance.storage.head import NEVER, Moment

HOUR_US = 3_600_000_000


class FakeClocks:
    """Two clocks that a test moves apart."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall_us = 1_800_000_000_000_000
        self.monotonic_us = 5_000_000
        monkeypatch.setattr(clock_module, "wall_us", lambda: self.wall_us)
        monkeypatch.setattr(clock_module, "_since_boot_us", lambda: self.monotonic_us)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> FakeClocks:
    return FakeClocks(monkeypatch)


def test_time_goes_on(clocks: FakeClocks) -> None:
    clock = Clock()
    assert clock.now_us(not_before_us=0) == (clocks.wall_us, False)


def test_a_clock_that_goes_back_is_held_and_reported(clocks: FakeClocks) -> None:
    clock = Clock()
    last = clocks.wall_us
    clocks.wall_us -= HOUR_US
    assert clock.now_us(not_before_us=last) == (last, True)


def test_idle_time_is_no_step(clocks: FakeClocks) -> None:
    clock = Clock()
    clocks.wall_us += 100 * 24 * HOUR_US
    clocks.monotonic_us += 100 * 24 * HOUR_US
    assert clock.now_us(not_before_us=0) == (clocks.wall_us, False)


@pytest.mark.parametrize("step", [STEP_US_MAX + 1, -STEP_US_MAX - 1])
def test_a_step_of_more_than_a_day_is_refused_until_confirmed(
    clocks: FakeClocks, step: int
) -> None:
    clock = Clock()
    clocks.wall_us += step
    with pytest.raises(ClockError, match="moved by"):
        clock.now_us(not_before_us=0)
    clock.confirm()
    assert clock.now_us(not_before_us=0) == (clocks.wall_us, False)


@pytest.mark.parametrize("step", [STEP_US_MAX, -STEP_US_MAX])
def test_a_step_of_just_a_day_passes(clocks: FakeClocks, step: int) -> None:
    clock = Clock()
    clocks.wall_us += step
    assert clock.now_us(not_before_us=0)[0] == clocks.wall_us


def test_the_real_clocks_agree() -> None:
    clock = Clock()
    assert clock.now_us(not_before_us=0)[0] <= clock_module.wall_us()


DAY_US = 24 * HOUR_US
NOW = Moment(1_800_000_000_000_000, bytes(range(16)), 90 * DAY_US)


def moment(days: float, *, boot: bytes = NOW.boot_id, passed: float | None = None) -> Moment:
    """The clocks ``days`` later, of which ``passed`` went by since ``NOW``."""
    since = days if passed is None else passed
    wall_us = NOW.wall_us + int(days * DAY_US)
    return Moment(wall_us, boot, NOW.since_boot_us + int(since * DAY_US))


OTHER_BOOT = bytes(15) + b"x"
UNKNOWN_BOOT = bytes(16)


@pytest.mark.parametrize(
    "now",
    [
        moment(0),
        moment(200),
        moment(11, passed=10),
        moment(10, passed=11),
        moment(31, boot=OTHER_BOOT, passed=-90),
        moment(-1, boot=OTHER_BOOT, passed=-90),
        moment(31, boot=UNKNOWN_BOOT, passed=-90),
        # A container that counts from its own start.
        moment(20, passed=-89),
    ],
)
def test_clocks_that_agree_with_what_is_known(now: Moment) -> None:
    check_opening(now, before=NOW, last_entry_us=NOW.wall_us)


@pytest.mark.parametrize(
    "now",
    [
        moment(11.01, passed=10),
        moment(10, passed=11.01),
        moment(3650, passed=1),
        moment(-1.01, passed=0),
        moment(31.01, boot=OTHER_BOOT, passed=-90),
        moment(-1.01, boot=OTHER_BOOT, passed=-90),
        moment(31.01, boot=UNKNOWN_BOOT, passed=-90),
        moment(32, passed=-89),
        Moment(4_000_000_000_000_000_000, OTHER_BOOT, 0),
    ],
)
def test_clocks_that_must_be_confirmed(now: Moment) -> None:
    with pytest.raises(ClockError, match="--confirm-clock"):
        check_opening(now, before=NOW, last_entry_us=NOW.wall_us)


def test_the_last_entry_counts_where_it_is_later() -> None:
    later_us = NOW.wall_us + 40 * DAY_US
    check_opening(moment(50, boot=OTHER_BOOT), before=NOW, last_entry_us=later_us)
    check_opening(moment(50, boot=OTHER_BOOT), before=NEVER, last_entry_us=later_us)
    with pytest.raises(ClockError):
        check_opening(moment(38, boot=OTHER_BOOT), before=NOW, last_entry_us=later_us)
    with pytest.raises(ClockError):
        check_opening(moment(38), before=NOW, last_entry_us=later_us)


def test_a_ledger_is_begun_in_the_years_of_its_version() -> None:
    for now_us in (BUILT_US, BUILT_US + LIFE_US_MAX):
        check_beginning(now_us)
    for now_us in (0, BUILT_US - 1, BUILT_US + LIFE_US_MAX + 1, 1 << 62):
        with pytest.raises(ClockError, match="this version is of 2026-11-30"):
            check_beginning(now_us)


def test_a_clock_before_1970_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_module, "wall_us", lambda: -1)
    with pytest.raises(ClockError, match="1970"):
        read_moment()


def test_clocks_are_read() -> None:
    first, second = read_moment(), read_moment()
    assert first.boot_id == second.boot_id
    assert first.wall_us <= second.wall_us
    assert 0 < first.since_boot_us <= second.since_boot_us
