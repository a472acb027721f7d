"""Find certifications by their holder, by reference, or by idTechnique.

Names are compared without case, accents and punctuation, and a first name finds those
too that begin with it: Zoé also finds Zoé Marie Anne. Only positions are shown, and
nothing of what the certifications say. Exit status 1 when there is none.

Examples:
  provenance find ledger --birth-name Durand --first-name Zoé --born 1990-05-17
  provenance find ledger --depositor 0ABCDEFG --id-technique T-0001
  provenance find ledger --reference holder-4711 --json
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger
from provenance.cli.exits import NO, YES
from provenance.cli.holder import add_holder, find
from provenance.cli.output import Answer, when
from provenance.cli.standing import read_standings
from provenance.ledger import Ledger
from provenance.record.entry import Certification

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_ledger(parser)
    add_holder(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Find certifications."""
    ledger = out.enter(Ledger.open(args.ledger, readonly=True))
    indexes = find(ledger, args)
    found = [entry for entry in map(ledger.entry, indexes) if isinstance(entry, Certification)]
    standings = read_standings(ledger, indexes)
    document = {
        "indexes": indexes,
        "certifications": [
            {
                "index": entry.index,
                "time": entry.time,
                "deposit": entry.deposit,
                "depositor": entry.depositor,
                "status": standings[entry.index],
            }
            for entry in found
        ],
    }

    def show(out: Output) -> None:
        if not found:
            out.verdict("No certification is found.", good=False)
            return
        rows = [
            (one.index, when(one.time), one.depositor, one.deposit, standings[one.index])
            for one in found
        ]
        out.table(("entry", "received", "depositor", "deposit", "status"), rows)

    return Answer(YES if indexes else NO, document, show)
