"""Processes of our own beside the caller's: what they are started with.

Workers read files from strangers: whoever breaks one must find no secret in it. So its
environment has what an interpreter needs to run and nothing else of the caller's, above all
no passphrase.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

_KEPT: Final = frozenset({"LANG", "LD_LIBRARY_PATH", "LD_PRELOAD", "PATH", "TMPDIR", "TZ"})
_KEPT_PREFIXES: Final = ("COVERAGE_", "LC_", "MALLOC_", "PYTHON")
"""Settings of the interpreter, of its memory and locale, and of who measures its coverage."""


def worker_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of this package in an interpreter of its own.

    Nothing is imported that the working directory might offer (``-P``).
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def worker_environment(**more: str) -> dict[str, str]:
    """Return the environment of a worker; ``more`` is used where the caller's has no such name.

    The package is taken from where it was imported here.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
    return {**more, **kept, "PYTHONPATH": str(Path(__file__).parents[1])}
