"""End a log for ever, and say where it goes on; publish its last checkpoint.

Nothing can be recorded afterwards. Everything stays readable and provable. Make the
successor first, with init --previous, and give its genesis leaf hash here.

Examples:
  provenance close ledger --successor log.example/2036 --genesis HASH
  provenance close ledger --successor log.example/2036 --genesis HASH -o checkpoint.txt
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger, add_output, leaf_hash
from provenance.cli.exits import YES
from provenance.cli.files import write_file
from provenance.cli.output import Answer
from provenance.cli.signing import open_ledger

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_ledger(parser, keys=True)
    parser.add_argument(
        "--successor", required=True, metavar="NAME", help="origin of the log that goes on"
    )
    parser.add_argument(
        "--genesis",
        required=True,
        type=leaf_hash,
        metavar="HASH",
        help="leaf hash of its first entry (base64 or hex)",
    )
    add_output(parser, "the last checkpoint")


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Close the log."""
    ledger = out.enter(open_ledger(args))
    note = ledger.close_log(successor=args.successor, genesis=args.genesis)
    if args.output is not None:
        write_file(args.output, [note.encode()])
    document = {"size": ledger.size, "successor": args.successor, "checkpoint": note}

    def show(out: Output) -> None:
        if args.output != "-":
            out.verdict(
                f"The log {ledger.origin} is closed at size {ledger.size}; it goes on as "
                f"{args.successor}.",
                good=True,
            )

    return Answer(YES, document, show)
