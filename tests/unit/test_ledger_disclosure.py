from __future__ import annotations

from typing import Any

import pytest

from provenance.errors import FormatError, PolicyError
from provenance.ledger.disclosure import choose, names_for
from provenance.record.showing import SOURCE_HOLDERS, SOURCE_NEEDS

NIR = "identificationTitulaire.identifiantNational.nir"
FIELDS = (
    ("emetteur", "0ABCDEFG"),
    ("certificateur", "0ABCDEFG"),
    ("type", "RS"),
    ("code", "RS1"),
    ("donneeCertifiee", True),
    ("dateDebutValidite", "2026-01-02"),
    ("dateFinValidite", None),
    ("presenceNiveauLangueEuro", True),
    ("niveauLangueEuropeen", "B2"),
    ("identificationTitulaire.titulaire.nomNaissance", "Quévert"),
    ("identificationTitulaire.titulaire.sexe", "F"),
    ("source", "AAAA"),
)
WHOLE = (
    *((name, "x") for name in sorted(SOURCE_NEEDS | SOURCE_HOLDERS[1])),
    ("verbatim", "x"),
    ("source", "AAAA"),
)
"""A record that has all that is compulsory, and something more."""
NATIONAL = (("code", "RS1"), (NIR, "1"), ("source", "AAAA"))


def test_a_line_shows_what_a_positive_line_needs_and_no_more() -> None:
    assert choose(FIELDS, {"line"}) == {
        "certificateur",
        "type",
        "code",
        "donneeCertifiee",
        "dateDebutValidite",
        "dateFinValidite",
        "identificationTitulaire.titulaire.nomNaissance",
    }


def test_a_level_brings_its_flag() -> None:
    shown = choose(FIELDS, {"niveauLangueEuropeen"})
    assert shown == {"niveauLangueEuropeen", "presenceNiveauLangueEuro"}


def test_all_shows_everything() -> None:
    assert choose(WHOLE, {"all"}) == {name for name, _ in WHOLE}


def test_source_stays_hidden_where_something_compulsory_is_missing() -> None:
    """No verifier would take it: what is missing could be a hidden field."""
    names = {name for name, _ in WHOLE}
    for missing in SOURCE_NEEDS | SOURCE_HOLDERS[1]:
        without = [(name, value) for name, value in WHOLE if name != missing]
        assert choose(without, {"all"}) == names - {missing, "source"}
        with pytest.raises(PolicyError, match="source"):
            choose(without, {"all", "source"})


def test_the_nir_is_never_shown_and_takes_source_with_it() -> None:
    assert choose(NATIONAL, {"all"}) == {"code"}
    with pytest.raises(PolicyError, match="nir"):
        choose(NATIONAL, {NIR})


def test_source_alone_is_refused() -> None:
    with pytest.raises(PolicyError, match="source"):
        choose(WHOLE, {"source", "code"})
    assert "source" in choose(WHOLE, {"all", "source"})


def test_names_per_entry_fall_back_to_the_line() -> None:
    assert names_for(3, "all") == {"all"}
    assert names_for(3, ["code", "type"]) == {"code", "type"}
    assert names_for(3, {3: ["code"]}) == {"code"}
    assert names_for(4, {3: ["code"]}) == {"line"}


@pytest.mark.parametrize(
    "disclose",
    [
        "nope",
        ["code", "nope"],
        {3: ["nope"]},
        {3: "nope"},
        "Line",
        "",
        ["hidden"],
        7,
        None,
        {3: None},
    ],
    ids=str,
)
def test_names_that_no_field_has_are_refused(disclose: Any) -> None:
    """They would show nothing, and nobody would notice before the proof is used."""
    with pytest.raises(FormatError):
        names_for(3, disclose)
    if isinstance(disclose, dict):
        assert names_for(4, disclose) == {"line"}


def test_nothing_may_be_shown() -> None:
    assert names_for(3, ()) == frozenset()
    assert choose(FIELDS, ()) == frozenset()
