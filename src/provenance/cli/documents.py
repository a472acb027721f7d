"""A document of a CV verified, and its report as people read it: three questions apart.

Is this document as it was sealed; is each certification in the log, unmodified, and from
whom; how does it stand, as of when.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from provenance.cli.arguments import day_of
from provenance.cli.exits import VERDICTS
from provenance.cli.files import read_text
from provenance.cli.output import Answer, when
from provenance.cli.reports import (
    show_certifications,
    show_checks,
    show_failures,
    show_reasons,
)
from provenance.cv.roots import SealRoots, parse_seal_roots
from provenance.cv.verify import recognise, verify
from provenance.encoding import TEXT_SIZE_MAX
from provenance.errors import FormatError
from provenance.report import PROVEN, REASON_WORDS

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output
    from provenance.cv.report import CvReport, Printed
    from provenance.tlog.tiles import TileReader

_HEADLINES: Final = {
    "no-proof": "There is no proof in this file, so there is nothing to verify.",
    "impersonation": "NO: the proof is genuine, but it is not this document's own.",
    "other-persons": "NO: the document puts certifications of different people together.",
    "modified": "NO: the document was changed after it was signed.",
    "proof": "YES: what is shown here is proven. It says nothing about any document.",
    "not-original": "NO: the proof is genuine, but the document around it is not signed.",
    "untrusted-seal": "NO: the document is intact, but whoever signed it is not trusted here.",
    "paper": "ATTENTION: the summary is the operator's; compare each line with the paper.",
    "original": "YES: this is the original document, and what it proves is proven.",
    "refused": "NO: nothing in this file can be relied on.",
}
_DOUBTFUL: Final = {
    "proof": "ATTENTION: it is proven, but do not rely on all of it as it stands:",
    "original": "ATTENTION: this is the original, but do not rely on all of it as it stands:",
}
_RECOVER: Final = (
    "  The version that was signed is intact inside: provenance cv recover FILE -o OUT"
)


def add_seal_roots(parser: argparse.ArgumentParser) -> None:
    """Add ``--seal-roots``."""
    parser.add_argument(
        "--seal-roots",
        metavar="FILE",
        help="whose seals, time stamps, summaries and JSON CVs are trusted (nobody's)",
    )


def read_seal_roots(args: argparse.Namespace) -> SealRoots:
    """Read the file that ``--seal-roots`` names; trust nobody where it was not given."""
    if args.seal_roots is None:
        return SealRoots()
    return parse_seal_roots(read_text(args.seal_roots, size_max=TEXT_SIZE_MAX))


def read_tiles(place: str | None) -> TileReader | None:
    """Return a reader of the tiles that ``--refresh`` names, where it was given."""
    if place is None:
        return None
    from provenance.fetching import open_tiles  # noqa: PLC0415 - verifying is offline

    return open_tiles(place)


def verify_document(data: bytes, policy: str, args: argparse.Namespace) -> Answer:
    """Verify a document of any kind; return its report as an answer."""
    if args.refresh is not None and recognise(data) in {"picture", "summary"}:
        raise FormatError("--refresh goes with a proof, and a QR code holds none")
    report = verify(
        data,
        policy,
        read_seal_roots(args),
        now_s=int(time.time()),
        day=day_of(args),
        max_age_s=args.max_age,
        genesis=args.genesis,
        tiles=read_tiles(args.refresh),
    )

    def show(out: Output) -> None:
        show_document(report, out)
        if args.seal_roots is None and report.kind not in {"bundle", "unknown"}:
            out.line()
            out.line("No seal roots were given, so no seal can be trusted: --seal-roots FILE")

    return Answer(VERDICTS[report.verdict], report.to_json(), show)


def show_document(report: CvReport, out: Output) -> None:
    """Show a whole report on a document."""
    out.verdict(_headline(report), good=report.verdict == "yes")
    if report.proof is not None:
        show_reasons(report.proof, out)
    if report.recoverable:
        out.line(_RECOVER)
    if report.level == "no-proof":
        # What it is, and what to do, comes right behind the first sentence.
        out.line(f"  {report.summary[1]}")
    show_failures(report, out)
    if report.verdict == "unreadable":
        return
    out.heading("Is this document as it was sealed?")
    out.line(f"  {_document_sentence(report)}")
    if report.proof is not None and report.proof.verdict in PROVEN:
        show_certifications(report.proof, out)
    elif report.proof is not None:
        out.heading("The proof")
        show_failures(report.proof, out)
    if report.printed is not None:
        _show_printed(report.printed, out)
    show_checks(report.checks, out)
    out.heading("In words")
    for sentence in report.summary:
        out.line(f"  {sentence}")


def _headline(report: CvReport) -> str:
    """Say the level in words."""
    if report.verdict == "unreadable" and report.level != "no-proof":
        return "This cannot be read as a document that is verified here."
    if report.verdict == "attention" and report.level in _DOUBTFUL:
        return _DOUBTFUL[report.level]
    return _HEADLINES[report.level]


def _document_sentence(report: CvReport) -> str:
    document = report.document
    if document.outcome != "as sealed":
        return f"{document.outcome[0].upper()}{document.outcome[1:]}."
    who = document.sealed_by or "somebody whose certificate bears no name"
    at = "" if document.sealed_at is None else f" at {document.sealed_at}"
    how = " (by a time stamp)" if document.time_source == "tsa" else ""
    return f"Yes: it is as it was sealed by {who}{at}{how}."


def _show_printed(summary: Printed, out: Output) -> None:
    """Show what the paper must say, to be compared with what it does say."""
    out.heading("What the summary says, signed by the operator")
    holder = summary.holder
    out.pairs(
        [
            ("holder", f"{holder.first_name} {holder.name}"),
            ("born", holder.born or "not said"),
            ("log", f"{summary.origin}, size {summary.size}"),
            ("statuses as of", when(summary.time)),
        ]
    )
    columns = (
        *("entry", "type", "code", "title", "certifier", "awarded", "ends", "language"),
        *("level", "status", "attention"),
    )
    rows = [
        (
            one.index,
            one.type,
            one.code,
            one.title,
            one.certifier_name or one.certifier,
            one.awarded,
            one.ends,
            one.level,
            one.register_level,
            one.status,
            "; ".join(REASON_WORDS[reason] for reason in one.reasons),
        )
        for one in summary.certifications
    ]
    out.table(columns, rows)
