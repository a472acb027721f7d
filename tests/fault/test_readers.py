"""Readers of one log: on a full disk, in containers, without the right to write, in numbers.

The processes are real ones, each with a fresh interpreter: what is looked for ends a process
by a signal, or is refused by the kernel.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER: Final = """
import os, sys, time
from pathlib import Path
from provenance.errors import ProvenanceError
from provenance.storage import Store
path = Path(sys.argv[1])
try:
"""
FOOTER: Final = """
except ProvenanceError as error:
    print(type(error).__name__, error)
"""
MANY_READERS: Final = f"""{HEADER}
    with Store.open(path, readonly=True) as store:
        views = [store.view() for _ in range(200)]
        print("read", len(views), views[-1].size)
        [view.close() for view in views]
{FOOTER}"""
CREATE: Final = f"""{HEADER}
    Store.create(path)
    print("created")
{FOOTER}"""
READ_FOR: Final = f"""{HEADER}
    with Store.open(path, readonly=True) as store, store.view():
        print("reading", os.getpid(), flush=True)
        sys.stdin.readline()
{FOOTER}"""


def run(script: str, path: Path, *before: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    assert run(CREATE, tmp_path / "log").stdout == "created\n"
    return tmp_path / "log"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("mounting a small tmpfs is not allowed here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def test_many_read_on_a_full_disk(small_disk: Path) -> None:
    """A page of the lock file that has no block yet would end the 63rd reader."""
    path = small_disk / "log"
    run(CREATE, path)
    fill(small_disk)
    done = run(MANY_READERS, path)
    assert (done.returncode, done.stdout) == (0, "read 200 0\n")


def test_a_copy_without_its_lock_file_on_a_full_disk_is_refused(small_disk: Path) -> None:
    path = small_disk / "log"
    run(CREATE, path)
    (path / "lock.mdb").unlink()
    fill(small_disk)
    done = run(MANY_READERS, path)
    assert done.returncode == 0
    assert done.stdout.startswith("LedgerFullError")
    (small_disk / "filler").unlink()
    assert run(MANY_READERS, path).stdout == "read 200 0\n"


def test_creating_on_a_full_disk_is_refused_and_leaves_nothing(small_disk: Path) -> None:
    fill(small_disk)
    done = run(CREATE, small_disk / "log")
    assert done.returncode == 0
    assert done.stdout.startswith("LedgerFullError")
    assert [file.name for file in small_disk.iterdir()] == ["filler"]


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can do this")


@needs_root
def test_two_containers_with_one_process_number_are_told_why(log: Path) -> None:
    unshare = ("unshare", "--pid", "--fork", "--mount-proc")
    if (
        shutil.which("unshare") is None
        or subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("process namespaces are not allowed here")
    first = subprocess.Popen(
        [*unshare, sys.executable, "-c", READ_FOR, str(log)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert first.stdout is not None
    assert first.stdout.readline() == "reading 1\n"
    second = run(MANY_READERS, log, *unshare)
    assert second.stdout.startswith("LedgerBusyError")
    assert "in another container" in second.stdout
    # With a number of its own it reads beside the first one.
    assert run(MANY_READERS, log).stdout == "read 200 0\n"
    first.communicate("done\n", timeout=60)
    assert run(MANY_READERS, log, *unshare).stdout == "read 200 0\n"


@needs_root
def test_without_the_right_to_write_the_file_and_the_right_are_named() -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / "log"
        run(CREATE, log)
        Path(place).chmod(0o755)
        log.chmod(0o755)
        for file in log.iterdir():
            file.chmod(0o644)
        done = run(
            MANY_READERS, log, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"
        )
    assert done.stdout.startswith("StorageError"), done.stderr
    assert "lock.mdb for writing" in done.stdout


@needs_root
def test_a_read_only_file_system_is_read(log: Path, tmp_path: Path) -> None:
    place = tmp_path / "readonly"
    place.mkdir()
    bound = subprocess.run(
        ["mount", "--bind", "-o", "ro", str(log), str(place)], check=False, capture_output=True
    )
    if bound.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        assert run(MANY_READERS, place).stdout == "read 200 0\n"
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("kilobytes", [600_000, 1_500_000])
def test_little_address_space_is_enough(log: Path, kilobytes: int) -> None:
    command = f'ulimit -v {kilobytes} && exec "$@"'
    done = run(MANY_READERS, log, "bash", "-c", command, "bash")
    assert done.stdout == "read 200 0\n", done.stderr


def test_little_address_space_is_really_little(log: Path) -> None:
    """The control: a map of the usual size is refused there."""
    script = MANY_READERS.replace("readonly=True", "readonly=True, map_size=1 << 40")
    command = 'ulimit -v 1500000 && exec "$@"'
    done = run(script, log, "bash", "-c", command, "bash")
    assert "address space" in done.stdout
