"""Disks that stop in the middle, and disks that are full.

A file system on a loop device is shut down while a writer works on it: what was not synced is
gone, as after a power cut, and every call fails from then on. On a full disk each operation is
refused clearly, and done once there is room again. Both need root; where that, or a loop
device, is not to be had, the tests are skipped.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Final

import pytest

from battery import scale
from fault.workers import keep_whole_lines, once, run, start, wait_for_receipts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from battery import Row

MEBIBYTE: Final = 1 << 20
MAKE: Final = {
    "xfs": (320, ("mkfs.xfs", "-q"), "xfsprogs"),
    "ext4": (64, ("mkfs.ext4", "-q", "-E", "lazy_itable_init=0"), "e2fsprogs"),
}


@contextlib.contextmanager
def file_system(kind: str, place: Path) -> Iterator[Path]:
    """A new file system of its own, mounted at ``place/disk``."""
    size, make, package = MAKE[kind]
    if shutil.which(make[0]) is None or shutil.which("xfs_io") is None:
        pytest.skip(f"{package} or xfsprogs is not installed")
    image, disk = place / "image", place / "disk"
    with image.open("wb") as file:
        file.truncate(size * MEBIBYTE)
    subprocess.run([*make, str(image)], check=True, capture_output=True)
    disk.mkdir()
    if os.geteuid() or not mount(image, disk):
        pytest.skip("mounting a loop device is not allowed here")
    try:
        yield disk
    finally:
        unmount(disk)
        image.unlink()


def mount(image: Path, disk: Path) -> bool:
    done = subprocess.run(
        ["mount", "-o", "loop", str(image), str(disk)], check=False, capture_output=True
    )
    return done.returncode == 0


def unmount(disk: Path) -> None:
    for _ in range(50):
        if (
            subprocess.run(["umount", str(disk)], check=False, capture_output=True).returncode
            == 0
        ):
            return
        time.sleep(0.1)
    raise AssertionError(f"{disk} cannot be unmounted")


def shut_down_while_writing(
    row: Row, place: Path, disk: Path, seed: int, *options: str
) -> bool:
    """Cut a writer off, mount the disk again, and return whether the check held."""
    path, log = disk / "ledger", place / f"acknowledged-{seed}"
    if not path.exists():
        assert run("create", path).returncode == 0
        subprocess.run(["sync", "-f", str(disk)], check=True)
    output = place / f"output-{seed}"
    with output.open("w") as file:
        writer = start("write", path, seed, *options, output=file)
    wait_for_receipts([output])
    time.sleep(row.random.uniform(0, 0.4))
    subprocess.run(["xfs_io", "-F", "-x", "-c", "shutdown", str(disk)], check=True)
    assert writer.wait(timeout=60) == 0, writer.communicate()
    assert writer.stderr is not None
    writer.stderr.close()
    said = [json.loads(line) for line in output.read_text().splitlines()]
    row.attempt(fired=said[-1].get("error", "").endswith("Error"))
    keep_whole_lines([output], log)
    unmount(disk)
    assert mount(place / "image", disk)
    return run("check", path, log).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", MAKE)
def test_nothing_acknowledged_is_lost_when_the_disk_stops(
    kind: str, tmp_path: Path, row: Row
) -> None:
    row.begin(f"F6 file system shut down: {kind}")
    with file_system(kind, tmp_path) as disk:
        for seed in range(1, 1 + scale(10, 500)):
            assert shut_down_while_writing(row, tmp_path, disk, seed), seed


@pytest.mark.slow
@pytest.mark.parametrize("kind", MAKE)
def test_a_writer_that_never_syncs_is_caught(kind: str, tmp_path: Path, row: Row) -> None:
    """The positive control: what such a writer acknowledged is gone with the disk."""
    row.begin(f"F6 file system shut down: {kind}")
    caught = False
    for seed in range(1, 6):
        place = tmp_path / str(seed)
        place.mkdir()
        with file_system(kind, place) as disk:
            caught |= not shut_down_while_writing(row, place, disk, seed, "--unsynced")
        if caught:
            break
    row.control(caught=caught)


# --- full disks

OPERATIONS: Final = ("create", "form", "deposit", "publish", "erase", "tiles")


@contextlib.contextmanager
def small_disk(kind: str, place: Path) -> Iterator[Path]:
    if kind != "tmpfs":
        with file_system(kind, place) as disk:
            yield disk
        return
    disk = place / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("mounting a small tmpfs is not allowed here")
    try:
        yield disk
    finally:
        unmount(disk)


def leave_room(disk: Path, room: int) -> Path:
    """Fill a disk but for so many bytes; return the file that fills it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(MEBIBYTE))
    os.truncate(filler, max(0, filler.stat().st_size - room))
    return filler


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
def test_a_full_disk_refuses_and_goes_on_when_there_is_room(
    kind: str, tmp_path: Path, row: Row
) -> None:
    row.begin(f"F7 full disk: {kind}")
    with small_disk(kind, tmp_path) as disk:
        path, log = disk / "ledger", tmp_path / "acknowledged"
        log.touch()
        assert run("create", path).returncode == 0
        assert once(path, "tiles")[-1] == {"done": "tiles"}
        for operation in OPERATIONS:
            for _ in range(scale(3, 33)):
                room = row.random.choice([0, 4096, 16_384, 65_536, 262_144])
                _try_on_full_disk(row, disk, log, operation, room + row.random.randrange(4096))
        checked = run("check", path, log)
        assert checked.returncode == 0, checked.stderr


def _try_on_full_disk(row: Row, disk: Path, log: Path, operation: str, room: int) -> None:
    path = disk / ("other" if operation == "create" else "ledger")
    filler = leave_room(disk, room)
    said = once(path, operation)
    filler.unlink()
    _acknowledge(log, said)
    full = said[-1].get("error") == "LedgerFullError"
    assert full or "done" in said[-1], said[-1]
    row.attempt(fired=full)
    if operation == "create":
        leftovers = {file.name for file in disk.iterdir()} - {"ledger", "tiles", "lost+found"}
        assert leftovers == (set() if full else {"other"})
    if full:
        said = once(path, operation)
        assert said[-1] == {"done": operation}, said[-1]
        _acknowledge(log, said)
    if operation == "create":
        shutil.rmtree(path)


def _acknowledge(log: Path, said: list[dict[str, object]]) -> None:
    with log.open("a") as file:
        for line in said:
            file.write(json.dumps(line) + "\n")
