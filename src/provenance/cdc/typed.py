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

from provenance.cdc._values import Boolean, Enumeration, Integer, Text, UnfitError
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
    from collections.abc import Callable, Iterator, Mapping

    from provenance.cdc._values import Kind
    from provenance.cdc.schema import Element
    from provenance.record.commitment import Field, Value

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
    if _is_sound(fields):
        return []
    faults = [
        _fault(code, name, message)
        for name, value in fields.items()
        for code, message in _misfits(name, value)
    ]
    names = fields.keys()
    missing = [name for name in LEADING_NAMES[:-1] if name not in names]
    missing += _missing(_PASSAGE, frozenset(names))
    return faults + [_fault("missing-element", name, f"{name} is missing") for name in missing]


def in_order(fields: Mapping[str, Value]) -> tuple[Field, ...]:
    """Give the fields in the order of a record."""
    return tuple([(name, fields[name]) for name in _ordered(frozenset(fields))])


@lru_cache(maxsize=1024)  # Forms name the same few sets of fields.
def _ordered(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in RECORD_NAMES if name in names)


@lru_cache(maxsize=1024)
def _is_complete(names: frozenset[str]) -> bool:
    """Tell whether a record may have just these fields."""
    absent = [name for name in LEADING_NAMES[:-1] if name not in names]
    return not absent and not any(_missing(_PASSAGE, names)) and names <= {*RECORD_NAMES}


def _is_sound(fields: Mapping[str, Value]) -> bool:
    """Tell in little time that nothing is wrong, as in nearly every record.

    False is no judgement: the checks then look for what there is to say.
    """
    texts: list[str] = []
    for name, value in fields.items():
        fits = _FITTING.get(name)
        if fits is None or not fits(value):
            return False
        if type(value) is str:
            texts.append(value)
    return "".join(texts).isprintable() and _is_complete(frozenset(fields))


def _are_results(value: Value) -> bool:
    """Tell whether a value is what the results of a record may be, in plain characters."""
    return type(value) is list and all(
        type(result) is dict
        and all(
            name in _FITTING_RESULT
            and item is not None
            and _FITTING_RESULT[name](item)
            and str(item).isprintable()
            for name, item in result.items()
        )
        for result in value
    )


def _fitting(leaf: Leaf) -> Callable[[Value], bool]:
    """Make the quick check of one leaf's typed value."""
    kind, nil = leaf.kind, leaf.nil
    if isinstance(kind, Boolean):
        return lambda value: value is True or value is False or (nil and value is None)
    if isinstance(kind, Integer):
        low, high = kind.low, kind.high
        return lambda value: (
            low <= value <= high if type(value) is int else nil and value is None
        )
    if isinstance(kind, Text):
        shortest, longest = kind.length_min, kind.length_max
        return lambda value: (
            shortest <= len(value) <= longest if type(value) is str else nil and value is None
        )
    if isinstance(kind, Enumeration):
        words = kind.words
        return lambda value: value in words if type(value) is str else nil and value is None
    return lambda value: (
        _says_itself(kind, value) if type(value) is str else nil and value is None
    )


@lru_cache(maxsize=4096)
def _says_itself(kind: Kind, text: str) -> bool:
    """Tell whether a text is the one spelling of a value: a day, or what fits a pattern."""
    try:
        return kind.parse(text) == text
    except UnfitError:
        return False


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
    """Give code and message of what is wrong with one value, if anything is."""
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
    """Give every leaf below an element, with the names that lead to it."""
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
_FITTING_RESULT: Final = {name: _fitting(leaf) for name, leaf in _RESULT_LEAVES.items()}
_FITTING: Final = {
    **{name: _fitting(leaf) for name, leaf in _LEAVES.items()},
    _RESULTS_NAME: _are_results,
}
