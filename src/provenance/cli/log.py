"""List the entries of a ledger, in their order: one line each, no personal data.

Examples:
  provenance log ledger
  provenance log ledger --last 20
  provenance log ledger --from 100 --to 199 --type certification --type deposit
  provenance log ledger --json
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, get_args

from provenance.cli.arguments import add_ledger, count, index
from provenance.cli.entries import summarize, type_of
from provenance.cli.exits import YES
from provenance.cli.output import Answer, when
from provenance.encoding import encode_json
from provenance.ledger import Ledger
from provenance.record.entry import Entry, parse_entry

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from provenance.cli.output import Output

TYPES: Final = tuple(kind.__name__.lower() for kind in get_args(Entry))
_TYPE_WIDTH: Final = max(map(len, TYPES))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_ledger(parser)
    parser.add_argument("--from", dest="start", type=index, metavar="INDEX", help="first entry")
    parser.add_argument("--to", dest="end", type=index, metavar="INDEX", help="last entry")
    parser.add_argument("--last", type=count, metavar="N", help="only the last N of them")
    parser.add_argument(
        "--type",
        action="append",
        choices=TYPES,
        metavar="TYPE",
        help=f"only entries of this type; may be given again: {', '.join(TYPES)}",
    )


def run(args: argparse.Namespace, out: Output) -> Answer:
    """List the entries."""
    ledger = out.enter(Ledger.open(args.ledger, readonly=True))
    size = ledger.size
    end = size if args.end is None else min(args.end + 1, size)
    start = min(args.start or 0, end)
    if args.last is not None:
        start = _start_of_last(ledger, args.last, start, end, args.type)
    head = encode_json({"origin": ledger.origin, "size": size})[:-1]

    def document() -> Iterator[bytes]:
        # A log has no end of entries: they are read while they are printed.
        yield head + b',"entries":['
        chosen = _choose(ledger.entries(start, end), args.type)
        yield from islice(chosen, 1)
        yield from (b"," + data for data in chosen)
        yield b"]}"

    def show(out: Output) -> None:
        width = len(str(size))
        for data in _choose(ledger.entries(start, end), args.type):
            entry = parse_entry(data)
            kind = f"{type_of(entry):<{_TYPE_WIDTH}}"
            out.line(f"{entry.index:>{width}}  {when(entry.time)}  {kind}  {summarize(entry)}")

    return Answer(YES, document(), show)


def _choose(entries: Iterator[bytes], types: list[str] | None) -> Iterator[bytes]:
    if types is None:
        return entries
    starts = tuple(f'{{"type":"{name}",'.encode() for name in types)
    # The one spelling of an entry begins with its type.
    return (data for data in entries if data.startswith(starts))


def _start_of_last(
    ledger: Ledger, number: int, start: int, end: int, types: list[str] | None
) -> int:
    """Find where the last ``number`` entries of these types begin, reading backwards."""
    if types is None:
        return max(start, end - number)
    position, found = end, 0
    while position > start and found < number:
        position -= 1
        found += len(list(_choose(ledger.entries(position, position + 1), types)))
    return position
