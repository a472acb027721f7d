"""What a line of a CV shows of a record: the fields it needs, and those that go together.

A positive line needs `LINE_FIELDS` and the whole of one identity group. A level is shown
only together with its flag, because a level without it says less than it seems to. The
names are those of a record (``docs/reference/deposit-format.md``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

_HOLDER: Final = "identificationTitulaire"
LINE_FIELDS: Final = (
    "certificateur",
    "type",
    "code",
    "donneeCertifiee",
    "dateDebutValidite",
    "dateFinValidite",
)
"""What a positive line of a CV needs disclosed, besides one whole identity."""
IDENTITY_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "titulaire": tuple(
        f"{_HOLDER}.titulaire.{name}"
        for name in (
            "nomNaissance",
            "prenom1",
            "anneeNaissance",
            "moisNaissance",
            "jourNaissance",
        )
    ),
    "dossier": tuple(
        f"{_HOLDER}.dossierFormation.{name}" for name in ("nomTitulaire", "prenom1Titulaire")
    ),
    "national": (f"{_HOLDER}.identifiantNational.nomNaissance",),
}
"""The fields of each kind of identity that a holder may be shown by."""
SOURCE_NEEDS: Final = frozenset(
    {
        "emetteur",
        "certificateur",
        "contrat",
        "type",
        "code",
        "idTechnique",
        "obtentionCertification",
        "donneeCertifiee",
        "dateDebutValidite",
        "dateFinValidite",
        "presenceNiveauLangueEuro",
        "presenceNiveauNumeriqueEuro",
        "scoring",
        "mentionValidee",
        "modalitesInscription.modaliteAcces",
    }
)
"""What must be shown beside ``source``, besides a holder's identification as a whole."""
SOURCE_HOLDERS: Final[tuple[frozenset[str], ...]] = (
    frozenset(
        f"{_HOLDER}.dossierFormation.{name}"
        for name in ("idDossier", "nomTitulaire", "prenom1Titulaire")
    ),
    *(
        frozenset(
            f"{_HOLDER}.titulaire.{name}"
            for name in (
                "nomNaissance",
                "nomUsage",
                "prenom1",
                "anneeNaissance",
                "moisNaissance",
                "jourNaissance",
                "sexe",
                f"codeCommuneNaissance.{place}",
            )
        )
        for place in ("codeInseeNaissance.codeInsee", "codePostalNaissance.codePostal")
    ),
)
"""Identifications of which one is shown as a whole beside ``source``. Neither list grows."""
_FLAGS: Final = {
    "niveauLangueEuropeen": "presenceNiveauLangueEuro",
    "niveauNumeriqueEuropeen": "presenceNiveauNumeriqueEuro",
}


def shows_source_rightly(names: AbstractSet[str]) -> bool:
    """Return whether all that ``source`` needs beside it is among ``names``.

    A hidden field of few values could be found from its hash; a holder known by the
    national number alone never fits, because that number is never shown.
    """
    return names >= SOURCE_NEEDS and any(names >= holder for holder in SOURCE_HOLDERS)


@lru_cache(maxsize=1024)  # The same names come with every record.
def flag_of(name: str) -> str | None:
    """Return the flag that goes with a level, or None where ``name`` is not a level."""
    return _FLAGS.get(name.partition(".")[0])
