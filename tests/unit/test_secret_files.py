"""What is secret is nobody else's to read, from its first byte on."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from commands import DEPOSITOR, Commands, make_world
from provenance.cli.files import create_file, write_file
from provenance.errors import KeyFileError
from provenance.keys.files import write_private_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _open_to_all() -> Iterator[None]:
    """Hide nothing by the mask of this process."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(directory: Path) -> set[int]:
    return {stat.S_IMODE(one.lstat().st_mode) for one in directory.iterdir()}


@pytest.mark.parametrize("older", [None, 0o644])
def test_secret_file_is_never_open_to_others(tmp_path: Path, older: int | None) -> None:
    place = tmp_path / "kit.json"
    seen: list[set[int]] = []
    if older is not None:
        place.write_bytes(b"older")
        place.chmod(older)

    def pieces() -> Iterator[bytes]:
        for piece in (b"seed", b"s"):
            seen.append(modes(tmp_path) - {older})
            yield piece

    assert write_file(str(place), pieces(), secret=True, force=True) == 5
    assert seen == [{0o600}, {0o600}]
    assert modes(tmp_path) == {0o600}
    assert place.read_bytes() == b"seeds"


def test_what_is_not_secret_is_as_open_as_the_mask_says(tmp_path: Path) -> None:
    write_file(str(tmp_path / "proof.json"), [b"{}"])
    assert modes(tmp_path) == {0o666}


def test_endorsement_kit_is_written_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, world = Commands(capsys), make_world(tmp_path)
    kit = tmp_path / "kits"
    kit.mkdir()
    changed: list[int] = []
    chmod = os.chmod

    def watched(path: Path, mode: int, **more: Any) -> None:
        changed.append(mode)
        chmod(path, mode, **more)

    monkeypatch.setattr(os, "chmod", watched)
    run("endorse", "kit", world.ledger, "3", "-o", kit / f"{DEPOSITOR}.json")
    # The mode is that of its creation, and is not set afterwards.
    assert modes(kit) == {0o600}
    assert changed == []


@pytest.mark.parametrize("kind", ["file", "link", "dangling link"])
def test_new_file_replaces_nothing_and_follows_no_link(tmp_path: Path, kind: str) -> None:
    place, other = tmp_path / "new", tmp_path / "other"
    if kind == "file":
        place.write_bytes(b"older")
    else:
        place.symlink_to(other)
        if kind == "link":
            other.write_bytes(b"older")
    before = other.exists() and other.read_bytes()
    with pytest.raises(FileExistsError):
        create_file(place, b"newer")
    with pytest.raises(KeyFileError):
        write_private_file(place, b"newer")
    assert (other.exists() and other.read_bytes()) == before


def test_new_private_file_is_its_owners_alone(tmp_path: Path) -> None:
    write_private_file(tmp_path / "key.pem", b"key")
    assert modes(tmp_path) == {0o600}
    create_file(tmp_path / "roots.txt", b"roots")
    assert modes(tmp_path) == {0o600, 0o644}
