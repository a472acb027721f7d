from __future__ import annotations

import pytest

from provenance.errors import ClockError
from provenance.ledger import clock as clock_module
from provenance.ledger.clock import STEP_US_MAX, Clock

HOUR_US = 3_600_000_000


class FakeClocks:
    """Two clocks that a test moves apart."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall_us = 1_800_000_000_000_000
        self.monotonic_us = 5_000_000
        monkeypatch.setattr(clock_module, "wall_us", lambda: self.wall_us)
        monkeypatch.setattr(clock_module, "_monotonic_us", lambda: self.monotonic_us)


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
