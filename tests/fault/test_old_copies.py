"""Old and new parts of a ledger mixed, and copies that went on separately.

A ledger is kept in five parts: log, vault, head register, anchor, keys. Each may come back
from an older backup without the others. A row of the table says what then happens: an opening
is refused before anything is written, or the ledger goes on and nothing that was acknowledged
is lost. Only where every part but the keys is old nothing can notice it from inside; an auditor
who kept a checkpoint can.
"""

from __future__ import annotations

import shutil
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from ledgers import DEPOSITOR, create, flux, records, today_spec, verify
from provenance.audit import audit
from provenance.errors import LedgerDamagedError, ProvenanceError, RollbackError
from provenance.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from battery import Row

PARTS: Final = ("log", "vault", "head", "anchor", "keys")
MIXES: Final = [
    frozenset(chosen)
    for count in range(1, len(PARTS) + 1)
    for chosen in combinations(PARTS, count)
]


class Histories(NamedTuple):
    """Two states of one ledger, and what was acknowledged when it was in the newer one."""

    old: Path
    new: Path
    entries: list[bytes]


def expected(old: frozenset[str]) -> str:
    """What must happen where these parts are old and the others new.

    ``rollback``, ``lost`` (seeds), ``unnoticed`` or ``fine``. The keys are the same in both.
    """
    parts = old - {"keys"}
    if parts == {"log", "vault", "head", "anchor"}:
        return "unnoticed"
    if "log" in parts:
        return "rollback"
    return "lost" if "vault" in parts else "fine"


def copy(source: Path, target: Path, parts: frozenset[str] | set[str]) -> None:
    for part in parts:
        if (source / part).is_dir():
            shutil.copytree(source / part, target / part)
        else:
            shutil.copy2(source / part, target / part)


def mix(place: Path, old: Path, new: Path, parts: frozenset[str]) -> Path:
    place.mkdir(mode=0o700)
    copy(old, place, parts)
    copy(new, place, set(PARTS) - parts)
    (place / "log" / "lock.mdb").unlink(missing_ok=True)
    return place


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Histories:
    place = tmp_path_factory.mktemp("histories")
    path = place / "ledger"
    with create(path) as ledger:
        ledger.deposit(flux(today_spec()))
        ledger.publish()
    old = shutil.copytree(path, place / "old")
    with Ledger.open(path) as ledger:
        receipt = ledger.deposit(flux(today_spec(seed=8, passages=30)))
        ledger.erase([receipt.accepted[0].index], basis="GDPR_ART_17")
        ledger.publish()
        entries = list(ledger.entries())
    return Histories(old, path, entries)


def goes_on(path: Path) -> list[bytes]:
    """Deposit, publish, prove and audit; return the entries that were there before."""
    with Ledger.open(path) as ledger:
        before = list(ledger.entries())
        receipt = ledger.deposit(flux(today_spec(seed=9, passages=5)))
        ledger.publish()
        verify(ledger, ledger.prove([receipt.accepted[0].index]))
    report = audit(path)
    assert report.verdict == "yes", report.findings
    return before


def files_of(path: Path) -> dict[str, bytes]:
    """All that a ledger is made of but the locks."""
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name not in {"lock", "lock.mdb"}
    }


ERRORS: Final[dict[str, type[ProvenanceError]]] = {
    "rollback": RollbackError,
    "lost": LedgerDamagedError,
}


@pytest.mark.parametrize("parts", MIXES, ids=lambda parts: "+".join(sorted(parts)))
def test_every_mix_is_refused_or_harmless(
    parts: frozenset[str], histories: Histories, tmp_path: Path, row: Row
) -> None:
    row.begin("F10 old copies: mixes")
    path = mix(tmp_path / "mixed", histories.old, histories.new, parts)
    what = expected(parts)
    row.attempt(fired=True)
    if what in ERRORS:
        before = files_of(path)
        with pytest.raises(ERRORS[what]) as refused:
            Ledger.open(path)
        assert files_of(path) == before, "nothing is written to a mix that is refused"
        if what == "lost":
            assert "repair" in str(refused.value)
        return
    entries = goes_on(path)
    if what == "fine":
        assert entries == histories.entries
    else:
        assert entries == histories.entries[: len(entries)]
        assert len(entries) < len(histories.entries)


def test_what_nobody_inside_notices_an_auditor_with_a_checkpoint_does(
    histories: Histories, tmp_path: Path, row: Row
) -> None:
    row.begin("F10 old copies: outside")
    with Ledger.open(histories.new, readonly=True) as ledger:
        known = ledger.checkpoint()
    assert known is not None
    path = mix(tmp_path / "mixed", histories.old, histories.new, frozenset(PARTS))
    row.attempt(fired=True)
    assert audit(path, since=known[1]).verdict == "no"
    row.control(caught=audit(histories.new, since=known[1]).verdict == "yes")


@pytest.mark.parametrize("writes", ["one", "status"])
def test_a_log_that_lacks_only_the_last_commit_is_refused(
    writes: str, tmp_path: Path, row: Row
) -> None:
    """The newest vault with a log, head and anchor of just before."""
    row.begin("F10 old copies: the last commit")
    path = tmp_path / "ledger"
    with create(path) as ledger:
        ledger.deposit(flux(today_spec()))
    old = shutil.copytree(path, tmp_path / "old")
    with Ledger.open(path) as ledger:
        if writes == "one":
            ledger.append(records(today_spec(seed=5, passages=1)), depositor=DEPOSITOR)
        else:
            ledger.publish()
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    copy(path, mixed, {"vault", "keys"})
    copy(old, mixed, {"log", "head"})
    row.attempt(fired=True)
    with pytest.raises(RollbackError, match="vault knows"):
        Ledger.open(mixed)


SWAPS: Final[dict[str, frozenset[str]]] = {
    "vault": frozenset({"vault"}),
    "log": frozenset({"log"}),
    "log and vault": frozenset({"log", "vault"}),
    "head": frozenset({"head"}),
    "anchor": frozenset({"anchor"}),
    "head and anchor": frozenset({"head", "anchor"}),
    "log, head and anchor": frozenset({"log", "head", "anchor"}),
}


@pytest.mark.parametrize("swap", SWAPS)
def test_parts_of_copies_that_went_on_separately_are_refused(
    swap: str, tmp_path: Path, row: Row
) -> None:
    """As many entries in both, but others: the vault of one never serves the other."""
    row.begin("F10 old copies: diverged")
    one, other = _diverge(tmp_path)
    mixed = mix(tmp_path / "mixed", one, other, SWAPS[swap])
    before = files_of(mixed)
    row.attempt(fired=True)
    with pytest.raises((RollbackError, LedgerDamagedError)):
        Ledger.open(mixed)
    assert files_of(mixed) == before


def _diverge(place: Path) -> tuple[Path, Path]:
    with create(place / "one") as ledger:
        ledger.deposit(flux(today_spec()))
        ledger.publish()
    shutil.copytree(place / "one", place / "other")
    for name, seed in (("one", 11), ("other", 12)):
        with Ledger.open(place / name) as ledger:
            ledger.deposit(flux(today_spec(seed=seed)))
            ledger.publish()
    return place / "one", place / "other"


def test_the_table_notices_a_ledger_that_does_not_ask_its_vault(
    histories: Histories, tmp_path: Path, row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without that question, seeds of acknowledged entries are written over."""
    row.begin("F10 old copies: mixes")
    old = frozenset({"log", "head", "anchor"})
    path = mix(tmp_path / "mixed", histories.old, histories.new, old)
    nothing: Callable[..., None] = lambda *_, **__: None  # noqa: E731 - one line is enough
    monkeypatch.setattr("provenance.ledger.core.check_vault", nothing)
    with Ledger.open(path) as ledger:
        ledger.deposit(flux(today_spec(seed=9, passages=5)))
    seeds = (path / "vault" / "seeds").read_bytes()
    row.control(caught=seeds != (histories.new / "vault" / "seeds").read_bytes())
