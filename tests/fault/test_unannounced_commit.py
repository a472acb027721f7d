"""A writer killed between its commit and LMDB's word of it to the readers.

LMDB writes a meta page, and then a number in shared memory by which readers choose their
snapshot. Killed in between, a writer leaves a commit that is true and that nobody sees, as
long as somebody has the database open. Whoever writes next must not take the log's end from
such a snapshot: it would write new seeds over those of entries that are there.

strace holds the writer right behind the meta page's write, and it is killed there.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from ledgers import CERTIFIER, DEPOSITOR, records, today_spec
from provenance.audit import audit
from provenance.ledger import Ledger
from provenance.storage import Store, Writing

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS: Final = Path(__file__).parent.parent
META_PAGES: Final = 8192
"""Bytes: the first two pages of the database."""
META_WRITE: Final = " 120, "
WAIT_S: Final = 30.0
VICTIM: Final = """
import os, sys
from ledgers import DEPOSITOR, records, today_spec
from provenance.ledger import Ledger
with Ledger.open(sys.argv[1]) as ledger:
    print(os.getpid(), flush=True)
    ledger.append(records(today_spec(seed=1, passages=3)), depositor=DEPOSITOR)
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]


def _traced(path: Path, *options: str) -> list[str]:
    data = path / "log" / "data.mdb"
    strace = ["strace", "-f", "-qq", "-e", "trace=pwrite64", "-P", str(data), *options]
    return [*strace, sys.executable, "-c", VICTIM, str(path)]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(TESTS)}


@pytest.fixture(name="path")
def fixture_path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger"
    with Ledger.create(path, origin="log.example/fault") as ledger:
        ledger.register(DEPOSITOR, name="Organisme d'exemple", for_all=True)
        ledger.register(CERTIFIER, name="Certificateur d'exemple")
    return path


def _meta_write(path: Path) -> int:
    """Which of a deposit's writes to the database is the meta page's: its last."""
    copy = path.with_name("copy")
    shutil.copytree(path, copy)
    log = path.with_name("calls")
    subprocess.run(_traced(copy, "-o", str(log)), env=_environment(), check=True)
    calls = [line for line in log.read_text().splitlines() if "pwrite64" in line]
    assert META_WRITE in calls[-1]
    return len(calls)


def _kill_behind_meta(path: Path, number: int) -> None:
    """Let a process deposit, and kill it when its meta page is written."""
    data = path / "log" / "data.mdb"
    before = data.read_bytes()[:META_PAGES]
    hold = f"inject=pwrite64:delay_exit=60000000:when={number}"
    command = _traced(path, "-o", "/dev/null", "-e", hold)
    with subprocess.Popen(command, env=_environment(), stdout=subprocess.PIPE) as tracer:
        assert tracer.stdout is not None
        victim = int(tracer.stdout.readline())
        deadline = time.monotonic() + WAIT_S
        while data.read_bytes()[:META_PAGES] == before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert data.read_bytes()[:META_PAGES] != before, "the commit was never written"
        os.kill(victim, signal.SIGKILL)
        tracer.kill()


def _kill_and_go_on(path: Path) -> tuple[int, int]:
    """Return the sizes that the survivor sees after the kill, and after its own deposit."""
    number = _meta_write(path)
    with Ledger.open(path) as survivor:
        _kill_behind_meta(path, number)
        seen = survivor.size
        survivor.append(records(today_spec(seed=2, passages=3)), depositor=DEPOSITOR)
        return seen, survivor.size


def test_a_commit_that_nobody_was_told_of_is_kept_with_its_seeds(path: Path) -> None:
    seen, size = _kill_and_go_on(path)
    assert seen == 4, "the readers were told: this is not the state to be tested"
    # Two deposits of three certifications each, the killed one's first.
    assert size == seen + 2 * 4
    report = audit(path)
    assert report.verdict == "yes", report.findings
    assert report.opened == 2 * 4


def test_the_harness_catches_a_writer_that_trusts_its_snapshot(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control: seeds are written where a snapshot says that the log ends."""

    writing = Store.writing

    @contextmanager
    def writing_by_a_snapshot(store: Store) -> Iterator[Writing]:
        with store.view() as snapshot, writing(store) as found:
            found.view = snapshot  # type: ignore[misc]
            yield found

    monkeypatch.setattr(Store, "writing", writing_by_a_snapshot)
    with pytest.raises(Exception, match="the log has 8 entries; this begins at 4"):
        _kill_and_go_on(path)
    report = audit(path)
    assert report.verdict == "no"
    assert {finding.check for finding in report.findings} == {"contents"}
