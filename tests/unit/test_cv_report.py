from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from provenance.cv.report import CHECKS, Document, conclude
from provenance.report import Check

if TYPE_CHECKING:
    from provenance.cv.report import CvReport, Kind, Level, Outcome


def report(kind: Kind, document: Outcome, *failing: str, skipped: str = "") -> CvReport:
    made = [
        Check(name, "no" if name in failing else "yes", "why")
        for name in CHECKS[kind]
        if name not in skipped.split()
    ]
    return conclude(kind, made, Document(document))


LEVELS: dict[str, tuple[CvReport, Level]] = {
    "a sealed CV": (report("pdf", "as sealed"), "original"),
    "saved again": (
        report("pdf", "not sealed", "seal", skipped="seal-coverage seal-trust"),
        "re-saved",
    ),
    "painted over": (
        report("pdf", "altered", "seal-coverage", skipped="seal-trust"),
        "forged",
    ),
    "a broken seal": (
        report("pdf", "altered", "seal", skipped="seal-coverage seal-trust"),
        "forged",
    ),
    "sealed by a stranger": (report("pdf", "untrusted seal", "seal-trust"), "forged"),
    "two persons, sealed": (report("pdf", "as sealed", "person"), "forged"),
    "two persons, not sealed": (
        report("pdf", "not sealed", "seal", "person", skipped="seal-coverage seal-trust"),
        "forged",
    ),
    "sealed, without proof": (
        report("pdf", "as sealed", "attachment", skipped="proof person"),
        "refused",
    ),
    "sealed, with a bad proof": (
        report("pdf", "as sealed", "proof", skipped="person"),
        "refused",
    ),
    "a signed JSON CV": (report("json", "as sealed"), "original"),
    "a JSON CV by a stranger": (report("json", "untrusted seal", "issuer"), "forged"),
    "a JSON CV that claims more": (report("json", "as sealed", "agreement"), "forged"),
    "a JSON CV without form": (
        report("json", "not provable", "document", skipped="signature issuer proof agreement"),
        "refused",
    ),
    "a summary": (report("summary", "not provable"), "printed"),
    "a summary by a stranger": (report("summary", "not provable", "signature"), "refused"),
    "a proof": (report("bundle", "not provable"), "original"),
    "a proof of two persons": (report("bundle", "not provable", "person"), "refused"),
    "a bad proof": (report("bundle", "not provable", "proof", skipped="person"), "refused"),
}


@pytest.mark.parametrize("case", LEVELS.values(), ids=LEVELS)
def test_level_follows_from_the_checks(case: tuple[CvReport, Level]) -> None:
    found, level = case
    assert found.level == level
    assert found.verdict == ("yes" if level in {"original", "printed"} else "no")


@pytest.mark.parametrize("kind", CHECKS)
def test_unreadable_document_proves_nothing(kind: Kind) -> None:
    found = conclude(kind, [Check("readable", "no", "why")], Document("unreadable"))
    assert (found.verdict, found.level) == ("unreadable", "refused")
    assert [check.name for check in found.checks] == [*CHECKS[kind]]
    assert {check.outcome for check in found.checks[1:]} <= {"n/a"}


@pytest.mark.parametrize("kind", CHECKS)
def test_every_check_must_be_reached_for_a_yes(kind: Kind) -> None:
    for left_out in CHECKS[kind][1:]:
        assert report(kind, "as sealed", skipped=left_out).verdict == "no"


def test_unknown_kind_is_never_a_yes() -> None:
    assert report("unknown", "not provable").verdict == "no"


def test_json_form_has_all_members_in_order() -> None:
    document = json.loads(report("pdf", "as sealed").to_json())
    assert [*document] == [
        "format",
        "kind",
        "verdict",
        "level",
        "summary",
        "checks",
        "document",
        "proof",
        "printed",
    ]
    assert [*document["document"]] == ["outcome", "sealed_by", "sealed_at", "time_source"]
    assert [*document["checks"][0]] == ["name", "outcome", "reason", "index"]


def test_sentences_tell_who_sealed_it_and_when() -> None:
    made = [Check(name, "yes", "why") for name in CHECKS["pdf"]]
    sealed = Document("as sealed", "An operator", "2026-11-25T21:00:00Z", "tsa")
    (_, sentence) = conclude("pdf", made, sealed).summary
    assert sentence.endswith("by An operator at 2026-11-25T21:00:00Z (by a time stamp).")
    sealed = Document("as sealed", "An operator", "2026-11-25T21:00:00Z", "claimed")
    assert conclude("pdf", made, sealed).summary[1].endswith("(by the sealer's clock).")
    assert "bears no name" in conclude("pdf", made, Document("as sealed")).summary[1]
    failed = report("pdf", "altered", "seal-coverage")
    assert "seal-coverage: why" in failed.summary
