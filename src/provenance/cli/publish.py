"""Publish a signed checkpoint over everything that is recorded.

From then on the certifications can be proven. When nothing was recorded since the
last checkpoint, that one comes back. With -o the signed note is written to a file,
for witnesses, and for auditors to keep (audit --since).

Examples:
  provenance publish ledger
  provenance publish ledger -o checkpoint.txt
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger, add_output
from provenance.cli.exits import YES
from provenance.cli.files import SIGNED_NOTE, check_target, write_file
from provenance.cli.output import Answer
from provenance.cli.signing import open_ledger
from provenance.encoding import encode_base64
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.note import split_note

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_ledger(parser, keys=True)
    add_output(parser, "the signed checkpoint")


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Publish a checkpoint."""
    check_target(args.output, SIGNED_NOTE, force=args.force)
    ledger = out.enter(open_ledger(args))
    before = ledger.checkpoint()
    note = ledger.publish()
    text, signatures = split_note(note)
    checkpoint = parse_checkpoint(text)
    new = before is None or before[1] != note
    if args.output is not None:
        write_file(args.output, [note.encode()], force=args.force)
    document = {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": encode_base64(checkpoint.root),
        "new": new,
        "checkpoint": note,
    }

    def show(out: Output) -> None:
        if args.output == "-":
            return
        said = "Published." if new else "Nothing was recorded since the last checkpoint."
        out.verdict(said, good=True)
        out.pairs(
            [
                ("origin", checkpoint.origin),
                ("size", checkpoint.size),
                ("root", encode_base64(checkpoint.root)),
                ("signatures", len(signatures)),
            ]
        )

    return Answer(YES, document, show)
