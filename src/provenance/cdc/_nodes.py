"""The tree of the schema, made ready for reading: one dictionary look-up an element.

A schema that is a tree lets every element know its parent, so the parser needs no stack:
where it stands is one node, and what it has seen there is one integer per container, a bit
for each child.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from provenance.cdc._values import UnfitError
from provenance.cdc.schema import FLUX, NAMESPACE, PASSAGE, SEPARATOR, Leaf, is_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provenance.cdc.schema import Element, Group
    from provenance.record.commitment import Value


class Node:
    """One element of the schema, as the parser meets it.

    ``path``: dotted path below the passage, or below the root outside of passages.
    ``parse``: gives a leaf's value from its text; None marks a container. ``slot``: where a
    leaf's value is kept. ``container`` numbers the containers, ``owner`` is the parent's
    number. ``bit``: the child's own bit among its siblings'; ``single`` is the same unless
    it may be repeated. ``required``: bits that must be seen; ``choice``: bits of which
    exactly one must. ``empty``: the node to go on with after ``xsi:nil``, where allowed.
    """

    __slots__ = (
        "bit",
        "children",
        "choice",
        "container",
        "depth",
        "empty",
        "name",
        "optional",
        "owner",
        "parent",
        "parse",
        "path",
        "required",
        "single",
        "slot",
    )

    def __init__(self, name: str, path: str, parent: Node | None, bit: int) -> None:
        self.name: Final = name
        self.path: Final = path
        self.parent: Node = parent or self
        self.depth: int = parent.depth + 1 if parent else 0
        self.owner: int = parent.container if parent else 0
        self.bit: int = bit
        self.single: int = bit
        self.optional: bool = False
        self.children: dict[str, Node] = {}
        self.container: int = 0
        self.required: int = 0
        self.choice: int = 0
        self.parse: Callable[[str], Value] | None = None
        self.slot: int = -1
        self.empty: Node | None = None

    def nodes(self) -> Iterator[Node]:
        """Return the node and everything below it, in the order of the schema."""
        yield self
        for child in self.children.values():
            yield from child.nodes()

    def find(self, *names: str) -> Node:
        """Return the node that is reached by these names, one below the other."""
        node = self
        for name in names:
            node = node.children[_qualified(name)]
        return node


class _Compiler:
    """Numbers containers and slots in the order of the tree."""

    def __init__(self) -> None:
        self.slots: Final[list[str]] = []
        self.containers = 1

    def compile(self, element: Element, parent: Node, bit: int) -> Node:
        inner = element is FLUX or element is PASSAGE
        path = f"{parent.path}.{element.name}".lstrip(".") if not inner else ""
        node = Node(element.name, path, parent, bit)
        node.optional = element.optional
        if isinstance(element, Leaf):
            self._leaf(element, node)
        else:
            self._group(element, node)
        return node

    def _leaf(self, leaf: Leaf, node: Node) -> None:
        node.slot = self._slot(node.path)
        node.parse = leaf.kind.parse
        if leaf.nil:
            node.empty = Node(node.name, node.path, node.parent, node.bit)
            node.empty.slot = node.slot
            node.empty.parse = _parse_nothing

    def _group(self, group: Group, node: Node) -> None:
        node.container, self.containers = self.containers, self.containers + 1
        node.single = 0 if group.repeated else node.bit
        if is_list(group):
            node.slot = self._slot(node.path)
        for place, child in enumerate(group.children):
            bit = 1 << place
            node.children[_qualified(child.name)] = self.compile(child, node, bit)
            if group.choice:
                node.choice |= bit
            elif not child.optional:
                node.required |= bit

    def _slot(self, path: str) -> int:
        self.slots.append(path)
        return len(self.slots) - 1


def _qualified(name: str) -> str:
    """Name an element of the schema as the parser does."""
    return f"{NAMESPACE}{SEPARATOR}{name}"


def _parse_nothing(text: str) -> None:
    """Return null for an element that says ``xsi:nil``; it must hold nothing at all."""
    if text:
        raise UnfitError("nil-not-empty", 'says xsi:nil="true" and must be empty')


_compiler: Final = _Compiler()
DOCUMENT: Final = Node("document", "", None, 0)
"""Stands above the root element."""
DOCUMENT.children[_qualified(FLUX.name)] = _compiler.compile(FLUX, DOCUMENT, 1)
DOCUMENT.required = 1
CONTAINERS: Final = _compiler.containers
SLOTS: Final = tuple(_compiler.slots)
"""The path of every value, by slot."""

ISSUER: Final = DOCUMENT.find("flux", "emetteur")
CERTIFIER: Final = ISSUER.find("certificateurs", "certificateur")
CERTIFICATION: Final = CERTIFIER.find("certifications", "certification")
PASSAGE_NODE: Final = CERTIFICATION.find("passageCertifications", "passageCertification")
RESULTS: Final = PASSAGE_NODE.find("niveauNumeriqueEuropeen", "resultats")
RESULT: Final = RESULTS.find("resultat")
NATIONAL: Final = PASSAGE_NODE.find("identificationTitulaire", "identifiantNational")

NOTHING: Final = (UNSET,) * len(SLOTS)
"""The values of a file before anything was read."""


def parents_of(name: str) -> list[str]:
    """Name the elements in which the schema has an element ``name``; perhaps none."""
    parents = (node.parent.name for node in DOCUMENT.nodes() if node.name == name)
    return list(dict.fromkeys(parents))
