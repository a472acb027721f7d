"""Give up what is lost for good, so that the ledger can go on.

--lost-seeds: the vault is an older copy, or was cut short, and has no seeds for some
entries. Nobody can ever open their contents again. Restore a newer vault where there is
one: with it nothing is lost. Where there is none, this command records an erasure (basis
LOST_SEED) of these entries; what they held may be deposited again, files that are signed
with a new signature. It is shown first, and on a terminal asked for; elsewhere nothing is
done without --yes.

Examples:
  provenance repair ledger --lost-seeds --dry-run
  provenance repair ledger --lost-seeds --case INCIDENT-7 --yes
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger
from provenance.cli.confirming import add_confirmation, is_confirmed
from provenance.cli.erase import name_entries, show_entries
from provenance.cli.exits import NO, YES
from provenance.cli.output import Answer
from provenance.cli.signing import read_passphrase
from provenance.ledger import Ledger
from provenance.ledger.erasing import LOST_SEED, check_case

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from provenance.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_ledger(parser, keys=True)
    parser.add_argument(
        "--lost-seeds",
        action="store_true",
        required=True,
        help="give up the contents whose seeds are lost",
    )
    parser.add_argument(
        "--case",
        metavar="TEXT",
        help="your reference of the incident, which is kept with it (64 characters at most)",
    )
    add_confirmation(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Return the contents up, or tell which they are."""
    check_case(args.case)
    ledger = out.enter(_open(args))
    lost = ledger.lost_seeds()
    if not lost:
        return Answer(YES, _document((), (), args), lambda out: out.line("No seed is lost."))

    def show_lost(out: Output) -> None:
        out.verdict(f"{len(lost)} entries have lost their seeds.", good=False)
        show_entries(ledger, lost, out)
        out.line("Restore a newer vault where there is one: with it nothing is lost.")

    if args.dry_run:
        return Answer(YES, _document(lost, (), args), show_lost)
    if not is_confirmed(args, out, "Give their contents up for good?", show_lost):
        return Answer(NO, _document((), (), args), lambda out: out.line("Nothing was done."))
    done = ledger.repair_lost_seeds(case=args.case)

    def show(out: Output) -> None:
        entries = name_entries(done.entries)
        out.verdict(
            f"The contents of {len(done.erased)} entries are given up, by {entries}.", good=True
        )
        out.line("They may be deposited again. Publish a checkpoint, so that proofs say so.")

    return Answer(YES, _document(done.erased, done.entries, args), show)


def _open(args: argparse.Namespace) -> Ledger:
    if args.dry_run:
        return Ledger.open(args.ledger, readonly=True)
    return Ledger.open(
        args.ledger,
        keys=None if args.keys is None else Path(args.keys),
        passphrase=read_passphrase(args),
        with_lost_seeds=True,
    )


def _document(
    lost: Sequence[int], entries: Sequence[int], args: argparse.Namespace
) -> dict[str, object]:
    return {
        "lost": lost,
        "entries": entries,
        "basis": LOST_SEED,
        "case": args.case,
        "dry_run": args.dry_run,
    }
