"""The tree of a deposit file, as data: which elements, how often, with which values.

    flux                                    all elements are in `NAMESPACE`
      idFlux, horodatage, action?           1.1.5 added ``action``
      emetteur
        idClient                            the depositor
        certificateurs / certificateur      exactly one
          idClient, idContrat
          certifications / certification    one or more
            type, code, natureDeposant?
            passageCertifications / passageCertification      one or more

The children of an element come in any order. A *choice* holds exactly one of its children.
The order below is the order of the fields in a record (`PASSAGE_NAMES`), whatever the order
in the file. Lengths are in characters. The two published versions of the schema share one
namespace and differ in ``action`` and ``identifiantNational``, which only 1.1.5 has.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from provenance.cdc._values import (
    Boolean,
    Day,
    Enumeration,
    Integer,
    Kind,
    Pattern,
    Text,
    Timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMESPACE: Final = "urn:cdc:cpf:pc5:schema:1.0.0"
"""The one namespace of deposit files, in every version of the schema."""
SEPARATOR: Final = "\x01"
"""Stands between namespace and name where a parser names an element: no XML holds it."""
LEADING_NAMES: Final = (
    "emetteur",
    "certificateur",
    "contrat",
    "type",
    "code",
    "natureDeposant",
)
"""The fields of a record that stand around the passage in the file; the last is optional."""


class Leaf(Struct, frozen=True):
    """An element with a value. ``nil``: it may say ``xsi:nil`` instead, which is null."""

    name: str
    kind: Kind
    optional: bool = False
    nil: bool = False


class Group(Struct, frozen=True):
    """An element that holds elements: all of them, or with ``choice`` exactly one.

    ``repeated``: it may stand more than once in its parent.
    """

    name: str
    children: tuple[Element, ...]
    optional: bool = False
    choice: bool = False
    repeated: bool = False


Element: TypeAlias = Leaf | Group


def _leaf(name: str, kind: Kind, *, nil: bool = False) -> Leaf:
    return Leaf(name=name.removesuffix("?"), kind=kind, optional=name.endswith("?"), nil=nil)


def _group(
    name: str, *children: Element, choice: bool = False, repeated: bool = False
) -> Group:
    return Group(
        name=name.removesuffix("?"),
        children=children,
        optional=name.endswith("?"),
        choice=choice,
        repeated=repeated,
    )


def _words(text: str) -> Enumeration:
    return Enumeration(frozenset(text.split()))


_NIR: Final = Pattern(
    expression=re.compile(r"[12][0-9]{4}(2[AB]|[0-9]{2})[0-9]{6}"),
    form="the 13 characters of a national number, without spaces and without key",
)

_RESULTS: Final = _group(
    "resultats?",
    Group(
        name="resultat",
        children=(
            _leaf("niveau?", Integer(1, 8)),
            _leaf("domaineCompetenceId?", Text(1, 1)),
            _leaf("competenceId?", Text(1, 1)),
        ),
        optional=True,
        repeated=True,
    ),
)
_DIGITAL_LEVEL: Final = _group(
    "niveauNumeriqueEuropeen?", _leaf("scoreGeneral?", Integer(1, 1000)), _RESULTS
)
_MENTIONS: Final = _words(
    "SANS_MENTION MENTION_ASSEZ_BIEN MENTION_BIEN MENTION_TRES_BIEN "
    "MENTION_TRES_BIEN_AVEC_FELICITATIONS_DU_JURY"
)
_ACCESS: Final = _words(
    "FORMATION_INITIALE_HORS_APPRENTISSAGE FORMATION_INITIALE_APPRENTISSAGE "
    "FORMATION_CONTINUE_HORS_CONTRAT_DE_PROFESSIONNALISATION "
    "FORMATION_CONTINUE_CONTRAT_DE_PROFESSIONNALISATION VAE EQUIVALENCE_DIPLOME_ETRANGER "
    "CANDIDAT_LIBRE"
)
_ENROLMENT: Final = _group(
    "modalitesInscription",
    _leaf("modaliteAcces", _ACCESS, nil=True),
    _leaf("voieAccessVAE?", _words("CONGES_VAE VAE_CLASSIQUE")),
    _leaf("initiativeInscription?", _words("CERTIFIE OF POLE_EMPLOI EMPLOYEUR AUTRE")),
    _leaf("dateInscription?", Day()),
)
_BIRTH_PLACE: Final = _group(
    "codeCommuneNaissance",
    _group("codeInseeNaissance", _leaf("codeInsee", Text(5, 5))),
    _group("codePostalNaissance", _leaf("codePostal", Text(1, 9), nil=True)),
    choice=True,
)
_HOLDER: Final = _group(
    "titulaire",
    _leaf("nomNaissance", Text(1, 60)),
    _leaf("nomUsage", Text(1, 60), nil=True),
    _leaf("prenom1", Text(1, 60)),
    _leaf("prenom2?", Text(1, 60)),
    _leaf("prenom3?", Text(1, 60)),
    _leaf("anneeNaissance", Integer(1900, 2099)),
    _leaf("moisNaissance", Integer(1, 12), nil=True),
    _leaf("jourNaissance", Integer(1, 31), nil=True),
    _leaf("sexe", _words("M F")),
    _BIRTH_PLACE,
    _leaf("libelleCommuneNaissance?", Text(1, 60)),
    _leaf("codePaysNaissance?", Text(3, 3)),
    _leaf("libellePaysNaissance?", Text(1, 60)),
    _leaf("commentairesMEN?", Text(1, 250)),
)
_IDENTITY: Final = _group(
    "identificationTitulaire",
    _group(
        "dossierFormation",
        _leaf("idDossier", Text(1, 13)),
        _leaf("nomTitulaire", Text(1, 30)),
        _leaf("prenom1Titulaire", Text(1, 20)),
    ),
    _HOLDER,
    _group("identifiantNational", _leaf("nir", _NIR), _leaf("nomNaissance", Text(1, 60))),
    choice=True,
)
PASSAGE: Final = _group(
    "passageCertification",
    _leaf("idTechnique", Text(1, 255)),
    _leaf("urlPreuve?", Text(1, 255)),
    _leaf("libelleOption?", Text(1, 255)),
    _leaf("obtentionCertification", _words("PAR_ADMISSION PAR_SCORING")),
    _leaf("donneeCertifiee", Boolean()),
    _leaf("dateDebutExamen?", Day()),
    _leaf("dateFinExamen?", Day()),
    _leaf("modalitePassageExamen?", _words("A_DISTANCE EN_PRESENTIEL MIXTE")),
    _leaf("codePostalCentreExamen?", Text(1, 9)),
    _leaf("dateDebutValidite", Day()),
    _leaf("dateFinValidite", Day(), nil=True),
    _leaf("presenceNiveauLangueEuro", Boolean()),
    _leaf("niveauLangueEuropeen?", _words("A1 A2 B1 B2 C1 C2 INSUFFISANT")),
    _leaf("presenceNiveauNumeriqueEuro", Boolean()),
    _DIGITAL_LEVEL,
    _leaf("scoring", Text(1, 255), nil=True),
    _leaf("mentionValidee", _MENTIONS, nil=True),
    _ENROLMENT,
    _IDENTITY,
    _leaf("verbatim?", Text(1, 255)),
    repeated=True,
)
"""One certification of one person: what becomes a record."""

_CERTIFICATION: Final = _group(
    "certification",
    _leaf("type", Text(1, 255)),
    _leaf("code", Text(1, 100)),
    _leaf("natureDeposant?", _words("CERTIFICATEUR TIERS_CONFIANCE")),
    _group("passageCertifications", PASSAGE),
    repeated=True,
)
_CERTIFIER: Final = _group(
    "certificateur",
    _leaf("idClient", Text(8, 8)),
    _leaf("idContrat", Text(1, 20)),
    _group("certifications", _CERTIFICATION),
)
FLUX: Final = _group(
    "flux",
    _leaf("idFlux", Text(1, 50)),
    _leaf("horodatage", Timestamp()),
    _leaf("action?", _words("CREATION SUPPRESSION")),
    _group("emetteur", _leaf("idClient", Text(8, 8)), _group("certificateurs", _CERTIFIER)),
)
"""The whole file, from its root element on."""


def is_list(element: Element) -> bool:
    """Return whether an element of a passage becomes one field that holds a list."""
    return element is _RESULTS


def field_names(group: Group, prefix: str = "") -> Iterator[str]:
    """Name the fields below ``group`` by their dotted paths, in order; a list is one."""
    for child in group.children:
        if isinstance(child, Leaf) or is_list(child):
            yield f"{prefix}{child.name}"
        else:
            yield from field_names(child, f"{prefix}{child.name}.")


PASSAGE_NAMES: Final = tuple(field_names(PASSAGE))
"""The fields of a record that come from the passage itself, in their order."""
