"""Comparing names of persons: without case, accents and punctuation.

``Lefèvre-Dubois`` and ``LEFEVRE DUBOIS`` are one name. The recorded value itself is never
changed by this; only comparisons and look-ups use the folded form (Unicode Standard
Annex 15, form NFKD, combining marks removed; Unicode section 3.13, case folding).
"""

from __future__ import annotations

import unicodedata
from typing import Final

_ASCII_KEPT: Final = {code: " " for code in range(128) if not chr(code).isalnum()}


def fold(name: str) -> str:
    """Give the form in which two spellings of one name are equal."""
    if name.isascii():
        if name.isalnum():
            return name.lower()
        return " ".join(name.lower().translate(_ASCII_KEPT).split())
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    kept = (
        character if character.isalnum() else " "
        for character in decomposed
        if not unicodedata.combining(character)
    )
    return " ".join("".join(kept).split())
