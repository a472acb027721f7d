"""The words on a CV, in French and in English; typography of each language as it is used."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["fr", "en"]

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_THIN: Final = "\u202f"
"""Narrow no-break space: before ; : ! ? and inside numbers, in French."""

WORDS: Final[dict[Language, dict[str, str]]] = {
    "fr": {
        "title": "CV de {name}",
        "description": "CV avec des certifications garanties par un registre vérifiable",
        "guaranteed": "Données garanties",
        "guaranteed_by": "enregistrées telles que déposées par le certificateur, vérifiables",
        "declared": "Données déclarées",
        "declared_by": "par le titulaire, sans garantie",
        "awarded_to": "Délivrées à {name}",
        "born": "né(e) le {date}",
        "born_in": "né(e) en {year}",
        "log": "Registre {origin}, {size} entrées\u00a0; statuts au {time}.",
        "log_unknown": "Registre {origin}, {size} entrées\u00a0; statuts inconnus.",
        "awarded": "délivrée le {date}",
        "until": "valable jusqu’au {date}",
        "unlimited": "sans limite de validité",
        "level": "niveau {level} (CECRL)",
        "digital": "score numérique {score}",
        "option": "option {option}",
        "entry": "Entrée {index}, reçue le {date}, déposée par {depositor}",
        "in force": "en vigueur",
        "superseded": "remplacée",
        "withdrawn": "retirée",
        "erased": "effacée",
        "unknown": "statut inconnu",
        "provisional": "provisoire\u00a0: une certification définitive doit suivre",
        "changed": "depuis le {date}, par l’entrée {index}",
        "lacks": "La preuve ne montre pas tout ce qu’une ligne garantie demande\u00a0: {names}",
        "certifier_unknown": "certificateur non montré",
        "no_title": "Certification sans code montré",
        "registered_title": "Intitulés marqués *\u00a0: {register}, version {version}, d’après "
        "le code\u00a0; ils ne font pas partie de la preuve.",
        "profile": "Profil",
        "experience": "Expérience",
        "education": "Formation",
        "skills": "Compétences",
        "languages": "Langues",
        "check": "Vérifier ce CV",
        "check_file": "Ce fichier PDF porte sa preuve en pièce jointe (provenance-proof.json). "
        "Demandez le fichier d’origine et ouvrez-le dans la page de vérification de "
        "l’opérateur du registre, ou vérifiez-le avec la commande "
        "«\u202fprovenance\u00a0verify\u202f».",
        "check_at": "Page de vérification\u00a0: {address}. Tapez l’adresse vous-même.",
        "check_print": "Sur papier, seul le code QR se vérifie\u00a0: il contient un résumé "
        "signé des lignes garanties.",
        "not_guaranteed": "Non garantis\u00a0: les données déclarées\u00a0; la vérité de ce "
        "qu’affirme le certificateur\u00a0; l’identité de qui présente ce CV\u00a0; "
        "{after}. Ni couleur ni pictogramme ne prouvent rien.",
        "after": "tout ce qui a suivi le {time}",
        "after_unknown": "tout ce qui a suivi l’enregistrement",
        "qr": "Code QR\u00a0: résumé signé des certifications garanties",
        "made": "CV établi le {date}.",
        "page": "page {page} sur {pages}",
        "present": "{start} – {end}",
        "since": "depuis {start}",
        "until_only": "jusqu’à {end}",
    },
    "en": {
        "title": "CV of {name}",
        "description": "CV with certifications guaranteed by a verifiable register",
        "guaranteed": "Guaranteed data",
        "guaranteed_by": "recorded as the certifier deposited them, and open to verification",
        "declared": "Declared data",
        "declared_by": "by the holder, not guaranteed",
        "awarded_to": "Awarded to {name}",
        "born": "born {date}",
        "born_in": "born {year}",
        "log": "Register {origin}, {size} entries; statuses as of {time}.",
        "log_unknown": "Register {origin}, {size} entries; statuses unknown.",
        "awarded": "awarded {date}",
        "until": "valid until {date}",
        "unlimited": "valid without limit",
        "level": "level {level} (CEFR)",
        "digital": "digital score {score}",
        "option": "option {option}",
        "entry": "Entry {index}, received {date}, deposited by {depositor}",
        "in force": "in force",
        "superseded": "superseded",
        "withdrawn": "withdrawn",
        "erased": "erased",
        "unknown": "status unknown",
        "provisional": "provisional: a final certification is to follow",
        "changed": "since {date}, by entry {index}",
        "lacks": "The proof does not show all that a guaranteed line needs: {names}",
        "certifier_unknown": "certifier not shown",
        "no_title": "Certification whose code is not shown",
        "registered_title": "Titles marked *: {register}, version {version}, by code; they are "
        "no part of the proof.",
        "profile": "Profile",
        "experience": "Experience",
        "education": "Education",
        "skills": "Skills",
        "languages": "Languages",
        "check": "Verify this CV",
        "check_file": "This PDF file carries its proof as an attachment "
        "(provenance-proof.json). Ask for the original file and open it in the "
        "verification page of the register’s operator, or check it with the command "
        "“provenance\u00a0verify”.",
        "check_at": "Verification page: {address}. Type the address yourself.",
        "check_print": "On paper only the QR code can be verified: it holds a signed summary "
        "of the guaranteed lines.",
        "not_guaranteed": "Not guaranteed: the declared data; that what the certifier states "
        "is true; who it is that presents this CV; {after}. "
        "Neither colour nor symbol proves anything.",
        "after": "whatever happened after {time}",
        "after_unknown": "whatever happened after it was recorded",
        "qr": "QR code: signed summary of the guaranteed certifications",
        "made": "CV made on {date}.",
        "page": "page {page} of {pages}",
        "present": "{start} – {end}",
        "since": "since {start}",
        "until_only": "until {end}",
    },
}
"""Every text, by language and by name; braces hold what is filled in."""

MENTIONS: Final[dict[Language, dict[str, str]]] = {
    "fr": {
        "MENTION_ASSEZ_BIEN": "mention assez bien",
        "MENTION_BIEN": "mention bien",
        "MENTION_TRES_BIEN": "mention très bien",
        "MENTION_TRES_BIEN_AVEC_FELICITATIONS_DU_JURY": "mention très bien, avec les "
        "félicitations du jury",
    },
    "en": {
        "MENTION_ASSEZ_BIEN": "mention assez bien (fairly good)",
        "MENTION_BIEN": "mention bien (good)",
        "MENTION_TRES_BIEN": "mention très bien (very good)",
        "MENTION_TRES_BIEN_AVEC_FELICITATIONS_DU_JURY": "mention très bien (very good), with "
        "the congratulations of the jury",
    },
}
"""Mentions as deposited; one without a wording is shown as it is, none says nothing."""

_MONTHS: Final[dict[Language, tuple[str, ...]]] = {
    "fr": (
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}


def day_text(date: str, language: Language) -> str:
    """Give a date YYYY-MM-DD as it is written out; any other text as it is."""
    year, _, rest = date.partition("-")
    month, _, day = rest.partition("-")
    if not (_DATE.fullmatch(date) and 1 <= int(month) <= len(_MONTHS[language])):
        return date
    number = str(int(day))
    if language == "fr" and number == "1":
        number = "1er"
    return f"{number}\u00a0{_MONTHS[language][int(month) - 1]} {year}"


def moment_text(time: str, language: Language) -> str:
    """Give an entry's time to the minute, in UTC."""
    at = "à" if language == "fr" else "at"
    return f"{day_text(time[:10], language)} {at} {time[11:16]}\u00a0UTC"


def number_text(number: int, language: Language) -> str:
    """Give a number in groups of three digits."""
    return f"{number:,}".replace(",", _THIN if language == "fr" else ",")
