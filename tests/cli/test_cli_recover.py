"""``provenance cv recover``: what was sealed, out of a file that was modified afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from commands import Commands, World, make_world, start
from sealing import make_pdf

if TYPE_CHECKING:
    from pathlib import Path

TRUST = ("--policy", "policy.txt", "--seal-roots", "operator/seal-roots.txt")
CHANGE = b"\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n%%EOF\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Make a ledger with a proof, a sealed CV, and one that was modified."""
    made = make_world(tmp_path_factory.mktemp("recover"))
    (made.path / "cv.pdf").write_bytes(make_pdf())
    for words in (
        ("attach", "cv.pdf", "proof.json", "-o", "attached.pdf"),
        ("seal-key", "operator", "--name", "Opérateur d'exemple"),
        ("seal", "attached.pdf", "--key", "operator/seal.p12", "-o", "sealed.pdf"),
    ):
        assert start("cv", *words, cwd=made.path).returncode == 0
    original = (made.path / "sealed.pdf").read_bytes()
    (made.path / "changed.pdf").write_bytes(original + CHANGE)
    return made


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], world: World, monkeypatch: pytest.MonkeyPatch
) -> Commands:
    monkeypatch.chdir(world.path)
    return Commands(capsys)


def test_what_was_sealed_is_written(run: Commands, world: World, tmp_path: Path) -> None:
    assert run.json("verify", "changed.pdf", *TRUST, status=1)["recoverable"] is True
    out = tmp_path / "out.pdf"
    said = run("cv", "recover", "changed.pdf", "-o", out, *TRUST).out
    assert said.splitlines()[0].startswith(f"{out} is the version that was sealed by Opérateur")
    assert out.read_bytes() == (world.path / "sealed.pdf").read_bytes()
    assert run.json("verify", out, *TRUST)["level"] == "original"
    # Over an older version of itself it is written again.
    document = run.json("cv", "recover", "changed.pdf", "-o", out, *TRUST)
    assert (document["recovered"], document["file"]) == (True, str(out))
    assert document["bytes"] == out.stat().st_size
    assert document["report"]["level"] == "original"


def test_it_goes_to_standard_output_and_comes_from_standard_input(
    run: Commands, world: World
) -> None:
    command = [sys.executable, "-m", "provenance", "cv", "recover", "-", "-o", "-", *TRUST]
    changed = (world.path / "changed.pdf").read_bytes()
    found = subprocess.run(
        command, input=changed, capture_output=True, check=True, cwd=world.path
    )
    assert found.stdout == (world.path / "sealed.pdf").read_bytes()
    # A JSON document goes there alone.
    document = run.json("cv", "recover", "changed.pdf", "-o", "-", *TRUST)
    assert (document["recovered"], document["file"]) == (True, "-")


def test_a_reason_is_said_of_what_is_recovered(run: Commands, tmp_path: Path) -> None:
    words = ("cv", "recover", "changed.pdf", "-o", tmp_path / "out.pdf", *TRUST)
    said = run(*words, "--day", "2030-01-01").out
    assert "status" in "\n".join(said.splitlines()[:3])


@pytest.mark.parametrize(
    ("file", "trust", "said"),
    [
        ("sealed.pdf", TRUST, "NO: this file is the original itself."),
        ("attached.pdf", TRUST, "NO: no version that was sealed"),
        ("cv.pdf", TRUST, "NO: no version that was sealed"),
        ("changed.pdf", TRUST[:2], "NO: no version that was sealed"),
        ("broken.pdf", TRUST, "NO: no version that was sealed"),
    ],
)
def test_nothing_else_is_written(
    file: str, trust: tuple[str, ...], said: str, run: Commands, world: World, tmp_path: Path
) -> None:
    """Above all no revision whose proof or seal does not hold, nor one that nobody trusts."""
    broken = bytearray((world.path / "sealed.pdf").read_bytes())
    broken[broken.index(b"/MediaBox") + 1] ^= 1
    (world.path / "broken.pdf").write_bytes(bytes(broken) + CHANGE)
    out = tmp_path / "out.pdf"
    words: tuple[str | Path, ...] = ("cv", "recover", file, "-o", out, *trust)
    assert run(*words, status=1).out.startswith(said)
    document = run.json(*words, status=1)
    assert (document["recovered"], document["file"], document["bytes"]) == (False, None, None)
    assert (document["report"]["level"] == "original") is (file == "sealed.pdf")
    assert not out.exists()


def test_the_file_itself_is_never_written_over(
    run: Commands, world: World, tmp_path: Path
) -> None:
    """By whatever name it is called, and whatever is said."""
    changed = world.path / "changed.pdf"
    before = changed.read_bytes()
    link, second = tmp_path / "link.pdf", tmp_path / "second.pdf"
    link.symlink_to(changed)
    os.link(changed, second)
    for one, other in (
        (changed, changed),
        (changed, link),
        (link, changed),
        (changed, second),
        ("changed.pdf", f"{world.path}/./changed.pdf"),
    ):
        for more in ((), ("--force",)):
            found = run("cv", "recover", one, "-o", other, *TRUST, *more, status=3)
            assert "is the file itself" in found.err
    assert changed.read_bytes() == before


def test_a_file_of_another_kind_is_written_over_only_by_force(
    run: Commands, tmp_path: Path
) -> None:
    out = tmp_path / "notes.txt"
    out.write_text("notes")
    words = ("cv", "recover", "changed.pdf", "-o", out, *TRUST)
    assert "another kind" in run(*words, status=3).err
    assert out.read_text() == "notes"
    run(*words, "--force")
    assert out.read_bytes().startswith(b"%PDF-")


def test_only_pdf_files_hold_earlier_versions(run: Commands, tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    for file in ("proof.json", "policy.txt"):
        found = run("cv", "recover", file, "-o", out, *TRUST, status=2)
        assert f"{file} is not a PDF file" in found.err
    found = run("cv", "recover", "none.pdf", "-o", out, *TRUST, status=2)
    assert "none.pdf" in found.err
    assert not out.exists()


def test_json_answers_are_whole(run: Commands) -> None:
    found = run("cv", "recover", "sealed.pdf", "-o", "x.pdf", *TRUST, "--json", status=1)
    assert [*json.loads(found.out)] == ["recovered", "file", "bytes", "report"]
