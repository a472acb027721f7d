"""Names and persons are compared as ``names.json`` has it, and alike by both implementations.

``names.json`` is written by hand: ``fold`` lists a name with its plain and its wide form,
``values`` two fields and how they compare, ``persons`` the disclosed fields of certifications
with what a report says of their persons.
"""

from __future__ import annotations

import json
import random
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from page_process import PageVerifier, needs_page, run_script
from provenance.record.identity import fold, spellings
from provenance.record.persons import (
    compare_identities,
    compare_values,
    group_persons,
    person_reasons,
    same_person,
)
from unit.test_names import random_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.record.commitment import Field, Value

VECTORS: Final[dict[str, Any]] = json.loads(
    Path(__file__).with_name("names.json").read_text("utf-8")
)
FIRST_NAMES: Final = (
    "identificationTitulaire.titulaire.prenom1",
    "identificationTitulaire.dossierFormation.prenom1Titulaire",
)
NAMES: Final = (
    *FIRST_NAMES,
    "identificationTitulaire.titulaire.nomNaissance",
    "identificationTitulaire.dossierFormation.nomTitulaire",
    "identificationTitulaire.identifiantNational.nomNaissance",
)
WORDS: Final = (
    ("Jürgen", "Juergen", "JURGEN", "Ju\u0308rgen"),
    ("Åse", "Aase", "ase"),
    ("Ås", "aas"),
    ("e", "É", "ë"),
    ("ü", "ue", "u"),
    ("Maximilienne-Joséphi", "MAXIMILIENNE JOSEPHI", "Maximilienne-Joséphine"),
    ("Zoé", "Zoe"),
)
"""Words, each in several spellings."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageVerifier]:
    with run_script(tmp_path_factory.mktemp("names"), "names") as process:
        yield PageVerifier(process)


def random_pair(chance: random.Random) -> tuple[str, str]:
    """Make two names that are often alike in one way or another."""
    words = chance.choices(WORDS, k=chance.randrange(1, 4))
    others = words if chance.random() < 0.7 else chance.choices(WORDS, k=2)

    def spell(groups: Sequence[Sequence[str]]) -> str:
        return chance.choice((" ", "-", "")).join(map(chance.choice, groups))

    return spell(words), spell(others[: chance.choice((1, 2, 3, 3))])


def random_values(count: int) -> list[tuple[Field, Field]]:
    """Make pairs of such names and of what is no name, each in some field."""
    chance = random.Random(21)
    awkward: list[Value] = [*random_names(40), None, 0, 1, True, 1990, [{"a": 1}]]
    pairs: list[tuple[Field, Field]] = []
    for _ in range(count):
        names = chance.choice(NAMES), chance.choice(NAMES)
        values: list[Value] = [*random_pair(chance)]
        if chance.random() < 0.1:
            values[0] = chance.choice(awkward)
        pairs.append(((names[0], values[0]), (names[1], values[1])))
    return pairs


def random_persons(count: int) -> list[list[list[Field]]]:
    """Make certifications of few people, each with an identity that says more or less."""
    chance = random.Random(22)
    birth = [f"identificationTitulaire.titulaire.{name}Naissance" for name in ("annee", "mois")]

    def make() -> list[Field]:
        kind = chance.choice(("titulaire", "dossierFormation", "identifiantNational"))
        fields: list[Field] = [
            (name, chance.choice(("Zoé", "Zoe Marie", "Åse", "Aase", "MARTIN", "-", None)))
            for name in NAMES
            if f".{kind}." in name
        ]
        if kind == "titulaire":
            day = "identificationTitulaire.titulaire.jourNaissance"
            fields += [(name, chance.choice((1990, 1990, 0, None))) for name in (*birth, day)]
        return fields if chance.random() < 0.9 else fields[1:]

    return [[make() for _ in range(chance.randrange(5))] for _ in range(count)]


def judge(certifications: Sequence[Sequence[Field]]) -> list[Any]:
    """Say of whom certifications are, as the page's script does."""
    shown = [dict(fields) for fields in certifications]
    groups = [[kind, list(positions)] for kind, positions in group_persons(shown)]
    return [same_person(shown), groups, list(map(list, person_reasons(shown)))]


def test_names_are_folded_as_listed() -> None:
    for name, plain, wide in VECTORS["fold"]:
        assert fold(name) == plain
        assert [" ".join(forms) for forms in zip(*spellings(name), strict=True)] == (
            [plain, wide] if plain else []
        )


def test_values_compare_as_listed_in_either_order() -> None:
    for one, other, comparison in VECTORS["values"]:
        assert compare_values(one, other) == comparison, (one, other)
        assert compare_values(other, one) == comparison, (other, one)


@pytest.mark.parametrize("case", VECTORS["persons"], ids=lambda case: str(case["title"]))
def test_persons_compare_as_listed(case: dict[str, Any]) -> None:
    expected = [case["same_person"], case["groups"], case["reasons"]]
    assert judge(case["certifications"]) == expected


def test_reasons_groups_and_comparisons_of_two_agree() -> None:
    relations = set()
    for certifications in random_persons(600):
        shown = [dict(fields) for fields in certifications]
        groups = {at: group for group in group_persons(shown) for at in group.positions}
        reasons = person_reasons(shown)
        for at, one in enumerate(shown):
            compared = {
                compare_identities(one, other)
                for other_at, other in enumerate(shown)
                if other_at != at and at in groups and other_at in groups
            }
            relations |= compared
            assert ("different" in compared) == ("other-person" in reasons[at])
            assert ("open" in compared) == ("person-unsettled" in reasons[at])
            if at in groups:
                same = [
                    other_at
                    for other_at, other in enumerate(shown)
                    if other_at == at or compare_identities(one, other) == "same"
                ]
                assert list(groups[at].positions) == same
        assert (same_person(shown) is False) == any("other-person" in one for one in reasons)
    assert relations == {"same", "open", "different"}


def test_names_that_can_be_spelled_alike_are_open() -> None:
    """Against all spellings, written out."""
    chance, name, alike = random.Random(23), NAMES[2], 0
    for _ in range(3000):
        one, other = random_pair(chance)
        spelled, counterpart = (set(map("".join, product(*spellings(x)))) for x in (one, other))
        expected = "different" if spelled.isdisjoint(counterpart) else "open"
        if fold(one) != fold(other):
            assert compare_values((name, one), (name, other)) == expected, (one, other)
            alike += expected == "open"
    assert alike > 100


def test_a_name_of_many_words_is_compared_in_short_time() -> None:
    """Each word can be spelled in two ways: of 200 words there are 2^200 spellings."""
    name, other = NAMES[2], " ".join(["Mueller", "Muller"] * 100)
    assert compare_values((name, "Müller " * 200), (name, other)) == "open"
    assert compare_values((name, "ü " * 200), (name, "u" * 100 + "ue" * 100)) == "open"
    assert compare_values((name, "ü " * 200), (name, "u" * 399 + "x")) == "different"


# The page.


@needs_page
def test_the_page_compares_as_listed(page: PageVerifier) -> None:
    names = [name for name, _, _ in VECTORS["fold"]]
    assert page.ask("fold", names=names) == [plain for _, plain, _ in VECTORS["fold"]]
    pairs = [[one, other] for one, other, _ in VECTORS["values"]]
    expected = [comparison for _, _, comparison in VECTORS["values"]]
    assert page.ask("values", pairs=pairs) == expected
    for case in VECTORS["persons"]:
        expected = [case["same_person"], case["groups"], case["reasons"]]
        assert page.ask("persons", persons=case["certifications"]) == expected, case["title"]


@needs_page
def test_the_page_folds_every_character_alike(page: PageVerifier) -> None:
    """Between two letters, so that what becomes of it is seen."""
    codes = [code for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
    names = [f"a{chr(code)}B" for code in codes]
    assert page.ask("fold", names=names) == [fold(name) for name in names]


@needs_page
def test_the_page_folds_names_alike(page: PageVerifier) -> None:
    names = random_names(20_000)
    expected = [[list(word) for word in spellings(name)] for name in names]
    assert page.ask("spellings", names=names) == expected


@needs_page
def test_the_page_compares_values_alike(page: PageVerifier) -> None:
    pairs = random_values(20_000)
    expected = [compare_values(one, other) for one, other in pairs]
    assert page.ask("values", pairs=pairs) == expected
    assert min(expected.count(one) for one in ("equal", "open", "different")) > 1000


@needs_page
def test_the_page_compares_persons_alike(page: PageVerifier) -> None:
    for certifications in random_persons(1000):
        assert page.ask("persons", persons=certifications) == judge(certifications)


@needs_page
@pytest.mark.parametrize("broken", ["folding", "wide", "separators"])
def test_another_comparison_is_noticed(broken: str, tmp_path: Path) -> None:
    """Show the positive control: a pair not read, wide forms or separators not looked at."""
    pairs = random_values(2000)
    with run_script(tmp_path, "names", broken) as process:
        expected = [compare_values(one, other) for one, other in pairs]
        assert PageVerifier(process).ask("values", pairs=pairs) != expected
