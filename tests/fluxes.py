"""Deposit files written by hand, for tests of the reader. All identities are invented.

Nothing here knows the package: the tree, the fields that follow from it and the XML are
made anew, so that the reader is held against something other than itself.
"""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from itertools import chain
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NS: Final = "urn:cdc:cpf:pc5:schema:1.0.0"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"

ABSENT: Final = "\0 absent"
"""Stands for an element that is left out; no XML can hold it."""

Node: TypeAlias = "str | bool | int | Tree | list[Tree] | None"
Tree: TypeAlias = dict[str, Node]
ITEMS: Final = {
    "certificateurs": "certificateur",
    "certifications": "certification",
    "passageCertifications": "passageCertification",
    "resultats": "resultat",
}


def holder() -> Tree:
    return {
        "nomNaissance": "D'Exemple & Fils",
        "nomUsage": None,
        "prenom1": "Zoé",
        "anneeNaissance": 1985,
        "moisNaissance": 5,
        "jourNaissance": 3,
        "sexe": "F",
        "codeCommuneNaissance": {"codeInseeNaissance": {"codeInsee": "99999"}},
        "libelleCommuneNaissance": "Ville-Modèle",
    }


def passage(number: int = 1, **changes: Node) -> Tree:
    """Make a passage, in the order of the schema."""
    tree: Tree = {
        "idTechnique": f"essai-{number}",
        "urlPreuve": ABSENT,
        "libelleOption": ABSENT,
        "obtentionCertification": "PAR_SCORING",
        "donneeCertifiee": True,
        "dateDebutExamen": "2026-01-30",
        "dateFinExamen": ABSENT,
        "modalitePassageExamen": ABSENT,
        "codePostalCentreExamen": ABSENT,
        "dateDebutValidite": "2026-01-31",
        "dateFinValidite": None,
        "presenceNiveauLangueEuro": False,
        "niveauLangueEuropeen": ABSENT,
        "presenceNiveauNumeriqueEuro": True,
        "niveauNumeriqueEuropeen": {
            "scoreGeneral": 512,
            "resultats": [
                {"niveau": 3, "domaineCompetenceId": "1", "competenceId": "2"},
                {"domaineCompetenceId": "2"},
            ],
        },
        "scoring": " 17/20 ",
        "mentionValidee": None,
        "modalitesInscription": {"modaliteAcces": "VAE", "voieAccessVAE": "CONGES_VAE"},
        "identificationTitulaire": {"titulaire": holder()},
        "verbatim": ABSENT,
    }
    return {**tree, **changes}


def certification(passages: Iterable[Tree], code: str = "RS9001", **more: Node) -> Tree:
    kind = code.rstrip("0123456789")
    return {"type": kind, "code": code, **more, "passageCertifications": list(passages)}


def flux(*certifications: Tree, **more: Node) -> Tree:
    return {
        "idFlux": "essai-flux",
        "horodatage": "2026-02-01T08:00:00+01:00",
        **more,
        "emetteur": {
            "idClient": "EMETTEUR",
            "certificateurs": [
                {
                    "idClient": "CERTIFIC",
                    "idContrat": "MCER00001",
                    "certifications": list(certifications or [certification([passage()])]),
                }
            ],
        },
    }


class Style(NamedTuple):
    """How a file is written; what it says is always the same."""

    prefix: str = "cpf"
    newline: str = "\n"
    indent: str = "  "
    booleans: tuple[str, str] = ("false", "true")
    integer: str = "{}"
    nil: str = ' xsi:nil="true"/>'
    before: str = ""
    """Stands before every element."""
    cdata: bool = False
    references: bool = False
    inline: str = ""
    """Stands in the middle of every string."""
    end: str = ">"
    order: int | None = None
    """Seed by which children are put in another order."""
    header_last: bool = False
    declaration: str = '<?xml version="1.0" encoding="UTF-8"?>'
    root: str = ""
    """More attributes of the root."""
    own: str = ""
    """More attributes of each passage."""


def write(tree: Tree, style: Style | None = None) -> bytes:
    """Write the content of ``flux``."""
    style = style or Style()
    name = f":{style.prefix}" if style.prefix else ""
    root = f' xmlns{name}="{NS}" xmlns:xsi="{XSI}"{style.root}'
    random = Random(style.order)
    text = "".join(_element("flux", tree, style, style.newline, random, root))
    return (style.declaration + text + style.newline).encode()


def _element(
    name: str, node: Node, style: Style, indent: str, random: Random, attributes: str = ""
) -> Iterator[str]:
    tag = f"{style.prefix}:{name}".lstrip(":")
    yield f"{indent}{style.before}<{tag}{attributes}"
    if node is None:
        yield style.nil
        return
    yield ">"
    inner = indent + style.indent if style.indent else indent
    if isinstance(node, dict):
        for child, content in _ordered(node, style, random):
            own = style.own if child == "passageCertification" else ""
            yield from _element(child, content, style, inner, random, own)
        yield indent
    elif isinstance(node, list):
        for item in node:
            own = style.own if ITEMS[name] == "passageCertification" else ""
            yield from _element(ITEMS[name], item, style, inner, random, own)
        yield indent
    else:
        yield _text(node, style)
    yield f"</{tag}{style.end}"


def _ordered(tree: Tree, style: Style, random: Random) -> list[tuple[str, Node]]:
    children = [(name, node) for name, node in tree.items() if node != ABSENT]
    if style.order is not None:
        random.shuffle(children)
    if style.header_last:
        children.sort(key=lambda child: not isinstance(child[1], dict | list))
    return children


def _text(value: str | bool | int, style: Style) -> str:
    if isinstance(value, bool):
        return style.booleans[value]
    if isinstance(value, int):
        return style.integer.format(value)
    half = len(value) // 2
    parts = value[:half], value[half:]
    if style.cdata:
        return style.inline.join(f"<![CDATA[{part}]]>" for part in parts if part)
    if style.references:
        return style.inline.join("".join(f"&#{ord(c)};" for c in part) for part in parts)
    return style.inline.join(map(escape, parts))


def fields_of(tree: Tree, prefix: str = "") -> list[tuple[str, object]]:
    """Return the fields of a passage, whose tree is in the order of the schema."""
    found: list[tuple[str, object]] = []
    for name, node in tree.items():
        if isinstance(node, dict):
            found += fields_of(node, f"{prefix}{name}.")
        elif node not in (ABSENT, []):
            found.append((prefix + name, node))
    return found


AROUND: Final = ("emetteur", "certificateur", "contrat", "type", "code", "natureDeposant")


def source_of(
    bindings: Iterable[tuple[str, str]], fields: Iterable[tuple[str, object]], data: bytes
) -> str:
    """Return the field ``source`` of a passage, from what is in force around it."""
    known = dict(fields)
    parts = [
        json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode()
        for part in (list(bindings), [known.get(name) for name in AROUND])
    ]
    around = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return b64encode(sha256(b"provenance/source/v1\n" + around + data).digest()).decode()


def records_of(tree: Tree) -> list[list[tuple[str, object]]]:
    """Return the fields of every passage of a file, without ``source``."""
    issuer = _inner(tree, "emetteur")
    (certifier,) = _items(issuer, "certificateurs")
    around: list[tuple[str, object]] = [
        ("emetteur", issuer["idClient"]),
        ("certificateur", certifier["idClient"]),
        ("contrat", certifier["idContrat"]),
    ]
    return list(
        chain.from_iterable(
            [
                [
                    *around,
                    *fields_of({k: v for k, v in group.items() if k in LEADING}),
                    *fields_of(one),
                ]
                for one in _items(group, "passageCertifications")
            ]
            for group in _items(certifier, "certifications")
        )
    )


LEADING: Final = ("type", "code", "natureDeposant")


def _inner(tree: Tree, name: str) -> Tree:
    node = tree[name]
    assert isinstance(node, dict)
    return node


def _items(tree: Tree, name: str) -> list[Tree]:
    node = tree[name]
    assert isinstance(node, list)
    return node
