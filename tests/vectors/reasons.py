"""Bundles of which all checks hold, and something must still be said: each reason alone."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from simulator import (
    EPOCH_S,
    LINE,
    PERSON,
    TODAY,
    Simulator,
    make_log,
    make_record,
)
from vectors.drafts import holds, warns
from vectors.good_persons import NATIONAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.record.commitment import Value
    from vectors.cases import Draft

DAY: Final = dt.timedelta(days=1)


def reasons() -> Iterator[Draft]:
    """Return them all, each reason beside what is just no reason."""
    yield from _incomplete()
    yield from _identities()
    yield from _finality()
    yield from _dates()
    yield from _without_a_day()
    yield from _ages()
    yield from _days_in_paris()
    yield from _several()


def _incomplete() -> Iterator[Draft]:
    log, (index,) = make_log()
    names = log.line_names(index)
    for name in sorted(LINE):
        bundle = log.prove(index, shown=names - {name})
        note = f"{name} is not shown"
        yield warns("incomplete", f"reason-no-{name}", note, log, bundle)
    forms: tuple[tuple[str, str, Value], ...] = (
        ("type-empty", "type", ""),
        ("type-null", "type", None),
        ("code-empty", "code", ""),
        ("code-number", "code", 34762),
        ("certifier-short", "certificateur", "CERT001"),
        ("certifier-small", "certificateur", "cert0001"),
        ("final-as-text", "donneeCertifiee", "true"),
        ("final-null", "donneeCertifiee", None),
        ("final-number", "donneeCertifiee", 1),
        ("start-null", "dateDebutValidite", None),
        ("start-no-day", "dateDebutValidite", "2026-02-29"),
        ("start-spelled", "dateDebutValidite", "2026-3-14"),
        ("start-with-time", "dateDebutValidite", "2026-03-14T00:00:00"),
        ("start-of-week", "dateDebutValidite", "2026-W11-6"),
        ("start-year-0", "dateDebutValidite", "0000-03-14"),
        ("start-of-other-digits", "dateDebutValidite", "2026-03-1\u0664"),
        ("end-no-day", "dateFinValidite", "2031-04-31"),
        ("end-empty", "dateFinValidite", ""),
        ("end-boolean", "dateFinValidite", False),
    )
    for id_, name, value in forms:
        log = Simulator()
        log.register()
        index = log.certify(log.deposit(), make_record(PERSON, **{name: value}))
        log.publish()
        malformed = ({"line_complete": False},)
        bundle = log.prove(index)
        args = ("incomplete", f"reason-{id_}", "not of its form", log, bundle)
        yield warns(*args, said=malformed)
    log, (index,) = make_log(records=[make_record(PERSON, dateFinValidite="9999-12-31")])
    said = ({"line_complete": True, "provisional": False},)
    note = "the last day that there is"
    yield holds("reason-none-end", note, log, log.prove(index), said=said)
    log, (index,) = make_log(records=[make_record(PERSON, dateDebutValidite="0001-01-01")])
    note = "the first day that there is"
    yield holds("reason-none-start", note, log, log.prove(index))


def _identities() -> Iterator[Draft]:
    log, (index,) = make_log()
    bundle = log.prove(index, shown=LINE)
    said = ({"identity": None, "line_complete": False},)
    note = "whose it is, is not shown"
    yield warns("no-identity", "reason-no-identity", note, log, bundle, said=said)
    for name, _ in PERSON[1::3]:
        bundle = log.prove(index, shown=log.line_names(index) - {name})
        note = f"all of the identity but {name.rpartition('.')[2]}"
        id_ = f"reason-no-identity-{name.rpartition('.')[2]}"
        yield warns("no-identity", id_, note, log, bundle)
    log, (index,) = make_log(records=[make_record(NATIONAL)])
    national = ({"identity": "national", "line_complete": True},)
    note = "a surname ties to nobody"
    yield warns("name-only", "reason-name-only", note, log, log.prove(index), said=national)


def _finality() -> Iterator[Draft]:
    log, (index,) = make_log(records=[make_record(donneeCertifiee=False)])
    said = ({"provisional": True, "line_complete": True},)
    note = "a final one is to follow"
    yield warns("provisional", "reason-provisional", note, log, log.prove(index), said=said)


def _dates() -> Iterator[Draft]:
    """Begin and end validity around the day."""
    for id_, start, end, reason in (
        ("begins-today", TODAY, None, ""),
        ("begins-tomorrow", TODAY + DAY, None, "not-yet-valid"),
        ("ends-today", TODAY - DAY, TODAY, ""),
        ("ended-yesterday", TODAY - 2 * DAY, TODAY - DAY, "expired"),
        ("today-alone", TODAY, TODAY, ""),
        ("ended-before-it-began", TODAY + DAY, TODAY - DAY, "expired not-yet-valid"),
    ):
        validity: dict[str, Any] = {
            "dateDebutValidite": start.isoformat(),
            "dateFinValidite": end and end.isoformat(),
        }
        log, (index,) = make_log(records=[make_record(PERSON, **validity)])
        note = "both ends belong to it"
        bundle, options = log.prove(index), {"verdict": "attention" if reason else "yes"}
        yield warns(reason, f"reason-{id_}", note, log, bundle, **options)
    record = make_record(PERSON, dateFinValidite="2021-06-30")
    log, (index,) = make_log(records=[record])
    shown = log.line_names(index) - {"dateFinValidite"}
    note = "it ended, but that is not shown"
    bundle = log.prove(index, shown=shown)
    yield warns("incomplete", "reason-end-hidden", note, log, bundle)


def _without_a_day() -> Iterator[Draft]:
    log, (index,) = make_log()
    note = "nobody said which day it is"
    bundle = log.prove(index)
    yield warns("date-unknown", "reason-date-unknown", note, log, bundle, day=None)
    record = make_record(PERSON, dateFinValidite="2021-06-30")
    log, (index,) = make_log(records=[record])
    note = "so nothing is said of its end"
    bundle = log.prove(index)
    yield warns("date-unknown", "reason-date-unknown-ended", note, log, bundle, day=None)


def _ages() -> Iterator[Draft]:
    log, (index,) = make_log()
    bundle = log.prove(index)
    for id_, off, days, reason in (
        ("180-days", 180, None, ""),
        ("181-days", 181, None, "status-old"),
        ("0-days-asked", 0, 0, ""),
        ("1-day-of-0", 1, 0, "status-old"),
        ("30-days-of-30", 30, 30, ""),
        ("31-days-of-30", 31, 30, "status-old"),
        ("of-tomorrow", -1, None, ""),
        ("of-the-day-after", -2, None, "status-old"),
    ):
        options: dict[str, Any] = {"day": TODAY + off * DAY, "status_days": days}
        options["verdict"] = "attention" if reason else "yes"
        note = "the day of the status entry, and the verifier's"
        yield warns(reason, f"reason-status-{id_}", note, log, bundle, **options)
    log, (index,) = make_log()
    old = log.size
    _at(log, TODAY + 30 * DAY)
    log.publish()
    later = log.show_later(old, index)
    bundle = log.prove(index, size=old, later=later)
    options = {"day": TODAY + 40 * DAY, "status_days": 20}
    note = "the newer of two statuses counts"
    yield holds("reason-status-of-later", note, log, bundle, **options)
    later = log.show_later(old)
    bundle = log.prove(index, size=old, later=later)
    note = "a newer checkpoint without the leaf makes an old status no newer"
    yield warns("status-old", "reason-status-not-in-later", note, log, bundle, **options)


class _Clock(Simulator):
    """A log whose clock is set."""

    at_s: int | None = None

    def now_s(self) -> int:
        return super().now_s() if self.at_s is None else self.at_s


def _at(log: Simulator, day: dt.date) -> None:
    moment = dt.datetime.combine(day, dt.time(12), dt.UTC)
    log.now_s = lambda: int(moment.timestamp())  # type: ignore[method-assign]


def _days_in_paris() -> Iterator[Draft]:
    """Publish just before and just after midnight in Paris, in summer and in winter."""
    for id_, time, day in (
        ("summer-after", "2027-06-30T22:00:00", "2027-07-01"),
        ("winter-after", "2026-12-31T23:00:00", "2027-01-01"),
        ("change-to-summer-after", "2027-03-27T23:00:00", "2027-03-28"),
        ("first-night-of-summer", "2027-03-28T22:00:00", "2027-03-29"),
        ("first-night-of-winter", "2027-10-31T22:59:59", "2027-10-31"),
    ):
        log = _Clock()
        log.register()
        index = log.certify(log.deposit())
        moment = dt.datetime.fromisoformat(f"{time}+00:00")
        log.at_s = int(moment.timestamp())
        assert log.at_s > EPOCH_S
        log.publish()
        bundle, right = log.prove(index), dt.date.fromisoformat(day)
        note = f"{time} UTC is of {day} in Paris"
        options: dict[str, Any] = {"day": right, "status_days": 0}
        yield holds(f"reason-paris-{id_}", note, log, bundle, **options)
        options["day"] = right + DAY
        note = f"{time} UTC is not of the day after {day}"
        yield warns("status-old", f"reason-paris-{id_}-next", note, log, bundle, **options)


def _several() -> Iterator[Draft]:
    log, (index,) = make_log(
        records=[make_record(NATIONAL, donneeCertifiee=False, dateFinValidite="2026-09-20")]
    )
    log.certify(3, supersedes=index)
    log.withdraw(index)
    log.erase(index)
    log.mark(index, 8)
    log.publish()
    other = make_record(((NATIONAL[0][0], "MOREL"),))
    second = log.certify(3, other)
    log.publish()
    shown = {index: log.line_names(index) - {"code"}}
    bundle = log.prove(index, second, shown={**shown, second: log.line_names(second)})
    every = (
        "incomplete name-only provisional withdrawn superseded erased status-unknown "
        "status-old expired other-person"
    )
    options = {"day": TODAY + 200 * DAY}
    reasons_ = (every, "name-only status-old other-person")
    yield warns(reasons_, "reason-many", "in their order", log, bundle, **options)
