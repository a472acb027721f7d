"""Whatever is changed in the database, an audit names it or the ledger does not open."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from provenance.audit import audit
from provenance.errors import LedgerDamagedError
from tampering import ROWS, add, alter, change, make_ledger, nothing, remove

if TYPE_CHECKING:
    from pathlib import Path

    from tampering import Tampering


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_ledger(tmp_path_factory.mktemp("tampering") / "ledger")


def is_noticed(path: Path, table: str, start: bytes, tamper: Tampering) -> bool:
    change(path, table, start, tamper)
    try:
        return audit(path).findings != ()
    except LedgerDamagedError:
        return True


@pytest.mark.parametrize("tamper", [alter, remove, add])
@pytest.mark.parametrize(("table", "start"), ROWS)
def test_every_change_is_noticed(
    ledger: Path, tmp_path: Path, table: str, start: bytes, tamper: Tampering
) -> None:
    path = tmp_path / "ledger"
    shutil.copytree(ledger, path)
    assert is_noticed(path, table, start, tamper)


def test_writing_alone_is_no_finding(ledger: Path, tmp_path: Path) -> None:
    """The control: rows written again as they were leave the audit green."""
    path = tmp_path / "ledger"
    shutil.copytree(ledger, path)
    for table, start in ROWS:
        assert not is_noticed(path, table, start, nothing)


@pytest.mark.parametrize("name", ["head", "anchor", "vault/seeds"])
def test_files_beside_the_database(ledger: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / "ledger"
    shutil.copytree(ledger, path)
    data = bytearray((path / name).read_bytes())
    # The newest slot of the register, a digit of the root, the seed of a certification.
    at = {"head": range(len(data)), "anchor": [30], "vault/seeds": [256 + 32 * 20]}[name]
    for place in at:
        data[place] ^= 1
    (path / name).write_bytes(data)
    with suppress(LedgerDamagedError):
        assert audit(path).findings != ()
