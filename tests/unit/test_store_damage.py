from __future__ import annotations

from typing import TYPE_CHECKING, Final

import lmdb
import pytest

from provenance.errors import (
    LedgerDamagedError,
    StorageError,
)
from provenance.storage import Store, verify_database
from storing import check, commit, key, make_log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_log(tmp_path)


@pytest.fixture
def log(path: Path) -> Iterator[Store]:
    with Store.open(path) as log:
        yield log


@pytest.fixture
def filled(log: Store) -> Store:
    log.commit(commit(0, 300))
    return log


def raw(path: Path) -> lmdb.Environment:
    return lmdb.open(str(path), max_dbs=10, map_size=1 << 30, lib_version=0)


def change(path: Path, table: str, row: bytes, value: bytes | None) -> None:
    with raw(path) as environment:
        db = environment.open_db(table.encode())
        with environment.begin(write=True) as transaction:
            if value is None:
                assert transaction.delete(row, db=db)
            else:
                transaction.put(row, value, db=db)


def u64(number: int) -> bytes:
    return number.to_bytes(8, "big")


@pytest.mark.parametrize(
    ("table", "row", "value"),
    [
        ("edge", b"format", b"provenance-log/2"),
        ("edge", b"format", None),
    ],
)
def test_another_format_is_refused(
    path: Path, table: str, row: bytes, value: bytes | None
) -> None:
    change(path, table, row, value)
    with pytest.raises(LedgerDamagedError, match="format"):
        Store.open(path)


def test_a_database_without_the_tables_is_refused(tmp_path: Path) -> None:
    with raw(tmp_path / "log") as environment, environment.begin(write=True) as transaction:
        transaction.put(b"key", b"value")
    with pytest.raises(LedgerDamagedError, match="cannot open"):
        Store.open(tmp_path / "log")


DAMAGE: Final[dict[tuple[str, bytes, bytes | None], str]] = {
    ("edge", b"size", None): "size",
    ("edge", b"size", bytes(7)): "size",
    ("edge", b"status", bytes(9)): "status tree's size",
    ("edge", b"\0", bytes(32)): "tier 0",
    ("records", u64(7), None): "entry 7",
    ("records", u64(7), b""): "entry 7",
    ("records", u64(7), b"\x40" + bytes(63)): "entry 7",
    ("records", u64(7), b"\x20" + bytes(90)): "entry 7",
    ("records", u64(299), None): "entry 299",
    ("blocks", u64(64) + b"\0", b"short"): "block 0",
    ("technical", key(1), bytes(8)): "look-up",
    ("holders", key(1), bytes(7)): "look-up",
    ("checkpoints", b"short", b"note"): "checkpoint",
    ("status", bytes([1]) + u64(0), b"short"): "status tree",
    ("pending", u64(1), b""): "pending mark",
    ("pending", u64(1), b"\1\1"): "pending mark",
    ("pending", b"short", b"\1"): "pending mark",
}


def read_everything(log: Store) -> None:
    with log.view() as view:
        assert view.status_size >= 0
        view.leaf_hashes(0, view.size)
        list(view.checkpoints())
        list(view.entries(0, view.size))
        view.technical(key(1))
        view.holders(key(1))
        view.status_root(view.size, settled=False)
        view.record(view.size - 1)


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_rows_are_noticed(
    filled: Store, path: Path, damage: tuple[str, bytes, bytes | None]
) -> None:
    read_everything(filled)
    filled.close()
    change(path, *damage)
    with (
        Store.open(path) as log,
        pytest.raises(LedgerDamagedError, match=DAMAGE[damage]),
    ):
        read_everything(log)


def test_rows_beyond_the_end_are_never_written_over(filled: Store, path: Path) -> None:
    filled.close()
    change(path, "records", u64(305), b"\0from elsewhere")
    with Store.open(path) as log:
        with pytest.raises(LedgerDamagedError, match="beyond the log's end"):
            log.commit(commit(300, 10))
        with log.view() as view:
            check(view, 300)


def test_the_structure_can_be_verified(filled: Store, path: Path, tmp_path: Path) -> None:
    filled.close()
    assert verify_database(path) == ()
    data = bytearray((path / "data.mdb").read_bytes())
    data[4096 * 5 + 10] ^= 0xFF
    (path / "data.mdb").write_bytes(data)
    assert verify_database(path)
    (path / "data.mdb").write_bytes(b"no database")
    assert verify_database(path)
    with pytest.raises(StorageError):
        verify_database(tmp_path / "missing")
