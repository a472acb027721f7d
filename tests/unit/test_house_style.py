from __future__ import annotations

import re
from textwrap import dedent
from typing import Final

import pytest

from figures import (
    FUNCTION_LINES_MAX,
    MODULE_LINES_MAX,
    count_lines,
    find_undocumented,
    measure_functions,
    report,
)
from sources import load_modules, parse_module


def test_no_function_is_longer_than_the_limit() -> None:
    functions = measure_functions(load_modules())
    assert [f for f in functions if f.span > FUNCTION_LINES_MAX] == []


def test_no_module_is_longer_than_the_limit() -> None:
    modules = load_modules()
    assert [m.name for m in modules if count_lines(m) > MODULE_LINES_MAX] == []


def test_every_public_name_has_a_docstring() -> None:
    assert list(find_undocumented(load_modules())) == []


def test_no_docstring_is_a_placeholder() -> None:
    assert [module.name for module in load_modules() if "TODO" in module.text] == []


UNUSUAL: Final = re.compile(r'"""(?:Give (?!up |tasks )|Tell whether )')
"""What other libraries write as ``Return`` and ``Return whether``."""


def test_docstrings_use_the_usual_verbs() -> None:
    assert [module.name for module in load_modules() if UNUSUAL.search(module.text)] == []


@pytest.mark.parametrize("text", ["Give the root.", "Tell whether it holds."])
def test_an_unusual_verb_is_noticed(text: str) -> None:
    assert UNUSUAL.search(f'"""{text}"""')


def test_the_report_names_every_figure() -> None:
    text = report()
    for words in ("median", "90 of 100", "longest", "offline verifier", "modules of more than"):
        assert words in text


PLANTED = '''
    """A module."""

    def documented():
        """Say something."""
        # A comment is no code, nor is the empty line.

        first = 1
        text = """two
        lines"""
        return first, text

    def bare(): return 1

    class Public:
        """A class."""

        def method(self):
            def inner():
                return 1
            return inner()

        def _private(self): ...

    class _Private:
        def method(self): ...
'''


def test_functions_are_measured_without_docstring_and_comments() -> None:
    module = parse_module("planted", dedent(PLANTED))
    measured = {f.name: (f.code_lines, f.span) for f in measure_functions([module])}
    assert measured["documented"] == (4, 4)
    assert measured["bare"] == (1, 1)
    assert measured["inner"] == (1, 1)


def test_comments_inside_the_body_count_for_the_span() -> None:
    text = "def f():\n    a = 1\n    # why\n\n    return a\n"
    (function,) = measure_functions([parse_module("planted", text)])
    assert (function.code_lines, function.span) == (2, 4)


def test_a_function_of_a_docstring_alone_is_empty() -> None:
    (function,) = measure_functions([parse_module("planted", 'def f():\n    """Doc."""\n')])
    assert (function.code_lines, function.span) == (0, 0)


@pytest.mark.parametrize("excess", [0, 1])
def test_the_limit_is_exact(excess: int) -> None:
    body = "    a = 1\n" * (FUNCTION_LINES_MAX + excess)
    (function,) = measure_functions([parse_module("planted", f"def f():\n{body}")])
    assert (function.span > FUNCTION_LINES_MAX) == bool(excess)


def test_missing_docstrings_are_found() -> None:
    module = parse_module("planted", dedent(PLANTED))
    assert list(find_undocumented([module])) == ["planted.bare", "planted.Public.method"]
    assert list(find_undocumented([parse_module("empty", "a = 1\n")])) == ["empty"]
