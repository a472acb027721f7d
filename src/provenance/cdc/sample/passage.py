"""One passage of a sample: which certification, whose, with which values and flaws."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import UNSET, Struct

from provenance.cdc.sample.flaws import FLAWS
from provenance.cdc.sample.people import identity
from provenance.cdc.sample.places import (
    CERTIFICATIONS,
    COMMUNES,
    DIGITAL,
    LANGUAGE,
    OPTIONS,
)
from provenance.cdc.sample.tree import Dice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.cdc.sample.flaws import Flaw
    from provenance.cdc.sample.people import IdentityKind
    from provenance.cdc.sample.spec import SampleSpec
    from provenance.cdc.sample.tree import Node, Tree

_LEVELS: Final = ("A1", "A2", "B1", "B2", "C1", "C2", "INSUFFISANT")
_COMPETENCES: Final = {"1": "123", "2": "1234", "3": "1234", "4": "123", "5": "12"}
_MENTIONS: Final = (
    "SANS_MENTION",
    "MENTION_ASSEZ_BIEN",
    "MENTION_BIEN",
    "MENTION_TRES_BIEN",
    "MENTION_TRES_BIEN_AVEC_FELICITATIONS_DU_JURY",
)
_VAE: Final = "VAE"
_WAYS_IN: Final = (
    "FORMATION_INITIALE_HORS_APPRENTISSAGE",
    "FORMATION_INITIALE_APPRENTISSAGE",
    "FORMATION_CONTINUE_HORS_CONTRAT_DE_PROFESSIONNALISATION",
    "FORMATION_CONTINUE_CONTRAT_DE_PROFESSIONNALISATION",
    _VAE,
    "EQUIVALENCE_DIPLOME_ETRANGER",
    "CANDIDAT_LIBRE",
)
_INITIATIVES: Final = ("CERTIFIE", "OF", "POLE_EMPLOI", "EMPLOYEUR", "AUTRE")
_REMARKS: Final = (
    "Certification délivrée par le jury du centre d'examen.",
    "Résultat consolidé après délibération ; titre < 2 ans.",
    "Épreuve orale & dossier professionnel.",
)
_PROOFS: Final = "https://preuves.example/badge"
_REGULARS_SHARE: Final = 16
"""One person in so many passages holds several certifications."""
_REGULAR_EACH: Final = 4
"""Each passage of so many is one of theirs."""


class Group(Struct, frozen=True):
    """One ``certification`` of the file, with the members before its passages."""

    number: int
    kind: str
    """``language``, ``digital`` or empty: which level comes with it."""
    head: tuple[str, str, str | None]
    """``type``, ``code`` and ``natureDeposant``, the last one perhaps left out."""

    def tree(self) -> Tree:
        """Return the elements, in the order of the schema."""
        kind, code, nature = self.head
        return {
            "type": kind,
            "code": code,
            "natureDeposant": UNSET if nature is None else nature,
        }


class Passage(Struct, frozen=True):
    """One ``passageCertification`` and what it was made from."""

    number: int
    group: Group
    person: int
    identity: IdentityKind
    flaw: Flaw | None
    tree: Tree


def make_passage(spec: SampleSpec, flaws: Mapping[int, Flaw], number: int) -> Passage:
    """Make passage ``number``; equal arguments give the same passage."""
    flaw = flaws.get(number)
    group = _group(spec, number)
    person = _person(spec, number, flaw)
    kind = _identity_kind(spec, person, flaw)
    tree = _tree(spec, number, group.kind)
    tree["identificationTitulaire"] = identity(spec.seed, person, kind)
    # The order of the schema: this one stands after the identity.
    tree["verbatim"] = Dice(spec.seed, "remark", number).perhaps(15, _REMARKS[number % 3])
    if spec.provisional:
        tree["donneeCertifiee"] = False
    if spec.revision:
        tree["urlPreuve"] = f"{_PROOFS}?id={number}&revision={spec.revision}"
    if flaw is not None:
        group, tree = _flawed(spec, flaws, number, group, tree)
    if spec.reduced:
        tree = {"idTechnique": tree["idTechnique"]}
    return Passage(
        number=number, group=group, person=person, identity=kind, flaw=flaw, tree=tree
    )


def _flawed(
    spec: SampleSpec, flaws: Mapping[int, Flaw], number: int, group: Group, tree: Tree
) -> tuple[Group, Tree]:
    flaw = FLAWS[flaws[number]]
    if flaw.head is not None:
        group = Group(number=group.number, kind="", head=(*flaw.head, group.head[2]))
    if flaw.repeats:
        tree["idTechnique"] = _id_technique(spec, _original(flaws, number))
    if flaw.spoil is not None:
        flaw.spoil(tree)
    return group, tree


def _original(flaws: Mapping[int, Flaw], number: int) -> int:
    """Find the passage before that has an idTechnique of its own; number 0 always has."""
    while number in flaws and FLAWS[flaws[number]].repeats:
        number -= 1
    return number


def _group(spec: SampleSpec, number: int) -> Group:
    at = number * min(spec.certifications, spec.passages) // spec.passages
    kind, code, level = CERTIFICATIONS[(spec.seed + at) % len(CERTIFICATIONS)]
    nature = Dice(spec.seed, "group", at).choose((None, "CERTIFICATEUR", "TIERS_CONFIANCE"))
    return Group(number=at, kind=level, head=(kind, code, nature))


def _person(spec: SampleSpec, number: int, flaw: Flaw | None) -> int:
    regulars = 1 + spec.passages // _REGULARS_SHARE
    if flaw is None and number % _REGULAR_EACH == 0:
        return number // _REGULAR_EACH % regulars
    return regulars + number


def _identity_kind(spec: SampleSpec, person: int, flaw: Flaw | None) -> IdentityKind:
    if flaw is not None and FLAWS[flaw].titulaire:
        return "titulaire"
    thrown = Dice(spec.seed, "identity", person).below(100)
    if thrown < spec.dossier_percent:
        return "dossierFormation"
    if thrown < spec.dossier_percent + spec.national_percent:
        return "identifiantNational"
    return "titulaire"


def _id_technique(spec: SampleSpec, number: int) -> str:
    """Return a text in the form of a UUID (RFC 9562, version 4) that no other passage has."""
    dice = Dice(spec.seed, "id", number)
    drawn = f"{dice.below(2**16):04x}-4{dice.below(2**12):03x}-8{dice.below(2**12):03x}"
    return f"{spec.seed % 2**32:08x}-{drawn}-{number:012x}"


def _tree(spec: SampleSpec, number: int, kind: str) -> Tree:
    dice = Dice(spec.seed, "passage", number)
    awarded = spec.day - timedelta(days=dice.between(3, 80))
    examined = awarded - timedelta(days=dice.between(5, 40))
    scored = dice.happens(40)
    return {
        "idTechnique": _id_technique(spec, number),
        "urlPreuve": dice.perhaps(25, f"{_PROOFS}?id={number}&lang=fr"),
        "libelleOption": dice.perhaps(30, dice.choose(OPTIONS)),
        "obtentionCertification": "PAR_SCORING" if scored else "PAR_ADMISSION",
        "donneeCertifiee": not dice.happens(5),
        "dateDebutExamen": examined.isoformat(),
        "dateFinExamen": (examined + timedelta(days=dice.below(3))).isoformat(),
        "modalitePassageExamen": dice.choose(("A_DISTANCE", "EN_PRESENTIEL", "MIXTE")),
        "codePostalCentreExamen": dice.perhaps(80, dice.choose(COMMUNES)[1]),
        "dateDebutValidite": awarded.isoformat(),
        "dateFinValidite": _years_later(awarded, dice.between(2, 5)) if scored else None,
        **_levels(dice, kind),
        "scoring": f"{dice.between(40, 100)}/100" if scored else None,
        "mentionValidee": None if scored else dice.choose(_MENTIONS),
        "modalitesInscription": _enrolment(dice, examined),
    }


def _years_later(day: date, years: int) -> str:
    return f"{day.year + years}-{day:%m}-{min(day.day, 28):02d}"


def _levels(dice: Dice, kind: str) -> Tree:
    language, digital = kind == LANGUAGE, kind == DIGITAL
    return {
        "presenceNiveauLangueEuro": language,
        "niveauLangueEuropeen": dice.choose(_LEVELS) if language else UNSET,
        "presenceNiveauNumeriqueEuro": digital,
        "niveauNumeriqueEuropeen": _digital(dice) if digital else UNSET,
    }


def _digital(dice: Dice) -> Tree:
    results = dice.perhaps(90, [_result(dice, domain) for domain in _COMPETENCES])
    return {"scoreGeneral": dice.between(1, 1000), "resultats": results}


def _result(dice: Dice, domain: str) -> Tree:
    competence = dice.choose(_COMPETENCES[domain])
    return {
        "niveau": dice.between(1, 8),
        "domaineCompetenceId": domain,
        "competenceId": dice.perhaps(90, competence),
    }


def _enrolment(dice: Dice, examined: date) -> Tree:
    way: Node = None if dice.happens(5) else dice.choose(_WAYS_IN)
    vae = dice.choose(("CONGES_VAE", "VAE_CLASSIQUE"))
    enrolled = (examined - timedelta(days=dice.between(30, 300))).isoformat()
    return {
        "modaliteAcces": way,
        "voieAccessVAE": vae if way == _VAE else UNSET,
        "initiativeInscription": dice.perhaps(85, dice.choose(_INITIATIVES)),
        "dateInscription": dice.perhaps(90, enrolled),
    }
