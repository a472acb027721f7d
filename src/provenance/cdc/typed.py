"""Records that come as fields, not as XML: the portal's form, held against the schema.

A form sends the fields of a record by name, values typed as a deposited file would give
them: booleans, integers, days as ``YYYY-MM-DD``, strings, null where the schema allows
``xsi:nil``. What a file could not say is refused here too, so that a record does not tell
by which way it came.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from provenance.cdc._quick import QuickCheck
from provenance.cdc._values import Boolean, Integer, UnfitError
from provenance.cdc.faults import Fault
from provenance.cdc.schema import (
    FLUX,
    LEADING_NAMES,
    PASSAGE,
    PASSAGE_NAMES,
    Group,
    Leaf,
    is_list,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provenance.cdc.schema import Element
    from provenance.record.commitment import Value

RECORD_NAMES: Final = (*LEADING_NAMES, *PASSAGE_NAMES)
"""Every field that a record may have but ``source``, in its order."""

# What XML 1.0 section 2.2 does not allow could not have come in a file.
_NO_CHARACTER: Final = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_HEADER_LEAVES: Final = {
    "emetteur": ("emetteur", "idClient"),
    "certificateur": ("certificateur", "idClient"),
    "contrat": ("certificateur", "idContrat"),
    "type": ("certification", "type"),
    "code": ("certification", "code"),
    "natureDeposant": ("certification", "natureDeposant"),
}


class _Part(Struct, frozen=True):
    """A group of the passage: which of its names must stand there once any of them does."""

    name: str
    names: frozenset[str]
    required: frozenset[str]
    parts: tuple[_Part, ...]
    optional: bool
    choice: bool


def check_fields_typed(fields: Mapping[str, Value]) -> list[Fault]:
    """Check names, values and structure of one record without its ``source``.

    Gives the faults of level 2, each of effect ``file``: a form that has one is refused
    as a whole, as a file would be.
    """
    names = frozenset(fields)
    if _QUICK.passes(fields) and not _absent(names):
        return []
    faults = [
        _fault(code, name, message)
        for name, value in fields.items()
        for code, message in _misfits(name, value)
    ]
    return faults + [
        _fault("missing-element", name, f"{name} is missing") for name in _absent(names)
    ]


def in_order(fields: dict[str, Value]) -> dict[str, Value]:
    """Return sound fields as a file gives them: in the order of a record.

    The members of each result come in the order of the schema, and a list of none is absent.
    """
    names = tuple(fields)
    ordered = _ordered(names)
    if ordered != names:
        fields = {name: fields[name] for name in ordered}
    results = fields.get(_RESULTS_NAME)
    if results == []:
        return {name: value for name, value in fields.items() if name != _RESULTS_NAME}
    if isinstance(results, list):
        rows = [{name: row[name] for name in _RESULT_LEAVES if name in row} for row in results]
        # Equal rows may differ in their order.
        if list(map(tuple, rows)) != list(map(tuple, results)):
            fields = {**fields, _RESULTS_NAME: rows}
    return fields


@lru_cache(maxsize=1024)
def _ordered(names: tuple[str, ...]) -> tuple[str, ...]:
    there = frozenset(names)
    return tuple(name for name in RECORD_NAMES if name in there)


@lru_cache(maxsize=1024)  # Forms name the same few sets of fields.
def _absent(names: frozenset[str]) -> tuple[str, ...]:
    """Name what a record must have besides these fields."""
    absent = [name for name in LEADING_NAMES[:-1] if name not in names]
    return (*absent, *_missing(_PASSAGE, names))


def _fault(code: str, element: str, message: str) -> Fault:
    return Fault(level="schema", code=code, message=message, effect="file", element=element)


def _misfits(name: str, value: Value) -> Iterator[tuple[str, str]]:
    leaf = _LEAVES.get(name)
    if name == _RESULTS_NAME:
        yield from _result_misfits(value)
    elif leaf is None:
        yield "unknown-element", "a field of this name is not in the schema"
    elif value is None:
        if not leaf.nil:
            yield "nil-not-allowed", f"{name} must have a value"
    else:
        yield from _value_misfits(leaf, value)


def _value_misfits(leaf: Leaf, value: Value) -> Iterator[tuple[str, str]]:
    """Return code and message of what is wrong with one value, if anything is."""
    kind = leaf.kind
    if isinstance(kind, Boolean):
        fits = isinstance(value, bool)
    elif isinstance(kind, Integer):
        number = isinstance(value, int) and not isinstance(value, bool)
        fits = number and kind.low <= value <= kind.high  # type: ignore[operator]
    else:
        fits = isinstance(value, str) and not _NO_CHARACTER.search(value)
        if fits:
            try:
                fits = kind.parse(str(value)) == value
            except UnfitError as unfit:
                yield unfit.code, f"{leaf.name} {unfit.message}"
                return
    if not fits:
        yield "value", f"{leaf.name} has a value of another type, or out of its range"


def _result_misfits(value: Value) -> Iterator[tuple[str, str]]:
    if not isinstance(value, list):
        yield "value", f"{_RESULTS_NAME} must be a list"
        return
    results: list[object] = list(value)
    for result in results:
        if not isinstance(result, dict):
            yield "value", f"{_RESULTS_NAME} must be a list of objects"
            continue
        for name, item in result.items():
            leaf = _RESULT_LEAVES.get(name)
            if leaf is None or item is None:
                yield "unknown-element", f"{_RESULTS_NAME} holds a field it may not have"
            else:
                yield from _value_misfits(leaf, item)


def _missing(part: _Part, names: frozenset[str]) -> Iterator[str]:
    """Name what the schema asks for below a part that is there, and is not."""
    yield from sorted(part.required - names)
    present = [inner for inner in part.parts if not inner.names.isdisjoint(names)]
    if part.choice and len(present) != 1:
        yield f"exactly one of {', '.join(inner.name for inner in part.parts)}"
    for inner in part.parts:
        if inner in present or not (part.choice or inner.optional):
            yield from _missing(inner, names)


def _compile(group: Group, prefix: str = "") -> _Part:
    leaves = [one for one in group.children if isinstance(one, Leaf) or is_list(one)]
    parts = tuple(
        _compile(one, f"{prefix}{one.name}.")
        for one in group.children
        if isinstance(one, Group) and not is_list(one)
    )
    names = frozenset(f"{prefix}{one.name}" for one in leaves)
    return _Part(
        name=group.name,
        names=names.union(*(part.names for part in parts)),
        required=frozenset(f"{prefix}{one.name}" for one in leaves if not one.optional),
        parts=parts,
        optional=group.optional,
        choice=group.choice,
    )


def _elements(
    element: Element, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Leaf]]:
    """Return every leaf below an element, with the names that lead to it."""
    if isinstance(element, Leaf):
        yield (*path, element.name), element
        return
    for child in element.children:
        yield from _elements(child, (*path, element.name))


_ALL: Final = dict(_elements(FLUX, ()))
_BELOW: Final = {path[1:]: leaf for path, leaf in _elements(PASSAGE, ())}
_PASSAGE: Final = _compile(PASSAGE)
_RESULTS_NAME: Final = "niveauNumeriqueEuropeen.resultats"
_RESULT_LEAVES: Final = {
    path[-1]: leaf for path, leaf in _BELOW.items() if path[:-1] and path[-2] == "resultat"
}
_LEAVES: Final = {
    **{
        name: leaf
        for name, end in _HEADER_LEAVES.items()
        for path, leaf in _ALL.items()
        if path[-2:] == end
    },
    **{
        ".".join(path): leaf for path, leaf in _BELOW.items() if ".".join(path) in PASSAGE_NAMES
    },
}
_QUICK: Final = QuickCheck(_LEAVES, {_RESULTS_NAME: QuickCheck(_RESULT_LEAVES)})
