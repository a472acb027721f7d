"""French wordings of faults, for the report in the operator's XML form.

Faults carry English messages for developers; what depositors' staff read is French. A
wording is chosen by the fault's code and names the element, so it holds no value of a
field. Two sentences are the operator's own, letter by letter, for depositors' programs know
them: those of ``already-recorded`` and ``end-before-start``. A code without a wording of
its own is given with its English message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from provenance.cdc.faults import Fault

_WELL_FORMED: Final = {
    "doctype": "Une déclaration de type de document (DOCTYPE) n'est pas admise",
    "byte-order-mark": "Le fichier contient une marque d'ordre des octets (BOM) mal placée",
    "encoding": "Le fichier doit être encodé en UTF-8",
    "file-too-large": "Le fichier dépasse la taille maximale admise",
    "namespace-space": "Un espace de noms contient un espace ; écrire %20",
    "not-xml": "Le fichier n'est pas un document XML : il ne commence pas par <",
    "not-xml-archive": "Le fichier est une archive ZIP ; déposer le fichier XML contenu",
    "not-xml-compressed": "Le fichier est compressé ; déposer le fichier XML décompressé",
    "not-xml-json": "Le fichier est en JSON ; déposer le fichier XML",
    "not-xml-page": "Le fichier est une page web (HTML) ; déposer le fichier XML",
    "not-xml-pdf": "Le fichier est un document PDF ; déposer le fichier XML",
    "not-xml-spreadsheet": (
        "Le fichier est un tableur ou un document bureautique (XLSX par exemple) ; "
        "déposer le fichier XML"
    ),
    "not-xml-table": "Le fichier est un tableau en texte (CSV) ; déposer le fichier XML",
    "not-well-formed": "Le fichier n'est pas un document XML bien formé",
    "passage-too-large": "Un passage certification dépasse la taille maximale admise",
    "text-too-long": "Un texte dépasse la longueur maximale admise",
    "token-too-long": "Une balise ou un commentaire dépasse la longueur maximale admise",
    "too-deep": "Les éléments sont imbriqués trop profondément",
    "too-many-names": "Les noms d'éléments, d'attributs et de préfixes sont trop nombreux",
    "too-many-namespaces": "Les déclarations d'espaces de noms sont trop nombreuses",
    "truncated": "Le fichier est incomplet : il s'arrête avant la fin de l'élément racine",
    "unbound-prefix": "Un préfixe n'est associé à aucun espace de noms",
    "undefined-entity": "Une entité n'est pas définie ; écrire le caractère lui-même, en UTF-8",
    "xml-version": "La version de XML doit être 1.0",
}
_SCHEMA: Final = {
    "boolean": "La valeur doit être true, false, 1 ou 0",
    "choice": "L'élément doit contenir exactement une des possibilités prévues par le schéma",
    "date": "La date doit exister, de 1900 à 2099, et s'écrire AAAA-MM-JJ, sans fuseau horaire",
    "enumeration": "La valeur ne fait pas partie des valeurs autorisées",
    "integer": "La valeur doit être un nombre entier compris dans les bornes autorisées",
    "length": "La longueur de la valeur n'est pas celle qui est autorisée",
    "misplaced-element": "Un élément du schéma ne se trouve pas à sa place",
    "missing-element": "Un élément obligatoire est absent",
    "namespace": "L'élément n'appartient pas à l'espace de noms du schéma",
    "nil-namespace": "L'attribut nil doit s'écrire xsi:nil=\"true\"",
    "nil-not-allowed": "L'attribut xsi:nil n'est pas autorisé ici",
    "nil-not-empty": "L'élément porte xsi:nil et doit donc être vide",
    "nil-value": "La valeur de l'attribut xsi:nil doit être true, false, 1 ou 0",
    "nil-without-prefix": 'L\'attribut nil doit porter son préfixe : xsi:nil="true"',
    "pattern": "La valeur ne respecte pas le format attendu",
    "repeated-element": "L'élément est présent plusieurs fois",
    "timestamp": "L'horodatage doit s'écrire comme 2026-01-31T18:00:00+01:00",
    "unexpected-attribute": "L'élément porte un attribut inattendu",
    "unexpected-element": "L'élément contient un élément inattendu",
    "unexpected-text": "L'élément contient du texte entre ses éléments",
    "unknown-element": "Le champ est inconnu",
    "value": "La valeur n'est pas du type attendu, ou sort des bornes autorisées",
    "large-file": "Le fichier dépasse la taille admise par le portail",
}
_XSD: Final = {
    "xsd-attribute": "Schéma XSD : un attribut n'est pas autorisé",
    "xsd-content": "Schéma XSD : le contenu ou la place de l'élément n'est pas conforme",
    "xsd-doctype": "Schéma XSD : une déclaration DOCTYPE n'est pas admise",
    "xsd-enumeration": "Schéma XSD : la valeur ne fait pas partie des valeurs autorisées",
    "xsd-length": "Schéma XSD : la longueur de la valeur n'est pas autorisée",
    "xsd-nil": "Schéma XSD : l'attribut xsi:nil n'est pas conforme",
    "xsd-not-well-formed": "Schéma XSD : le document XML n'est pas bien formé",
    "xsd-other": "Schéma XSD : une règle n'est pas respectée",
    "xsd-pattern": "Schéma XSD : la valeur ne respecte pas le format attendu",
    "xsd-range": "Schéma XSD : la valeur est hors des bornes autorisées",
    "xsd-type": "Schéma XSD : la valeur n'est pas du type attendu",
}
_PASSAGE: Final = {
    "already-recorded": "{Passage} existe déjà en base",
    "end-before-start": (
        "La date de fin de validité est inférieure à date de début de validité pour {passage}"
    ),
    "erased": "{Passage} a été effacé sur demande et ne peut plus être enregistré",
    "changed-meanwhile": "{Passage} vient d'être modifié en base ; déposer de nouveau",
    "not-in-force": "{Passage} a été remplacé par un successeur et ne peut plus être modifié",
    "not-recorded": "{Passage} n'existe pas en base",
    "refused-by-operator": "{message}",
    "repeated-in-file": (
        "{Passage} est présent plusieurs fois dans le fichier avec des contenus différents"
    ),
    "withdrawn": "{Passage} a été retiré et ne peut plus être enregistré",
}
_MEANING: Final = {
    "award-in-future": "La date de début de validité est postérieure au jour de réception",
    "blank-string": "La valeur ne contient que des espaces",
    "competence-domain": "La compétence n'appartient pas à son domaine",
    "exam-order": "La date de fin d'examen est inférieure à la date de début d'examen",
    "hidden-character": (
        "La valeur contient un caractère invisible ou qui change le sens de lecture"
    ),
    "impossible-birth": "La date de naissance est impossible",
    "late": "Le dépôt a été reçu plus de trois mois après la date de début de validité",
    "malformed-code": "Le code ne respecte pas le format RNCPnnnnn ou RSnnnn",
    "presence-flag": "L'indicateur de présence ne correspond pas au niveau renseigné",
    "stray-space": "La valeur contient des espaces au début, à la fin ou à l'intérieur",
    "twin-id-technique": (
        "L'id technique partenaire est présent dans le fichier sous une autre forme Unicode"
    ),
    "type-code-disagree": "Le code ne correspond pas au type de certification",
    "vae-access": "La voie d'accès VAE est renseignée sans que la modalité d'accès soit VAE",
}
_RIGHTS: Final = {
    "clock-held": "L'horloge du système a reculé ; l'heure de réception a été maintenue",
    "malformed-certifier": "Le bcr certificateur doit comporter 8 chiffres ou majuscules",
    "not-for-certifier": "Le déposant n'est pas habilité à déposer pour ce certificateur",
    "signature-key-unknown": "La clé de signature n'est pas déclarée pour ce déposant",
    "signed-before": "Ce dépôt signé a déjà été enregistré ; le signer de nouveau",
    "signature-missing": "Ce déposant doit signer ses dépôts",
    "signature-wrong": "La signature du déposant ne correspond pas au fichier",
    "unknown-depositor": "Le déposant n'est pas enregistré",
    "wrong-depositor": "Le bcr émetteur du fichier n'est pas celui de l'expéditeur",
}
WORDINGS: Final = {**_WELL_FORMED, **_SCHEMA, **_XSD, **_PASSAGE, **_MEANING, **_RIGHTS}
"""French wording by code; ``{passage}`` and ``{message}`` stand for what is known."""


def passage_named(depositor: str | None, id_technique: str) -> str:
    """Name a passage as the operator's messages do; without the BCR where none is known."""
    issuer = "" if depositor is None else f"le bcr émetteur {depositor} et "
    return f"le passage certification avec {issuer}l'id technique partenaire {id_technique}"


def word_fault(fault: Fault, passage: str = "le passage certification") -> str:
    """Say in French what is wrong; ``passage`` is what `passage_named` gives."""
    wording = WORDINGS.get(fault.code, "Contrôle {code} : {message}")
    text = wording.format(
        code=fault.code,
        message=fault.message,
        passage=passage,
        Passage=passage[:1].upper() + passage[1:],
    )
    # A sentence about the passage stands as it is; all others say which element is meant.
    located = fault.element is not None and fault.code not in _PASSAGE
    return f"{text} (élément {fault.element})" if located else text
