"""Certifications change: corrected, finished, withdrawn, erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledgers import CERTIFIER, DEPOSITOR, create, flux, records, today_spec
from provenance.audit import audit
from provenance.cdc.report import encode_receipt, parse_receipt
from provenance.errors import ErasedError, FormatError, PolicyError, UnknownEntryError
from provenance.ledger import Ledger
from provenance.record.entry import Certification, Deposit, Erasure, Withdrawal
from provenance.verifier import Verifier

if TYPE_CHECKING:
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
    found = Verifier(ledger.policy()).verify(ledger.prove(indexes))
    assert found.verdict == "yes", found.summary
    return found


def standing(ledger: Ledger, index: int) -> CertificationReport:
    (found,) = report(ledger, index).certifications
    return found


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    with create(tmp_path / "ledger") as ledger:
        yield ledger
        ledger.publish()
    found = audit(tmp_path / "ledger")
    assert found.findings == ()


def test_a_correction_supersedes(ledger: Ledger) -> None:
    (first,) = append(ledger, one_record()).accepted
    changed = one_record(**{"dateFinValidite": "2099-12-31"})
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
