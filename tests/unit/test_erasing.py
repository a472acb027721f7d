"""Erasing: what is asked for, on what grounds, and what stays provable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from insider import Body, plan_file, record
from ledgers import DEPOSITOR, create, flux, records, today_spec, verify
from provenance.audit import audit
from provenance.encoding import decode_base64
from provenance.errors import ErasedError, FormatError, PolicyError, UnknownEntryError
from provenance.ledger import Accept, Refuse
from provenance.record.depositdigest import deposit_digest, passage_leaf
from provenance.record.entry import Deposit, Erasure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.cdc.report import Receipt
    from provenance.ledger import Ledger
    from provenance.record.commitment import Value

FILE: Final = flux(today_spec(passages=6, dossier_percent=0, flaws={"end-before-start": 2}))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return a ledger; it must pass its audit in the end."""
    with create(tmp_path / "ledger") as ledger:
        yield ledger
        ledger.publish()
    assert audit(tmp_path / "ledger").findings == ()


def one_record(**changes: Value) -> dict[str, Value]:
    return {**records(today_spec(passages=1, dossier_percent=0))[0], **changes}


def deposited(ledger: Ledger) -> tuple[Receipt, list[int]]:
    """Deposit a file of which two passages are refused; give their numbers."""
    receipt = ledger.deposit(FILE)
    numbers = [one.faults[0].passage for one in receipt.refused]
    assert len(receipt.accepted) == 4
    assert None not in numbers
    return receipt, [number for number in numbers if number is not None]


# What an erasure commits to.


def test_the_operators_reference_of_the_request_is_kept(ledger: Ledger) -> None:
    (first,) = ledger.append([one_record()], depositor=DEPOSITOR).accepted
    (entry,) = ledger.erase([first.index], basis="GDPR_ART_17", case="DPO-2026-118").entries
    assert ledger.fields(entry) == (("basis", "GDPR_ART_17"), ("case", "DPO-2026-118"))
    assert isinstance(ledger.entry(entry), Erasure)
    (second,) = ledger.append([one_record(idTechnique="x")], depositor=DEPOSITOR).accepted
    (entry,) = ledger.erase([second.index], basis="OTHER", case="é" * 64).entries
    assert dict(ledger.fields(entry))["case"] == "é" * 64


@pytest.mark.parametrize(
    "case", ["", "x" * 65, " x", "x ", "a\nb", "a  b", "\u200bx", "a\u202eb"]
)
def test_references_that_are_none(ledger: Ledger, case: str) -> None:
    (first,) = ledger.append([one_record()], depositor=DEPOSITOR).accepted
    size = ledger.size
    with pytest.raises(FormatError, match="a case is a reference"):
        ledger.erase([first.index], basis="OTHER", case=case)
    assert ledger.size == size
    assert ledger.fields(first.index)


def test_nobody_erases_because_a_seed_is_lost(ledger: Ledger) -> None:
    """That basis is the repair's own: it says that nobody asked."""
    (first,) = ledger.append([one_record()], depositor=DEPOSITOR).accepted
    with pytest.raises(FormatError, match="basis is one of"):
        ledger.erase([first.index], basis="LOST_SEED")


# What stays provable.


def test_the_others_stay_provable_against_the_digest(ledger: Ledger) -> None:
    receipt, _ = deposited(ledger)
    assert receipt.deposit is not None
    gone, *rest = [one.index for one in receipt.accepted]
    ledger.erase([gone], basis="GDPR_ART_17")
    with ledger._files.store.view() as view:
        leaves = view.leaves(receipt.deposit)
        entry = ledger.entry(receipt.deposit)
        assert isinstance(entry, Deposit)
        assert deposit_digest(leaves) == decode_base64(entry.digest)
        for index in rest:
            payload = ledger._recall.certification(view, index)
            source = decode_base64(str(dict(payload.fields)["source"]))
            assert passage_leaf(payload.salt, source) == leaves[payload.number]
    # The file salt is gone with the deposit's payload, and with it every salt that is not
    # kept with a certification of its own.
    with pytest.raises(ErasedError):
        ledger.deposited(receipt.deposit)
    ledger.publish()
    assert len(verify(ledger, ledger.prove(rest)).certifications) == len(rest)


# A deposit alone.


def test_a_deposit_is_not_erased_for_the_asking(ledger: Ledger) -> None:
    receipt, _ = deposited(ledger)
    assert receipt.deposit is not None
    size = ledger.size
    for ask in (ledger.to_erase, lambda which: ledger.erase(which, basis="RETENTION_END")):
        with pytest.raises(PolicyError, match=f"deposit {receipt.deposit} alone"):
            ask([receipt.deposit])
    assert ledger.size == size
    assert ledger.rebuild(receipt.deposit) == FILE


def test_a_deposit_goes_with_a_certification_of_it(ledger: Ledger) -> None:
    receipt, _ = deposited(ledger)
    first = receipt.accepted[0].index
    assert ledger.to_erase([first - 1, first]) == (first - 1, first)
    assert ledger.erase([first - 1, first], basis="OTHER").erased == (first - 1, first)


def test_a_certification_of_another_deposit_is_no_reason(ledger: Ledger) -> None:
    receipt, _ = deposited(ledger)
    (other,) = ledger.append([one_record(idTechnique="x")], depositor=DEPOSITOR).accepted
    with pytest.raises(PolicyError, match="alone"):
        ledger.erase([receipt.deposit or 0, other.index], basis="OTHER")
    assert ledger.fields(other.index)


def test_a_refused_passage_is_a_reason(ledger: Ledger) -> None:
    receipt, numbers = deposited(ledger)
    deposit = receipt.deposit or 0
    assert ledger.to_erase([deposit], refused_passage=numbers[0]) == (deposit,)
    done = ledger.erase([deposit], basis="GDPR_ART_17", refused_passage=numbers[1])
    assert done.erased == (deposit,)
    ledger.publish()
    accepted = [one.index for one in receipt.accepted]
    assert len(verify(ledger, ledger.prove(accepted)).certifications) == 4


def test_a_repeated_passage_is_a_reason(ledger: Ledger) -> None:
    ledger.append([one_record()], depositor=DEPOSITOR)
    again = ledger.append([one_record(idTechnique="new"), one_record()], depositor=DEPOSITOR)
    assert len(again.duplicates) == 1
    done = ledger.erase([again.deposit or 0], basis="OTHER", refused_passage=2)
    assert done.erased == (again.deposit,)


def test_a_deposit_of_which_all_was_refused(ledger: Ledger) -> None:
    receipt = ledger.append(
        [one_record()], depositor=DEPOSITOR, decide=lambda _: Refuse("not ours")
    )
    deposit = receipt.deposit or 0
    with pytest.raises(PolicyError, match="alone"):
        ledger.erase([deposit], basis="RETENTION_END")
    assert ledger.erase([deposit], basis="OTHER", refused_passage=1).erased == (deposit,)
    with pytest.raises(ErasedError):
        ledger.deposited(deposit)


def test_numbers_that_are_no_refused_passage(ledger: Ledger) -> None:
    receipt, numbers = deposited(ledger)
    deposit, size = receipt.deposit or 0, ledger.size
    recorded = sorted({*range(1, 7)} - {*numbers})
    for number, index in zip(recorded, receipt.accepted, strict=True):
        with pytest.raises(PolicyError, match=f"recorded by entry {index.index}: name that"):
            ledger.erase([deposit], basis="OTHER", refused_passage=number)
    for number in (0, -1, 7):
        with pytest.raises(FormatError, match="has the passages 1 to 6"):
            ledger.erase([deposit], basis="OTHER", refused_passage=number)
    other = ledger.append(
        [one_record(idTechnique="y")], depositor=DEPOSITOR, decide=lambda _: Refuse("no")
    )
    wrong: list[list[int]] = [[deposit, other.deposit or 0], [receipt.accepted[0].index], []]
    for indexes in wrong:
        with pytest.raises(FormatError, match="is one of a deposit that is named alone"):
            ledger.erase(indexes, basis="OTHER", refused_passage=numbers[0])
    assert ledger.size == size + 1


def test_a_file_that_withdrew_is_a_deposit_too(ledger: Ledger) -> None:
    data = flux(today_spec(version="1.1.5", passages=2, dossier_percent=0))
    accepted = ledger.deposit(data).accepted
    receipt = ledger.deposit(data.replace(b"CREATION", b"SUPPRESSION"))
    deposit = receipt.deposit or 0
    with pytest.raises(PolicyError, match="alone"):
        ledger.erase([deposit], basis="OTHER")
    assert deposit in ledger.erase([accepted[0].index], basis="OTHER").erased
    (other,) = ledger.append(
        [one_record(idTechnique="z")], depositor=DEPOSITOR, decide=lambda _: Accept()
    ).accepted
    assert ledger.erase([other.index - 1, other.index], basis="OTHER").erased


def test_entries_that_have_nothing_to_erase(ledger: Ledger) -> None:
    (first,) = ledger.append([one_record()], depositor=DEPOSITOR).accepted
    (erasure,) = ledger.erase([first.index], basis="OTHER").entries
    for wrong in (0, 1, erasure, ledger.size):
        with pytest.raises(UnknownEntryError):
            ledger.erase([wrong], basis="OTHER")


# The attack: what was never sent, behind a deposit that its depositor signed.


def test_evidence_against_the_operator_is_not_erased_for_the_asking(tmp_path: Path) -> None:
    """An insider records one passage too many, and then asks for the deposit to go."""
    body = Body()
    path = tmp_path / "ledger"
    with create(path) as ledger:
        ledger.register(DEPOSITOR, name="Organisme", for_all=True, keys=[body.vkey])
        honest = plan_file(flux(today_spec(passages=3, dossier_percent=0)), signed_by=body)
        extra = honest.sent[0].saying(idTechnique="faussaire", code="RNCP38000")
        members: dict[str, Any] = vars(honest) | {"recorded": [*honest.recorded, extra]}
        deposit = record(ledger, type(honest)(**members))
        ledger.publish()
        with pytest.raises(PolicyError, match="alone"):
            ledger.erase([deposit], basis="RETENTION_END")
    assert [one.index for one in audit(path).findings if one.index] != []
