"""Writing invented deposits by the command line."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from commands import Commands
from provenance.cdc.flux import FluxReader
from provenance.cdc.sample import BREAKS, FLAWS, SampleSpec, break_flux, write_flux

if TYPE_CHECKING:
    from pathlib import Path

DAY = ("--day", "2026-06-30")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


def test_a_sample_is_what_its_options_say(run: Commands, tmp_path: Path) -> None:
    file = tmp_path / "deposit.xml"
    run("sample", "--seed", "3", "--passages", "7", *DAY, "-o", file)
    spec = SampleSpec(
        seed=3, passages=7, depositor="0ABCDEFG", certifier="9SAMPLES", day=date(2026, 6, 30)
    )
    assert file.read_bytes() == b"".join(write_flux(spec))
    assert run("sample", "--seed", "3", "--passages", "7", *DAY).out == file.read_text()
    assert (
        run("sample", "--seed", "3", "--passages", "7", *DAY, "-o", "-").out == file.read_text()
    )


VARIANTS = {
    "prefix": ("--prefix", "cpf"),
    "newlines": ("--crlf", "--comments"),
    "order": ("--reordered", "--header-behind"),
    "values": ("--numeric-booleans", "--padded-integers", "--nil-one", "--references"),
    "one line": ("--one-line", "--bom"),
    "newer": ("--schema", "1.1.5", "--national", "30", "--dossier", "20"),
}


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_every_form_can_be_read(
    options: tuple[str, ...], run: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "deposit.xml"
    run("sample", *options, "-o", file)
    data = file.read_bytes()
    assert data != run("sample").out.encode()
    reader = FluxReader(lambda: [data])
    assert len(list(reader.passages())) == 100
    assert reader.faults == []


def test_what_to_expect_is_written_too(run: Commands, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    flaws = [word for flaw in FLAWS for word in ("--flaw", f"{flaw}=2")]
    out = ("-o", tmp_path / "d.xml")
    said = run.json("sample", *flaws, *out, "--manifest", manifest)
    assert sum(said["expected"].values()) == said["passages"] == 100
    assert said["expected"]["refused"] == 8
    passages = json.loads(manifest.read_bytes())
    assert [one["number"] for one in passages] == list(range(100))
    assert "100 passages; to be expected: " in run("sample", *flaws, *out).out


@pytest.mark.parametrize("kind", BREAKS)
def test_broken_files_are_written(kind: str, run: Commands, tmp_path: Path) -> None:
    said = run("sample", "--broken", kind, "-o", tmp_path / "b.xml").out
    assert f"({kind})" in said
    assert (tmp_path / "b.xml").read_bytes() == break_flux(kind)


@pytest.mark.parametrize(
    "wrong",
    [
        ("--json",),
        ("--passages", "0"),
        ("--flaw", "late=100"),
        ("--national", "10"),
        ("--dossier", "101"),
        ("--broken", "nicely"),
    ],
)
def test_what_cannot_be_made_leaves_no_file(
    wrong: tuple[str, ...], run: Commands, tmp_path: Path
) -> None:
    out = () if "--json" in wrong else ("-o", tmp_path / "d.xml")
    run("sample", *wrong, *out, status=2)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_and_keeps_its_mode(run: Commands, tmp_path: Path) -> None:
    file, link = tmp_path / "d.xml", tmp_path / "link.xml"
    file.write_text("<flux/>")
    file.chmod(0o640)
    link.symlink_to(file)
    run("sample", "--passages", "1", "-o", link)
    assert link.is_symlink()
    assert file.read_text().startswith("<?xml")
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_device_is_written_to(run: Commands) -> None:
    assert run.json("sample", "--passages", "1", "-o", "/dev/null")["file"] == "/dev/null"
