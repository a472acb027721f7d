"""The page about the command line says what the parsers say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cli_reference
from provenance.cli import main
from sources import ROOT

if TYPE_CHECKING:
    import pytest

PAGE = ROOT / "docs" / "reference" / "cli.md"


def test_the_page_is_what_the_parsers_give() -> None:
    expected = cli_reference.render().rstrip() + "\n"
    assert PAGE.read_text("utf-8") == expected, (
        "python tests/cli_reference.py > docs/reference/cli.md"
    )


def test_a_command_without_its_heading_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(main.COMMANDS, "sample")
    assert cli_reference.render().rstrip() + "\n" != PAGE.read_text("utf-8")
