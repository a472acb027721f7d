"""Old proofs brought up to date, under old policies and new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from ledgers import DEPOSITOR, create, records, today_spec
from provenance.encoding import encode_json
from provenance.errors import ConsistencyError, FormatError, NotPublishedError
from provenance.ledger import Ledger
from provenance.record.bundle import parse_bundle
from provenance.report import PROVEN
from provenance.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.report import Report

RECORD = records(today_spec(passages=1, dossier_percent=0))[0]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return a ledger with one certification, at entry 5, published."""
    with create(tmp_path / "ledger") as ledger:
        (accepted,) = ledger.append([RECORD], depositor=DEPOSITOR).accepted
        assert accepted.index == 5
        ledger.publish()
        yield ledger


def verify(policy: str, bundle: bytes) -> Report:
    return Verifier(policy).verify(bundle)


def correct(ledger: Ledger) -> int:
    record = {**RECORD, "dateFinValidite": "2099-12-31"}
    receipt = ledger.append([record], depositor=DEPOSITOR, corrections=True)
    return receipt.accepted[0].index


def test_the_status_is_as_of_the_later_checkpoint(ledger: Ledger) -> None:
    old = ledger.prove([5])
    newer = correct(ledger)
    ledger.publish()
    refreshed = ledger.refresh(old)
    (one,) = verify(ledger.policy(), refreshed).certifications
    assert (one.status, one.changed_by) == ("superseded", newer)
    # What was proven stays proven, byte for byte, and nothing more is disclosed.
    before, after = parse_bundle(old), parse_bundle(refreshed)
    assert replace(after, later=None) == before
    assert after.later is not None
    assert not any(item.record for item in after.later.entries)
    (alone,) = verify(ledger.policy(), old).certifications
    assert alone.status == "in force"


def test_refreshing_again_takes_the_newest(ledger: Ledger) -> None:
    old = ledger.prove([5])
    correct(ledger)
    ledger.publish()
    once = ledger.refresh(old)
    withdrawal = ledger.withdraw(5)
    ledger.publish()
    (one,) = verify(ledger.policy(), ledger.refresh(once)).certifications
    assert (one.status, one.changed_by) == ("withdrawn", withdrawal)


def test_an_erased_one_is_called_so(ledger: Ledger) -> None:
    old = ledger.prove([5])
    ledger.erase([5], basis="GDPR_ART_17")
    ledger.publish()
    (one,) = verify(ledger.policy(), ledger.refresh(old)).certifications
    assert one.status == "erased"


def test_old_and_new_proofs_under_old_and_new_policies(ledger: Ledger) -> None:
    """The table of the documentation: keys of the log were rotated in between."""
    old, old_policy = ledger.prove([5]), ledger.policy()
    ledger.rotate_keys("log")
    ledger.rotate_keys("entry")
    ledger.publish()
    new, new_policy, refreshed = ledger.prove([5]), ledger.policy(), ledger.refresh(old)
    found = {
        (policy, name): verify(text, bundle).verdict in PROVEN
        for policy, text in (("old", old_policy), ("new", new_policy))
        for name, bundle in (("old", old), ("new", new), ("refreshed", refreshed))
    }
    assert found == {
        ("old", "old"): True,
        ("old", "new"): False,
        ("old", "refreshed"): False,
        ("new", "old"): False,
        ("new", "new"): True,
        ("new", "refreshed"): True,
    }


def test_certifications_after_a_rotation_are_refreshed_too(ledger: Ledger) -> None:
    ledger.rotate_keys("entry")
    newer = correct(ledger)
    ledger.publish()
    bundle = ledger.prove([5, newer])
    ledger.rotate_keys("entry")
    ledger.rotate_keys("log")
    withdrawal = ledger.withdraw(newer)
    ledger.publish()
    report = verify(ledger.policy(), ledger.refresh(bundle))
    assert report.verdict in PROVEN, report.summary
    assert [one.changed_by for one in report.certifications] == [newer, withdrawal]


def test_nothing_newer_is_said(ledger: Ledger) -> None:
    with pytest.raises(NotPublishedError):
        ledger.refresh(ledger.prove([5]))


def test_what_cannot_be_refreshed(ledger: Ledger, tmp_path: Path) -> None:
    old = ledger.prove([5])
    with pytest.raises(FormatError):
        ledger.refresh(b"{}")
    with Ledger.create(tmp_path / "other", origin="another.example/log") as other:
        for _ in range(4):
            other.register(DEPOSITOR, name="x")
        other.publish()
        with pytest.raises(NotPublishedError):
            other.refresh(old)
        for _ in range(9):
            other.register(DEPOSITOR, name="x")
        other.publish()
        with pytest.raises(ConsistencyError, match="of the log"):
            other.refresh(old)
    correct(ledger)
    ledger.publish()
    bundle = parse_bundle(old)
    first = bundle.checkpoint.split("\n")[2]
    forged = bundle.checkpoint.replace(first, "A" * 43 + "=")
    with pytest.raises(ConsistencyError, match="is not this log's"):
        ledger.refresh(encode_json(replace(bundle, checkpoint=forged)))
