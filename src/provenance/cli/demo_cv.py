"""The demo's last part: a sealed CV, what forgers make of it, and every verdict."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from provenance.cli.exits import NO, YES

if TYPE_CHECKING:
    from provenance.cli.demo_stage import Stage

TRUST: Final = ("--policy", "stranger/policy.txt", "--seal-roots", "stranger/seal-roots.txt")
SEAL: Final = "operator/seal.p12"
TITLES: Final = {
    "RNCP90117": "Technicien de maintenance des réseaux",
    "RS9012": "Communiquer en langue étrangère dans un contexte professionnel",
    "RNCP90342": "Chargé d’accompagnement en insertion",
    "RS9044": "Compétences numériques du quotidien",
    "RNCP90518": "Responsable d’exploitation logistique",
    "RS9107": "Rédiger et négocier en langue étrangère",
    "RNCP90866": "Concepteur d’applications",
    "RS9230": "Sécurité numérique au travail",
    "RNCP91004": "Gestionnaire de paie",
    "HAB-ÉLEC-B2V": "Habilitation électrique B2V",
    "DU-SANTÉ-TRAVAIL": "Santé et travail",
    "REC/2023/0415": "Animation de réseaux locaux",
}
"""Titles for the invented codes of samples."""
DECLARED: Final[dict[str, Any]] = {
    "headline": "Chargée de projets numériques",
    "contact": ["contact@cv.example", "06 00 00 00 00", "Clermont-Ferrand"],
    "profile": "Douze ans au service d’associations et de collectivités, de l’accueil du "
    "public à la conduite de projets.",
    "experience": [
        {
            "title": "Chargée de projets",
            "organisation": "Coopérative Les Écluses",
            "place": "Clermont-Ferrand",
            "from": "2020",
            "text": "Mise en ligne de trois services pour les habitants, du recueil des "
            "besoins à la formation des agents.",
        },
        {
            "title": "Conseillère numérique",
            "organisation": "Médiathèque du Parc",
            "place": "Riom",
            "from": "2014",
            "to": "2020",
        },
    ],
    "education": [
        {
            "title": "Baccalauréat technologique",
            "organisation": "Lycée Marie-Curie",
            "from": "2008",
            "to": "2011",
        }
    ],
    "skills": ["Conduite de projet", "Accessibilité", "Animation d’ateliers"],
    "languages": ["Français", "Espagnol"],
    "titles": {
        "register": "registre inventé pour la démonstration",
        "version": "2026",
        "titles": TITLES,
    },
}
"""What the holder of the demo declares, besides a name."""
_HOLDER: Final = "identificationTitulaire.titulaire."


class Verdict(NamedTuple):
    """A document, what it is, and what has to be said of it."""

    file: str
    what: str
    level: str
    status: int


VERDICTS: Final = (
    Verdict("cv.pdf", "the CV as the operator sealed it", "original", YES),
    Verdict("printed.png", "its last page, printed and scanned", "printed", YES),
    Verdict("resaved.pdf", "saved anew by a viewer, the seal lost", "re-saved", NO),
    Verdict("forged-painted.pdf", "a title painted over with another", "forged", NO),
    Verdict("forged-moved.pdf", "the proof attached to another CV", "re-saved", NO),
    Verdict("forged-smuggled.pdf", "somebody else's certification, own seal", "forged", NO),
)


def play(stage: Stage, holder: dict[str, Any], *, own: list[int], other: int) -> None:
    """Play it; ``holder``: fields of one of its certifications ``own``, ``other``: not its."""
    _make_keys(stage)
    _make_cv(stage, holder)
    _forge(stage, own, other)
    _judge(stage)


def _make_keys(stage: Stage) -> None:
    stage.say("The operator makes a seal for documents, and a key for codes on paper.")
    stage.run("cv", "seal-key", "operator", "--name", "Opérateur d'exemple")
    made = stage.ask("key", "new", "operator/summary.pem", "--name", "log.example/demo/summary")
    line = f"summary {made['vkey']}\n"
    roots = stage.read("operator/seal-roots.txt") + line.encode()
    stage.write("stranger/seal-roots.txt", roots)
    print("stranger/seal-roots.txt holds both, got by another way than the CV.\n")


def _make_cv(stage: Stage, holder: dict[str, Any]) -> None:
    stage.say("A CV is made from the proof and what the holder declares, and is sealed.")
    stage.write("holder.json", _declare(holder))
    made = ("--policy", "stranger/policy.txt", "--summary-key", "operator/summary.pem")
    stage.run(
        *("cv", "render", "holder.json", "stranger/proof.json", *made, "-o", "rendered.pdf")
    )
    stage.run("cv", "seal", "rendered.pdf", "--key", SEAL, "-o", "cv.pdf")


def _declare(fields: dict[str, Any]) -> bytes:
    name = f"{fields[f'{_HOLDER}prenom1']} {fields[f'{_HOLDER}nomNaissance']}"
    document = {"format": "provenance-holder/1", "name": name.title(), **DECLARED}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _forge(stage: Stage, own: list[int], other: int) -> None:
    stage.say("Forgers get to work. Their files look as good as the original.")
    _forge_copies(stage)
    for one in VERDICTS[1:]:
        print(f"{one.file}: {one.what}")
    print()
    attach = ("cv", "attach")
    stage.run(*attach, "faussaire.pdf", "stranger/proof.json", "-o", "forged-moved.pdf")
    stage.run("prove", "ledger", *map(str, sorted([*own, other])), "-o", "smuggled.json")
    stage.run(*attach, "resaved.pdf", "smuggled.json", "-o", "smuggled.pdf")
    stage.run("cv", "seal-key", "forger", "--name", "Opérateur d'exemple")
    forged = ("cv", "seal", "smuggled.pdf", "--key", "forger/seal.p12")
    stage.run(*forged, "-o", "forged-smuggled.pdf")


def _forge_copies(stage: Stage) -> None:
    """Make what takes a PDF editor and a scanner rather than a command."""
    # What forges needs packages that nobody else needs.
    from provenance.cli.demo_forgery import (  # noqa: PLC0415
        paint_over,
        remove_seal,
        scan_page,
        write_cv,
    )

    genuine = stage.read("cv.pdf")
    stage.write("printed.png", scan_page(genuine))
    stage.write("resaved.pdf", remove_seal(genuine))
    report = stage.ask("verify", "stranger/proof.json", "--policy", "stranger/policy.txt")
    code = str(dict(report["certifications"][0]["fields"])["code"])
    painted = paint_over(genuine, TITLES.get(code, code), "Doctorat en informatique")
    stage.write("forged-painted.pdf", painted)
    lines = ["Toutes mes certifications sont garanties : voyez la pièce jointe."]
    stage.write("faussaire.pdf", write_cv("Jean Faussaire", lines))


def _judge(stage: Stage) -> None:
    stage.say("The stranger checks each of them, with policy and seal roots, offline.")
    for one in VERDICTS:
        print(f"{one.file}: {one.what}")
        stage.run("verify", one.file, *TRUST, status=one.status)
        found = stage.ask("verify", one.file, *TRUST, status=one.status)
        stage.check(found["level"] == one.level, f"{one.file} is said to be {found['level']}")
    width = max(len(one.file) for one in VERDICTS)
    print("In short:\n")
    for one in VERDICTS:
        answer = "YES" if one.status == YES else "NO "
        print(f"  {answer}  {one.file:<{width}}  {one.level:<9} {one.what}")
    print()
