"""What a holder must not write: what on the page belongs to the guaranteed part.

In every declared text these are refused:

- the marks of the guaranteed part, full squares and ticks, and whatever looks like them;
- the headings of the template and its badge of a certification in force, as whole words
  wherever they stand; its other badges, which are common words, where they stand alone in
  a line or between signs.

Texts and headings are compared in one form: compatible characters replaced (NFKC), invisible
ones left out, look-alikes replaced (`lookalikes`), folded, ``rn`` and ``vv`` read as the
letters they look like, and with nothing between the words, so that ``D 0 N N É E S garantles``
is seen. It is refused rather than changed, because the holder has to know.

A code of a register (``RNCP34762``, ``RS 5079``) is refused in name, headline and contact: that
is where a reader expects a person, and would take it for part of what is guaranteed.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from provenance.cv.lookalikes import LOOK_ALIKES, plain_letters
from provenance.cv.wording import BADGES, HEADINGS, WORDS
from provenance.record.identity import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKS: Final = re.compile(
    "[\u220e\u221a\u229e-\u22a1\u237b\u2395\u23f9\u2580-\u259f\u25a0-\u25ab\u25fb-\u25fe"
    "\u2610-\u2612\u2705\u2713\u2714\u274f-\u2752\u2b1a-\u2b1e\u2bbd\u2bc0\uffed"
    "\U00010102\U0001f532\U0001f533\U0001f5f8\U0001f5f9\U0001f78c-\U0001f793"
    "\U0001f7e5-\U0001f7eb\U0001fbb1]"
)
"""Squares, blocks and ticks."""
_WORD: Final = re.compile(r"[^\W_]+")
_SIGNS: Final = re.compile(r"[^\w\s'’-]|\n")
_CODE: Final = re.compile(r"\b(?:rncp|rs)[\W_]{0,3}(?:n[\W_]{0,2}o?[\W_]{0,3})?[0-9]")
_LETTERS_ONLY: Final = {one: letter for one, letter in LOOK_ALIKES.items() if one.isalpha()}
_WITHOUT_CODES: Final = ("name", "usage_name", "headline", "contact")


def find_imitation(place: str, text: str) -> str | None:
    """Return what a declared text has of the guaranteed part, in words, or None.

    ``place``: the member of the holder's file. Nothing of the text is repeated, but the
    heading or badge that it imitates.
    """
    if _MARKS.search(unicodedata.normalize("NFKC", text)) or _MARKS.search(text):
        return "a mark that looks like that of the guaranteed part (a full square, a tick)"
    for phrase in _imitated(text):
        return f"the words “{phrase}”, which stand in the guaranteed part"
    if place in _WITHOUT_CODES and _has_code(text):
        return "a code of a register, which a proof shows and nobody declares"
    return None


def _imitated(text: str) -> Iterator[str]:
    forms = [_words(text, signs=signs) for signs in (False, True)]
    alone = [_words(part, signs=False) for part in _SIGNS.split(text)]
    for phrase, squeezed in _HEADINGS.items():
        if any(_contains(words, squeezed) for words in forms):
            yield phrase
    for phrase, squeezed in _BADGES.items():
        if any("".join(words) == squeezed for words in alone):
            yield phrase


def _words(text: str, *, signs: bool) -> list[str]:
    """Return the words of a text in the compared form; ``signs``: also those are letters."""
    seen = "".join(
        one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf"
    )
    table = LOOK_ALIKES if signs else _ALPHANUMERIC
    replaced = "".join(table.get(one, one) for one in seen)
    folded = plain_letters(fold(replaced)) if signs else fold(replaced)
    words = _WORD.findall("".join(table.get(one, one) for one in folded))
    return [word.replace("rn", "m").replace("vv", "w") for word in words]


_ALPHANUMERIC: Final = {one: letter for one, letter in LOOK_ALIKES.items() if one.isalnum()}


def _contains(words: list[str], squeezed: str) -> bool:
    """Return whether some words in a row, joined, are a phrase in the compared form."""
    joined, ends, end = "".join(words), {0}, 0
    for word in words:
        end += len(word)
        ends.add(end)
    at = joined.find(squeezed)
    while at >= 0:
        if at in ends and at + len(squeezed) in ends:
            return True
        at = joined.find(squeezed, at + 1)
    return False


def _has_code(text: str) -> bool:
    seen = unicodedata.normalize("NFKC", text)
    letters = "".join(_LETTERS_ONLY.get(one, one) for one in seen)
    return _CODE.search(letters.lower()) is not None


def _phrases(names: tuple[str, ...]) -> dict[str, str]:
    texts = [words[name] for words in WORDS.values() for name in names]
    return {text: "".join(_words(text, signs=False)) for text in texts}


_HEADINGS: Final = _phrases(HEADINGS)
_BADGES: Final = _phrases(BADGES)
