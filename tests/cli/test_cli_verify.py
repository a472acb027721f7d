"""Proving and verifying: from a ledger to a stranger's yes or no."""

from __future__ import annotations

import io
import json
import random
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from commands import DEPOSITOR, Commands, World, make_world, start

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOLDER = "identificationTitulaire.titulaire."


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


def test_a_proof_is_verified_without_its_ledger(
    world: World, run: Commands, tmp_path: Path
) -> None:
    proof, policy = tmp_path / "proof.json", tmp_path / "policy.txt"
    proof.write_bytes(world.proof.read_bytes())
    policy.write_bytes(world.policy.read_bytes())
    done = start("verify", "proof.json", "--policy", "policy.txt", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith("YES: ")
    report = run.json("verify", proof, "--policy", policy)
    assert report["verdict"] == "yes"
    assert [one["index"] for one in report["certifications"]] == [4]
    assert report["certifications"][0]["line_complete"]


def test_what_is_disclosed_is_shown_and_nothing_else(world: World, run: Commands) -> None:
    fields = dict(world.manifest()[0]["fields"])
    shown = run("verify", world.proof, "--policy", world.policy).out
    assert fields[f"{HOLDER}nomNaissance"] in shown
    assert "libelleCommuneNaissance" not in shown
    assert fields["idTechnique"] not in shown


def _flip(data: bytes, marker: bytes) -> bytes:
    """Change one character somewhere behind a marker, within base64."""
    position = data.index(marker) + len(marker) + 5
    other = b"A" if data[position : position + 1] != b"A" else b"B"
    return data[:position] + other + data[position + 1 :]


def _edit(change: Callable[[Any], object]) -> Callable[[bytes], bytes]:
    def edit(data: bytes) -> bytes:
        document = json.loads(data)
        change(document)
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()

    return edit


def _first_proven(document: Any) -> Any:
    return next(one for one in document["entries"] if one.get("disclosures"))


TAMPERED = {
    "commitment": lambda data: _flip(data, b'"disclosures":["'),
    "inclusion": lambda data: _flip(data, b'"path":["'),
    "entry-signature": lambda data: _flip(data, b'"signature":"'),
    "origin": _edit(
        lambda d: d.update(checkpoint=d["checkpoint"].replace("log.example", "log.evil"))
    ),
    "checkpoint": _edit(
        lambda d: d.update(checkpoint=d["checkpoint"].replace("\n16\n", "\n17\n"))
    ),
    "order": _edit(lambda d: d["entries"].reverse()),
    "certification": _edit(lambda d: d["entries"].remove(_first_proven(d))),
    "entry-key": _edit(lambda d: d["entries"].pop(0)),
}


@pytest.mark.parametrize("check", TAMPERED)
def test_a_changed_proof_is_a_no_with_its_reason(
    check: str, world: World, run: Commands, tmp_path: Path
) -> None:
    forged = tmp_path / "forged.json"
    forged.write_bytes(TAMPERED[check](world.proof.read_bytes()))
    told = run("verify", forged, "--policy", world.policy, status=1).out
    assert told.startswith("NO: ")
    report = run.json("verify", forged, "--policy", world.policy, status=1)
    failed = {one["name"] for one in report["checks"] if one["outcome"] == "no"}
    assert check in failed
    assert f"\n  {check}" in told
    assert report["certifications"] == []


def _garbage(seed: int) -> bytes:
    return random.Random(seed).randbytes(2000)


UNREADABLE = {
    "nothing": b"",
    "noise": _garbage(1),
    "more noise": _garbage(2),
    "text": b"a proof, really",
    "other JSON": b'{"format":"provenance-proof/2"}',
    "a number": b"7",
    "deep": b"[" * 100_000,
    "zeroes": bytes(1000),
}


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_proof_cannot_be_read(
    data: bytes, world: World, run: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    assert run("verify", file, "--policy", world.policy, status=2).out.startswith("This is no")
    assert (
        run.json("verify", file, "--policy", world.policy, status=2)["verdict"] == "unreadable"
    )


@pytest.mark.parametrize("share", [1, 30, 60, 99])
def test_a_proof_cut_short_cannot_be_read(
    share: int, world: World, run: Commands, tmp_path: Path
) -> None:
    data = world.proof.read_bytes()
    file = tmp_path / "file"
    file.write_bytes(data[: len(data) * share // 100])
    run("verify", file, "--policy", world.policy, status=2)


def test_a_larger_file_than_a_proof_may_be_is_not_read_on(
    world: World, run: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    with file.open("wb") as large:
        large.truncate(1 << 30)
    assert "more than" in run("verify", file, "--policy", world.policy, status=2).err


@pytest.mark.parametrize("policy", [b"", b"log x\n", b"\xff", b"quorum none\n"])
def test_a_policy_that_is_none_cannot_be_read(
    policy: bytes, world: World, run: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "policy"
    file.write_bytes(policy)
    run("verify", world.proof, "--policy", file, status=2)
    run("verify", world.proof, "--policy", tmp_path / "none", status=2)


def test_another_logs_policy_is_a_no(world: World, run: Commands, tmp_path: Path) -> None:
    run("init", tmp_path / "other", "--origin", "log.example/other")
    run("key", "policy", tmp_path / "other", "-o", tmp_path / "policy")
    told = run("verify", world.proof, "--policy", tmp_path / "policy", status=1).out
    assert "origin" in told


def test_an_age_without_witnesses_is_a_no(world: World, run: Commands) -> None:
    for age in ("90", "90s", "15m", "12h", "30d"):
        told = run("verify", world.proof, "--policy", world.policy, "--max-age", age, status=1)
        assert "freshness" in told.out


def test_the_first_entry_may_be_pinned(world: World, run: Commands) -> None:
    keys = run.json("key", "list", world.ledger)
    verify = ("verify", world.proof, "--policy", world.policy, "--genesis")
    run(*verify, keys["genesis"])
    run(*verify, "00" * 32, status=1)


def test_a_proof_may_come_by_standard_input(
    world: World, run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = world.proof.read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    run("verify", "-", "--policy", world.policy)


def test_proofs_go_to_standard_output_or_a_file(
    world: World, run: Commands, tmp_path: Path
) -> None:
    proof = run("prove", world.ledger, "4").out
    assert proof == run("prove", world.ledger, "4", "-o", "-").out
    assert run("prove", world.ledger, "4", "--json").out == f"{proof}\n"
    said = run.json("prove", world.ledger, "-o", tmp_path / "p.json", "5", "4")
    assert (said["indexes"], said["bytes"]) == ([4, 5], (tmp_path / "p.json").stat().st_size)
    assert (
        "proves entries 4, 5" in run("prove", world.ledger, "4", "5", "-o", tmp_path / "p").out
    )


def _names(run: Commands, world: World, *options: str) -> set[str]:
    file = world.path / "shown.json"
    run("prove", world.ledger, "4", *options, "-o", file)
    report = run.json("verify", file, "--policy", world.policy)
    return {name for name, _ in report["certifications"][0]["fields"]}


def test_what_is_asked_for_is_disclosed(world: World, run: Commands) -> None:
    line = _names(run, world)
    assert f"{HOLDER}nomNaissance" in line
    assert _names(run, world, "--disclose", "code,type") == {"code", "type"}
    assert _names(run, world, "--disclose", "code", "--disclose", "type") == {"code", "type"}
    assert _names(run, world, "--disclose", "line, scoring") == line | {"scoring"}
    everything = _names(run, world, "--disclose", "all")
    assert everything > line
    assert "source" in everything


def test_a_misspelt_field_is_refused(world: World, run: Commands, tmp_path: Path) -> None:
    out = tmp_path / "proof.json"
    told = run("prove", world.ledger, "4", "--disclose", "cod", "-o", out, status=2)
    assert "'cod'" in told.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ((), 2),
        (("4", "--reference", "r"), 2),
        (("0",), 3),
        (("99",), 3),
        (("4", "--disclose", "identificationTitulaire.identifiantNational.nir"), 3),
        (("4", "5", "--tlog-proof"), 2),
    ],
)
def test_what_cannot_be_proven_leaves_no_file(
    words: tuple[str, ...], status: int, world: World, run: Commands, tmp_path: Path
) -> None:
    run("prove", world.ledger, *words, "-o", tmp_path / "proof.json", status=status)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_published_cannot_be_proven(run: Commands, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    run("init", ledger, "--origin", "log.example/new")
    run("depositor", "add", ledger, DEPOSITOR, "--name", "Un organisme")
    run("sample", "--passages", "1", "-o", tmp_path / "d.xml")
    run("deposit", ledger, tmp_path / "d.xml")
    assert "publish first" in run("prove", ledger, "4", status=3).err
    found = run.json(
        "find",
        ledger,
        "--depositor",
        DEPOSITOR,
        "--id-technique",
        run.json("show", ledger, "4", "--fields")["fields"]["idTechnique"],
    )
    assert found["certifications"][0]["status"] == "not published"


def _claims(world: World) -> dict[str, object]:
    fields = dict(world.manifest()[0]["fields"])
    return {name: fields[name] for name in ("code", "dateDebutValidite", f"{HOLDER}prenom1")}


def test_a_genuine_cv_is_a_yes(world: World, run: Commands) -> None:
    cv = world.cv(**_claims(world))
    told = run("verify", world.proof, "--policy", world.policy, "--cv", cv).out
    assert told.startswith("YES: every line")
    assert "Line 1 (a label): proven" in told
    document = run.json("verify", world.proof, "--policy", world.policy, "--cv", cv)
    assert (document["verdict"], document["report"]["verdict"]) == ("yes", "yes")
    assert document["cv"]["lines"][0]["positive"]


def test_a_changed_claim_is_a_no(world: World, run: Commands) -> None:
    cv = world.cv(**(_claims(world) | {"dateDebutValidite": "1999-01-01", "scoring": "9"}))
    told = run("verify", world.proof, "--policy", world.policy, "--cv", cv, status=1).out
    assert "contradicted" in told
    assert "undisclosed" in told
    document = run.json("verify", world.proof, "--policy", world.policy, "--cv", cv, status=1)
    assert (document["verdict"], document["report"]["verdict"]) == ("no", "yes")


def test_a_cv_with_a_forged_proof_is_a_no(world: World, run: Commands, tmp_path: Path) -> None:
    forged = tmp_path / "forged.json"
    forged.write_bytes(_flip(world.proof.read_bytes(), b'"disclosures":["'))
    cv = world.cv(**_claims(world))
    told = run("verify", forged, "--policy", world.policy, "--cv", cv, status=1).out
    assert "commitment" in told
    assert "no entry" in told


@pytest.mark.parametrize("cv", ["", "{}", "[1,2", "\x00"])
def test_a_cv_that_is_none_cannot_be_read(
    cv: str, world: World, run: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "cv.json"
    file.write_text(cv)
    verify = ("verify", world.proof, "--policy", world.policy, "--cv", file)
    assert "cannot be read" in run(*verify, status=2).out
    assert run.json(*verify, status=2)["verdict"] == "unreadable"


@pytest.fixture
def single(world: World, run: Commands, tmp_path: Path) -> tuple[Path, Path]:
    """A tlog-proof of entry 3, and the entry."""
    proof, entry = tmp_path / "entry.tlog-proof", tmp_path / "entry.json"
    run("prove", world.ledger, "3", "--tlog-proof", "-o", proof)
    run("show", world.ledger, "3", "--entry", "-o", entry)
    return proof, entry


def test_a_tlog_proof_is_verified_with_its_entry(
    single: tuple[Path, Path], world: World, run: Commands
) -> None:
    proof, entry = single
    verify = ("verify", proof, "--policy", world.policy, "--entry", entry)
    assert run(*verify).out == "YES: this is entry 3 of log.example/cli, at size 16.\n"
    assert run.json(*verify)["verdict"] == "yes"
    text = run("prove", world.ledger, "3", "--tlog-proof").out
    assert text == proof.read_text()
    assert run.json("prove", world.ledger, "3", "--tlog-proof") == {"tlog_proof": text}


def test_a_tlog_proof_of_another_entry_is_a_no(
    single: tuple[Path, Path], world: World, run: Commands
) -> None:
    proof, entry = single
    entry.write_bytes(entry.read_bytes().replace(b"CREATION", b"DELETION"))
    verify = ("verify", proof, "--policy", world.policy, "--entry", entry)
    assert run(*verify, status=1).out.startswith("NO: ")
    assert run.json(*verify, status=1)["error"]["type"] == "InclusionError"


def test_a_tlog_proof_needs_its_entry_and_no_more(
    single: tuple[Path, Path], world: World, run: Commands
) -> None:
    proof, entry = single
    verify = ("verify", proof, "--policy", world.policy)
    assert "--entry" in run(*verify, status=2).err
    run(*verify, "--entry", entry, "--max-age", "1d", status=2)
    proof.write_text(proof.read_text()[:50])
    run(*verify, "--entry", entry, status=2)
