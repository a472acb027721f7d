"""A vault that has lost its newest seeds: it is said at once, and there is a way out."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import pytest

from ledgers import DEPOSITOR, create, flux, records, today_spec, verify
from provenance.audit import audit
from provenance.errors import (
    ErasedError,
    FormatError,
    LedgerDamagedError,
    PolicyError,
    StorageError,
)
from provenance.ledger import Ledger
from provenance.record.status import ERASED
from provenance.storage.vault import HEADER_SIZE, SEED_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.audit.report import AuditReport
    from provenance.record.commitment import Value

FIRST: Final = flux(today_spec(passages=4, dossier_percent=0))
SECOND: Final = flux(today_spec(passages=3, dossier_percent=0, seed=9))
RECORD: Final = records(today_spec(passages=1, dossier_percent=0, seed=11))[0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a ledger and a copy of its vault, then go on: two deposits, each published.

    Entries 0 to 3, 4 the first deposit and its four, 9 status; then 10 the second and its
    three, 14 status.
    """
    path = tmp_path / "ledger"
    with create(path) as ledger:
        ledger.deposit(FIRST)
        ledger.publish()
    shutil.copytree(path / "vault", tmp_path / "older")
    with Ledger.open(path) as ledger:
        assert ledger.deposit(SECOND).deposit == 10
        ledger.publish()
    return path


def lose(path: Path) -> None:
    """Put the older vault in the place of the newest."""
    shutil.rmtree(path / "vault")
    shutil.copytree(path.parent / "older", path / "vault")


def audited(path: Path) -> AuditReport:
    return audit(path)


LOST: Final = (10, 11, 12, 13)


def test_opening_says_what_is_missing(path: Path) -> None:
    lose(path)
    for _ in range(2):
        with pytest.raises(
            LedgerDamagedError, match=r"no seeds for 4 entries from entry 10 on"
        ):
            Ledger.open(path)
    with pytest.raises(LedgerDamagedError, match="repair"):
        Ledger.open(path)
    with Ledger.open(path, readonly=True) as ledger:
        assert ledger.lost_seeds() == LOST
        assert ledger.fields(5), "what has its seed is read as before"
        assert verify(ledger, ledger.prove([5])).certifications[0].status == "in force"
    assert audited(path).findings != (), "the control: nobody has given anything up"


def test_nothing_is_recorded_before_the_repair(path: Path) -> None:
    lose(path)
    with Ledger.open(path, with_lost_seeds=True) as ledger, pytest.raises(StorageError):
        ledger.append([RECORD], depositor=DEPOSITOR)
    with Ledger.open(path, readonly=True) as ledger:
        assert ledger.size == 15
        assert ledger.lost_seeds() == LOST
        with pytest.raises(PolicyError, match="reading only"):
            ledger.repair_lost_seeds()


def repair(path: Path, **options: str) -> tuple[int, ...]:
    with Ledger.open(path, with_lost_seeds=True) as ledger:
        done = ledger.repair_lost_seeds(**options)
        assert done.erased == LOST
        (entry,) = done.entries
        record = dict(ledger.fields(entry))
        assert record == {"basis": "LOST_SEED", **options}
        return done.entries


def test_the_repair_gives_up_what_is_lost_and_nothing_else(path: Path) -> None:
    lose(path)
    assert repair(path, case="INCIDENT-7") == (15,)
    with Ledger.open(path) as ledger:
        assert ledger.lost_seeds() == ()
        for index in (11, 12, 13):
            with pytest.raises(ErasedError):
                ledger.fields(index)
        with pytest.raises(ErasedError):
            ledger.rebuild(10)
        assert ledger.rebuild(4) == FIRST
        ledger.publish()
        assert len(verify(ledger, ledger.prove([5, 6, 7, 8])).certifications) == 4
        with ledger._files.store.view() as view:
            assert [view.status_bits(index) for index in LOST] == [0, *[ERASED] * 3]
    report = audited(path)
    assert report.findings == ()
    assert any("seeds of 4 entries were lost" in note for note in report.notes)


def test_the_content_may_be_sent_again(path: Path) -> None:
    lose(path)
    repair(path)
    with Ledger.open(path) as ledger:
        receipt = ledger.deposit(SECOND)
        assert (len(receipt.accepted), receipt.refused, receipt.duplicates) == (3, (), ())
        again = [one.index for one in receipt.accepted]
        assert [one for index in again for one in ledger.find(holder=holder(ledger, index))]
        ledger.publish()
        for one in verify(ledger, ledger.prove(again)).certifications:
            assert one.status == "in force"
        # What is recorded anew is erased as any other, with its tombstone.
        ledger.erase([again[0]], basis="GDPR_ART_17")
        codes = {one.faults[0].code for one in ledger.deposit(SECOND).refused}
        assert codes == {"erased"}
        ledger.publish()
    assert audited(path).findings == ()


def holder(ledger: Ledger, index: int) -> dict[str, Value]:
    prefix = "identificationTitulaire.titulaire."
    names = ("nomNaissance", "prenom1", "anneeNaissance", "moisNaissance", "jourNaissance")
    fields = dict(ledger.fields(index))
    return {name: fields.get(prefix + name) for name in names}


def test_a_newer_vault_is_the_better_way(path: Path, tmp_path: Path) -> None:
    shutil.copytree(path / "vault", tmp_path / "newest")
    lose(path)
    with pytest.raises(LedgerDamagedError):
        Ledger.open(path)
    shutil.rmtree(path / "vault")
    shutil.copytree(tmp_path / "newest", path / "vault")
    with Ledger.open(path) as ledger:
        assert ledger.lost_seeds() == ()
        assert ledger.rebuild(10) == SECOND
        with pytest.raises(ErasedError, match="nothing to repair"):
            ledger.repair_lost_seeds()
    assert audited(path).findings == ()


CUTS: Final[dict[str, Callable[[Path], None]]] = {}


def _cut(name: str) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    def add(function: Callable[[Path], None]) -> Callable[[Path], None]:
        CUTS[name] = function
        return function

    return add


@_cut("behind the first seed of the deposit")
def _cut_inside(path: Path) -> None:
    with (path / "vault" / "seeds").open("r+b") as file:
        file.truncate(HEADER_SIZE + SEED_SIZE * 11)


@_cut("within a seed")
def _cut_torn(path: Path) -> None:
    with (path / "vault" / "seeds").open("r+b") as file:
        file.truncate(HEADER_SIZE + SEED_SIZE * 11 + 5)


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_a_deposit_goes_with_certifications_that_are_lost(
    path: Path, cut: Callable[[Path], None]
) -> None:
    cut(path)
    with pytest.raises(LedgerDamagedError, match="3 entries from entry 11 on"):
        Ledger.open(path)
    repair(path)
    with Ledger.open(path) as ledger:
        assert len(ledger.deposit(SECOND).accepted) == 3
        ledger.publish()
    assert audited(path).findings == ()


def test_everything_that_has_a_seed_can_be_lost(path: Path) -> None:
    """Corrections, withdrawals and erasures, too, and what they did stays done."""
    with Ledger.open(path) as ledger:
        old = ledger.prove([5, 7])
        ledger.withdraw(5, "ERROR")  # 15
        ledger.erase([6], basis="OTHER")  # 16
        changed = {**dict(ledger.fields(7)[:-1]), "scoring": "1"}
        changed.pop("emetteur")
        (newer,) = ledger.append([changed], depositor=DEPOSITOR, corrections=True).accepted
        ledger.publish()
    lose(path)
    with Ledger.open(path, with_lost_seeds=True) as ledger:
        lost = ledger.lost_seeds()
        assert lost == (*LOST, 15, 16, newer.index - 1, newer.index)
        assert ledger.repair_lost_seeds().erased == lost
        ledger.publish()
        found = verify(ledger, ledger.refresh(old)).certifications
        assert [one.status for one in found] == ["withdrawn", "superseded"]
        # Nobody knows what superseded it, so the same name is free for what comes anew.
        receipt = ledger.append([changed], depositor=DEPOSITOR)
        assert len(receipt.accepted) == 1
        ledger.publish()
    assert audited(path).findings == ()


def test_a_repair_that_was_cut_off_is_begun_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zeros are in the vault, and no erasure is in the log: the seeds are lost as before."""
    lose(path)
    with monkeypatch.context() as patched:
        patched.setattr("provenance.ledger.keeping.make_repair", interrupted)
        with (
            Ledger.open(path, with_lost_seeds=True) as ledger,
            pytest.raises(KeyboardInterrupt),
        ):
            ledger.repair_lost_seeds()
    with pytest.raises(LedgerDamagedError, match="no seeds for 4 entries from entry 10 on"):
        Ledger.open(path)
    repair(path)
    Ledger.open(path).close()
    assert audited(path).findings == ()


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_repair_that_was_cut_off_behind_its_commit_is_done(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(path)
    with monkeypatch.context() as patched:
        patched.setattr("provenance.storage.vault.Vault.confirm", interrupted)
        with (
            Ledger.open(path, with_lost_seeds=True) as ledger,
            pytest.raises(KeyboardInterrupt),
        ):
            ledger.repair_lost_seeds()
    with Ledger.open(path) as ledger:
        assert ledger.lost_seeds() == ()
        assert len(ledger.deposit(SECOND).accepted) == 3
        ledger.publish()
    assert audited(path).findings == ()


def test_erasures_that_an_older_vault_does_not_know_are_repeated(path: Path) -> None:
    with Ledger.open(path) as ledger:
        ledger.erase([5], basis="GDPR_ART_17")
        seed = ledger._files.vault.read_many(5, 1)
        assert not any(seed)
    lose(path)
    with Ledger.open(path, with_lost_seeds=True) as ledger:
        assert any(ledger._files.vault.read_many(5, 1)), "the older vault has it again"
        ledger.repair_lost_seeds()
        assert not any(ledger._files.vault.read_many(5, 1))
        ledger.publish()
    assert audited(path).findings == ()


def test_a_seed_that_rotted_away_in_the_middle_can_be_given_up(path: Path) -> None:
    with (path / "vault" / "seeds").open("r+b") as file:
        file.seek(HEADER_SIZE + SEED_SIZE * 6)
        file.write(bytes(SEED_SIZE))
    assert audited(path).findings != ()
    with Ledger.open(path) as ledger:
        assert ledger.lost_seeds() == (4, 6)
        assert ledger.repair_lost_seeds().erased == (4, 6)
        ledger.publish()
    assert audited(path).findings == ()


def test_a_case_of_another_form_changes_nothing(path: Path) -> None:
    lose(path)
    with Ledger.open(path, with_lost_seeds=True) as ledger:
        with pytest.raises(FormatError, match="a case is"):
            ledger.repair_lost_seeds(case="")
        assert ledger.size == 15
    repair(path)
