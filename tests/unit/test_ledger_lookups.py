from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

import pytest

from provenance.errors import FormatError
from provenance.ledger.lookups import Lookups, identity_of, may_be

if TYPE_CHECKING:
    from provenance.record.commitment import Value

SECRET = bytes(range(32))
PREFIX = "identificationTitulaire."


def test_the_technical_key_is_the_documented_hmac() -> None:
    message = b"provenance/lookup/technical/v1\n0ABCDEFG\nid-1"
    expected = hmac.new(SECRET, message, hashlib.sha256).digest()[:16]
    assert Lookups(SECRET).technical("0ABCDEFG", "id-1") == expected


def test_the_holders_key_names_the_table_that_folded_it() -> None:
    message = b'provenance/lookup/holder/v1/fold-1\n["titulaire","oeuvrard","zoe",1990,5,null]'
    holder: dict[str, Value] = {
        "nomNaissance": "Œuvrard",
        "prenom1": "Zoé Marie",
        "anneeNaissance": 1990,
        "moisNaissance": 5,
    }
    expected = hmac.new(SECRET, message, hashlib.sha256).digest()[:16]
    assert Lookups(SECRET).holder(holder) == expected


def test_keys_differ_by_secret_kind_and_value() -> None:
    lookups = Lookups(SECRET)
    keys = {
        lookups.technical("0ABCDEFG", "x"),
        lookups.technical("0ABCDEFH", "x"),
        lookups.reference("0ABCDEFG\nx"),
        Lookups(bytes(32)).technical("0ABCDEFG", "x"),
        lookups.holder({"nir": "x"}),
        lookups.holder({"idDossier": "x"}),
    }
    assert len(keys) == 6


def test_names_are_compared_without_case_accents_and_punctuation() -> None:
    lookups = Lookups(SECRET)
    one: dict[str, Value] = {
        "nomNaissance": "Lefèvre-Dubois",
        "prenom1": "Zoé",
        "anneeNaissance": 1990,
    }
    two: dict[str, Value] = {
        "nomNaissance": "LEFEVRE DUBOIS",
        "prenom1": "zoe",
        "anneeNaissance": 1990,
    }
    other: dict[str, Value] = {**one, "anneeNaissance": 1991}
    assert lookups.holder(one) == lookups.holder({**two, "moisNaissance": None})
    assert lookups.holder(one) != lookups.holder(other)


@pytest.mark.parametrize("prenom1", ["zoe", "ZOÉ MARIE", "Zoé-Anne", " Zoe\u0301 "])
def test_the_first_of_the_first_names_is_looked_up(prenom1: str) -> None:
    lookups = Lookups(SECRET)
    birth: dict[str, Value] = {"nomNaissance": "Durand", "anneeNaissance": 1990}
    found = lookups.holder({**birth, "prenom1": prenom1})
    assert found == lookups.holder({**birth, "prenom1": "Zoé"})
    assert found != lookups.holder({**birth, "prenom1": "Marie Zoé"})


@pytest.mark.parametrize(
    ("wanted", "recorded", "may"),
    [
        ("Zoé", "Zoé Marie Anne", True),
        ("Zoé Marie", "Zoé", True),
        ("Zoé Marie", "Zoé Anne", False),
        ("Jean-Pierre", "Jean Paul", False),
    ],
)
def test_what_is_found_is_compared_in_full(wanted: str, recorded: str, may: bool) -> None:
    birth: dict[str, Value] = {
        "nomNaissance": "Œuvrard",
        "anneeNaissance": 1990,
        "moisNaissance": 5,
        "jourNaissance": None,
    }
    record = {f"{PREFIX}titulaire.{name}": value for name, value in birth.items()}
    record |= {f"{PREFIX}titulaire.prenom1": recorded}
    assert may_be({**birth, "prenom1": wanted}, record) is may


def test_a_file_number_is_compared_by_its_key_alone() -> None:
    record: dict[str, Value] = {f"{PREFIX}dossierFormation.nomTitulaire": "Durand"}
    assert may_be({"idDossier": "D-1"}, record)


@pytest.mark.parametrize(
    "identity",
    [
        {},
        {"prenom1": "Zoé"},
        {"nir": "1", "nomNaissance": "x"},
        {"nomNaissance": "x", "sexe": "F"},
    ],
)
def test_a_holder_is_looked_up_by_exactly_one_group(identity: dict[str, str]) -> None:
    with pytest.raises(FormatError, match="exactly one"):
        Lookups(SECRET).holder(identity)


def test_a_record_is_found_by_identity_and_by_reference() -> None:
    lookups = Lookups(SECRET)
    fields = (
        ("code", "RS1"),
        (PREFIX + "titulaire.nomNaissance", "Quévert"),
        (PREFIX + "titulaire.prenom1", "Anaïs"),
        (PREFIX + "titulaire.anneeNaissance", 1991),
        (PREFIX + "titulaire.moisNaissance", 4),
        (PREFIX + "titulaire.jourNaissance", None),
    )
    assert lookups.holders_of(fields, "ref-7") == (
        lookups.reference("ref-7"),
        lookups.holder(
            {
                "nomNaissance": "QUEVERT",
                "prenom1": "ANAIS",
                "anneeNaissance": 1991,
                "moisNaissance": 4,
                "jourNaissance": None,
            }
        ),
    )


def test_a_record_without_identity_has_no_holder() -> None:
    assert identity_of({"code": "RS1"}) == ("", {})
    assert Lookups(SECRET).holders_of((("code", "RS1"),), None) == ()


def test_characters_that_are_no_text_are_refused() -> None:
    with pytest.raises(FormatError, match="no text"):
        Lookups(SECRET).reference("\udc80")
