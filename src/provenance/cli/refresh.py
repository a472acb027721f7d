"""Bring a proof up to date, with the newest checkpoint and the status as of now.

The proof itself stays as it is; what is added is a later checkpoint, signed by today's
keys, the proof that its tree continues the old one, and how the certifications stand by
then. A proof from before a rotation of the log keys needs it under the new policy.

Examples:
  provenance refresh ledger proof.json -o proof.json
  provenance refresh ledger old.json > new.json
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger, add_output
from provenance.cli.exits import YES
from provenance.cli.files import read_file, write_file
from provenance.cli.output import Answer
from provenance.ledger import Ledger
from provenance.record.bundle import BUNDLE_SIZE_MAX, parse_bundle
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.note import split_note

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_ledger(parser)
    parser.add_argument("file", metavar="FILE", help="the proof; - is standard input")
    add_output(parser, "the proof, up to date")


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Bring the proof up to date."""
    ledger = out.enter(Ledger.open(args.ledger, readonly=True))
    bundle = ledger.refresh(read_file(args.file, size_max=BUNDLE_SIZE_MAX))
    later = parse_bundle(bundle).later
    assert later is not None, "it was just added"
    checkpoint = parse_checkpoint(split_note(later.checkpoint)[0])
    document = {"origin": checkpoint.origin, "size": checkpoint.size, "bytes": len(bundle)}
    if args.output is None:
        return Answer(YES, {**document, "proof": bundle.decode()}, lambda out: out.data(bundle))
    write_file(args.output, [bundle])

    def show(out: Output) -> None:
        if args.output != "-":
            out.verdict(f"{args.output} is up to date at size {checkpoint.size}.", good=True)

    return Answer(YES, {**document, "file": args.output}, show)
