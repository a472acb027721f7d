"""Flips bits of a ledger's database, one at a time, and audits: run by `test_bit_rot.py`.

``python rot_worker.py LEDGER`` reads bit positions from standard input, a line each, and
writes for each what came of it: ``position yes``, ``position no``, ``position error NAME``,
or ``position CRASH NAME`` for an exception that is none of the package's. It may be killed
by what it reads; whoever started it sees which line is missing.
"""

from __future__ import annotations

import sys
from pathlib import Path

from provenance.audit import audit
from provenance.errors import ProvenanceError


def flip(path: Path, position: int) -> None:
    """Flip one bit of a file, in place."""
    with path.open("r+b", buffering=0) as file:
        file.seek(position // 8)
        byte = file.read(1)[0]
        file.seek(position // 8)
        file.write(bytes([byte ^ 1 << position % 8]))


def outcome(ledger: Path) -> str:
    """Audit, and say in one word what came of it."""
    try:
        return audit(ledger, jobs=1).verdict
    except ProvenanceError as error:
        return f"error {type(error).__name__}"
    except Exception as error:  # noqa: BLE001 - what must not happen is what is looked for
        return f"CRASH {type(error).__name__} {error}"


def main() -> None:
    """Flip, audit, flip back."""
    ledger = Path(sys.argv[1])
    for line in sys.stdin:
        position = int(line)
        flip(ledger / "log" / "data.mdb", position)
        print(position, outcome(ledger), flush=True)
        flip(ledger / "log" / "data.mdb", position)


if __name__ == "__main__":
    main()
