"""Certifications change: corrected, finished, withdrawn, erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from ledgers import CERTIFIER, DEPOSITOR, create, flux, records, today_spec, verify
from provenance.audit import audit
from provenance.cdc.report import encode_receipt, parse_receipt
from provenance.encoding import decode_base64
from provenance.errors import (
    DepositRefused,
    ErasedError,
    FormatError,
    PolicyError,
    UnknownEntryError,
)
from provenance.ledger import Accept, Ledger, Refuse, erasing
from provenance.ledger.changes import change_key
from provenance.ledger.registry import depositor_row, index_row
from provenance.record.entry import (
    ZERO_PREV,
    Certification,
    Deposit,
    Depositor,
    Erasure,
    Status,
    Withdrawal,
)
from provenance.record.payload import RecordPayload, seal_payload
from provenance.record.status import ERASED, WITHDRAWN
from raw_entries import append_raw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.cdc.report import Receipt
    from provenance.record.commitment import Value
    from provenance.report import CertificationReport, Report


def one_record(**changes: Value) -> dict[str, Value]:
    return {**records(today_spec(passages=1, dossier_percent=0))[0], **changes}


def append(ledger: Ledger, record: dict[str, Value], *, corrections: bool = False) -> Receipt:
    receipt = ledger.append([record], depositor=DEPOSITOR, corrections=corrections)
    assert parse_receipt(encode_receipt(receipt)) == receipt
    return receipt


def report(ledger: Ledger, *indexes: int) -> Report:
    return verify(ledger, ledger.prove(indexes))


def standing(ledger: Ledger, index: int) -> CertificationReport:
    (found,) = report(ledger, index).certifications
    return found


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with create(tmp_path / "ledger") as ledger:
        yield ledger
        ledger.publish()
    found = audit(tmp_path / "ledger")
    assert found.findings == ()


def test_a_correction_supersedes(ledger: Ledger) -> None:
    (first,) = append(ledger, one_record()).accepted
    changed = one_record(dateFinValidite="2099-12-31")
    (refused,) = append(ledger, changed).refused
    assert refused.faults[0].code == "already-recorded"
    (second,) = append(ledger, changed, corrections=True).accepted
    entry = ledger.entry(second.index)
    assert isinstance(entry, Certification)
    assert entry.supersedes == first.index
    assert ledger.find(depositor=DEPOSITOR, id_technique=str(changed["idTechnique"])) == [
        second.index
    ]
    # Nobody is told of it before it is published.
    ledger.publish()
    old, new = standing(ledger, first.index), standing(ledger, second.index)
    assert (old.status, old.changed_by, new.status) == ("superseded", second.index, "in force")
    both = report(ledger, first.index, second.index)
    assert [one.status for one in both.certifications] == ["superseded", "in force"]
    assert both.same_person


def test_corrections_make_a_chain(ledger: Ledger) -> None:
    indexes = [append(ledger, one_record()).accepted[0].index]
    for year in range(2090, 2094):
        record = one_record(dateFinValidite=f"{year}-01-01")
        (accepted,) = append(ledger, record, corrections=True).accepted
        indexes.append(accepted.index)
    ledger.publish()
    found = report(ledger, *indexes)
    assert [one.changed_by for one in found.certifications] == [*indexes[1:], None]


def test_a_correction_with_equal_content_is_a_duplicate(ledger: Ledger) -> None:
    (first,) = append(ledger, one_record()).accepted
    size = ledger.size
    receipt = append(ledger, one_record(), corrections=True)
    assert [one.index for one in receipt.duplicates] == [first.index]
    assert ledger.size == size


def provisional(**changes: Value) -> dict[str, Value]:
    return one_record(donneeCertifiee=False, **changes)


def test_the_final_form_of_a_provisional_one_needs_no_flag(ledger: Ledger) -> None:
    (first,) = append(ledger, provisional()).accepted
    (second,) = append(ledger, one_record(scoring="18")).accepted
    ledger.publish()
    assert standing(ledger, first.index).changed_by == second.index


def test_another_persons_final_form_is_no_correction(ledger: Ledger) -> None:
    append(ledger, provisional())
    other = one_record(**{"identificationTitulaire.titulaire.prenom1": "Autre"})
    (refused,) = append(ledger, other).refused
    assert refused.faults[0].code == "already-recorded"


def test_the_final_form_does_not_become_provisional_again(ledger: Ledger) -> None:
    append(ledger, one_record())
    (refused,) = append(ledger, provisional()).refused
    assert refused.faults[0].code == "already-recorded"


def test_the_operator_withdraws(ledger: Ledger) -> None:
    (first,) = append(ledger, one_record()).accepted
    index = ledger.withdraw(first.index, "FRAUD")
    entry = ledger.entry(index)
    assert isinstance(entry, Withdrawal)
    assert (entry.withdraws, entry.deposit) == (first.index, None)
    assert ledger.fields(index) == (("reason", "FRAUD"),)
    ledger.publish()
    found = standing(ledger, first.index)
    assert (found.status, found.changed_by, found.changed_time) == (
        "withdrawn",
        index,
        entry.time,
    )
    with pytest.raises(PolicyError, match=r"withdrawn already"):
        ledger.withdraw(first.index)
    with pytest.raises(FormatError, match="reason"):
        ledger.withdraw(first.index, "because")
    for wrong in (0, index, ledger.size, -1):
        with pytest.raises(UnknownEntryError):
            ledger.withdraw(wrong)


@pytest.mark.parametrize("corrections", [False, True])
def test_nothing_withdrawn_is_revived(ledger: Ledger, *, corrections: bool) -> None:
    (first,) = append(ledger, one_record()).accepted
    ledger.withdraw(first.index)
    for record in (one_record(), one_record(scoring="20")):
        (refused,) = append(ledger, record, corrections=corrections).refused
        assert refused.faults[0].code == "withdrawn"


def test_what_was_superseded_can_be_withdrawn_too(ledger: Ledger) -> None:
    (first,) = append(ledger, one_record()).accepted
    (second,) = append(ledger, one_record(scoring="20"), corrections=True).accepted
    index = ledger.withdraw(first.index, "FRAUD")
    ledger.publish()
    old, new = standing(ledger, first.index), standing(ledger, second.index)
    assert (old.status, old.changed_by, new.status) == ("withdrawn", index, "in force")


def suppression(passages: str, *, action_last: bool = False) -> bytes:
    """Write a file that takes passages back, by hand."""
    action = "<action>SUPPRESSION</action>"
    first, last = ("", action) if action_last else (action, "")
    return (
        '<flux xmlns="urn:cdc:cpf:pc5:schema:1.0.0"><idFlux>S-1</idFlux>'
        f"<horodatage>2026-06-30T12:00:00+02:00</horodatage>{first}"
        f"<emetteur><idClient>{DEPOSITOR}</idClient><certificateurs><certificateur>"
        f"<idClient>{CERTIFIER}</idClient><idContrat>SPECIMEN-0001</idContrat><certifications>"
        "<certification><type>RNCP</type><code>RNCP34762</code><passageCertifications>"
        f"{passages}</passageCertifications></certification></certifications></certificateur>"
        f"</certificateurs></emetteur>{last}</flux>"
    ).encode()


def reduced(*names: str) -> str:
    return "".join(
        f"<passageCertification><idTechnique>{name}</idTechnique></passageCertification>"
        for name in names
    )


@pytest.mark.parametrize("action_last", [False, True])
def test_a_file_withdraws(ledger: Ledger, *, action_last: bool) -> None:
    append(ledger, one_record(idTechnique="A"))
    append(ledger, one_record(idTechnique="B"))
    data = suppression(reduced("B", "C", "B"), action_last=action_last)
    receipt = ledger.deposit(data)
    assert parse_receipt(encode_receipt(receipt)) == receipt
    (accepted,) = receipt.accepted
    codes = {one.idTechnique: one.faults[0].code for one in receipt.refused}
    assert codes == {"C": "not-recorded"}
    assert [one.idTechnique for one in receipt.duplicates] == ["B"]
    entry, deposit = ledger.entry(accepted.index), ledger.entry(accepted.index - 1)
    assert isinstance(entry, Withdrawal)
    assert isinstance(deposit, Deposit)
    assert (entry.deposit, deposit.action) == (deposit.index, "SUPPRESSION")
    assert ledger.fields(entry.index) == (("reason", "DEPOSITOR_REQUEST"),)
    assert ledger.rebuild(deposit.index) == data
    ledger.publish()
    assert standing(ledger, entry.withdraws).status == "withdrawn"
    (remaining,) = ledger.find(depositor=DEPOSITOR, id_technique="A")
    assert standing(ledger, remaining).status == "in force"


def test_a_file_that_withdraws_again_records_nothing(ledger: Ledger) -> None:
    append(ledger, one_record(idTechnique="A"))
    (accepted,) = ledger.deposit(suppression(reduced("A"))).accepted
    size = ledger.size
    receipt = ledger.deposit(suppression(reduced("A")))
    assert [one.index for one in receipt.duplicates] == [accepted.index]
    assert parse_receipt(encode_receipt(receipt)) == receipt
    assert ledger.size == size


def test_full_passages_withdraw_as_well(ledger: Ledger) -> None:
    data = flux(today_spec(version="1.1.5", passages=3))
    accepted = ledger.deposit(data).accepted
    receipt = ledger.deposit(data.replace(b"CREATION", b"SUPPRESSION"))
    assert [one.idTechnique for one in receipt.accepted] == [
        one.idTechnique for one in accepted
    ]


def test_only_files_that_take_back_may_be_reduced(ledger: Ledger) -> None:
    data = suppression(reduced("A")).replace(b"SUPPRESSION", b"CREATION")
    with pytest.raises(DepositRefused, match="missing"):
        ledger.deposit(data)
    half = (
        reduced("A")
        .replace("</id", "</id", 1)
        .replace("</passage", "<donneeCertifiee>true</donneeCertifiee></passage")
    )
    with pytest.raises(DepositRefused, match="missing"):
        ledger.deposit(suppression(half))


# Erasure.


def test_erased_is_gone(ledger: Ledger) -> None:
    (first,) = append(ledger, one_record()).accepted
    (other,) = append(ledger, one_record(idTechnique="other", scoring="1")).accepted
    ledger.publish()
    handed_out = ledger.prove([first.index])
    erased = ledger.erase([first.index], basis="GDPR_ART_17")
    assert erased.erased == (first.index - 1, first.index)
    (index,) = erased.entries
    entry = ledger.entry(index)
    assert isinstance(entry, Erasure)
    assert entry.erases == erased.erased
    assert ledger.fields(index) == (("basis", "GDPR_ART_17"),)
    for read in (ledger.fields, ledger.source, lambda i: ledger.prove([i])):
        with pytest.raises(ErasedError):
            read(first.index)
    for read_file in (ledger.deposited, ledger.rebuild):
        with pytest.raises(ErasedError):
            read_file(first.index - 1)
    ledger.publish()
    # The old proof still says what was so; everything else is as it was.
    assert verify(ledger, handed_out).certifications[0].status == "in force"
    assert standing(ledger, other.index).status == "in force"


def test_erased_cannot_come_back_with_a_file(ledger: Ledger) -> None:
    (first,) = append(ledger, one_record()).accepted
    holder = holder_of(one_record())
    assert ledger.find(holder=holder) == [first.index]
    ledger.erase([first.index], basis="GDPR_ART_17")
    assert ledger.find(holder=holder) == []
    name = str(one_record()["idTechnique"])
    assert ledger.find(depositor=DEPOSITOR, id_technique=name) == []
    for corrections in (False, True):
        (refused,) = append(ledger, one_record(), corrections=corrections).refused
        assert refused.faults[0].code == "erased"


def holder_of(record: dict[str, Value]) -> dict[str, Value]:
    prefix = "identificationTitulaire.titulaire."
    names = ("nomNaissance", "prenom1", "anneeNaissance", "moisNaissance", "jourNaissance")
    return {name: record.get(prefix + name) for name in names}


def test_what_holds_the_same_data_is_erased_with_it(ledger: Ledger) -> None:
    (first,) = append(ledger, one_record()).accepted
    (second,) = append(ledger, one_record(scoring="20"), corrections=True).accepted
    # A refused passage stays in its deposit's payload, and so does a repeated one.
    refused = ledger.append(
        [one_record(scoring="21"), one_record(idTechnique="x", scoring="3")],
        depositor=DEPOSITOR,
        decide=lambda fields: Accept() if fields["scoring"] == "21" else Refuse("no"),
    )
    assert len(refused.refused) == 2
    repeated = ledger.append([one_record(scoring="20"), other_person()], depositor=DEPOSITOR)
    assert len(repeated.duplicates) == 1
    withdrawn = ledger.deposit(suppression(reduced(str(one_record()["idTechnique"]))))
    erased = ledger.erase([second.index], basis="COURT_ORDER")
    deposits = {first.index - 1, second.index - 1, refused.deposit, repeated.deposit}
    expected = {first.index, second.index, *deposits, withdrawn.deposit}
    assert set(erased.erased) == expected
    (kept,) = repeated.accepted
    assert ledger.fields(kept.index)


def other_person() -> dict[str, Value]:
    prefix = "identificationTitulaire.titulaire."
    return one_record(**{"idTechnique": "other", f"{prefix}nomNaissance": "Personne"})


def test_erasures_that_cannot_be(ledger: Ledger) -> None:
    (first,) = append(ledger, one_record()).accepted
    with pytest.raises(FormatError, match="basis"):
        ledger.erase([first.index], basis="because")
    for wrong in (0, 1, 2, ledger.size, -1):
        with pytest.raises(UnknownEntryError):
            ledger.erase([first.index, wrong], basis="OTHER")
    with pytest.raises(ErasedError):
        ledger.erase([], basis="OTHER")
    ledger.erase([first.index], basis="OTHER")
    size = ledger.size
    with pytest.raises(ErasedError):
        ledger.erase([first.index, first.index - 1], basis="OTHER")
    assert ledger.size == size


def test_the_operators_reference_goes_too(ledger: Ledger) -> None:
    receipt = ledger.append(
        [one_record()], depositor=DEPOSITOR, decide=lambda _: Accept(holder="ref-1")
    )
    (accepted,) = receipt.accepted
    assert ledger.find(reference="ref-1") == [accepted.index]
    ledger.erase([accepted.index], basis="GDPR_ART_17")
    assert ledger.find(reference="ref-1") == []
    with ledger._files.store.view() as view:
        assert list(view.state_items(b"reference/")) == []
        assert list(view.state_items(b"mention")) == []


def test_a_large_erasure_is_split(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "ERASES_MAX", 5)
    accepted = ledger.deposit(flux(today_spec())).accepted
    erased = ledger.erase([one.index for one in accepted], basis="RETENTION_END")
    assert len(erased.erased) == len(accepted) + 1
    assert len(erased.entries) == -(-len(erased.erased) // 5)
    ledger.publish()


def test_what_was_withdrawn_and_erased_is_called_withdrawn(ledger: Ledger) -> None:
    (first,) = append(ledger, one_record()).accepted
    ledger.publish()
    ledger.withdraw(first.index)
    ledger.erase([first.index], basis="OTHER")
    ledger.publish()
    with ledger._files.store.view() as view:
        assert view.status_bits(first.index) == WITHDRAWN | ERASED


# A body that takes over what another recorded.

SUCCESSOR: Final = "9SUCCEED"


def succeed(ledger: Ledger) -> None:
    append_raw(
        ledger,
        lambda place: Depositor(
            index=place.index,
            time=place.time,
            prev=place.prev,
            depositor=SUCCESSOR,
            name="Nouvel organisme",
            keys=(),
            succeeds=(DEPOSITOR,),
        ),
        state=lambda index: [index_row(depositor_row(SUCCESSOR), index)],
    )


def by_successor(record: dict[str, Value]) -> dict[str, Value]:
    return {**record, "emetteur": SUCCESSOR}


def test_a_successor_corrects_and_withdraws(ledger: Ledger) -> None:
    (first,) = append(ledger, one_record()).accepted
    (second,) = append(ledger, provisional(idTechnique="p")).accepted
    succeed(ledger)
    corrected = ledger.append(
        [by_successor(one_record(scoring="20"))], depositor=SUCCESSOR, corrections=True
    )
    finished = ledger.append([by_successor(one_record(idTechnique="p"))], depositor=SUCCESSOR)
    entries = [ledger.entry(one.accepted[0].index) for one in (corrected, finished)]
    assert [getattr(entry, "supersedes", None) for entry in entries] == [
        first.index,
        second.index,
    ]
    # What was taken over is no longer the first body's to change.
    (refused,) = append(ledger, one_record(scoring="30"), corrections=True).refused
    assert refused.faults[0].code == "not-in-force"
    append(ledger, one_record(idTechnique="w"))
    data = suppression(reduced("w")).replace(DEPOSITOR.encode(), SUCCESSOR.encode())
    assert len(ledger.deposit(data).accepted) == 1
    withdrawn = ledger.append(
        [by_successor(one_record(idTechnique="w", scoring="9"))],
        depositor=SUCCESSOR,
        corrections=True,
    )
    assert withdrawn.refused[0].faults[0].code == "withdrawn"


def test_a_successor_may_use_the_same_names_for_others(ledger: Ledger) -> None:
    append(ledger, one_record())
    succeed(ledger)
    (accepted,) = ledger.append(
        [by_successor(one_record(scoring="20"))], depositor=SUCCESSOR
    ).accepted
    entry = ledger.entry(accepted.index)
    assert isinstance(entry, Certification)
    assert entry.supersedes is None


def test_a_successor_cannot_bring_back_what_was_erased(ledger: Ledger) -> None:
    (first,) = append(ledger, one_record()).accepted
    ledger.erase([first.index], basis="GDPR_ART_17")
    succeed(ledger)
    (refused,) = ledger.append([by_successor(one_record())], depositor=SUCCESSOR).refused
    assert refused.faults[0].code == "erased"


def test_what_a_succeeded_body_records_meanwhile_is_not_recorded_twice(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the judgement and the commit; with the writer's lock it is looked at again."""
    succeed(ledger)
    make, calls = ledger._depositing._make_job, list[Any]()

    def and_then(intake: Any) -> Any:
        made = make(intake)
        calls.append(made)
        if len(calls) == 1:
            append(ledger, one_record())
        return made

    monkeypatch.setattr(ledger._depositing, "_make_job", and_then)
    receipt = ledger.append(
        [by_successor(one_record())], depositor=SUCCESSOR, decide=lambda _: Accept()
    )
    assert not receipt.accepted
    assert len(receipt.duplicates) == 1
    assert ledger.size == receipt.duplicates[0].index + 1


def test_nobody_else_may_correct(ledger: Ledger) -> None:
    append(ledger, one_record())
    other = {**one_record(scoring="20"), "emetteur": CERTIFIER}
    (accepted,) = ledger.append([other], depositor=CERTIFIER, corrections=True).accepted
    entry = ledger.entry(accepted.index)
    assert isinstance(entry, Certification)
    assert entry.supersedes is None


# What an audit says of it.


def test_an_erasure_that_leaves_the_deposit_is_found(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        (first,) = append(ledger, one_record()).accepted
        append_raw(
            ledger,
            lambda place: Erasure(
                index=place.index,
                time=place.time,
                prev=place.prev,
                erases=(first.index,),
                commitment=ZERO_PREV,
            ),
            marks=[(first.index, ERASED)],
        )
        ledger.publish()
    messages = [finding.message for finding in audit(tmp_path / "ledger").findings]
    assert f"erasure entry erases entry {first.index}, and leaves its deposit" in messages
    assert "an erasure names it, and its payload is still there" in messages


def test_rows_that_say_other_than_the_entries_are_found(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        (first,) = append(ledger, one_record()).accepted
        append_raw(
            ledger,
            lambda place: Status(
                index=place.index,
                time=place.time,
                prev=place.prev,
                size=place.index,
                root=ZERO_PREV,
            ),
            state=lambda index: [index_row(change_key(first.index, WITHDRAWN), index)],
        )
        ledger.publish()
    found = [
        finding for finding in audit(tmp_path / "ledger").findings if finding.check == "changes"
    ]
    assert [one.index for one in found] == [first.index]


def test_a_reason_that_is_not_the_one_committed_to_is_found(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        (first,) = append(ledger, one_record()).accepted
        index = ledger.withdraw(first.index, "FRAUD")
        ledger.publish()
        seed = ledger._recall.seed(index)
        entry = ledger.entry(index)
        assert isinstance(entry, Withdrawal)
        other = RecordPayload((("reason", "ERROR"),))
        sealed = seal_payload(
            seed, bytes(12), decode_base64(entry.commitment), other.encode_parts()
        )
        with ledger._files.store._write() as rows:
            rows.put("payloads", [(index.to_bytes(8, "big"), sealed)])
    found = [(one.check, one.index) for one in audit(tmp_path / "ledger").findings]
    assert found == [("contents", index)]


def test_a_withdrawal_itself_can_be_erased(ledger: Ledger) -> None:
    (first,) = append(ledger, one_record()).accepted
    index = ledger.withdraw(first.index)
    assert ledger.erase([index], basis="OTHER").erased == (index,)
    with pytest.raises(ErasedError):
        ledger.fields(index)
    ledger.publish()
    assert standing(ledger, first.index).status == "withdrawn"
