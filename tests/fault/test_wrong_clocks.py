"""Commands started with a wrong clock, and a verifier without a network.

The clock is that of a process started by ``faketime``; what a ledger once recorded as later
can never become earlier again, so nothing may be recorded before somebody has looked.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from battery import scale
from commands import start
from ledgers import create, flux, today_spec
from provenance.audit import audit
from provenance.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from battery import Row

FAKETIME: Final = shutil.which("faketime")
needs_faketime = pytest.mark.skipif(FAKETIME is None, reason="faketime is not installed")
IMPOSSIBLE: Final = 3

WRONG: Final = ("2038-01-20 00:00:00", "+10y", "+40d", "-2d", "2106-03-01 00:00:00")
BELIEVED: Final = ("+1h", "-1h", "+20h")
# Each writes something, and each is a process of its own.
WRITES: Final = {
    "deposit": ("deposit", "LEDGER", "FILE"),
    "publish": ("publish", "LEDGER"),
    "withdraw": ("withdraw", "LEDGER", "5", "--reason", "ERROR", "--yes"),
    "erase": ("erase", "LEDGER", "5", "--basis", "OTHER", "--yes"),
    "depositor": ("depositor", "add", "LEDGER", "9ANOTHER", "--name", "Un autre"),
    "rotate": ("key", "rotate", "LEDGER", "--role", "entry"),
}


def run_at(clock: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    assert FAKETIME is not None
    shift = ("-f", clock) if clock[0] in "+-" else (clock,)
    return subprocess.run(
        [FAKETIME, *shift, sys.executable, "-m", "provenance", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    with create(tmp_path / "ledger") as made:
        made.deposit(flux(today_spec()))
        made.publish()
    (tmp_path / "next.xml").write_bytes(flux(today_spec(seed=8, passages=3)))
    return tmp_path / "ledger"


def size_of(ledger: Path) -> int:
    with Ledger.open(ledger, readonly=True) as opened:
        return opened.size


@needs_faketime
@pytest.mark.parametrize("name", WRITES)
def test_nothing_is_recorded_by_a_clock_that_nobody_looked_at(
    name: str, ledger: Path, row: Row
) -> None:
    row.begin("F14 clocks: commands")
    places = {"LEDGER": str(ledger), "FILE": str(ledger.parent / "next.xml")}
    words = [places.get(word, word) for word in WRITES[name]]
    before = size_of(ledger)
    for clock in row.random.sample(WRONG, scale(2, len(WRONG))):
        done = run_at(clock, *words)
        assert done.returncode == IMPOSSIBLE, (clock, done.stderr)
        assert "--confirm-clock" in done.stderr
        row.attempt(fired=True)
    assert size_of(ledger) == before
    # The control: with the right clock the same command does what it says.
    assert start(*words).returncode == 0
    row.control(caught=size_of(ledger) > before or name == "publish")


@needs_faketime
def test_a_clock_is_believed_within_a_day_and_when_it_is_confirmed(
    ledger: Path, row: Row
) -> None:
    row.begin("F14 clocks: believed")
    file = ledger.parent / "next.xml"
    for clock in BELIEVED:
        assert run_at(clock, "deposit", ledger, file).returncode == 0, clock
        row.attempt(fired=True)
    done = run_at("+40d", "deposit", ledger, file, "--confirm-clock")
    assert done.returncode == 0, done.stderr
    # What was confirmed is known from then on: today's clock is the one that is behind.
    assert run_at("+40d", "publish", ledger).returncode == 0
    assert start("publish", str(ledger)).returncode == IMPOSSIBLE
    assert start("publish", str(ledger), "--confirm-clock").returncode == 0
    assert audit(ledger).verdict == "yes"


@needs_faketime
@pytest.mark.parametrize("clock", ["1970-01-02 00:00:00", "2020-01-01 00:00:00", "+6y"])
def test_no_ledger_is_begun_by_a_wrong_clock(clock: str, tmp_path: Path, row: Row) -> None:
    row.begin("F14 clocks: init")
    path, keys = tmp_path / "ledger", tmp_path / "keys"
    words = ("init", path, "--origin", "log.example/x", "--keys", keys)
    done = run_at(clock, *words)
    assert done.returncode == IMPOSSIBLE
    assert "system clock says" in done.stderr
    assert [*tmp_path.iterdir()] == [], "nothing is left in the way of the next attempt"
    row.attempt(fired=True)
    row.control(caught=start(*map(str, words)).returncode == 0)


def test_a_proof_is_verified_without_a_network(ledger: Path, row: Row) -> None:
    row.begin("F14 offline: verify")
    unshare = shutil.which("unshare")
    if (
        unshare is None
        or subprocess.run([unshare, "-n", "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("network namespaces are not allowed here")
    with Ledger.open(ledger, readonly=True) as opened:
        proof, policy = ledger.parent / "proof.json", ledger.parent / "policy.txt"
        proof.write_bytes(opened.prove([6]))
        policy.write_text(opened.policy())
    words = [sys.executable, "-m", "provenance", "verify", str(proof), "--policy", str(policy)]
    alone = subprocess.run([unshare, "-n", *words], capture_output=True, check=False)
    beside = subprocess.run(words, capture_output=True, check=False)
    assert alone.returncode in {0, 4}, alone.stderr
    assert alone.stdout == beside.stdout
    row.attempt(fired=True)
    # The control: there really is no network.
    probe = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    words = [sys.executable, "-c", probe]
    failed = subprocess.run(
        [unshare, "-n", *words], capture_output=True, check=False, text=True
    )
    row.control(caught="unreachable" in failed.stderr)
