"""How far a long work has come: on standard error, and only where that is a terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from provenance.cli.output import has_rich

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Progress = Callable[[int, int], None]


def show_progress(what: str) -> AbstractContextManager[Progress]:
    """Return a function to call with what is done and what there is in all."""
    if not sys.stderr.isatty():
        return _silent()
    return _bar(what) if has_rich(sys.stderr) else _percent(what)


@contextmanager
def _silent() -> Iterator[Progress]:
    yield lambda done, total: None  # noqa: ARG005 - takes what a progress function takes


@contextmanager
def _percent(what: str) -> Iterator[Progress]:
    """Write the share that is done over itself, each time that it grows by one hundredth."""
    last = -1

    def write(done: int, total: int) -> None:
        nonlocal last
        share = 100 * done // max(total, 1)
        if share != last:
            last = share
            print(f"\r{what}: {share} %", end="", file=sys.stderr, flush=True)

    try:
        yield write
    finally:
        print(f"\r{' ' * (len(what) + 8)}\r", end="", file=sys.stderr, flush=True)


@contextmanager
def _bar(what: str) -> Iterator[Progress]:
    from rich import progress  # noqa: PLC0415 - only on a terminal
    from rich.console import Console  # noqa: PLC0415 - the same

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
