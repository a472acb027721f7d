"""The day in Europe/Paris: certifications begin and end on days there.

The rule is the European one since 1996, written out because slim machines have no time zone
data: one hour ahead of UTC, and two hours from 01:00 UTC on the last Sunday of March to 01:00
UTC on the last Sunday of October. Source: Directive 2000/84/EC, articles 1 to 3.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - all times here are UTC
_HOUR: Final = timedelta(hours=1)
_DAY_HOURS: Final = 24
_MARCH: Final = 3
_OCTOBER: Final = 10


@lru_cache(maxsize=64)  # The lines of a proof share a status, the entries of a commit a time.
def paris_day(microseconds: int) -> date:
    """Return the day in Paris at a moment, microseconds since 1970-01-01T00:00Z.

    The moment is one of the years 1 to 9999; the last day of the year 9999 does not end.
    """
    utc = _EPOCH + timedelta(microseconds=microseconds)
    start, end = _change(utc.year, _MARCH), _change(utc.year, _OCTOBER)
    ahead = 2 * _HOUR if start <= utc < end else _HOUR
    if (utc.date(), utc.hour) >= (date.max, _DAY_HOURS - ahead // _HOUR):
        return date.max
    return (utc + ahead).date()


def _change(year: int, month: int) -> datetime:
    """Return 01:00 UTC on the last Sunday of a month that has 31 days."""
    last = datetime(year, month, 31, 1)  # noqa: DTZ001 - as above
    return last - timedelta(days=last.isoweekday() % 7)
