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
        "guaranteed_by": "enregistrées telles que déposées, vérifiables",
        "others": "Autres inscriptions au registre",
        "others_by": "non garanties à ce jour\u00a0; la raison est dite sous chacune",
        "declared": "Données déclarées",
        "declared_by": "par le titulaire, sans garantie",
        "awarded_to": "Délivrées à {name}",
        "born": "né(e) le {date}",
        "born_in": "né(e) en {year}",
        "usage_name": "Nom d’usage, déclaré par le titulaire\u00a0: {name}",
        "log": "Registre {origin}, {size} entrées\u00a0; statuts au {time}.",
        "log_unknown": "Registre {origin}, {size} entrées\u00a0; statuts inconnus.",
        "awarded": "délivrée le {date}",
        "until": "valable jusqu’au {date}",
        "unlimited": "sans limite de validité",
        "level": "niveau {level} (CECRL)",
        "digital": "score numérique {score}",
        "option": "option {option}",
        "entry": "Entrée {index}, reçue le {date}, déposée par {depositor}",
        "entry_for": "Entrée {index}, reçue le {date}, déposée par {depositor} pour le compte "
        "de {certifier}\u00a0; {certifier} n’a pas signé",
        "not_limited": "{depositor} n’est pas limité\u00a0: il peut déposer pour tout "
        "certificateur.",
        "in force": "en vigueur",
        "superseded": "remplacée",
        "withdrawn": "retirée",
        "erased": "effacée",
        "unknown": "statut inconnu",
        "provisional": "provisoire",
        "expired": "expirée",
        "not-yet-valid": "pas encore valable",
        "reserved": "à vérifier",
        "changed": "depuis le {date}, par l’entrée {index}",
        "why_incomplete": "La preuve ne montre pas tout ce qu’une ligne garantie "
        "demande\u00a0: {names}.",
        "why_name-only": "La preuve ne montre qu’un nom de famille\u00a0: elle ne désigne "
        "personne.",
        "why_provisional": "provisoire\u00a0: une certification définitive doit suivre",
        "why_status-unknown": "La preuve ne dit pas si elle a été retirée depuis.",
        "why_status-old": "Son statut est d’un autre moment que ce CV\u00a0: {time}.",
        "why_expired": "Sa validité a pris fin.",
        "why_not-yet-valid": "Sa validité n’a pas commencé.",
        "why_person-unsettled": "La preuve ne dit pas si elle est à la même personne que les "
        "autres.",
        "certifier_unknown": "certificateur non montré",
        "no_title": "Certification sans code montré",
        "registered_title": "Intitulés et niveaux\u00a0: registre national des "
        "certifications, tel que l’opérateur l’a inscrit (version du {date}).",
        "framework_level": "niveau {level} du cadre national",
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
        "guaranteed_by": "recorded as deposited, and open to verification",
        "others": "Other entries of the register",
        "others_by": "not guaranteed as of this day; the reason stands below each",
        "declared": "Declared data",
        "declared_by": "by the holder, not guaranteed",
        "awarded_to": "Awarded to {name}",
        "born": "born {date}",
        "born_in": "born {year}",
        "usage_name": "Name in use, declared by the holder: {name}",
        "log": "Register {origin}, {size} entries; statuses as of {time}.",
        "log_unknown": "Register {origin}, {size} entries; statuses unknown.",
        "awarded": "awarded {date}",
        "until": "valid until {date}",
        "unlimited": "valid without limit",
        "level": "level {level} (CEFR)",
        "digital": "digital score {score}",
        "option": "option {option}",
        "entry": "Entry {index}, received {date}, deposited by {depositor}",
        "entry_for": "Entry {index}, received {date}, deposited by {depositor} on behalf of "
        "{certifier}; {certifier} has not signed",
        "not_limited": "{depositor} is not limited: it may deposit for any certifier.",
        "in force": "in force",
        "superseded": "superseded",
        "withdrawn": "withdrawn",
        "erased": "erased",
        "unknown": "status unknown",
        "provisional": "provisional",
        "expired": "expired",
        "not-yet-valid": "not valid yet",
        "reserved": "to be checked",
        "changed": "since {date}, by entry {index}",
        "why_incomplete": "The proof does not show all that a guaranteed line needs: {names}.",
        "why_name-only": "The proof shows a surname only, which ties it to nobody.",
        "why_provisional": "provisional: a final certification is to follow",
        "why_status-unknown": "The proof does not say whether it was withdrawn since.",
        "why_status-old": "Its status is of another time than this CV: {time}.",
        "why_expired": "Its validity has ended.",
        "why_not-yet-valid": "Its validity has not begun.",
        "why_person-unsettled": "The proof does not say whether it is the same person’s as "
        "the others.",
        "certifier_unknown": "certifier not shown",
        "no_title": "Certification whose code is not shown",
        "registered_title": "Titles and levels: national register of certifications, as "
        "the operator entered it (version of {date}).",
        "framework_level": "level {level} of the national framework",
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

HEADINGS: Final = (
    "guaranteed",
    "guaranteed_by",
    "others",
    "declared",
    "declared_by",
    "check",
    "in force",
    "unknown",
)
"""Texts that no declared text may hold: who reads them relies on them."""
BADGES: Final = (
    "superseded",
    "withdrawn",
    "erased",
    "provisional",
    "expired",
    "not-yet-valid",
    "reserved",
)
"""Words of which no line of a declared text may consist; within a text they are common."""

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
    """Return a date YYYY-MM-DD as it is written out; any other text as it is."""
    year, _, rest = date.partition("-")
    month, _, day = rest.partition("-")
    if not (_DATE.fullmatch(date) and 1 <= int(month) <= len(_MONTHS[language])):
        return date
    number = str(int(day))
    if language == "fr" and number == "1":
        number = "1er"
    return f"{number}\u00a0{_MONTHS[language][int(month) - 1]} {year}"


def moment_text(time: str, language: Language) -> str:
    """Return an entry's time to the minute, in UTC."""
    at = "à" if language == "fr" else "at"
    return f"{day_text(time[:10], language)} {at} {time[11:16]}\u00a0UTC"


def number_text(number: int, language: Language) -> str:
    """Return a number in groups of three digits."""
    return f"{number:,}".replace(",", _THIN if language == "fr" else ",")
