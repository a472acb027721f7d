"""Asking before something is done that cannot be undone.

On a terminal the command shows what it is about to do and asks. Where nobody can be asked,
it does nothing without ``--yes``. With ``--dry-run`` it shows the same, and does nothing.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from provenance.errors import FormatError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from provenance.cli.output import Output

_YES: Final = frozenset({"y", "yes", "o", "oui"})


def add_confirmation(parser: argparse.ArgumentParser) -> None:
    """Add ``--yes`` and ``--dry-run``."""
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    parser.add_argument("--dry-run", action="store_true", help="show it, and do nothing")


def is_confirmed(
    args: argparse.Namespace, out: Output, question: str, show: Callable[[Output], None]
) -> bool:
    """Return whether to go on: by ``--yes``, or because somebody said so on the terminal.

    ``show`` shows what is about to be done. Raises `FormatError` where nobody can be asked.
    """
    if args.yes:
        return True
    if args.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise FormatError(
            "this cannot be undone, and there is no terminal on which to ask: look at it with "
            "--dry-run, then say --yes"
        )
    show(out)
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in _YES
