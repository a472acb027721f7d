"""The verifier of the verification page, as a process that answers questions.

It is TypeScript and needs Node and the packages of ``page/`` (``npm ci --prefix page``).
Tests that use it are skipped, and say why, where these are not there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64encode
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = Path(__file__).resolve().parents[1] / "page"
NODE: Final = shutil.which("node")
NODE_MAJOR_MIN: Final = 20
BUILD_TIMEOUT_S: Final = 120


def why_not() -> str | None:
    """Say why the page's verifier cannot be run here, or nothing."""
    if NODE is None:
        return "Node is not installed (Debian: nodejs)"
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.removeprefix("v").split(".")[0]) < NODE_MAJOR_MIN:
        return f"Node is {version.stdout.strip()}, {NODE_MAJOR_MIN} or newer is needed"
    if not (PAGE / "node_modules" / "esbuild").is_dir():
        return "the page's packages are not installed (npm ci --prefix page)"
    return None


needs_page = pytest.mark.skipif((REASON := why_not()) is not None, reason=REASON or "")


class PageVerifier:
    """A running verifier; each question is one JSON object, and so is its answer."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process: Final = process

    def ask(self, do: str, **question: Any) -> Any:
        """Ask for one thing; bytes are sent as base64, None is left out."""
        asked = {
            name: b64encode(value).decode() if isinstance(value, bytes) else value
            for name, value in question.items()
            if value is not None
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **asked}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the page's verifier has ended"
        return json.loads(answer)


@contextmanager
def run_page(folder: Path, broken: str | None = None) -> Iterator[PageVerifier]:
    """Build and run the verifier; ``broken`` names a check to leave out (bundling.mjs)."""
    with run_script(folder, "answer", broken) as process:
        yield PageVerifier(process)


@contextmanager
def run_script(
    folder: Path, name: str, broken: str | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Build and run a script of ``page/test``, which answers line by line."""
    assert NODE is not None
    target = folder / f"{name}-{broken or 'whole'}.mjs"
    build = [NODE, str(PAGE / "test" / "bundling.mjs"), f"{name}.ts", str(target)]
    subprocess.run([*build, *([broken] if broken else [])], check=True, timeout=BUILD_TIMEOUT_S)
    with subprocess.Popen(
        [NODE, str(target)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
