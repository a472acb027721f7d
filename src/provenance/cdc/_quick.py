"""Typed fields that are sound, found to be so in little time.

Nearly all fields of nearly all forms are sound. So they are looked at in one loop over
tables by name, and what does not pass is judged by nobody here: whoever asks then looks for
what there is to say. Types are compared exactly, so that ``True`` is never taken for ``1``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from provenance.cdc._values import Boolean, Integer, Pattern, Text, UnfitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.cdc._values import Kind
    from provenance.cdc.schema import Leaf

WORDS_MAX: Final = 4096
"""Texts that are remembered of one kind."""


class QuickCheck:
    """Tells whether values are what their names allow. ``leaves``: what that is, by name.

    ``rows``: the check of each object in the lists that stand under a name.
    """

    def __init__(
        self, leaves: Mapping[str, Leaf], rows: Mapping[str, QuickCheck] | None = None
    ) -> None:
        self._rows: Final = rows or {}
        self._nil: Final = {name for name, leaf in leaves.items() if leaf.nil}
        self._booleans: Final[set[str]] = set()
        self._numbers: Final[dict[str, range]] = {}
        self._sizes: Final[dict[str, range]] = {}
        self._words: Final[dict[str, _Words]] = {}
        for name, leaf in leaves.items():
            kind = leaf.kind
            if isinstance(kind, Boolean):
                self._booleans.add(name)
            elif isinstance(kind, Integer):
                self._numbers[name] = range(kind.low, kind.high + 1)
            elif isinstance(kind, Text):
                self._sizes[name] = range(kind.length_min, kind.length_max + 1)
            else:
                self._words[name] = _words(kind)

    def passes(self, fields: Mapping[str, Any]) -> bool:
        """Whether all names are known, and all values sound; no is no judgement."""
        texts = []
        sizes, words = self._sizes, self._words
        for name, value in fields.items():
            kind = type(value)
            if kind is str:
                if name in sizes:
                    fits = len(value) in sizes[name]
                    texts.append(value)
                else:
                    fits = name in words and words[name][value]
            elif kind is bool:
                fits = name in self._booleans
            elif kind is int:
                fits = name in self._numbers and value in self._numbers[name]
            elif value is None:
                fits = name in self._nil
            else:
                fits = name in self._rows and kind is list and self._rows[name].pass_all(value)
            if not fits:
                return False
        return "".join(texts).isprintable()

    def pass_all(self, rows: Sequence[Any]) -> bool:
        """Whether each of the rows is an object that passes."""
        return all(type(row) is dict and self.passes(row) for row in rows)


class _Words(dict[str, bool]):
    """Whether a text is the one spelling of a value, in plain characters.

    Remembered where it is, unless it could name a person: of days and words there are few.
    """

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self._kind: Final = kind

    def __missing__(self, text: str) -> bool:
        try:
            fits = self._kind.parse(text) == text and text.isprintable()
        except UnfitError:
            return False
        if fits and not isinstance(self._kind, Pattern) and len(self) < WORDS_MAX:
            self[text] = True
        return fits


_words = cache(_Words)
