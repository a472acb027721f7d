"""Records of the portal's form, held against the schema."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ledgers import records, today_spec
from provenance.cdc._quick import _Words
from provenance.cdc._shapes import _reader, _Remembered
from provenance.cdc._values import Day, Text
from provenance.cdc.sample import describe
from provenance.cdc.schema import _NIR
from provenance.cdc.typed import _LEAVES, RECORD_NAMES, check_fields_typed, in_order

if TYPE_CHECKING:
    from provenance.record.commitment import Value

RESULTS = "niveauNumeriqueEuropeen.resultats"
BIRTH = "identificationTitulaire.titulaire."


@pytest.fixture(scope="module")
def good() -> dict[str, Value]:
    return records(today_spec(passages=1, dossier_percent=0))[0]


def codes(fields: dict[str, Any]) -> set[str]:
    return {fault.code for fault in check_fields_typed(fields)}


def test_what_a_file_may_say_a_form_may_say() -> None:
    spec = today_spec(passages=60, version="1.1.5", national_percent=20)
    for one in describe(spec):
        assert check_fields_typed(dict(one.fields)) == []
        assert tuple(in_order(dict(reversed(one.fields))).items()) == one.fields
        assert tuple(in_order(dict(one.fields)).items()) == one.fields


def test_every_field_of_the_schema_is_known() -> None:
    assert len(set(RECORD_NAMES)) == len(RECORD_NAMES)
    assert {"emetteur", "idTechnique", RESULTS} <= set(RECORD_NAMES)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("unknown", "x", "unknown-element"),
        ("source", "x", "unknown-element"),
        ("donneeCertifiee", "true", "value"),
        ("donneeCertifiee", 1, "value"),
        ("donneeCertifiee", None, "nil-not-allowed"),
        ("dateDebutValidite", "2026-02-30", "date"),
        ("dateDebutValidite", " 2026-02-20", "value"),
        ("dateDebutValidite", 20260220, "value"),
        ("codePostalCentreExamen", "x" * 10, "length"),
        ("obtentionCertification", "PAR_CHANCE", "enumeration"),
        ("verbatim", "\ud800", "value"),
        ("verbatim", "\x00", "value"),
        (BIRTH + "anneeNaissance", 1899, "value"),
        (BIRTH + "anneeNaissance", True, "value"),
        (BIRTH + "anneeNaissance", "1990", "value"),
        (RESULTS, "x", "value"),
        (RESULTS, ["x"], "value"),
        (RESULTS, [{"niveau": 9}], "value"),
        (RESULTS, [{"niveau": None}], "unknown-element"),
        (RESULTS, [{"autre": 1}], "unknown-element"),
    ],
)
def test_a_value_that_no_file_could_hold_is_refused(
    good: dict[str, Value], name: str, value: object, code: str
) -> None:
    assert code in codes({**good, name: value})


def test_results_are_a_list_of_objects(good: dict[str, Value]) -> None:
    result = {"niveau": 3, "domaineCompetenceId": "1", "competenceId": "2"}
    assert codes({**good, RESULTS: [result]}) == set()


@pytest.mark.parametrize(
    "name", ["emetteur", "code", "idTechnique", BIRTH + "sexe", "mentionValidee"]
)
def test_what_is_missing_is_named(good: dict[str, Value], name: str) -> None:
    faults = check_fields_typed({key: value for key, value in good.items() if key != name})
    assert [(fault.code, fault.element) for fault in faults] == [("missing-element", name)]


def test_one_identity_is_given_and_not_two(good: dict[str, Value]) -> None:
    none = {key: value for key, value in good.items() if "titulaire." not in key}
    assert codes(none) == {"missing-element"}
    file = {
        f"identificationTitulaire.dossierFormation.{name}": "x"
        for name in ("idDossier", "nomTitulaire", "prenom1Titulaire")
    }
    assert codes({**good, **file}) == {"missing-element"}
    assert codes({**none, **file}) == set()


def test_what_was_right_once_does_not_vouch_for_what_equals_it(good: dict[str, Value]) -> None:
    month, flag = BIRTH + "moisNaissance", "donneeCertifiee"
    assert codes({**good, month: 1, flag: True}) == set()
    assert codes({**good, month: True}) == codes({**good, flag: 1}) == {"value"}
    assert codes({**good, month: 1.0}) == {"value"}
    assert codes({**good, flag: 1.0}) == {"value"}


def test_values_in_unusual_characters_are_judged_closely(good: dict[str, Value]) -> None:
    assert codes({**good, "verbatim": "Très bien\u00a0!\n"}) == set()
    assert codes({**good, "verbatim": "\u2028"}) == set()


def test_days_are_remembered_and_national_numbers_are_not() -> None:
    day, nir = _Words(Day()), _Words(_NIR)
    number = "1841276451089"
    assert day["2026-02-28"]
    assert nir[number]
    assert (dict(day), dict(nir)) == ({"2026-02-28": True}, {})
    assert not day["2026-02-30"]
    assert not day[" 2026-02-28"]
    assert not nir["2026-02-28"]


def test_passages_leave_no_persons_text_in_memory() -> None:
    """A day may be remembered from one passage to the next; what could name somebody not."""
    kinds = {leaf.kind for leaf in _LEAVES.values()}
    assert _NIR in kinds
    for kind in kinds:
        node: Any = SimpleNamespace(parse=kind.parse)
        remembers = isinstance(getattr(_reader(node), "__self__", None), _Remembered)
        assert remembers == (kind != _NIR and not isinstance(kind, Text))


def test_only_so_many_days_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provenance.cdc._quick.WORDS_MAX", 1)
    day = _Words(Day())
    assert day["2026-02-28"]
    assert day["2026-03-01"]
    assert list(day) == ["2026-02-28"]
