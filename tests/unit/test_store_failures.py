from __future__ import annotations

import errno
import os
import shutil
import struct
import threading
from typing import TYPE_CHECKING, Any, Final

import lmdb
import pytest

from provenance.errors import (
    LedgerBusyError,
    LedgerDamagedError,
    LedgerFullError,
    LedgerPoisonedError,
    StorageError,
)
from provenance.storage import Store, View, datafile, store
from storing import check, commit, key, make_log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL_MAP: Final = 1 << 20


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


# --- full, poisoned, closed


def fill(log: Store) -> int:
    """Commit until nothing more is taken; give the size reached."""
    for size in range(0, 100_000, 50):
        try:
            log.commit(commit(size, 50))
        except LedgerFullError:
            return size
    raise AssertionError


def test_a_full_map_changes_nothing_and_does_not_poison(path: Path) -> None:
    with Store.open(path, map_size=SMALL_MAP) as log:
        size = fill(log)
        with log.view() as view:
            check(view, size)
        with pytest.raises(LedgerFullError):
            log.commit(commit(size, 50))
    with Store.open(path) as log:
        log.commit(commit(size, 50))
        with log.view() as view:
            check(view, size + 50)


def failure(code: int) -> lmdb.Error:
    """Make an error as LMDB does, with a number."""
    error = lmdb.DiskError("mdb_txn_commit")
    error.__dict__["code"] = code
    return error


class BrokenEnvironment:
    """Stands for an LMDB environment whose next write transaction fails."""

    def __init__(self, environment: lmdb.Environment, error: lmdb.Error) -> None:
        self.environment = environment
        self.error: lmdb.Error | None = error

    def begin(self, *, write: bool) -> lmdb.Transaction[bytes]:
        if write and self.error is not None:
            raise self.error
        return self.environment.begin(write=write)

    def close(self) -> None:
        self.environment.close()


def break_it(log: Store, error: lmdb.Error) -> None:
    broken: Any = BrokenEnvironment(log._environment, error)
    log.__dict__["_environment"] = broken


def refuses_everything(log: Store) -> None:
    for use in (log.view, log.check_usable, lambda: log.commit(commit(0, 1))):
        with pytest.raises(LedgerPoisonedError):
            use()
    with pytest.raises(LedgerPoisonedError):
        log.put_checkpoint(0, b"note")


def test_a_failed_write_poisons_until_the_next_open(log: Store, path: Path) -> None:
    break_it(log, failure(errno.EIO))
    with pytest.raises(StorageError) as caught:
        log.commit(commit(0, 1))
    assert type(caught.value) is StorageError
    refuses_everything(log)
    log.close()
    with Store.open(path) as again:
        again.commit(commit(0, 1))


def test_a_failed_write_on_a_full_disk_is_told_apart(
    log: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it(log, failure(errno.EIO))
    monkeypatch.setattr("provenance.storage.durable.SPACE_MIN", 1 << 80)
    with pytest.raises(LedgerFullError):
        log.commit(commit(0, 1))
    refuses_everything(log)


def test_a_failure_without_a_number_poisons_too(log: Store) -> None:
    break_it(log, lmdb.Error("closed meanwhile"))
    with pytest.raises(StorageError, match="closed meanwhile"):
        log.commit(commit(0, 1))
    refuses_everything(log)


def test_the_ledger_can_poison_it(log: Store) -> None:
    log.poison()
    refuses_everything(log)


def test_a_closed_store_refuses(log: Store) -> None:
    view = log.view()
    log.close()
    log.close()
    for use in (log.view, lambda: log.commit(commit(0, 1)), lambda: view.state(b"key")):
        with pytest.raises(StorageError):
            use()
    with pytest.raises(StorageError):
        view.holders(key(1))
    with pytest.raises(StorageError):
        list(view.checkpoints())
    view.close()
    with pytest.raises(StorageError, match="closed"):
        log.check_usable()


def test_a_closed_view_refuses(filled: Store) -> None:
    with filled.view() as view:
        pass
    view.close()
    with pytest.raises(StorageError):
        view.entry(0)


def test_thousands_of_snapshots_are_open_at_once(log: Store) -> None:
    views = [log.view() for _ in range(2000)]
    log.commit(commit(0, 3))
    with log.view() as view:
        assert view.size == 3
    for one in views:
        one.close()


def test_a_reader_waits_for_a_place(
    tmp_path: Path, log: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = tmp_path / "few"
    monkeypatch.setattr(store, "READERS", 3)
    monkeypatch.setattr(store, "LOCK_SIZE", 64 * 4)
    Store.create(few)
    with Store.open(few) as crowded:
        monkeypatch.setattr(store, "READERS_WAIT_S", 0.0)
        views: list[View] = []
        with pytest.raises(LedgerBusyError, match="snapshots are open at once"):
            views.extend(crowded.view() for _ in range(200))
        # The writer needs no place.
        crowded.commit(commit(0, 1))
        monkeypatch.setattr(store, "READERS_WAIT_S", 60.0)
        leaving = threading.Timer(0.2, views.pop().close)
        leaving.start()
        with crowded.view() as view:
            assert view.size == 1
        leaving.join()
        for one in views:
            one.close()
    assert log.view().size == 0


def test_dead_readers_are_cleared_now_and_then(
    log: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "READER_CHECK_COMMITS", 3)
    checks = []

    class Counting(BrokenEnvironment):
        def reader_check(self) -> int:
            checks.append(1)
            return 0

    counting: Any = Counting(log._environment, lmdb.Error("never"))
    counting.error = None
    log.__dict__["_environment"] = counting
    for size in range(7):
        log.commit(commit(size, 1))
    assert len(checks) == 2


# --- opening


def test_a_store_is_open_once_in_a_process(log: Store, path: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(path)
    for name in (path, tmp_path / "link"):
        for readonly in (False, True):
            with pytest.raises(LedgerBusyError, match="open already"):
                Store.open(name, readonly=readonly)
    log.commit(commit(0, 1))
    log.close()
    Store.open(path).close()


def test_reading_only(filled: Store, path: Path) -> None:
    filled.close()
    with Store.open(path, readonly=True) as log:
        with log.view() as view:
            check(view, 300)
        with pytest.raises(StorageError, match="reading only"):
            log.commit(commit(300, 1))
        with pytest.raises(StorageError, match="reading only"):
            log.put_checkpoint(300, b"note")
        log.check_usable()


def test_a_log_is_made_over_nothing(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="exists already"):
        Store.create(path)
    with pytest.raises(StorageError, match="cannot make"):
        Store.create(tmp_path / "missing" / "log")
    assert [file.name for file in tmp_path.iterdir()] == ["log"]
    assert path.stat().st_mode & 0o777 == 0o700
    assert (path / "data.mdb").stat().st_mode & 0o777 == 0o600


def test_a_creation_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure(errno.ENOSPC)

    monkeypatch.setattr(lmdb, "open", fail)
    with pytest.raises(LedgerFullError, match="cannot make"):
        Store.create(tmp_path / "log")
    assert list(tmp_path.iterdir()) == []


def test_without_a_data_file_there_is_no_log(path: Path, tmp_path: Path) -> None:
    (path / "data.mdb").unlink()
    for name in (path, tmp_path / "missing"):
        with pytest.raises(LedgerDamagedError, match="missing"):
            Store.open(name)


def test_a_smaller_map_is_tried_when_address_space_is_short(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    opened = lmdb.open

    def short(name: str, *, map_size: int, **options: Any) -> lmdb.Environment:
        asked.append(map_size)
        if map_size > limit:
            raise lmdb.MemoryError(name)
        return opened(name, map_size=map_size, **options)

    limit = 1 << 34
    monkeypatch.setattr(lmdb, "open", short)
    Store.open(path).close()
    assert asked == [1 << exponent for exponent in range(40, 33, -1)]
    limit = 0
    with pytest.raises(StorageError, match="address space"):
        Store.open(path)
    limit = 1 << 40
    Store.open(path).close()


def test_a_short_file_is_refused_unless_only_free_pages_are_missing(
    filled: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.close()
    monkeypatch.setattr(store, "is_short", lambda _: True)
    Store.open(path).close()
    monkeypatch.setattr(store, "verify_database", lambda _: ("page 7 is missing",))
    with pytest.raises(LedgerDamagedError, match="page 7"):
        Store.open(path)


def test_every_truncation_is_refused(filled: Store, path: Path, tmp_path: Path) -> None:
    filled.close()
    size = (path / "data.mdb").stat().st_size
    for kept in [*range(0, size, 4096 * 7), 100, 4096 + 100, size - 4096, size - 1]:
        copy = tmp_path / f"copy{kept}"
        shutil.copytree(path, copy)
        os.truncate(copy / "data.mdb", kept)
        with pytest.raises(LedgerDamagedError):
            Store.open(copy)


@pytest.mark.parametrize(
    ("at", "value"),
    [(16, b"\0\0\0\0"), (20, struct.pack("=I", 999)), (40, bytes(4)), (40, b"\xff" * 4)],
)
def test_other_files_are_refused(filled: Store, path: Path, at: int, value: bytes) -> None:
    filled.close()
    with (path / "data.mdb").open("r+b") as file:
        file.seek(at)
        file.write(value)
    with pytest.raises(LedgerDamagedError, match="meta page at 0"):
        Store.open(path)


def test_the_size_is_read_after_the_meta_pages(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not datafile.is_short(path)
    real = datafile._bytes_used
    answers = iter([1 << 50, 0])
    monkeypatch.setattr(datafile, "_bytes_used", lambda file: next(answers, real(file)))
    assert not datafile.is_short(path)
    monkeypatch.setattr(datafile, "_bytes_used", lambda _: 1 << 50)
    assert datafile.is_short(path)
