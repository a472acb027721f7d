"""F12: every parser, fuzzed under the guidance of its coverage, refuses or reads.

Each target runs in a process of its own, from a corpus of shared cases and of what a small
ledger hands out. Whatever comes out of a parser that is no refusal, or kills it, ends the
process; so does an input that takes half a minute, or 2 GiB.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from battery import LONG, SEED
from fault.fuzz_corpus import write_corpus
from fault.fuzz_targets import TARGETS
from sources import SOURCE

if TYPE_CHECKING:
    from battery import Row

pytest.importorskip("atheris", reason="atheris has no wheel for this machine")

TESTS: Final = Path(__file__).parent.parent
WORKER: Final = TESTS / "fault" / "fuzz_worker.py"
LONG_S: Final = int(os.environ.get("PROVENANCE_FUZZ_SECONDS", "1800"))
"""What the long form gives each target."""
LIMITS: Final = ("-timeout=30", "-rss_limit_mb=2048", "-verbosity=0", "-print_final_stats=1")
CONTROL_RUNS: Final = 20_000
DONE: Final = re.compile(r"stat::number_of_executed_units: (\d+)")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("fuzzing")
    write_corpus(place, random.Random(SEED))
    return place


def fuzz(target: str, place: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Fuzz a target to the end, or to its first finding."""
    findings = place / target
    findings.mkdir(exist_ok=True)
    # Its coverage is atheris's own; another one beside it would count the same lines again.
    mine = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    environment = {**mine, "PYTHONPATH": f"{TESTS}:{SOURCE}"}
    words = [*LIMITS, f"-seed={SEED % 2**32}", f"-artifact_prefix={findings}/", *options]
    return subprocess.run(
        [sys.executable, str(WORKER), target, str(place), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        text=True,
        errors="replace",
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_nothing_comes_out_of_a_parser_but_refusals(target: str, place: Path, row: Row) -> None:
    row.begin(f"F12 fuzzing: {target}")
    _, runs = TARGETS[target]
    done = fuzz(target, place, *([f"-max_total_time={LONG_S}"] if LONG else [f"-runs={runs}"]))
    assert done.returncode == 0, done.stdout[-8000:]
    executed = DONE.search(done.stdout)
    assert executed is not None, done.stdout[-2000:]
    tried, refused = map(int, (place / f"{target}.refused").read_text().split())
    assert 0 < refused <= tried, "the parser refuses what is wrong"
    row.tried += int(executed[1])
    row.fired += refused


@pytest.mark.slow
def test_a_parser_that_lets_a_key_error_out_is_caught(place: Path, row: Row) -> None:
    row.begin("F12 fuzzing: entry")
    done = fuzz("control", place, f"-runs={CONTROL_RUNS}")
    row.control(caught=done.returncode != 0 and "KeyError: 'type'" in done.stdout)
