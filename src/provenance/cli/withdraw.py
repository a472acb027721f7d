"""Take certifications back, as the operator; they stay recorded, as withdrawn.

What is to be withdrawn is shown first, and on a terminal asked for; elsewhere nothing is done
without --yes. The reason is committed to and not shown: FRAUD, ERROR, DEPOSITOR_REQUEST or
OTHER. Depositors withdraw with a file of their own (action SUPPRESSION). Nothing revives what
was withdrawn. With the next checkpoint every new proof says so.

Examples:
  provenance withdraw ledger 7 --reason FRAUD --dry-run
  provenance withdraw ledger 7 8 9 --reason ERROR --yes
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger, index
from provenance.cli.confirming import add_confirmation, is_confirmed
from provenance.cli.erase import show_entries
from provenance.cli.exits import NO, YES
from provenance.cli.output import Answer
from provenance.cli.signing import open_ledger
from provenance.ledger.withdrawal import REASONS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

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
    add_confirmation(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Withdraw the certifications, one after the other, or tell which they are."""
    ledger = out.enter(open_ledger(args, readonly=args.dry_run))
    due = ledger.to_withdraw(args.indexes)

    def show_due(out: Output) -> None:
        word = "certification" if len(due) == 1 else "certifications"
        out.verdict(f"{len(due)} {word} would be withdrawn, for good.", good=False)
        show_entries(ledger, due, out)

    if args.dry_run:
        return Answer(YES, _document([(one, None) for one in due], args), show_due)
    if not is_confirmed(args, out, "Withdraw?", show_due):
        return Answer(NO, _document([], args), lambda out: out.line("Nothing was withdrawn."))
    done = [(target, ledger.withdraw(target, args.reason)) for target in due]

    def show(out: Output) -> None:
        for target, by in done:
            out.verdict(f"Entry {target} is withdrawn, by entry {by}.", good=True)
        out.line("Publish a checkpoint, so that proofs say so.")

    return Answer(YES, _document(done, args), show)


def _document(
    done: Sequence[tuple[int, int | None]], args: argparse.Namespace
) -> dict[str, object]:
    return {
        "withdrawals": [{"withdraws": target, "index": by} for target, by in done],
        "reason": args.reason,
        "dry_run": args.dry_run,
    }
