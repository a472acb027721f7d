"""The page about Python names says what the docstrings say."""

from __future__ import annotations

import provenance
import python_reference
from sources import ROOT

PAGE = ROOT / "docs" / "reference" / "python.md"


def test_the_page_is_what_the_docstrings_give() -> None:
    expected = python_reference.render().rstrip() + "\n"
    assert PAGE.read_text("utf-8") == expected, (
        "python tests/python_reference.py > docs/reference/python.md"
    )


def test_the_page_names_every_front_door() -> None:
    page = PAGE.read_text("utf-8")
    errors = (ROOT / "docs" / "reference" / "errors.md").read_text("utf-8")
    assert [name for name in provenance.__all__ if name not in page + errors] == ["__version__"]
