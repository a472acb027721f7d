"""What a sample holds before it is written: trees of named values, made by seeded dice.

A tree is a dictionary in the order of the schema. A list stands for the repeated element
inside a container, `None` for ``xsi:nil``, `UNSET` for an element left out.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from msgspec import UNSET, UnsetType

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.record.commitment import Field, Scalar

Node: TypeAlias = "str | bool | int | UnsetType | Tree | list[Tree] | None"
Tree: TypeAlias = dict[str, Node]
T = TypeVar("T")


class Dice:
    """Seeded chance. Equal seeds give equal throws, in every version of Python.

    Only `Random.random` is promised to stay the same between versions, so everything is
    made from it.
    """

    def __init__(self, *seed: object) -> None:
        text = "/".join(map(str, seed))
        self.throw = Random(text).random  # noqa: S311 - invented data, nothing secret

    def below(self, limit: int) -> int:
        """Return a number of 0 … ``limit`` - 1."""
        return int(self.throw() * limit)

    def between(self, low: int, high: int) -> int:
        """Return a number of ``low`` … ``high``."""
        return low + self.below(high - low + 1)

    def choose(self, items: Sequence[T]) -> T:
        """Return one of ``items``."""
        return items[self.below(len(items))]

    def happens(self, percent: int) -> bool:
        """Return whether something of that likelihood happens."""
        return self.throw() * 100 < percent

    def perhaps(self, percent: int, value: T) -> T | UnsetType:
        """Return ``value`` with that likelihood, else `UNSET`."""
        return value if self.happens(percent) else UNSET

    def mixed(self, items: Sequence[T]) -> list[T]:
        """Return ``items`` in another order."""
        return sorted(items, key=lambda _: self.throw())


def flatten(tree: Tree, prefix: str = "") -> Iterator[Field]:
    """Return the fields of a tree: one a leaf, named by its dotted path; a list is one."""
    for name, node in tree.items():
        if isinstance(node, dict):
            yield from flatten(node, f"{prefix}{name}.")
        elif isinstance(node, list):
            yield f"{prefix}{name}", [_scalars(item) for item in node]
        elif not isinstance(node, UnsetType):
            yield f"{prefix}{name}", node


def _scalars(item: Tree) -> dict[str, Scalar]:
    return {
        name: node
        for name, node in item.items()
        if not isinstance(node, UnsetType | dict | list)
    }
