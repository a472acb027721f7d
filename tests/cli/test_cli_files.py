"""Where commands write, and over what: never into a ledger, never over another kind of file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest

from commands import Commands
from provenance.cli.files import check_target, kind_of, write_file
from provenance.errors import PolicyError
from provenance.tlog.note import split_note

if TYPE_CHECKING:
    from pathlib import Path

PROOF: Final = b'{"format":"provenance-proof/1","checkpoint":"x"}'
RECEIPT: Final = b'{"format":"provenance-receipt/1","origin":"x"}'
NOTE: Final = "log.example/x\n5\nAAAA\n\n\u2014 log.example/x AAAAAAAA\n".encode()
KINDS: Final = {
    "JSON document (provenance-proof)": PROOF,
    "JSON document (provenance-receipt)": RECEIPT,
    "JSON document (provenance-cv)": b'{\n  "format": "provenance-cv/1",\n  "lines": []\n}',
    "JSON document (@context)": b'{"@context":["https://www.w3.org/ns/credentials/v2"]}',
    "JSON document (salt)": b'{"salt":"AA==","signer":"x"}',
    "JSON document (type)": b'{"type":"certification","index":4}',
    "JSON list": b"[1]",
    "XML document (flux)": b'<?xml version="1.0"?>\n<!-- x -->\n<cpf:flux xmlns:cpf="urn:x">',
    "XML document (rapport)": b"<rapport><nomFichier/></rapport>",
    "XML document (doctype)": b"<!doctype html><html>",
    "XML document (svg)": b'<svg xmlns="http://www.w3.org/2000/svg">',
    "PDF file": b"%PDF-1.7\n",
    "PNG picture": b"\x89PNG\r\n\x1a\n",
    "key or certificate": b"-----BEGIN PRIVATE KEY-----\n",
    "trust policy": b"log log.example/x+AAAA\nquorum none\n",
    "proof of an entry": b"c2sp.org/tlog-proof@v1\nindex 3\n",
    "signed note": NOTE,
    "file of text or data": b"anything else",
    "": b"",
}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_are_told_apart(kind: str) -> None:
    assert kind_of(KINDS[kind]) == kind


def test_the_sample_of_a_note_is_one() -> None:
    assert split_note(NOTE)[0] == "log.example/x\n5\nAAAA\n"


def test_a_file_is_replaced_by_its_own_kind_only(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for kind, content in KINDS.items():
        write_file(str(file), [content], force=True)
        write_file(str(file), [content])
        for other, text in KINDS.items():
            if "" in (kind, other) or kind == other:
                continue
            with pytest.raises(PolicyError, match="--force"):
                write_file(str(file), [text])
            assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file], "nothing is left behind"


def test_an_empty_file_is_replaced_by_anything(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    write_file(str(tmp_path / "file"), [PROOF])
    with pytest.raises(PolicyError):
        write_file(str(tmp_path / "file"), [])


def test_what_is_in_the_way_is_told_beforehand(tmp_path: Path) -> None:
    file = tmp_path / "file"
    check_target(None, "signed note", force=False)
    check_target("-", "signed note", force=False)
    check_target(str(file), "signed note", force=False)
    check_target("/dev/null", "signed note", force=False)
    file.write_bytes(PROOF)
    with pytest.raises(PolicyError, match="not signed note"):
        check_target(str(file), "signed note", force=False)
    check_target(str(file), "signed note", force=True)
    assert file.read_bytes() == PROOF


def make_ledger(path: Path) -> None:
    for name in ("log", "vault"):
        (path / name).mkdir(parents=True)
    (path / "head").write_bytes(b"x")


@pytest.mark.parametrize("place", ["file", "head", "log/data.mdb", "vault/seeds", "a/b/file"])
@pytest.mark.parametrize("force", [False, True])
def test_nothing_is_written_into_a_ledger(tmp_path: Path, place: str, *, force: bool) -> None:
    ledger = tmp_path / "ledger"
    make_ledger(ledger)
    (ledger / "a" / "b").mkdir(parents=True)
    before = {path: path.stat().st_mtime_ns for path in ledger.rglob("*")}
    for path in (ledger / place, tmp_path / "link" / place):
        if not (tmp_path / "link").exists():
            (tmp_path / "link").symlink_to(ledger)
        with pytest.raises(PolicyError, match="is in the ledger"):
            write_file(str(path), [PROOF], force=force)
        with pytest.raises(PolicyError, match="is in the ledger"):
            check_target(str(path), "x", force=force)
    assert {path: path.stat().st_mtime_ns for path in ledger.rglob("*")} == before


def test_nothing_is_written_over_a_link_into_a_ledger(tmp_path: Path) -> None:
    make_ledger(tmp_path / "ledger")
    (tmp_path / "proof.json").symlink_to(tmp_path / "ledger" / "head")
    with pytest.raises(PolicyError, match="is in the ledger"):
        write_file(str(tmp_path / "proof.json"), [PROOF])
    assert (tmp_path / "ledger" / "head").read_bytes() == b"x"


@pytest.mark.parametrize(
    "key", ["entry-0a1b2c3d.pem", "log-ed25519-0a1b2c3d.pem", "entry-0a1b2c3d.uri"]
)
def test_nothing_is_written_among_keys(tmp_path: Path, key: str) -> None:
    (tmp_path / key).write_text("a key")
    for name in ("proof.json", key):
        with pytest.raises(PolicyError, match="holds keys of a ledger"):
            write_file(str(tmp_path / name), [PROOF], force=True)
    assert (tmp_path / key).read_text() == "a key"


def test_a_bodys_own_key_is_no_directory_of_keys(tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_text("a key")
    write_file(str(tmp_path / "proof.json"), [PROOF])
    with pytest.raises(PolicyError, match="--force"):
        write_file(str(tmp_path / "own.pem"), [PROOF])


def test_pipes_and_devices_are_written_to(tmp_path: Path) -> None:
    assert write_file("/dev/null", [PROOF]) == len(PROOF)
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_file(str(tmp_path / "pipe"), [PROOF])
    assert os.read(reader, 100) == PROOF
    os.close(reader)


def test_commands_take_force(run: Commands, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(PROOF)
    words = ("sample", "--passages", "2", "-o", file)
    told = run(*words, status=3).err
    assert "another kind (JSON document (provenance-proof), not XML document (flux))" in told
    assert file.read_bytes() == PROOF
    run(*words, "--force")
    run(*words)
    assert file.read_bytes().startswith(b"<?xml")


def test_what_records_looks_at_its_output_first(run: Commands, tmp_path: Path) -> None:
    """Nothing is published, closed or deposited when what comes of it cannot be written."""
    ledger, file = tmp_path / "ledger", tmp_path / "file"
    run("init", ledger, "--origin", "log.example/files")
    file.write_bytes(PROOF)
    for place in (file, ledger / "checkpoint.txt"):
        run("publish", ledger, "-o", place, status=3)
        close = ("close", ledger, "--successor", "log.example/x", "--genesis", "00" * 32)
        run(*close, "--yes", "-o", place, status=3)
        deposit = tmp_path / "deposit.xml"
        run("sample", "--passages", "2", "-o", deposit)
        run("deposit", ledger, deposit, "--receipt", place, status=3)
        run("deposit", ledger, deposit, "--report", place, status=3)
    assert run.json("log", ledger)["size"] == 2
    run("export", "tiles", ledger, ledger / "tiles", status=3)
    assert not (ledger / "tiles").exists()
