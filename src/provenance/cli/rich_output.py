"""Lines and tables on a terminal, by rich (extra ``cli``): the same cells as in `output`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from provenance.cli.output import Output, cell_text, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class RichOutput(Output):
    """Prints with colours, and folds long cells. Nothing is ever read as rich's markup."""

    def __init__(self) -> None:
        super().__init__()
        self._console: Final = Console(highlight=False, markup=False, emoji=False)

    def line(self, text: str = "") -> None:
        """Print one line."""
        self._console.print(Text(printable(text)))

    def verdict(self, text: str, *, good: bool) -> None:
        """Print the line that matters most, in green or red."""
        self._console.print(Text(printable(text), style="bold green" if good else "bold red"))

    def heading(self, text: str) -> None:
        """Print a heading, after an empty line."""
        self._console.print()
        self._console.print(Text(printable(text), style="bold"))

    def pairs(self, rows: Iterable[tuple[str, object]]) -> None:
        """Print names and values, a line each."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="cyan", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in rows:
            grid.add_row(Text(f"  {name}"), Text(printable(value)))
        self._console.print(grid)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print rows under their columns' names; None is an empty cell."""
        table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=True)
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell_text(cell)) for cell in row))
        self._console.print(table)
