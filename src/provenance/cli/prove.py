"""Make the proof of some certifications, to hand out with a CV.

The proof shows of each certification what --disclose says: line (what a positive
line of a CV needs: the default), all, or names of fields, which may be combined.
The national number is never shown. Certifications are named by their indexes, or
looked up as in find. Without -o the proof goes to standard output. What is written was
verified under the log's own keys first.

Examples:
  provenance prove ledger 4 17 -o proof.json
  provenance prove ledger 4 --disclose line,mentionValidee -o proof.json
  provenance prove ledger --reference holder-4711 -o proof.json
  provenance prove ledger 4 --tlog-proof -o entry.tlog-proof
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger, add_output, index
from provenance.cli.exits import YES
from provenance.cli.files import write_file
from provenance.cli.holder import add_holder, find, is_given
from provenance.cli.output import Answer
from provenance.errors import FormatError, UnknownEntryError
from provenance.ledger import Ledger
from provenance.ledger.disclosure import LINE
from provenance.record.bundle import parse_bundle
from provenance.record.entry import Certification, parse_entry

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_ledger(parser)
    parser.add_argument(
        "indexes", nargs="*", type=index, metavar="INDEX", help="entries to be proven"
    )
    add_output(parser, "the proof")
    parser.add_argument(
        "--disclose",
        action="append",
        metavar="NAMES",
        help="line, all, or fields, separated by commas; may be given again",
    )
    parser.add_argument(
        "--tlog-proof",
        action="store_true",
        help="prove one entry of any type in the form that every C2SP verifier reads",
    )
    add_holder(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Make the proof."""
    ledger = out.enter(Ledger.open(args.ledger, readonly=True))
    indexes = _indexes(ledger, args)
    data = _tlog_proof(ledger, indexes) if args.tlog_proof else _bundle(ledger, indexes, args)
    if args.output is None:
        # The proof itself is the document; a bundle is JSON already.
        document = {"tlog_proof": data.decode()} if args.tlog_proof else data
        return Answer(YES, document, lambda out: out.data(data))
    write_file(args.output, [data], force=args.force)
    found = indexes if args.tlog_proof else _certifications(data)
    summary = {"file": args.output, "bytes": len(data), "indexes": found}

    def show(out: Output) -> None:
        if args.output != "-":
            entries = ", ".join(map(str, found))
            word = "entry" if len(found) == 1 else "entries"
            out.verdict(f"{args.output} proves {word} {entries}.", good=True)
            out.line("Check it with provenance verify and the policy of the log.")

    return Answer(YES, summary, show)


def _indexes(ledger: Ledger, args: argparse.Namespace) -> list[int]:
    if is_given(args) == bool(args.indexes):
        raise FormatError("name certifications by INDEX, or look them up (see --help)")
    indexes: list[int] = args.indexes or find(ledger, args)
    if not indexes:
        raise UnknownEntryError("no certification is found")
    return indexes


def _bundle(ledger: Ledger, indexes: list[int], args: argparse.Namespace) -> bytes:
    texts = args.disclose or [LINE]
    names = {name.strip() for text in texts for name in text.split(",")}
    return ledger.prove(indexes, disclose=names)


def _tlog_proof(ledger: Ledger, indexes: list[int]) -> bytes:
    if len(indexes) > 1:
        raise FormatError("--tlog-proof proves one entry")
    return ledger.tlog_proof(indexes[0]).encode()


def _certifications(bundle: bytes) -> list[int]:
    entries = [parse_entry(one.entry.encode()) for one in parse_bundle(bundle).entries]
    return [entry.index for entry in entries if isinstance(entry, Certification)]
