from __future__ import annotations

import pytest

from provenance.errors import PolicyError
from provenance.ledger.disclosure import choose, names_for

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
    assert choose(FIELDS, {"all"}) == {name for name, _ in FIELDS}


def test_the_nir_is_never_shown_and_takes_source_with_it() -> None:
    assert choose(NATIONAL, {"all"}) == {"code"}
    with pytest.raises(PolicyError, match="nir"):
        choose(NATIONAL, {NIR})


def test_source_alone_is_refused() -> None:
    with pytest.raises(PolicyError, match="source"):
        choose(FIELDS, {"source", "code"})
    assert "source" in choose(FIELDS, {"all", "source"})


def test_names_per_entry_fall_back_to_the_line() -> None:
    assert names_for(3, "all") == {"all"}
    assert names_for(3, ["code", "type"]) == {"code", "type"}
    assert names_for(3, {3: ["code"]}) == {"code"}
    assert names_for(4, {3: ["code"]}) == {"line"}
