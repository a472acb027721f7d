"""What a line of a CV shows of a record: the fields it needs, and those that go together.

A positive line needs `LINE_FIELDS` and the whole of one identity group. A level is shown
only together with its flag, because a level without it says less than it seems to. The
names are those of a record (``docs/reference/deposit-format.md``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

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
_FLAGS: Final = {
    "niveauLangueEuropeen": "presenceNiveauLangueEuro",
    "niveauNumeriqueEuropeen": "presenceNiveauNumeriqueEuro",
}


@lru_cache(maxsize=1024)  # The same names come with every record.
def flag_of(name: str) -> str | None:
    """Name the flag that goes with a level, or None where ``name`` is no level."""
    return _FLAGS.get(name.partition(".")[0])
