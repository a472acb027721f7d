"""Each field of a record has its place: the table of slots of each record type.

A commitment covers a fixed number of slots, one digest each, so one entry cannot hold two
values of one field, nor two holders: the alternatives of a choice share a slot. The tables
are written out, and never reordered; a name of a later schema takes a free slot, or joins
the slot of its choice. The last slot is never given to a name.

Source: ``docs/formats.md``, section 5.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from provenance.errors import FormatError
from provenance.record.entry import Certification, Erasure, Withdrawal

if TYPE_CHECKING:
    from provenance.record.entry import Entry

SOURCE: Final = "source"
"""The field that holds the digest of a record's exact bytes."""

_HOLDER: Final = "identificationTitulaire."
_BIRTH_PLACE: Final = f"{_HOLDER}titulaire.codeCommuneNaissance."


class SlotTable:
    """The slots of one record type. ``names``: the names that share each slot, in order.

    ``closed``: the slots that take no name unknown to the table.
    """

    def __init__(self, kind: str, names: dict[int, tuple[str, ...]], *, count: int) -> None:
        self.kind: Final = kind
        self.count: Final = count
        self.names: Final = tuple(names.get(slot, ()) for slot in range(count))
        self.slot_of: Final = {
            name: slot for slot, shared in enumerate(self.names) for name in shared
        }
        source = {self.slot_of[SOURCE]} if SOURCE in self.slot_of else set[int]()
        self.closed: Final = frozenset({count - 1, *source})

    def __reduce__(self) -> str:
        """Be pickled by name: there is one table a record type."""
        return self.kind.upper()

    def places(self, names: tuple[str, ...]) -> tuple[int, ...]:
        """Return the slot of each name of one record.

        Raises `FormatError` for no name, a name that the table does not know, two names of
        one slot, and names of two alternatives of a choice.
        """
        return _places(self, names)


def alternative_of(name: str) -> str | None:
    """Return which alternative of the holder's identification a field belongs to, if any."""
    if not name.startswith(_HOLDER):
        return None
    return name.removeprefix(_HOLDER).partition(".")[0]


@lru_cache(maxsize=1024)  # The same names come with every record of a kind.
def mixes_alternatives(names: tuple[str, ...]) -> bool:
    """Return whether names belong to more than one identification of a holder."""
    return len({alternative_of(name) for name in names} - {None}) > 1


@lru_cache(maxsize=1024)  # The same names come with every record of a kind.
def _places(table: SlotTable, names: tuple[str, ...]) -> tuple[int, ...]:
    unknown = [name for name in names if name not in table.slot_of]
    if unknown or not names:
        raise FormatError(f"malformed record: a {table.kind} has no such field, or no field")
    slots = tuple(table.slot_of[name] for name in names)
    if len(set(slots)) != len(slots):
        raise FormatError("malformed record: two fields of one slot")
    if mixes_alternatives(names):
        raise FormatError("malformed record: two identifications of a holder")
    return slots


CERTIFICATION: Final = SlotTable(
    "certification",
    {
        0: ("emetteur",),
        1: ("certificateur",),
        2: ("contrat",),
        3: ("type",),
        4: ("code",),
        5: ("natureDeposant",),
        6: ("idTechnique",),
        7: ("urlPreuve",),
        8: ("libelleOption",),
        9: ("obtentionCertification",),
        10: ("donneeCertifiee",),
        11: ("dateDebutExamen",),
        12: ("dateFinExamen",),
        13: ("modalitePassageExamen",),
        14: ("codePostalCentreExamen",),
        15: ("dateDebutValidite",),
        16: ("dateFinValidite",),
        17: ("presenceNiveauLangueEuro",),
        18: ("niveauLangueEuropeen",),
        19: ("presenceNiveauNumeriqueEuro",),
        20: ("niveauNumeriqueEuropeen.scoreGeneral",),
        21: ("niveauNumeriqueEuropeen.resultats",),
        22: ("scoring",),
        23: ("mentionValidee",),
        24: ("modalitesInscription.modaliteAcces",),
        25: ("modalitesInscription.voieAccessVAE",),
        26: ("modalitesInscription.initiativeInscription",),
        27: ("modalitesInscription.dateInscription",),
        28: (
            f"{_HOLDER}dossierFormation.idDossier",
            f"{_HOLDER}titulaire.anneeNaissance",
            f"{_HOLDER}identifiantNational.nir",
        ),
        29: (
            f"{_HOLDER}dossierFormation.nomTitulaire",
            f"{_HOLDER}titulaire.nomNaissance",
            f"{_HOLDER}identifiantNational.nomNaissance",
        ),
        30: (f"{_HOLDER}dossierFormation.prenom1Titulaire", f"{_HOLDER}titulaire.prenom1"),
        31: (f"{_HOLDER}titulaire.nomUsage",),
        32: (f"{_HOLDER}titulaire.prenom2",),
        33: (f"{_HOLDER}titulaire.prenom3",),
        34: (f"{_HOLDER}titulaire.moisNaissance",),
        35: (f"{_HOLDER}titulaire.jourNaissance",),
        36: (f"{_HOLDER}titulaire.sexe",),
        37: (
            f"{_BIRTH_PLACE}codeInseeNaissance.codeInsee",
            f"{_BIRTH_PLACE}codePostalNaissance.codePostal",
        ),
        38: (f"{_HOLDER}titulaire.libelleCommuneNaissance",),
        39: (f"{_HOLDER}titulaire.codePaysNaissance",),
        40: (f"{_HOLDER}titulaire.libellePaysNaissance",),
        41: (f"{_HOLDER}titulaire.commentairesMEN",),
        42: ("verbatim",),
        62: (SOURCE,),
    },
    count=64,
)
WITHDRAWAL: Final = SlotTable("withdrawal", {0: ("reason",)}, count=8)
ERASURE: Final = SlotTable("erasure", {0: ("basis",), 1: ("case",)}, count=8)

SLOT_COUNTS: Final = frozenset({CERTIFICATION.count, WITHDRAWAL.count})
"""How many slots a record can have."""


def table_of(entry: Entry) -> SlotTable | None:
    """Return the table of the record that an entry commits to; None where it has none."""
    match entry:
        case Certification():
            return CERTIFICATION
        case Withdrawal():
            return WITHDRAWAL
        case Erasure():
            return ERASURE
        case _:
            return None
