"""What commands print: a JSON document for machines, or lines and tables for people.

This is the plain form, which needs nothing but Python; on a terminal, and with the extra
``cli``, ``provenance.cli.rich_output`` shows the same cells with rich. Whatever stands in a
file or in a ledger is cleaned of control characters first: nothing in them can move the
cursor, or write right to left over what it is not.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from provenance.encoding import encode_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager
    from typing import TextIO

    from provenance.record.commitment import Value

    Progress = Callable[[int, int], None]

T = TypeVar("T")

_OBEYED: Final = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]"
)
"""The characters of `escape_json`, in UTF-8."""


class Answer(NamedTuple):
    """What a command has to say.

    ``status``: the exit status. ``document``: what ``--json`` prints, as something that has
    a JSON form, as its bytes, or as pieces of them. ``show``: shows the same to people.
    """

    status: int
    document: object
    show: Callable[[Output], None]


def printable(text: object) -> str:
    """Return text on one line, anything that is no visible character escaped."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in str(text)
    )


def value_text(value: Value) -> str:
    """Return a field's value as people read it: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) else encode_json(value).decode()


def when(time: str) -> str:
    """Return an entry's time as people read it, to the second, in UTC."""
    return f"{time[:10]} {time[11:19]} UTC"


class Output:
    """Prints to standard output; also keeps open what an answer is still read from."""

    def __init__(self) -> None:
        self._stack: Final = ExitStack()

    def enter(self, manager: AbstractContextManager[T]) -> T:
        """Enter a context that stays until the answer is printed."""
        return self._stack.enter_context(manager)

    def close(self) -> None:
        """Leave all contexts."""
        self._stack.close()

    def data(self, *pieces: bytes) -> None:
        """Print bytes as they are."""
        sys.stdout.flush()
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()

    def line(self, text: str = "") -> None:
        """Print one line."""
        print(printable(text))

    def verdict(self, text: str, *, good: bool) -> None:
        """Print the line that matters most."""
        del good
        self.line(text)

    def heading(self, text: str) -> None:
        """Print a heading, after an empty line."""
        print()
        self.line(text)

    def pairs(self, rows: Iterable[tuple[str, object]]) -> None:
        """Print names and values, a line each."""
        cells = [(f"  {name}", printable(value)) for name, value in rows]
        width = max((len(name) for name, _ in cells), default=0)
        for name, value in cells:
            print(f"{name:<{width}}  {value}".rstrip())

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print rows under their columns' names; None is an empty cell."""
        cells = [tuple(map(cell_text, row)) for row in (columns, *rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for row in (cells[0], tuple("-" * width for width in widths), *cells[1:]):
            line = "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))
            print(f"  {line}".rstrip())


def cell_text(cell: object) -> str:
    """Return what stands in a table's cell."""
    return "" if cell is None else printable(cell)


def make_output() -> Output:
    """Choose the form: with rich on a terminal, where it is installed, else plain."""
    if not has_rich(sys.stdout):
        return Output()
    from provenance.cli.rich_output import RichOutput  # noqa: PLC0415 - only on a terminal

    return RichOutput()


def has_rich(stream: TextIO) -> bool:
    """Return whether a stream is a terminal and rich is there to write on it."""
    if not stream.isatty():
        return False
    try:
        import rich  # noqa: F401, PLC0415 - only on a terminal
    except ImportError:
        return False
    return True


def print_document(document: object, out: Output) -> None:
    """Print an answer's document, and the end of its line.

    It is the same JSON with characters escaped that a terminal would obey.
    """
    if isinstance(document, bytes):
        out.data(escape_json(document), b"\n")
    elif isinstance(document, Iterator):
        out.data(*map(escape_json, document), b"\n")
    else:
        out.data(escape_json(encode_json(document)), b"\n")


def escape_json(text: bytes) -> bytes:
    """Escape what moves a terminal's cursor, or turns text around, in a piece of JSON text.

    These are C1 controls (U+007F to U+009F), line and paragraph separators, and the controls
    of bidirectional text. In JSON they occur inside of strings alone; those below U+0020 are
    escaped there already.
    """
    return _OBEYED.sub(lambda found: b"\\u%04x" % ord(found[0].decode()), text)
