"""Kinds of values in a deposit: from the text of an element to a typed value.

What a text means follows XML Schema Part 2. Strings and enumerations keep every character;
white space around booleans, numbers and dates carries no meaning. Where a date or a number
has several spellings (``05``, ``+5``, `` 5 ``), all of them give one value.

Source: XML Schema Part 2: Datatypes, Second Edition, sections 3.2.2 (boolean), 3.2.7
(dateTime), 3.2.9 (date), 3.3.13 (integer), 4.3.1 (length) and 4.3.6 (white space).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, TypeAlias

from msgspec import Struct

WHITE_SPACE: Final = " \t\r\n"
"""What XML calls white space; Python's own idea of it is wider."""

_INTEGER: Final = re.compile(r"([+-]?)0*([0-9]{1,9})")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-5][0-9]"
)
_OFFSET_MAX: Final = timedelta(hours=14)
_YEARS: Final = range(1900, 2100)
"""Those that the published schema allows, for every day and moment."""
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}


class UnfitError(Exception):
    """A text that is no value of its kind; never leaves the package.

    ``code`` is that of the fault, ``message`` completes the sentence that begins with the
    element's name and holds nothing of the text.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Text(Struct, frozen=True):
    """A string of ``length_min`` … ``length_max`` characters, kept as it stands."""

    length_min: int
    length_max: int

    def parse(self, text: str) -> str:
        """Return the text itself, or raise `UnfitError`."""
        if self.length_min <= len(text) <= self.length_max:
            return text
        low, high = self.length_min, self.length_max
        allowed = f"exactly {low}" if low == high else f"{low} to {high}"
        raise UnfitError("length", f"has {len(text)} characters; {allowed} are allowed")


class Enumeration(Struct, frozen=True):
    """One of a few words, letter by letter."""

    words: frozenset[str]

    def parse(self, text: str) -> str:
        """Return the word, or raise `UnfitError`."""
        if text in self.words:
            return text
        raise UnfitError("enumeration", f"must be one of {', '.join(sorted(self.words))}")


class Pattern(Struct, frozen=True):
    """A string that matches as a whole; ``form`` says in words what it must look like."""

    expression: re.Pattern[str]
    form: str

    def parse(self, text: str) -> str:
        """Return the text itself, or raise `UnfitError`."""
        if self.expression.fullmatch(text):
            return text
        raise UnfitError("pattern", f"must be {self.form}")


class Boolean(Struct, frozen=True):
    """``true``, ``1``, ``false`` or ``0``."""

    def parse(self, text: str) -> bool:
        """Return the truth value, or raise `UnfitError`."""
        value = _BOOLEANS.get(text)
        if value is None:
            value = _BOOLEANS.get(text.strip(WHITE_SPACE))
        if value is None:
            raise UnfitError("boolean", "must be true, false, 1 or 0")
        return value


class Integer(Struct, frozen=True):
    """A whole number of ``low`` … ``high``, in any spelling of the schema language."""

    low: int
    high: int

    def parse(self, text: str) -> int:
        """Return the number, or raise `UnfitError`."""
        found = _INTEGER.fullmatch(text.strip(WHITE_SPACE))
        if found:
            value = int(found[1] + found[2])
            if self.low <= value <= self.high:
                return value
        raise UnfitError("integer", f"must be a whole number from {self.low} to {self.high}")


class Day(Struct, frozen=True):
    """A day of the calendar, years 1900 to 2099, without time zone."""

    def parse(self, text: str) -> str:
        """Return the day as ``YYYY-MM-DD``, or raise `UnfitError`."""
        day = text.strip(WHITE_SPACE)
        if _DAY.fullmatch(day) and _is_day(day):
            return day
        raise UnfitError(
            "date",
            f"must be a day that exists, as YYYY-MM-DD, without time zone, from {_YEARS[0]} "
            f"to {_YEARS[-1]}",
        )


class Timestamp(Struct, frozen=True):
    """A moment of 1900 to 2099, with its offset, without fraction and without ``Z``."""

    def parse(self, text: str) -> str:
        """Return the moment as it was written, or raise `UnfitError`."""
        moment = text.strip(WHITE_SPACE)
        if _TIMESTAMP.fullmatch(moment) and _is_moment(moment):
            return moment
        raise UnfitError(
            "timestamp",
            "must be a moment like 2026-01-31T18:00:00+01:00: "
            f"with an offset, without Z and without fraction, from {_YEARS[0]} to {_YEARS[-1]}",
        )


Kind: TypeAlias = Text | Enumeration | Pattern | Boolean | Integer | Day | Timestamp
"""Every kind has ``parse``, which gives the typed value or raises `UnfitError`."""


@lru_cache(maxsize=4096)  # A file holds the same few days many times.
def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).year in _YEARS
    except ValueError:
        return False


def _is_moment(text: str) -> bool:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    offset = moment.utcoffset()
    return offset is not None and abs(offset) <= _OFFSET_MAX and moment.year in _YEARS
