"""The checks ``proof`` and ``person``, and what names of the holder are held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.report import PROVEN

if TYPE_CHECKING:
    from datetime import date

    from provenance.report import Report
    from provenance.verifier import Verifier
    from provenance.verifier.checks import Checks


def check_proof(bundle: bytes, verifier: Verifier, day: date | None, checks: Checks) -> Report:
    """Verify a bundle; record whether it holds. Its reasons are not failures."""
    report = verifier.verify(bundle, day)
    if report.verdict in PROVEN:
        checks.yes("proof", f"{len(report.certifications)} certification(s) are in the log")
    else:
        failing = dict.fromkeys(one.name for one in report.checks if one.outcome == "no")
        checks.no("proof", f"the proof does not hold: {', '.join(failing)}")
    return report


def check_person(report: Report, checks: Checks) -> bool:
    """Record whether an accepted bundle is of one person; return whether it may be.

    Identities that do not settle the question are not a failure: their certifications have a
    reason, and what is shown of them is for people to read.
    """
    if report.same_person is False:
        checks.no("person", "the certifications belong to different persons")
        return False
    if report.same_person is None:
        checks.yes("person", "the identities shown do not contradict each other")
    else:
        checks.yes("person", "all identities shown are one person's")
    return True
