"""The many spellings of one deposit file, all of the same meaning.

Producers' files differ in prefixes, order, white space and the like; whoever reads them
must get the same values from all. A `Form` chooses a spelling, a `FluxWriter` writes it.
Source: Extensible Markup Language (XML) 1.0, Fifth Edition; Namespaces in XML 1.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal
from xml.sax.saxutils import escape

from msgspec import Struct, UnsetType

from provenance.cdc.sample.tree import Dice
from provenance.cdc.schema import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provenance.cdc.sample.tree import Node, Tree

_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_REPEATED: Final = {"resultats": "resultat"}
_COMMENT: Final = "<!-- a < b & c -->"
_COMMENTED_SIZE_MIN: Final = 12
_DEPTH_MAX: Final = 16


class Form(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a file is written; what it says is the same in every form.

    ``prefix`` None is the default namespace. ``newline`` ends every line, unless all
    stands on ``one_line``. ``reordered`` mixes the children of a passage, ``header_behind``
    puts what stands before the passages behind them. ``numeric_booleans`` are ``1`` and
    ``0``, ``padded_integers`` like ``05``, ``+5`` and `` 5 ``, ``comments`` stand before
    passages and inside long values, ``references`` spell what is not ASCII as ``&#233;``,
    ``bom`` is a byte order mark in front.
    """

    prefix: str | None = None
    newline: Literal["\n", "\r\n"] = "\n"
    one_line: bool = False
    reordered: bool = False
    header_behind: bool = False
    numeric_booleans: bool = False
    padded_integers: bool = False
    nil: Literal["true", "1"] = "true"
    comments: bool = False
    references: bool = False
    bom: bool = False


class FluxWriter:
    """Writes elements in one form; ``seed`` decides how children are mixed."""

    def __init__(self, form: Form, seed: int) -> None:
        self._form: Final = form
        self._seed: Final = seed
        self._prefix: Final = "" if form.prefix is None else f"{form.prefix}:"
        newline = "" if form.one_line else form.newline
        step = "" if form.one_line else "  "
        self._indents: Final = [f"{newline}{step * depth}" for depth in range(_DEPTH_MAX)]
        self._nil: Final = f' xsi:nil="{form.nil}"/>'
        self._booleans: Final = ("0", "1") if form.numeric_booleans else ("false", "true")
        self._encoding: Final = "ascii" if form.references else "utf-8"

    def document(self, content: Iterable[str]) -> Iterator[bytes]:
        """Encode the content of ``flux`` as a whole file."""
        xmlns = "xmlns" if self._form.prefix is None else f"xmlns:{self._form.prefix}"
        mark = b"\xef\xbb\xbf" if self._form.bom else b""
        yield mark + b'<?xml version="1.0" encoding="UTF-8"?>'
        attributes = f'{xmlns}="{NAMESPACE}" xmlns:xsi="{_XSI}"'
        yield self._encode(f"{self._indents[0]}<{self._prefix}flux {attributes}>")
        for text in content:
            yield self._encode(text)
        yield self._encode(self._end("flux", 0) + self._indents[0])

    def container(
        self, name: str, depth: int, leaves: Tree, inner: Iterable[str]
    ) -> Iterator[str]:
        """Write an element that holds ``leaves`` and then, or before, what streams by."""
        yield f"{self._indents[depth]}<{self._prefix}{name}>"
        yield from self.mixed(leaves, depth + 1, inner)
        yield self._end(name, depth)

    def mixed(self, leaves: Tree, depth: int, inner: Iterable[str]) -> Iterator[str]:
        """Write ``leaves`` before ``inner``, or behind where the form says so."""
        if not self._form.header_behind:
            yield self._elements(leaves, depth)
        yield from inner
        if self._form.header_behind:
            yield self._elements(leaves, depth)

    def passage(self, number: int, tree: Tree, depth: int) -> str:
        """Write one passage."""
        out = [f"{self._indents[depth]}{_COMMENT}"] if self._form.comments else []
        if self._form.reordered:
            tree = _reordered(tree, Dice(self._seed, "order", number))
        self._write(out, "passageCertification", tree, depth)
        return "".join(out)

    def _encode(self, text: str) -> bytes:
        return text.encode(self._encoding, "xmlcharrefreplace")

    def _end(self, name: str, depth: int) -> str:
        return f"{self._indents[depth]}</{self._prefix}{name}>"

    def _elements(self, leaves: Tree, depth: int) -> str:
        out: list[str] = []
        for name, node in leaves.items():
            self._write(out, name, node, depth)
        return "".join(out)

    def _write(self, out: list[str], name: str, node: Node, depth: int) -> None:
        if isinstance(node, UnsetType):
            return
        tag = f"{self._prefix}{name}"
        start = f"{self._indents[depth]}<{tag}"
        if node is None:
            out.append(start + self._nil)
        elif isinstance(node, dict | list):
            out.append(f"{start}>")
            children = node.items() if isinstance(node, dict) else _items(name, node)
            for child, content in children:
                self._write(out, child, content, depth + 1)
            out.append(self._end(name, depth))
        else:
            out.append(f"{start}>{self._text(node)}</{tag}>")

    def _text(self, value: str | bool | int) -> str:
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, bool):
            return self._booleans[value]
        if self._form.padded_integers:
            return (f" {value} ", f"+{value}", f"0{value}")[value % 3]
        return str(value)

    def _string(self, value: str) -> str:
        if self._form.comments and len(value) > _COMMENTED_SIZE_MIN:
            half = len(value) // 2
            return f"{escape(value[:half])}{_COMMENT}{escape(value[half:])}"
        return escape(value)


def _items(name: str, nodes: list[Tree]) -> list[tuple[str, Tree]]:
    return [(_REPEATED[name], node) for node in nodes]


def _reordered(tree: Tree, dice: Dice) -> Tree:
    """Mix the children at every level, but not the repeated elements of a list."""
    mixed: Tree = {}
    for name, node in dice.mixed(list(tree.items())):
        mixed[name] = _reordered(node, dice) if isinstance(node, dict) else node
    return mixed
