"""Check a CV, offline: a PDF file, a JSON CV, a QR code, or a proof alone.

What the file is, is recognised by its content. Policy and seal roots must be obtained
separately from the CV. The answer is yes (exit status 0) for an original, all of whose
certifications hold today in Paris (or on --day); attention (4) where one does not, and for
a summary, which has to be compared with the paper; no (1); or that the file cannot be read or
carries no proof (2). A PDF file is an original only where the seal covers all of it; what was
changed since is told as that, and "provenance cv recover" takes the sealed version out.

Examples:
  provenance cv verify sealed.pdf --policy policy.txt --seal-roots seal-roots.txt
  provenance cv verify sealed.pdf --policy policy.txt --refresh https://log.example/log
  provenance cv verify code.png --policy policy.txt --seal-roots seal-roots.txt
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_day, add_json, add_refresh, add_trust, duration
from provenance.cli.documents import add_seal_roots, verify_document
from provenance.cli.files import read_file, read_text
from provenance.cv.verify import DOCUMENT_SIZE_MAX
from provenance.encoding import TEXT_SIZE_MAX

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Answer, Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("file", metavar="FILE", help="the document; - is standard input")
    add_trust(parser, required=True)
    add_seal_roots(parser)
    parser.add_argument(
        "--max-age",
        type=duration,
        metavar="AGE",
        help="refuse a proof that was witnessed longer ago: 90s, 15m, 12h, 30d",
    )
    add_day(parser)
    add_refresh(parser)
    add_json(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Check the document."""
    del out
    policy = read_text(args.policy, size_max=TEXT_SIZE_MAX)
    # One byte more than a document may have: the report then says that it is none.
    data = read_file(args.file, size_max=DOCUMENT_SIZE_MAX + 1)
    return verify_document(data, policy, args)
