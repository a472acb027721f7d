"""What the package's own verifier says of a case."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, NamedTuple

from provenance.verifier import Verifier
from vectors.cases import Case, Said

if TYPE_CHECKING:
    from provenance.report import Report
    from vectors.cases import Draft, Kind, Level, Verdict


class Judged(NamedTuple):
    """The verdict on a document, and the report on the proof in it."""

    kind: Kind
    verdict: Verdict
    level: Level
    failing: tuple[str, ...]
    proof: Report | None


def judge(data: bytes, asked: Draft | Case, policy: str | None = None) -> Judged:
    """Verify a bundle as the case asks for."""
    genesis = b64decode(asked.genesis) if isinstance(asked.genesis, str) else asked.genesis
    verifier = Verifier(
        asked.policy if policy is None else policy,
        now_s=asked.now_s,
        max_age_s=asked.max_age_s,
        genesis=genesis,
    )
    report = verifier.verify(data)
    if report.verdict == "unreadable":
        known = data.startswith(b'{"format":"provenance-proof/')
        kind: Kind = "bundle" if known else "unknown"
        proof = report if known else None
        return Judged(kind, "unreadable", "refused", ("readable",), proof)
    if report.verdict == "no":
        return Judged("bundle", "no", "refused", ("proof",), report)
    if report.same_person is False:
        return Judged("bundle", "no", "refused", ("person",), report)
    return Judged("bundle", "yes", "original", (), report)


def describe(
    draft: Draft, judged: Judged, *, file: str, policy: str, roots: str | None
) -> Case:
    """Write down what the verifier said."""
    proof = judged.proof
    accepted = proof is not None and proof.verdict == "yes"
    failures = failures_of(proof)
    return Case(
        id=draft.id,
        file=file,
        policy=policy,
        seal_roots=roots,
        now_s=draft.now_s,
        max_age_s=draft.max_age_s,
        genesis=None if draft.genesis is None else b64encode(draft.genesis).decode(),
        kind=judged.kind,
        verdict=judged.verdict,
        level=judged.level,
        failing=judged.failing,
        proof_failing=tuple(dict.fromkeys(name for name, _ in failures)),
        proof_failures=failures,
        certifications=said_by(proof) if accepted else None,
        same_person=proof.same_person if proof is not None and accepted else None,
        note=draft.note,
    )


def failures_of(report: Report | None) -> tuple[tuple[str, int | None], ...]:
    """Give every check that failed, with the entry that it failed for."""
    checks = () if report is None else report.checks
    return tuple((check.name, check.index) for check in checks if check.outcome == "no")


def said_by(report: Report | None) -> tuple[Said, ...]:
    """Give what is said of each certification, its fields aside."""
    certifications = () if report is None else report.certifications
    return tuple(
        Said(**{name: getattr(one, name) for name in Said.__struct_fields__})
        for one in certifications
    )
