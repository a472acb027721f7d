"""The day in Paris: the rule of the module, held against the time zone database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from provenance.record.forms import parse_time
from provenance.record.paris import paris_day

PARIS = ZoneInfo("Europe/Paris")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("2026-11-30T22:59:59.999999Z", date(2026, 11, 30)),
        ("2026-11-30T23:00:00.000000Z", date(2026, 12, 1)),
        ("2026-07-14T21:59:59.999999Z", date(2026, 7, 14)),
        ("2026-07-14T22:00:00.000000Z", date(2026, 7, 15)),
        ("2026-03-29T00:59:59.999999Z", date(2026, 3, 29)),
        ("9999-12-31T22:59:59.999999Z", date(9999, 12, 31)),
        ("9999-12-31T23:00:00.000000Z", date(9999, 12, 31)),
        ("0001-01-01T00:00:00.000000Z", date(1, 1, 1)),
    ],
)
def test_day_of_a_moment(time: str, day: date) -> None:
    assert paris_day(parse_time(time)) == day


def test_every_hour_that_could_matter_from_1996_on() -> None:
    """Every midnight of Paris, by either offset, and the hours around each change."""
    wrong = []
    day = datetime(1996, 1, 1, tzinfo=UTC)
    while day.year < 2100:
        for minutes in (-121, -120, -61, -60, -1, 0, 59, 60, 119, 120):
            moment = day + timedelta(minutes=minutes)
            if paris_day(microseconds(moment)) != moment.astimezone(PARIS).date():
                wrong.append(moment)
        day += timedelta(days=1)
    assert wrong == []


def test_control_a_rule_without_summer_time_is_caught() -> None:
    moment = datetime(2026, 7, 14, 22, 30, tzinfo=UTC)
    assert (moment + timedelta(hours=1)).date() != moment.astimezone(PARIS).date()
