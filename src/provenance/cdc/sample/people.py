"""Invented holders: the same number under the same seed is always the same person.

Every twelfth person is a homonym: surname and given name of the one before, born at
another time and place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import UNSET

from provenance.cdc.sample.names import GIVEN_F, GIVEN_M, SURNAMES
from provenance.cdc.sample.places import ABROAD, COMMUNES
from provenance.cdc.sample.tree import Dice

if TYPE_CHECKING:
    from provenance.cdc.sample.tree import Tree

IdentityKind: TypeAlias = Literal["titulaire", "dossierFormation", "identifiantNational"]
"""The three ways in which a passage may name its holder."""

_HOMONYM_EACH: Final = 12


def identity(seed: int, person: int, kind: IdentityKind) -> Tree:
    """Return the content of ``identificationTitulaire`` for one person."""
    dice = Dice(seed, "person", person)
    woman, surname, given = _named(Dice(seed, "name", person - _is_homonym(person)))
    if kind == "dossierFormation":
        number = f"{1 + person:011d}"
        return {kind: {"idDossier": number, "nomTitulaire": surname, "prenom1Titulaire": given}}
    if kind == "identifiantNational":
        return {kind: {"nir": _nir(dice, person, woman=woman), "nomNaissance": surname}}
    return {kind: _titulaire(dice, surname, given, woman=woman)}


def _is_homonym(person: int) -> bool:
    return person % _HOMONYM_EACH == _HOMONYM_EACH - 1


def _named(dice: Dice) -> tuple[bool, str, str]:
    woman = dice.happens(50)
    surname = dice.choose(SURNAMES)
    return woman, surname, dice.choose(GIVEN_F if woman else GIVEN_M)


def _nir(dice: Dice, person: int, *, woman: bool) -> str:
    """Return a number of the right form that nobody bears: born in month 99, department 99."""
    return f"{2 if woman else 1}{dice.below(100):02d}9999{person % 1_000_000:06d}"


def _titulaire(dice: Dice, surname: str, given: str, *, woman: bool) -> Tree:
    names = GIVEN_F if woman else GIVEN_M
    second = dice.perhaps(45, dice.choose(names))
    doubled = f"{dice.choose(SURNAMES)}-{surname}"
    # Of some holders who were born far away only the year of birth is known.
    year_only = dice.happens(2)
    return {
        "nomNaissance": surname.upper() if dice.happens(30) else surname,
        "nomUsage": dice.choose((doubled, dice.choose(SURNAMES))) if dice.happens(20) else None,
        "prenom1": given,
        "prenom2": second,
        "prenom3": UNSET if second is UNSET else dice.perhaps(35, dice.choose(names)),
        "anneeNaissance": dice.between(1956, 2006),
        "moisNaissance": None if year_only else dice.between(1, 12),
        "jourNaissance": None if year_only else dice.between(1, 28),
        "sexe": "F" if woman else "M",
        **_birthplace(dice),
    }


def _birthplace(dice: Dice) -> Tree:
    if dice.happens(12):
        commune, country_code, country = dice.choose(ABROAD)
        code: Tree = {"codePostalNaissance": {"codePostal": None}}
    else:
        insee, postal, commune = dice.choose(COMMUNES)
        country_code, country = "FRA", "France"
        code = {"codeInseeNaissance": {"codeInsee": insee}}
        if dice.happens(15):
            code = {"codePostalNaissance": {"codePostal": postal}}
    return {
        "codeCommuneNaissance": code,
        "libelleCommuneNaissance": commune,
        "codePaysNaissance": country_code,
        "libellePaysNaissance": dice.perhaps(80, country),
        "commentairesMEN": UNSET,
    }
