from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from simulator import (
    HOLDER,
    PERSON,
    make_log,
    make_record,
)
from verifying import verify

if TYPE_CHECKING:
    from provenance.report import Report


OTHER: Final = tuple(
    (name, "Autre" if name.endswith("nomNaissance") else v) for name, v in PERSON
)
FILE: Final = ((f"{HOLDER}dossierFormation.nomTitulaire", "Martin"),)
FIRST: Final = ((f"{HOLDER}dossierFormation.prenom1Titulaire", "MAELLE"),)
NATIONAL: Final = ((f"{HOLDER}identifiantNational.nomNaissance", "Lefevre Dubois"),)


def _persons(*people: Any, shown: Any = None) -> Report:
    log, indexes = make_log(records=[make_record(person) for person in people])
    return verify(log, log.prove(*indexes, shown=shown))


def _spelled(name: str, first: str) -> Any:
    return ((PERSON[0][0], name), (PERSON[1][0], first), *PERSON[2:])


def test_names_are_compared_without_case_accents_and_punctuation() -> None:
    report = _persons(PERSON, _spelled("Lefevre Dubois", "MAELLE"))
    assert [(one.kind, one.certifications) for one in report.persons] == [("titulaire", (4, 5))]
    assert report.same_person is True


def test_different_identities_are_never_one_person() -> None:
    report = _persons(PERSON, OTHER, PERSON)
    assert [one.certifications for one in report.persons] == [(4, 6), (5,)]
    assert report.same_person is False
    assert "They belong to different persons." in report.summary


def test_a_field_that_is_absent_is_not_compared() -> None:
    unknown = (*PERSON[:3], (PERSON[3][0], None), PERSON[4])
    report = _persons(PERSON, unknown)
    assert [one.certifications for one in report.persons] == [(4,), (5,)]
    assert report.same_person is None


def test_kinds_of_identity_are_not_mixed() -> None:
    report = _persons(PERSON, (*FILE, *FIRST), NATIONAL)
    assert [one.kind for one in report.persons] == ["titulaire", "dossier", "national"]
    assert report.same_person is None
    assert _persons((*FILE, *FIRST), (*FILE, *FIRST)).same_person is True
    assert _persons((*FILE, *FIRST), (*FILE, (FIRST[0][0], "Zoé"))).same_person is False
    assert _persons(OTHER, NATIONAL).same_person is False


def test_a_name_alone_settles_nothing() -> None:
    report = _persons(NATIONAL, NATIONAL)
    assert [one.certifications for one in report.persons] == [(4, 5)]
    assert report.same_person is None
    assert _persons(_spelled("Martin", ""), _spelled("Martin", "")).same_person is None


@pytest.mark.parametrize("name", ["", "-", 7, None])
def test_an_identity_without_a_name_is_tied_to_nobody(name: Any) -> None:
    report = _persons(_spelled(name, "Maëlle"))
    (one,) = report.certifications
    if name == 7:
        assert one.identity == "titulaire"
    else:
        assert (one.identity, one.lacks, report.persons) == (None, ("identity",), ())
        assert report.same_person is None


def test_an_identity_that_is_not_shown_as_a_whole_is_tied_to_nobody() -> None:
    report = _persons(PERSON, PERSON, shown={4: [name for name, _ in PERSON[:4]]})
    assert [one.identity for one in report.certifications] == [None, "titulaire"]
    assert [one.certifications for one in report.persons] == [(5,)]
    assert report.same_person is None
    assert _persons(PERSON, OTHER, shown=[PERSON[0][0]]).same_person is False


def test_a_value_that_no_name_can_have_is_not_compared() -> None:
    listed: Any = [{"a": "b"}]
    assert _persons(_spelled("Martin", listed)).same_person is None
