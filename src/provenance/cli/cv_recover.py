"""Take the sealed version out of a PDF file that was modified afterwards.

Whoever adds a note to a sealed PDF file, or saves it with a viewer that only adds to it,
leaves the version that was sealed intact inside. That one is looked for, verified, and
written only where it is an original under the policy and the seal roots. The file itself
is never written to. Where nothing can be recovered, the exit status is 1, and nothing is
written.

Examples:
  provenance cv recover noted.pdf -o sealed.pdf --policy policy.txt --seal-roots roots.txt
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.cli.arguments import add_day, add_json, add_output, add_trust, day_of
from provenance.cli.documents import add_seal_roots, read_seal_roots
from provenance.cli.exits import NO, YES
from provenance.cli.files import STANDARD_STREAM, read_file, read_text, write_file
from provenance.cli.output import Answer
from provenance.cli.reports import show_reasons
from provenance.cv.verify import DOCUMENT_SIZE_MAX, make_verifier, recognise
from provenance.encoding import TEXT_SIZE_MAX
from provenance.errors import FormatError, PolicyError

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output
    from provenance.cv.report import CvReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("file", metavar="FILE", help="the PDF file; - is standard input")
    add_trust(parser, required=True)
    add_seal_roots(parser)
    add_day(parser)
    add_output(parser, "the version that was sealed", required=True)
    add_json(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Look for the version that was sealed, verify it, and write it."""
    del out
    from provenance.cv.pdfcheck import find_revision, verify_pdf  # noqa: PLC0415 - for help

    _check_target(args.file, args.output)
    policy = read_text(args.policy, size_max=TEXT_SIZE_MAX)
    data = read_file(args.file, size_max=DOCUMENT_SIZE_MAX)
    if recognise(data) != "pdf":
        raise FormatError(f"{args.file} is not a PDF file: only these hold earlier versions")
    roots, day, now_s = read_seal_roots(args), day_of(args), int(time.time())
    verifier = make_verifier(
        policy, now_s=now_s, max_age_s=None, genesis=args.genesis, tiles=None, tsa=roots.tsas
    )
    revision = find_revision(data, verifier, roots, day, now_s)
    if revision is None:
        return _refusal(verify_pdf(data, verifier, roots, day, now_s))
    report = verify_pdf(revision, verifier, roots, day, now_s)
    document = _document(report, args.output, len(revision))
    if args.output == STANDARD_STREAM:
        return Answer(YES, document, lambda out: out.data(revision))
    write_file(args.output, [revision], force=args.force)
    return Answer(YES, document, lambda out: _show(args.output, report, out))


def _check_target(source: str, target: str) -> None:
    """Refuse to write over the file that is read, by whatever name it is called."""
    if STANDARD_STREAM in (source, target):
        return
    one, other = Path(source), Path(target)
    if other.exists() and one.exists() and one.samefile(other):
        raise PolicyError(
            f"{target} is the file itself: write the other version somewhere else"
        )


def _refusal(report: CvReport) -> Answer:
    def show(out: Output) -> None:
        if report.level == "original":
            out.verdict("NO: this file is the original itself.", good=False)
        else:
            out.verdict("NO: no version that was sealed is intact in this file.", good=False)
        for sentence in report.summary[:3]:
            out.line(f"  {sentence}")

    return Answer(NO, _document(report), show)


def _document(report: CvReport, file: str | None = None, size: int | None = None) -> object:
    return {"recovered": file is not None, "file": file, "bytes": size, "report": report}


def _show(target: str, report: CvReport, out: Output) -> None:
    who = report.document.sealed_by or "somebody whose certificate bears no name"
    out.verdict(f"{target} is the version that was sealed by {who}.", good=True)
    if report.proof is not None:
        show_reasons(report.proof, out)
