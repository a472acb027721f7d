"""The benchmarks of growth and of one large file: that they measure what they say."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median
from typing import TYPE_CHECKING

import msgspec
import pytest
from benchmarks.large_file import MEBIBYTE, LargeFile, _anonymous, _measure
from benchmarks.scaling.__main__ import _point
from benchmarks.scaling.subjects import BATCH, CertificationLedger, OpaqueLog, Subject
from benchmarks.scaling.turns import SMALL, take_turns

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kind", [OpaqueLog, CertificationLedger])
def test_a_point_of_growth_is_measured_at_its_size(
    kind: type[OpaqueLog | CertificationLedger], tmp_path: Path
) -> None:
    subject: Subject = kind(tmp_path)
    point = _point(subject, tmp_path, BATCH, 3)
    assert subject.size >= 4 * BATCH
    assert point.size == BATCH
    assert 0 < point.rate_low <= point.rate <= point.rate_high
    assert min(point.small_rate, point.proof_s, point.open_s, point.audit_rate) > 0
    # Whoever also computes is slower than the disk alone.
    assert point.bare_rate > point.small_rate
    # Every record is random or encrypted, so no log is smaller than what it keeps.
    assert point.bytes_per_entry > 500
    subject.close()


class Slow(OpaqueLog):
    """A log that takes longer the more it holds."""

    def append(self, batch: object) -> None:
        super().append(batch)
        time.sleep(self.size / SMALL * 0.02)


def test_turns_tell_a_log_that_slows_down_and_leave_nothing_behind(tmp_path: Path) -> None:
    """The positive control: what takes four times as long at four times the size is seen."""
    slow = Slow(tmp_path)
    while slow.size < 4 * SMALL:
        OpaqueLog.append(slow, slow.batch())
    turns = take_turns(slow, tmp_path, 3)
    assert [len(seconds) for seconds in turns] == [3, 3, 3]
    assert median(turns.log) > 2 * median(turns.small) > 2 * median(turns.bare)
    assert slow.size == 4 * SMALL + 3 * BATCH
    assert [path.name for path in tmp_path.iterdir()] == ["log"]
    slow.close()


def test_a_log_that_was_changed_does_not_pass_as_audited(tmp_path: Path) -> None:
    """The positive control: the audit that is measured looks at every record."""
    log = OpaqueLog(tmp_path)
    log.append(log.batch())
    altered = list(log.batch())
    log.append(altered)
    data = tmp_path / "log" / "data.mdb"
    stored = data.read_bytes()
    at = stored.index(altered[7])
    with data.open("r+b") as file:
        file.seek(at + 20)
        file.write(b"\xff")
    with pytest.raises(ValueError, match="chain breaks"):
        log.audit()
    log.close()


def test_a_large_file_is_deposited_and_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    found = _measure(tmp_path, 300, 0)
    assert found.deposit.accepted == found.passages == 300
    assert 0 < found.deposit.locked_s < found.deposit.seconds
    assert found.locked_per_passage_us == pytest.approx(found.deposit.locked_s / 300 * 1e6)
    assert 1 < found.anonymous_mib <= found.anonymous_with_workers_mib
    assert msgspec.json.decode(msgspec.json.encode(found), type=LargeFile) == found


def test_memory_that_is_taken_is_seen() -> None:
    """The positive control: 100 MiB more are 100 MiB more."""

    def watch(size: int) -> int:
        program = f"held = b'x' * {size}\nprint(len(held), flush=True)\ninput()"
        with subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            return _anonymous(process.pid)

    more = watch(100 * MEBIBYTE) - watch(1)
    assert 90 * MEBIBYTE < more < 110 * MEBIBYTE
    assert _anonymous(2**22 + 1) == 0
