from __future__ import annotations

import errno
import hashlib
import os
import shutil
import struct
import threading
from typing import TYPE_CHECKING, Any, Final

import lmdb
import msgspec
import pytest

from provenance.errors import (
    LedgerBusyError,
    LedgerDamagedError,
    LedgerFullError,
    LedgerPoisonedError,
    StorageError,
    UnknownEntryError,
)
from provenance.record.status import ERASED, SUPERSEDED, WITHDRAWN, status_bits
from provenance.storage import Commit, Store, View, datafile, store, verify_database
from provenance.storage.durable import is_full
from provenance.tlog.merkle import EMPTY_ROOT, leaf_hash, tree_root, verify_inclusion
from provenance.tlog.prover import prove_inclusion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL_MAP: Final = (1 << 20,)


def entry(index: int) -> bytes:
    return b"entry %d " % index * (1 + index % 200)


def signature(index: int) -> bytes:
    return b"" if index % 5 == 0 else hashlib.sha512(b"%d" % index).digest()


def commit(start: int, count: int, **more: Any) -> Commit:
    indexes = range(start, start + count)
    return Commit(
        start=start,
        entries=[entry(index) for index in indexes],
        leaf_hashes=[leaf_hash(entry(index)) for index in indexes],
        signatures=[signature(index) for index in indexes],
        **more,
    )


def key(number: int) -> bytes:
    return hashlib.md5(b"key %d" % number).digest()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    Store.create(path)
    return path


@pytest.fixture
def log(path: Path) -> Iterator[Store]:
    with Store.open(path) as log:
        yield log


@pytest.fixture
def filled(log: Store) -> Store:
    log.commit(commit(0, 300))
    return log


# --- entries and the tree


def test_a_new_log_is_empty(log: Store) -> None:
    with log.view() as view:
        assert view.size == 0
        assert view.root() == EMPTY_ROOT
        assert view.status_root(0, settled=True) == EMPTY_ROOT
        assert view.status_size == 0
        assert list(view.status_leaves()) == []
        assert view.checkpoint() is None
        assert list(view.checkpoints()) == []
        assert list(view.entries(0, 0)) == []
        assert view.leaf_hashes(0, 0) == b""


def check(view: View, size: int) -> None:
    assert view.size == size
    records = [(entry(index), signature(index)) for index in range(size)]
    assert list(view.entries(0, size)) == records
    assert [view.record(index) for index in range(size)] == records
    hashes = [leaf_hash(text) for text, _ in records]
    assert view.leaf_hashes(0, size) == b"".join(hashes)
    assert view.root() == tree_root(hashes)
    for index in range(0, size, 37):
        path = prove_inclusion(index, size, view.node)
        verify_inclusion(hashes[index], index, size, path, view.root())


def test_what_was_committed_is_read_back(log: Store, path: Path) -> None:
    size = 0
    for count in (1, 62, 1, 1, 63, 64, 65, 500):
        log.commit(commit(size, count))
        size += count
        with log.view() as view:
            check(view, size)
    log.close()
    with Store.open(path) as again, again.view() as view:
        check(view, size)
    assert verify_database(path) == ()


def test_entries_of_any_size_come_back(log: Store) -> None:
    entries = [bytes([65]) * size for size in (0, 1, 2000, 2030, 2040, 4096, 65535)]
    log.commit(
        Commit(
            start=0,
            entries=entries,
            leaf_hashes=list(map(leaf_hash, entries)),
            signatures=[bytes(64)] * len(entries),
        )
    )
    with log.view() as view:
        assert [view.entry(index) for index in range(7)] == entries
        assert view.signature(3) == bytes(64)


def test_a_view_does_not_move(filled: Store) -> None:
    with filled.view() as before:
        filled.commit(commit(300, 100))
        assert before.size == 300
        root = before.root()
        with filled.view() as after:
            assert after.size == 400
            assert after.root(300) == root
            assert before.root() == root
        with pytest.raises(UnknownEntryError):
            before.entry(300)
        with pytest.raises(UnknownEntryError):
            before.root(301)


def test_what_is_not_there_is_unknown(filled: Store) -> None:
    with filled.view() as view:
        for index in (-1, 300, 1 << 64):
            for read in (view.entry, view.signature, view.record, view.payload, view.leaf_hash):
                with pytest.raises(UnknownEntryError):
                    read(index)
        for start, end in [(-1, 3), (0, 301), (4, 3)]:
            with pytest.raises(UnknownEntryError):
                view.entries(start, end)
        for size in (-1, 301):
            with pytest.raises(UnknownEntryError):
                view.status_root(size, settled=True)
        assert len(list(view.entries(298, 300))) == 2


def test_an_empty_commit_may_carry_facts(filled: Store) -> None:
    filled.commit(commit(300, 0, state=[(b"a", b"1")]))
    with filled.view() as view:
        assert (view.size, view.state(b"a")) == (300, b"1")


# --- what stands beside entries


def test_payloads(filled: Store) -> None:
    filled.commit(commit(300, 5, payloads=[(301, b"one"), (304, b"x" * 5000)]))
    with filled.view() as view:
        assert [view.payload(index) for index in range(300, 305)] == [
            *(None, b"one", None, None),
            b"x" * 5000,
        ]
    filled.commit(commit(305, 1, erased=[301, 302]))
    with filled.view() as view:
        assert (view.payload(301), view.payload(304)) == (None, b"x" * 5000)


def test_technical_look_ups_and_tombstones(filled: Store) -> None:
    filled.commit(commit(300, 4, technical=[(key(1), 300), (key(2), 301), (key(3), 302)]))
    filled.commit(commit(304, 2, technical=[(key(1), 305)], tombstones=[(key(2), 301)]))
    with filled.view() as view:
        found = [view.technical(key(number)) for number in range(1, 5)]
    assert found == [(305, False), (301, True), (302, False), None]


def test_holders_have_many_entries(filled: Store) -> None:
    rows = [(key(1), 303), (key(2), 301), (key(1), 300), (key(1), 7)]
    filled.commit(commit(300, 4, holders=rows))
    filled.commit(commit(304, 1, holders=[(key(1), 304), (key(1), 300)]))
    with filled.view() as view:
        assert view.holders(key(1)) == [7, 300, 303, 304]
        assert view.holders(key(2)) == [301]
        assert view.holders(key(3)) == []
    filled.commit(commit(305, 1, forgotten=[(key(1), 300), (key(2), 301), (key(3), 1)]))
    with filled.view() as view:
        assert view.holders(key(1)) == [7, 303, 304]
        assert view.holders(key(2)) == []


def test_facts_by_key_and_prefix(log: Store) -> None:
    rows = [
        (b"depositor/B", b"2"),
        (b"depositor/A", b"1"),
        (b"key", b"k"),
        (b"depositor", b"0"),
    ]
    log.commit(commit(0, 1, state=rows))
    log.commit(commit(1, 1, state=[(b"depositor/A", b"3")]))
    with log.view() as view:
        assert view.state(b"key") == b"k"
        assert view.state(b"other") is None
        found = list(view.state_items(b"depositor/"))
        assert found == [(b"depositor/A", b"3"), (b"depositor/B", b"2")]
        assert list(view.state_items(b"z")) == []
        assert len(list(view.state_items(b""))) == 4
        with pytest.raises(StorageError):
            view.state(b"")


def test_checkpoints(filled: Store) -> None:
    for size in (300, 256, 0):
        filled.put_checkpoint(size, b"note %d" % size)
    filled.put_checkpoint(256, b"note 256, cosigned")
    with filled.view() as view:
        assert view.checkpoint() == b"note 300"
        assert view.checkpoint(256) == b"note 256, cosigned"
        assert view.checkpoint(255) is None
        assert [size for size, _ in view.checkpoints()] == [0, 256, 300]
    for size in (-1, 301):
        with pytest.raises(StorageError, match="has not reached"):
            filled.put_checkpoint(size, b"note")
    filled.commit(commit(300, 1))


# --- status


def test_marks_wait_until_they_are_settled(filled: Store) -> None:
    filled.commit(commit(300, 1, marks=[(5, SUPERSEDED), (260, WITHDRAWN)]))
    filled.commit(commit(301, 1, marks=[(5, ERASED), (260, WITHDRAWN)]))
    with filled.view() as view:
        unmarked = view.status_root(302, settled=True)
        promised = view.status_root(302, settled=False)
        assert promised != unmarked
        assert view.status_leaf(0) == bytes(64)
        assert view.status_size == 0
    filled.commit(commit(302, 1, settle_status=True, marks=[(1, ERASED)]))
    with filled.view() as view:
        assert view.status_size == 302
        assert view.status_root(302, settled=True) == promised
        assert status_bits(view.status_leaf(0), 5) == SUPERSEDED | ERASED
        assert status_bits(view.status_leaf(2), 260) == WITHDRAWN
        assert status_bits(view.status_leaf(0), 1) == 0
        path = prove_inclusion(2, 3, view.status_node)
        verify_inclusion(leaf_hash(view.status_leaf(2)), 2, 3, path, promised)
        assert view.status_root(303, settled=False) != promised
    filled.commit(commit(303, 1, settle_status=True))
    with filled.view() as view:
        assert status_bits(view.status_leaf(0), 1) == ERASED
        assert dict(view.status_leaves()) == {k: view.status_leaf(k) for k in (0, 2)}
        assert view.status_root(304, settled=False) == view.status_root(304, settled=True)


# --- what a commit refuses


def test_a_commit_begins_at_the_end(filled: Store) -> None:
    for start in (0, 299, 301):
        with pytest.raises(StorageError, match="the log has 300 entries"):
            filled.commit(commit(start, 1))
    with filled.view() as view:
        check(view, 300)


BAD: Final[list[tuple[str, dict[str, Any]]]] = [
    ("for each entry", {"leaf_hashes": [bytes(32)]}),
    ("for each entry", {"signatures": []}),
    ("leaf hashes have 32", {"leaf_hashes": [bytes(32), bytes(31)]}),
    ("signatures have 64", {"signatures": [b"", bytes(63)]}),
    ("in the order", {"payloads": [(301, b""), (300, b"")]}),
    ("in the order", {"payloads": [(300, b""), (300, b"")]}),
    ("its own entries", {"payloads": [(299, b"")]}),
    ("its own entries", {"payloads": [(302, b"")]}),
    ("look-up keys", {"technical": [(bytes(15), 300)]}),
    ("look-up keys", {"tombstones": [(bytes(17), 300)]}),
    ("look-up keys", {"holders": [(b"", 300)]}),
    ("look-up keys", {"forgotten": [(b"", 300)]}),
    ("does not exist", {"technical": [(key(1), 302)]}),
    ("does not exist", {"marks": [(302, 1)]}),
    ("does not exist", {"marks": [(-1, 1)]}),
    ("does not exist", {"erased": [1 << 64]}),
    ("keys of facts", {"state": [(b"", b"value")]}),
    ("keys of facts", {"state": [(bytes(512), b"value")]}),
]


@pytest.mark.parametrize(("message", "change"), BAD)
def test_malformed_commits_change_nothing(
    filled: Store, message: str, change: dict[str, Any]
) -> None:
    with pytest.raises(StorageError, match=message):
        filled.commit(msgspec.structs.replace(commit(300, 2), **change))
    with filled.view() as view:
        check(view, 300)
    filled.commit(commit(300, 2))


def test_a_foreign_error_inside_a_commit_leaves_nothing(filled: Store) -> None:
    bad: Any = [b"text", object()]
    with pytest.raises(TypeError):
        filled.commit(msgspec.structs.replace(commit(300, 2), entries=bad))
    with filled.view() as view:
        check(view, 300)
    filled.commit(commit(300, 2))


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
    with Store.open(path, _map_sizes=SMALL_MAP) as log:
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
    assert asked == [1 << 40, 1 << 34]
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


def test_every_truncation_is_refused_or_harmless(
    filled: Store, path: Path, tmp_path: Path
) -> None:
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


# --- threads and readers


def test_threads_read_while_one_writes(log: Store) -> None:
    roots: dict[int, bytes] = {}
    seen: dict[int, set[bytes]] = {}
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            with log.view() as view:
                seen.setdefault(view.size, set()).add(view.root())
                if view.size:
                    assert view.entry(view.size - 1) == entry(view.size - 1)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    hashes: list[bytes] = []
    for size in range(0, 400, 10):
        log.commit(commit(size, 10))
        hashes += [leaf_hash(entry(index)) for index in range(size, size + 10)]
        roots[size + 10] = tree_root(hashes)
    done.set()
    for thread in threads:
        thread.join()
    roots[0] = EMPTY_ROOT
    assert seen
    assert all(found == {roots[size]} for size, found in seen.items())


def test_too_many_readers_are_told(log: Store) -> None:
    views: list[View] = [log.view() for _ in range(126)]
    with pytest.raises(LedgerBusyError, match="too many readers"):
        log.view()
    views.pop().close()
    log.view().close()


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


def test_there_is_room_here(path: Path) -> None:
    assert not is_full(path)
