from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from provenance.cdc._nodes import DOCUMENT, PASSAGE_NODE, SLOTS
from provenance.cdc._values import (
    Boolean,
    Day,
    Enumeration,
    Integer,
    Text,
    Timestamp,
    UnfitError,
)
from provenance.cdc.schema import (
    FLUX,
    LEADING_NAMES,
    NAMESPACE,
    PASSAGE,
    PASSAGE_NAMES,
    Group,
    Leaf,
    field_names,
)
from provenance.record.commitment import check_fields
from provenance.record.dictionary import DICTIONARY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.cdc._values import Kind
    from provenance.cdc.schema import Element


def outline(element: Element, depth: int = 0) -> Iterator[str]:
    marks = "?" * element.optional
    if isinstance(element, Leaf):
        yield f"{' ' * depth}{element.name}{marks}{' nil' * element.nil}"
        return
    marks += "*" * element.repeated + "|" * element.choice
    yield f"{' ' * depth}{element.name}{marks}"
    for child in element.children:
        yield from outline(child, depth + 1)


ITEM: Final = ("niveau", "domaineCompetenceId", "competenceId")
OUTLINE: Final = """
flux
 idFlux
 horodatage
 action?
 emetteur
  idClient
  certificateurs
   certificateur
    idClient
    idContrat
    certifications
     certification*
      type
      code
      natureDeposant?
      passageCertifications
       passageCertification*
        idTechnique
        urlPreuve?
        libelleOption?
        obtentionCertification
        donneeCertifiee
        dateDebutExamen?
        dateFinExamen?
        modalitePassageExamen?
        codePostalCentreExamen?
        dateDebutValidite
        dateFinValidite nil
        presenceNiveauLangueEuro
        niveauLangueEuropeen?
        presenceNiveauNumeriqueEuro
        niveauNumeriqueEuropeen?
         scoreGeneral?
         resultats?
          resultat?*
           niveau?
           domaineCompetenceId?
           competenceId?
        scoring nil
        mentionValidee nil
        modalitesInscription
         modaliteAcces nil
         voieAccessVAE?
         initiativeInscription?
         dateInscription?
        identificationTitulaire|
         dossierFormation
          idDossier
          nomTitulaire
          prenom1Titulaire
         titulaire
          nomNaissance
          nomUsage nil
          prenom1
          prenom2?
          prenom3?
          anneeNaissance
          moisNaissance nil
          jourNaissance nil
          sexe
          codeCommuneNaissance|
           codeInseeNaissance
            codeInsee
           codePostalNaissance
            codePostal nil
          libelleCommuneNaissance?
          codePaysNaissance?
          libellePaysNaissance?
          commentairesMEN?
         identifiantNational
          nir
          nomNaissance
        verbatim?
"""


def test_the_whole_tree() -> None:
    assert "\n".join(outline(FLUX)) == OUTLINE.strip()


def test_names_of_fields_are_paths_below_the_passage() -> None:
    assert PASSAGE_NAMES[:3] == ("idTechnique", "urlPreuve", "libelleOption")
    assert "niveauNumeriqueEuropeen.resultats" in PASSAGE_NAMES
    assert not [name for name in PASSAGE_NAMES if "resultats." in name]
    assert (
        "identificationTitulaire.titulaire.codeCommuneNaissance.codeInseeNaissance.codeInsee"
        in PASSAGE_NAMES
    )
    assert PASSAGE_NAMES[-1] == "verbatim"
    assert len(set(PASSAGE_NAMES)) == len(PASSAGE_NAMES) == 43
    check_fields([(name, None) for name in (*LEADING_NAMES, *PASSAGE_NAMES, "source")])


def test_payloads_compress_with_the_same_names() -> None:
    for name in (*LEADING_NAMES, *PASSAGE_NAMES):
        assert f'"{name}'.encode() in DICTIONARY


def test_slots_follow_the_tree() -> None:
    header = list(SLOTS[:9])
    assert header[:4] == ["idFlux", "horodatage", "action", "emetteur.idClient"]
    assert [path.rpartition(".")[2] for path in header[4:]] == [
        "idClient",
        "idContrat",
        "type",
        "code",
        "natureDeposant",
    ]
    items = {f"niveauNumeriqueEuropeen.resultats.resultat.{leaf}" for leaf in ITEM}
    assert [path for path in SLOTS[9:] if path not in items] == list(PASSAGE_NAMES)
    assert len(SLOTS) == 9 + len(PASSAGE_NAMES) + len(ITEM)


def test_nodes_know_their_place() -> None:
    assert DOCUMENT.parent is DOCUMENT
    for node in DOCUMENT.nodes():
        assert all(child.parent is node for child in node.children.values())
        assert {child.owner for child in node.children.values()} <= {node.container}
        bits = [child.bit for child in node.children.values()]
        assert sum(bits) == (1 << len(bits)) - 1
        assert not node.required & node.choice
        if node.empty:
            assert (node.empty.slot, node.empty.parent) == (node.slot, node.parent)
    containers = [node.container for node in DOCUMENT.nodes() if node.parse is None]
    assert sorted(containers) == list(range(len(containers)))
    assert PASSAGE_NODE.single == 0
    assert PASSAGE_NODE.find("scoring").path == "scoring"


def test_passages_are_the_only_part_with_fields_of_their_own() -> None:
    assert [*field_names(Group("x", (PASSAGE,)))] == [
        f"passageCertification.{name}" for name in PASSAGE_NAMES
    ]
    assert NAMESPACE == "urn:cdc:cpf:pc5:schema:1.0.0"


def kind_of(*names: str) -> Kind:
    """Find the kind of a leaf by the last names of its path."""

    def leaves(element: Element, path: tuple[str, ...]) -> Iterator[Kind]:
        path = (*path, element.name)
        if isinstance(element, Group):
            for child in element.children:
                yield from leaves(child, path)
        elif path[-len(names) :] == names:
            yield element.kind

    (kind,) = leaves(FLUX, ())
    return kind


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("idFlux", 1, 50),
        ("idContrat", 1, 20),
        ("type", 1, 255),
        ("code", 1, 100),
        ("idTechnique", 1, 255),
        ("urlPreuve", 1, 255),
        ("libelleOption", 1, 255),
        ("codePostalCentreExamen", 1, 9),
        ("domaineCompetenceId", 1, 1),
        ("competenceId", 1, 1),
        ("scoring", 1, 255),
        ("idDossier", 1, 13),
        ("nomTitulaire", 1, 30),
        ("prenom1Titulaire", 1, 20),
        ("nomUsage", 1, 60),
        ("prenom1", 1, 60),
        ("prenom2", 1, 60),
        ("prenom3", 1, 60),
        ("codeInsee", 5, 5),
        ("codePostal", 1, 9),
        ("libelleCommuneNaissance", 1, 60),
        ("codePaysNaissance", 3, 3),
        ("libellePaysNaissance", 1, 60),
        ("commentairesMEN", 1, 250),
        ("verbatim", 1, 255),
    ],
)
def test_lengths_are_in_characters(name: str, low: int, high: int) -> None:
    kind = kind_of(name)
    for length in (low, high):
        text = "\U0001f393" * length
        assert kind.parse(text) == text
    for length in (low - 1, high + 1):
        with pytest.raises(UnfitError, match=f"has {length} characters") as caught:
            kind.parse("é" * length)
        assert caught.value.code == "length"


@pytest.mark.parametrize("owner", ["emetteur", "certificateur"])
def test_bodies_are_named_by_eight_characters(owner: str) -> None:
    kind = kind_of(owner, "idClient")
    assert kind.parse("12345678") == "12345678"
    with pytest.raises(UnfitError, match="exactly 8"):
        kind.parse("1234567")


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("scoreGeneral", 1, 1000),
        ("niveau", 1, 8),
        ("anneeNaissance", 1900, 2099),
        ("moisNaissance", 1, 12),
        ("jourNaissance", 1, 31),
    ],
)
def test_ranges_of_numbers(name: str, low: int, high: int) -> None:
    kind = kind_of(name)
    assert (kind.parse(str(low)), kind.parse(str(high))) == (low, high)
    for number in (low - 1, high + 1, -low):
        with pytest.raises(UnfitError, match=f"from {low} to {high}"):
            kind.parse(str(number))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("action", 2),
        ("natureDeposant", 2),
        ("obtentionCertification", 2),
        ("modalitePassageExamen", 3),
        ("niveauLangueEuropeen", 7),
        ("mentionValidee", 5),
        ("modaliteAcces", 7),
        ("voieAccessVAE", 2),
        ("initiativeInscription", 5),
        ("sexe", 2),
    ],
)
def test_words(name: str, words: int) -> None:
    kind = kind_of(name)
    assert isinstance(kind, Enumeration)
    assert len(kind.words) == words
    for word in kind.words:
        assert kind.parse(word) == word
        for other in (word.lower(), f" {word}", f"{word}\n", word[:-1], ""):
            with pytest.raises(UnfitError, match=word):
                kind.parse(other)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("07", 7),
        ("+7", 7),
        (" 7\n", 7),
        ("\t+007\r", 7),
        ("0" * 5000 + "7", 7),
        ("8", 8),
    ],
)
def test_spellings_of_a_number(text: str, value: int) -> None:
    assert Integer(1, 8).parse(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "7.0",
        "7e0",
        "0x7",
        "1_0",
        "\u0667",
        "\uff17",
        "++7",
        "+ 7",
        "7 7",
        "-7",
        "\u00a07",
        "9" * 5000,
    ],
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(UnfitError):
        Integer(1, 8).parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("1", True),
        ("false", False),
        ("0", False),
        (" true\n", True),
        ("\t0 ", False),
    ],
)
def test_spellings_of_a_truth(text: str, value: bool) -> None:
    assert Boolean().parse(text) is value


@pytest.mark.parametrize("text", ["", "TRUE", "True", "oui", "01", "2", "t", "\u00a0true"])
def test_what_is_no_truth(text: str) -> None:
    with pytest.raises(UnfitError, match="true, false, 1 or 0"):
        Boolean().parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-02-29", "2024-02-29"),
        ("1900-01-01", "1900-01-01"),
        (" 2099-12-31\n", "2099-12-31"),
    ],
)
def test_days(text: str, value: str) -> None:
    assert Day().parse(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023-02-29",
        "2024-13-01",
        "2024-00-10",
        "2024-01-32",
        "0000-01-01",
        "1899-12-31",
        "2100-01-01",
        "9999-12-31",
        "-2024-01-01",
        "12024-01-01",
        "24-01-01",
        "2024-1-1",
        "20240101",
        "2024-W01-1",
        "2024-01-01Z",
        "2024-01-01+01:00",
        "2024-01-01T00:00:00",
        "01/02/2024",
        "202\u0664-01-01",
        "nil",
    ],
)
def test_what_is_no_day(text: str) -> None:
    for _ in range(2):  # The second time the answer may be remembered.
        with pytest.raises(UnfitError, match="without time zone"):
            Day().parse(text)


@pytest.mark.parametrize(
    "text",
    ["2026-02-01T08:00:00+01:00", "2026-02-01T23:59:59-00:30", "2026-02-01T00:00:00+14:00"],
)
def test_moments(text: str) -> None:
    assert Timestamp().parse(f" {text}\n") == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-01T08:00:00Z",
        "2026-02-01T08:00:00",
        "2026-02-01T08:00:00.5+01:00",
        "2026-02-01T24:00:00+01:00",
        "2026-02-01T08:60:00+01:00",
        "2026-02-30T08:00:00+01:00",
        "2026-02-01T08:00:00+14:01",
        "2026-02-01T08:00:00-25:00",
        "2026-02-01T08:00:00+01:60",
        "2026-02-01T08:00+01:00",
        "2026-02-01 08:00:00+01:00",
        "2026-02-01T08:00:00+0100",
        "1899-12-31T23:59:59+00:00",
        "2100-01-01T00:00:00+00:00",
        "",
    ],
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(UnfitError, match="with an offset"):
        Timestamp().parse(text)


@pytest.mark.parametrize(
    "text", ["1991399999999", "285132A999999", "185132B999999"], ids=["digits", "2A", "2B"]
)
def test_national_numbers(text: str) -> None:
    assert kind_of("nir").parse(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3991399999999",
        "199139999999",
        "19913999999991",
        "185132C999999",
        "185132a999999",
        "1 99 13 999 999",
        "199139999999\u0669",
        " 1991399999999",
    ],
)
def test_what_is_no_national_number(text: str) -> None:
    with pytest.raises(UnfitError, match="13 characters") as caught:
        kind_of("nir").parse(text)
    assert caught.value.code == "pattern"


def test_kinds_say_nothing_of_the_value() -> None:
    secret = "Exemple"
    kinds: list[Kind] = [
        Text(8, 9),
        Enumeration(frozenset({"A"})),
        Boolean(),
        Integer(1, 2),
        Day(),
        Timestamp(),
    ]
    for kind in kinds:
        with pytest.raises(UnfitError) as caught:
            kind.parse(secret)
        assert secret not in caught.value.message
