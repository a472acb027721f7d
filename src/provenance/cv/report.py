"""What was found out about a document: values for programs, sentences for people.

Three questions stay apart: is this document as it was sealed (``document``); is each
certification in the ledger, unmodified, and from whom (``proof``); what is its status, as of
when (in ``proof`` too). The JSON form has the members of `CvReport`, in their order::

    {"format":"provenance-document-report/1","kind":"pdf","verdict":"no","level":"forged",
     "summary":["…",…],
     "checks":[{"name":"readable","outcome":"yes","reason":"…","index":null},…],
     "document":{"outcome":"altered","sealed_by":null,"sealed_at":null,"time_source":null},
     "proof":{"format":"provenance-report/1",…},"printed":null}

`conclude` is the one place where checks become a level and a verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct

from provenance.encoding import encode_json
from provenance.report import Check, Report, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind: TypeAlias = Literal["pdf", "json", "summary", "bundle", "unknown"]
Level: TypeAlias = Literal["original", "re-saved", "forged", "printed", "refused"]
Outcome: TypeAlias = Literal[
    "as sealed", "not sealed", "altered", "untrusted seal", "not provable", "unreadable"
]

CHECKS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "pdf": (
        "readable",
        "attachment",
        "seal",
        "seal-coverage",
        "seal-trust",
        "proof",
        "person",
    ),
    "json": (
        "readable",
        "document",
        "signature",
        "issuer",
        "proof",
        "agreement",
        "person",
    ),
    "summary": ("readable", "summary", "signature"),
    "bundle": ("readable", "proof", "person"),
    "unknown": ("readable",),
}
"""The checks of each kind of document, in their order."""
_PROVEN: Final[Mapping[Kind, tuple[str, ...]]] = {
    "pdf": ("attachment", "proof"),
    "json": ("document", "proof"),
}
"""What a genuine proof needs, whatever document it stands in."""

_LEVELS: Final[Mapping[Level, str]] = {
    "original": "Everything holds.",
    "re-saved": "The proof is genuine; the document around it is not sealed (it was saved "
    "again, or never was), so nothing else that it says is vouched for.",
    "forged": "A genuine proof in a forged document: do not rely on what the document says.",
    "printed": "The summary is signed by the operator; a paper around it is not.",
    "refused": "Nothing here can be relied on.",
}
_DOCUMENTS: Final[Mapping[Outcome, str]] = {
    "not sealed": "The document bears no seal.",
    "altered": "The document is not as it was sealed: its seal is broken, or does not cover "
    "the whole of it.",
    "untrusted seal": "The document is sealed by somebody whom the verifier does not trust.",
    "not provable": "Whether a document is unchanged cannot be told from this.",
    "unreadable": "It cannot be read.",
}


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


class CvReport(Struct, frozen=True, kw_only=True):
    """The outcome of one verification of a document.

    ``proof``: the report on the proof bundle, where one was reached. ``printed``: what a
    signed summary says, where its signature holds.
    """

    format: Literal["provenance-document-report/1"] = "provenance-document-report/1"
    kind: Kind
    verdict: Verdict
    level: Level
    summary: tuple[str, ...]
    checks: tuple[Check, ...]
    document: Document
    proof: Report | None = None
    printed: Struct | None = None

    def to_json(self) -> bytes:
        """Encode as JSON, the same bytes for the same report."""
        return encode_json(self)


def conclude(
    kind: Kind,
    made: Sequence[Check],
    document: Document,
    *,
    proof: Report | None = None,
    printed: Struct | None = None,
) -> CvReport:
    """Make the report out of the checks that were reached; the others become ``n/a``.

    ``made`` holds the checks in any order; a check that failed several times stands there
    once a failure. The names are those of `CHECKS`.
    """
    assert {check.name for check in made} <= {*CHECKS[kind]}
    checks = tuple(check for name in CHECKS[kind] for check in _reached(name, made))
    outcomes = {check.name: check.outcome for check in checks}
    level = _level(kind, outcomes, document.outcome)
    verdict: Verdict = "yes" if level in {"original", "printed"} else "no"
    if outcomes["readable"] != "yes":
        verdict = "unreadable"
    return CvReport(
        kind=kind,
        verdict=verdict,
        level=level,
        summary=_sentences(level, checks, document, proof),
        checks=checks,
        document=document,
        proof=proof,
        printed=printed,
    )


def _reached(name: str, made: Sequence[Check]) -> list[Check]:
    """Give the checks of one name: its failures, or else what was found first."""
    found = [check for check in made if check.name == name]
    failures = [check for check in found if check.outcome == "no"]
    return failures or found[:1] or [Check(name, "n/a", "an earlier check failed")]


def _level(kind: Kind, outcomes: Mapping[str, str], document: Outcome) -> Level:
    if kind != "unknown" and set(outcomes.values()) == {"yes"}:
        return "printed" if kind == "summary" else "original"
    needed = _PROVEN.get(kind)
    if needed is None or any(outcomes[name] != "yes" for name in needed):
        return "refused"
    # Persons that differ are the graver thing: somebody put them together.
    if outcomes["person"] == "no" or document != "not sealed":
        return "forged"
    return "re-saved"


def _sentences(
    level: Level, checks: Sequence[Check], document: Document, proof: Report | None
) -> tuple[str, ...]:
    failures = [f"{check.name}: {check.reason}" for check in checks if check.outcome == "no"]
    shown = () if proof is None or proof.verdict != "yes" else proof.summary
    return (_LEVELS[level], _document_sentence(document), *failures, *shown)


def _document_sentence(document: Document) -> str:
    if document.outcome != "as sealed":
        return _DOCUMENTS[document.outcome]
    when = ""
    if document.sealed_at is not None:
        how = "by a time stamp" if document.time_source == "tsa" else "by the sealer's clock"
        when = f" at {document.sealed_at} ({how})"
    who = document.sealed_by or "somebody whose certificate bears no name"
    return f"The document is as it was sealed by {who}{when}."
