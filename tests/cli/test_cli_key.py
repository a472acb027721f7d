"""Keys on the command line: made, rotated, listed, and under a passphrase."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from commands import DEPOSITOR, ORIGIN, Commands, World, make_world, start
from provenance.cli.signing import PASSPHRASE_SIZE_MAX, PASSPHRASE_VARIABLE
from provenance.keys import load_private_key
from provenance.keys.uri import make_file_uri
from provenance.tlog.note import ED25519, MLDSA44, parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "correct horse é"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


@pytest.fixture
def pipe() -> Iterator[list[int]]:
    """Descriptors that are closed at the end."""
    made: list[int] = []
    yield made
    for one in made:
        os.close(one)


def fill(pipe: list[int], data: bytes) -> str:
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    pipe.append(reading)
    return str(reading)


@pytest.mark.parametrize("kind", ["ed25519", "ml-dsa-44"])
def test_a_key_is_made_in_a_file(run: Commands, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "key.pem"
    shown = run("key", "new", path, "--name", "certifier.example/1", "--kind", kind).out
    key = parse_verifier_key(shown.splitlines()[-1])
    assert "not encrypted" in shown
    assert key.name == "certifier.example/1"
    assert key.kind == {"ed25519": ED25519, "ml-dsa-44": MLDSA44}[kind]
    assert load_private_key(path).public_key().public_bytes_raw() == key.public
    assert path.stat().st_mode & 0o777 == 0o600
    assert "cannot write" in run("key", "new", path, "--name", "a", status=3).err


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\n"])
def test_a_name_that_can_be_none_is_refused(run: Commands, tmp_path: Path, name: str) -> None:
    run("key", "new", tmp_path / "key.pem", "--name", name, status=2)
    assert not list(tmp_path.iterdir())


def test_a_key_under_a_passphrase(
    run: Commands, tmp_path: Path, pipe: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = ("--name", "certifier.example/1")
    one, two = tmp_path / "one.pem", tmp_path / "two.pem"
    descriptor = fill(pipe, f"{SECRET}\nwhat follows".encode())
    made = run.json("key", "new", one, *new, "--passphrase-fd", descriptor)
    assert (made["encrypted"], made["kind"], made["file"]) == (True, "Ed25519", str(one))
    assert os.read(int(descriptor), 100) == b"what follows"
    load_private_key(one, SECRET.encode())
    monkeypatch.setenv(PASSPHRASE_VARIABLE, SECRET)
    assert "under the passphrase" in run("key", "new", two, *new).out
    load_private_key(two, SECRET.encode())
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "")
    assert "not encrypted" in run("key", "new", tmp_path / "three.pem", *new).out


@pytest.mark.parametrize("data", [b"", b"\nsecret", b"x" * (PASSPHRASE_SIZE_MAX + 1)])
def test_a_line_that_is_no_passphrase_is_refused(
    run: Commands, tmp_path: Path, pipe: list[int], data: bytes
) -> None:
    new = ("key", "new", tmp_path / "key.pem", "--name", "a")
    told = run(*new, "--passphrase-fd", fill(pipe, data), status=2).err
    assert "empty, or too long" in told
    assert "cannot read the passphrase" in run(*new, "--passphrase-fd", "999", status=2).err
    run(*new, "--passphrase-fd", "x", status=2)
    assert not list(tmp_path.iterdir())


def test_a_ledger_under_a_passphrase(
    run: Commands, tmp_path: Path, pipe: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = tmp_path / "ledger"
    descriptor = fill(pipe, f"{SECRET}\n".encode())
    run("init", ledger, "--origin", ORIGIN, "--passphrase-fd", descriptor)
    add = ("depositor", "add", ledger, DEPOSITOR, "--name", "Un organisme")
    assert "passphrase is needed" in run(*add, status=3).err
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "wrong")
    assert "cannot be decrypted" in run(*add, status=3).err
    monkeypatch.setenv(PASSPHRASE_VARIABLE, SECRET)
    run(*add)
    run("key", "rotate", ledger, "--role", "entry")
    run("key", "rotate", ledger, "--role", "log")
    run("publish", ledger)
    monkeypatch.delenv(PASSPHRASE_VARIABLE)
    assert run.json("audit", ledger)["verdict"] == "yes"
    assert len(run.json("key", "list", ledger)["keys"]) == 6


def test_an_entry_key_that_exists_begins_a_ledger(run: Commands, tmp_path: Path) -> None:
    made = run.json("key", "new", tmp_path / "entry.pem", "--name", f"{ORIGIN}/entry")
    uri = make_file_uri(tmp_path / "entry.pem")
    run("init", tmp_path / "ledger", "--origin", ORIGIN, "--entry-key", uri)
    keys = run.json("key", "list", tmp_path / "ledger")["keys"]
    assert [key["vkey"] for key in keys if key["role"] == "entry"] == [made["vkey"]]
    wrong = make_file_uri(tmp_path / "none.pem")
    other = ("init", tmp_path / "other", "--origin", ORIGIN, "--entry-key", wrong)
    assert "cannot read key file" in run(*other, status=3).err
    assert not (tmp_path / "other").exists()


def test_entry_keys_rotate(run: Commands, world: World) -> None:
    shown = run("key", "rotate", world.ledger, "--role", "entry").out
    assert "by entries 16 to 17" in shown
    assert "signed by it from now on" in shown
    made = world.path / "entry.pem"
    run("key", "new", made, "--name", "a.example/any-name")
    told = run.json(
        "key", "rotate", world.ledger, "--role", "entry", "--key", make_file_uri(made)
    )
    assert told["entries"] == [18, 19]
    assert [(key["since"], key["retired"], key["in_force"]) for key in told["keys"]] == [
        (16, 19, False),
        (18, None, True),
    ]
    listed = run.json("key", "list", world.ledger)["keys"]
    assert [(key["role"], key["since"], key["retired"]) for key in listed] == [
        ("log", 0, None),
        ("log", 0, None),
        ("entry", 1, 17),
        ("entry", 16, 19),
        ("entry", 18, None),
    ]
    table = run("key", "list", world.ledger).out
    assert "retired by" in table
    assert table.count(" no\n") == 2
    run("publish", world.ledger)
    run("prove", world.ledger, "4", "-o", world.proof)
    run("verify", world.proof, "--policy", world.policy)
    again = ("key", "rotate", world.ledger, "--role", "entry", "--key", make_file_uri(made))
    assert "used once" in run(*again, status=3).err


def test_log_keys_rotate_and_the_policy_follows(run: Commands, world: World) -> None:
    checkpoint = world.checkpoint.read_text()
    shown = run("key", "rotate", world.ledger, "--role", "log").out
    assert "provenance publish" in shown
    run("publish", world.ledger)
    run("prove", world.ledger, "4", "-o", world.path / "new.json")
    run("verify", world.path / "new.json", "--policy", world.policy, status=1)
    run("key", "policy", world.ledger, "-o", world.policy)
    run("verify", world.path / "new.json", "--policy", world.policy)
    run("verify", world.proof, "--policy", world.policy, status=1)
    assert world.checkpoint.read_text() == checkpoint
    run("audit", world.ledger, "--policy", world.policy)
    run("audit", world.ledger, "--policy", world.policy, "--since", world.checkpoint)


def test_the_environment_of_a_process_gives_the_passphrase(tmp_path: Path) -> None:
    new = ("key", "new", tmp_path / "key.pem", "--name", "a")
    made = start(*new, PROVENANCE_PASSPHRASE=SECRET)
    assert made.returncode == 0, made.stderr
    load_private_key(tmp_path / "key.pem", SECRET.encode())


@pytest.mark.parametrize("words", [(), ("--role", "witness"), ("--role", "log", "--key")])
def test_a_rotation_that_says_too_little_is_a_usage_error(
    run: Commands, tmp_path: Path, words: tuple[str, ...]
) -> None:
    run("key", "rotate", tmp_path, *words, status=2)
