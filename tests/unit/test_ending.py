"""The long run: logs that end, logs that continue others, logs of another format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledgers import DEPOSITOR, create, records, today_spec, verify
from provenance.audit import audit
from provenance.errors import FormatError, PolicyError
from provenance.ledger import Ledger
from provenance.record.entry import Close, Genesis, Previous, Status, Timestamp, Upgrade
from provenance.tlog.merkle import leaf_hash
from provenance.verifier import Verifier
from raw_entries import append_raw

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.ledger.draft import Place
    from provenance.record.entry import Entry

SUCCESSOR = "log.example/successor"
GENESIS = bytes(range(32))
RECORD = records(today_spec(passages=1))[0]


def entry(kind: Callable[..., Entry], **members: object) -> Callable[[Place], Entry]:
    return lambda place: kind(index=place.index, time=place.time, prev=place.prev, **members)


def test_a_closed_log_is_published_and_takes_nothing_more(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        (accepted,) = ledger.append([RECORD], depositor=DEPOSITOR).accepted
        note = ledger.close_log(successor=SUCCESSOR, genesis=GENESIS)
        close, last = ledger.entry(ledger.size - 2), ledger.entry(ledger.size - 1)
        assert isinstance(close, Close)
        assert isinstance(last, Status)
        assert ledger.publish() == note
        for change in (
            lambda: ledger.append([{**RECORD, "idTechnique": "x"}], depositor=DEPOSITOR),
            lambda: ledger.withdraw(accepted.index),
            lambda: ledger.register(DEPOSITOR, name="x"),
            lambda: ledger.rotate_keys("entry"),
            lambda: ledger.close_log(successor=SUCCESSOR, genesis=GENESIS),
        ):
            with pytest.raises(PolicyError, match=f"goes on as {SUCCESSOR}"):
                change()
        report = Verifier(ledger.policy()).verify(ledger.prove([accepted.index]))
        assert report.certifications[0].status == "in force"
    assert audit(tmp_path / "ledger").findings == ()


def test_a_close_that_was_cut_off_is_published_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with create(tmp_path / "ledger") as ledger:
        with monkeypatch.context() as patched:
            patched.setattr(ledger._publisher, "publish", lambda: "cut off")
            ledger.close_log(successor=SUCCESSOR, genesis=GENESIS)
        with pytest.raises(PolicyError):
            ledger.register(DEPOSITOR, name="x")
        ledger.publish()
    assert audit(tmp_path / "ledger").findings == ()


def test_values_that_cannot_close_a_log(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        for successor, genesis in (("with space", GENESIS), (SUCCESSOR, b"short")):
            with pytest.raises(FormatError):
                ledger.close_log(successor=successor, genesis=genesis)


def test_what_stands_behind_a_close_is_found(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        ledger.close_log(successor=SUCCESSOR, genesis=GENESIS)
        append_raw(ledger, entry(Status, size=ledger.size, root=ledger.entry(5).root))  # type: ignore[union-attr]
    messages = [finding.message for finding in audit(tmp_path / "ledger").findings]
    assert "status entry stands behind the close of the log" in messages


def test_a_log_continues_another(tmp_path: Path) -> None:
    with create(tmp_path / "old") as old:
        old.publish()
        latest = old.checkpoint()
        assert latest is not None
        previous = Previous(origin=old.origin, size=latest[0].size, root="A" * 43 + "=")
        with Ledger.create(tmp_path / "new", origin=SUCCESSOR, previous=previous) as new:
            first = new.entry(0)
            assert isinstance(first, Genesis)
            assert first.previous == previous
            old.close_log(successor=SUCCESSOR, genesis=leaf_hash(new.record(0)[0]))
            new.publish()
    assert audit(tmp_path / "old").findings == audit(tmp_path / "new").findings == ()


def test_nothing_is_written_in_another_format(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        ledger.publish()
        append_raw(ledger, entry(Upgrade, format="provenance/2"))
        with pytest.raises(PolicyError, match="provenance/2"):
            ledger.register(DEPOSITOR, name="x")
        assert isinstance(ledger.entry(ledger.size - 1), Upgrade)
    report = audit(tmp_path / "ledger")
    assert report.findings == ()
    assert any("format" in note for note in report.notes)


def test_time_stamps_are_read_and_counted(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        ledger.publish()
        latest = ledger.checkpoint()
        assert latest is not None
        root = latest[1].split("\n")[2]
        append_raw(ledger, entry(Timestamp, size=latest[0].size, root=root, token="AAAA"))
        (accepted,) = ledger.append([RECORD], depositor=DEPOSITOR).accepted
        ledger.publish()
        verify(ledger, ledger.prove([accepted.index]))
    report = audit(tmp_path / "ledger")
    assert report.findings == ()
    assert any("time-stamp" in note for note in report.notes)
