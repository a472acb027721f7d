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
    late                 warning   received more than three months after dateDebutValidite

The domains and competences are those of the European framework DigComp 2.1 (Carretero,
Vuorikari and Punie, 2017). The three months are article R. 6113-17-2 of the code du travail.
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

    from provenance.record.commitment import Scalar, Value

MONTHS_TO_DEPOSIT: Final = 3
"""Calendar months from the award to the latest deposit in time."""

_CODES: Final = {"RNCP": re.compile(r"RNCP[0-9]{1,6}"), "RS": re.compile(r"RS[0-9]{1,6}")}
_COMPETENCES: Final = {"1": "123", "2": "123456", "3": "1234", "4": "1234", "5": "1234"}
_SCORE: Final = "niveauNumeriqueEuropeen.scoreGeneral"
_RESULTS: Final = "niveauNumeriqueEuropeen.resultats"
_ACCESS: Final = "modalitesInscription.modaliteAcces"
_VAE_ACCESS: Final = "modalitesInscription.voieAccessVAE"
_BIRTH: Final = "identificationTitulaire.titulaire."

Found: TypeAlias = "tuple[str, str, str]"


def check_passage(record: Mapping[str, Value]) -> list[Fault]:
    """Judge one record: faults that refuse it (effect ``passage``) and warnings.

    Its fields must have passed level 2, by which way they ever came.
    """
    refusals = [*_check_code(record), *_check_validity(record)]
    warnings = [
        *_check_flags(record),
        *_check_vae(record),
        *_check_blank(record),
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
    """Give a warning when ``received`` (a day in UTC) is past the deadline, else None.

    Three months after the last days of a month end with the last day of that month.
    """
    awarded = record.get("dateDebutValidite")
    if not isinstance(awarded, str) or received <= _deadline(awarded):
        return None
    return Fault(
        level="deadline",
        code="late",
        message=f"received more than {MONTHS_TO_DEPOSIT} months after dateDebutValidite",
        effect="warning",
        element="dateDebutValidite",
    )


def deadline(awarded: date) -> date:
    """Give the last day on which a certification awarded on that day comes in time."""
    years, months = divmod(awarded.month - 1 + MONTHS_TO_DEPOSIT, 12)
    year, month = awarded.year + years, months + 1
    if year > date.max.year:
        return date.max
    return date(year, month, min(awarded.day, monthrange(year, month)[1]))


@lru_cache(maxsize=4096)  # A file holds the same few days many times.
def _deadline(awarded: str) -> date:
    return deadline(date.fromisoformat(awarded))


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
    """Tell whether both days are there, and the one before the other."""
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


def _check_blank(record: Mapping[str, Value]) -> list[Found]:
    blank = [
        name
        for name, value in record.items()
        if (
            value.isspace()
            if isinstance(value, str)
            else isinstance(value, list) and any(map(_holds_blank, value))
        )
    ]
    return [("blank-string", name, f"{name} holds nothing but white space") for name in blank]


def _holds_blank(item: Mapping[str, Scalar]) -> bool:
    return any(isinstance(text, str) and text.isspace() for text in item.values())


def _check_birth(record: Mapping[str, Value]) -> Sequence[Found]:
    year = record.get(f"{_BIRTH}anneeNaissance")
    if not isinstance(year, int):
        return ()
    month = record.get(f"{_BIRTH}moisNaissance")
    day = record.get(f"{_BIRTH}jourNaissance")
    if isinstance(month, int) and isinstance(day, int) and day > _days_of(year, month):
        message = "no month has this day of birth"
        return (("impossible-birth", f"{_BIRTH}jourNaissance", message),)
    # What is not known counts as early as it can be.
    month, day = (part if isinstance(part, int) else 1 for part in (month, day))
    awarded = record.get("dateDebutValidite")
    if isinstance(awarded, str) and f"{year:04}-{month:02}-{day:02}" > awarded:
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
