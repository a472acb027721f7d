"""What the storage promises, held against kills, failing calls, full disks and forks.

Every state is checked from a process of its own that opens it as after a restart. Each
harness has its positive control: a storage that breaks the rule, which it must notice.
"""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from provenance.storage import Store

TESTS: Final = Path(__file__).parent.parent
WORKER: Final = TESTS / "fault" / "storage_worker.py"
KILLS: Final = int(os.environ.get("PROVENANCE_KILLS", "12"))
STRACE: Final = shutil.which("strace")
POISONED: Final = {"refused": "LedgerPoisonedError"}

Lines = list[dict[str, Any]]


def command(*arguments: object) -> list[str]:
    return [sys.executable, str(WORKER), *map(str, arguments)]


def run(*arguments: object, before: tuple[str, ...] = (), **options: Any) -> tuple[int, Lines]:
    """Run the worker to its end; give exit status and what it said."""
    done = subprocess.run(
        [*before, *command(*arguments)], capture_output=True, text=True, check=False, **options
    )
    return done.returncode, list(map(json.loads, done.stdout.splitlines()))


def say(*arguments: object, **options: Any) -> Lines:
    """Run the worker, which must end well."""
    status, lines = run(*arguments, **options)
    assert status == 0, lines
    return lines


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, text=True)


def acknowledged(lines: Lines) -> int:
    return max((line["size"] for line in lines if "size" in line), default=0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger"
    say("create", path)
    return path


# --- kills


def kill_once(path: Path, delay_s: float, skip: str = "") -> int:
    """Kill a writer a while after its first word; give the greatest size it acknowledged."""
    writer = start("write", path, 100_000, 7, skip)
    assert writer.stdout is not None
    first = writer.stdout.readline()
    time.sleep(delay_s)
    writer.kill()
    output, _ = writer.communicate()
    whole = [line for line in (first + output).splitlines() if line.endswith("}")]
    return acknowledged(list(map(json.loads, whole)))


def test_killed_writers_lose_nothing_acknowledged(path: Path) -> None:
    choose = random.Random(7)
    for _ in range(KILLS):
        say("check", path, kill_once(path, choose.uniform(0, 0.02)))


def test_positive_control_a_writer_that_promises_is_caught(path: Path) -> None:
    choose = random.Random(8)
    for _ in range(40):
        status, _ = run("check", path, kill_once(path, choose.uniform(0, 0.02), "promise"))
        if status:
            return
    pytest.fail("nobody noticed that entries were promised before they were written")


@pytest.mark.parametrize("skip", ["head", "vault"])
def test_positive_control_a_skipped_part_is_caught(path: Path, skip: str) -> None:
    lines = say("write", path, 3, 7, skip)
    status, _ = run("check", path, acknowledged(lines[:3]))
    assert status != 0


# --- failing system calls


needs_strace = pytest.mark.skipif(STRACE is None, reason="strace is not installed")


def inject(path: Path, what: str) -> tuple[int, Lines]:
    """Run a writer in which one system call fails; the check runs without."""
    return run(
        *("write", path, 4, 3),
        before=("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={what}"),
    )


@needs_strace
@pytest.mark.slow
@pytest.mark.parametrize("when", [1, 2, 3, 4])
@pytest.mark.parametrize("call", ["fdatasync", "pwrite64", "writev"])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC", "EINTR"])
def test_a_failing_call_loses_nothing_and_is_refused_after(
    path: Path, call: str, error: str, when: int
) -> None:
    status, lines = inject(path, f"{call}:error={error}:when={when}")
    assert status == 0, "nothing foreign may come out"
    named = [line["error"] for line in lines if "error" in line]
    assert set(named) <= {"LedgerFullError", "StorageError"}
    assert named or error == "EINTR", "the fault was never reached"
    # Nothing was in doubt when the disk was full before the seeds were written.
    if named and lines[-2] != POISONED:
        assert (error, call) == ("ENOSPC", "pwrite64")
        assert when % 3 == 1
    say("check", path, acknowledged(lines))


@needs_strace
def test_a_failing_commit_poisons_the_store(path: Path) -> None:
    # The second sync of the second round is the database's.
    status, lines = inject(path, "fdatasync:error=EIO:when=4")
    assert status == 0
    assert lines == [{"size": 3}, {"error": "StorageError"}, POISONED, POISONED]
    say("check", path, 3)


@needs_strace
@pytest.mark.slow
@pytest.mark.parametrize("call", ["pwrite64", "writev", "fdatasync", "flock"])
def test_a_kill_at_a_call_loses_nothing(path: Path, call: str) -> None:
    for when in range(1, 5):
        status, lines = inject(path, f"{call}:signal=SIGKILL:when={when}")
        assert status != 0, "the fault was never reached"
        say("check", path, acknowledged(lines))


@needs_strace
@pytest.mark.slow
@pytest.mark.parametrize("call", ["fsync", "fdatasync", "pwrite64", "rename", "mkdir"])
@pytest.mark.parametrize("fault", ["error=EIO", "error=ENOSPC", "signal=SIGKILL"])
def test_a_creation_that_fails_leaves_no_log(tmp_path: Path, call: str, fault: str) -> None:
    statuses = []
    for when in (1, 2, 3, 5):
        path = tmp_path / f"{when}"
        path.mkdir()
        before = ("strace", "-f", "-qq", "-o", "/dev/null")
        rule = f"inject={call}:{fault}:when={when}"
        statuses.append(run("create", path, before=(*before, "-e", rule))[0])
        if (path / "log").exists():
            # What has its name is whole, whatever failed after the rename.
            Store.open(path / "log").close()
    assert any(statuses), "the fault was never reached"


# --- what is synced before anything is acknowledged


class Event(NamedTuple):
    """One system call: its name, the file, and whether the file is synced by each write."""

    call: str
    file: str


CALL: Final = re.compile(r"\d+ +(?P<name>\w+)\((?P<descriptor>\d+)<(?P<file>[^>]*)>.* = \d+")
OPENED: Final = re.compile(r"\d+ +openat\(.* = (?P<descriptor>\d+)")
ACKNOWLEDGED: Final = r"{\"size\""
WRITES: Final = frozenset({"write", "pwrite64", "pwritev", "writev"})


def trace(path: Path, skip: str) -> list[Event]:
    """Record the writes and syncs of a writer, in order; acknowledgements are ``ack``."""
    log = path / "trace"
    calls = "trace=openat,write,pwrite64,pwritev,writev,fdatasync,fsync"
    before = ("strace", "-f", "-y", "-s", "16", "-o", str(log), "-e", calls)
    say("write", path, 5, 100, skip, before=before)
    events: list[Event] = []
    synced: set[str] = set()
    for line in log.read_text().splitlines():
        if opened := OPENED.match(line):
            descriptor = opened["descriptor"]
            (synced.add if "O_DSYNC" in line else synced.discard)(descriptor)
        elif ACKNOWLEDGED in line:
            events.append(Event("ack", ""))
        elif (call := CALL.match(line)) and str(path) in call["file"]:
            by_itself = call["name"] in WRITES and call["descriptor"] in synced
            events.append(
                Event("dsync" if by_itself else call["name"], Path(call["file"]).name)
            )
    return events


def broken_rules(events: list[Event]) -> set[str]:
    """Return the rules that a trace breaks: what must be on the disk before what."""
    broken: set[str] = set()
    dirty: set[str] = set()
    head = committed = False
    for call, file in events:
        if call == "ack":
            broken |= {f"{name} is not synced" for name in dirty}
            if not head:
                broken.add("no head register")
            head = committed = False
        elif call in {"fsync", "fdatasync"}:
            dirty.discard(file)
        elif call == "dsync":
            if file == "data.mdb":
                committed = True
                broken |= {f"{name} is not synced at the commit" for name in dirty}
            if file == "head":
                head = True
                if not committed:
                    broken.add("head register before the commit")
        else:
            dirty.add(file)
            if file == "seeds" and committed:
                broken.add("seeds after the commit")
    return broken


@needs_strace
def test_everything_is_synced_in_order_before_it_is_acknowledged(path: Path) -> None:
    events = trace(path, "")
    assert events.count(Event("ack", "")) == 5
    assert {Event("fdatasync", "data.mdb"), Event("dsync", "data.mdb")} <= set(events)
    assert broken_rules(events) == set()


@needs_strace
@pytest.mark.parametrize(
    ("skip", "rule"),
    [
        ("sync", "data.mdb is not synced"),
        ("head", "no head register"),
        ("late-vault", "seeds after the commit"),
        ("promise", "no head register"),
    ],
)
def test_positive_control_broken_orders_are_noticed(path: Path, skip: str, rule: str) -> None:
    assert rule in broken_rules(trace(path, skip))


# --- no room


def test_a_file_size_limit_is_a_full_disk(path: Path) -> None:
    limit = 600_000

    def restrict() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    lines = say("write", path, 1000, 20, preexec_fn=restrict)
    assert lines[-3:] == [{"error": "LedgerFullError"}, POISONED, POISONED]
    assert acknowledged(lines) > 100
    say("check", path, acknowledged(lines))


def test_a_full_map_leaves_the_store_usable(path: Path) -> None:
    lines = say("write", path, 1000, 20, "map")
    assert lines[-3] == {"error": "LedgerFullError"}
    assert lines[-2] == {"refused": "LedgerFullError"}
    assert lines[-1] == {"again": acknowledged(lines)}
    say("check", path, acknowledged(lines))


def test_a_small_address_space_is_enough(path: Path) -> None:
    def restrict() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 36, 1 << 36))

    lines = say("write", path, 5, 20, preexec_fn=restrict)
    assert acknowledged(lines) == 100


def test_a_full_disk_refuses_and_goes_on_once_there_is_room(path: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("mounting a small tmpfs is not allowed here")
    try:
        (disk / "filler").write_bytes(bytes(1 << 20))
        shutil.copytree(path, disk / "ledger")
        lines = say("write", disk / "ledger", 1000, 20)
        assert lines[-3:] == [{"error": "LedgerFullError"}, POISONED, POISONED]
        assert acknowledged(lines) > 100
        (disk / "filler").unlink()
        say("check", disk / "ledger", acknowledged(lines))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# --- truncation


def test_a_truncated_file_would_kill_the_process_and_is_refused(path: Path) -> None:
    lines = say("write", path, 10, 100)
    data = path / "log" / "data.mdb"
    os.truncate(data, data.stat().st_size // 2)
    # The positive control: LMDB alone maps what is not there.
    status, _ = run("naive", path)
    assert status == -signal.SIGBUS
    status, _ = run("check", path, acknowledged(lines))
    assert status == 1
    done = subprocess.run(command("read", path, 1), capture_output=True, text=True, check=False)
    assert "LedgerDamagedError" in done.stderr


def test_a_torn_head_register_goes_back_one_commit(path: Path) -> None:
    say("write", path, 3, 5)
    head = path / "head"
    data = bytearray(head.read_bytes())
    newest = max((0, 512), key=lambda at: data[at + 16 : at + 24])
    data[newest + 40 : newest + 60] = bytes(20)
    head.write_bytes(data)
    say("check", path, 15)


def test_a_short_head_register_is_damage(path: Path) -> None:
    say("write", path, 3, 5)
    os.truncate(path / "head", 512)
    done = subprocess.run(
        command("check", path, 15), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "LedgerDamagedError" in done.stderr


# --- several processes


def test_a_forked_child_is_refused_and_the_parent_goes_on(path: Path) -> None:
    say("write", path, 2, 5)
    lines = say("fork", path)
    assert {"view": "LedgerBusyError"}.items() <= lines[0].items()
    assert set(lines[0].values()) == {"LedgerBusyError"}
    assert lines[1:] == [{"child": 0, "size": 20}, {"twice": "LedgerBusyError"}]
    say("check", path, 20)


def test_readers_beside_two_writers(path: Path) -> None:
    readers = [start("read", path, 60 * 20) for _ in range(2)]
    writers = [start("write", path, 40, 20) for _ in range(2)]
    for process in (*writers, *readers):
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        if process in readers:
            (line,) = map(json.loads, output.splitlines())
            assert line["sizes"][-1] >= 60 * 20
            assert all(size % 20 == 0 for size in line["sizes"])
    say("check", path, 2 * 41 * 20)


def test_a_killed_reader_is_cleared(path: Path) -> None:
    say("write", path, 2, 5)
    reader = start("hold", path)
    assert reader.stdout is not None
    reader.stdout.readline()
    with Store.open(path / "log") as store:
        assert str(reader.pid) in store._environment.readers()
    reader.kill()
    reader.communicate()
    with Store.open(path / "log") as store:
        assert str(reader.pid) not in store._environment.readers()
    say("check", path, 10)
