"""Flips bits of a ledger's database, one at a time, and audits: run by `test_bit_rot.py`.

``python rot_worker.py LEDGER JOBS`` reads from standard input, a line each, the places of
one bit in ``data.mdb``: several where the same bytes stand in pages that are not in use any
more. It writes for each line what came of it: ``yes``, ``no``, ``error NAME``, or ``CRASH
NAME`` for an exception that is none of the package's. What it reads may kill it; whoever
started it then misses lines. With JOBS 0 nothing is flipped: the control.
"""

from __future__ import annotations

import sys
from pathlib import Path

from provenance.audit import audit
from provenance.errors import ProvenanceError


def flip(path: Path, positions: list[int]) -> None:
    """Flip bits of a file, in place."""
    with path.open("r+b", buffering=0) as file:
        for position in positions:
            file.seek(position // 8)
            byte = file.read(1)[0]
            file.seek(position // 8)
            file.write(bytes([byte ^ 1 << position % 8]))


def outcome(ledger: Path, jobs: int) -> str:
    """Audit, and say in one word what came of it."""
    try:
        return audit(ledger, jobs=jobs).verdict
    except ProvenanceError as error:
        return f"error {type(error).__name__}"
    except Exception as error:  # noqa: BLE001 - what must not happen is what is looked for
        return f"CRASH {type(error).__name__} {error}"


def main() -> None:
    """Flip, audit, flip back."""
    ledger, jobs = Path(sys.argv[1]), int(sys.argv[2])
    for line in sys.stdin:
        positions = [int(word) for word in line.split()] if jobs else []
        flip(ledger / "log" / "data.mdb", positions)
        sys.stdout.write(f"{outcome(ledger, jobs or 1)}\n")
        sys.stdout.flush()
        flip(ledger / "log" / "data.mdb", positions)


if __name__ == "__main__":
    main()
