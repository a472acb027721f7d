"""What a publication says: the last register, and nothing twice."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ledgers import DEPOSITOR, create, records, today_spec, verify
from provenance.ledger.publish import Publisher
from provenance.record.entry import Register, Status
from provenance.tlog.merkle import leaf_hash, tree_root
from raw_entries import append_raw

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from provenance.ledger import Ledger
    from provenance.ledger.draft import Place

RECORD = records(today_spec(passages=1, dossier_percent=0))[0]
HASH = "A" * 43 + "="


def register(place: Place) -> Register:
    return Register(
        index=place.index,
        time=place.time,
        prev=place.prev,
        source="France compétences",
        version="4.1",
        date="2026-11-20",
        digest=HASH,
        sheets=1,
        root=HASH,
    )


def status_of(ledger: Ledger) -> Status:
    ledger.publish()
    entry = ledger.entry(ledger.size - 1)
    assert isinstance(entry, Status)
    return entry


def test_a_status_names_the_last_register_before_it(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        assert status_of(ledger).register is None
        first = append_raw(ledger, register)
        assert status_of(ledger).register == first
        (accepted,) = ledger.append([RECORD], depositor=DEPOSITOR).accepted
        assert status_of(ledger).register == first
        proof = ledger.prove([accepted.index])
        second = append_raw(ledger, register)
        assert status_of(ledger).register == second
        # Nothing is said of a title, because no sheet is shown.
        for bundle in (proof, ledger.refresh(proof), ledger.prove([accepted.index])):
            (one,) = verify(ledger, bundle).certifications
            assert one.title is None


def test_publications_of_many_make_one_history(tmp_path: Path) -> None:
    """Threads record and publish; each root is that of its entries, and none is lost."""
    with create(tmp_path / "ledger") as ledger:
        notes: list[str] = []

        def work(number: int) -> None:
            for step in range(6):
                record = {**RECORD, "idTechnique": f"{number}-{step}"}
                ledger.append([record], depositor=DEPOSITOR)
                notes.append(ledger.publish())

        threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with ledger._files.store.view() as view:
            hashes = [leaf_hash(entry) for entry, _ in view.entries(0, view.size)]
            for size, note in view.checkpoints():
                text = note.decode()
                assert tree_root(hashes[:size]) == view.root(size)
                assert text.split("\n")[1] == str(size)
        assert len(notes) == 24
        assert ledger.publish() == ledger.publish()


def test_what_was_published_by_another_is_gone_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody published in between: what was hashed before that is not used."""
    with create(tmp_path / "ledger") as ledger:
        ledger.publish()
        append_status = Publisher._append_status

        def published_meanwhile(publisher: Publisher) -> int:
            size = append_status(publisher)
            monkeypatch.undo()
            ledger.register(DEPOSITOR, name="Un autre nom", for_all=True)
            ledger.publish()
            return size

        monkeypatch.setattr(Publisher, "_append_status", published_meanwhile)
        ledger.register(DEPOSITOR, name="Encore un", for_all=True)
        note = ledger.publish()
        latest = ledger.checkpoint()
        assert latest is not None
        assert latest[1] == note, "the newest, which covers what was asked for"
        assert latest[0].size == ledger.size
