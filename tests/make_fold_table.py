"""Wrote ``fold-1.txt``, the table by which names are compared. The table never changes.

Kept so that a reader sees where each line comes from, and for a second table, should there
ever be one: what is written by hand is here, and the rest follows from the decompositions and
the case of one version of Unicode. ``python tests/make_fold_table.py`` prints the table.

Sources: ICAO Doc 9303 part 3 section 6 (letters of Latin alphabets in the machine readable
zone), instruction générale relative à l'état civil no. 106 (ligatures; ñ as n or gn),
Unicode 14.0.0 (UnicodeData.txt).
"""

# Letters that look like others are what this is about.
# ruff: noqa: RUF001

from __future__ import annotations

import sys
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

UNICODE: Final = "14.0.0"

VANISHING: Final = (
    "00AD 00B7 0300-0344 0346-036F 0387 0483-0489 061C 180B-180F 1AB0-1AFF 1DC0-1DFF "
    "200B-200F 202A-202E 2060-206F 20D0-20FF 2DE0-2DFF A66F-A672 A674-A67D A69E-A69F "
    "FE00-FE0F FE20-FE2F FEFF FFF9-FFFB E0000-E0FFF"
)
"""Marks, what is not seen, and the point of the Catalan l·l."""
SEPARATING: Final = (
    "0000-002F 003A-0040 005B-0060 007B-00A9 00AB-00AC 00AE-00B1 00B4 00B6 00B8 00BB-00BF 00D7 "
    "00F7 0241-0242 0294-0295 02B9-02DF 02E5-02FF 0374-0375 037A 037E 0384-0385 03F6 0482 058A "
    "05BE 05F3-05F4 1680 1FBD 1FBF-1FC1 1FCD-1FCF 1FDD-1FDF 1FED-1FEF 1FFD-1FFE 2000-200A "
    "2010-2029 202F-205F 20A0-20CF 2190-2BFF 2E00-2E7F 3000-3003 3008-3020 3030 30A0 30FB A673 "
    "A67E A700-A721 A788-A78C FE10-FE1F FE30-FE6F FF01-FF0F FF1A-FF20 FF3B-FF40 FF5B-FF65 "
    "FFE0-FFEE FFFC-FFFD 1F000-1FAFF"
)
"""Spaces, punctuation, symbols; apostrophes of all kinds, letters or not."""
LETTERS: Final = (
    # Of the languages of Europe.
    "æ=ae œ=oe ß=ss þ=th ð=d đ=d/dj ø=o/oe ł=l ħ=h ŋ=n/ng ŧ=t ı=i ĳ=ij/y ĸ=k/q ŀ=l ŉ=n ſ=s "
    "ə=a/e ʒ=z ǥ=g ƿ=w ς=σ \u0345=ι "
    # With a stroke or a hook, of languages of Africa and others.
    "ƀ=b ƃ=b ɓ=b ȼ=c ƈ=c ȡ=d ƌ=d ɖ=d ɗ=d ɇ=e ɛ=e ǝ=e ƒ=f ɠ=g ɡ=g ɣ=g ɦ=h ⱨ=h ɨ=i ɩ=i ɪ=i ɉ=j "
    "ȷ=j ƙ=k ⱪ=k ƚ=l ȴ=l ɫ=l ɬ=l ⱡ=l ɱ=m ƞ=n ȵ=n ɲ=n/gn ɳ=n ꞑ=n ɔ=o ɵ=o ƥ=p ᵽ=p ɋ=q ɍ=r ɽ=r "
    "ʃ=s ʂ=s ȿ=s ƫ=t ƭ=t ȶ=t ʈ=t ⱦ=t ʉ=u ʊ=u ʋ=v ⱳ=w ƴ=y ɏ=y ƶ=z ȥ=z ɀ=z ⱬ=z ⱥ=a ɑ=a ƕ=hv "
    "ȣ=ou "
    # Of old books, and of Latvian before 1921.
    "ẚ=a ꞡ=g ꞣ=k ꞥ=n ꞧ=r ꞩ=s ꜳ=aa ꜵ=ao ꜷ=au ꜹ=av ꜻ=av ꜽ=ay ꝏ=oo ꝡ=vy ꜩ=tz"
)
"""Letters whose administrative spelling is not their decomposition: plain/wide."""
PAIRS: Final = (
    ("a", 0x308, "ae"),
    ("a", 0x30A, "aa"),
    ("n", 0x303, "gn"),
    ("o", 0x308, "oe"),
    ("u", 0x308, "ue"),
)
"""A letter, a mark behind it, and the wide spelling; the plain one is the letter."""
COVERED: Final = (
    "0041-02AF 0345 0370-052F 1C80-1C88 1D7D 1E00-1FFF 2126 212A-212B 2160-2188 2C60-2C7F "
    "A640-A69B A722-A787 A78D-A7FF AB53 FB00-FB06 FF10-FF19 FF21-FF3A FF41-FF5A"
)
"""Where letters are looked for: the blocks of Latin, Greek and Cyrillic, full-width forms."""

_LETTERS: Final = {
    letter: tuple(forms.split("/"))
    for letter, _, forms in (item.partition("=") for item in LETTERS.split())
}
_WIDE_PAIRS: Final = {letter + chr(mark): wide for letter, mark, wide in PAIRS}


def spread(ranges: str) -> Iterator[tuple[int, int]]:
    """Read ranges of code points, both ends included."""
    for item in ranges.split():
        first, _, last = item.partition("-")
        yield int(first, 16), int(last or first, 16)


def is_mark(letter: str) -> bool:
    """Return whether a character is a mark that vanishes; the iota below is a letter."""
    return unicodedata.combining(letter) != 0 and letter not in _LETTERS


def plain(letter: str) -> str:
    """Spell one letter plainly."""
    low = letter.lower()
    if low in _LETTERS:
        return _LETTERS[low][0]
    apart = unicodedata.normalize("NFKD", letter)
    if apart != letter:
        return "".join(plain(one) for one in apart if not is_mark(one))
    if low != letter:
        return plain(low)
    folded = letter.casefold()  # Of letters with no decomposition: other shapes of Cyrillic.
    return letter if len(folded) > 1 or folded.upper() == letter else folded


def wide(letter: str) -> str:
    """Spell one letter in the second customary way, where it has one."""
    apart = unicodedata.normalize("NFD", letter.lower())
    if apart[:2] in _WIDE_PAIRS:
        return _WIDE_PAIRS[apart[:2]]
    return _LETTERS[apart[0]][-1] if apart[0] in _LETTERS else plain(letter)


def lines() -> Iterator[tuple[int, int, str]]:
    """Make all lines, each with the code points that it begins with."""
    taken: set[int] = set()
    for ranges, target in ((VANISHING, "-"), (SEPARATING, "_")):
        for first, last in spread(ranges):
            taken.update(range(first, last + 1))
            span = f"{first:04X}" if first == last else f"{first:04X}-{last:04X}"
            yield first, 0, f"{span} {target}"
    for first, last in spread(COVERED):
        for code in set(range(first, last + 1)) - taken:
            letter = chr(code)
            if unicodedata.category(letter) != "Cn" and plain(letter) != letter:
                yield code, 0, " ".join((f"{code:04X}", *_forms(plain(letter), wide(letter))))
    for code in map(ord, "ªº¹²³"):
        yield code, 0, f"{code:04X} {plain(chr(code))}"
    for letter, mark, spelled in PAIRS:
        for one in (letter, letter.upper()):
            yield ord(one), mark, f"{ord(one):04X}+{mark:04X} {letter} {spelled}"


def _forms(one: str, other: str) -> tuple[str, ...]:
    return (one,) if one == other else (one, other)


def main() -> None:
    """Print the table."""
    if unicodedata.unidata_version != UNICODE:
        sys.exit(f"the table was made with Unicode {UNICODE}, which Python 3.11 has")
    table = sorted(set(lines()))
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write("".join(f"{line}\n" for _, _, line in table))


if __name__ == "__main__":
    main()
