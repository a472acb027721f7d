"""Corrections, withdrawals and erasures on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commands import DEPOSITOR, ORIGIN, Commands
from provenance.ledger import erasing

if TYPE_CHECKING:
    from pathlib import Path

FIRST = 4
LAST = 6
SAMPLE = ("sample", "--passages", "3", "--seed", "5", "--dossier", "0", "--schema", "1.1.5")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.fixture
def ledger(run: Commands, tmp_path: Path) -> Path:
    path = tmp_path / "ledger"
    run("init", path, "--origin", ORIGIN)
    run("depositor", "add", path, DEPOSITOR, "--name", "Un organisme")
    deposit(run, path, "--provisional")
    return path


def deposit(run: Commands, ledger: Path, *options: str, status: int = 0) -> str:
    """Make a sample and deposit it; options of `deposit` stand behind ``--``."""
    made, _, given = " ".join(options).partition("--deposit")
    file = ledger.parent / "deposit.xml"
    run(*SAMPLE, *made.split(), "-o", file)
    return run("deposit", ledger, file, *given.split(), status=status).out


def test_a_certification_through_its_life(run: Commands, ledger: Path) -> None:
    assert "3 accepted" in deposit(run, ledger)
    refused = deposit(run, ledger, "--revision", "1", status=1)
    assert "already-recorded" in refused
    assert "3 accepted" in deposit(run, ledger, "--revision 1 --deposit --corrections")
    told = deposit(run, ledger, "--suppression", "reduced")
    assert "3 accepted" in told
    assert "withdrawals" in told
    assert "3 recorded before" in deposit(run, ledger, "--suppression", "full")
    run("publish", ledger)
    log = run.json("log", ledger, "--type", "certification")["entries"]
    found = [run.json("show", ledger, str(one["index"]))["status"] for one in log]
    assert found == ["superseded"] * 6 + ["withdrawn"] * 3


def test_the_operator_withdraws(run: Commands, ledger: Path) -> None:
    told = run("withdraw", ledger, str(FIRST), str(LAST), "--reason", "FRAUD").out
    assert "Entry 4 is withdrawn, by entry 7." in told
    again = run("withdraw", ledger, str(FIRST), "--reason", "FRAUD", status=3)
    assert "withdrawn already" in again.err
    run("withdraw", ledger, "1", "--reason", "FRAUD", status=3)
    assert "DEPOSITOR_REQUEST" in run("withdraw", ledger, "4", "--reason", "X", status=2).err
    document = run.json("withdraw", ledger, "5", "--reason", "ERROR")
    assert document == {"withdrawals": [{"withdraws": 5, "index": 9}], "reason": "ERROR"}
    run("publish", ledger)
    assert "withdrawn by entry 7, as of" in verified(run, ledger, FIRST)
    assert run.json("audit", ledger)["verdict"] == "yes"


def verified(run: Commands, ledger: Path, index: int) -> str:
    policy, proof = ledger.parent / "policy.txt", ledger.parent / "proof.json"
    run("key", "policy", ledger, "-o", policy)
    run("prove", ledger, str(index), "-o", proof)
    return run("verify", proof, "--policy", policy).out


def test_erasing_is_tried_first(run: Commands, ledger: Path) -> None:
    words = ("erase", ledger, str(FIRST), "--basis", "GDPR_ART_17")
    tried = run(*words, "--dry-run").out
    assert "nothing was erased" in tried
    document = run.json(*words, "--dry-run")
    assert document["erased"] == [3, 4]
    assert document["entries"] == []
    run("show", ledger, str(FIRST), "--fields")
    done = run(*words).out
    assert "2 entries have lost their content, by entry 7." in done
    run("show", ledger, str(FIRST), "--fields", status=3)
    run(*words, status=3)
    run("erase", ledger, "1", "--basis", "OTHER", status=3)
    run("publish", ledger)
    report = run.json("audit", ledger)
    assert (report["verdict"], report["erased"]) == ("yes", 2)


def test_a_large_erasure_names_all_its_entries(
    run: Commands, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "ERASES_MAX", 2)
    done = run("erase", ledger, "4", "5", "6", "--basis", "OTHER").out
    assert "4 entries have lost their content, by entries 7 to 8." in done


def test_a_proof_is_brought_up_to_date(run: Commands, ledger: Path) -> None:
    policy, proof = ledger.parent / "policy.txt", ledger.parent / "proof.json"
    run("publish", ledger)
    run("prove", ledger, "4", "-o", proof)
    run("refresh", ledger, proof, status=3)
    run("withdraw", ledger, "4", "--reason", "ERROR")
    run("key", "rotate", ledger, "--role", "log")
    run("publish", ledger)
    run("key", "policy", ledger, "-o", policy)
    run("verify", proof, "--policy", policy, status=1)
    printed = run("refresh", ledger, proof).out
    document = run.json("refresh", ledger, proof)
    assert document["proof"] == printed
    told = run("refresh", ledger, proof, "-o", proof).out
    assert f"is up to date at size {document['size']}" in told
    run("refresh", ledger, proof, "-o", "-")
    assert "withdrawn by entry 8" in run("verify", proof, "--policy", policy).out
    (ledger.parent / "no.json").write_text("{}")
    run("refresh", ledger, ledger.parent / "no.json", status=2)


def test_a_log_ends_and_another_continues_it(run: Commands, ledger: Path) -> None:
    newer = ledger.parent / "newer"
    words = ("init", newer, "--origin", "log.example/newer", "--previous", ledger)
    assert "publish first" in run(*words, status=3).err
    run("publish", ledger)
    genesis = run.json(*words)["genesis"]
    assert run.json("show", newer, "0")["entry"]["previous"]["origin"] == ORIGIN
    note = ledger.parent / "last.txt"
    close = ("close", ledger, "--successor", "log.example/newer", "--genesis", genesis)
    told = run(*close, "-o", note).out
    assert "goes on as log.example/newer" in told
    assert note.read_text().startswith(ORIGIN)
    again = run(*close, status=3)
    assert "is closed" in again.err
    run("close", ledger, "--successor", "x", "--genesis", "no hash", status=2)
    assert run.json("audit", ledger)["verdict"] == "yes"
