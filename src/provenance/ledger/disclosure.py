"""Choosing what a proof shows.

Names of fields, or one of two words: ``line`` for what a positive line of a CV needs,
``all`` for everything that may be shown. Some rules hold whatever was asked for: the
``nir`` is never shown; a level is shown only together with its flag; ``source`` is shown
only together with all other fields, because its hash would let hidden ones be guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from provenance.errors import PolicyError
from provenance.record.commitment import NEVER_DISCLOSED, SOURCE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from provenance.record.commitment import Field

LINE: Final = "line"
ALL: Final = "all"
LINE_FIELDS: Final = (
    "certificateur",
    "type",
    "code",
    "donneeCertifiee",
    "dateDebutValidite",
    "dateFinValidite",
)
"""What a positive line of a CV needs, besides one identity group."""
IDENTITY_FIELDS: Final = tuple(
    f"identificationTitulaire.{name}"
    for name in (
        "titulaire.nomNaissance",
        "titulaire.prenom1",
        "titulaire.anneeNaissance",
        "titulaire.moisNaissance",
        "titulaire.jourNaissance",
        "dossierFormation.nomTitulaire",
        "dossierFormation.prenom1Titulaire",
        "identifiantNational.nomNaissance",
    )
)
FLAG_OF: Final = {
    "niveauLangueEuropeen": "presenceNiveauLangueEuro",
    "niveauNumeriqueEuropeen.scoreGeneral": "presenceNiveauNumeriqueEuro",
    "niveauNumeriqueEuropeen.resultats": "presenceNiveauNumeriqueEuro",
}


def names_for(
    index: int, disclose: str | Collection[str] | Mapping[int, str | Collection[str]]
) -> frozenset[str]:
    """Give the names asked for at one entry, the two words among them."""
    wanted = disclose.get(index, LINE) if isinstance(disclose, Mapping) else disclose
    return frozenset([wanted] if isinstance(wanted, str) else wanted)


def choose(fields: Sequence[Field], names: Collection[str]) -> frozenset[str]:
    """Turn what was asked for into the names of this record that are shown.

    Optional fields that the record does not have are passed over. Raises `PolicyError`
    for a name that is never shown, or ``source`` without all other fields.
    """
    if not NEVER_DISCLOSED.isdisjoint(names):
        raise PolicyError("the nir is never disclosed")
    present = {name for name, _ in fields}
    shown = set(names) & present
    if LINE in names:
        shown |= present & {*LINE_FIELDS, *IDENTITY_FIELDS}
    if ALL in names:
        shown |= present - NEVER_DISCLOSED - {SOURCE}
    shown |= {FLAG_OF[name] for name in shown if name in FLAG_OF} & present
    complete = shown | {SOURCE} == present
    if SOURCE in names and not complete:
        raise PolicyError("source is disclosed only together with all other fields")
    return frozenset(present if complete and ALL in names else shown)
