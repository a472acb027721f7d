"""Tiles on the command line: exported, served, and read by somebody without a ledger."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from commands import Commands, World, make_world, start
from serving import serve_files

if TYPE_CHECKING:
    from pathlib import Path

CERTIFICATION = "4"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.fixture
def world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> World:
    return make_world(tmp_path)


@pytest.fixture
def www(run: Commands, world: World) -> Path:
    """Return the tiles of a log in which entry 4 was withdrawn after its proof was made."""
    run("withdraw", world.ledger, CERTIFICATION, "--reason", "ERROR", "--yes")
    run("publish", world.ledger)
    www = world.path / "www"
    run("export", "tiles", world.ledger, www)
    return www


def test_exporting(run: Commands, world: World) -> None:
    www = world.path / "www"
    told = run("export", "tiles", world.ledger, www).out
    assert told.startswith("Exported.\n")
    assert "published before  0\n" in told
    again = run("export", "tiles", world.ledger, www).out
    assert again.startswith("Nothing was published since the last export.\n")
    document = run.json("export", "tiles", world.ledger, www)
    assert document == {**document, "since": document["size"], "files": 0, "bytes": 0}
    assert (www / "checkpoint").read_bytes() == world.checkpoint.read_bytes()


def test_exporting_what_is_not_published(run: Commands, tmp_path: Path) -> None:
    run("init", tmp_path / "ledger", "--origin", "log.example/x")
    told = run("export", "tiles", tmp_path / "ledger", tmp_path / "www", status=3)
    assert "publish first" in told.err
    assert not (tmp_path / "www").exists()


def test_exporting_over_another_history(run: Commands, world: World, tmp_path: Path) -> None:
    run("init", tmp_path / "other", "--origin", "log.example/other")
    run("publish", tmp_path / "other")
    run("export", "tiles", tmp_path / "other", tmp_path / "www")
    told = run("export", "tiles", world.ledger, tmp_path / "www", status=1)
    assert "holds the log log.example/other" in told.err
    document = run.json("export", "tiles", world.ledger, tmp_path / "www", status=1)
    assert document["error"]["type"] == "ConsistencyError"


def test_comparing_with_the_log(run: Commands, world: World, www: Path) -> None:
    words = ("export", "tiles", world.ledger, www, "--check")
    told = run(*words)
    assert told.out.startswith("YES: 10 files at size ")
    assert run.json(*words)["faults"] == []
    tile = www / "status" / "000"
    tile.write_bytes(bytes([1]) + tile.read_bytes()[1:])
    (www / "keys").unlink()
    told = run(*words, status=1)
    assert told.out.startswith("NO: of 10 files at size ")
    assert "differs  status/000\n" in told.out
    assert "missing  keys\n" in told.out
    assert run.json(*words, status=1)["faults"] == [
        {"name": "keys", "problem": "missing"},
        {"name": "status/000", "problem": "differs"},
    ]
    run("export", "tiles", world.ledger, www)
    assert run(*words).out.startswith("YES")
    run("withdraw", world.ledger, "5", "--reason", "ERROR", "--yes")
    run("publish", world.ledger)
    assert "status, changes and keys are not compared" in run(*words).out
    run(*words[:3], world.path / "nowhere", "--check", status=3)


def test_refreshing_without_the_ledger(run: Commands, world: World, www: Path) -> None:
    expected = world.path / "expected.json"
    run("refresh", world.ledger, world.proof, "-o", expected)
    world.ledger.rename(world.path / "away")
    with serve_files(www) as url:
        for number, place in enumerate((str(www), url, f"{url}/")):
            new = world.path / f"new{number}.json"
            words = ("--tiles", place, "--policy", world.policy)
            told = run("refresh", world.proof, *words, "-o", new).out
            assert told == f"{new} is up to date at size {size_of(www)}.\n"
            assert new.read_bytes() == expected.read_bytes()
            document = run.json("refresh", *words, world.proof)
            assert document["proof"] == expected.read_text()
    new = world.path / "new1.json"
    report = run.json("verify", new, "--policy", world.policy, status=4)
    assert [one["status"] for one in report["certifications"]] == ["withdrawn"]


def size_of(www: Path) -> int:
    return int((www / "checkpoint").read_text().split("\n")[1])


def test_nothing_is_left_of_what_was_refused(run: Commands, world: World, www: Path) -> None:
    new = world.path / "new.json"
    words = ("refresh", world.proof, "--policy", world.policy, "-o", new, "--tiles")
    tile = next((www / "tile" / "0").rglob("*.p/*"))
    honest = tile.read_bytes()
    tile.write_bytes(bytes(len(honest)))
    assert "are not those of the checkpoint" in run(*words, www, status=1).err
    tile.unlink()
    assert "No such file" in run(*words, www, status=2).err
    assert "no directory of tiles" in run(*words, www / "nothing", status=2).err
    assert "https and http addresses" in run(*words, "ftp://log.example/", status=2).err
    document = run.json(*words, www, status=2)
    assert document["error"]["type"] == "UnreadableError"
    assert not new.exists()
    tile.write_bytes(honest)
    run(*words, www)
    assert new.exists()


def test_nothing_newer_is_said(run: Commands, world: World) -> None:
    www = world.path / "www"
    run("export", "tiles", world.ledger, www)
    words = ("refresh", world.proof, "--policy", world.policy, "--tiles", www)
    assert "no checkpoint is published that is newer" in run(*words, status=3).err


@pytest.mark.parametrize(
    "words",
    [
        ("{proof}",),
        ("{proof}", "--tiles", "{www}"),
        ("{proof}", "--policy", "{policy}"),
        ("{ledger}", "{proof}", "--policy", "{policy}"),
        ("{ledger}", "{proof}", "--tiles", "{www}"),
        ("{ledger}", "{proof}", "--tiles", "{www}", "--policy", "{policy}"),
    ],
)
def test_either_a_ledger_or_tiles(
    run: Commands, world: World, www: Path, words: tuple[str, ...]
) -> None:
    places = {
        "ledger": world.ledger,
        "proof": world.proof,
        "policy": world.policy,
        "www": www,
    }
    filled = [word.format(**places) for word in words]
    assert "either a ledger, or --tiles and --policy" in run("refresh", *filled, status=2).err


def test_refreshing_loads_no_database(world: World, www: Path) -> None:
    script = (
        "import sys\n"
        "from provenance.cli.main import main\n"
        f"main(['refresh', {str(world.proof)!r}, '--tiles', {str(www)!r}, '--policy', "
        f"{str(world.policy)!r}])\n"
        "assert not [n for n in sys.modules if n.startswith(('lmdb', 'provenance.ledger'))]\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.startswith(b'{"format":"provenance-proof/1"')


KILLED = """
import os, signal, sys
from provenance.cli.main import main
left = int(sys.argv[1])
def guard(real):
    def call(*args, **options):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **options)
    return call
for name in ("fsync", "rename", "pwrite"):
    setattr(os, name, guard(getattr(os, name)))
sys.exit(main(["export", "tiles", *sys.argv[2:]]))
"""


@pytest.mark.parametrize("calls", [0, 5, 12, 20])
def test_a_killed_export_goes_on(world: World, calls: int) -> None:
    """The process dies by SIGKILL for real; its lock goes with it, and the next goes on."""
    www, other = world.path / "www", world.path / "other"
    words = [sys.executable, "-c", KILLED, str(calls), str(world.ledger), str(www)]
    assert subprocess.run(words, capture_output=True, check=False).returncode == -9
    assert not (www / "checkpoint").exists()
    for place in (www, other):
        assert start("export", "tiles", world.ledger, place).returncode == 0
    assert files_in(www) == files_in(other)
    assert (www / "checkpoint").read_bytes() == world.checkpoint.read_bytes()


def files_in(directory: Path) -> dict[str, bytes]:
    found = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in found}


# Verifying, and asking the tiles how things stand by now.


def test_verifying_asks_the_tiles(run: Commands, world: World, www: Path) -> None:
    words = ("verify", world.proof, "--policy", world.policy)
    assert status_in(run.json(*words)) == "in force"
    with serve_files(www) as url:
        for place in (str(www), url):
            assert status_in(run.json(*words, "--refresh", place, status=4)) == "withdrawn"
        assert "withdrawn by entry" in run(*words, "--refresh", url, status=4).out
    assert "cannot read" in run(*words, "--refresh", url, status=2).err
    assert "no directory of tiles" in run(*words, "--refresh", "nowhere", status=2).err


def status_in(report: dict[str, Any]) -> str:
    (one,) = report.get("proof", report)["certifications"]
    return str(one["status"])


def test_a_cv_is_verified_as_of_now(run: Commands, world: World, www: Path) -> None:
    """The seal is over the proof as it was; what the tiles say is added to none of it."""
    sealed, roots = make_sealed(run, world)
    words = ("cv", "verify", sealed, "--policy", world.policy, "--seal-roots", roots)
    before = run.json(*words)
    after = run.json(*words, "--refresh", www, status=4)
    assert (before["level"], status_in(before)) == ("original", "in force")
    assert (after["level"], status_in(after)) == ("original", "withdrawn")
    assert after["document"] == before["document"]
    same = run.json("verify", *words[2:], "--refresh", www, status=4)
    assert same == after
    tile = next((www / "tile" / "0").rglob("*.p/*"))
    tile.write_bytes(bytes(tile.stat().st_size))
    assert "are not those of the checkpoint" in run(*words, "--refresh", www, status=1).err


def make_sealed(run: Commands, world: World) -> tuple[Path, Path]:
    plain, attached, sealed = (world.path / f"{name}.pdf" for name in ("a", "b", "c"))
    trial = world.path / "trial"
    pikepdf = pytest.importorskip("pikepdf", reason="the extra cv is not installed")
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(plain)
    run("cv", "attach", plain, world.proof, "-o", attached)
    run("cv", "seal-key", trial, "--name", "Un sceau")
    run("cv", "seal", attached, "--key", trial / "seal.p12", "-o", sealed)
    return sealed, trial / "seal-roots.txt"


def test_what_holds_no_proof_is_not_refreshed(run: Commands, world: World, www: Path) -> None:
    code = world.path / "code.txt"
    code.write_text("PROV1:X")
    told = run("cv", "verify", code, "--policy", world.policy, "--refresh", www, status=2)
    assert "a QR code holds none" in told.err
    entry, proof = world.path / "entry.json", world.path / "entry.tlog-proof"
    run("prove", world.ledger, CERTIFICATION, "--tlog-proof", "-o", proof)
    entry.write_text("{}")
    words = ("verify", proof, "--policy", world.policy, "--entry", entry)
    assert "go with a proof bundle" in run(*words, "--refresh", www, status=2).err
