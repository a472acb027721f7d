"""Finding a holder's certifications in a ledger, by names that are spelled in other ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fluxes import certification, flux, holder, passage, write
from ledgers import ORIGIN
from provenance.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.record.commitment import Value

FIRST_NAMES = ("Zoé", "Zoé Marie Anne", "ZOE MARIE", "Zoé-Paule", "Anne", "Jürgen")
FIRST_ENTRY = 5


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """Hold one certification for each of `FIRST_NAMES`, of Œuvrard or of OEUVRARD."""
    passages = [
        passage(
            number,
            identificationTitulaire={
                "titulaire": {
                    **holder(),
                    "nomNaissance": ("Œuvrard", "OEUVRARD")[number % 2],
                    "prenom1": first_name,
                }
            },
        )
        for number, first_name in enumerate(FIRST_NAMES)
    ]
    with Ledger.create(tmp_path_factory.mktemp("find") / "ledger", origin=ORIGIN) as made:
        made.register("CERTIFIC", name="Certificateur d'exemple")
        made.register("EMETTEUR", name="Émetteur d'exemple", certifiers=["CERTIFIC"])
        receipt = made.deposit(write(flux(certification(passages))))
        assert [one.index for one in receipt.accepted] == [*range(FIRST_ENTRY, FIRST_ENTRY + 6)]
        yield made


def find(ledger: Ledger, name: str, first_name: str, year: int = 1985) -> list[str]:
    """Return the first names of what is found."""
    birth: dict[str, Value] = {"anneeNaissance": year, "moisNaissance": 5, "jourNaissance": 3}
    wanted: dict[str, Value] = {"nomNaissance": name, "prenom1": first_name}
    return [FIRST_NAMES[at - FIRST_ENTRY] for at in ledger.find(holder=wanted | birth)]


def test_one_first_name_finds_several(ledger: Ledger) -> None:
    expected = ["Zoé", "Zoé Marie Anne", "ZOE MARIE", "Zoé-Paule"]
    assert find(ledger, "oeuvrard", "Zoe\u0301") == expected


def test_what_is_found_is_compared_in_full(ledger: Ledger) -> None:
    expected = ["Zoé", "Zoé Marie Anne", "ZOE MARIE"]
    assert find(ledger, "ŒUVRARD", "Zoé Marie") == expected


def test_what_does_not_begin_it_is_not_found(ledger: Ledger) -> None:
    assert find(ledger, "Œuvrard", "Marie Zoé") == []
    assert find(ledger, "Œuvrard", "Zo") == []
    assert find(ledger, "Œuvrard", "Zoé", 1986) == []
    assert find(ledger, "Ouvrard", "Zoé") == []


def test_look_ups_use_the_plain_form(ledger: Ledger) -> None:
    assert find(ledger, "Œuvrard", "JURGEN") == ["Jürgen"]
    assert find(ledger, "Œuvrard", "Juergen") == []
