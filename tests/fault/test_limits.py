"""F8: a ledger at its limits, each of which is refused clearly and loses nothing.

A full map, a reader that died, a forked child, a second opening, little address space, a
second writer. After each, a process of its own holds the ledger against everything that was
acknowledged, and goes on with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from battery import scale
from fault.workers import ENVIRONMENT, run
from provenance.ledger import Ledger

if TYPE_CHECKING:
    from battery import Row

WORKER: Final = Path(__file__).with_name("limits_worker.py")
TIMES: Final = scale(1, 50)
MEBIBYTE: Final = 1 << 20
LIMITED: Final = 'ulimit -v "$1" && shift && exec "$@"'
WHOLE_MAP: Final = 1 << 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    assert run("create", tmp_path / "ledger").returncode == 0
    return tmp_path / "ledger"


def start(*words: object, memory: int | None = None) -> subprocess.Popen[str]:
    """Start a worker; ``memory``: bytes of address space that it may have."""
    before = () if memory is None else ("bash", "-c", LIMITED, "bash", str(memory // 1024))
    return subprocess.Popen(
        [*before, sys.executable, str(WORKER), *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        text=True,
    )


def say(*words: object, memory: int | None = None) -> list[dict[str, Any]]:
    """Run a worker to its end, and return what it said."""
    return finish(start(*words, memory=memory))


def finish(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, (process.returncode, errors)
    return [json.loads(line) for line in output.splitlines()]


def holds(path: Path, *said: dict[str, Any]) -> None:
    """Check the ledger from a fresh process against what was acknowledged."""
    log = path.with_name("acknowledged")
    with log.open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in said if "entry" in line)
    checked = run("check", path, log)
    assert checked.returncode == 0, checked.stderr


def test_a_full_map_refuses_and_a_larger_one_goes_on(path: Path, row: Row) -> None:
    row.begin("F8 limits: full map")
    for number in range(TIMES):
        room = row.random.randrange(64, 512) * 1024
        size = (path / "log" / "data.mdb").stat().st_size + room
        said = say("fill", path, 10_000 * number, size - size % 4096)
        *_, error, record, publish = said
        row.attempt(fired=error.get("error") == "LedgerFullError")
        assert error.get("error") == "LedgerFullError", error
        assert record == {"record": "done"}
        # There may be room for so little, or not.
        assert publish["publish"] in {"done", "LedgerFullError"}
        holds(path, *said)


def test_a_reader_that_died_is_cleared(path: Path, row: Row) -> None:
    row.begin("F8 limits: dead reader")
    for number in range(TIMES):
        said = say("use", path, number, 0)
        reader = start("hold", path)
        assert reader.stdout is not None
        assert json.loads(reader.stdout.readline())["holding"] > 0
        with Ledger.open(path, readonly=True) as ledger:
            row.attempt(fired=str(reader.pid) in readers(ledger))
        reader.kill()
        reader.communicate()
        with Ledger.open(path) as ledger:
            assert str(reader.pid) not in readers(ledger)
        holds(path, *said)


def readers(ledger: Ledger) -> str:
    store: Any = ledger._files.store
    return str(store._environment.readers())


def test_a_forked_child_is_refused_everything(path: Path, row: Row) -> None:
    row.begin("F8 limits: forked child")
    for number in range(TIMES):
        said = say("fork", path, 3 * number)
        (tried,) = (line for line in said if "prove" in line)
        assert set(tried.values()) == {"LedgerBusyError"}, tried
        assert {"child": 0} in said
        row.attempt(fired=True)
        holds(path, *said)


def test_a_ledger_is_open_once_in_a_process(path: Path, row: Row) -> None:
    row.begin("F8 limits: opened twice")
    for number in range(TIMES):
        said = say("twice", path, 2 * number)
        assert said[0] == dict.fromkeys(("again", "reading", "link"), "LedgerBusyError")
        row.attempt(fired=True)
        holds(path, *said)


def test_little_address_space_is_enough(path: Path, row: Row) -> None:
    row.begin("F8 limits: address space")
    for number in range(TIMES):
        memory = row.random.randrange(800, 16_000) * MEBIBYTE
        said = say("use", path, 2 * number, 0, memory=memory)
        row.attempt(fired=True)
        assert said[-1] == {"done": "use"}, (memory, said)
        holds(path, *said)
        # The control: there it is really little.
        (refused,) = say("use", path, 2 * number + 1, WHOLE_MAP, memory=memory)
        row.control(caught="address space" in refused.get("text", ""))


def test_two_writers_take_turns(path: Path, row: Row) -> None:
    row.begin("F8 limits: second writer")
    for number in range(TIMES):
        processes = [start("use", path, 100 * number + one, 0) for one in range(4)]
        for process in processes:
            said = finish(process)
            assert said[-1] == {"done": "use"}
            row.attempt(fired=True)
            holds(path, *said)
