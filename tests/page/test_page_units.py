"""The page's own tests, in Node: encodings, proofs, notes, limits, and all shared cases."""

from __future__ import annotations

import re
import subprocess
from typing import Final

from page_process import BUILD_TIMEOUT_S, NODE, PAGE, needs_page

TESTS_TIMEOUT_S: Final = 600
TESTS_MIN: Final = 500
"""Fewer would mean that the shared cases were not found."""


@needs_page
def test_the_compiler_has_nothing_to_say() -> None:
    compiler = [str(PAGE / "node_modules" / ".bin" / "tsc"), "--noEmit", "--project", str(PAGE)]
    run = subprocess.run(
        compiler, capture_output=True, text=True, check=False, timeout=BUILD_TIMEOUT_S
    )
    assert run.stdout == ""
    assert run.returncode == 0


@needs_page
def test_all_tests_of_the_page_pass() -> None:
    program = [str(NODE), str(PAGE / "test" / "run.mjs")]
    run = subprocess.run(
        program, capture_output=True, text=True, check=False, timeout=TESTS_TIMEOUT_S
    )
    assert run.returncode == 0, "\n".join(re.findall(r"^not ok.*", run.stdout, re.MULTILINE))
    passed = re.search(r"^# pass (\d+)$", run.stdout, re.MULTILINE)
    assert passed is not None
    assert int(passed[1]) > TESTS_MIN
