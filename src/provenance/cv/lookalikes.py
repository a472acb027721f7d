"""Characters that look like small Latin letters, from other scripts and among the signs.

A fixed list of our own, so that no version of Unicode is asked: capital and small letters of
Greek, Cyrillic and Armenian, small capitals, digits and signs that are read as a letter in a
word, and the full-width forms. It is not the whole of Unicode Technical Standard 39; it holds
what the fonts of a CV, and names of attached files, can show.
"""

from __future__ import annotations

from typing import Final

_LETTERS: Final = {
    "a": "0040 0391 03B1 0410 0430 0251 1D00",
    "b": "0392 0412 0432 042C 044C 0299",
    "c": "03F9 03F2 0421 0441 1D04",
    "d": "0501 0500 1D05",
    "e": "0033 0395 03B5 0415 0435 0404 0454 212E 20AC 1D07",
    "f": "0192 0191 03DC A730",
    "g": "0261 050C 050D 0262",
    "h": "0397 041D 043D 04BB 04BA 029C",
    "i": "0031 0021 007C 006C 004C 0399 03B9 0406 0456 04C0 04CF 0131 0130 01C0 2223 026A 029F",
    "j": "0408 0458 03F3 1D0A",
    "k": "039A 03BA 041A 043A 1D0B",
    "m": "039C 041C 043C 1D0D",
    "n": "039D 03B7 0418 0438 041F 043F 0578 0274",
    "o": "0030 039F 03BF 041E 043E 0555 0585 03C3 1D0F",
    "p": "03A1 03C1 0420 0440 1D18",
    "q": "051A 051B",
    "r": "0433 0280",
    "s": "0024 0035 0405 0455 017F A731",
    "t": "03A4 03C4 0422 0442 0037 1D1B",
    "u": "03C5 057D 1D1C",
    "v": "03BD 0474 0475 1D20",
    "w": "03C9 051C 051D 0461 1D21",
    "x": "03A7 03C7 0425 0445 00D7",
    "y": "03A5 03B3 0423 0443 04AE 04AF 028F",
    "z": "0396 1D22",
}
LOOK_ALIKES: Final[dict[str, str]] = {
    chr(int(code, 16)): letter for letter, codes in _LETTERS.items() for code in codes.split()
} | {chr(0xFF21 + at + case): chr(0x61 + at) for case in (0, 0x20) for at in range(26)}
"""A character, and the small letter that it is taken for; L and I are one letter here."""


def plain_letters(text: str) -> str:
    """Return a text with every look-alike replaced and the letters A to Z made small."""
    return "".join(LOOK_ALIKES.get(one, one.lower() if one.isascii() else one) for one in text)
