"""Grow logs and measure on the way: ``python -m benchmarks.scaling [--long]``."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Final

import msgspec
from benchmarks.compare.report import describe_machine
from benchmarks.scaling.subjects import BATCH, CertificationLedger, OpaqueLog, Subject
from benchmarks.scaling.turns import count_bytes, take_turns

ROUNDS: Final = 50
"""Batches whose median is the rate at a size."""
PROOFS: Final = 2000
OPENINGS: Final = 7


class Point(msgspec.Struct, frozen=True):
    """What was measured at one size; ``rate_low`` and ``rate_high`` are quartiles.

    ``small_rate`` and ``bare_rate`` were measured in turns with ``rate``: of a log that
    stays small, and of writing and syncing as many bytes, in entries a second, too.
    """

    size: int
    rate: float
    rate_low: float
    rate_high: float
    small_rate: float
    bare_rate: float
    proof_s: float
    open_s: float
    audit_rate: float
    bytes_per_entry: float


class Growth(msgspec.Struct, frozen=True):
    """One log on its way."""

    name: str
    points: tuple[Point, ...]


class Results(msgspec.Struct, frozen=True):
    """One run."""

    machine: dict[str, str]
    growths: tuple[Growth, ...]


def main() -> None:
    """Grow both logs, write the results, and print them."""
    parser = argparse.ArgumentParser(description="Measure how everything grows with size.")
    parser.add_argument("--quick", action="store_true", help="to 10^4 only, less exact")
    parser.add_argument("--long", action="store_true", help="to 10^7 opaque records")
    parser.add_argument("--output", type=Path, help="write the results as JSON, too")
    parser.add_argument("--directory", type=Path, default=Path(), help="where to make the logs")
    args = parser.parse_args()
    last = 4 if args.quick else 7 if args.long else 6
    rounds = ROUNDS // 10 if args.quick else ROUNDS
    growths = []
    with tempfile.TemporaryDirectory(prefix="bench-", dir=args.directory) as made:
        for kind, power in ((OpaqueLog, last), (CertificationLedger, max(4, last - 1))):
            place = Path(made) / kind.__name__
            place.mkdir()
            subject = kind(place)
            sizes = [10**one for one in range(4, power + 1)]
            points = [_point(subject, place, size, rounds) for size in sizes]
            subject.close()
            growths.append(Growth(kind.name, tuple(points)))
    results = Results(describe_machine(), tuple(growths))
    encoded = msgspec.json.format(msgspec.json.encode(results))
    if args.output is not None:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        args.output.write_bytes(encoded)
    print(encoded.decode())


def _point(subject: Subject, place: Path, size: int, rounds: int) -> Point:
    print(f"{type(subject).__name__} at {size:,} …", file=sys.stderr)
    while subject.size < size:
        subject.append(subject.batch())
    turns = take_turns(subject, place, rounds)
    fast, middle, slow = (BATCH / seconds for seconds in quantiles(turns.log, n=4))
    chance = random.Random(size)
    wanted = chance.choices(range(size), k=PROOFS)
    subject.prove(wanted)
    proofs = subject.prove(wanted)
    openings = [subject.reopen() for _ in range(OPENINGS)]
    started = time.perf_counter()
    audited = subject.audit()
    audit_s = time.perf_counter() - started
    return Point(
        size=size,
        rate=middle,
        rate_low=slow,
        rate_high=fast,
        small_rate=BATCH / median(turns.small),
        bare_rate=BATCH / median(turns.bare),
        proof_s=median(proofs),
        open_s=median(openings),
        audit_rate=audited / audit_s,
        bytes_per_entry=count_bytes(place) / subject.size,
    )


if __name__ == "__main__":
    main()
