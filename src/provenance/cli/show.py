"""Show one entry: what it says, its signature, whether it is published, how it stands.

Personal data are shown only when they are asked for: --fields shows what a
certification or deposit says, --source writes the exact bytes that were deposited
(of a deposit the whole file, as long as nothing of it was erased).

Examples:
  provenance show ledger 4
  provenance show ledger 4 --fields
  provenance show ledger 4 --entry -o entry.json
  provenance show ledger 3 --source -o deposit.xml
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from provenance.cdc.checks import check_deadline, check_passage
from provenance.cli.arguments import add_ledger, add_output, index
from provenance.cli.entries import members, summarize
from provenance.cli.exits import YES
from provenance.cli.files import write_file
from provenance.cli.output import Answer, value_text, when
from provenance.cli.standing import read_standings
from provenance.encoding import encode_base64
from provenance.errors import ErasedError, FormatError
from provenance.ledger import Ledger
from provenance.record.entry import Certification, Deposit, Entry, parse_entry
from provenance.tlog.merkle import leaf_hash

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from provenance.cdc.faults import Fault
    from provenance.cli.output import Output
    from provenance.record.commitment import Value


class Shown(NamedTuple):
    """Everything that is shown of one entry."""

    data: bytes
    signature: bytes
    entry: Entry
    published: bool
    status: str | None
    deposit: Deposit | None
    warnings: Sequence[Fault] | None
    """None where the content was erased, or there is none."""
    fields: dict[str, Value] | None
    """None unless asked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_ledger(parser)
    parser.add_argument("index", type=index, metavar="INDEX", help="position of the entry")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--fields", action="store_true", help="show its fields (personal data)")
    what.add_argument(
        "--source", action="store_true", help="write what was deposited (personal data)"
    )
    what.add_argument("--entry", action="store_true", help="write the entry's exact bytes")
    add_output(parser, "what --source or --entry gives")


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Show the entry."""
    ledger = out.enter(Ledger.open(args.ledger, readonly=True))
    if args.entry or args.source:
        return _write(_bytes(ledger, args), args)
    if args.output is not None:
        raise FormatError("-o goes with --source or --entry")
    shown = _read(ledger, args)
    return Answer(YES, _document(shown), lambda out: _show(shown, out))


def _bytes(ledger: Ledger, args: argparse.Namespace) -> bytes:
    data, _ = ledger.record(args.index)
    if args.entry:
        return data
    if isinstance(parse_entry(data), Deposit):
        return ledger.rebuild(args.index)
    return ledger.source(args.index)


def _write(data: bytes, args: argparse.Namespace) -> Answer:
    if args.output is None:
        return Answer(YES, {"data": encode_base64(data)}, lambda out: out.data(data))
    write_file(args.output, [data], force=args.force)
    document = {"file": args.output, "bytes": len(data)}
    said = f"{args.output}: {len(data)} bytes"
    return Answer(YES, document, lambda out: None if args.output == "-" else out.line(said))


def _read(ledger: Ledger, args: argparse.Namespace) -> Shown:
    data, signature = ledger.record(args.index)
    entry = parse_entry(data)
    checkpoint = ledger.checkpoint()
    status = deposit = warnings = fields = None
    if isinstance(entry, Certification):
        status = read_standings(ledger, [args.index])[args.index]
        found = ledger.entry(entry.deposit)
        deposit = found if isinstance(found, Deposit) else None
        warnings = _warnings(ledger, entry)
    if args.fields:
        fields = _fields(ledger, entry)
    return Shown(
        data=data,
        signature=signature,
        entry=entry,
        published=checkpoint is not None and args.index < checkpoint[0].size,
        status=status,
        deposit=deposit,
        warnings=warnings,
        fields=fields,
    )


def _warnings(ledger: Ledger, entry: Certification) -> Sequence[Fault] | None:
    """Judge the record once more, as it was when it was received."""
    try:
        record = dict(ledger.fields(entry.index))
    except ErasedError:
        return None
    late = check_deadline(record, date.fromisoformat(entry.time[:10]))
    return [*check_passage(record), *([] if late is None else [late])]


def _fields(ledger: Ledger, entry: Entry) -> dict[str, Value]:
    if not isinstance(entry, Deposit):
        return dict(ledger.fields(entry.index))
    payload = ledger.deposited(entry.index)
    return {
        "file name": payload.file_name,
        "media type": payload.media_type,
        "size": payload.size,
        "idFlux": payload.id_flux,
        "accepted passages": len(payload.holes),
    }


def _document(shown: Shown) -> dict[str, object]:
    document: dict[str, object] = {
        "index": shown.entry.index,
        "entry": shown.entry,
        "entry_bytes": shown.data.decode(),
        "leaf_hash": encode_base64(leaf_hash(shown.data)),
        "signature": encode_base64(shown.signature),
        "published": shown.published,
        "status": shown.status,
        "deposit": shown.deposit,
        "warnings": shown.warnings,
    }
    return document if shown.fields is None else {**document, "fields": shown.fields}


def _show(shown: Shown, out: Output) -> None:
    out.line(f"Entry {shown.entry.index}: {summarize(shown.entry)}")
    out.pairs(members(shown.entry))
    out.heading("In the ledger")
    out.pairs(
        [
            ("leaf hash", encode_base64(leaf_hash(shown.data))),
            ("signature", encode_base64(shown.signature)),
            ("published", "yes" if shown.published else "not yet"),
            *([] if shown.status is None else [("status", shown.status)]),
        ]
    )
    if shown.deposit is not None:
        out.heading(f"Deposited with entry {shown.deposit.index}")
        out.pairs([("received", when(shown.deposit.time)), ("what", summarize(shown.deposit))])
    if shown.warnings:
        out.heading("Warnings: recorded as deposited")
        rows = [(fault.code, fault.element, fault.message) for fault in shown.warnings]
        out.table(("code", "element", "what"), rows)
    if shown.fields is not None:
        out.heading("Fields")
        out.pairs((name, value_text(value)) for name, value in shown.fields.items())
