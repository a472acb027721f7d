from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from provenance.errors import (
    LedgerDamagedError,
    StorageError,
    UnknownEntryError,
)
from provenance.record.status import ERASED, SUPERSEDED, WITHDRAWN, status_bits
from provenance.storage import Commit, Store, verify_database
from provenance.tlog.merkle import EMPTY_ROOT, leaf_hash, tree_root, verify_inclusion
from provenance.tlog.prover import prove_inclusion
from storing import check, commit, entry, key, make_log

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


def test_the_leaves_of_deposits(filled: Store) -> None:
    many = [bytes([number % 256]) * 32 for number in range(3000)]
    filled.commit(commit(300, 5, leaves=[(300, bytes(32)), (302, b"".join(many))]))
    filled.commit(commit(305, 2, erased=[302]))
    with filled.view() as view:
        assert view.leaves(300) == (bytes(32),)
        assert view.leaves(302) == tuple(many)
        for index in (301, 306):
            with pytest.raises(UnknownEntryError, match="no leaves"):
                view.leaves(index)
        with pytest.raises(UnknownEntryError):
            view.leaves(307)


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


def test_one_of_many_entries_of_a_holder_is_found(filled: Store) -> None:
    """Whichever it is of thousands, which stand on pages of their own."""
    filled.commit(commit(300, 4700, holders=[(key(1), index) for index in range(0, 5000, 2)]))
    with filled.view() as view:
        assert [index for index in range(5000) if view.is_held(key(1), index)] == [
            *range(0, 5000, 2)
        ]
        assert not view.is_held(key(2), 0)
        assert not view.is_held(key(1), 5000)


def test_a_holder_with_a_row_of_another_length_is_damage(filled: Store) -> None:
    with filled._write() as rows:
        rows.put("holders", [(key(1), b"short"), (key(1), b"later")])
    with filled.view() as view, pytest.raises(LedgerDamagedError, match="holder"):
        view.is_held(key(1), 0)


def test_entries_without_their_signatures(filled: Store) -> None:
    with filled.view() as view:
        entries, signatures = view.records(0, 300)
        assert len(signatures) == len(entries)
        assert view.records(0, 300, signatures=False) == (entries, [])
        assert view.records(300, 300) == ([], [])
    filled.commit(msgspec.structs.replace(commit(300, 2), signatures=[b"", b""]))
    with filled.view() as view:
        assert view.records(299, 302)[1] == [signatures[-1], b"", b""]
        assert view.records(300, 302, signatures=False) == ([entry(300), entry(301)], [])


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
    ("leaves must come in the order", {"leaves": [(301, bytes(32)), (300, bytes(32))]}),
    ("leaves of its own entries", {"leaves": [(299, bytes(32))]}),
    ("32 bytes each", {"leaves": [(300, bytes(33))]}),
    ("32 bytes each", {"leaves": [(300, b"")]}),
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


def test_a_writing_adds_one_commit_at_the_end_that_it_shows(filled: Store) -> None:
    with filled.writing() as writing:
        size = writing.view.size
    added = commit(size, 1)

    def add(times: int) -> None:
        with filled.writing() as writing:
            for _ in range(times):
                writing.append(added)

    with pytest.raises(StorageError, match="one commit"):
        add(2)
    with filled.view() as view:
        assert view.size == size, "nothing of a writing that failed becomes true"
    add(1)
    with filled.view() as view:
        assert (view.size, view.entry(size)) == (size + 1, entry(size))
