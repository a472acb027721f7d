"""The figures of the house style, measured: ``python tests/figures.py`` prints them.

Hard limits are asserted in ``unit/test_house_style.py``; the others are for people to
look at. A function's *code lines* are those of its body that hold code: no docstring, no
comment, no empty line. Its *span* is everything from the body's first statement to its
last, comments included.
"""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import tokenize
from math import ceil
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from sources import Module, load_modules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MODULE_LINES_AIM: Final = 300
MODULE_LINES_MAX: Final = 500
FUNCTION_LINES_MAX: Final = 40
MEDIAN_AIM: Final = 8
P90_AIM: Final = 22
VERIFIER_LINES_AIM: Final = 900

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_LAYOUT: Final = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


class Function(NamedTuple):
    """One function or method and how long it is."""

    module: str
    line: int
    name: str
    code_lines: int
    span: int


def measure_functions(modules: Iterable[Module]) -> Iterator[Function]:
    """Measure every function and method, nested ones too."""
    for module in modules:
        code = _lines_with_code(module.text)
        for node in ast.walk(module.tree):
            if not isinstance(node, Definition):
                continue
            start, end = _body(node)
            yield Function(
                module=module.name,
                line=node.lineno,
                name=node.name,
                code_lines=sum(start <= line <= end for line in code),
                span=end - start + 1,
            )


def count_lines(module: Module) -> int:
    return module.text.count("\n")


def find_undocumented(modules: Iterable[Module]) -> Iterator[str]:
    """Name every public module, class, function and method that has no docstring."""
    for module in modules:
        if ast.get_docstring(module.tree) is None:
            yield module.name
        yield from _undocumented_in(module.tree, module.name)


def loaded_by(module: str) -> list[str]:
    """Name the modules of this package that importing ``module`` loads, in a new process."""
    script = (
        f"import json, sys, {module}\n"
        "print(json.dumps(sorted(m for m in sys.modules if m.split('.')[0] == 'provenance')))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    names: list[str] = json.loads(run.stdout)
    return names


def _body(node: Definition) -> tuple[int, int]:
    """First and last line of a function's body, its docstring left out."""
    end = node.end_lineno or node.lineno
    if ast.get_docstring(node) is None:
        return node.body[0].lineno, end
    return (node.body[1].lineno, end) if len(node.body) > 1 else (end + 1, end)


def _lines_with_code(text: str) -> set[int]:
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    return lines


def _undocumented_in(node: ast.AST, path: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | Definition) and not child.name.startswith("_"):
            name = f"{path}.{child.name}"
            if ast.get_docstring(child) is None and not _is_overload(child):
                yield name
            if isinstance(child, ast.ClassDef):
                yield from _undocumented_in(child, name)
        elif isinstance(child, ast.If | ast.Try):
            yield from _undocumented_in(child, path)


def _is_overload(node: ast.ClassDef | Definition) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "overload" for d in node.decorator_list)


def _row(what: str, value: float, aim: str, note: str = "") -> str:
    return f"  {what:<42} {value:>6g}  {aim:<10} {note}".rstrip()


def report() -> str:
    """Return all figures as lines of text."""
    modules = load_modules()
    functions = sorted(measure_functions(modules), key=lambda function: function.code_lines)
    lengths = [function.code_lines for function in functions]
    longest = functions[-1]
    over = [module.name for module in modules if count_lines(module) > MODULE_LINES_AIM]
    checking = set(loaded_by("provenance.verifier"))
    verifier_lines = sum(count_lines(module) for module in modules if module.name in checking)
    rows = (
        "figures of the house style",
        _row("functions", len(lengths), ""),
        _row("code lines a function, median", median(lengths), f"aim {MEDIAN_AIM}"),
        _row(
            "code lines a function, 90 of 100",
            lengths[ceil(len(lengths) * 0.9) - 1],
            f"aim {P90_AIM}",
        ),
        _row(
            "code lines a function, longest",
            longest.code_lines,
            f"limit {FUNCTION_LINES_MAX}",
            f"{longest.module}.{longest.name}",
        ),
        _row("modules", len(modules), ""),
        _row(
            f"modules of more than {MODULE_LINES_AIM} lines",
            len(over),
            "aim 0",
            ", ".join(over),
        ),
        _row(
            "lines that the offline verifier loads",
            verifier_lines,
            f"aim {VERIFIER_LINES_AIM}",
            f"in {len(checking)} modules",
        ),
        _row("lines of the package", sum(map(count_lines, modules)), ""),
    )
    return "\n".join(rows)


if __name__ == "__main__":
    print(report())  # noqa: T201 - this is the program's output
