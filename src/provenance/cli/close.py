"""End a log forever, and say where it goes on; publish its last checkpoint.

Nothing can be recorded afterwards. Everything stays readable and provable. Make the
successor first, with init --previous, and give its genesis leaf hash here. On a terminal you
are asked; elsewhere nothing is done without --yes.

Examples:
  provenance close ledger --successor log.example/2036 --genesis HASH --dry-run
  provenance close ledger --successor log.example/2036 --genesis HASH --yes -o checkpoint.txt
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger, add_output, leaf_hash
from provenance.cli.confirming import add_confirmation, is_confirmed
from provenance.cli.exits import NO, YES
from provenance.cli.files import SIGNED_NOTE, check_target, write_file
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
    add_confirmation(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Close the log, or tell what that would mean."""
    check_target(args.output, SIGNED_NOTE, force=args.force)
    ledger = out.enter(open_ledger(args, readonly=args.dry_run))
    ledger.check_closable(successor=args.successor, genesis=args.genesis)

    def show_due(out: Output) -> None:
        out.verdict(
            f"The log {ledger.origin} would end at {ledger.size + 2} entries, forever, and go "
            f"on as {args.successor}.",
            good=False,
        )

    document = {"size": ledger.size, "successor": args.successor, "dry_run": args.dry_run}
    if args.dry_run:
        return Answer(YES, {**document, "checkpoint": None}, show_due)
    if not is_confirmed(args, out, "End it?", show_due):
        answer = {**document, "checkpoint": None}
        return Answer(NO, answer, lambda out: out.line("The log was not closed."))
    note = ledger.close_log(successor=args.successor, genesis=args.genesis)
    if args.output is not None:
        write_file(args.output, [note.encode()], force=args.force)

    def show(out: Output) -> None:
        if args.output != "-":
            out.verdict(
                f"The log {ledger.origin} is closed at size {ledger.size}; it goes on as "
                f"{args.successor}.",
                good=True,
            )

    return Answer(YES, {**document, "size": ledger.size, "checkpoint": note}, show)
