"""Audits beside a writer that never pauses: no false alarm, and a later log each time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledgers import DEPOSITOR, deposited, today_spec
from provenance.audit import audit
from sources import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITER = Path(__file__).with_name("busy_writer.py")


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "ledger"
    with deposited(path, today_spec(passages=150)):
        pass
    with subprocess.Popen(
        [sys.executable, str(WRITER), str(path), DEPOSITOR],
        env={"PYTHONPATH": str(SOURCE)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"0\n"
        yield path
        assert writer.poll() is None, "it wrote to the end"
        writer.stdin.close()


@pytest.mark.parametrize("jobs", [1, 2])
def test_no_false_alarm(busy: Path, jobs: int) -> None:
    sizes = []
    for _ in range(4):
        report = audit(busy, jobs=jobs)
        assert report.verdict == "yes", (report.findings, report.notes)
        sizes.append(report.size)
    assert sizes == sorted(set(sizes)), "each saw more than the last"
