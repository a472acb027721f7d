"""Where to look in a log: published files that help to find entries, and prove nothing.

``keys`` names the entries that declare keys, their indexes in decimal, a line each::

    0
    1
    8812

The first two entries of every log do. ``changes/<N>`` names, for the certifications whose
status stands in ``status/<N>``, the entries that did something to them. A row of 17 bytes
each, ascending::

    u64 index of the certification || u8 status bit || u64 index of the entry that did it

Readers hold every entry that they find so against the log's root, look into it, and refuse
what does not do what was said of it; so pointers can mislead nobody.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from provenance.encoding import decode_text, parse_decimal
from provenance.errors import FormatError
from provenance.record.status import ERASED, SUPERSEDED, WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Iterable

BITS: Final = frozenset({SUPERSEDED, WITHDRAWN, ERASED})

_ROW: Final = struct.Struct(">QBQ")


def encode_changes(rows: Iterable[tuple[int, int, int]]) -> bytes:
    """Return a ``changes`` file: rows of certification, status bit, and who did it."""
    return b"".join(_ROW.pack(*row) for row in rows)


def parse_changes(data: bytes) -> dict[int, dict[int, int]]:
    """Give, by certification, status bits and who did them; raises `FormatError`."""
    if len(data) % _ROW.size:
        raise FormatError("malformed changes file: cut off")
    rows: list[tuple[int, int, int]] = list(_ROW.iter_unpack(data))
    if not all(a[:2] < b[:2] for a, b in pairwise(rows)):
        raise FormatError("malformed changes file: rows do not ascend")
    if not all(bit in BITS and target < by for target, bit, by in rows):
        raise FormatError("malformed changes file: no such change")
    found: dict[int, dict[int, int]] = {}
    for target, bit, by in rows:
        found.setdefault(target, {})[bit] = by
    return found


def encode_key_indexes(indexes: Iterable[int]) -> bytes:
    """Return a ``keys`` file: the indexes of all entries that declare keys, ascending."""
    return "".join(f"{index}\n" for index in indexes).encode()


def parse_key_indexes(data: bytes) -> tuple[int, ...]:
    """Return the indexes in a ``keys`` file; raises `FormatError`."""
    text = decode_text(data, "keys file")
    indexes = tuple(map(parse_decimal, text.removesuffix("\n").split("\n")))
    ascending = all(a < b for a, b in pairwise(indexes))
    if not (text.endswith("\n") and ascending and indexes[:2] == (0, 1)):
        raise FormatError("malformed keys file")
    return indexes
