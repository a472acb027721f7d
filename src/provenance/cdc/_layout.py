"""The tags of one section of a passage, walked through once; see `_shapes`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.cdc._nodes import PASSAGE_NODE, RESULT
from provenance.cdc._validator import XSI
from provenance.cdc.schema import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.cdc._nodes import Node

    Bindings = tuple[tuple[str, str], ...]

_NIL_VALUES: Final = ('nil="true"', "nil='true'", 'nil="1"', "nil='1'")


class UnknownShapeError(Exception):
    """A passage that only the parser can read; never leaves the package."""


class Layout:
    """Where the texts of one section are. The tags are walked through as the parser would.

    Places count the pieces from the section's first tag, which is number 0. Raises
    `UnknownShapeError` for what only the parser understands, or refuses.
    """

    def __init__(self, bindings: Bindings, tags: Sequence[str]) -> None:
        self.gaps: Final[list[int]] = []
        self.leaves: Final[list[tuple[int, Node]]] = []
        self.nils: Final[list[Node]] = []
        self.results: Final[list[list[tuple[int, Node]]]] = []
        self._uris: Final = dict(bindings)
        self._seen: Final = [0]
        self._open: Final[list[tuple[Node, str]]] = [(PASSAGE_NODE, "")]
        turns = iter(enumerate(tags))
        for number, tag in turns:
            if tag.startswith("/"):
                self._close(tag)
                self.gaps.append(2 * number + 1)
            elif self._begin(number, tag):
                following = next(turns, (0, ""))[1]
                if following != f"/{tag}":
                    raise UnknownShapeError
        if len(self._open) != 1:
            raise UnknownShapeError
        self.seen: Final = self._seen[0]

    def _begin(self, number: int, tag: str) -> bool:
        """Take an opening tag; tell whether it is a leaf's, whose end must follow."""
        name, _, attribute = tag.removesuffix("/").partition(" ")
        prefix, _, local = name.rpartition(":")
        child = self._open[-1][0].children.get(f"{self._uris.get(prefix)}{SEPARATOR}{local}")
        if child is None or self._seen[-1] & child.single:
            raise UnknownShapeError
        self._seen[-1] |= child.bit
        after = 2 * number + 1
        if attribute or tag.endswith("/"):
            self._take_nil(child, tag, attribute)
            self.gaps.append(after)
        elif child.parse is None:
            if child is RESULT:
                self.results.append([])
            self._open.append((child, tag))
            self._seen.append(0)
            self.gaps.append(after)
        else:
            places = self.results[-1] if child.parent is RESULT else self.leaves
            places.append((after, child))
            self.gaps.append(after + 2)
            return True
        return False

    def _take_nil(self, child: Node, tag: str, attribute: str) -> None:
        prefix, _, said = attribute.rstrip(" ").partition(":")
        nil = self._uris.get(prefix) == XSI and said in _NIL_VALUES
        if not (nil and tag.endswith("/")) or child.empty is None or child.parent is RESULT:
            raise UnknownShapeError
        self.nils.append(child)

    def _close(self, tag: str) -> None:
        """Take the closing tag of a container, and judge its children."""
        node, opened = self._open.pop()
        seen = self._seen.pop()
        chosen = seen and not seen & (seen - 1)
        missing = seen & node.required != node.required
        if not self._open or tag != f"/{opened}" or missing or (node.choice and not chosen):
            raise UnknownShapeError
