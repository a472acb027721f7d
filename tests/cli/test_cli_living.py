"""Corrections, withdrawals and erasures on the command line."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING

import pytest

from commands import DEPOSITOR, ORIGIN, Commands
from provenance.cli.main import main
from provenance.cli.standing import read_standings
from provenance.ledger import Ledger, erasing

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
    run("depositor", "add", path, DEPOSITOR, "--name", "Un organisme", "--for-all")
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
    # The same when they are asked for together.
    with Ledger.open(ledger, readonly=True) as opened:
        indexes = [one["index"] for one in log]
        assert list(read_standings(opened, indexes).values()) == found


def test_the_operator_withdraws(run: Commands, ledger: Path) -> None:
    words = ("withdraw", ledger, str(FIRST), str(LAST), "--reason", "FRAUD")
    tried = run(*words, "--dry-run").out
    assert "2 certifications would be withdrawn" in tried
    assert "of deposit 3 by 0ABCDEFG" in tried
    told = run(*words, "--yes").out
    assert "Entry 4 is withdrawn, by entry 7." in told
    again = run("withdraw", ledger, "5", str(FIRST), "--reason", "FRAUD", "--yes", status=3)
    assert "entry 4 is withdrawn already" in again.err, "and nothing was done to entry 5"
    run("withdraw", ledger, "1", "--reason", "FRAUD", "--yes", status=3)
    assert "DEPOSITOR_REQUEST" in run("withdraw", ledger, "4", "--reason", "X", status=2).err
    document = run.json("withdraw", ledger, "5", "--reason", "ERROR", "--yes")
    assert document == {
        "withdrawals": [{"withdraws": 5, "index": 9}],
        "reason": "ERROR",
        "dry_run": False,
    }
    run("publish", ledger)
    assert "withdrawn by entry 7, as of" in verified(run, ledger, FIRST)
    assert run.json("audit", ledger)["verdict"] == "yes"


def verified(run: Commands, ledger: Path, index: int) -> str:
    policy, proof = ledger.parent / "policy.txt", ledger.parent / "proof.json"
    run("key", "policy", ledger, "-o", policy)
    run("prove", ledger, str(index), "-o", proof)
    return run("verify", proof, "--policy", policy, status=4).out


def test_erasing_is_tried_first(run: Commands, ledger: Path) -> None:
    words = ("erase", ledger, str(FIRST), "--basis", "GDPR_ART_17")
    tried = run(*words, "--dry-run").out
    assert "2 entries would lose their content" in tried
    assert "CREATION by 0ABCDEFG" in tried
    document = run.json(*words, "--dry-run")
    assert document["erased"] == [3, 4]
    assert document["entries"] == []
    run("show", ledger, str(FIRST), "--fields")
    done = run(*words, "--case", "DPO-7", "--yes").out
    assert "2 entries have lost their content, by entry 7." in done
    assert "DPO-7" in run("show", ledger, "7", "--fields").out
    run("show", ledger, str(FIRST), "--fields", status=3)
    run(*words, "--yes", status=3)
    run("erase", ledger, "1", "--basis", "OTHER", "--yes", status=3)
    run("erase", ledger, "5", "--basis", "OTHER", "--case", "", "--yes", status=2)
    run("publish", ledger)
    report = run.json("audit", ledger)
    assert (report["verdict"], report["erased"]) == ("yes", 2)


def test_a_large_erasure_names_all_its_entries(
    run: Commands, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "ERASES_MAX", 2)
    done = run("erase", ledger, "4", "5", "6", "--basis", "OTHER", "--yes").out
    assert "4 entries have lost their content, by entries 7 to 8." in done


def test_a_proof_is_brought_up_to_date(run: Commands, ledger: Path) -> None:
    policy, proof = ledger.parent / "policy.txt", ledger.parent / "proof.json"
    run("publish", ledger)
    run("prove", ledger, "4", "-o", proof)
    run("refresh", ledger, proof, status=3)
    run("withdraw", ledger, "4", "--reason", "ERROR", "--yes")
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
    assert "withdrawn by entry 8" in run("verify", proof, "--policy", policy, status=4).out
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
    assert "would end at 10 entries, forever" in run(*close, "--dry-run", "-o", note).out
    assert not note.exists()
    told = run(*close, "--yes", "-o", note).out
    assert "goes on as log.example/newer" in told
    assert note.read_text().startswith(ORIGIN)
    for option in ("--yes", "--dry-run"):
        assert "is closed" in run(*close, option, status=3).err
    run("close", ledger, "--successor", "x", "--genesis", "no hash", "--yes", status=2)
    assert run.json("audit", ledger)["verdict"] == "yes"


# What cannot be undone.

COMMANDS = {
    "erase": ("erase", "4", "--basis", "OTHER"),
    "withdraw": ("withdraw", "4", "--reason", "ERROR"),
    "close": ("close", "--successor", "log.example/newer", "--genesis", "00" * 32),
}
DONE = {"erase": "have lost", "withdraw": "is withdrawn", "close": "is closed"}


def words_of(name: str, ledger: Path) -> tuple[str | Path, ...]:
    command, *rest = COMMANDS[name]
    return (command, ledger, *rest)


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_is_done_where_nobody_can_be_asked(
    run: Commands, ledger: Path, name: str
) -> None:
    for option in ((), ("--json",)):
        told = run(*words_of(name, ledger), *option, status=2)
        assert "--dry-run" in told.err
        assert "--yes" in told.err
    run(*words_of(name, ledger), "--dry-run")
    assert run.json(*words_of(name, ledger), "--dry-run")["dry_run"] is True
    assert run.json("log", ledger)["size"] == 7


class Terminal(io.TextIOWrapper):
    """A terminal at which somebody answers."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("answer", ["y", "yes", "O", "n", "", "nonsense"])
def test_on_a_terminal_the_command_shows_and_asks(
    ledger: Path, name: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed, shown = Terminal(io.BytesIO(f"{answer}\n".encode())), Terminal(io.BytesIO())
    asked = io.StringIO()
    for stream, fake in (("stdin", typed), ("stdout", shown), ("stderr", asked)):
        monkeypatch.setattr(f"sys.{stream}", fake)
    monkeypatch.setattr("provenance.cli.output.has_rich", lambda _: False)
    status = main([str(word) for word in words_of(name, ledger)])
    shown.flush()
    printed = shown.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert "would" in printed, "it is shown before it is asked for"
    assert "[y/N]" in asked.getvalue()
    agreed = answer.lower() in {"y", "yes", "o"}
    assert status == (0 if agreed else 1)
    assert (DONE[name] in printed) == agreed
    with Ledger.open(ledger, readonly=True) as opened:
        assert (opened.size > 7) == agreed


def test_a_deposit_alone_needs_the_passage_that_it_is_about(
    run: Commands, ledger: Path
) -> None:
    file = ledger.parent / "other.xml"
    run(*SAMPLE[:3], "--seed", "8", "--dossier", "0", "--flaw", "end-before-start", "-o", file)
    run("deposit", ledger, file, status=1)
    words = ("erase", ledger, "7", "--basis", "OTHER", "--yes")
    assert "--refused-passage" in run(*words, status=3).err
    receipt = run.json("deposit", ledger, file, status=1)
    (number,) = {one["faults"][0]["passage"] for one in receipt["refused"]}
    other = next(n for n in (1, 2, 3) if n != number)
    assert "is recorded by entry" in run(*words, "--refused-passage", str(other), status=3).err
    run(*words, "--refused-passage", "4", status=2)
    run(*words, "--refused-passage", "0", status=2)
    assert run.json(*words, "--refused-passage", str(number))["erased"] == [7]


def test_lost_seeds_are_given_up(run: Commands, ledger: Path) -> None:
    repair = ("repair", ledger, "--lost-seeds")
    run("repair", ledger, status=2)
    assert "No seed is lost." in run(*repair, "--yes").out
    older = ledger.parent / "older"
    shutil.copytree(ledger / "vault", older)
    file = ledger.parent / "other.xml"
    run(*SAMPLE[:3], "--seed", "8", "--dossier", "0", "-o", file)
    run("deposit", ledger, file)
    shutil.rmtree(ledger / "vault")
    shutil.copytree(older, ledger / "vault")
    told = run("publish", ledger, status=3).err
    assert "no seeds for 4 entries from entry 7 on" in told
    assert f"provenance repair {ledger} --lost-seeds" in told
    tried = run(*repair, "--dry-run").out
    assert "4 entries have lost their seeds." in tried
    assert run.json(*repair, "--dry-run")["lost"] == [7, 8, 9, 10]
    assert "--yes" in run(*repair, status=2).err
    document = run.json(*repair, "--case", "INCIDENT-7", "--yes")
    assert (document["lost"], document["entries"]) == ([7, 8, 9, 10], [11])
    assert "LOST_SEED" in run("show", ledger, "11", "--fields").out
    assert "3 accepted" in run("deposit", ledger, file).out
    run("publish", ledger)
    assert run.json("audit", ledger)["verdict"] in ("yes", "attention")
