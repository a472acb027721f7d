"""The verification page in a real Chromium, driven step by step."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any, Final

import pytest

from page_process import NODE, PAGE, why_not

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
TIMEOUT_S: Final = 400


def _reason() -> str | None:
    if CHROMIUM is None:
        return "Chromium is not installed (Debian: chromium)"
    if not (PAGE / "node_modules" / "playwright-core").is_dir():
        return "the page's packages are not installed (npm ci --prefix page)"
    return why_not()


needs_browser = pytest.mark.skipif((REASON := _reason()) is not None, reason=REASON or "")


def browse(page: Path, steps: list[dict[str, Any]], folder: Path, **plan: Any) -> list[Any]:
    """Drive the page through the steps; each begins with a new tab."""
    assert NODE is not None
    profile = folder / f"profile-{time.monotonic_ns()}"
    plan = {"chromium": CHROMIUM, "page": str(page), "profile": str(profile), **plan}
    file = folder / "plan.json"
    file.write_text(json.dumps({**plan, "steps": steps}, default=str))
    program = [NODE, str(PAGE / "test" / "browse.mjs"), str(file)]
    done = subprocess.run(
        program, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    shutil.rmtree(profile, ignore_errors=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
