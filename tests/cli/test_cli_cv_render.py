"""``cv render`` and ``cv summary``: files in, files out, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from commands import ORIGIN, Commands, World, make_world, start
from cv_samples import opened, text_of
from provenance.cv.picture import read_picture
from provenance.cv.qr import read_pdf
from provenance.cv.summary import PREFIX, decode_summary, verify_summary
from provenance.tlog.note import parse_verifier_key

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = json.dumps({"format": "provenance-holder/1", "headline": "Développeuse web"})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.fixture
def key(run: Commands, tmp_path: Path) -> Path:
    path = tmp_path / "summary.pem"
    run("key", "new", path, "--name", f"{ORIGIN}/summary")
    return path


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    path = tmp_path / "holder.json"
    path.write_text(HOLDER)
    return path


def test_a_summary_is_written_in_every_form(
    run: Commands, world: World, key: Path, tmp_path: Path
) -> None:
    words = ("cv", "summary", world.proof, "--policy", world.policy, "--key", key)
    printed = run(*words).out
    assert printed.startswith(PREFIX)
    assert printed.count("\n") == 1
    assert run(*words, "-o", "-").out == printed
    png, svg, txt = (tmp_path / f"code{suffix}" for suffix in (".png", ".SVG", ".txt"))
    said = run(*words, "-o", png).out
    assert "sums up 4" in said
    line = next(line for line in said.splitlines() if line.startswith("summary "))
    trusted = parse_verifier_key(line.removeprefix("summary "))
    (text,) = read_picture(png.read_bytes())
    summary = verify_summary(decode_summary(text), [trusted])
    assert [one.index for one in summary.certifications] == [4]
    document = run.json(*words, "-o", svg)
    assert svg.read_bytes().startswith(b"<?xml")
    assert document["seal_roots"] == line
    assert document["text"] == text == printed.strip()
    assert 20 < document["side_mm"] < 30
    run(*words, "-o", txt)
    assert txt.read_text() == printed


def test_a_code_is_verified_from_its_picture(
    run: Commands, world: World, key: Path, tmp_path: Path
) -> None:
    picture, roots = tmp_path / "code.png", tmp_path / "seal-roots.txt"
    words = ("cv", "summary", world.proof, "--policy", world.policy, "--key", key)
    roots.write_text(f"{run.json(*words, '-o', picture)['seal_roots']}\n")
    verify = ("verify", picture, "--policy", world.policy)
    # A genuine code says nothing of the paper around it.
    report = run.json(*verify, "--seal-roots", roots, status=4)
    assert (report["level"], report["verdict"]) == ("paper", "attention")
    (line,) = report["printed"]["certifications"]
    assert line["index"] == 4 if isinstance(line, dict) else 4 in line
    assert "no signature by a known key" in run(*verify, status=1).out


def test_a_summary_in_another_form_is_refused(
    run: Commands, world: World, key: Path, tmp_path: Path
) -> None:
    words = ("cv", "summary", world.proof, "--policy", world.policy, "--key", key)
    assert ".png, .svg, .txt" in run(*words, "-o", tmp_path / "code.gif", status=2).err
    assert not (tmp_path / "code.gif").exists()


def test_a_summary_needs_a_key_of_its_own(run: Commands, world: World, tmp_path: Path) -> None:
    words = ("cv", "summary", world.proof, "--policy", world.policy, "--key")
    (log_key,) = (world.ledger / "keys").glob("log-ed25519-*.pem")
    assert "make one for summaries alone" in run(*words, log_key, status=3).err
    (other,) = (world.ledger / "keys").glob("log-mldsa44-*.pem")
    assert "Ed25519" in run(*words, other, status=3).err
    assert "cannot read" in run(*words, tmp_path / "none.pem", status=3).err


def test_what_is_not_proven_is_not_summed_up(
    run: Commands, world: World, key: Path, tmp_path: Path
) -> None:
    (tmp_path / "no.json").write_text("{}")
    words = ("--policy", world.policy, "--key", key)
    said = run("cv", "summary", tmp_path / "no.json", *words, status=1).err
    assert "the proof is not accepted" in said


def test_a_cv_is_rendered(
    run: Commands, world: World, key: Path, declared: Path, tmp_path: Path
) -> None:
    target = tmp_path / "cv.pdf"
    words = ("cv", "render", declared, world.proof, "--policy", world.policy, "-o", target)
    assert "is a CV that guarantees 4." in run(*words).out
    pdf = target.read_bytes()
    assert "DÉCLARÉES par le titulaire, sans garantie Développeuse web" in text_of(pdf)
    with opened(pdf) as document:
        (attached,) = document.attachments.values()
        assert attached.get_file().read_bytes() == world.proof.read_bytes()
    now = datetime.now(UTC).replace(microsecond=0)
    made = ("--created", now.isoformat(), "--address", "cv.example")
    given = run.json(*words, "--lang", "en", "--summary-key", key, *made)
    assert given["code"] is True
    assert given["indexes"] == [4]
    pdf = target.read_bytes()
    assert given["bytes"] == len(pdf)
    assert f"{now.year}. " in text_of(pdf).partition("CV made on ")[2]
    assert "cv.example" in text_of(pdf)
    assert read_pdf(pdf)[0].startswith(PREFIX)
    again = tmp_path / "again.pdf"
    run(*words[:-1], again, "--lang", "en", "--summary-key", key, *made)
    assert again.read_bytes() == pdf
    run(*words[:-1], again, "--fonts", tmp_path)
    done = start(*words[:-1], "-")
    assert done.stdout.startswith(b"%PDF-1.7")
    assert done.stdout.endswith(b"%%EOF\n")


def test_what_cannot_be_rendered_leaves_no_file(
    run: Commands, world: World, key: Path, declared: Path, tmp_path: Path
) -> None:
    target = tmp_path / "cv.pdf"
    ending = ("--policy", world.policy, "-o", target, "--summary-key", key)
    (tmp_path / "no.json").write_text("{}")
    words = ("cv", "render", declared, tmp_path / "no.json", *ending)
    assert "not accepted" in run(*words, status=1).err
    words = ("cv", "render", tmp_path / "no.json", world.proof, *ending)
    assert "malformed holder file" in run(*words, status=2).err
    for created in ("yesterday", "2026-11-25"):
        dated = ("cv", "render", declared, world.proof, *ending, "--created", created)
        assert "is no time" in run(*dated, status=2).err
    assert not target.exists()


def test_a_withdrawn_certification_is_shown_on_request(
    run: Commands, tmp_path: Path, key: Path, declared: Path
) -> None:
    (tmp_path / "own").mkdir()
    world = make_world(tmp_path / "own")
    run("withdraw", world.ledger, "4", "--reason", "ERROR", "--yes")
    run("publish", world.ledger)
    run("prove", world.ledger, "4", "-o", world.proof)
    target = tmp_path / "cv.pdf"
    trust = ("--policy", world.policy)
    words = ("cv", "render", declared, world.proof, *trust, "-o", target)
    said = run(*words, status=1).err
    assert "entry 4 cannot stand among what is guaranteed: withdrawn; leave it out" in said
    said = run(*words, "--all").out
    assert "is a CV that guarantees nothing." in said
    assert "Apart, and with the reason, it shows 4." in said
    assert "RETIRÉE" in text_of(target.read_bytes())
    # What is signed has no option.
    assert "withdrawn" in run(*words, "--all", "--summary-key", key, status=1).err
    summary = ("cv", "summary", world.proof, *trust, "--key", key)
    assert "no summary: entry 4 does not hold: withdrawn" in run(*summary, status=1).err


def test_another_name_and_titles_are_refused(
    run: Commands, world: World, tmp_path: Path
) -> None:
    target, given = tmp_path / "cv.pdf", tmp_path / "other.json"
    words = ("cv", "render", given, world.proof, "--policy", world.policy, "-o", target)

    def refused(status: int, **members: object) -> str:
        given.write_text(json.dumps({"format": "provenance-holder/1", **members}))
        said = run(*words, status=status).err
        assert run(*words, "--all", status=status).err == said
        assert not target.exists()
        return said

    assert "name that is declared is not that of entry 4" in refused(1, name="Ana Dupont")
    titles = {"register": "x", "version": "1", "titles": {"RNCP1": "Doctorat"}}
    assert "They come from the register's sheets" in refused(2, titles=titles)
    assert "a full square, a tick" in refused(2, profile="■ Données garanties")
    assert "which stand in the guaranteed part" in refused(2, headline="Médecin, EN VIGUEUR")
    assert "a code of a register" in refused(2, contact=["RNCP38000"])
