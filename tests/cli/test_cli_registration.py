"""Registering bodies on the command line: for whom, what is lost, what a body signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from commands import DEPOSITOR, ORIGIN, Commands

if TYPE_CHECKING:
    from pathlib import Path

NAME = "certifier.example/2026"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.fixture
def place(run: Commands, tmp_path: Path) -> Path:
    """Make a ledger, and a body with a key at entry 2."""
    run("init", tmp_path / "ledger", "--origin", ORIGIN)
    add(run, tmp_path, "--key", make_key(run, tmp_path / "own.pem"))
    return tmp_path


def make_key(run: Commands, path: Path, name: str = NAME) -> str:
    return str(run.json("key", "new", path, "--name", name)["vkey"])


def add(run: Commands, place: Path, *options: str | Path, status: int = 0) -> str:
    words = ("depositor", "add", place / "ledger", DEPOSITOR, "--name", "Un organisme")
    done = run(*words, *options, status=status)
    return done.out + done.err


def entry(run: Commands, place: Path, *options: str) -> dict[str, Any]:
    words = ("depositor", "add", place / "ledger", DEPOSITOR, "--name", "Un organisme")
    document: dict[str, Any] = run.json(*words, *options)
    return document


def test_for_whom_a_body_may_deposit(run: Commands, place: Path) -> None:
    for option, expected in (
        ((), []),
        (("--only-itself",), []),
        (("--certifier", "9SAMPLES", "--certifier", "1BCDEFGH"), ["9SAMPLES", "1BCDEFGH"]),
        (("--for-all",), None),
    ):
        assert entry(run, place, *option)["entry"].get("certifiers") == expected
    assert "may deposit for everybody" in add(run, place, "--for-all")
    assert "may deposit for itself alone" in add(run, place)
    assert "may deposit for itself, 9SAMPLES" in add(run, place, "--certifier", "9SAMPLES")
    add(run, place, "--for-all", "--certifier", "9SAMPLES", status=2)
    add(run, place, "--for-all", "--only-itself", status=2)
    listed = run("depositor", "list", place / "ledger").out
    assert "itself, 9SAMPLES" in listed


def test_what_a_body_loses_is_printed(run: Commands, place: Path) -> None:
    key = make_key(run, place / "new.pem", "certifier.example/2027")
    all_of_it = ("--siret", "12345678901234", "--succeeds", "9OLDBODY", "--for-all")
    told = add(run, place, *all_of_it, "--key", key)
    assert "no longer" in told, "the first key is gone"
    told = add(run, place, "--certifier", "9SAMPLES")
    for words in (
        "It may no longer deposit for everybody.",
        "It no longer succeeds 9OLDBODY.",
        "Of its keys these no longer hold: Ed25519 key",
        "Its SIRET is no longer 12345678901234.",
        "reset by the operator",
    ):
        assert words in told
    assert "may no longer deposit for 9SAMPLES" in add(run, place)
    assert "no longer" not in add(run, place)
    lost = entry(run, place, *all_of_it, "--key", key)["lost"]
    assert lost == {"certifiers": [], "succeeds": [], "keys": [], "siret": None}
    lost = entry(run, place)["lost"]
    assert lost == {
        "certifiers": "all",
        "succeeds": ["9OLDBODY"],
        "keys": [key],
        "siret": "12345678901234",
    }


def draft(run: Commands, place: Path, *options: str | Path) -> Path:
    file = place / "draft.json"
    told = add(run, place, *options, "--draft", file)
    assert f"{file} is what {DEPOSITOR} signs: nothing is recorded." in told
    return file


def sign(run: Commands, place: Path, file: Path, *options: str | Path, status: int = 0) -> str:
    words = ("sign-keys", file, "--key", place / "own.pem", "--name", NAME)
    done = run(*words, *options, status=status)
    return done.out + done.err


def test_a_body_signs_its_registration(run: Commands, place: Path) -> None:
    newer = make_key(run, place / "new.pem", "certifier.example/2027")
    file = draft(run, place, "--key", newer, "--certifier", "9SAMPLES")
    told = sign(run, place, file)
    for words in (
        "draft.json.sig signs this registration:",
        ORIGIN,
        f"{DEPOSITOR} Un organisme",
        "itself, 9SAMPLES",
        newer,
        "replaces entry",
        "Ed25519 key",
    ):
        assert words in told
    record = ("depositor", "add", place / "ledger", file, "--signature", f"{file}.sig")
    document = run.json(*record)
    assert document["index"] == 3
    assert document["keys_reset"] is False
    assert document["entry"]["keys"] == [newer]
    assert "signed by the body itself" in run("log", place / "ledger").out
    # The same a second time: the entry that it replaces is not the last one any more.
    again = run(*record, status=3).err
    assert "make a new draft" in again
    assert run.json("audit", place / "ledger")["verdict"] in ("yes", "attention")


def test_what_is_signed_is_recorded_exactly(run: Commands, place: Path) -> None:
    file = draft(run, place, "--for-all")
    assert "everybody, without limit" in sign(run, place, file)
    record = ("depositor", "add", place / "ledger", file, "--signature", f"{file}.sig")
    for option in (("--name", "x"), ("--for-all",), ("--key", "x"), ("--siret", "1")):
        assert "without options" in run(*record, *option, status=2).err
    text = file.read_text()
    for changed in (
        text.replace("Un organisme", "Un autre"),
        text.replace(',"keys":[]', ',"certifiers":["9SAMPLES"],"keys":[]'),
    ):
        file.write_text(changed)
        assert run(*record, status=1).err or changed == text
    file.write_text(text.replace(ORIGIN, "another.example/log"))
    assert "is for the log another" in run(*record, status=3).err
    file.write_text("{}")
    run(*record, status=2)
    run("depositor", "add", place / "ledger", place / "none.json", *record[-2:], status=2)
    file.write_text(text)
    (place / "draft.json.sig").write_text("AA==")
    run(*record, status=2)
    assert run.json("log", place / "ledger")["size"] == 3


def test_a_draft_that_waits_too_long(run: Commands, place: Path) -> None:
    file = draft(run, place, "--for-all")
    sign(run, place, file)
    add(run, place)
    record = ("depositor", "add", place / "ledger", file, "--signature", f"{file}.sig")
    told = run(*record, status=3).err
    assert "replaces entry 2" in told
    assert "make a new draft" in told


def test_drafts_that_nobody_can_sign(run: Commands, place: Path) -> None:
    words = ("depositor", "add", place / "ledger", "9UNKNOWN", "--name", "x", "--draft", "-")
    assert "no key of 9UNKNOWN is in force" in run(*words, status=3).err
    run("depositor", "add", place / "ledger", DEPOSITOR, status=2)


def test_signing_on_standard_streams(
    run: Commands, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("depositor", "add", place / "ledger", DEPOSITOR, "--name", "x", "--draft", "-")
    printed = run(*words).out
    file = place / "draft.json"
    file.write_text(printed)
    with file.open("rb") as stream:
        monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": stream})())
        signed = run("sign-keys", "-", "--key", place / "own.pem", "--name", NAME).out
    assert len(signed.strip()) == 88
    document = run.json("sign-keys", file, "--key", place / "own.pem", "--name", NAME)
    assert document["signature"] == signed.strip()
    assert document["registration"]["previous"] == 2
    sign(run, place, file, "--origin", ORIGIN, "-o", place / "other.sig")
    assert (place / "other.sig").read_text() == signed
    assert "not for another" in sign(run, place, file, "--origin", "another.example", status=3)


def test_a_reset_is_said(run: Commands, place: Path) -> None:
    newer = make_key(run, place / "new.pem", "certifier.example/2027")
    assert "reset by the operator" in add(run, place, "--key", newer)
    assert "reset by the operator" not in add(run, place, "--key", newer)
    assert "reset by the operator" in add(run, place)
    assert "reset by the operator" in add(run, place, "--key", newer), "keys were held before"
    notes = run.json("audit", place / "ledger")["notes"]
    assert any("reset by the operator" in note for note in notes)


def test_successors(run: Commands, place: Path) -> None:
    words = ("depositor", "add", place / "ledger", "9SUCCEED", "--name", "Nouveau")
    document = run.json(*words, "--succeeds", DEPOSITOR)
    assert document["entry"]["succeeds"] == [DEPOSITOR]
