"""What was found out about a document: values for programs, sentences for people.

Three questions stay apart: is this document as it was sealed (``document``); is each
certification in the ledger, unmodified, and from whom (``proof``); how does it stand, as of
when (in ``proof`` too). The JSON form has the members of `CvReport`, in their order::

    {"format":"provenance-document-report/1","kind":"pdf","verdict":"no","level":"modified",
     "recoverable":true,"day":"2026-11-30","reasons":[],"summary":["…",…],
     "checks":[{"name":"readable","outcome":"yes","reason":"…","index":null},…],
     "document":{"outcome":"altered","sealed_by":null,"sealed_at":null,"time_source":null},
     "proof":{"format":"provenance-report/1",…},"printed":null}

`conclude` is the one place where checks become a level and a verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct

from provenance.cv.summary import SummaryHolder, SummaryLine
from provenance.encoding import encode_json
from provenance.record.forms import Index  # noqa: TC001 - msgspec resolves it
from provenance.report import PROVEN, Check, Reason, Report, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

Kind: TypeAlias = Literal["pdf", "json", "summary", "bundle", "unknown"]
Level: TypeAlias = Literal[
    "no-proof",
    "impersonation",
    "other-persons",
    "modified",
    "proof",
    "not-original",
    "untrusted-seal",
    "paper",
    "original",
    "refused",
]
"""What a document is, the first that fits."""
Outcome: TypeAlias = Literal[
    "as sealed", "not sealed", "altered", "untrusted seal", "not provable", "unreadable"
]
DocumentReason: TypeAlias = Literal["compare-paper"]

CHECKS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "pdf": (
        "readable",
        "attachment",
        "seal",
        "seal-coverage",
        "content",
        "seal-trust",
        "proof",
        "person",
        "holder-name",
    ),
    "json": (
        "readable",
        "document",
        "signature",
        "issuer",
        "proof",
        "agreement",
        "person",
        "holder-name",
    ),
    "summary": ("readable", "summary", "signature"),
    "bundle": ("readable", "proof"),
    "unknown": ("readable",),
}
"""The checks of each kind of document, in their order."""

_LEVELS: Final[Mapping[Level, str]] = {
    "no-proof": "There is no proof in this file, so there is nothing to verify. Most documents "
    "carry none: that says nothing against it.",
    "impersonation": "The proof is genuine, but it is not this document's own: do not rely on "
    "what the document says.",
    "other-persons": "The document puts certifications of different people together: do not "
    "rely on it.",
    "modified": "The document was changed after it was signed: do not rely on what it says.",
    "proof": "This is a proof by itself. It says nothing about any document.",
    "not-original": "The proof is genuine, but the document around it is not signed: nothing "
    "else that it says is vouched for. Ask for the original file.",
    "untrusted-seal": "The document is intact, but signed by somebody whom this verifier does "
    "not trust.",
    "paper": "The summary is the operator's, but a code can be copied to any paper: compare "
    "each line with what the paper says.",
    "original": "This is the original document.",
    "refused": "Nothing here can be relied on.",
}
_DOCUMENTS: Final[Mapping[Outcome, str]] = {
    "not sealed": "The document is not signed.",
    "altered": "The document is not as it was signed.",
    "untrusted seal": "The document is signed by somebody whom the verifier does not trust.",
    "not provable": "Whether a document is unchanged cannot be told from this.",
    "unreadable": "It cannot be read.",
}
_RECOVERABLE: Final = "The version that was signed is intact inside, and can be taken out."
_UNREAD: Final = (
    "The text on the pages was not read: compare the name and the lines there with these."
)


class Document(Struct, frozen=True):
    """Whether this document is as it was sealed.

    ``sealed_by``: the common name in the seal's certificate, which need not have one, or
    the issuer's did:key.
    ``sealed_at``: RFC 3339, UTC. ``time_source``: ``tsa`` where a trusted time stamp says so,
    ``claimed`` where only the sealer does. All three only where the outcome is ``as sealed``.
    """

    outcome: Outcome
    sealed_by: str | None = None
    sealed_at: str | None = None
    time_source: Literal["tsa", "claimed"] | None = None


class PrintedLine(SummaryLine, frozen=True, array_like=True):
    """A line of a signed summary, and why it needs attention on the day of verification."""

    reasons: tuple[Reason, ...]


class Printed(Struct, frozen=True):
    """What a signed summary says; `provenance.cv.summary.Summary` tells the members."""

    origin: str
    size: Index
    time: str
    holder: SummaryHolder
    certifications: tuple[PrintedLine, ...]


class CvReport(Struct, frozen=True, kw_only=True):
    """The outcome of one verification of a document.

    ``recoverable``: it was modified, and the version that was signed is intact inside.
    ``day``: the day in Paris that validity was judged at. ``reasons``: those of the document
    itself; each certification has its own. ``proof``: the report on the proof bundle, where
    one was reached. ``printed``: what a signed summary says, where its signature holds.
    """

    format: Literal["provenance-document-report/1"] = "provenance-document-report/1"
    kind: Kind
    verdict: Verdict
    level: Level
    recoverable: bool
    day: str | None
    reasons: tuple[DocumentReason, ...]
    summary: tuple[str, ...]
    checks: tuple[Check, ...]
    document: Document
    proof: Report | None = None
    printed: Printed | None = None

    def to_json(self) -> bytes:
        """Encode as JSON, the same bytes for the same report."""
        return encode_json(self)


class Findings(Struct, frozen=True, kw_only=True):
    """What was found about a document, from which its report follows.

    ``made``: the checks that were reached, in any order; one that failed several times is
    there once a failure. ``claims``: there is a proof in it, or what claims to be one.
    ``signed``: it bears a signature, be it good or bad. ``recoverable``: the version that was
    signed is intact inside; ``replaced``: and that one carries another proof. ``hint``: a
    sentence about what the file is, and what to do.
    """

    kind: Kind
    made: Sequence[Check]
    document: Document
    claims: bool = True
    signed: bool = False
    recoverable: bool = False
    replaced: bool = False
    hint: str = ""
    proof: Report | None = None
    printed: Printed | None = None


def conclude(found: Findings, day: date | None) -> CvReport:
    """Make the report; checks that were not reached become ``n/a``."""
    names = CHECKS[found.kind]
    assert {check.name for check in found.made} <= {*names}
    checks = tuple(check for name in names for check in _reached(name, found.made))
    outcomes = {check.name: check.outcome for check in checks}
    level = _level(found, outcomes)
    return CvReport(
        kind=found.kind,
        verdict=_verdict(level, outcomes, found.proof),
        level=level,
        recoverable=found.recoverable,
        day=None if day is None else day.isoformat(),
        reasons=("compare-paper",) if level == "paper" else (),
        summary=tuple(_sentences(level, checks, found)),
        checks=checks,
        document=found.document,
        proof=found.proof,
        printed=found.printed,
    )


def _reached(name: str, made: Sequence[Check]) -> list[Check]:
    """Return the checks of one name: its failures, or else what was found first."""
    found = [check for check in made if check.name == name]
    failures = [check for check in found if check.outcome == "no"]
    return failures or found[:1] or [Check(name, "n/a", "an earlier check failed")]


def _level(found: Findings, outcomes: Mapping[str, str]) -> Level:
    failed = {name for name, outcome in outcomes.items() if outcome == "no"}
    skipped = {name for name, outcome in outcomes.items() if outcome == "n/a"}
    proven, is_cv = outcomes.get("proof") == "yes", found.kind in {"pdf", "json"}
    levels: tuple[tuple[Level, bool], ...] = (
        ("no-proof", "readable" not in failed and not found.claims),
        ("impersonation", proven and ("holder-name" in failed or found.replaced)),
        ("other-persons", proven and "person" in failed),
        (
            "modified",
            found.signed and not failed.isdisjoint({"seal", "seal-coverage", "signature"}),
        ),
        ("proof", found.kind == "bundle" and proven),
        ("not-original", is_cv and proven and not found.signed),
        ("untrusted-seal", proven and failed in ({"seal-trust"}, {"issuer"})),
        ("paper", found.kind == "summary" and not failed and not skipped),
        ("original", is_cv and not failed and skipped <= {"holder-name"}),
    )
    return next((level for level, holds in levels if holds), "refused")


def _verdict(level: Level, outcomes: Mapping[str, str], proof: Report | None) -> Verdict:
    if level in {"original", "proof"} and proof is not None:
        return proof.verdict
    if level == "paper":
        return "attention"
    if level == "no-proof" or (level == "refused" and outcomes["readable"] == "no"):
        return "unreadable"
    return "no"


def _sentences(level: Level, checks: Sequence[Check], found: Findings) -> Iterator[str]:
    proof = found.proof
    proven = () if proof is None or proof.verdict not in PROVEN else proof.summary
    yield _LEVELS[level]
    if level in {"original", "proof"}:
        # What stands against relying on it comes before everything else.
        yield from proven[:2] if proof is not None and proof.verdict == "attention" else ()
    if found.hint:
        yield found.hint
    if found.recoverable:
        yield _RECOVERABLE
    yield _document_sentence(found.document)
    yield from (f"{check.name}: {check.reason}" for check in checks if check.outcome == "no")
    if found.kind == "pdf" and level != "no-proof" and found.document.outcome != "unreadable":
        yield _UNREAD
    yield from proven


def _document_sentence(document: Document) -> str:
    if document.outcome != "as sealed":
        return _DOCUMENTS[document.outcome]
    when = ""
    if document.sealed_at is not None:
        how = "by a time stamp" if document.time_source == "tsa" else "by the sealer's clock"
        when = f" at {document.sealed_at} ({how})"
    who = document.sealed_by or "somebody whose certificate bears no name"
    return f"The document is as it was sealed by {who}{when}."
