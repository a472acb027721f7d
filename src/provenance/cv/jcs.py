"""JSON as programs write it, read strictly, and its canonical form (RFC 8785, JCS).

A signature over JSON that may be spelled in many ways is a signature over its canonical
form: no white space, members ascending by the UTF-16 code units of their names, strings
with the shortest escapes, integers in decimal. Two readers must not see two documents in
one text, so what JSON leaves open is refused here:

- a member that stands twice in one object;
- half a surrogate pair, which has no UTF-8;
- fractions and exponents, ``-0``, and integers beyond 2^53 - 1: programs read them
  differently, and no document of ours holds any (RFC 8785 writes numbers as doubles);
- a byte order mark, other encodings than UTF-8, and what RFC 8259 does not allow at all.

Reading is bounded before anything is built: bytes, depth, and how many strings, objects,
lists and items there may be. Sources: RFC 8785 sections 3.1 and 3.2, RFC 8259.
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn, TypeAlias

from provenance.encoding import JSON_INTEGER_LIMIT, encode_json
from provenance.errors import FormatError

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"
"""What `parse_json` gives; there are no floats in it."""

DEPTH_MAX: Final = 16
"""Objects and lists within each other."""
ITEMS_MAX: Final = 500_000
"""Strings, and brackets and commas outside of them: they bound what is built in memory."""
_DIGITS_MAX: Final = 16
_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\Z|(?=\\\Z))|[][{},]', re.DOTALL)
"""A string, also one without an end, or what gives a text its structure."""


def parse_json(data: bytes, *, size_max: int, what: str) -> Json:
    """Parse a JSON text of at most ``size_max`` bytes, in any spelling of one value.

    ``what`` names the object in the error, as in ``malformed JSON CV``. Raises
    `FormatError` for what the module's docstring names; no error tells a value.
    """
    if len(data) > size_max:
        raise FormatError(f"malformed {what}: more than {size_max} bytes")
    try:
        text = data.decode()
        _check_structure(text)
        value: Json = json.loads(
            text,
            object_pairs_hook=_members,
            parse_int=_integer,
            parse_float=_refuse,
            parse_constant=_refuse,
        )
        encode_json(value)
    except FormatError as error:
        raise FormatError(f"malformed {what}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise FormatError(f"malformed {what}: no JSON text in UTF-8") from error
    return value


def canonicalize(value: Json) -> bytes:
    """Return the canonical form of a value (RFC 8785 section 3.2).

    Raises `FormatError` for what it cannot hold: floats, integers beyond 2^53 - 1, lone
    surrogates, more than `DEPTH_MAX` levels.
    """
    return encode_json(_ordered(value, DEPTH_MAX))


def _ordered(value: Json, depth: int) -> Json:
    """Put all members in their order, and check what no canonical form can hold."""
    if isinstance(value, dict | list) and not depth:
        raise FormatError(f"more than {DEPTH_MAX} levels")
    if isinstance(value, dict):
        return {name: _ordered(value[name], depth - 1) for name in sorted(value, key=_units)}
    if isinstance(value, list):
        return [_ordered(item, depth - 1) for item in value]
    if isinstance(value, int) and abs(value) >= JSON_INTEGER_LIMIT:
        raise FormatError("an integer beyond 2^53 - 1")
    if value is not None and not isinstance(value, str | int):
        raise FormatError("a value that has no canonical form here")
    return value


def _units(name: str) -> bytes:
    """Return the UTF-16 code units by which members are sorted (RFC 8785 section 3.2.3)."""
    return name.encode("utf-16-be", "surrogatepass")


def _check_structure(text: str) -> None:
    """Bound depth and number of items before the parser builds anything."""
    depth = 0
    for items, token in enumerate(_TOKEN.finditer(text), 1):
        mark = text[token.start()]
        depth += (mark in "[{") - (mark in "]}")
        if depth > DEPTH_MAX or items > ITEMS_MAX:
            raise FormatError(f"more than {DEPTH_MAX} levels or {ITEMS_MAX} items")


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise FormatError("a member that stands twice")
    return members


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _DIGITS_MAX or text == "-0":
        raise FormatError("a number that not every program reads alike")
    value = int(text)
    if abs(value) >= JSON_INTEGER_LIMIT:
        raise FormatError("an integer beyond 2^53 - 1")
    return value


def _refuse(_: str) -> NoReturn:
    raise FormatError("a number that is no integer")
