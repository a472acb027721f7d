"""What holds for every command: help, exit statuses, errors on one line, JSON."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from commands import Commands, World, make_world, start
from provenance import errors
from provenance.cdc.faults import Fault, Level
from provenance.cli import main as cli
from provenance.cli.exits import status_of
from provenance.cli.main import COMMANDS, GROUPS, main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


def test_help_names_every_command_and_the_exit_statuses(run: Commands) -> None:
    shown = run("--help").out
    for name, summary in COMMANDS.items():
        assert f"  {name:<11}{summary}" in shown
    assert "exit status" in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command_describes_it_and_has_examples(name: str, run: Commands) -> None:
    shown = run(name, "--help").out
    assert shown.startswith(f"usage: provenance {name}")
    assert "examples:" in shown
    assert shown.count(f"  provenance {name} ") >= 2
    assert max(map(len, shown.splitlines())) <= 100


@pytest.mark.parametrize(
    "words", [("depositor", "add"), ("depositor", "list"), ("key", "list"), ("key", "rotate")]
)
def test_groups_help_with_each_of_their_commands(words: tuple[str, ...], run: Commands) -> None:
    assert "LEDGER" in run(*words, "--help").out


def test_groups_are_commands() -> None:
    assert set(COMMANDS) > GROUPS


def test_version_is_told(run: Commands) -> None:
    assert run("--version").out.startswith("provenance 0.")


WRONG: Final = {
    "nothing": [],
    "an unknown command": ["confirm"],
    "an option in front": ["--json", "log"],
    "a separator in front": ["--", "log"],
    "a missing argument": ["log"],
    "a missing option": ["init", "ledger"],
    "a missing action": ["key"],
    "an unknown action": ["key", "burn", "ledger"],
    "an unknown option": ["log", "ledger", "--colour"],
    "an abbreviated option": ["log", "ledger", "--las", "3"],
    "an index that is none": ["show", "ledger", "-1"],
    "an index in other digits": ["show", "ledger", "٣"],
    "a number that is too small": ["log", "ledger", "--last", "0"],
    "an age that is none": ["verify", "p", "--policy", "q", "--max-age", "1y"],
    "a hash that is none": ["verify", "p", "--policy", "q", "--genesis", "abc"],
    "a hash of wrong digits": ["verify", "p", "--policy", "q", "--genesis", "x" * 64],
    "a date that is none": ["sample", "--day", "tomorrow"],
    "a flaw that is none": ["sample", "--flaw", "ugly=2"],
}


@pytest.mark.parametrize("words", WRONG.values(), ids=WRONG)
def test_wrong_command_lines_are_told_on_one_line(words: list[str], run: Commands) -> None:
    told = run(*words, status=2)
    if "--json" not in words:
        assert told.out == ""
    assert told.err.startswith("provenance: ")
    assert told.err.count("\n") == 1
    assert "--help" in told.err


def test_with_json_an_error_is_a_document_too(run: Commands, tmp_path: Path) -> None:
    told = run("log", "--json", status=2)
    assert told.json()["error"]["type"] == "UsageError"
    told = run("log", tmp_path / "none", "--json", status=3)
    assert told.json()["error"]["type"] == "LedgerDamagedError"
    assert told.json()["error"]["message"] in told.err


READERS: Final = {
    "publish": (),
    "log": (),
    "audit": (),
    "show": ("0",),
    "prove": ("4",),
    "find": ("--reference", "r"),
    "deposit": ("deposit.xml",),
}


@pytest.mark.parametrize("name", READERS)
def test_a_missing_ledger_cannot_be_read(name: str, run: Commands, tmp_path: Path) -> None:
    told = run(name, tmp_path / "none", *READERS[name], status=3)
    assert "is not a ledger" in told.err
    assert list(tmp_path.iterdir()) == []


def _refused(*levels: Level) -> errors.DepositRefused:
    faults = [Fault(level=level, code="c", message="m", effect="file") for level in levels]
    return errors.DepositRefused("refused", faults)


STATUSES: Final = [
    (errors.VerificationError("x"), 1),
    (errors.RollbackError("x"), 1),
    (_refused(), 1),
    (_refused("schema", "rights"), 1),
    (_refused("schema", "well-formed"), 2),
    (errors.FormatError("x"), 2),
    (errors.UnreadableError("x"), 2),
    (errors.LedgerDamagedError("x"), 3),
    (errors.UnknownEntryError("x"), 3),
    (errors.NotPublishedError("x"), 3),
    (errors.PolicyError("x"), 3),
    (errors.KeyFileError("x"), 3),
    (errors.LedgerFullError("x"), 3),
    (errors.LedgerBusyError("x"), 3),
    (errors.ProvenanceError("x"), 3),
]


@pytest.mark.parametrize(("error", "status"), STATUSES, ids=lambda value: type(value).__name__)
def test_every_error_has_its_exit_status(error: errors.ProvenanceError, status: int) -> None:
    assert status_of(error) == status


def test_an_error_of_the_system_is_told_without_a_traceback(
    run: Commands, world: World
) -> None:
    told = run("prove", world.ledger, "4", "-o", world.path / "none" / "proof.json", status=3)
    assert told.err.startswith("provenance: cannot read or write ")
    assert told.err.endswith(": No such file or directory\n")


def test_an_error_of_the_system_without_a_file_is_told(
    run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_run", _raise(OSError()))
    assert run("log", status=3).err == "provenance: cannot read or write: I/O error\n"


def _raise(error: BaseException) -> object:
    def fail(*_: object) -> int:
        raise error

    return fail


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_fault_of_ours_tells_where_and_quotes_nothing(
    debug: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_run", _raise(ValueError("Durand, Zoé")))
    monkeypatch.setenv("PROVENANCE_DEBUG", debug)
    assert main(["log", "ledger"]) == 3
    told = capsys.readouterr().err.splitlines()
    assert told[-1].startswith("provenance: internal error (ValueError in test_cli_main.py:")
    assert (len(told) > 1) == bool(debug)
    assert "Durand" not in told[-1]


def test_an_interruption_ends_with_its_status(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_run", _raise(KeyboardInterrupt()))
    assert main(["log", "ledger"]) == 130
    assert capsys.readouterr().err == "provenance: interrupted\n"


def test_a_message_cannot_move_the_cursor(run: Commands, tmp_path: Path) -> None:
    told = run("log", tmp_path / "a\x1b[2Jb\nc", status=3)
    assert "\x1b" not in told.err
    assert told.err.count("\n") == 1


def test_a_name_that_is_no_text_is_told_all_the_same(run: Commands, tmp_path: Path) -> None:
    name = os.fsdecode(bytes(tmp_path) + b"/\xff")
    assert run("log", name, "--json", status=3).json()["error"]["type"] == "LedgerDamagedError"


def test_a_reader_that_leaves_is_no_error(world: World) -> None:
    script = (
        f"{sys.executable} -m provenance log {world.ledger} | true; echo ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    # It may also have written everything before the reader left.
    assert done.stdout.strip() in {"141", "0"}


def test_a_reader_that_has_left_already_is_no_error(world: World) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-m", "provenance", "log", world.ledger],
        stdout=write_end,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write_end)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_terminal_that_cannot_show_a_letter_gets_its_escape(world: World) -> None:
    done = start("show", world.ledger, "4", "--fields", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\x" in done.stdout or done.stdout.isascii()


def test_the_program_runs_as_a_module() -> None:
    done = start("--version")
    assert done.returncode == 0
    assert done.stdout.startswith(b"provenance ")


FULL: Final = [("log", "LEDGER"), ("log", "LEDGER", "--json"), ("--version",)]


@pytest.mark.parametrize("words", FULL, ids=" ".join)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_told_and_is_no_answer(
    words: tuple[str, ...], unbuffered: str, world: World
) -> None:
    words = tuple(word.replace("LEDGER", str(world.ledger)) for word in words)
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [sys.executable, "-m", "provenance", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr == b"provenance: cannot read or write: No space left on device\n"
    assert b"Traceback" not in done.stderr


def test_closed_streams_change_no_answer(world: World) -> None:
    verify = f"{sys.executable} -m provenance verify {world.proof} --policy {world.policy}"
    for closed in (">&-", "2>&-", "<&-", "<&- >&- 2>&-"):
        done = subprocess.run(["bash", "-c", f"{verify} {closed}"], check=False)
        assert done.returncode == 0, closed
    wrong = f"{sys.executable} -m provenance verify - --policy {world.policy} <&- >&-"
    done = subprocess.run(["bash", "-c", wrong], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (2, b"")


def test_a_real_interruption_ends_with_its_status(world: World, tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    os.mkfifo(policy)
    # Who runs the tests in the background has the signal ignored, and so would the command.
    heard = ["env", "--default-signal=INT", sys.executable, "-m", "provenance"]
    command = [*heard, "verify", str(world.proof), "--policy", str(policy)]
    running = subprocess.Popen(command, stderr=subprocess.PIPE)
    # Opening waits for the other side: from then on the command reads, and waits for more.
    with policy.open("wb"):
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=60)
    assert (running.returncode, told) == (130, b"provenance: interrupted\n")
