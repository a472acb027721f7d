from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec.structs import replace

from provenance.encoding import encode_json
from provenance.reconstruct import CvReport, LineReport, parse_cv, reconstruct
from simulator import HOLDER, PERSON, Simulator, make_log, make_record
from verifying import verify

if TYPE_CHECKING:
    from provenance.report import Report

NAME: Final = f"{HOLDER}titulaire.nomNaissance"
CLAIMS: Final = {"code": "RNCP34762", "dateDebutValidite": "2026-03-14"}


def report_on(*records: Any, **options: Any) -> Report:
    log, indexes = make_log(records=records or [make_record()])
    return verify(log, log.prove(*indexes), **options)


def make_cv(*lines: dict[str, Any]) -> bytes:
    numbered = [{"id": str(number), **line} for number, line in enumerate(lines, 1)]
    return encode_json({"format": "provenance-cv/1", "lines": numbered})


def compare(report: Report, **line: Any) -> LineReport:
    (found,) = reconstruct(make_cv(line), report).lines
    return found


def outcomes(line: LineReport) -> list[str]:
    return [claim.outcome for claim in line.claims]


# Whole CVs.


def test_a_cv_whose_lines_are_all_proven_and_in_force_is_so_itself() -> None:
    report = report_on(make_record(), make_record(code="RS5000"))
    cv = make_cv({"claims": CLAIMS}, {"label": "Anglais", "claims": {"code": "RS5000"}})
    found = reconstruct(cv, report)
    assert found.verdict == "yes"
    assert found.summary == ("2 of 2 line(s) are proven and hold on 2026-09-21.",)
    assert [(line.id, line.label, line.entry) for line in found.lines] == [
        ("1", None, 4),
        ("2", "Anglais", 5),
    ]
    assert all(line.positive and line.status == "in force" for line in found.lines)
    assert found.same_person is True


def test_one_line_that_is_not_positive_is_enough() -> None:
    cv = make_cv({"claims": CLAIMS}, {"claims": {"code": "RS5000"}})
    found = reconstruct(cv, report_on())
    assert found.verdict == "no"
    assert found.summary == ("1 of 2 line(s) are proven and hold on 2026-09-21.",)


def test_lines_of_different_persons_need_attention() -> None:
    other = ((NAME, "Autre"), *PERSON[1:])
    report = report_on(make_record(), make_record(other, code="RS5000"))
    found = reconstruct(make_cv({"claims": CLAIMS}, {"claims": {"code": "RS5000"}}), report)
    assert [line.result for line in found.lines] == ["proven", "proven"]
    assert not any(line.positive for line in found.lines)
    assert (found.verdict, found.same_person) == ("attention", False)
    assert "Line 1: of another person than others here." in found.summary[1]
    alone = reconstruct(make_cv({"claims": CLAIMS}), report)
    assert (alone.verdict, alone.same_person) == ("attention", True)


@pytest.mark.parametrize(
    ("day", "verdict", "reasons"),
    [
        (date(2026, 9, 21), "yes", ()),
        (date(2026, 12, 31), "yes", ()),
        (date(2027, 1, 1), "attention", ("expired",)),
        (date(2026, 3, 13), "attention", ("status-old", "not-yet-valid")),
        (date(2027, 3, 21), "attention", ("status-old", "expired")),
        (None, "attention", ("date-unknown",)),
    ],
)
def test_only_what_holds_on_that_day_is_positive(
    day: date | None, verdict: str, reasons: tuple[str, ...]
) -> None:
    report = report_on(make_record(dateFinValidite="2026-12-31"), day=day)
    found = reconstruct(make_cv({"claims": CLAIMS}), report)
    (line,) = found.lines
    assert (found.verdict, line.result, line.reasons) == (verdict, "proven", reasons)
    assert line.positive is (verdict == "yes")
    assert len(found.summary) == (1 if verdict == "yes" else 2)
    hold = "hold." if day is None else f"hold on {day}."
    assert found.summary[0].endswith(hold)


def test_one_line_that_is_not_proven_is_worse_than_a_reason() -> None:
    report = report_on(make_record(dateFinValidite="2021-01-01"))
    cv = make_cv({"claims": CLAIMS}, {"entry": 4, "claims": {"code": "RNCP1"}})
    assert reconstruct(cv, report).verdict == "no"


def test_one_certification_on_two_lines_is_said_to_be_one() -> None:
    found = reconstruct(
        make_cv({"claims": CLAIMS}, {"entry": 4, "claims": CLAIMS}), report_on()
    )
    assert found.summary[-1] == "Lines 1, 2 are one certification, entry 4."


def test_nothing_is_positive_where_the_bundle_is_refused() -> None:
    report = report_on()
    for verdict in ("no", "unreadable"):
        refused = replace(report, verdict=verdict)
        found = reconstruct(make_cv({"entry": 4, "claims": CLAIMS}), refused)
        assert found.verdict == "no"
        assert [line.result for line in found.lines] == ["no entry"]
        assert not any(line.positive for line in found.lines)
        assert "The bundle is not accepted, so nothing in it counts." in found.summary


def test_the_report_as_json_is_the_same_each_time() -> None:
    report, cv = report_on(), make_cv({"claims": CLAIMS})
    data = reconstruct(cv, report).to_json()
    assert data == reconstruct(cv, report).to_json()
    assert json.loads(data)["lines"][0]["result"] == "proven"


def test_white_space_between_tokens_is_free() -> None:
    cv = json.dumps(json.loads(make_cv({"claims": CLAIMS})), indent=4).encode()
    assert reconstruct(cv, report_on()).verdict == "yes"


LINE: Final = '{"id":"1","claims":{"code":"RNCP34762"}}'


@pytest.mark.parametrize(
    "cv",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        "\N{ZERO WIDTH NO-BREAK SPACE}{}",
        '{"format":"provenance-cv/1","lines":[]}',
        '{"format":"provenance-cv/2","lines":[' + LINE + "]}",
        '{"format":"provenance-cv/1","lines":[' + LINE + "," + LINE + "]}",
        '{"format":"provenance-cv/1","lines":[{"id":"1","claims":{}}]}',
        '{"format":"provenance-cv/1","lines":[{"id":"","claims":{"code":"x"}}]}',
        '{"format":"provenance-cv/1","lines":[{"id":"1"}]}',
        '{"format":"provenance-cv/1","lines":[{"id":"1","claims":{"code":"x","code":"y"}}]}',
        '{"format":"provenance-cv/1","lines":[{"id":"1","claims":{"code":1.5}}]}',
        '{"format":"provenance-cv/1","lines":[{"id":"1","claims":{"code":NaN}}]}',
        '{"format":"provenance-cv/1","lines":[{"id":"1","claims":{"code":"\\ud800"}}]}',
        '{"format":"provenance-cv/1","lines":[{"id":"1","claims":{"code":"x"},"more":1}]}',
    ],
)
def test_what_is_no_cv_is_unreadable(cv: str) -> None:
    found = reconstruct(cv.encode(), report_on())
    assert found.verdict == "unreadable"
    assert found.summary[0].startswith("malformed CV")
    assert found.lines == ()


@pytest.mark.parametrize(
    "cv",
    [
        '{"lines":[' + LINE + '],"format":"provenance-cv/1"}',
        '{"format":"provenance-cv/1","lines":[{"claims":{"c\\u006fde":"RNCP34762"},"id":"1"}]}',
        ' {"format" : "provenance-cv/1",\n"lines":[' + LINE + "]} ",
    ],
)
def test_a_cv_may_be_written_as_any_program_writes_json(cv: str) -> None:
    assert parse_cv(cv.encode()) == parse_cv(
        ('{"format":"provenance-cv/1","lines":[' + LINE + "]}").encode()
    )


def test_a_cv_that_is_too_long_is_unreadable() -> None:
    found: CvReport = reconstruct(make_cv({"claims": CLAIMS}) + b" " * 2**20, report_on())
    assert found.verdict == "unreadable"


# Claims.


def test_every_claim_is_answered_for_itself() -> None:
    claims = {**CLAIMS, "type": "RS", "mentionValidee": "MENTION_BIEN"}
    line = compare(report_on(), entry=4, claims=claims)
    assert outcomes(line) == ["proven", "proven", "contradicted", "undisclosed"]
    assert (line.claims[2].claimed, line.claims[2].proven) == ("RS", "RNCP")
    assert line.result == "contradicted"
    assert line.reason.startswith(
        "type is contradicted; mentionValidee is undisclosed; entry 4"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("donneeCertifiee", 1),
        ("donneeCertifiee", "true"),
        ("dateFinValidite", ""),
        ("code", "rncp34762"),
        ("code", "RNCP34762 "),
        (f"{HOLDER}titulaire.anneeNaissance", "1991"),
        (f"{HOLDER}titulaire.anneeNaissance", 1992),
        (NAME, "LEFÈVRE-DUBOI"),
        (NAME, None),
        (NAME, ""),
    ],
)
def test_values_are_compared_exactly(name: str, value: Any) -> None:
    line = compare(report_on(), entry=4, claims={name: value})
    assert outcomes(line) == ["contradicted"]
    assert (line.result, line.positive) == ("contradicted", False)


def test_names_may_be_spelled_differently() -> None:
    line = compare(report_on(), claims={**CLAIMS, NAME: "Lefevre Dubois"})
    assert outcomes(line) == ["proven", "proven", "spelled differently"]
    assert (line.result, line.positive) == ("proven", True)
    assert f"{NAME} is spelled differently" in line.reason


def test_names_that_may_be_the_same_are_spelled_differently() -> None:
    first = f"{HOLDER}titulaire.prenom1"
    longer = ((NAME, "LEFÈVRE-DUBOIS"), (first, "Maëlle Anne"), *PERSON[2:])
    line = compare(report_on(make_record(longer)), claims={**CLAIMS, first: "Maelle"})
    assert outcomes(line)[-1] == "spelled differently"
    line = compare(report_on(make_record(longer)), claims={**CLAIMS, first: "Anne"})
    assert outcomes(line)[-1] == "contradicted"


def test_names_without_letters_are_not_spellings_of_each_other() -> None:
    person = ((NAME, "-"), *PERSON[1:])
    line = compare(report_on(make_record(person)), entry=4, claims={NAME: "..."})
    assert outcomes(line) == ["contradicted"]


def test_lists_are_compared_as_they_are() -> None:
    results: list[dict[str, Any]] = [{"niveau": 5, "domaineCompetenceId": "1"}]
    name = "niveauNumeriqueEuropeen.resultats"
    record = make_record(PERSON, **{name: results})
    log, (index,) = make_log(records=[record])
    shown = {*log.line_names(index), name, "presenceNiveauNumeriqueEuro"}
    report = verify(log, log.prove(index, shown=shown))
    assert compare(report, claims={**CLAIMS, name: results}).positive
    turned = [dict(reversed(results[0].items()))]
    assert compare(report, claims={**CLAIMS, name: turned}).result == "contradicted"


def test_a_line_needs_everything_that_a_positive_line_needs() -> None:
    log, (index,) = make_log()
    shown = log.line_names(index) - {"donneeCertifiee", NAME}
    report = verify(log, log.prove(index, shown=shown))
    line = compare(report, claims=CLAIMS)
    assert outcomes(line) == ["proven", "proven"]
    assert (line.result, line.positive) == ("not shown", False)
    assert "the bundle does not show donneeCertifiee, identity as it must be" in line.reason
    undisclosed = compare(report, claims={**CLAIMS, NAME: "Lefevre Dubois"})
    assert undisclosed.result == "not shown"


# Status.


@pytest.mark.parametrize("act", ["withdraw", "erase", "mark nothing"])
def test_a_line_says_how_its_certification_stands(act: str) -> None:
    log, (index,) = make_log()
    if act == "withdraw":
        log.withdraw(index)
    elif act == "erase":
        log.erase(index)
    log.publish()
    line = compare(verify(log, log.prove(index)), claims=CLAIMS)
    assert line.result == "proven"
    assert line.positive == (act == "mark nothing")
    assert f"entry 4 is {line.status} as of 2026-" in line.reason


def test_an_unknown_status_is_not_positive() -> None:
    log, (index,) = make_log()
    found = reconstruct(make_cv({"claims": CLAIMS}), verify(log, log.prove(index, status=())))
    (line,) = found.lines
    assert (line.result, line.status, line.positive) == ("proven", "unknown", False)
    assert line.reason.endswith("the status of entry 4 is unknown")
    assert (found.verdict, line.reasons) == ("attention", ("status-unknown",))


def test_a_provisional_certification_is_called_so() -> None:
    line = compare(report_on(make_record(donneeCertifiee=False)), claims=CLAIMS)
    assert "provisional: a final certification is to follow" in line.reason
    assert not line.positive


# Choosing a certification.


def test_an_entry_that_is_named_is_taken_whatever_else_would_fit() -> None:
    report = report_on(make_record(), make_record(code="RS5000"))
    line = compare(report, entry=5, claims=CLAIMS)
    assert (line.entry, line.result) == (5, "contradicted")
    assert compare(report, entry=2, claims=CLAIMS).result == "no entry"


def test_a_line_without_entry_needs_a_code() -> None:
    line = compare(report_on(), claims={"dateDebutValidite": "2026-03-14"})
    assert (line.result, line.reason) == ("no entry", "no certification shown fits")


def test_a_false_date_of_the_only_certification_of_a_code_is_contradicted() -> None:
    line = compare(report_on(), claims={**CLAIMS, "dateDebutValidite": "2025-03-14"})
    assert (line.entry, line.result) == (4, "contradicted")


def test_the_date_chooses_before_the_other_claims() -> None:
    first = make_record(type="RS")
    second = make_record(dateDebutValidite="2026-06-01")
    claims = {"code": "RNCP34762", "type": "RS", "dateDebutValidite": "2026-06-01"}
    line = compare(report_on(first, second), claims=claims)
    assert (line.entry, line.result) == (5, "contradicted")


def test_other_claims_choose_in_their_order() -> None:
    first = make_record(type="RS", dateFinValidite="2030-01-01")
    second = make_record(dateFinValidite="2031-01-01")
    report = report_on(first, second)
    claims = {"code": "RNCP34762", "type": "RNCP", "dateFinValidite": "2030-01-01"}
    assert compare(report, claims=claims).entry == 5
    turned = dict(reversed(claims.items()))
    assert compare(report, claims=turned).entry == 4


def test_the_certification_without_a_reason_is_chosen_last() -> None:
    log, (index,) = make_log()
    corrected = make_record(dateFinValidite="2031-01-01")
    newer = log.certify(3, corrected, supersedes=index)
    log.publish()
    report = verify(log, log.prove(index, newer))
    assert compare(report, claims=CLAIMS).entry == newer
    old = compare(report, claims={**CLAIMS, "dateFinValidite": None})
    assert (old.entry, old.result, old.status) == (index, "proven", "superseded")
    assert not old.positive


def test_several_certifications_that_fit_are_ambiguous() -> None:
    line = compare(report_on(make_record(), make_record()), claims=CLAIMS)
    assert (line.result, line.entry, line.positive) == ("ambiguous", None, False)
    assert line.reason == "fits entries 4, 5: name one"


def test_nothing_is_reported_of_a_bundle_without_certifications() -> None:
    log = Simulator()
    log.publish()
    found = reconstruct(make_cv({"claims": CLAIMS}), verify(log, log.prove(support=(1,))))
    assert (found.verdict, found.same_person) == ("no", None)
