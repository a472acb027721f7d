"""The report on a bundle: its members, and what it says to people."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec.structs import replace

from provenance.report import Check, failure_among, failure_of, standing_words
from simulator import HOLDER, PERSON, TODAY, Simulator, make_log, make_record
from verifying import verify

if TYPE_CHECKING:
    from provenance.report import Reason, StatusWord

REPORT: Final = (
    *("format", "verdict", "day", "summary", "checks", "checkpoint", "later"),
    *("certifications", "persons", "same_person"),
)
CERTIFICATION: Final = (
    *("index", "time", "deposit", "depositor", "depositor_name", "depositor_name_source"),
    *("certifier", "certifier_name", "fields", "identity", "status", "as_of_index"),
    *("as_of_time", "changed_by", "changed_time", "endorsed", "endorsement"),
    *("line_complete", "lacks", "provisional", "registration", "certifier_registration"),
    *("keys", "limited", "title", "level", "register_date", "unknown_fields", "reasons"),
)


def test_the_members_and_their_order() -> None:
    log, (index,) = make_log()
    data = json.loads(verify(log, log.prove(index)).to_json())
    assert tuple(data) == REPORT
    assert tuple(data["certifications"][0]) == CERTIFICATION
    assert tuple(data["persons"][0]) == ("kind", "certifications")
    assert tuple(data["checks"][0]) == ("name", "outcome", "reason", "index")
    for refused in (verify(log, b"{}"), verify(log, log.prove())):
        data = json.loads(refused.to_json())
        assert tuple(data) == REPORT
        assert (data["day"], data["certifications"]) == (TODAY.isoformat(), [])


def test_the_first_failure_is_told() -> None:
    log, (index,) = make_log()
    assert failure_of(verify(log, log.prove(index))) == ""
    found = failure_of(verify(log, log.prove(index, support=(1,))))
    assert found.startswith(f"entry {index}, check depositor: ")
    assert failure_of(verify(log, b"{}")).startswith("check format: ")
    assert failure_among([]) == failure_among([Check("format", "yes", "why")]) == ""


def spelled(name: str, first: str) -> Any:
    return ((PERSON[0][0], name), (PERSON[1][0], first), *PERSON[2:])


def test_persons_are_grouped_by_what_they_are_called() -> None:
    people = (PERSON, spelled("MARTIN", "Zoé"), spelled("lefevre dubois", "MAELLE"))
    log, indexes = make_log(records=[make_record(person) for person in people])
    report = verify(log, log.prove(*indexes))
    assert [one.certifications for one in report.persons] == [(4, 6), (5,)]
    assert report.same_person is False
    log, indexes = make_log(2)
    report = verify(log, log.prove(*indexes))
    assert [(one.kind, one.certifications) for one in report.persons] == [("titulaire", (4, 5))]
    assert report.same_person is True


def test_what_has_a_reason_is_said_first() -> None:
    """Within three lines, whatever else there is to say."""
    log, indexes = make_log(30)
    for index in indexes:
        log.withdraw(index)
    log.publish()
    summary = verify(log, log.prove(*indexes)).summary
    assert summary[0].startswith("Proven: 30 certifications")
    assert summary[1].startswith("Entry 4: withdrawn. Entry 5: withdrawn. ")


def test_a_single_certification_is_not_many() -> None:
    log, (index,) = make_log()
    assert (
        verify(log, log.prove(index)).summary[0]
        == "Proven: 1 certification, recorded as shown."
    )


def test_a_time_in_the_future_is_named() -> None:
    log, (index,) = make_log()
    bundle = log.prove(index)
    said = (
        "The time of entry {}, 2026-09-21 14:1{}:20 UTC, is in the future: one clock is wrong."
    )
    names = (said.format(index, 7), said.format(log.size - 1, 8))
    for day, expected in (
        (TODAY, ()),
        (TODAY + timedelta(days=1), ()),
        (TODAY - timedelta(days=1), names),
        (date(2020, 1, 1), names),
        (None, ()),
    ):
        summary = verify(log, bundle, day=day).summary
        assert tuple(line for line in names if line in summary) == expected
        assert any("future" in line for line in summary) == bool(expected)


def test_fields_of_later_versions_are_counted_in_words() -> None:
    log = Simulator()
    log.register()
    passport = f"{HOLDER}passeport.numero"
    index = log.certify(log.deposit(), [*make_record(), (passport, "X")])
    log.publish()
    report = verify(log, log.prove(index, shown=log.line_names(index) | {passport}))
    assert "Entry 4 shows 1 field whose name this version does not know." in report.summary


def test_a_certifier_that_is_registered_is_named() -> None:
    log = Simulator()
    log.register()
    log.register("CERT0001", "Certifying body")
    index = log.certify(log.deposit())
    log.publish()
    summary = verify(log, log.prove(index)).summary
    assert any(
        "on behalf of CERT0001 (Certifying body); CERT0001 has not" in s for s in summary
    )


def test_times_are_told_to_the_second() -> None:
    log, (index,) = make_log()
    newer = log.certify(3, supersedes=index)
    log.publish()
    report = verify(log, log.prove(index, support=[*log.support_of(index), newer]))
    assert (
        "Entry 4 is superseded by entry 6, 2026-09-21 14:19:20 UTC, as of entry 7, "
        "2026-09-21 14:20:20 UTC."
    ) in report.summary


@pytest.mark.parametrize(
    ("status", "reasons", "words"),
    [
        ("in force", (), "in force"),
        ("in force", ("person-unsettled",), "in force"),
        ("in force", ("expired",), "expired, not taken back"),
        ("in force", ("not-yet-valid",), "not yet valid, not taken back"),
        ("in force", ("date-unknown",), "not taken back"),
        ("in force", ("incomplete", "date-unknown"), "not taken back"),
        ("withdrawn", ("withdrawn", "expired"), "withdrawn"),
        ("unknown", ("status-unknown",), "unknown"),
    ],
)
def test_in_force_is_said_only_where_the_dates_say_so(
    status: StatusWord, reasons: tuple[Reason, ...], words: str
) -> None:
    log, (index,) = make_log()
    (line,) = verify(log, log.prove(index)).certifications
    assert standing_words(replace(line, status=status, reasons=reasons)) == words
