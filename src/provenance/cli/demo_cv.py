"""The demo's last part: a sealed CV, what forgers make of it, and every verdict."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from provenance.cli.exits import ATTENTION, NO, UNREADABLE, YES

if TYPE_CHECKING:
    from provenance.cli.demo_stage import Stage

TRUST: Final = ("--policy", "stranger/policy.txt", "--seal-roots", "stranger/seal-roots.txt")
SEAL: Final = "operator/seal.p12"
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
}
"""What the holder of the demo declares, besides a name."""
_HOLDER: Final = "identificationTitulaire.titulaire."


class Verdict(NamedTuple):
    """A document, what it is, and what has to be said of it.

    ``in_full``: the whole answer is shown, else its first sentence.
    """

    file: str
    what: str
    level: str
    status: int
    in_full: bool = False


VERDICTS: Final = (
    Verdict("cv.pdf", "the CV as the operator sealed it", "original", YES, in_full=True),
    Verdict(
        "printed.png", "its last page, printed and scanned", "paper", ATTENTION, in_full=True
    ),
    Verdict("resaved.pdf", "saved anew by a viewer, the seal lost", "not-original", NO),
    Verdict("painted.pdf", "a code painted over with a title", "modified", NO, in_full=True),
    Verdict("moved.pdf", "the proof attached to somebody else's CV", "impersonation", NO),
    Verdict("smuggled.pdf", "somebody else's certification in it", "other-persons", NO),
    Verdict("imitated.pdf", "the same CV, sealed by a stranger", "untrusted-seal", NO),
    Verdict("ordinary.pdf", "a CV without any proof", "no-proof", UNREADABLE),
)
_ANSWERS: Final = {YES: "YES", ATTENTION: "LOOK", NO: "NO", UNREADABLE: "-"}


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
    name = f"{holder[f'{_HOLDER}prenom1']} {holder[f'{_HOLDER}nomNaissance']}"
    stage.write("holder.json", declare({"name": name.title(), **DECLARED}))
    made = ("--policy", "stranger/policy.txt", "--summary-key", "operator/summary.pem")
    stage.run(
        *("cv", "render", "holder.json", "stranger/proof.json", *made, "-o", "rendered.pdf")
    )
    stage.run("cv", "seal", "rendered.pdf", "--key", SEAL, "-o", "cv.pdf")


def declare(members: dict[str, Any]) -> bytes:
    """Return a holder's file."""
    document = {"format": "provenance-holder/1", **members}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _forge(stage: Stage, own: list[int], other: int) -> None:
    stage.say("Forgers get to work. Their files look as good as the original.")
    _forge_copies(stage)
    for one in VERDICTS[1:]:
        print(f"{one.file}: {one.what}")
    print()
    attach, seal = ("cv", "attach"), ("cv", "seal")
    # A CV of their own, as the operator makes them, with the proof of somebody better.
    policy = ("--policy", "stranger/policy.txt")
    stage.run("prove", "ledger", str(other), "-o", "other.json")
    stage.run("cv", "render", "other-holder.json", "other.json", *policy, "-o", "other.pdf")
    stage.run(*attach, "other.pdf", "stranger/proof.json", "-o", "moved.pdf")
    both = map(str, sorted([*own, other]))
    stage.run("prove", "ledger", *both, "-o", "smuggled.json")
    smuggled = (*attach, "resaved.pdf", "smuggled.json")
    stage.say("Commands of honest people do not put two persons' certifications into one CV.")
    stage.run(*smuggled, "-o", "smuggled.pdf", status=NO)
    stage.run(*smuggled, "--as-is", "-o", "smuggled.pdf")
    stage.run("cv", "seal-key", "forger", "--name", "Opérateur d'exemple")
    key = ("--key", "forger/seal.p12")
    stage.run(*seal, "rendered.pdf", *key, "-o", "imitated.pdf")


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
    stage.write("painted.pdf", paint_over(genuine, code, "Doctorat en informatique"))
    lines = ["Toutes mes certifications sont garanties."]
    stage.write("ordinary.pdf", write_cv("Jean Faussaire", lines))
    stage.write("other-holder.json", declare({"headline": "Développeur"}))


def _judge(stage: Stage) -> None:
    stage.say("The stranger checks each of them, with policy and seal roots, offline.")
    for one in VERDICTS:
        print(f"{one.file}: {one.what}")
        words = ("verify", one.file, *TRUST)
        if one.in_full:
            stage.run(*words, status=one.status)
        else:
            stage.show(*words)
        found = stage.ask(*words, status=one.status)
        stage.check(found["level"] == one.level, f"{one.file} is said to be {found['level']}")
        if not one.in_full:
            print(f"{found['level']}: {found['summary'][0]}\n")
    width, levels = (
        max(len(getattr(one, name)) for one in VERDICTS) for name in ("file", "level")
    )
    print("In short:\n")
    for one in VERDICTS:
        answer = _ANSWERS[one.status]
        print(f"  {answer:<4}  {one.file:<{width}}  {one.level:<{levels}}  {one.what}")
    print()
