"""What the package's own verifier says of a case."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import date
from typing import TYPE_CHECKING, Any

from provenance.cv import verify
from provenance.cv.roots import parse_seal_roots
from provenance.cv.verify import verify_bundle
from provenance.verifier import Verifier
from provenance.verifier.reasons import STATUS_DAYS
from vectors.cases import Case, Persons, Said

if TYPE_CHECKING:
    from provenance.cv import CvReport
    from provenance.report import Report
    from vectors.cases import Draft


def judge(
    data: bytes, asked: Draft | Case, policy: str | None = None, roots: str | None = None
) -> CvReport:
    """Verify a document as the case asks for; ``policy`` and ``roots`` are texts."""
    genesis = b64decode(asked.genesis) if isinstance(asked.genesis, str) else asked.genesis
    text = asked.policy if policy is None else policy
    # A case without a time needs none, so any will do.
    options: dict[str, Any] = {
        "now_s": asked.now_s or 0,
        "max_age_s": asked.max_age_s,
        "genesis": genesis,
    }
    day = date.fromisoformat(asked.day) if isinstance(asked.day, str) else asked.day
    if day is not None and asked.status_days is None:
        return verify(data, text, roots or "", day=day, **options)
    # Documents are always judged on some day, and by the usual age of a status.
    tsa = parse_seal_roots(roots or "").tsas
    status_days = STATUS_DAYS if asked.status_days is None else asked.status_days
    verifier = Verifier(text, tsa=tsa, status_days=status_days, **options)
    return verify_bundle(data, verifier, day)


def describe(
    draft: Draft, report: CvReport, *, file: str, policy: str, roots: str | None
) -> Case:
    """Write down what the verifier said."""
    proof = report.proof
    accepted = proof if proof is not None and proof.verdict in {"yes", "attention"} else None
    failures = failures_of(proof)
    return Case(
        id=draft.id,
        file=file,
        policy=policy,
        seal_roots=roots,
        day=None if draft.day is None else draft.day.isoformat(),
        status_days=draft.status_days,
        now_s=draft.now_s,
        max_age_s=draft.max_age_s,
        genesis=None if draft.genesis is None else b64encode(draft.genesis).decode(),
        kind=report.kind,
        verdict=report.verdict,
        level=report.level,
        recoverable=report.recoverable,
        failing=tuple(name for name, _ in failures_of(report)),
        proof_verdict=None if proof is None else proof.verdict,
        proof_failures=failures,
        certifications=None if accepted is None else said_by(accepted),
        persons=() if accepted is None else persons_of(accepted),
        same_person=None if accepted is None else accepted.same_person,
        note=draft.note,
    )


def failures_of(report: CvReport | Report | None) -> tuple[tuple[str, int | None], ...]:
    """Return every check that failed, with the entry that it failed for."""
    checks = () if report is None else report.checks
    return tuple((check.name, check.index) for check in checks if check.outcome == "no")


def said_by(report: Report) -> tuple[Said, ...]:
    """Return what is said of each certification, its fields aside."""
    return tuple(
        Said(**{name: getattr(one, name) for name in Said.__struct_fields__})
        for one in report.certifications
    )


def persons_of(report: Report) -> tuple[Persons, ...]:
    """Return which certifications are one person's."""
    return tuple(Persons(one.kind, one.certifications) for one in report.persons)
