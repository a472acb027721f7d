"""Write the log as files that any web server can hand out (C2SP tlog-tiles).

Everything up to the last published checkpoint: hashes, entries and their signatures,
the status of all entries, and last the checkpoint. Only what is new is written, what is
published never changes, and after a crash the command is given again. No entry holds
personal data. Readers trust the checkpoint's signatures, and neither the files nor the
server. Publish first, then export.

With --check nothing is written: the files are read again and compared with the log. Exit
status 1 when one differs or is missing. To mend that, remove what differs and the file
`checkpoint`, and export again: then everything is compared, and what is missing is written.

Examples:
  provenance export tiles ledger /srv/www/log
  provenance export tiles ledger /srv/www/log --check
  provenance export tiles ledger /srv/www/log --json
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger
from provenance.cli.exits import NO, YES
from provenance.cli.files import check_place
from provenance.cli.output import Answer
from provenance.cli.progress import show_progress
from provenance.ledger import Ledger

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output
    from provenance.ledger.tiles import CheckedTiles


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="tiles")
    tiles = actions.add_parser("tiles", help="hashes, entries and status, for a web server")
    add_ledger(tiles)
    tiles.add_argument("directory", metavar="DIR", help="where to write; made if missing")
    tiles.add_argument(
        "--check", action="store_true", help="compare what is there with the log, and name it"
    )


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Export the tiles, or compare them."""
    if args.check:
        return _check(args, out)
    check_place(Path(args.directory).resolve() / "checkpoint")
    ledger = out.enter(Ledger.open(args.ledger, readonly=True))
    with show_progress("export") as progress:
        done = ledger.export_tiles(args.directory, progress=progress)

    def show(out: Output) -> None:
        said = "Exported." if done.files else "Nothing was published since the last export."
        out.verdict(said, good=True)
        out.pairs(
            [
                ("origin", done.origin),
                ("size", done.size),
                ("root", done.root),
                ("published before", done.since),
                ("files written", done.files),
                ("bytes written", done.bytes),
            ]
        )

    return Answer(YES, done, show)


def _check(args: argparse.Namespace, out: Output) -> Answer:
    ledger = out.enter(Ledger.open(args.ledger, readonly=True))
    with show_progress("compare") as progress:
        found = ledger.check_tiles(args.directory, progress=progress)

    def show(out: Output) -> None:
        out.verdict(_say(found), good=not found.faults)
        out.pairs((fault.problem, fault.name) for fault in found.faults)
        if not found.replaced:
            out.line(
                "The ledger has published since: status, changes and keys are not compared."
            )

    return Answer(NO if found.faults else YES, found, show)


def _say(found: CheckedTiles) -> str:
    what = f"{found.files} files at size {found.size}"
    if not found.faults:
        return f"YES: {what} are as the log has them."
    return f"NO: of {what}, {len(found.faults)} are not as the log has them."
