"""A ledger with rows in every table, and what somebody may do to one of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broken_rules import register
from insider import Body, plan_file, record
from ledgers import DEPOSITOR, create, flux, records, today_spec
from provenance.audit import audit
from provenance.ledger import Accept, Refuse
from provenance.storage import Store
from provenance.storage.rows import TABLES
from raw_entries import append_raw

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.storage.rows import WriteRows

    Tampering = Callable[[WriteRows, str, bytes, bytes], None]

FACTS: Final = (
    *(b"change/", b"depositor/", b"erasure/", b"keys/", b"mention/", b"mentions/"),
    *(b"register", b"signed/"),
)
SIGNING: Final = "9SIGNING"
"""A depositor that signs."""
ROWS: Final = [
    *((table, b"") for table in TABLES if table not in {"state", "edge"}),
    *(("state", start) for start in (*FACTS, b"reference/")),
    *(("edge", start) for start in (b"\0", b"\1", b"format", b"size", b"status")),
    # A tombstone, see `find_row`.
    ("technical", b"erased"),
]
"""One row of each kind: its table, and what its key begins with."""


def make_ledger(path: Path, passages: int = 150) -> Path:
    """Make a ledger that has rows in every table."""
    body = Body()
    with create(path) as ledger:
        ledger.deposit(flux(today_spec(passages=passages)))
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
        ledger.register(SIGNING, name="Signataire", keys=[body.vkey], for_all=True)
        signed = flux(today_spec(passages=3, seed=45)).replace(DEPOSITOR.encode(), b"9SIGNING")
        record(ledger, plan_file(signed, signed_by=body))
        ledger.withdraw(5)
        ledger.publish()
        ledger.rotate_keys("entry")
        ledger.withdraw(6)
        append_raw(ledger, register())
        ledger.erase([7], basis="OTHER")
        ledger.publish()
        ledger.withdraw(8)
    assert audit(path).findings == ()
    return path


def find_row(path: Path, table: str, start: bytes) -> tuple[bytes, bytes]:
    """Return a row of the kind from the middle of all of them."""
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


def change(path: Path, table: str, start: bytes, tamper: Tampering) -> None:
    """Do something to one row of a kind."""
    key, value = find_row(path, table, start)
    with Store.open(path / "log") as store, store._write() as rows:
        tamper(rows, table, key, value)
