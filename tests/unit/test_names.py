"""The table by which names are compared, and what it makes of them.

The properties are those of a good table, held against the Unicode that this Python has, for
blocks that no later version of Unicode adds letters to. The table itself never changes.
"""

# Letters that look like others are what this is about.
# ruff: noqa: RUF001

from __future__ import annotations

import hashlib
import random
import re
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

import provenance.record.identity as module
from provenance.record.identity import FOLD_VERSION, fold, spellings

ROOT: Final = Path(__file__).resolve().parents[2]
TABLE: Final = ROOT / "src" / "provenance" / "record" / "fold-1.txt"
SHA256: Final = "750fb0363720840e920892283cdfc51d1038be0fc6b8ecbde12898b2679ebacf"
LINE: Final = re.compile(
    r"(?P<first>[0-9A-F]{4,5})(?:(?P<mark>[+-])(?P<second>[0-9A-F]{4,5}))? (?P<plain>\S+)"
    r"(?: (?P<wide>\S+))?"
)
BLOCKS: Final = (
    *range(0x250),  # Latin, up to Extended-B
    *range(0x300, 0x378),  # marks, and Greek
    *range(0x37A, 0x380),
    *range(0x384, 0x530),  # Greek and Cyrillic
    *range(0x1E00, 0x2000),  # Latin Extended Additional, Greek Extended
    *range(0x2C60, 0x2C80),  # Latin Extended-C
    *range(0xA640, 0xA6A0),  # Cyrillic Extended-B
    *range(0xFB00, 0xFB07),  # ligatures
    *range(0xFF10, 0xFF5B),  # full-width forms
)
LETTERS: Final = [chr(code) for code in BLOCKS if unicodedata.category(chr(code)) != "Cn"]
MARKS: Final = [chr(code) for code in range(0x300, 0x370) if code != 0x345]


def table_lines() -> list[re.Match[str]]:
    matches = [LINE.fullmatch(line) for line in TABLE.read_text("utf-8").splitlines()]
    assert None not in matches
    return [match for match in matches if match]


@cache
def table_entries() -> dict[str, tuple[str, str]]:
    entries: dict[str, tuple[str, str]] = {}
    for line in table_lines():
        forms = line["plain"], line["wide"] or line["plain"]
        first, last = int(line["first"], 16), int(line["second"] or line["first"], 16)
        if line["mark"] == "+":
            entries[chr(first) + chr(last)] = forms
        else:
            entries |= {chr(code): forms for code in range(first, last + 1)}
    return entries


def slow_spellings(name: str) -> list[tuple[str, str]]:
    """Follow the rule word for word: from left to right, the longest first."""
    plain, wide, at = "", "", 0
    while at < len(name):
        length = 2 if name[at : at + 2] in table_entries() and at + 1 < len(name) else 1
        taken = name[at : at + length]
        forms = table_entries().get(taken, (taken, taken))
        forms = {"-": ("", ""), "_": (" ", " ")}.get(forms[0], forms)
        plain, wide, at = plain + forms[0], wide + forms[1], at + length
    return list(zip(filter(None, plain.split(" ")), filter(None, wide.split(" ")), strict=True))


def random_names(count: int) -> list[str]:
    chance = random.Random(20)
    pieces = [*LETTERS, *MARKS * 3, *"aAeEouUnN" * 20, *" -'." * 20, "漢", "\U0001f600", "א"]
    return ["".join(chance.choices(pieces, k=chance.randrange(14))) for _ in range(count)]


# The table.


def test_the_table_is_the_published_one_and_never_changes() -> None:
    published = (ROOT / "docs" / "fold-1.txt").read_bytes()
    assert TABLE.read_bytes() == published
    assert hashlib.sha256(published).hexdigest() == SHA256
    assert FOLD_VERSION == 1
    page = (ROOT / "docs" / "formats.md").read_text("utf-8")
    assert SHA256 in page
    assert f"{len(published):,} bytes" in page


def test_the_lines_are_in_order_and_none_covers_another() -> None:
    spans = [
        (int(line["first"], 16), int(line["second"] or line["first"], 16))
        for line in table_lines()
        if line["mark"] != "+"
    ]
    assert spans == sorted(spans)
    assert all(first <= last for first, last in spans)
    assert all(one[1] < other[0] for one, other in pairwise(spans))
    text = TABLE.read_text("utf-8")
    assert text.endswith("\n")
    assert "\r" not in text


def test_ranges_vanish_or_separate_and_only_letters_have_a_wide_spelling() -> None:
    for line in table_lines():
        assert line["mark"] != "-" or line["plain"] in "-_", line[0]
        assert line["wide"] is None or line["plain"] not in "-_", line[0]
        assert line["wide"] != line["plain"], line[0]


def test_what_the_table_gives_stands_for_itself() -> None:
    entries = {line["first"] for line in table_lines() if line["mark"] != "+"}
    for line in table_lines():
        if line["plain"] not in "-_":
            for spelled in (line["plain"], line["wide"] or ""):
                assert all(f"{ord(one):04X}" not in entries for one in spelled), line[0]


def test_a_pair_is_plainly_what_its_two_code_points_are() -> None:
    """The short way of `fold` rests on this."""
    pairs = [line for line in table_lines() if line["mark"] == "+"]
    assert len(pairs) == 10
    for line in pairs:
        first, second = chr(int(line["first"], 16)), chr(int(line["second"], 16))
        assert fold(first) + fold(second) == line["plain"] == fold(first + second)


# What it makes of letters.


def test_composed_and_combined_letters_are_one() -> None:
    for letter in LETTERS:
        for form in ("NFC", "NFD"):
            other = unicodedata.normalize(form, f"x{letter}y")
            assert spellings(other) == spellings(f"x{letter}y"), f"{ord(letter):04X}"


def test_case_is_no_difference() -> None:
    # Two letters hold an apostrophe, which another case of them shows.
    for letter in set(LETTERS) - {"ŉ", "ẚ"}:
        forms = (letter.lower(), letter.upper(), letter.title(), letter.casefold())
        for form in forms:
            assert fold(f"x{form}y") == fold(f"x{letter}y"), f"{ord(letter):04X}"


def test_no_mark_is_left_and_no_space_doubled() -> None:
    for name in random_names(2000):
        folded = fold(name)
        assert not any(one in folded for one in MARKS)
        assert folded == " ".join(folded.split(" "))
        assert folded == folded.strip(" ")


def test_folding_twice_changes_nothing() -> None:
    for name in random_names(2000):
        assert fold(fold(name)) == fold(name)
        for plain, wide in spellings(name):
            assert (fold(plain), fold(wide)) == (plain, wide)


def test_names_with_marks_in_any_order_are_composed_or_not() -> None:
    for name in random_names(2000):
        composed, apart = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
        assert fold(composed) == fold(apart)


def test_the_short_way_follows_the_rule() -> None:
    for name in [*random_names(3000), "A\u0308", "U\u0308\u0304", "a", "\u0308", "-", ""]:
        assert list(spellings(name)) == slow_spellings(name), ascii(name)
        assert fold(name) == " ".join(plain for plain, _ in slow_spellings(name)), ascii(name)


def test_python_is_not_asked_what_a_character_is() -> None:
    """New letters and white space of later versions of Unicode must not change a fold."""
    source = Path(module.__file__).read_text("utf-8")
    asked = r"unicodedata|casefold|\.lower|\.is[a-z]+\(|\.split\(\)|\.strip\(\)|\\[wsd]"
    assert not re.search(asked, source)


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Lefèvre-Dubois", "lefevre dubois"),
        ("Œuvrard", "oeuvrard"),
        ("LÆTITIA", "laetitia"),
        ("Straße", "strasse"),
        ("GROẞ", "gross"),
        ("Łukasz Żółć", "lukasz zolc"),
        ("İpek Işıl Yağız", "ipek isil yagiz"),
        ("Đặng Thị Hồng Nhung", "dang thi hong nhung"),
        ("Đorđe Ǆajić", "dorde dzajic"),
        ("Søren Åse Ægir", "soren ase aegir"),
        ("Þórður Guðrún", "thordur gudrun"),
        ("Ħamrun Għajn Ċetta", "hamrun ghajn cetta"),
        ("Áŋŋel Ŧorre Čáhppe", "annel torre cahppe"),
        ("Ķīrsis Ļaura Ņina Ģirts", "kirsis laura nina girts"),
        ("Őry Ürge", "ory urge"),
        ("Le Corcʼh", "le corc h"),
        ("ʻAiʻata", "ai ata"),
        ("D’Arc ‘N‛ `O´", "d arc n o"),
        ("Gal·la", "galla"),
        ("Louÿs", "louys"),
        ("ﬁls", "fils"),
        ("ＭＡＲＴＩＮ", "martin"),
        ("LOUIS Ⅷ", "louis viii"),
        ("Σίσυφος", "σισυφοσ"),
        ("ЁЖИК Й", "ежик и"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("no\u00a0break\u2011hyphen\u3000wide", "no break hyphen wide"),
        ("王小明", "王小明"),
        (" ..-'", ""),
        ("", ""),
    ],
)
def test_names_are_folded(name: str, folded: str) -> None:
    assert fold(name) == folded


@pytest.mark.parametrize(
    ("name", "wide"),
    [
        ("Müller", "mueller"),
        ("MU\u0308LLER", "mueller"),
        ("Åse", "aase"),
        ("Øster Ångström", "oester aangstroem"),
        ("Peña", "pegna"),
        ("Đorđe", "djordje"),
        ("Ŋálá", "ngala"),
        ("Ǖrsel Ǿrs", "uersel oers"),
        ("Œuvrard Straße", "oeuvrard strasse"),
        ("MARTIN", "martin"),
    ],
)
def test_some_letters_have_a_second_customary_spelling(name: str, wide: str) -> None:
    assert " ".join(one for _, one in spellings(name)) == wide
