"""Put a proof into a PDF file, in place of one that is there.

Attach before you seal: a signed file is refused, because any change would break the seal. The
proof is not verified here. It must show every certification completely, and all of one person;
--as-is attaches it all the same. Whether certifications are in force is not looked at.

Examples:
  provenance cv attach cv.pdf proof.json -o attached.pdf
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_json, add_output
from provenance.cli.exits import YES
from provenance.cli.files import read_file, write_file
from provenance.cli.output import Answer
from provenance.cv.facts import ATTACHMENT_NAME, PDF_SIZE_MAX
from provenance.cv.pdf import attach
from provenance.record.bundle import BUNDLE_SIZE_MAX

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("pdf", metavar="PDF", help="the CV; - is standard input")
    parser.add_argument("proof", metavar="PROOF", help="the proof bundle")
    add_as_is(parser)
    add_output(parser, "the PDF file with the proof in it")
    add_json(parser)


def add_as_is(parser: argparse.ArgumentParser) -> None:
    """Add ``--as-is``."""
    parser.add_argument(
        "--as-is",
        action="store_true",
        help="take a proof that is incomplete, of nobody, or of several persons",
    )


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Attach the proof."""
    del out
    bundle = read_file(args.proof, size_max=BUNDLE_SIZE_MAX)
    pdf = read_file(args.pdf, size_max=PDF_SIZE_MAX)
    attached = attach(pdf, bundle, as_is=args.as_is)
    target = "-" if args.output is None else args.output
    document = {"file": target, "attachment": ATTACHMENT_NAME, "bytes": len(attached)}
    said = f"{target} carries its proof; seal it next."
    return deliver(attached, target, document, said, force=args.force)


def deliver(
    pdf: bytes, target: str, document: dict[str, object], said: str, *, force: bool
) -> Answer:
    """Write a PDF file; to standard output only where no JSON document goes there."""
    if target == "-":
        return Answer(YES, document, lambda out: out.data(pdf))
    write_file(target, [pdf], force=force)
    return Answer(YES, document, lambda out: out.verdict(said, good=True))
