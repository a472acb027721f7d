"""Auditing by the command line."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from commands import CERTIFIER, Commands, World, make_world
from provenance.audit import AuditReport, Finding
from provenance.cli import audit as command

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


def test_a_sound_ledger_is_a_yes(world: World, run: Commands) -> None:
    told = run("audit", world.ledger).out
    assert told.startswith("YES: nothing is wrong.")
    assert "no trust policy was given" in told
    report = run.json("audit", world.ledger, "--policy", world.policy)
    assert (report["verdict"], report["entries"], report["opened"]) == ("yes", 16, 12)
    assert "Not checked" not in run("audit", world.ledger, "--policy", world.policy).out


def test_an_audit_begins_behind_an_older_checkpoint(
    world: World, run: Commands, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    shutil.copytree(world.ledger, ledger)
    run("depositor", "add", ledger, CERTIFIER, "--name", "Un certificateur")
    run("publish", ledger)
    report = run.json("audit", ledger, "--since", world.checkpoint)
    assert (report["start"], report["entries"]) == (16, 2)


def test_on_what_it_rests_is_said(world: World, run: Commands) -> None:
    report = run.json("audit", world.ledger)
    rests = report["origins"]
    assert sum(rests.values()) == report["types"]["certification"]
    assert rests["filed"] > 0
    told = run("audit", world.ledger).out
    assert "in a kept file, unsigned" in told
    assert "the operator's word alone" not in told
    told = run("audit", world.ledger, "--no-vault").out
    assert "not held against what their depositors sent" in told


def test_payloads_may_stay_closed(world: World, run: Commands) -> None:
    assert run.json("audit", world.ledger, "--no-vault")["opened"] == 0


def test_signatures_may_stay_unchecked(world: World, run: Commands) -> None:
    told = run("audit", world.ledger, "--no-vault", "--no-signatures").out
    assert "entry signatures were not checked" in told
    report = run.json("audit", world.ledger, "--no-signatures")
    assert (report["signatures"], report["opened"]) == (0, 12)


def test_many_processes_give_the_same_report(world: World, run: Commands) -> None:
    one = run.json("audit", world.ledger, "--jobs", "1")
    assert run.json("audit", world.ledger, "--jobs", "2") == one


@pytest.mark.parametrize("jobs", ["0", "-1", "two"])
def test_a_number_of_processes_that_is_none(world: World, run: Commands, jobs: str) -> None:
    run("audit", world.ledger, "--jobs", jobs, status=2)


def test_a_damaged_database_is_a_no(world: World, run: Commands, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    shutil.copytree(world.ledger, ledger)
    file = ledger / "log" / "data.mdb"
    data = bytearray(file.read_bytes())
    # The kind of the page (mdb.c, mp_flags) on which an entry stands.
    entry = data.rindex(b'"type":"certification","index":9,')
    data[entry - entry % 4096 + 10] ^= 0xFF
    file.write_bytes(data)
    for jobs in ("1", "2"):
        told = run("audit", ledger, "--jobs", jobs, status=1).out
        assert told.startswith("NO:")
        assert "database" in told


def test_a_wrong_first_entry_is_a_no(world: World, run: Commands) -> None:
    told = run("audit", world.ledger, "--genesis", "00" * 32, status=1).out
    assert told.startswith("NO: 1 findings.")
    assert "genesis" in told


def test_lost_seeds_are_named(world: World, run: Commands, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    shutil.copytree(world.ledger, ledger)
    seeds = ledger / "vault" / "seeds"
    data = bytearray(seeds.read_bytes())
    data[-64:-32] = bytes(byte ^ 1 for byte in data[-64:-32])
    seeds.write_bytes(data)
    report = run.json("audit", ledger, status=1)
    assert report["findings"]


@pytest.mark.parametrize("text", ["", "no checkpoint", "a\n1\nAAAA\n\n"])
def test_an_older_checkpoint_that_is_none_cannot_be_read(
    text: str, world: World, run: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "since"
    file.write_text(text)
    run("audit", world.ledger, "--since", file, status=2)


def test_findings_beyond_the_listed_ones_are_counted(
    world: World, run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def many(*_: object, **__: object) -> AuditReport:
        return _report(findings_count=250, findings=(Finding("chain", "not chained", 7),))

    monkeypatch.setattr(command, "audit", many)
    assert "… and 249 more" in run("audit", world.ledger, status=1).out


def _report(**members: Any) -> AuditReport:
    empty: dict[str, Any] = {
        "verdict": "no",
        "origin": "log.example/x",
        "start": 0,
        "size": 9,
        "root": "",
        "entries": 9,
        "types": {},
        "signatures": 9,
        "checkpoints": 0,
        "opened": 0,
        "erased": 0,
        "notes": (),
    }
    return AuditReport(**(empty | members))
