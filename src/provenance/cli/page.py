"""Make the verification page: one HTML file on which anybody checks a CV.

The page verifies in the browser, and uploads nothing. The trust policy and the seal
roots are checked and written into it, so publish it where people know that it is
yours. Without seal roots it recognises no sealed PDF, no printed summary and no JSON CV.
With --operator it says whose page it is.

Examples:
  provenance page --policy policy.txt -o verify.html
  provenance page --policy policy.txt --seal-roots seal-roots.txt -o verify.html
  provenance page --policy policy.txt --operator "Example operator" -o verify.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_json, add_output
from provenance.cli.exits import YES
from provenance.cli.files import read_file, read_text, write_file
from provenance.cli.output import Answer
from provenance.errors import FormatError

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output
    from provenance.cv.page import Operator


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "--policy", metavar="FILE", required=True, help="trust policy that the page follows"
    )
    parser.add_argument(
        "--seal-roots", metavar="FILE", help="whose seals, summaries and JSON CVs it trusts"
    )
    parser.add_argument("--operator", metavar="NAME", help="whose page it is")
    parser.add_argument("--contact", metavar="TEXT", help="how the operator is reached")
    parser.add_argument(
        "--accessibility", metavar="URL", help="address of the accessibility statement"
    )
    parser.add_argument("--logo", metavar="FILE", help="the operator's logo (PNG, 64 KiB)")
    add_output(parser, "the page", required=True)
    add_json(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Make the page."""
    from provenance.cv.page import TRUST_SIZE_MAX, make_page  # noqa: PLC0415 - not for --help

    del out
    policy = read_text(args.policy, size_max=TRUST_SIZE_MAX)
    roots = (
        "" if args.seal_roots is None else read_text(args.seal_roots, size_max=TRUST_SIZE_MAX)
    )
    page = make_page(policy, roots, _operator(args))
    size = write_file(args.output, [page.encode()], force=args.force)

    def show(out: Output) -> None:
        out.line(f"{args.output} is the verification page ({size} bytes).")
        if not roots:
            out.line("It trusts no seal roots, so it recognises no sealed document.")

    return Answer(YES, {"page": args.output, "size": size}, show)


def _operator(args: argparse.Namespace) -> Operator | None:
    """Return whose page it is; raises `FormatError` where more is given, but no name."""
    from provenance.cv.page import LOGO_SIZE_MAX, Operator  # noqa: PLC0415 - not for --help

    if args.operator is None:
        if args.contact or args.accessibility or args.logo:
            raise FormatError(
                "contact, accessibility statement and logo go with --operator NAME"
            )
        return None
    logo = None if args.logo is None else read_file(args.logo, size_max=LOGO_SIZE_MAX)
    return Operator(
        name=args.operator, contact=args.contact, accessibility=args.accessibility, logo=logo
    )
