"""Each reason alone, just there and just not, and their order."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, get_args

import pytest
from msgspec.structs import replace

from provenance.encoding import encode_json
from provenance.report import REASON_WORDS, Reason
from provenance.verifier import Verifier
from provenance.verifier.reasons import read_date
from simulator import EPOCH_S, HOLDER, PERSON, TODAY, Simulator, make_log, make_record
from verifying import reasons, verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.record.commitment import Field
    from provenance.report import Report

DAY: Final = timedelta(days=1)
NATIONAL: Final[tuple[Field, ...]] = (
    (f"{HOLDER}identifiantNational.nomNaissance", "Lefevre Dubois"),
)
OTHER: Final = (("identificationTitulaire.titulaire.nomNaissance", "MARTIN"), *PERSON[1:])


def judge(
    *records: Sequence[Field], day: date | None = TODAY, hidden: str = "", **options: Any
) -> Report:
    """Verify certifications that show all that lines need, without one name."""
    log, indexes = make_log(records=records)
    names = {index: log.line_names(index) - {hidden} for index in indexes}
    return verify(log, log.prove(*indexes, shown=names), day=day, **options)


def found(*records: Sequence[Field], **options: Any) -> list[tuple[str, ...]]:
    return [*reasons(judge(*records, **options)).values()]


def test_a_line_that_is_whole_and_in_force_has_no_reason() -> None:
    assert found(make_record()) == [()]
    assert found(make_record(), make_record()) == [(), ()]


@pytest.mark.parametrize(
    "name",
    [
        *("certificateur", "type", "code"),
        *("donneeCertifiee", "dateDebutValidite", "dateFinValidite"),
    ],
)
def test_incomplete_without_one_of_six_fields(name: str) -> None:
    report = judge(make_record(), hidden=name)
    assert reasons(report) == {4: ("incomplete",)}
    assert (report.certifications[0].lacks, report.certifications[0].line_complete) == (
        (name,),
        False,
    )


MALFORMED: Final[dict[str, tuple[Any, ...]]] = {
    "certificateur": ("cert0001", "CERT00011", "CERT000", "", 7, None, True),
    "type": ("", None, 7, True, [{"a": "b"}]),
    "code": ("", None, 7, [{"a": "b"}]),
    "donneeCertifiee": ("true", 1, 0, None),
    "dateDebutValidite": (
        *("2026-02-29", "2026-13-01", "20260314", "2026-W11-6", "2026-3-14", ""),
        *("2026-03-14T00:00:00", " 2026-03-14", "202\uff16-03-14", None, 20260314, True),
    ),
    "dateFinValidite": ("2026-02-29", "", 7, True),
}
SOUND: Final[dict[str, tuple[Any, ...]]] = {
    "type": ("x", " "),
    "code": ("REC/2023/0415",),
    "dateDebutValidite": ("2024-02-29", "1900-01-01", "0001-01-01"),
    "dateFinValidite": (None, "2028-02-29", "9999-12-31"),
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name in MALFORMED for value in MALFORMED[name]]
)
def test_incomplete_with_a_field_of_another_form(name: str, value: Any) -> None:
    log = Simulator()
    log.register()
    index = log.certify(log.deposit(), make_record(**{name: value}))
    log.publish()
    report = verify(log, log.prove(index))
    assert reasons(report) == {index: ("incomplete",)}
    assert report.certifications[0].lacks == (name,)


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name in SOUND for value in SOUND[name]]
)
def test_complete_with_fields_of_their_form(name: str, value: Any) -> None:
    assert found(make_record(**{name: value})) == [()]


@pytest.mark.parametrize("name", [name for name, _ in PERSON])
def test_no_identity_without_one_of_its_fields(name: str) -> None:
    assert found(make_record(), hidden=name) == [("no-identity",)]


@pytest.mark.parametrize("name", ["", "-", " ' "])
def test_no_identity_without_a_name(name: str) -> None:
    person = ((PERSON[0][0], name), *PERSON[1:])
    report = judge(make_record(person))
    assert reasons(report) == {4: ("no-identity",)}
    assert (report.persons, report.same_person) == ((), None)
    assert report.certifications[0].lacks == ("identity",)


def test_identity_is_no_matter_of_incomplete() -> None:
    report = judge(make_record(), hidden="code")
    assert reasons(report)[4] == ("incomplete",)
    assert report.certifications[0].identity == "titulaire"


def test_name_only_with_a_surname_alone() -> None:
    report = judge(make_record(NATIONAL))
    assert reasons(report) == {4: ("name-only",)}
    assert report.certifications[0].line_complete


def test_provisional_where_a_final_one_is_to_follow() -> None:
    report = judge(make_record(donneeCertifiee=False))
    assert reasons(report) == {4: ("provisional",)}
    assert report.certifications[0].provisional is True


# Dates.


@pytest.mark.parametrize(
    ("ahead", "expected"), [(-1, ("not-yet-valid",)), (0, ()), (1, ()), (5000, ())]
)
def test_not_yet_valid_before_the_first_day(ahead: int, expected: tuple[str, ...]) -> None:
    start = TODAY - ahead * DAY
    record = make_record(dateDebutValidite=start.isoformat())
    assert found(record) == [expected]


@pytest.mark.parametrize(("left", "expected"), [(-1, ("expired",)), (0, ()), (1, ())])
def test_expired_after_the_last_day(left: int, expected: tuple[str, ...]) -> None:
    end = (TODAY + left * DAY).isoformat()
    assert found(make_record(dateFinValidite=end)) == [expected]


def test_a_validity_that_ends_before_it_begins_is_neither() -> None:
    record = make_record(
        dateDebutValidite=(TODAY + DAY).isoformat(), dateFinValidite=(TODAY - DAY).isoformat()
    )
    assert found(record) == [("expired", "not-yet-valid")]


def test_the_other_date_is_judged_where_one_is_hidden_or_malformed() -> None:
    record = make_record(dateFinValidite="2021-10-26")
    assert found(record, hidden="dateDebutValidite") == [("incomplete", "expired")]
    record = make_record(dateDebutValidite="2030-10-29")
    assert found(record, hidden="dateFinValidite") == [("incomplete", "not-yet-valid")]
    record = make_record(dateDebutValidite="x", dateFinValidite="2021-10-26")
    assert found(record) == [("incomplete", "expired")]


def test_date_unknown_without_a_day() -> None:
    report = judge(make_record(), make_record(dateFinValidite="2021-10-26"), day=None)
    assert reasons(report) == {4: ("date-unknown",), 5: ("date-unknown",)}
    assert report.day is None
    assert judge(make_record()).day == TODAY.isoformat()


# Status.


@pytest.mark.parametrize(
    ("age", "expected"),
    [(-2, ("status-old",)), (-1, ()), (0, ()), (180, ()), (181, ("status-old",))],
)
def test_status_old_after_so_many_days(age: int, expected: tuple[str, ...]) -> None:
    assert found(make_record(), day=TODAY + age * DAY) == [expected]


@pytest.mark.parametrize(("days", "age"), [(0, 0), (0, 1), (30, 30), (30, 31)])
def test_how_many_days_are_too_many_is_the_verifiers_to_say(days: int, age: int) -> None:
    expected = ("status-old",) if age > days else ()
    assert found(make_record(), day=TODAY + age * DAY, status_days=days) == [expected]


def test_the_day_of_a_status_is_the_one_in_paris() -> None:
    """The status entry is made at 22:30 UTC in September: the next day has begun in Paris."""
    log, (index,) = make_log()
    evening = f"{TODAY.isoformat()}T22:30:00.000000Z"
    log.now_s = lambda: EPOCH_S  # type: ignore[method-assign]
    log.append = _at(log, evening)  # type: ignore[method-assign]
    log.publish()
    bundle = log.prove(index)
    for age, expected in ((180, ()), (181, ()), (182, ("status-old",))):
        day = TODAY + age * DAY
        assert reasons(verify(log, bundle, day=day)) == {index: expected}


def _at(log: Simulator, time: str) -> Any:
    append = log.append
    return lambda kind, **members: append(kind, **(members | {"time": time}))


def test_status_old_is_asked_of_the_newest_tree_that_shows_the_leaf() -> None:
    log, (index,) = make_log()
    old = log.size
    append = log.append
    log.append = _at(log, "2027-06-01T12:00:00.000000Z")  # type: ignore[method-assign]
    log.publish()
    log.append = append  # type: ignore[method-assign]
    day = date(2027, 6, 1)
    first = log.prove(index, size=old)
    assert reasons(verify(log, first, day=day)) == {index: ("status-old",)}
    renewed = replace(first, later=log.show_later(old, index))
    assert reasons(verify(log, renewed, day=day)) == {index: ()}
    withheld = replace(first, later=log.show_later(old))
    assert reasons(verify(log, withheld, day=day)) == {index: ("status-old",)}


def test_without_a_leaf_no_status_is_old() -> None:
    log, (index,) = make_log()
    bundle = replace(log.prove(index), status=())
    day = TODAY + 1000 * DAY
    assert reasons(verify(log, bundle, day=day)) == {index: ("status-unknown",)}


def test_without_a_day_no_status_is_old() -> None:
    assert found(make_record(), day=None) == [("date-unknown",)]


# Persons.


def test_other_person_for_both() -> None:
    report = judge(make_record(), make_record(OTHER))
    assert reasons(report) == {4: ("other-person",), 5: ("other-person",)}
    assert report.same_person is False
    assert "They belong to different persons." in report.summary


def test_person_unsettled_where_it_is_open() -> None:
    longer = (PERSON[0], (PERSON[1][0], "Maëlle Anne"), *PERSON[2:])
    assert found(make_record(), make_record(longer)) == [
        ("person-unsettled",),
        ("person-unsettled",),
    ]
    mixed = found(make_record(), make_record(longer), make_record(OTHER))
    assert mixed == [("other-person", "person-unsettled")] * 2 + [("other-person",)]


def test_one_without_identity_is_compared_with_nobody() -> None:
    """Somebody else's certification, its identity hidden, is never put under a name."""
    log, indexes = make_log(records=[make_record(), make_record(OTHER, code="RNCP1")])
    shown = {4: log.line_names(4), 5: log.line_names(5) - {PERSON[0][0]}}
    report = verify(log, log.prove(*indexes, shown=shown))
    assert reasons(report) == {4: (), 5: ("no-identity",)}
    assert report.verdict == "attention"
    assert report.same_person is None
    assert [one.certifications for one in report.persons] == [(4,)]


# All together.


def test_reasons_are_in_one_order_each_once() -> None:
    log = Simulator()
    log.register()
    deposit = log.deposit()
    record = make_record(
        NATIONAL, donneeCertifiee=False, code="", dateDebutValidite="2030-01-01"
    )
    indexes = [log.certify(deposit, record), log.certify(deposit, make_record(OTHER))]
    indexes.append(log.certify(deposit, make_record()))
    log.withdraw(indexes[0])
    log.erase(indexes[0])
    log.certify(deposit, supersedes=indexes[0])
    log.mark(indexes[0], 8)
    log.publish()
    data = encode_json(log.prove(*indexes))
    report = Verifier(log.policy()).verify(data, date(2028, 1, 1))
    order: Final = get_args(Reason)
    assert order == tuple(REASON_WORDS)
    assert [one.reasons for one in report.certifications] == [
        (
            *("incomplete", "name-only", "provisional", "withdrawn", "superseded", "erased"),
            *("status-unknown", "status-old", "not-yet-valid", "other-person"),
            "person-unsettled",
        ),
        ("status-old", "other-person"),
        ("status-old", "other-person", "person-unsettled"),
    ]
    for one in report.certifications:
        assert list(one.reasons) == sorted(one.reasons, key=order.index)


def test_days_are_read_in_one_spelling() -> None:
    assert read_date("2024-02-29") == date(2024, 2, 29)
    for text in (
        "2023-02-29",
        "2024-W09-4",
        "20240229",
        "2024-060",
        "2024-02-2\uff19",
        "",
        None,
    ):
        assert read_date(text) is None


def test_reasons_come_first_in_the_summary() -> None:
    report = judge(make_record(), make_record(donneeCertifiee=False))
    assert report.summary[:2] == (
        "Proven: 2 certifications, recorded as shown; 1 not to be relied on as it stands.",
        "Entry 5: provisional: a final certification is to follow.",
    )
