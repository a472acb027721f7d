"""What a body that was taken over recorded is judged like its successor's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from ledgers import DEPOSITOR, create, flux, records, today_spec
from provenance.audit import audit
from provenance.cdc.report import encode_receipt, parse_receipt
from provenance.ledger.judging import (
    CONFLICT,
    ERASED,
    NEW,
    NOT_IN_FORCE,
    TAKEN_BACK,
    Judgement,
    _weight,
)
from provenance.record.entry import Certification

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.cdc.report import Receipt
    from provenance.ledger import Ledger
    from provenance.record.commitment import Value

SUCCESSOR: Final = "9SUCCEED"
FIRST_NAME: Final = "identificationTitulaire.titulaire.prenom1"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return a ledger with a body and its successor, which passes its audit in the end."""
    with create(tmp_path / "ledger") as made:
        made.register(SUCCESSOR, name="Nouvel organisme", succeeds=[DEPOSITOR], for_all=True)
        yield made
        made.publish()
    assert audit(tmp_path / "ledger").findings == ()


def one_record(**changes: Value) -> dict[str, Value]:
    return {**records(today_spec(passages=1, dossier_percent=0))[0], **changes}


def send(ledger: Ledger, record: dict[str, Value], depositor: str, **options: bool) -> Receipt:
    sent = {**record, "emetteur": depositor}
    receipt = ledger.append([sent], depositor=depositor, **options)  # type: ignore[arg-type]
    assert parse_receipt(encode_receipt(receipt)) == receipt
    return receipt


def refusal(receipt: Receipt) -> str:
    (refused,) = receipt.refused
    return refused.faults[0].code


def supersedes(ledger: Ledger, receipt: Receipt) -> int | None:
    entry = ledger.entry(receipt.accepted[0].index)
    assert isinstance(entry, Certification)
    return entry.supersedes


def test_the_same_passage_is_a_duplicate_and_not_there_twice(ledger: Ledger) -> None:
    (first,) = send(ledger, one_record(), DEPOSITOR).accepted
    size = ledger.size
    for options in ({}, {"corrections": True}):
        receipt = send(ledger, one_record(), SUCCESSOR, **options)
        (known,) = receipt.duplicates
        assert (known.index, known.entry, ledger.size) == (first.index, first.entry, size)
        assert known.first == first.first


def test_a_file_sent_again_by_the_successor_is_a_list_of_duplicates(ledger: Ledger) -> None:
    data = flux(today_spec(passages=8))
    first = ledger.deposit(data)
    again = ledger.deposit(data.replace(DEPOSITOR.encode(), SUCCESSOR.encode()))
    assert (again.accepted, again.refused) == ((), ())
    assert [one.index for one in again.duplicates] == [one.index for one in first.accepted]


@pytest.mark.parametrize("certifier", [DEPOSITOR, SUCCESSOR])
def test_what_it_certified_itself_is_certified_by_the_successor_now(
    ledger: Ledger, certifier: str
) -> None:
    own = one_record(certificateur=DEPOSITOR, contrat="ANCIEN")
    (first,) = send(ledger, own, DEPOSITOR).accepted
    now = one_record(certificateur=certifier, contrat="NOUVEAU")
    (known,) = send(ledger, now, SUCCESSOR).duplicates
    assert known.index == first.index


@pytest.mark.parametrize("changes", [{"certificateur": SUCCESSOR}, {"contrat": "AUTRE"}])
def test_what_another_body_certified_is_other_content(
    ledger: Ledger, changes: dict[str, Value]
) -> None:
    (first,) = send(ledger, one_record(), DEPOSITOR).accepted
    receipt = send(ledger, one_record(**changes), SUCCESSOR, corrections=True)
    assert supersedes(ledger, receipt) == first.index


@pytest.mark.parametrize("changes", [{}, {"scoring": "20"}], ids=["same", "other"])
@pytest.mark.parametrize("corrections", [False, True])
def test_what_was_withdrawn_is_not_revived(
    ledger: Ledger, changes: dict[str, Value], corrections: bool
) -> None:
    (first,) = send(ledger, one_record(), DEPOSITOR).accepted
    ledger.withdraw(first.index, "FRAUD")
    receipt = send(ledger, one_record(**changes), SUCCESSOR, corrections=corrections)
    assert refusal(receipt) == "withdrawn"


@pytest.mark.parametrize("corrections", [False, True])
def test_what_was_erased_does_not_come_back(ledger: Ledger, corrections: bool) -> None:
    (first,) = send(ledger, one_record(), DEPOSITOR).accepted
    ledger.erase([first.index], basis="GDPR_ART_17")
    receipt = send(ledger, one_record(), SUCCESSOR, corrections=corrections)
    assert refusal(receipt) == "erased"


def test_of_several_bodies_the_gravest_counts(ledger: Ledger) -> None:
    other = "9SECOND0"
    ledger.register(other, name="Deuxième", for_all=True)
    ledger.register(
        SUCCESSOR, name="Nouvel organisme", succeeds=[DEPOSITOR, other], for_all=True
    )
    send(ledger, one_record(), DEPOSITOR)
    (second,) = send(ledger, one_record(verbatim="autre"), other).accepted
    assert send(ledger, one_record(), SUCCESSOR).duplicates
    (known,) = send(ledger, one_record(verbatim="autre"), SUCCESSOR).duplicates
    assert known.index == second.index
    ledger.withdraw(second.index, "FRAUD")
    assert refusal(send(ledger, one_record(), SUCCESSOR)) == "withdrawn"


def test_how_judgements_are_ranked() -> None:
    ranked = [TAKEN_BACK, Judgement(duplicate=4), Judgement(target=4), NEW]
    assert [_weight(one) for one in ranked] == [0, 1, 2, 3]
    assert {_weight(one) for one in (TAKEN_BACK, ERASED, CONFLICT, NOT_IN_FORCE)} == {0}


@pytest.mark.parametrize("name", ["Zoé Anne", "Zoé", "Zoé Marie Anne"])
def test_a_final_form_is_of_the_very_same_person(ledger: Ledger, name: str) -> None:
    """A look-up knows the first of the first names alone; a final form must be of all."""
    provisional = one_record(donneeCertifiee=False, **{FIRST_NAME: "Zoé Marie"})
    (first,) = send(ledger, provisional, DEPOSITOR).accepted
    other = one_record(**{FIRST_NAME: name})
    assert refusal(send(ledger, other, DEPOSITOR)) == "already-recorded"
    # Two bodies may have called different certifications the same.
    assert supersedes(ledger, send(ledger, other, SUCCESSOR)) is None
    final = send(ledger, one_record(**{FIRST_NAME: "ZOE MARIE"}), DEPOSITOR)
    assert supersedes(ledger, final) == first.index
