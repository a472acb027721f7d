"""Say who may deposit, and for whom; list who may.

A depositor is known by its BCR, 8 characters. Adding one that is there already
replaces its entry: what is not given again no longer holds.

Examples:
  provenance depositor add ledger 0ABCDEFG --name "Example certifying body"
  provenance depositor add ledger 0ABCDEFG --name "Example" --certifier 9SAMPLES
  provenance depositor list ledger
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.cli.arguments import add_ledger
from provenance.cli.entries import short_key
from provenance.cli.exits import YES
from provenance.cli.files import read_file
from provenance.cli.output import Answer
from provenance.cli.signing import open_ledger
from provenance.encoding import decode_fixed, decode_text
from provenance.ledger import Ledger
from provenance.record.entry import Depositor

SIGNATURE_SIZE: Final = 64
SIGNATURE_SIZE_MAX: Final = 1024
"""Bytes of the file, base64 and white space included."""

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output
    from provenance.record.entry import Entry


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
    add.add_argument(
        "--succeeds",
        action="append",
        metavar="BCR",
        help="a depositor whose certifications it has taken over; may be given again",
    )
    add.add_argument(
        "--signature",
        metavar="FILE",
        help="the depositor's own signature over its new keys (provenance sign-keys)",
    )
    add_ledger(actions.add_parser("list", help="list the depositors"))


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Register a depositor, or list all."""
    return _add(args, out) if args.action == "add" else _list(args, out)


def _add(args: argparse.Namespace, out: Output) -> Answer:
    ledger = out.enter(open_ledger(args))
    certifiers = args.certifier or ([] if args.only_itself else None)
    index = ledger.register(
        args.bcr,
        name=args.name,
        siret=args.siret,
        certifiers=certifiers,
        succeeds=args.succeeds,
        keys=args.key,
        signature=None if args.signature is None else _signature(args.signature),
    )
    entry = ledger.entry(index)
    assert isinstance(entry, Depositor), "it was just registered"
    previous = None if entry.previous is None else ledger.entry(entry.previous)
    reset = entry.signature is None and _has_other_keys(previous, entry)

    def show(out: Output) -> None:
        verb = "is registered" if previous is None else f"replaces entry {entry.previous}"
        out.verdict(f"{entry.depositor} {entry.name} {verb}, at entry {index}.", good=True)
        if reset:
            out.line("Its keys were reset by the operator, and reports will say so.")

    return Answer(YES, {"index": index, "entry": entry, "keys_reset": reset}, show)


def _signature(path: str) -> bytes:
    data = read_file(path, size_max=SIGNATURE_SIZE_MAX).strip()
    return decode_fixed(decode_text(data, "signature"), SIGNATURE_SIZE)


def _has_other_keys(previous: Entry | None, entry: Depositor) -> bool:
    return isinstance(previous, Depositor) and previous.keys not in {(), entry.keys}


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
