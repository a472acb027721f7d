"""Why a proven certification needs attention: each reason once, in one fixed order.

::

    incomplete         a field that a line needs is not shown, or not of its form
    no-identity        no identity group is shown as a whole
    name-only          the identity is a surname, which ties it to nobody
    provisional        a final certification is to follow
    withdrawn          by a status bit, or by an entry shown
    superseded         likewise
    erased             likewise
    status-unknown     nothing says how it stands, or something that is not known
    status-old         the status is of a day too long before the one of verification, or later
    expired            the day is after the last one of its validity
    not-yet-valid      the day is before the first one
    date-unknown       no day was handed in
    other-person       it is of another person than one of the others shown
    person-unsettled   whether it is one person's with the others, the identities leave open

They are not failures: all checks hold where there are any.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec

from provenance.record.forms import Bcr, parse_time
from provenance.record.paris import paris_day
from provenance.record.showing import LINE_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from provenance.record.commitment import Value
    from provenance.report import Reason
    from provenance.verifier.standing import Standing

STATUS_DAYS: Final = 180
"""Days that a status stays fresh, where nothing else is asked for."""
_AHEAD_DAYS: Final = 1
"""Days that a status may be ahead of the verifier's day: clocks differ."""


def find_lacks(record: Mapping[str, Value], identity: str | None) -> tuple[str, ...]:
    """Name the fields of a line that are not shown or not of their form, then ``identity``."""
    lacks = tuple(
        name for name in LINE_FIELDS if name not in record or not _FORMS[name](record[name])
    )
    return lacks if identity else (*lacks, "identity")


def find_reasons(
    record: Mapping[str, Value],
    identity: str | None,
    lacks: Sequence[str],
    standing: Standing,
    day: date | None,
    status_days: int,
) -> tuple[Reason, ...]:
    """Return the reasons of one line but those about persons, in their order.

    ``lacks``: as of `find_lacks`.
    """
    words = standing.words
    found: list[tuple[Reason, bool]] = [
        ("incomplete", any(name != "identity" for name in lacks)),
        ("no-identity", identity is None),
        ("name-only", identity == "national"),
        ("provisional", record.get("donneeCertifiee") is False),
        ("withdrawn", "withdrawn" in words),
        ("superseded", "superseded" in words),
        ("erased", "erased" in words),
        ("status-unknown", standing.is_unknown),
        ("status-old", _is_old(standing, day, status_days)),
        *date_reasons(record.get("dateDebutValidite"), record.get("dateFinValidite"), day),
    ]
    return tuple(reason for reason, holds in found if holds)


def date_reasons(start: Value, end: Value, day: date | None) -> list[tuple[Reason, bool]]:
    """Return which reasons the dates of a validity and the day of verification are."""
    first, last = read_date(start), read_date(end)
    return [
        ("expired", day is not None and last is not None and last < day),
        ("not-yet-valid", day is not None and first is not None and day < first),
        ("date-unknown", day is None),
    ]


def read_date(value: Value) -> date | None:
    """Read a day of the calendar, ``YYYY-MM-DD``; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        return None
    # Python reads other spellings as well, such as days by the number of their week.
    return found if found.isoformat() == value else None


def is_old(time: str, day: date, status_days: int) -> bool:
    """Return whether a status of this time (an entry's) is not to be relied on at ``day``."""
    age_days = (day - paris_day(parse_time(time))).days
    return age_days > status_days or age_days < -_AHEAD_DAYS


def _is_old(standing: Standing, day: date | None, status_days: int) -> bool:
    if standing.status is None or day is None:
        return False
    return is_old(standing.status.time, day, status_days)


def _is_words(value: Value) -> bool:
    return isinstance(value, str) and value != ""


def _is_bcr(value: Value) -> bool:
    try:
        msgspec.convert(value, Bcr)
    except msgspec.ValidationError:
        return False
    return True


_FORMS: Final[Mapping[str, Callable[[Value], bool]]] = {
    "certificateur": _is_bcr,
    "type": _is_words,
    "code": _is_words,
    "donneeCertifiee": lambda value: isinstance(value, bool),
    "dateDebutValidite": lambda value: read_date(value) is not None,
    "dateFinValidite": lambda value: value is None or read_date(value) is not None,
}
"""What each field of a line has to be."""
