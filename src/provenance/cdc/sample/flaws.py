"""What may be wrong with a passage of a sample, and what the checks should say of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import UNSET, Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.cdc.sample.tree import Tree

Flaw: TypeAlias = Literal[
    "end-before-start",
    "type-code-disagree",
    "malformed-code",
    "repeated-in-file",
    "presence-flag",
    "vae-access",
    "blank-string",
    "impossible-birth",
    "competence-domain",
    "exam-order",
    "late",
]
"""Codes of the faults that flaws lead to; the first four refuse the passage."""


class FlawKind(Struct, frozen=True):
    """How a flaw is made, and what it leads to."""

    refused: bool
    head: tuple[str, str] | None = None
    """``type`` and ``code``, for flaws that lie there."""
    spoil: Callable[[Tree], None] | None = None
    """Spoils one passage."""
    repeats: bool = False
    """The idTechnique is that of a passage before."""
    titulaire: bool = False
    """The holder must be named in full for it."""


def _end_before_start(tree: Tree) -> None:
    tree["dateFinValidite"] = _day_before(tree, "dateDebutValidite")


def _presence_flag(tree: Tree) -> None:
    tree["presenceNiveauLangueEuro"] = tree["niveauLangueEuropeen"] is UNSET


def _vae_access(tree: Tree) -> None:
    tree["modalitesInscription"] = {
        "modaliteAcces": "CANDIDAT_LIBRE",
        "voieAccessVAE": "VAE_CLASSIQUE",
    }


def _blank_string(tree: Tree) -> None:
    tree["libelleOption"] = " "


def _impossible_birth(tree: Tree) -> None:
    identity = tree["identificationTitulaire"]
    assert isinstance(identity, dict)
    holder = identity["titulaire"]
    assert isinstance(holder, dict)
    holder.update(moisNaissance=2, jourNaissance=31)


def _competence_domain(tree: Tree) -> None:
    result: Tree = {"niveau": 3, "domaineCompetenceId": "5", "competenceId": "9"}
    tree["presenceNiveauNumeriqueEuro"] = True
    tree["niveauNumeriqueEuropeen"] = {"scoreGeneral": 412, "resultats": [result]}


def _exam_order(tree: Tree) -> None:
    tree["dateFinExamen"] = _day_before(tree, "dateDebutExamen")


def _late(tree: Tree) -> None:
    awarded = date.fromisoformat(str(tree["dateDebutValidite"])) - timedelta(days=200)
    tree["dateDebutExamen"] = tree["dateFinExamen"] = tree["dateDebutValidite"] = str(awarded)
    tree["modalitesInscription"] = {"modaliteAcces": "CANDIDAT_LIBRE"}


def _day_before(tree: Tree, name: str) -> str:
    return str(date.fromisoformat(str(tree[name])) - timedelta(days=1))


FLAWS: Final[dict[Flaw, FlawKind]] = {
    "end-before-start": FlawKind(refused=True, spoil=_end_before_start),
    "type-code-disagree": FlawKind(refused=True, head=("RNCP", "RS9012")),
    "malformed-code": FlawKind(refused=True, head=("RNCP", "RNCP 90117")),
    "repeated-in-file": FlawKind(refused=True, repeats=True),
    "presence-flag": FlawKind(refused=False, spoil=_presence_flag),
    "vae-access": FlawKind(refused=False, spoil=_vae_access),
    "blank-string": FlawKind(refused=False, spoil=_blank_string),
    "impossible-birth": FlawKind(refused=False, spoil=_impossible_birth, titulaire=True),
    "competence-domain": FlawKind(refused=False, spoil=_competence_domain),
    "exam-order": FlawKind(refused=False, spoil=_exam_order),
    "late": FlawKind(refused=False, spoil=_late),
}
"""Every flaw."""
