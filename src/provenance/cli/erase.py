"""Destroy the content of entries, for good; the entries stay, and prove nothing more.

With a certification goes all that holds the same data: what it superseded, the deposit
that brought it, and deposits in which it was refused or repeated. It is shown first, and on
a terminal asked for; elsewhere nothing is done without --yes. All other proofs hold. Copies
on other disks, snapshots and backups, receipts and proofs that were handed out, are not
reached from here.

A deposit shows what its certifications were made of, so it is not erased alone, unless the
request is about a passage of it that no entry records: say which one, by its number in the
file, with --refused-passage.

Examples:
  provenance find ledger --birth-name Durand --first-name Zoé --born 1990-05-17
  provenance erase ledger 7 12 --basis GDPR_ART_17 --dry-run
  provenance erase ledger 7 12 --basis GDPR_ART_17 --case DPO-2026-118 --yes
  provenance erase ledger 3 --refused-passage 4 --basis GDPR_ART_17 --yes
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger, count, index
from provenance.cli.confirming import add_confirmation, is_confirmed
from provenance.cli.entries import summarize, type_of
from provenance.cli.exits import NO, YES
from provenance.cli.output import Answer
from provenance.cli.signing import open_ledger
from provenance.ledger.erasing import BASES, check_grounds

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from provenance.cli.output import Output
    from provenance.ledger import Ledger


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
    parser.add_argument(
        "--case",
        metavar="TEXT",
        help="your reference of the request, which is kept with it (64 characters at most)",
    )
    parser.add_argument(
        "--refused-passage",
        type=count,
        metavar="N",
        help="the passage of a deposit, counted from 1, that the request is about",
    )
    add_confirmation(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Erase, or tell what would be erased."""
    check_grounds(args.basis, args.case)
    ledger = out.enter(open_ledger(args, readonly=args.dry_run))
    due = ledger.to_erase(args.indexes, refused_passage=args.refused_passage)

    def show_due(out: Output) -> None:
        out.verdict(f"{len(due)} entries would lose their content, for good.", good=False)
        show_entries(ledger, due, out)

    if args.dry_run:
        return Answer(YES, _document(due, (), args), show_due)
    if not is_confirmed(args, out, "Destroy it?", show_due):
        return Answer(NO, _document((), (), args), lambda out: out.line("Nothing was erased."))
    done = ledger.erase(
        args.indexes,
        basis=args.basis,
        case=args.case,
        refused_passage=args.refused_passage,
    )

    def show(out: Output) -> None:
        entries = name_entries(done.entries)
        out.verdict(
            f"{len(done.erased)} entries have lost their content, by {entries}.", good=True
        )
        show_entries(ledger, done.erased, out)
        out.line("Publish a checkpoint, so that proofs say so.")

    return Answer(YES, _document(done.erased, done.entries, args), show)


def _document(
    erased: Sequence[int], entries: Sequence[int], args: argparse.Namespace
) -> dict[str, object]:
    return {
        "erased": erased,
        "entries": entries,
        "basis": args.basis,
        "case": args.case,
        "dry_run": args.dry_run,
    }


def show_entries(ledger: Ledger, indexes: Sequence[int], out: Output) -> None:
    """Show entries, a line each, without personal data."""
    entries = [ledger.entry(one) for one in indexes]
    rows = [(entry.index, type_of(entry), summarize(entry)) for entry in entries]
    out.table(("entry", "type", "what"), rows)


def name_entries(entries: Sequence[int]) -> str:
    """Name entries that follow each other."""
    first, last = entries[0], entries[-1]
    return f"entry {first}" if first == last else f"entries {first} to {last}"
