"""Destroy the content of entries, for good; the entries stay, and prove nothing more.

With a certification goes all that holds the same data: what it superseded, the deposit
that brought it, and deposits in which it was refused or repeated. --dry-run tells what
that is and erases nothing. All other proofs hold. Copies on other disks, snapshots and
backups, receipts and proofs that were handed out, are not reached from here.

Examples:
  provenance find ledger --birth-name Durand --first-name Zoé --born 1990-05-17
  provenance erase ledger 7 12 --basis GDPR_ART_17 --dry-run
  provenance erase ledger 7 12 --basis GDPR_ART_17
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger, index
from provenance.cli.entries import type_of
from provenance.cli.exits import YES
from provenance.cli.output import Answer
from provenance.cli.signing import open_ledger
from provenance.ledger.erasing import BASES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from provenance.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_ledger(parser, keys=True)
    parser.add_argument(
        "indexes",
        nargs="+",
        type=index,
        metavar="INDEX",
        help="position of a certification, a deposit or a withdrawal",
    )
    parser.add_argument(
        "--basis",
        required=True,
        choices=BASES,
        metavar="BASIS",
        help=f"on what it rests: {', '.join(BASES)}",
    )
    parser.add_argument("--dry-run", action="store_true", help="tell, and erase nothing")


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Erase, or tell what would be erased."""
    ledger = out.enter(open_ledger(args, readonly=args.dry_run))
    entries: tuple[int, ...] = ()
    if args.dry_run:
        erased = ledger.to_erase(args.indexes)
        said = f"{len(erased)} entries would lose their content; nothing was erased."
    else:
        done = ledger.erase(args.indexes, basis=args.basis)
        erased, entries = done.erased, done.entries
        said = f"{len(erased)} entries have lost their content, by {_named(entries)}."
    document = {
        "erased": erased,
        "entries": entries,
        "basis": args.basis,
        "dry_run": args.dry_run,
    }

    def show(out: Output) -> None:
        out.verdict(said, good=True)
        out.table(("entry", "type"), [(one, type_of(ledger.entry(one))) for one in erased])
        if entries:
            out.line("Publish a checkpoint, so that proofs say so.")

    return Answer(YES, document, show)


def _named(entries: Sequence[int]) -> str:
    first, last = entries[0], entries[-1]
    return f"entry {first}" if first == last else f"entries {first} to {last}"
