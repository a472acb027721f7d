"""The demo runs, checks itself, and touches nothing that is not its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, get_args

import pytest

from cv_samples import SUMMARY_SIGNER, make, proof, record, text_of
from provenance.cli import demo, demo_cv, demo_stage
from provenance.cli.demo import MARKER, flip_character, main
from provenance.cli.demo_forgery import paint_over, remove_seal, scan_page, write_cv
from provenance.cli.demo_stage import DemoError, Stage
from provenance.cv.pdf import extract
from provenance.cv.picture import read_picture
from provenance.cv.qr import read_pdf
from provenance.cv.report import Level

if TYPE_CHECKING:
    from pathlib import Path


def test_the_demo_behaves_as_it_should(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "demo"
    assert main(["--directory", str(directory)]) == 0
    said = capfd.readouterr().out
    assert said.count("\n$ provenance ") == 29
    assert said.count("\nstranger$ provenance verify ") == 4
    assert "988 accepted, 0 recorded before, 12 refused" in said
    assert "The failing check is: commitment." in said
    assert "contradicted" in said
    for verdict in demo_cv.VERDICTS:
        assert f"$ provenance verify {verdict.file} --policy" in said
        assert (directory / verdict.file).stat().st_size > 1000
    short = said.partition("In short:")[2]
    for answer, number in (("YES ", 1), ("LOOK", 1), ("NO  ", 5), ("-   ", 1)):
        assert short.count(f"\n  {answer}  ") == number
    assert {verdict.level for verdict in demo_cv.VERDICTS} <= {*get_args(Level)}
    assert "Everything behaved as it should." in said
    assert "What to try next" in said
    # Again, over its own traces.
    proof, forged = (
        (directory / "stranger" / name).read_bytes() for name in ("proof.json", "forged.json")
    )
    assert sum(a != b for a, b in zip(proof, forged, strict=True)) == 1


def test_an_older_demo_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_play", lambda _: 7)
    directory = tmp_path / "demo"
    assert main(["--directory", str(directory)]) == 0
    (directory / "older").write_text("x")
    assert main(["--directory", str(directory)]) == 0
    assert [path.name for path in directory.iterdir()] == [MARKER]


@pytest.mark.parametrize("kind", ["other files", "a file", "a link"])
def test_what_is_not_from_a_demo_is_not_touched(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory, kept = tmp_path / "demo", tmp_path / "kept"
    kept.mkdir()
    (kept / MARKER).touch()
    if kind == "other files":
        directory.mkdir()
        (directory / "thesis.txt").write_text("x")
    elif kind == "a file":
        directory.write_text("x")
    else:
        directory.symlink_to(kept)
    before = sorted(tmp_path.rglob("*"))
    assert main(["--directory", str(directory)]) == 3
    assert capsys.readouterr().err.startswith("provenance: the demo stopped: ")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_wrong_exit_status_stops_the_demo(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DemoError, match="ended with 3, expected 0"):
        Stage(tmp_path).run("log", "none")
    with pytest.raises(DemoError, match="ended with 3, expected 1"):
        Stage(tmp_path).ask("log", "none", status=1)
    assert "is not a ledger" in capfd.readouterr().err


def test_a_demo_that_is_stopped_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "_make_ledger", lambda stage: stage.check(False, "no such luck"))
    assert main(["--directory", str(tmp_path / "demo")]) == 1
    assert "no such luck" in capsys.readouterr().err


def test_a_proof_without_a_date_cannot_be_flipped() -> None:
    with pytest.raises(DemoError, match="no date of award"):
        flip_character(json.dumps({"entries": [{"record": ["e30", "A" * 43]}, {}]}).encode())


def test_forgeries_look_like_the_original() -> None:
    log, _, bundle = proof(record(0), record(1))
    genuine = make(log, bundle, signer=SUMMARY_SIGNER)
    painted = paint_over(genuine, "RNCP34762", "Doctorat en médecine")
    assert "Doctorat en médecine" in text_of(painted)
    again = remove_seal(genuine)
    assert text_of(again) == text_of(genuine)
    assert extract(again) == extract(painted) == bundle
    assert read_picture(scan_page(genuine)) == read_pdf(genuine)
    with pytest.raises(DemoError, match="was to be painted over"):
        paint_over(genuine, "nothing of the kind", "x")
    own = write_cv("Jean Faussaire", ["Une ligne.", "Une autre."])
    assert text_of(own) == "Jean Faussaire Une ligne. Une autre."


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        ("ledger", "ledger"),
        ("--flaw=late=5", "--flaw=late=5"),
        ("Hélène", "Hélène"),
        ("Organisme d'exemple", '"Organisme d\'exemple"'),
        ("a $HOME", "'a $HOME'"),
    ],
)
def test_words_are_quoted_as_people_do(word: str, quoted: str) -> None:
    assert demo_stage._quoted(word) == quoted


def test_the_demo_is_a_program(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    command = [sys.executable, "-m", "provenance.cli.demo", "--directory", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (3, b"")
