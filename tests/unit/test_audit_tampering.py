"""Whatever is changed in the database, an audit names it or the ledger does not open."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import pytest

from ledgers import DEPOSITOR, create, flux, records, today_spec
from provenance.audit import audit
from provenance.errors import LedgerDamagedError
from provenance.ledger import Accept, Refuse
from provenance.storage import Store
from provenance.storage.rows import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.storage.rows import WriteRows

    Tampering = Callable[[WriteRows, str, bytes, bytes], None]

FACTS: Final = (b"change/", b"depositor/", b"erasure/", b"keys/", b"mention/", b"mentions/")
ROWS: Final = [
    *((table, b"") for table in TABLES if table not in {"state", "edge"}),
    *(("state", start) for start in (*FACTS, b"reference/")),
    *(("edge", start) for start in (b"\0", b"\1", b"format", b"size", b"status")),
    # A tombstone, see `find_row`.
    ("technical", b"erased"),
]
"""One row of each kind: its table, and what its key begins with."""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_ledger(tmp_path_factory.mktemp("tampering") / "ledger")


def make_ledger(path: Path) -> Path:
    """Make a ledger that has rows in every table."""
    with create(path) as ledger:
        ledger.deposit(flux(today_spec(passages=150)))
        sent = records(today_spec(passages=3, seed=44))
        ledger.append(
            sent,
            depositor=DEPOSITOR,
            decide=lambda fields: (
                Refuse("no")
                if fields["idTechnique"] == sent[2]["idTechnique"]
                else Accept(holder="holder-1")
            ),
        )
        ledger.withdraw(5)
        ledger.publish()
        ledger.rotate_keys("entry")
        ledger.withdraw(6)
        ledger.erase([7], basis="OTHER")
        ledger.publish()
        ledger.withdraw(8)
    assert audit(path).findings == ()
    return path


def find_row(path: Path, table: str, start: bytes) -> tuple[bytes, bytes]:
    """Give a row of the kind from the middle of all of them."""
    store = Store.open(path / "log", readonly=True)
    with store.view() as view:
        rows = list(view.rows.scan(table))
    store.close()
    if start == b"erased":
        rows = [(key, value) for key, value in rows if value[-1]]
    else:
        rows = [(key, value) for key, value in rows if key.startswith(start)]
    return rows[len(rows) // 2]


def alter(rows: WriteRows, table: str, key: bytes, value: bytes) -> None:
    if table == "holders":
        rows.delete(table, key, value)
    rows.put(table, [(key, value[:-1] + bytes([value[-1] ^ 1]) if value else b"\1")])


def remove(rows: WriteRows, table: str, key: bytes, value: bytes) -> None:
    rows.delete(table, key, value if table == "holders" else b"")


def add(rows: WriteRows, table: str, key: bytes, value: bytes) -> None:
    rows.put(table, [(key[:-1] + bytes([key[-1] ^ 0x55]), value)])


def nothing(rows: WriteRows, table: str, key: bytes, value: bytes) -> None:
    rows.put(table, [(key, value)])


def is_noticed(path: Path, table: str, start: bytes, tamper: Tampering) -> bool:
    key, value = find_row(path, table, start)
    store = Store.open(path / "log")
    with store._write() as rows:
        tamper(rows, table, key, value)
    store.close()
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
    at = {"head": range(len(data)), "anchor": [30], "vault/seeds": [64 + 32 * 20]}[name]
    for place in at:
        data[place] ^= 1
    (path / name).write_bytes(data)
    with suppress(LedgerDamagedError):
        assert audit(path).findings != ()
