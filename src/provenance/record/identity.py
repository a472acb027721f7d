"""Comparing names of persons: without case, accents and punctuation, by a fixed table.

``Lefèvre-Dubois`` and ``LEFEVRE DUBOIS`` are one name, and so are ``Œuvrard`` and
``OEUVRARD``. The recorded value itself is never changed by this; only comparisons and
look-ups use the folded form. What a letter becomes is said by ``fold-1.txt`` alone, which is
published and never changes, so that every version of Python and every browser folds alike; a
better table gets the next number. One line of it::

    00C6 ae            a code point, and how it is spelled
    00D8 o oe          with a second customary spelling: plain, wide
    0075+0308 u ue     two code points together, which come before one alone
    0300-0344 -        a range that vanishes
    0000-002F _        a range that separates words

A name is read from left to right. What is not in the table is kept as it is; words are
joined with one space. Sources: ICAO Doc 9303 part 3 section 6, and the French civil
registers (instruction générale relative à l'état civil, no. 106).
"""

from __future__ import annotations

import pkgutil
import re
from typing import Final, NamedTuple, TypeAlias

FOLD_VERSION: Final = 1
"""The number of the table."""

Spellings: TypeAlias = tuple[tuple[str, str], ...]
"""The plain and the wide form of each word of a name."""

_TARGETS: Final = {"-": "", "_": " "}


class _Table(NamedTuple):
    plain: dict[int, str]
    wide: dict[int, str]
    pairs: dict[str, str]
    """The wide form of pairs; the plain one is that of both code points, one by one."""


def _read_table() -> _Table:
    text = pkgutil.get_data("provenance.record", f"fold-{FOLD_VERSION}.txt") or b""
    # Small letters and digits, of which names consist, are found sooner than missed.
    plain = {code: chr(code) for code in range(128)}
    wide: dict[int, str] = {}
    pairs: dict[str, str] = {}
    for line in text.decode().splitlines():
        span, form, *other = line.split(" ")
        first, mark, last = span.partition("+" if "+" in span else "-")
        code, target = int(first, 16), _TARGETS.get(form, form)
        if mark == "+":
            pairs[chr(code) + chr(int(last, 16))] = other[0]
        elif mark:
            plain |= dict.fromkeys(range(code, int(last, 16) + 1), target)
        else:
            plain[code] = target
            if other:
                wide[code] = other[0]
    return _Table(plain, plain | wide, pairs)


_TABLE: Final = _read_table()
_PAIR: Final = re.compile("|".join(_TABLE.pairs))


def fold(name: str) -> str:
    """Return the plain form of a name, in which two spellings of one name are equal."""
    return " ".join(_words(name.translate(_TABLE.plain)))


def spellings(name: str) -> Spellings:
    """Return the plain and the wide form of each word of a name; often they are equal."""
    wide = _PAIR.sub(lambda pair: _TABLE.pairs[pair[0]], name).translate(_TABLE.wide)
    return tuple(zip(_words(name.translate(_TABLE.plain)), _words(wide), strict=True))


def _words(text: str) -> list[str]:
    # Without an argument, split would ask Python what white space is.
    return [word for word in text.split(" ") if word]
