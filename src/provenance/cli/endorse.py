"""Have a certifier sign exactly its own entries, so that every CV carries its signature.

One signature covers all certifications of a deposited file, and shows nobody else's data.
The operator makes a kit; the certifier holds it against its own file, recomputes every
commitment that it signs, and signs, without ledger or network; the operator adds the
endorsement to the log. From the next checkpoint on proofs carry it.

A kit is secret: it holds the seeds of the entries. Destroy it when the signature is made.

Examples:
  provenance endorse kit ledger 3 -o kit.json
  provenance endorse sign deposit.xml --kit kit.json --key own.pem --name body -o e.json
  provenance endorse add ledger e.json
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from provenance.cdc.endorsing import check_kit
from provenance.cdc.kit import make_endorsement, parse_kit
from provenance.cli.arguments import add_json, add_ledger, add_output, add_passphrase, index
from provenance.cli.exits import YES
from provenance.cli.files import read_file, write_file
from provenance.cli.output import Answer
from provenance.cli.signing import add_signing_key, open_ledger, open_signing_key
from provenance.ledger import Ledger
from provenance.ledger.source import FileSource
from provenance.tlog.note import parse_verifier_key

if TYPE_CHECKING:
    import argparse

    from provenance.cdc.kit import Endorsable
    from provenance.cli.output import Output

KIT_SIZE_MAX: Final = 1 << 30
ENDORSEMENT_SIZE_MAX: Final = 16_384


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="kit | sign | add")
    kit = actions.add_parser("kit", help="the operator: make the kit of a deposit")
    add_ledger(kit)
    kit.add_argument("deposit", type=index, metavar="DEPOSIT", help="index of the deposit")
    add_output(kit, "the kit, mode 0600")
    sign = actions.add_parser("sign", help="the certifier: check the kit, and sign")
    sign.add_argument("file", metavar="FILE", help="the file as it was deposited")
    sign.add_argument("--kit", required=True, metavar="FILE", help="the operator's kit")
    sign.add_argument(
        "--entry-key",
        metavar="VKEY",
        help="the operator's entry key: every entry must be signed by it",
    )
    add_signing_key(sign)
    add_passphrase(sign)
    add_output(sign, "the endorsement")
    add_json(sign)
    add = actions.add_parser("add", help="the operator: add the endorsement to the log")
    add_ledger(add, keys=True)
    add.add_argument("file", metavar="FILE", help="the certifier's endorsement")


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Make a kit, sign, or add."""
    match args.action:
        case "kit":
            return _kit(out.enter(Ledger.open(args.ledger, readonly=True)), args)
        case "sign":
            return _sign(args)
        case _:
            return _add(out.enter(open_ledger(args)), args)


def _kit(ledger: Ledger, args: argparse.Namespace) -> Answer:
    kit = ledger.endorsement_kit(args.deposit)
    parsed = parse_kit(kit)
    document = {
        "deposit": args.deposit,
        "certifications": len(parsed.certifications),
        "warning": parsed.warning,
    }
    if args.output is None:
        return Answer(YES, {**document, "kit": kit.decode()}, lambda out: out.data(kit))
    write_file(args.output, [kit], secret=True, force=args.force)

    def show(out: Output) -> None:
        if args.output != "-":
            number = len(parsed.certifications)
            out.verdict(f"{args.output} is for {number} certifications.", good=True)
            out.line(parsed.warning)

    return Answer(YES, {**document, "file": args.output}, show)


def _sign(args: argparse.Namespace) -> Answer:
    key, signer = open_signing_key(args)
    kit = parse_kit(read_file(args.kit, size_max=KIT_SIZE_MAX))
    entry_key = None if args.entry_key is None else parse_verifier_key(args.entry_key)
    source = FileSource(Path(args.file))
    what = check_kit(kit, source.chunks, entry_key=entry_key)
    endorsement = make_endorsement(what, key, signer.sign)
    document = {
        "origin": what.origin,
        "deposit": what.deposit,
        "start": what.start,
        "end": what.end,
        "supersede": what.supersede,
        "left_out": what.left_out,
        "endorsement": endorsement.decode(),
    }
    if args.output is None:
        return Answer(YES, document, lambda out: out.data(endorsement))
    write_file(args.output, [endorsement], force=args.force)
    return Answer(YES, document, lambda out: _show_signed(what, args, out))


def _show_signed(what: Endorsable, args: argparse.Namespace, out: Output) -> None:
    if args.output == "-":
        return
    out.verdict(f"{args.output} signs entries {what.start} to {what.end - 1}.", good=True)
    out.line(f"Every one of them says what {args.file} says, of the log {what.origin}.")
    if what.left_out:
        out.line(f"{len(what.left_out)} passages of the file are not recorded by them.")
    out.line("Now destroy the kit.")


def _add(ledger: Ledger, args: argparse.Namespace) -> Answer:
    at = ledger.endorse(read_file(args.file, size_max=ENDORSEMENT_SIZE_MAX))
    entry = ledger.entry(at)

    def show(out: Output) -> None:
        out.verdict(f"The endorsement stands at entry {at}.", good=True)
        out.line("Publish a checkpoint, so that proofs carry it.")

    return Answer(YES, {"index": at, "entry": entry}, show)
