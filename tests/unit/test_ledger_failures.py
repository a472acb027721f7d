"""Failures at each step of a commit: what the caller is told, and what is true afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from ledgers import DEPOSITOR, create, flux, records, today_spec
from provenance.audit import audit
from provenance.errors import (
    ClockError,
    DepositRefused,
    LedgerBusyError,
    LedgerFullError,
    LedgerPoisonedError,
    StorageError,
    UnreadableError,
)
from provenance.ledger import Accept, Ledger, clock, deposit
from provenance.ledger import source as module_of_source
from provenance.ledger.job import OutdatedError
from provenance.ledger.source import FileSource
from provenance.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _raise(error: Exception) -> NoReturn:
    raise error


def test_a_vault_that_cannot_be_written_poisons_and_nothing_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with create(tmp_path / "ledger") as ledger:
        size = ledger.size
        vault = ledger._files.vault
        monkeypatch.setattr(vault, "write", lambda *_: _raise(StorageError("I/O error")))
        with pytest.raises(StorageError, match="I/O error"):
            ledger.deposit(flux(today_spec()))
        monkeypatch.undo()
        with pytest.raises(LedgerPoisonedError):
            ledger.deposit(flux(today_spec()))
    with Ledger.open(tmp_path / "ledger") as ledger:
        assert ledger.size == size
        assert ledger.deposit(flux(today_spec())).accepted
    assert audit(tmp_path / "ledger").verdict == "yes"


def test_a_full_disk_records_nothing_and_the_object_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with create(tmp_path / "ledger") as ledger:
        size = ledger.size
        vault = ledger._files.vault
        monkeypatch.setattr(vault, "write", lambda *_: _raise(LedgerFullError("full")))
        with pytest.raises(LedgerFullError):
            ledger.deposit(flux(today_spec()))
        monkeypatch.undo()
        assert ledger.size == size
        assert ledger.deposit(flux(today_spec())).accepted


def test_a_head_register_that_cannot_be_written_leaves_the_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failed, but persisted: the caller is told to look, and sends again as duplicates."""
    with create(tmp_path / "ledger") as ledger:
        head = ledger._files.head
        monkeypatch.setattr(head, "write", lambda *_: _raise(StorageError("I/O error")))
        with pytest.raises(LedgerPoisonedError, match="recorded, but"):
            ledger.deposit(flux(today_spec()))
        monkeypatch.undo()
        with pytest.raises(LedgerPoisonedError):
            ledger.publish()
    with Ledger.open(tmp_path / "ledger") as ledger:
        assert len(ledger.deposit(flux(today_spec())).duplicates) == 12
        assert ledger._files.head.read().size == ledger.size
    assert audit(tmp_path / "ledger").verdict == "yes"


@pytest.mark.parametrize("step", ["put_checkpoint", "write_file", "sign"])
def test_a_publication_that_was_cut_off_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Each step after the status entry fails once; one status entry and one root remain."""
    with create(tmp_path / "ledger") as ledger:
        ledger.deposit(flux(today_spec()))
        failing = lambda *_, **__: _raise(StorageError("cut off"))  # noqa: E731
        if step == "put_checkpoint":
            monkeypatch.setattr(ledger._files.store, "put_checkpoint", failing)
        elif step == "write_file":
            monkeypatch.setattr("provenance.ledger.publish.write_file", failing)
        else:
            monkeypatch.setattr(ledger._publisher, "_sign", failing)
        with pytest.raises(StorageError, match="cut off"):
            ledger.publish()
        size = ledger.size
    monkeypatch.undo()
    with Ledger.open(tmp_path / "ledger") as ledger:
        note = ledger.publish()
        assert ledger.size == size
        assert (tmp_path / "ledger" / "anchor").read_text() == note
        report = Verifier(ledger.policy()).verify(ledger.prove([6]), today_spec().day)
        assert report.verdict == "yes"
    assert audit(tmp_path / "ledger").verdict == "yes"


def test_entries_behind_a_cut_off_publication_get_a_status_entry_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with create(tmp_path / "ledger") as ledger:
        ledger.deposit(flux(today_spec()))
        failing = lambda *_: _raise(StorageError("cut off"))  # noqa: E731
        monkeypatch.setattr(ledger._publisher, "_sign", failing)
        with pytest.raises(StorageError):
            ledger.publish()
        monkeypatch.undo()
        ledger.deposit(flux(today_spec(seed=8)))
        ledger.publish()
        report = Verifier(ledger.policy()).verify(ledger.prove([6]), today_spec().day)
        assert report.verdict == "yes"
    assert audit(tmp_path / "ledger").verdict == "yes"


def test_a_clock_that_jumped_must_be_confirmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = clock.wall_us
    with create(tmp_path / "ledger") as ledger:
        monkeypatch.setattr(clock, "wall_us", lambda: real() + 30 * 24 * 3_600_000_000)
        with pytest.raises(ClockError):
            ledger.deposit(flux(today_spec()))
        ledger.confirm_clock()
        assert ledger.deposit(flux(today_spec())).accepted
        monkeypatch.undo()
        ledger.confirm_clock()
        held = ledger.deposit(flux(today_spec(seed=8)))
        assert "clock-held" in {warning.code for warning in held.warnings}


def test_a_file_that_is_not_too_large_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "flux.xml"
    path.write_bytes(b"one")
    told: list[tuple[int, int]] = []
    source = FileSource(path, progress=lambda read, total: told.append((read, total)))
    assert b"".join(source.chunks()) == b"one"
    digest = source.sha256()
    path.write_bytes(b"two")
    assert b"".join(source.chunks()) == b"one"
    assert source.sha256() == digest
    assert told == [(3, 3), (3, 3)]


def test_two_readings_of_one_file_must_be_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module_of_source, "KEPT_SIZE_MAX", 2)
    path = tmp_path / "flux.xml"
    path.write_bytes(b"one")
    source = FileSource(path)
    assert b"".join(source.chunks()) == b"one"
    path.write_bytes(b"two")
    assert b"".join(source.chunks()) == b"two"
    with pytest.raises(UnreadableError, match="changed"):
        source.sha256()


def test_a_depositor_that_is_replaced_meanwhile_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with create(tmp_path / "ledger") as ledger:

        def decide(_: object) -> object:
            if not replaced:
                replaced.append(ledger.register(DEPOSITOR, name="Autre nom", for_all=True))
            return Accept()

        replaced: list[int] = []
        receipt = ledger.deposit(flux(today_spec()), decide)  # type: ignore[arg-type]
        assert receipt.accepted
        assert ledger.entry(replaced[0]).index == replaced[0]

        def overtaken(make: Callable[[], object], *, items: int) -> None:
            assert make() is not None
            assert items == 2
            raise OutdatedError

        monkeypatch.setattr(ledger._group, "submit_made", overtaken)
        with pytest.raises(LedgerBusyError):
            ledger.append(records(today_spec(seed=3, passages=1)), depositor=DEPOSITOR)
        monkeypatch.setattr(deposit, "read_standing", lambda *_: None)
        with pytest.raises(DepositRefused, match="replaced"):
            ledger.append(records(today_spec(seed=3, passages=1)), depositor=DEPOSITOR)


def test_receipts_hold_no_personal_data(tmp_path: Path) -> None:
    """Nor does any entry: names of persons are found in no byte that is handed out."""
    with create(tmp_path / "ledger") as ledger:
        receipt = ledger.deposit(flux(today_spec()))
        names = {
            str(value)
            for one in receipt.accepted
            for name, value in ledger.fields(one.index)
            if name.endswith(("nomNaissance", "nomTitulaire"))
        }
        entries = b"".join(ledger.entries()).decode()
        assert names
        assert not any(f'"{name}"' in entries or name in str(receipt) for name in names)


def test_publications_that_are_cut_off_before_the_first_anchor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice, with new entries in between: two checkpoints without an anchor are no ledger."""

    def fail(*_: object) -> NoReturn:
        _raise(StorageError("I/O error"))

    create(tmp_path / "ledger").close()
    for seed in (1, 2, 3):
        with Ledger.open(tmp_path / "ledger") as ledger, monkeypatch.context() as patch:
            ledger.append(records(today_spec(passages=1, seed=seed)), depositor=DEPOSITOR)
            patch.setattr("provenance.ledger.publish.write_file", fail)
            with pytest.raises(StorageError, match="I/O error"):
                ledger.publish()
            assert not (tmp_path / "ledger" / "anchor").exists()
    with Ledger.open(tmp_path / "ledger") as ledger:
        note = ledger.publish()
        assert (tmp_path / "ledger" / "anchor").read_text() == note
    assert audit(tmp_path / "ledger").verdict == "yes"
