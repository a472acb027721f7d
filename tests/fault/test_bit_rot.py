"""F9: random bits of the database flip, and the audit says so; nothing else happens.

The bits are flipped and the audits run in a process of their own, for what is read might
end it. Bits of entries, signatures and tree pages that are in use must never go unnoticed;
bits anywhere may (there are pages that nobody uses), and must never end in anything but a
verdict or an error of the package.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from battery import scale
from provenance.storage import Store
from sources import SOURCE
from tampering import make_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from battery import Row

WORKER = Path(__file__).with_name("rot_worker.py")
LIVE = ("records", "blocks")


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return make_ledger(tmp_path / "ledger")


def outcomes(ledger: Path, lines: Sequence[str], *, jobs: int) -> list[str]:
    """Flip and audit, once a line; a process that was killed is an outcome too."""
    run = subprocess.run(
        [sys.executable, str(WORKER), str(ledger), str(jobs)],
        input="\n".join(lines),
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=False,
    )
    told = run.stdout.splitlines()
    if run.returncode:
        told.append(f"KILLED {run.returncode} at {lines[len(told)]}: {run.stderr}")
    return told


def live_bits(ledger: Path, table: str, count: int, choose: random.Random) -> Iterator[str]:
    """Return random bits of a table's rows, each with all the places where its row stands."""
    data = (ledger / "log" / "data.mdb").read_bytes()
    with Store.open(ledger / "log", readonly=True) as store, store.view() as view:
        rows = [row for _, row in view.rows.scan(table)]
    for _ in range(count):
        row = choose.choice(rows)
        bit = choose.randrange(8 * len(row))
        places = [8 * at + bit for at in occurrences(data, row)]
        assert places, "the row stands somewhere"
        yield " ".join(map(str, places))


def occurrences(data: bytes, row: bytes) -> Iterator[int]:
    at = data.find(row)
    while at >= 0:
        yield at
        at = data.find(row, at + 1)


def bad(told: Sequence[str]) -> list[str]:
    """Return the outcomes that must never be, wherever a bit flipped."""
    return [one for one in told if one.startswith(("CRASH", "KILLED"))]


@pytest.mark.parametrize("table", LIVE)
def test_no_bit_in_use_flips_unnoticed(ledger: Path, table: str, row: Row) -> None:
    row.begin("F9 rot: the audit alone")
    lines = list(live_bits(ledger, table, scale(60, 1000), row.random))
    told = outcomes(ledger, lines, jobs=1)
    row.tried, row.fired = len(lines), len(told)
    assert not bad(told)
    assert len(told) == len(lines)
    assert Counter(told)["yes"] == 0, Counter(told)


def test_no_bit_in_use_flips_unnoticed_by_many_processes(ledger: Path) -> None:
    choose = random.Random(3)
    lines = [line for table in LIVE for line in live_bits(ledger, table, 6, choose)]
    told = outcomes(ledger, lines, jobs=2)
    assert told == ["no"] * len(lines)


@pytest.mark.parametrize(("jobs", "count"), [(1, scale(80, 2000)), (2, 10)])
def test_bits_anywhere_end_in_a_verdict_or_an_error(
    ledger: Path, jobs: int, count: int, row: Row
) -> None:
    row.begin("F9 rot: the audit alone")
    choose = row.random
    size = (ledger / "log" / "data.mdb").stat().st_size
    lines = [str(choose.randrange(8 * size)) for _ in range(count)]
    told = outcomes(ledger, lines, jobs=jobs)
    assert not bad(told)
    assert len(told) == count
    row.tried, row.fired = count, Counter(told)["no"]


def test_meta_pages_and_a_short_file_end_in_a_verdict_or_an_error(ledger: Path) -> None:
    """Where the engine would run off the end of the file, and be killed for it."""
    choose = random.Random(4)
    lines = [str(8 * 4096 * page + choose.randrange(8 * 152)) for page in (0, 1) * 20]
    told = outcomes(ledger, lines, jobs=1)
    assert not bad(told)
    assert len(told) == len(lines)
    data = ledger / "log" / "data.mdb"
    whole = data.read_bytes()
    for keep in (0, 100, 4096, 8192, len(whole) // 2):
        data.write_bytes(whole[:keep])
        assert outcomes(ledger, ["0"], jobs=0) in (["no"], ["error LedgerDamagedError"])


def test_control_what_is_whole_passes_and_a_blind_harness_is_noticed(
    ledger: Path, row: Row
) -> None:
    """Nothing is flipped: all pass, which above would be counted as unnoticed."""
    row.begin("F9 rot: the audit alone")
    row.control(caught=outcomes(ledger, ["0"] * 3, jobs=0) == ["yes"] * 3)
    assert outcomes(ledger, [f"{1 << 62}"], jobs=1) != ["yes"], "a flip that fails is no yes"
