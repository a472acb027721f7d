"""Appends and publishes without a pause until told to end: run by `test_audit_beside.py`."""

from __future__ import annotations

import select
import sys
from itertools import count
from pathlib import Path

from provenance.ledger import Ledger


def main() -> None:
    """Write to the ledger that is named."""
    with Ledger.open(Path(sys.argv[1])) as ledger:
        template = dict(ledger.fields(5)[:-1])
        depositor = sys.argv[2]
        for number in count():
            record = {**template, "idTechnique": f"busy-{number}"}
            ledger.append([record], depositor=depositor)
            if number % 20 == 0:
                ledger.publish()
                sys.stdout.write(f"{number}\n")
                sys.stdout.flush()
            if select.select([sys.stdin], [], [], 0)[0]:
                return


if __name__ == "__main__":
    main()
