"""The page about the command line, made from the parsers: ``python tests/cli_reference.py``.

``docs/reference/cli.md`` must be what this prints; a test compares them.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from provenance.cli.main import COMMANDS, import_command, make_command_parser

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD: Final = """\
# The command line

`provenance COMMAND …`, as the package's own `--help` has it; this page is made from the
same source.

Every command takes `--json` and then prints one JSON document on standard output, errors
included. A ledger is named by its directory. Tables and a progress bar are shown with the
extra `cli` (rich), plain text without it.

| exit status | meaning |
|---|---|
| 0 | yes: it was done, or it is proven |
| 1 | no: refused, not proven, not found |
| 2 | what was handed in cannot be read, or the command line is wrong |
| 3 | not possible: ledger, disk, keys or rules prevent it |
| 130 | interrupted by the user |
| 141 | nobody reads the output any more |

With `PROVENANCE_DEBUG` set, an internal error prints where it came from. `NO_COLOR` is
honoured.
"""


def render() -> str:
    """Return the whole page."""
    return "".join(f"{part}\n" for part in (HEAD, *_commands()))


def _commands() -> Iterator[str]:
    for name in COMMANDS:
        parser = make_command_parser(name, import_command(name))
        yield f"## provenance {name}\n"
        yield from _paragraphs(parser.description or "")
        inner = _inner(parser)
        yield from _options(parser) if not inner else ()
        for action, sub in inner.items():
            yield f"### provenance {name} {action}\n"
            yield from _paragraphs(sub.description) if sub.description else ()
            yield from _options(sub)
            yield from _examples(sub.epilog or "")
        yield from _examples(parser.epilog or "")


def _inner(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.strip().split("\n\n"):
        yield f"{paragraph}\n"


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    yield "| argument | meaning |"
    yield "|---|---|"
    for action in parser._actions:
        if action.dest != "help":
            yield f"| {_name(action)} | {_help(parser, action)} |"
    yield ""


def _name(action: argparse.Action) -> str:
    value = action.metavar or "{" + ",".join(map(str, action.choices or ())) + "}"
    if not action.option_strings:
        more = " …" if action.nargs in {"+", "*"} else ""
        return f"`{value}{more}`"
    takes = "" if action.nargs == 0 else f" {value}"
    return ", ".join(f"`{option}{takes}`" for option in action.option_strings)


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    known = {**vars(action), "prog": parser.prog}
    text = (action.help or "") % known
    needed = " (required)" if action.required and action.option_strings else ""
    return f"{text}{needed}".replace("|", "\\|")


def _examples(epilog: str) -> Iterator[str]:
    lines = [line.strip() for line in epilog.splitlines()[1:] if line.strip()]
    if lines:
        yield "```text"
        yield from lines
        yield "```\n"


if __name__ == "__main__":
    sys.stdout.write(render().rstrip() + "\n")
