"""Signing files on a body's side, and what the operator's side makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commands import CERTIFIER, DEPOSITOR, ORIGIN, SAMPLE, Commands

if TYPE_CHECKING:
    from pathlib import Path

NAME = "certifier.example/2026"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.fixture
def place(run: Commands, tmp_path: Path) -> Path:
    """Make a ledger, a body with a key, and a deposit file."""
    vkey = make_key(run, tmp_path / "own.pem", NAME)
    run("init", tmp_path / "ledger", "--origin", ORIGIN)
    add(run, tmp_path, "--key", vkey)
    run(*SAMPLE, "-o", tmp_path / "deposit.xml")
    return tmp_path


def make_key(run: Commands, path: Path, name: str) -> str:
    return str(run.json("key", "new", path, "--name", name)["vkey"])


def add(run: Commands, place: Path, *options: str | Path, status: int = 0) -> str:
    words = (
        "depositor",
        "add",
        place / "ledger",
        DEPOSITOR,
        "--name",
        "Un organisme",
        "--for-all",
    )
    done = run(*words, *options, status=status)
    return done.out + done.err


def sign(run: Commands, place: Path, *options: str | Path, status: int = 0) -> str:
    words = ("--origin", ORIGIN, "--key", place / "own.pem", "--name", NAME)
    done = run("sign-deposit", place / "deposit.xml", *words, *options, status=status)
    return done.out + done.err


def test_a_signed_file_is_accepted(run: Commands, place: Path) -> None:
    deposit = ("deposit", place / "ledger", place / "deposit.xml")
    assert "signature-missing" in run(*deposit, status=1).out
    assert "deposit.xml.sig signs" in sign(run, place)
    signature = place / "deposit.xml.sig"
    told = run(*deposit, "--signature", signature).out
    assert "12 accepted" in told
    log = run("log", place / "ledger", "--type", "deposit").out
    assert "signed by its depositor" in log


def test_the_file_must_not_change(run: Commands, place: Path) -> None:
    sign(run, place, "-o", place / "signature.json")
    data = (place / "deposit.xml").read_bytes()
    (place / "deposit.xml").write_bytes(data.replace(b"</flux>", b"</flux >"))
    words = ("deposit", place / "ledger", place / "deposit.xml", "--signature")
    assert "signature-wrong" in run(*words, place / "signature.json", status=1).out
    (place / "signature.json").write_text("{}")
    run(*words, place / "signature.json", status=2)


def test_what_would_be_refused_is_not_signed(run: Commands, place: Path) -> None:
    run("sample", "--broken", "bad-date", "-o", place / "deposit.xml")
    assert "is not signed" in sign(run, place, status=1)
    (place / "deposit.xml").write_bytes(b"")
    sign(run, place, status=2)
    assert not (place / "deposit.xml.sig").exists()


def test_keys_that_cannot_sign(run: Commands, place: Path) -> None:
    run("key", "new", place / "other.pem", "--name", "x", "--kind", "ml-dsa-44")
    words = ("sign-deposit", place / "deposit.xml", "--origin", ORIGIN, "--name", NAME)
    assert "Ed25519" in run(*words, "--key", place / "other.pem", status=3).err
    run(*words, "--key", place / "nothing.pem", status=3)
    run(*words, "--key", f"file:{place / 'own.pem'}", "-o", "-")
    document = run.json(*words, "--key", place / "own.pem")
    said = [document[name] for name in ("depositor", "certifier", "action")]
    assert said == [DEPOSITOR, CERTIFIER, "CREATION"]


def test_a_signed_file_is_recorded_once(run: Commands, place: Path) -> None:
    """A repetition gives the first receipts; nothing else is recorded under that signature."""
    sign(run, place)
    words = ("deposit", place / "ledger", place / "deposit.xml")
    signature = ("--signature", place / "deposit.xml.sig")
    first = run.json(*words, *signature)
    again = run.json(*words, *signature)
    assert (len(first["accepted"]), len(again["duplicates"])) == (12, 12)
    assert (first["digest"], again.get("deposit")) == (again["digest"], None)
    indexes = ",".join(str(one["index"]) for one in first["accepted"][:1])
    run("erase", place / "ledger", indexes, "--basis", "GDPR_ART_17", "--yes")
    told = run(*words, *signature, status=1).out
    assert "signed-before" in told
    assert f"entry {first['deposit']} already" in told
