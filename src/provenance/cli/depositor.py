"""Say who may deposit, and for whom; list who may.

A depositor is known by its BCR, 8 characters. Adding one that is there already
replaces its entry: what is not given again no longer holds.

Examples:
  provenance depositor add ledger 0ABCDEFG --name "Example certifying body"
  provenance depositor add ledger 0ABCDEFG --name "Example" --certifier 9SAMPLES
  provenance depositor list ledger
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger
from provenance.cli.entries import short_key
from provenance.cli.exits import YES
from provenance.cli.output import Answer
from provenance.ledger import Ledger
from provenance.record.entry import Depositor

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="add | list")
    add = actions.add_parser("add", help="register a depositor, or replace its entry")
    add_ledger(add, keys=True)
    add.add_argument("bcr", metavar="BCR", help="8 characters of 0-9 and A-Z")
    add.add_argument("--name", required=True, metavar="NAME", help="what people read")
    add.add_argument("--siret", metavar="SIRET", help="14 digits")
    add.add_argument(
        "--certifier",
        action="append",
        metavar="BCR",
        help="a certifier that it may deposit for besides itself; may be given again; "
        "without any it may deposit for all",
    )
    add.add_argument(
        "--only-itself", action="store_true", help="it may deposit for itself alone"
    )
    add.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="VKEY",
        help="a key of the depositor (Ed25519); may be given again; with any, its deposits "
        "must be signed",
    )
    add_ledger(actions.add_parser("list", help="list the depositors"))


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Register a depositor, or list all."""
    return _add(args, out) if args.action == "add" else _list(args, out)


def _add(args: argparse.Namespace, out: Output) -> Answer:
    ledger = out.enter(Ledger.open(args.ledger, keys=args.keys))
    certifiers = args.certifier or ([] if args.only_itself else None)
    index = ledger.register(
        args.bcr, name=args.name, siret=args.siret, certifiers=certifiers, keys=args.key
    )
    entry = ledger.entry(index)
    assert isinstance(entry, Depositor), "it was just registered"
    previous = None if entry.previous is None else ledger.entry(entry.previous)
    reset = isinstance(previous, Depositor) and bool(previous.keys)

    def show(out: Output) -> None:
        verb = "is registered" if previous is None else f"replaces entry {entry.previous}"
        out.verdict(f"{entry.depositor} {entry.name} {verb}, at entry {index}.", good=True)
        if reset:
            out.line("Its keys were reset by the operator, and reports will say so.")

    return Answer(YES, {"index": index, "entry": entry, "keys_reset": reset}, show)


def _list(args: argparse.Namespace, out: Output) -> Answer:
    ledger = out.enter(Ledger.open(args.ledger, readonly=True))
    depositors = ledger.depositors()
    rows = [
        (one.depositor, one.name, one.siret, _limits(one), _keys(one), one.index)
        for one in depositors
    ]

    def show(out: Output) -> None:
        if rows:
            out.table(("BCR", "name", "SIRET", "deposits for", "keys", "entry"), rows)
        else:
            out.line("No depositor is registered.")

    return Answer(YES, {"depositors": depositors}, show)


def _limits(depositor: Depositor) -> str:
    if depositor.certifiers is None:
        return "all"
    return ", ".join(["itself", *depositor.certifiers])


def _keys(depositor: Depositor) -> str:
    return ", ".join(map(short_key, depositor.keys)) or "none"
