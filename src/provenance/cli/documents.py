"""A document of a CV verified, and its report as people read it: three questions apart.

Is this document as it was sealed; is each certification in the log, unmodified, and from
whom; what is its status, as of when.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from provenance.cli.exits import NO, UNREADABLE, YES
from provenance.cli.files import read_text
from provenance.cli.output import Answer, when
from provenance.cli.reports import show_certifications, show_checks, show_failures
from provenance.cv.roots import parse_seal_roots
from provenance.cv.summary import Summary
from provenance.cv.verify import recognise, verify
from provenance.encoding import TEXT_SIZE_MAX
from provenance.errors import FormatError

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output
    from provenance.cv.report import CvReport
    from provenance.tlog.tiles import TileReader

STATUS: Final = {"yes": YES, "no": NO, "unreadable": UNREADABLE}
"""Exit status for each verdict."""
_WORDS: Final = {
    "original": "YES: it is the original, and what it proves is proven.",
    "re-saved": "NO: the proof is genuine, but the document around it is not sealed.",
    "forged": "NO: a genuine proof in a forged document.",
    "printed": "YES: the summary is the operator's; compare what it says with the paper.",
    "refused": "NO: nothing in this file can be relied on.",
}
_UNTRUSTED: Final = "NO: the proof is genuine; whoever sealed the document is not trusted here."


def add_seal_roots(parser: argparse.ArgumentParser) -> None:
    """Add ``--seal-roots``."""
    parser.add_argument(
        "--seal-roots",
        metavar="FILE",
        help="whose seals, time stamps, summaries and JSON CVs are trusted (nobody's)",
    )


def read_tiles(place: str | None) -> TileReader | None:
    """Give a reader of the tiles that ``--refresh`` names, where it was given."""
    if place is None:
        return None
    from provenance.fetching import open_tiles  # noqa: PLC0415 - verifying is offline

    return open_tiles(place)


def verify_document(data: bytes, policy: str, args: argparse.Namespace) -> Answer:
    """Verify a document of any kind; give its report as an answer."""
    if args.refresh is not None and recognise(data) in {"picture", "summary"}:
        raise FormatError("--refresh goes with a proof, and a QR code holds none")
    given = args.seal_roots is not None
    text = read_text(args.seal_roots, size_max=TEXT_SIZE_MAX) if given else ""
    report = verify(
        data,
        policy,
        parse_seal_roots(text),
        now_s=int(time.time()),
        max_age_s=args.max_age,
        genesis=args.genesis,
        tiles=read_tiles(args.refresh),
    )

    def show(out: Output) -> None:
        _show(report, out)
        if not given and report.kind not in {"bundle", "unknown"}:
            out.line()
            out.line("No seal roots were given, so no seal can be trusted: --seal-roots FILE")

    return Answer(STATUS[report.verdict], report.to_json(), show)


def _show(report: CvReport, out: Output) -> None:
    if report.verdict == "unreadable":
        out.verdict("This cannot be read as a document that is verified here.", good=False)
    else:
        out.verdict(_headline(report), good=report.verdict == "yes")
    show_failures(report, out)
    if report.verdict == "unreadable":
        return
    out.heading("Is this document as it was sealed?")
    out.line(f"  {report.summary[1]}")
    if report.proof is not None and report.proof.verdict == "yes":
        show_certifications(report.proof, out)
    elif report.proof is not None:
        out.heading("The proof")
        show_failures(report.proof, out)
    if isinstance(report.printed, Summary):
        _show_printed(report.printed, out)
    show_checks(report.checks, out)
    out.heading("In words")
    for sentence in report.summary:
        out.line(f"  {sentence}")


def _headline(report: CvReport) -> str:
    """Say the level in words; an intact seal of a stranger is not called a forgery first."""
    failing = {check.name for check in report.checks if check.outcome == "no"}
    return _UNTRUSTED if failing == {"seal-trust"} else _WORDS[report.level]


def _show_printed(summary: Summary, out: Output) -> None:
    """Show what the paper must say, to be compared with what it does say."""
    out.heading("What the summary says")
    holder = summary.holder
    out.pairs(
        [
            ("holder", f"{holder.first_name} {holder.name}"),
            ("born", holder.born or "not said"),
            ("log", f"{summary.origin}, size {summary.size}"),
            ("statuses as of", when(summary.time)),
        ]
    )
    columns = ("entry", "type", "code", "certifier", "awarded", "ends", "level", "status")
    rows = [
        (
            one.index,
            one.type,
            one.code,
            one.certifier_name or one.certifier,
            one.awarded,
            one.ends,
            one.level,
            one.status,
        )
        for one in summary.certifications
    ]
    out.table(columns, rows)
