from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from provenance.cdc.checks import check_award, check_deadline, check_passage, deadline

if TYPE_CHECKING:
    from provenance.cdc.faults import Fault
    from provenance.record.commitment import Value

HOLDER: Final = "identificationTitulaire.titulaire."
ACCESS: Final = "modalitesInscription.modaliteAcces"
VAE: Final = "modalitesInscription.voieAccessVAE"
SCORE: Final = "niveauNumeriqueEuropeen.scoreGeneral"
RESULTS: Final = "niveauNumeriqueEuropeen.resultats"
LANGUAGE: Final = "presenceNiveauLangueEuro"
DIGITAL: Final = "presenceNiveauNumeriqueEuro"

SOUND: Final[dict[str, Value]] = {
    "type": "RS",
    "code": "RS9001",
    "idTechnique": "essai-1",
    "dateDebutExamen": "2026-01-30",
    "dateFinExamen": "2026-01-30",
    "dateDebutValidite": "2026-01-31",
    "dateFinValidite": "2026-01-31",
    LANGUAGE: False,
    DIGITAL: False,
    "scoring": None,
    ACCESS: "CANDIDAT_LIBRE",
    f"{HOLDER}anneeNaissance": 1984,
    f"{HOLDER}moisNaissance": 2,
    f"{HOLDER}jourNaissance": 29,
    "source": "c291cmNl",
}


def record(changes: dict[str, Value], without: tuple[str, ...] = ()) -> dict[str, Value]:
    return {name: value for name, value in {**SOUND, **changes}.items() if name not in without}


def check(changes: dict[str, Value], without: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    faults = check_passage(record(changes, without))
    assert all(fault.level == "dictionary" for fault in faults)
    assert all(fault.element in fault_names(changes, without) for fault in faults)
    return [(fault.code, fault.effect) for fault in faults]


def fault_names(changes: dict[str, Value], without: tuple[str, ...]) -> set[str]:
    return set(record(changes, without))


def test_a_sound_record_has_no_faults() -> None:
    assert check({}) == []
    assert check({}, without=tuple(SOUND)) == []


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("RS", "RS1"),
        ("RS", "RS999999"),
        ("RNCP", "RNCP34999"),
        ("Diplôme Universitaire", "DU-7"),
        ("Habilitation", "RNCP34999"),
        ("rncp", "whatever"),
    ],
)
def test_codes_that_are_fit_for_their_type(kind: str, code: str) -> None:
    assert check({"type": kind, "code": code}) == []


@pytest.mark.parametrize(
    "code",
    ["9001", "RS", "RS1234567", "rs9001", "RS 9001", "RS9001 ", "RS\u0669", "RS9001\n", "RSA1"],
)
@pytest.mark.parametrize("kind", ["RS", "RNCP"])
def test_malformed_codes(kind: str, code: str) -> None:
    assert check({"type": kind, "code": code}) == [("malformed-code", "passage")]


@pytest.mark.parametrize(("kind", "code"), [("RS", "RNCP34999"), ("RNCP", "RS9001")])
def test_codes_of_the_other_register(kind: str, code: str) -> None:
    assert check({"type": kind, "code": code}) == [("type-code-disagree", "passage")]


def test_the_end_of_validity() -> None:
    assert check({"dateFinValidite": "2026-01-30"}) == [("end-before-start", "passage")]
    assert check({"dateFinValidite": None}) == []
    assert check({"dateFinValidite": "9999-12-31"}) == []


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({LANGUAGE: True}, LANGUAGE),
        ({"niveauLangueEuropeen": "B2"}, LANGUAGE),
        ({DIGITAL: True}, DIGITAL),
        ({SCORE: 512}, DIGITAL),
        ({RESULTS: [{}]}, DIGITAL),
    ],
)
def test_flags_without_levels_and_levels_without_flags(
    changes: dict[str, Value], flag: str
) -> None:
    assert check(changes) == [("presence-flag", "warning")]
    (fault,) = check_passage(record(changes))
    assert fault.element == flag


@pytest.mark.parametrize(
    "changes",
    [
        {LANGUAGE: True, "niveauLangueEuropeen": "B2"},
        {DIGITAL: True, SCORE: 512},
        {DIGITAL: True, RESULTS: [{"niveau": 3}]},
    ],
)
def test_flags_with_their_levels(changes: dict[str, Value]) -> None:
    assert check(changes) == []


def test_the_way_to_a_validation_of_experience() -> None:
    warned = [("vae-access", "warning")]
    assert check({VAE: "CONGES_VAE"}) == warned
    assert check({VAE: "CONGES_VAE", ACCESS: None}) == warned
    assert check({VAE: "CONGES_VAE"}, without=(ACCESS,)) == warned
    assert check({VAE: "CONGES_VAE", ACCESS: "VAE"}) == []
    assert check({ACCESS: "VAE"}) == []


@pytest.mark.parametrize("text", [" ", "\n\t", "\u00a0", "\u2003 "])
def test_blank_strings(text: str) -> None:
    blank = ("blank-string", "warning")
    assert check({"verbatim": text}) == [blank]
    assert check({"verbatim": text, "scoring": text}) == [blank, blank]
    assert check({"verbatim": f"{text}x"}) == []
    results: Value = [{"competenceId": "1"}, {"competenceId": text}]
    assert check({DIGITAL: True, RESULTS: results}) == [blank]


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [
        (1985, 2, 29),
        (1984, 2, 30),
        (1984, 4, 31),
        (2026, 2, 1),
        (2026, None, None),
        (2027, 1, 1),
    ],
)
def test_births_that_cannot_be(year: int, month: int | None, day: int | None) -> None:
    awarded = "2025-12-31" if month is None else "2026-01-31"
    found = check({**birth(year, month, day), "dateDebutValidite": awarded})
    assert ("impossible-birth", "warning") in found


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(2000, 2, 29), (1984, None, 31), (1984, 2, None), (2026, 1, 31), (2026, None, 31)],
)
def test_births_that_can_be(year: int, month: int | None, day: int | None) -> None:
    assert check(birth(year, month, day)) == []


def birth(year: int, month: int | None, day: int | None) -> dict[str, Value]:
    return {
        f"{HOLDER}anneeNaissance": year,
        f"{HOLDER}moisNaissance": month,
        f"{HOLDER}jourNaissance": day,
    }


@pytest.mark.parametrize(
    ("domain", "competences"),
    [("1", "123"), ("2", "123456"), ("3", "1234"), ("4", "1234"), ("5", "1234")],
)
def test_competences_of_a_domain(domain: str, competences: str) -> None:
    def results(competence: str) -> dict[str, Value]:
        sound: dict[str, str | bool | int | None] = {"domaineCompetenceId": domain}
        return {DIGITAL: True, RESULTS: [sound, {**sound, "competenceId": competence}]}

    for competence in "0123456789A":
        warned = [] if competence in competences else [("competence-domain", "warning")]
        assert check(results(competence)) == warned


def test_domains_that_do_not_exist_and_competences_without_domain() -> None:
    warned = [("competence-domain", "warning")]
    for domain in "06A":
        assert check({DIGITAL: True, RESULTS: [{"domaineCompetenceId": domain}] * 2}) == warned
    assert check({DIGITAL: True, RESULTS: [{"competenceId": "9"}]}) == []


def test_the_days_of_the_exam() -> None:
    assert check({"dateFinExamen": "2026-01-29"}) == [("exam-order", "warning")]
    assert check({"dateFinExamen": "2026-01-29"}, without=("dateDebutExamen",)) == []


def test_all_faults_are_told_refusals_first() -> None:
    changes: dict[str, Value] = {
        "code": "RNCP34999",
        "dateFinValidite": "2026-01-30",
        LANGUAGE: True,
        VAE: "CONGES_VAE",
        "verbatim": " ",
        f"{HOLDER}anneeNaissance": 1985,
        DIGITAL: True,
        RESULTS: [{"domaineCompetenceId": "1", "competenceId": "4"}],
        "dateFinExamen": "2026-01-29",
    }
    assert [code for code, _ in check(changes)] == [
        "type-code-disagree",
        "end-before-start",
        "presence-flag",
        "vae-access",
        "blank-string",
        "impossible-birth",
        "competence-domain",
        "exam-order",
    ]
    text = " ".join(fault.message for fault in check_passage(record(changes)))
    for value in ("34999", "2026", "1985", "essai"):
        assert value not in text


@pytest.mark.parametrize(
    ("awarded", "last"),
    [
        ("2026-01-31", "2026-04-30"),
        ("2025-11-30", "2026-02-28"),
        ("2023-11-29", "2024-02-29"),
        ("2023-11-30", "2024-02-29"),
        ("2026-10-01", "2027-01-01"),
        ("2026-12-15", "2027-03-15"),
        ("9999-09-30", "9999-12-30"),
    ],
)
def test_three_calendar_months(awarded: str, last: str) -> None:
    assert deadline(date.fromisoformat(awarded)) == date.fromisoformat(last)
    assert late(awarded, date.fromisoformat(last)) is None
    fault = late(awarded, date.fromisoformat(last) + timedelta(days=1))
    assert fault is not None
    assert (fault.level, fault.code, fault.effect) == ("deadline", "late", "warning")
    assert fault.element == "dateDebutValidite"


def late(awarded: str, received: date) -> Fault | None:
    return check_deadline(record({"dateDebutValidite": awarded}), received)


def test_a_deadline_past_the_end_of_the_calendar() -> None:
    for awarded in ("9999-10-01", "9999-12-31"):
        assert deadline(date.fromisoformat(awarded)) == date.max
        assert late(awarded, date.max) is None


def test_without_a_day_of_award_nothing_is_late() -> None:
    assert check_deadline(record({}, without=("dateDebutValidite",)), date.max) is None


@pytest.mark.parametrize(
    "character",
    [
        *("\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\ufe0f", "\u3164"),
        *("\U000e0041", "\U000e0100"),
        *("\u061c", "\u200e", "\u202e", "\u2066", "\u2069", "\u2028"),
        *("\x7f", "\x80", "\x85", "\x9b", "\x9f"),
    ],
    ids=ascii,
)
def test_characters_that_nobody_sees(character: str) -> None:
    for name in (f"{HOLDER}nomNaissance", "libelleOption", "idTechnique"):
        for text in (f"a{character}b", f"Zoé{character}", f"œ{character}"):
            assert ("hidden-character", "warning") in check({name: text})
    found = check({RESULTS: [{"domaineCompetenceId": character}], DIGITAL: True})
    assert ("hidden-character", "warning") in found


@pytest.mark.parametrize(
    "text",
    [
        "Zoé",
        "Œuvrard",
        "Nguyễn",
        "O\u2019Brien",
        "Łukasz",
        "a\u00a0b",
        "\U0001f393",
        "e\u0301",
        "a\tb\n",
    ],
    ids=ascii,
)
def test_characters_that_are_seen(text: str) -> None:
    assert check({f"{HOLDER}nomNaissance": text, "verbatim": text}) == []


CODES: Final = (
    "idTechnique",
    "contrat",
    "identificationTitulaire.dossierFormation.idDossier",
    f"{HOLDER}codeCommuneNaissance.codeInseeNaissance.codeInsee",
    f"{HOLDER}codePaysNaissance",
)
POSTAL: Final = (
    "codePostalCentreExamen",
    f"{HOLDER}codeCommuneNaissance.codePostalNaissance.codePostal",
)


@pytest.mark.parametrize("text", [" a1", "a1 ", "a 1", "a\t1", "a\u00a01", "\na1"])
def test_white_space_around_and_in_codes(text: str) -> None:
    for name in CODES:
        assert check({name: text}) == [("stray-space", "warning")]
    assert check({"type": "Habilitation", "code": text}) == [("stray-space", "warning")]
    around = text != text.strip()
    for name in (*POSTAL, "type"):
        assert check({name: text}) == [("stray-space", "warning")] * around


def test_codes_without_white_space() -> None:
    for name in (*CODES, *POSTAL, "type", "code"):
        assert check({"type": "Diplôme Universitaire", name: "a-1"}) == []
    assert check({"idTechnique": " "}) == [("blank-string", "warning")]
    assert check({POSTAL[1]: None}) == []


def test_days_that_are_in_the_future() -> None:
    day = date(2026, 1, 31)
    assert check_award(SOUND, day) is None
    assert check_award({}, day) is None
    for received in (date(2026, 1, 30), date(1999, 1, 1)):
        fault = check_award(SOUND, received)
        assert fault is not None
        assert (fault.code, fault.effect, fault.level) == (
            "award-in-future",
            "warning",
            "deadline",
        )
        assert fault.element == "dateDebutValidite"
