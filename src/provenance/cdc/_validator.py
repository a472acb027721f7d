"""Level 2: XML events held against the tree of the schema.

Every event costs one look-up and a few bits; all that is slower happens only where
something is wrong. Elements that are unknown are reported once and skipped with all that
is in them. As XML Schema has it, ``xsi:schemaLocation`` and ``xsi:noNamespaceSchemaLocation``
may stand anywhere, ``xsi:nil`` only where the schema allows it, and no other attribute;
``xsi:type`` is refused, for the schema derives no types that a file could choose from.

Source: XML Schema Part 1: Structures, Second Edition, sections 2.6 (xsi attributes), 3.3.4
(an element is valid) and 3.8 (all and choice groups).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.cdc._complaints import (
    explain_attribute,
    explain_element,
    explain_value,
)
from provenance.cdc._nodes import CONTAINERS, NOTHING
from provenance.cdc._values import WHITE_SPACE, Boolean, UnfitError
from provenance.cdc.faults import Fault
from provenance.cdc.schema import SEPARATOR

if TYPE_CHECKING:
    from msgspec import UnsetType

    from provenance.cdc._nodes import Node
    from provenance.cdc._xml import XmlReader
    from provenance.record.commitment import Value

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_NIL: Final = f"{XSI}{SEPARATOR}nil"
_HARMLESS: Final = {
    f"{XSI}{SEPARATOR}{name}" for name in ("schemaLocation", "noNamespaceSchemaLocation")
}
_BOOLEAN: Final = Boolean()


class Validator:
    """Takes the events of one file. A subclass says what to do with chosen containers.

    ``values`` holds the typed value of every leaf by its slot, as long as nobody resets it;
    what is not (yet) there is `UNSET`. A container that opens or closes is told to `opened`
    and `closed`.
    """

    def __init__(self, reader: XmlReader, start: Node) -> None:
        self.reader: Final = reader
        self.values: Final[list[Value | UnsetType]] = list(NOTHING)
        self._parser: Final = reader.parser
        self._text: Final = reader.text
        self._node = start
        self._seen: Final = [0] * CONTAINERS
        self._skipped = 0
        self._listen()

    def opened(self, node: Node) -> None:
        """Take note that a container begins."""

    def closed(self, node: Node) -> None:
        """Take note that a container ends, checked."""

    def _listen(self) -> None:
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        child = self._node.children.get(name)
        if child is None:
            self._unknown(name)
            return
        text = self._text
        if text:
            if "".join(text).strip(WHITE_SPACE):
                self._unexpected_text()
            text.clear()
        seen = self._seen[child.owner]
        if seen & child.single:
            self._complain("repeated-element", f"<{child.name}> stands here twice", child)
        self._seen[child.owner] = seen | child.bit
        self._node = child
        if attributes:
            self._check_attributes(child, attributes)
        if child.parse is None:
            self._seen[child.container] = 0
            if child.depth >= self.reader.limits.depth_max:
                self._too_deep()
            self.opened(child)

    def _end(self, _name: str) -> None:
        node = self._node
        text = self._text
        if node.parse is None:
            if "".join(text).strip(WHITE_SPACE):
                self._unexpected_text()
            self._check_children(node)
            self.closed(node)
        else:
            try:
                self.values[node.slot] = node.parse("".join(text))
            except UnfitError as error:
                self._complain(error.code, explain_value(node, "".join(text), error), node)
        text.clear()
        self._node = node.parent

    def _unexpected_text(self) -> None:
        name = self._node.name
        message = f"text among the elements of <{name}>; it holds elements only"
        self._complain("unexpected-text", message, self._node)

    def _check_children(self, node: Node) -> None:
        seen = self._seen[node.container]
        if node.choice and (not seen or seen & (seen - 1)):
            names = " or ".join(f"<{child.name}>" for child in node.children.values())
            self._complain("choice", f"<{node.name}> must hold either {names}", node)
        if seen & node.required == node.required:
            return
        for child in node.children.values():
            if child.bit & node.required & ~seen:
                self._complain(
                    "missing-element", f"<{child.name}> is missing in <{node.name}>", child
                )

    def _check_attributes(self, node: Node, attributes: dict[str, str]) -> None:
        for name, text in attributes.items():
            if name == _NIL and node.empty:
                self._nil(node, node.empty, text)
            elif name not in _HARMLESS:
                code, message = explain_attribute(node, name)
                self._complain(code, message, node)

    def _nil(self, node: Node, empty: Node, text: str) -> None:
        try:
            if _BOOLEAN.parse(text):
                self._node = empty
        except UnfitError as error:
            message = f"xsi:nil of <{node.name}> {error.message}"
            self._complain("nil-value", message, node)

    def _unknown(self, name: str) -> None:
        """Report an element that may not stand here, and skip what is in it."""
        code, message = explain_element(self._node, name)
        self._complain(code, message, self._node)
        self.skip()

    def skip(self) -> None:
        """Pass over what is in the element that begins, and its end."""
        self._parser.StartElementHandler = self._skip_start
        self._parser.EndElementHandler = self._skip_end
        self._parser.CharacterDataHandler = None

    def _skip_start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._skipped += 1
        if self._node.depth + self._skipped >= self.reader.limits.depth_max:
            self._too_deep()

    def _skip_end(self, _name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        else:
            self._listen()

    def _too_deep(self) -> None:
        depth = self.reader.limits.depth_max
        self.reader.refuse("too-deep", f"elements within each other deeper than {depth}")

    def _place(self) -> tuple[int | None, str | None]:
        """Return number and name of the passage that is being read, if it is in one."""
        return None, None

    def _complain(self, code: str, message: str, node: Node) -> None:
        line, column = self.reader.position()
        passage, id_technique = self._place()
        self.reader.add(
            Fault(
                level="schema",
                code=code,
                message=message,
                effect="file",
                line=line,
                column=column,
                element=node.path or node.name,
                passage=passage,
                id_technique=id_technique,
            )
        )
