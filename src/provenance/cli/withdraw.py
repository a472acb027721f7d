"""Take certifications back, as the operator; they stay recorded, as withdrawn.

The reason is committed to and not shown: FRAUD, ERROR, DEPOSITOR_REQUEST or OTHER.
Depositors withdraw with a file of their own (action SUPPRESSION). Nothing revives what
was withdrawn. With the next checkpoint every new proof says so.

Examples:
  provenance withdraw ledger 7 --reason FRAUD
  provenance withdraw ledger 7 8 9 --reason ERROR --json
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger, index
from provenance.cli.exits import YES
from provenance.cli.output import Answer
from provenance.cli.signing import open_ledger
from provenance.ledger.withdrawal import REASONS

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_ledger(parser, keys=True)
    parser.add_argument(
        "indexes", nargs="+", type=index, metavar="INDEX", help="position of a certification"
    )
    parser.add_argument(
        "--reason", required=True, choices=REASONS, metavar="REASON", help=", ".join(REASONS)
    )


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Withdraw the certifications, one after the other."""
    ledger = out.enter(open_ledger(args))
    done = [(target, ledger.withdraw(target, args.reason)) for target in args.indexes]
    document = {
        "withdrawals": [{"withdraws": target, "index": by} for target, by in done],
        "reason": args.reason,
    }

    def show(out: Output) -> None:
        for target, by in done:
            out.verdict(f"Entry {target} is withdrawn, by entry {by}.", good=True)
        out.line("Publish a checkpoint, so that proofs say so.")

    return Answer(YES, document, show)
