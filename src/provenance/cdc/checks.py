"""Levels 3 and 7: what the values of one passage mean together, and whether it came in time.

Two contradictions refuse a passage, as they do at the operator's portal. All others are
warned of and recorded as deposited, since the certifier answers for the truth of its data
and the operator may not judge it; even published examples break some of these rules::

    type-code-disagree   refused   type RNCP with a code of RS, or the reverse
    malformed-code       refused   type RNCP or RS with a code of neither form
    end-before-start     refused   dateFinValidite before dateDebutValidite
    presence-flag        warning   a presence flag and the level that it speaks of disagree
    vae-access           warning   voieAccessVAE where modaliteAcces is not VAE
    blank-string         warning   a string of nothing but white space
    impossible-birth     warning   a birth date that no calendar has, or after the award
    competence-domain    warning   a competence that its domain does not have
    exam-order           warning   dateFinExamen before dateDebutExamen
    hidden-character     warning   a character that nobody sees, or that turns others around
    stray-space          warning   white space around or in idTechnique or a code
    twin-id-technique    warning   an idTechnique of the file in another form of Unicode
    late                 warning   received more than three months after dateDebutValidite
    award-in-future      warning   dateDebutValidite after the day of receipt

``twin-id-technique`` takes the whole file, and is found where that is screened.

The domains and competences are those of the European framework DigComp 2.1 (Carretero,
Vuorikari and Punie, 2017). The three months are article R. 6113-17-2 of the code du travail.
Characters that nobody sees are those of the property Default_Ignorable_Code_Point (Unicode
Standard, section 5.21), the controls of the bidirectional algorithm and of C1, and U+007F.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from provenance.cdc.faults import Effect, Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.record.commitment import Value

MONTHS_TO_DEPOSIT: Final = 3
"""Calendar months from the award to the latest deposit in time."""

_CODES: Final = {"RNCP": re.compile(r"RNCP[0-9]{1,6}"), "RS": re.compile(r"RS[0-9]{1,6}")}
_COMPETENCES: Final = {"1": "123", "2": "123456", "3": "1234", "4": "1234", "5": "1234"}
_SCORE: Final = "niveauNumeriqueEuropeen.scoreGeneral"
_RESULTS: Final = "niveauNumeriqueEuropeen.resultats"
_ACCESS: Final = "modalitesInscription.modaliteAcces"
_VAE_ACCESS: Final = "modalitesInscription.voieAccessVAE"
_BIRTH: Final = "identificationTitulaire.titulaire."
_HIDDEN: Final = re.compile(
    "[\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_HIDDEN_BYTES: Final = bytes(byte for byte in range(256) if _HIDDEN.match(chr(byte)))
_WITHOUT_SPACE: Final = (
    "idTechnique",
    "contrat",
    "code",
    "identificationTitulaire.dossierFormation.idDossier",
    f"{_BIRTH}codeCommuneNaissance.codeInseeNaissance.codeInsee",
    f"{_BIRTH}codePaysNaissance",
)
_BARE: Final = (
    "type",
    "codePostalCentreExamen",
    f"{_BIRTH}codeCommuneNaissance.codePostalNaissance.codePostal",
)
"""What may have white space in it, as the postal codes of some countries do."""

Found: TypeAlias = "tuple[str, str, str]"


def check_passage(record: Mapping[str, Value]) -> list[Fault]:
    """Judge one record: faults that refuse it (effect ``passage``) and warnings.

    Its fields must have passed level 2, by which way they ever came.
    """
    refusals = [*_check_code(record), *_check_validity(record)]
    warnings = [
        *_check_flags(record),
        *_check_vae(record),
        *_check_texts(record),
        *_check_spaces(record),
        *_check_birth(record),
        *_check_competences(record),
        *_check_exam(record),
    ]
    if not (refusals or warnings):
        return []
    return [
        *(_fault("passage", found) for found in refusals),
        *(_fault("warning", found) for found in warnings),
    ]


def check_deadline(record: Mapping[str, Value], received: date) -> Fault | None:
    """Return a warning when ``received`` (a day in Paris) is past the deadline, else None.

    Three months after the last days of a month end with the last day of that month.
    """
    awarded = record.get("dateDebutValidite")
    return _check_late(awarded, received) if isinstance(awarded, str) else None


def check_award(record: Mapping[str, Value], received: date) -> Fault | None:
    """Return a warning when the award is later than ``received`` (a day in Paris)."""
    awarded = record.get("dateDebutValidite")
    return _check_future(awarded, received) if isinstance(awarded, str) else None


@lru_cache(maxsize=4096)  # A file holds the same few days many times.
def _check_late(awarded: str, received: date) -> Fault | None:
    if received <= deadline(date.fromisoformat(awarded)):
        return None
    return Fault(
        level="deadline",
        code="late",
        message=f"received more than {MONTHS_TO_DEPOSIT} months after dateDebutValidite",
        effect="warning",
        element="dateDebutValidite",
    )


@lru_cache(maxsize=4096)  # As above.
def _check_future(awarded: str, received: date) -> Fault | None:
    if date.fromisoformat(awarded) <= received:
        return None
    return Fault(
        level="deadline",
        code="award-in-future",
        message="dateDebutValidite is in the future: nothing is awarded before its day",
        effect="warning",
        element="dateDebutValidite",
    )


def deadline(awarded: date) -> date:
    """Return the last day on which a certification awarded on that day comes in time."""
    years, months = divmod(awarded.month - 1 + MONTHS_TO_DEPOSIT, 12)
    year, month = awarded.year + years, months + 1
    if year > date.max.year:
        return date.max
    return date(year, month, min(awarded.day, monthrange(year, month)[1]))


def _fault(effect: Effect, found: Found) -> Fault:
    code, element, message = found
    return Fault(level="dictionary", code=code, message=message, effect=effect, element=element)


# Each check gives nearly always nothing, and gives it without a generator; days are strings of
# one form, so they sort as days do.
def _check_code(record: Mapping[str, Value]) -> Sequence[Found]:
    kind, code = record.get("type"), record.get("code")
    if not (isinstance(kind, str) and isinstance(code, str)) or kind not in _CODES:
        return ()
    if _CODES[kind].fullmatch(code):
        return ()
    forms = [register for register, form in _CODES.items() if form.fullmatch(code)]
    if not forms:
        message = f"code must be {kind} and 1 to 6 digits for type {kind}"
        return (("malformed-code", "code", message),)
    message = f"type is {kind}, but code is one of {forms[0]}"
    return (("type-code-disagree", "code", message),)


def _check_validity(record: Mapping[str, Value]) -> Sequence[Found]:
    if not _is_before(record, "dateFinValidite", "dateDebutValidite"):
        return ()
    message = "dateFinValidite is before dateDebutValidite"
    return (("end-before-start", "dateFinValidite", message),)


def _is_before(record: Mapping[str, Value], one: str, other: str) -> bool:
    """Return whether both days are there, and the one before the other."""
    first, second = record.get(one), record.get(other)
    return isinstance(first, str) and isinstance(second, str) and first < second


def _check_flags(record: Mapping[str, Value]) -> list[Found]:
    language = "niveauLangueEuropeen" in record
    digital = _SCORE in record or _RESULTS in record
    found: list[Found] = []
    for flag, level, is_there in (
        ("presenceNiveauLangueEuro", "niveauLangueEuropeen", language),
        ("presenceNiveauNumeriqueEuro", "niveauNumeriqueEuropeen", digital),
    ):
        if record.get(flag, is_there) is not is_there:
            what = "is there" if is_there else "is missing"
            said = "false" if is_there else "true"
            found.append(("presence-flag", flag, f"{flag} says {said}, but {level} {what}"))
    return found


def _check_vae(record: Mapping[str, Value]) -> Sequence[Found]:
    if _VAE_ACCESS in record and record.get(_ACCESS) != "VAE":
        message = "voieAccessVAE is given, but modaliteAcces is not VAE"
        return (("vae-access", _VAE_ACCESS, message),)
    return ()


def _check_texts(record: Mapping[str, Value]) -> Sequence[Found]:
    """Find blank texts, and characters that nobody sees; most records hold neither."""
    texts = [value for value in record.values() if isinstance(value, str)]
    texts += _texts_of(record.get(_RESULTS))
    if not (_holds_hidden("".join(texts)) or any(map(str.isspace, texts))):
        return ()
    found: list[Found] = []
    for name, value in record.items():
        texts = _texts_of(value)
        if any(map(str.isspace, texts)):
            found.append(("blank-string", name, f"{name} holds nothing but white space"))
        if any(map(_HIDDEN.search, texts)):
            message = f"{name} holds a character that is not seen, or turns others around"
            found.append(("hidden-character", name, message))
    return found


def _texts_of(value: Value) -> list[str]:
    """Return a text, or those in a list."""
    if value is None or isinstance(value, str):
        return [value] if value else []
    rows = value if isinstance(value, list) else []
    return [text for row in rows for text in row.values() if isinstance(text, str)]


def _holds_hidden(text: str) -> bool:
    """Return whether a character is among those that nobody sees, nearly always at once."""
    try:
        data = text.encode("latin-1")
    except UnicodeEncodeError:
        return _HIDDEN.search(text) is not None
    return len(data.translate(None, _HIDDEN_BYTES)) != len(data)


def _check_spaces(record: Mapping[str, Value]) -> Sequence[Found]:
    # Nearly always there is none, and one text tells that in place of six.
    closed = "".join(filter(None, map(record.get, _WITHOUT_SPACE)))  # type: ignore[arg-type]
    if closed.split() == [closed] and not any(_has_space(record, name) for name in _BARE):
        return ()
    # What is wrong with a code of the two registers has been said.
    said = {"code"} if record.get("type") in _CODES else set()
    return [
        ("stray-space", name, f"{name} has white space around it or in it")
        for name in (*_WITHOUT_SPACE, *_BARE)
        if name not in said and _has_space(record, name)
    ]


def _has_space(record: Mapping[str, Value], name: str) -> bool:
    """Return whether a text has white space where it may have none; a blank one has not."""
    text = record.get(name)
    if not isinstance(text, str) or text.isspace():
        return False
    return text != text.strip() if name in _BARE else text.split() != [text]


def _check_birth(record: Mapping[str, Value]) -> Sequence[Found]:
    year = record.get(f"{_BIRTH}anneeNaissance")
    if not isinstance(year, int):
        return ()
    month = record.get(f"{_BIRTH}moisNaissance")
    day = record.get(f"{_BIRTH}jourNaissance")
    if isinstance(month, int) and isinstance(day, int) and day > _days_of(year, month):
        message = "no month has this day of birth"
        return (("impossible-birth", f"{_BIRTH}jourNaissance", message),)
    awarded = record.get("dateDebutValidite")
    if not isinstance(awarded, str) or f"{year:04}" < awarded[:4]:
        return ()
    # What is not known counts as early as it can be.
    month, day = (part if isinstance(part, int) else 1 for part in (month, day))
    if f"{year:04}-{month:02}-{day:02}" > awarded:
        message = "the birth is later than dateDebutValidite"
        return (("impossible-birth", f"{_BIRTH}anneeNaissance", message),)
    return ()


@lru_cache(maxsize=4096)
def _days_of(year: int, month: int) -> int:
    return monthrange(year, month)[1]


def _check_competences(record: Mapping[str, Value]) -> Sequence[Found]:
    results = record.get(_RESULTS)
    for result in results if isinstance(results, list) else ():
        domain, competence = result.get("domaineCompetenceId"), result.get("competenceId")
        known = _COMPETENCES.get(domain) if isinstance(domain, str) else ""
        if known is None or (known and isinstance(competence, str) and competence not in known):
            message = "a result names a competence that its domain does not have"
            return (("competence-domain", _RESULTS, message),)
    return ()


def _check_exam(record: Mapping[str, Value]) -> Sequence[Found]:
    if not _is_before(record, "dateFinExamen", "dateDebutExamen"):
        return ()
    return (("exam-order", "dateFinExamen", "dateFinExamen is before dateDebutExamen"),)
