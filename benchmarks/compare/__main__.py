"""Run the comparison: ``python -m benchmarks.compare [--quick] [--output FILE]``."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import msgspec
from benchmarks.compare.driver import Driver, SystemFailedError
from benchmarks.compare.durability import check_durability
from benchmarks.compare.protocol import write_records
from benchmarks.compare.report import (
    Measured,
    Proofs,
    Rate,
    Results,
    describe_machine,
    format_report,
)
from benchmarks.compare.systems import SYSTEMS, Compared, UnavailableError
from benchmarks.compare.yardsticks import measure_yardsticks
from benchmarks.workload import DEPOSITOR

from provenance.cdc.sample import SampleSpec, describe

if TYPE_CHECKING:
    from collections.abc import Mapping

BATCHES: Final = (1, 100, 1000)
RECORDS: Final = 2000
RECORD_SIZE: Final = 1100
PROOFS_AT: Final = 20_000
"""Entries at which proofs are made and everything is audited."""


class Plan(msgspec.Struct, frozen=True):
    """How long to measure: rounds, seconds a round, and entries for proofs and audit."""

    rounds: int
    round_s: float
    entries: int
    proofs: int


WHOLE: Final = Plan(rounds=5, round_s=1.5, entries=PROOFS_AT, proofs=200)
QUICK: Final = Plan(rounds=3, round_s=0.2, entries=2_000, proofs=20)


def main() -> None:
    """Measure everything, write the results, print the report."""
    parser = argparse.ArgumentParser(description="Compare the ledger with other systems.")
    parser.add_argument("--quick", action="store_true", help="a shorter run, less exact")
    parser.add_argument("--output", type=Path, help="write the results as JSON, too")
    args = parser.parse_args()
    plan = QUICK if args.quick else WHOLE
    with tempfile.TemporaryDirectory(prefix="bench-", dir=".") as made:
        directory = Path(made).resolve()
        files = _make_records(directory)
        yardsticks = measure_yardsticks(directory, rounds=plan.rounds)
        systems = [_measure(one, plan, files, directory) for one in SYSTEMS]
    results = Results(describe_machine(), yardsticks, tuple(systems))
    if args.output is not None:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        args.output.write_bytes(msgspec.json.format(msgspec.json.encode(results)))
    print(format_report(results))
    wrong = [one.name for one in systems if one.control and one.durable is not False]
    if wrong and any(one.durable is not None for one in systems):
        sys.exit(f"the durability check did not see that this is not durable: {wrong[0]}")


def _make_records(directory: Path) -> dict[str, Path]:
    """Write both files of seeded records."""
    chance = random.Random(1)
    opaque = [chance.randbytes(RECORD_SIZE // 2).hex().encode() for _ in range(RECORDS)]
    spec = SampleSpec(seed=1, passages=RECORDS)
    forms = [
        msgspec.json.encode({k: v for k, v in passage.fields if k != "source"})
        for passage in describe(spec)
    ]
    assert all(DEPOSITOR.encode() in form for form in forms)
    files = {name: directory / f"{name}.records" for name in ("opaque", "certifications")}
    write_records(files["opaque"], opaque)
    write_records(files["certifications"], forms)
    return files


def _measure(
    system: Compared, plan: Plan, files: Mapping[str, Path], directory: Path
) -> Measured:
    print(f"{system.name} …", file=sys.stderr)
    records = files[system.workload]
    place = directory / f"{len(list(directory.iterdir()))}"
    place.mkdir()
    try:
        command = system.command()
        durability = check_durability(command, records)
        rates = {}
        for batch in BATCHES:
            (place / str(batch)).mkdir()
            with Driver(command, place / str(batch), records) as driver:
                rates[batch] = _rate(driver, batch, plan)
        (place / "proofs").mkdir()
        with Driver(command, place / "proofs", records) as driver:
            proofs = _proofs(driver, plan)
    except (UnavailableError, SystemFailedError) as error:
        return Measured(system.name, system.signed, system.control, skipped=str(error))
    return Measured(
        system.name,
        system.signed,
        system.control,
        durable=durability.durable,
        syncs_per_commit=durability.syncs_per_commit,
        rates=rates,
        proofs=proofs,
    )


def _rate(driver: Driver, batch: int, plan: Plan) -> Rate:
    """Find how many batches make a round, then measure the rounds."""
    count = 1
    while (seconds := driver.append(batch=batch, count=count)) < plan.round_s / 4:
        count *= 2
    count = max(1, round(count * plan.round_s / seconds))
    found = [
        batch * count / driver.append(batch=batch, count=count) for _ in range(plan.rounds)
    ]
    return Rate(median=median(found), low=min(found), high=max(found))


def _proofs(driver: Driver, plan: Plan) -> Proofs:
    """Fill it, make single proofs, and have everything checked; slow ones get less time."""
    started = time.perf_counter()
    entries = 0
    while entries < plan.entries and time.perf_counter() - started < 10 * plan.round_s:
        driver.append(batch=1000, count=1)
        entries += 1000
    chance, seconds, size = random.Random(2), list[float](), 0
    while len(seconds) < plan.proofs and sum(seconds) < plan.round_s:
        # The first proof of a group warms whatever there is to warm.
        made = driver.prove(chance.choices(range(entries), k=1))
        if made is None:
            break
        seconds.append(made[0])
        size = made[1]
    audit_s, audited = driver.audit()
    return Proofs(
        entries=entries,
        proof_s=median(seconds) if seconds else None,
        proof_bytes=size or None,
        audited_per_s=audited / audit_s,
    )


if __name__ == "__main__":
    main()
