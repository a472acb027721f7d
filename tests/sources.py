"""The package's source files as syntax trees, for the tests that measure them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
SOURCE: Final = ROOT / "src"
PACKAGE: Final = "provenance"


class Module(NamedTuple):
    """One source file: its dotted name, its text, and the tree of its syntax."""

    name: str
    text: str
    tree: ast.Module


def parse_module(name: str, text: str) -> Module:
    return Module(name, text, ast.parse(text, filename=name))


@cache
def load_modules() -> tuple[Module, ...]:
    """Read every module of the package, ordered by name."""
    paths = sorted((SOURCE / PACKAGE).rglob("*.py"))
    return tuple(parse_module(_dotted(path), path.read_text("utf-8")) for path in paths)


def _dotted(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
