"""The checks ``proof`` and ``person``, which every document with a bundle in it shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provenance.report import Report
    from provenance.verifier import Verifier
    from provenance.verifier.checks import Checks


def check_proof(bundle: bytes, verifier: Verifier, checks: Checks) -> Report:
    """Verify a bundle; record whether it holds, and whether it is of one person.

    Persons are looked at only where the bundle holds. Identities that do not settle the
    question are no failure: what is shown of them is for people to read.
    """
    report = verifier.verify(bundle)
    if report.verdict != "yes":
        failing = dict.fromkeys(one.name for one in report.checks if one.outcome == "no")
        checks.no("proof", f"the proof does not hold: {', '.join(failing)}")
        return report
    checks.yes("proof", f"{len(report.certifications)} certification(s) are in the log")
    if report.same_person is False:
        checks.no("person", "the certifications belong to different persons")
    elif report.same_person is None:
        checks.yes("person", "the identities shown do not contradict each other")
    else:
        checks.yes("person", "all identities shown are one person's")
    return report
