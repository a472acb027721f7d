"""Checks become a level and a verdict: every level, just inside and just outside."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any, Final, get_args

import pytest

from provenance.cv.report import CHECKS, Document, Findings, Level, conclude
from provenance.report import Check
from simulator import TODAY, make_log, make_record
from verifying import verify

if TYPE_CHECKING:
    from provenance.cv.report import CvReport, Kind, Outcome
    from provenance.report import Report


def proofs() -> dict[str, Report]:
    log, (index,) = make_log(records=[make_record(dateFinValidite="2026-12-31")])
    bundle = log.prove(index)
    return {
        "yes": verify(log, bundle),
        "attention": verify(log, bundle, day=date(2027, 1, 1)),
        "no": verify(log, log.prove()),
    }


PROOFS: Final = proofs()


def report(
    kind: Kind,
    outcome: Outcome,
    *failing: str,
    skipped: str = "",
    proof: str = "yes",
    day: date | None = TODAY,
    **found: Any,
) -> CvReport:
    """Conclude: these checks failed, those were not reached, all others hold."""
    made = [
        Check(name, "no" if name in failing else "yes", "why")
        for name in CHECKS[kind]
        if name not in skipped.split()
    ]
    whole: dict[str, Any] = {"signed": kind in {"pdf", "json"}} | found
    if "proof" in CHECKS[kind] and "proof" not in skipped.split():
        whole["proof"] = PROOFS["no" if "proof" in failing else proof]
    document = Document(outcome)
    return conclude(Findings(kind=kind, made=made, document=document, **whole), day)


NO_SEAL: Final = "seal-coverage seal-trust"
NOT_REACHED: Final = "proof person holder-name"
LEVELS: Final[dict[str, tuple[CvReport, Level, str]]] = {
    # original
    "a sealed CV": (report("pdf", "as sealed"), "original", "yes"),
    "a sealed CV with a reason": (
        report("pdf", "as sealed", proof="attention"),
        "original",
        "attention",
    ),
    "a sealed CV without a name in it": (
        report("pdf", "as sealed", skipped="holder-name"),
        "original",
        "yes",
    ),
    "a signed JSON CV": (report("json", "as sealed"), "original", "yes"),
    "a signed JSON CV with a reason": (
        report("json", "as sealed", proof="attention"),
        "original",
        "attention",
    ),
    # no-proof
    "a PDF file without proof": (
        report(
            *("pdf", "not sealed", "attachment", "seal"),
            skipped=f"{NO_SEAL} {NOT_REACHED}",
            claims=False,
            signed=False,
        ),
        "no-proof",
        "unreadable",
    ),
    "a PDF file sealed by anybody, without proof": (
        report("pdf", "as sealed", "attachment", skipped=NOT_REACHED, claims=False),
        "no-proof",
        "unreadable",
    ),
    "a JSON object without proof": (
        report(
            *("json", "not provable", "document"),
            skipped=f"signature issuer agreement {NOT_REACHED}",
            claims=False,
        ),
        "no-proof",
        "unreadable",
    ),
    "anything": (report("unknown", "not provable", claims=False), "no-proof", "unreadable"),
    "a PDF file that claims a proof": (
        report(
            *("pdf", "not sealed", "attachment", "seal"),
            skipped=f"{NO_SEAL} {NOT_REACHED}",
            signed=False,
        ),
        "refused",
        "no",
    ),
    # impersonation
    "another name at the top": (
        report("pdf", "as sealed", "holder-name"),
        "impersonation",
        "no",
    ),
    "another holder in a JSON CV": (
        report("json", "as sealed", "agreement", "holder-name"),
        "impersonation",
        "no",
    ),
    "another name, not signed": (
        report("pdf", "not sealed", "seal", "holder-name", skipped=NO_SEAL, signed=False),
        "impersonation",
        "no",
    ),
    "sealed over another proof": (
        report(
            *("pdf", "altered", "seal-coverage"),
            skipped="seal-trust",
            recoverable=True,
            replaced=True,
        ),
        "impersonation",
        "no",
    ),
    "another name over a proof that does not hold": (
        report("pdf", "as sealed", "proof", skipped="person holder-name"),
        "refused",
        "no",
    ),
    # other-persons
    "two persons, sealed": (
        report("pdf", "as sealed", "person", skipped="holder-name"),
        "other-persons",
        "no",
    ),
    "two persons in a JSON CV": (
        report("json", "as sealed", "person", skipped="holder-name"),
        "other-persons",
        "no",
    ),
    "two persons, modified": (
        report(
            *("pdf", "altered", "seal-coverage", "person"),
            skipped="seal-trust holder-name",
        ),
        "other-persons",
        "no",
    ),
    # modified
    "painted over": (
        report("pdf", "altered", "seal-coverage", skipped="seal-trust"),
        "modified",
        "no",
    ),
    "painted over, and recoverable": (
        report("pdf", "altered", "seal-coverage", skipped="seal-trust", recoverable=True),
        "modified",
        "no",
    ),
    "a broken seal": (report("pdf", "altered", "seal", skipped=NO_SEAL), "modified", "no"),
    "a broken seal, without a proof": (
        report("pdf", "altered", "attachment", "seal", skipped=f"{NO_SEAL} {NOT_REACHED}"),
        "modified",
        "no",
    ),
    "a broken JSON CV": (report("json", "altered", "signature"), "modified", "no"),
    # proof
    "a proof": (report("bundle", "not provable"), "proof", "yes"),
    "a proof with a reason": (
        report("bundle", "not provable", proof="attention"),
        "proof",
        "attention",
    ),
    "a bad proof": (report("bundle", "not provable", "proof"), "refused", "no"),
    # not-original
    "never sealed": (
        report("pdf", "not sealed", "seal", skipped=NO_SEAL, signed=False),
        "not-original",
        "no",
    ),
    "never signed": (
        report("json", "not sealed", "signature", signed=False),
        "not-original",
        "no",
    ),
    "never sealed, with a reason": (
        report(
            *("pdf", "not sealed", "seal"), skipped=NO_SEAL, signed=False, proof="attention"
        ),
        "not-original",
        "no",
    ),
    # untrusted-seal
    "sealed by a stranger": (
        report("pdf", "untrusted seal", "seal-trust"),
        "untrusted-seal",
        "no",
    ),
    "a JSON CV by a stranger": (
        report("json", "untrusted seal", "issuer"),
        "untrusted-seal",
        "no",
    ),
    "sealed by a stranger, with active content": (
        report("pdf", "untrusted seal", "content", "seal-trust"),
        "refused",
        "no",
    ),
    "a JSON CV by a stranger that claims more": (
        report("json", "untrusted seal", "issuer", "agreement"),
        "refused",
        "no",
    ),
    # paper
    "a summary": (report("summary", "not provable"), "paper", "attention"),
    "a summary by a stranger": (
        report("summary", "not provable", "signature"),
        "refused",
        "no",
    ),
    "a summary of another form": (
        report("summary", "not provable", "summary", skipped="signature"),
        "refused",
        "no",
    ),
    # refused
    "active content": (report("pdf", "as sealed", "content"), "refused", "no"),
    "sealed, with a bad proof": (
        report("pdf", "as sealed", "proof", skipped="person holder-name"),
        "refused",
        "no",
    ),
    "sealed, without the proof that it claims": (
        report("pdf", "as sealed", "attachment", skipped=NOT_REACHED),
        "refused",
        "no",
    ),
    "a JSON CV that claims more": (report("json", "as sealed", "agreement"), "refused", "no"),
    "a JSON CV without form": (
        report(
            *("json", "not provable", "document"),
            skipped=f"signature issuer agreement {NOT_REACHED}",
        ),
        "refused",
        "no",
    ),
}


@pytest.mark.parametrize("case", LEVELS.values(), ids=LEVELS)
def test_level_follows_from_the_checks(case: tuple[CvReport, Level, str]) -> None:
    found, level, verdict = case
    assert (found.level, found.verdict) == (level, verdict)
    assert found.reasons == (("compare-paper",) if level == "paper" else ())


def test_every_level_occurs() -> None:
    assert {level for _, level, _ in LEVELS.values()} == {*get_args(Level)}


@pytest.mark.parametrize("kind", CHECKS)
def test_unreadable_document_proves_nothing(kind: Kind) -> None:
    made = [Check("readable", "no", "why")]
    document = Document("unreadable")
    for claims in (True, False):
        found = conclude(
            Findings(kind=kind, made=made, document=document, claims=claims), TODAY
        )
        assert (found.verdict, found.level) == ("unreadable", "refused")
        assert [check.name for check in found.checks] == [*CHECKS[kind]]
        assert {check.outcome for check in found.checks[1:]} <= {"n/a"}


@pytest.mark.parametrize("kind", CHECKS)
def test_every_check_must_be_reached_for_a_yes(kind: Kind) -> None:
    for left_out in CHECKS[kind][1:]:
        found = report(kind, "as sealed", skipped=left_out)
        if left_out == "holder-name":
            assert found.verdict == "yes"
        else:
            assert found.verdict in {"no", "unreadable"}, left_out


def test_json_form_has_all_members_in_order() -> None:
    document = json.loads(report("pdf", "as sealed").to_json())
    assert [*document] == [
        *("format", "kind", "verdict", "level", "recoverable", "day", "reasons", "summary"),
        *("checks", "document", "proof", "printed"),
    ]
    assert document["day"] == TODAY.isoformat()
    assert json.loads(report("pdf", "as sealed", day=None).to_json())["day"] is None
    assert [*document["document"]] == ["outcome", "sealed_by", "sealed_at", "time_source"]
    assert [*document["checks"][0]] == ["name", "outcome", "reason", "index"]


def test_checks_are_those_of_the_format() -> None:
    assert CHECKS["pdf"][4:] == ("content", "seal-trust", "proof", "person", "holder-name")
    assert CHECKS["json"][-3:] == ("agreement", "person", "holder-name")
    assert CHECKS["bundle"] == ("readable", "proof")


def sentences(outcome: Outcome = "as sealed", **document: Any) -> tuple[str, ...]:
    made = [Check(name, "yes", "why") for name in CHECKS["pdf"]]
    sealed = Document(outcome, **document)
    return conclude(Findings(kind="pdf", made=made, document=sealed), TODAY).summary


def test_sentences_tell_who_sealed_it_and_when() -> None:
    sealed: dict[str, Any] = {
        "sealed_by": "An operator",
        "sealed_at": "2026-11-25T21:00:00Z",
    }
    said = sentences(**sealed, time_source="tsa")[1]
    assert said.endswith("by An operator at 2026-11-25T21:00:00Z (by a time stamp).")
    assert sentences(**sealed, time_source="claimed")[1].endswith("(by the sealer's clock).")
    assert "bears no name" in sentences()[1]
    failed = report("pdf", "altered", "seal-coverage")
    assert "seal-coverage: why" in failed.summary


def test_reasons_come_before_everything_else() -> None:
    for kind in ("pdf", "json", "bundle"):
        said = report(kind, "as sealed", proof="attention").summary
        assert said[2] == "Entry 4: expired."
        assert said[1].startswith("Proven: 1 certification")


def test_what_is_not_looked_at_is_said() -> None:
    unread = "The text on the pages was not read"
    assert any(line.startswith(unread) for line in report("pdf", "as sealed").summary)
    assert not any(line.startswith(unread) for line in report("json", "as sealed").summary)
    recoverable = report(
        "pdf", "altered", "seal-coverage", skipped="seal-trust", recoverable=True
    )
    assert "is intact inside" in recoverable.summary[1]


def test_nobody_is_accused() -> None:
    """What happened to a file is said, not who meant what by it."""
    for found, _, _ in LEVELS.values():
        assert "forge" not in " ".join(found.summary).lower()


def test_a_hint_comes_right_behind_the_level() -> None:
    made = [Check("readable", "yes", "why")]
    found = Findings(
        kind="unknown",
        made=made,
        document=Document("not provable"),
        claims=False,
        hint="This is a text.",
    )
    assert conclude(found, None).summary[1] == "This is a text."
