"""Write the log as files that any web server can hand out (C2SP tlog-tiles).

Everything up to the last published checkpoint: hashes, entries and their signatures,
the status of all entries, and last the checkpoint. Only what is new is written, what is
published never changes, and after a crash the command is given again. No entry holds
personal data. Readers trust the checkpoint's signatures, and neither the files nor the
server. Publish first, then export.

Examples:
  provenance export tiles ledger /srv/www/log
  provenance export tiles ledger /srv/www/log --json
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger
from provenance.cli.exits import YES
from provenance.cli.files import check_place
from provenance.cli.output import Answer
from provenance.cli.progress import show_progress
from provenance.ledger import Ledger

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="tiles")
    tiles = actions.add_parser("tiles", help="hashes, entries and status, for a web server")
    add_ledger(tiles)
    tiles.add_argument("directory", metavar="DIR", help="where to write; made if missing")


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Export the tiles."""
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
