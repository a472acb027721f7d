"""The comparison of the benchmarks: its protocol, and that its checks can fail."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from benchmarks.compare.driver import Command, Driver, SystemFailedError
from benchmarks.compare.durability import check_durability
from benchmarks.compare.protocol import read_records, write_records
from benchmarks.compare.report import Measured, Rate, Results, format_report
from benchmarks.compare.systems import HERE, SYSTEMS, Compared

if TYPE_CHECKING:
    from pathlib import Path

RECORDS: Final = [b"first", b"", b"third" * 100]
OURS: Final = [one for one in SYSTEMS if one.name.startswith(("provenance", "plain"))]


def names(system: Compared) -> str:
    return system.name


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Return a file of records that every system takes."""
    write_records(tmp_path / "records", RECORDS)
    return tmp_path / "records"


def chain(kind: str) -> Command:
    return Command((sys.executable, str(HERE / "peers" / "sqlite_chain.py")), (kind,))


def test_records_come_back_as_they_were_written(records: Path) -> None:
    assert list(read_records(records)) == RECORDS


@pytest.mark.parametrize("kind", ["plain", "signed"])
def test_a_program_appends_and_audits(kind: str, records: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with Driver(chain(kind), tmp_path / "data", records) as driver:
        assert driver.append(batch=3, count=4) > 0
        assert driver.audit()[1] == 12
        assert driver.prove([0]) is None


def test_an_audit_that_finds_damage_ends_the_run(records: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with Driver(chain("plain"), tmp_path / "data", records) as driver:
        driver.append(batch=3, count=1)
        with sqlite3.connect(tmp_path / "data" / "chain.db") as connection:
            connection.execute("UPDATE log SET record = x'00' WHERE id = 2")
        connection.close()
        with pytest.raises(SystemFailedError, match="chain breaks at entry 1"):
            driver.audit()


def test_a_program_that_cannot_start_is_told(records: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(SystemFailedError):
        Driver(Command(("false",)), tmp_path / "data", records)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not on this machine")
@pytest.mark.parametrize(
    ("kind", "durable"), [("plain", True), ("signed", True), ("unsynced", False)]
)
def test_the_durability_check_tells_synced_from_unsynced(
    kind: str, durable: bool, records: Path
) -> None:
    assert check_durability(chain(kind), records).durable is durable


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not on this machine")
@pytest.mark.parametrize("kind", ["synced", "unsynced"])
def test_a_store_built_without_syncing_is_flagged(kind: str, records: Path) -> None:
    program = str(HERE / "peers" / "provenance_store.py")
    found = check_durability(Command((sys.executable, program), (kind,)), records)
    assert found.durable is (kind == "synced")


def test_without_strace_nothing_is_called_durable(
    records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert check_durability(chain("plain"), records).durable is None


def test_the_report_names_what_was_skipped_and_what_is_not_durable() -> None:
    rates = {1000: Rate(median=100.0, low=90.0, high=110.0)}
    ours = Measured("provenance, x", "head", control=False, durable=True, rates=rates)
    control = Measured("unsynced", "head", control=True, durable=False, rates=rates)
    gone = Measured("peer", "nothing", control=False, skipped="npm is not on this machine")
    report = format_report(
        Results({"date": "2026-01-01"}, {"limit": 5.0}, (ours, control, gone))
    )
    assert "skipped: npm is not on this machine" in report
    assert "| unsynced | head | **no** |" in report
    assert "| unsynced | 1.00 |" in report


def test_every_system_but_controls_is_held_against_one_clock() -> None:
    assert [one.name for one in SYSTEMS if one.control] == ["provenance, opaque, not synced"]
    assert {one.workload for one in SYSTEMS} == {"opaque", "certifications"}
    assert len({one.name for one in SYSTEMS}) == len(SYSTEMS)


def test_help_says_what_the_command_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.compare", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=HERE.parents[1],
    )
    assert "Compare the ledger with other systems" in done.stdout
