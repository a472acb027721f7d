"""What has rotted in the database is never signed: a signed root cannot be taken back."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING, Final

import pytest

from ledgers import CERTIFIER, DEPOSITOR, ORIGIN
from provenance.errors import LedgerDamagedError, LedgerFullError, StorageError
from provenance.ledger import Ledger, publish
from provenance.storage import durable
from provenance.storage.log import Log
from provenance.storage.rows import BLOCKS, CHECKPOINTS, EDGE, RECORDS
from provenance.storage.tree import Edge, block_key
from provenance.tlog.merkle import leaf_hash, tree_root
from provenance.tlog.prover import CompactRange

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.ledger.files import LedgerFiles
    from provenance.storage import View
    from provenance.storage.rows import ReadRows

PUBLISHED: Final = 70
"""Entries of the log at its last checkpoint: one full block of 64, and six on the edge."""
SIZE: Final = 140
"""Entries by now: two full blocks, and twelve on the edge."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a ledger whose last checkpoint is at 70 of 140 entries."""
    path = tmp_path_factory.mktemp("damage") / "ledger"
    with Ledger.create(path, origin=ORIGIN) as ledger:
        fill(ledger, PUBLISHED - 1)
        ledger.publish()
        fill(ledger, SIZE)
    return path


def fill(ledger: Ledger, size: int) -> None:
    while ledger.size < size:
        ledger.register((DEPOSITOR, CERTIFIER)[ledger.size % 2], name=f"Nom {ledger.size}")


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "ledger")
    return tmp_path / "ledger"


def flip(path: Path, table: str, key: bytes, bit: int) -> None:
    """Flip one bit of a row."""
    with Ledger.open(path) as ledger, ledger._files.store._write() as rows:
        row = bytearray(rows.get(table, key) or b"")
        row[bit // 8] ^= 1 << bit % 8
        rows.put(table, [(key, bytes(row))])


def true_root(view: View, size: int) -> bytes:
    return tree_root([leaf_hash(entry) for entry, _ in view.entries(0, size)])


def test_what_is_sound_is_published(path: Path) -> None:
    with Ledger.open(path) as ledger:
        ledger.publish()
        latest = ledger.checkpoint()
        assert latest is not None
        with ledger._files.store.view() as view:
            assert latest[0].root == true_root(view, SIZE + 1)


# Where bits rot: the place, and what is said of it.
UNPUBLISHED_EDGE: Final = [128, 133, 138]
UNPUBLISHED_BLOCK: Final = [70, 99, 127]


@pytest.mark.parametrize("index", [*UNPUBLISHED_BLOCK, *UNPUBLISHED_EDGE])
def test_a_rotten_leaf_hash_is_not_signed(path: Path, index: int) -> None:
    bit = random.Random(index).randrange(256)
    if index < 128:
        flip(path, BLOCKS, block_key(1, tier=0), (index - 64) * 256 + bit)
    else:
        flip(path, EDGE, b"\0", (index - 128) * 256 + bit)
    refused(path, f"entry {index} and its stored leaf hash")


@pytest.mark.parametrize("bit", [40, 500, 900])
def test_a_rotten_entry_is_not_signed(path: Path, bit: int) -> None:
    flip(path, RECORDS, (100).to_bytes(8, "big"), (65 + 20) * 8 + bit)
    refused(path, "entry 100 and its stored leaf hash")


INNER: Final = {
    "above two leaves": (BLOCKS, block_key(1, tier=0), 2048 * 8 + 9),
    "the top of a block": (BLOCKS, block_key(1, tier=0), 4032 * 8 + 200),
    "a block's top on the edge above": (EDGE, b"\1", 256 + 77),
}


@pytest.mark.parametrize("place", INNER.values(), ids=INNER)
def test_a_rotten_hash_above_the_leaves_is_not_signed(
    path: Path, place: tuple[str, bytes, int]
) -> None:
    table, key, bit = place
    flip(path, table, key, bit)
    with Ledger.open(path) as ledger, ledger._files.store.view() as view:
        changes_the_root = view.root(SIZE) != true_root(view, SIZE)
    if changes_the_root:
        refused(path, "the stored tree at size")
    else:
        # It is on no path to the root of this size: nothing wrong is signed because of it.
        test_what_is_sound_is_published(path)


def refused(path: Path, message: str) -> None:
    """Check that nothing is signed, and that nothing was recorded for it."""
    anchor = (path / "anchor").read_bytes()
    with Ledger.open(path) as ledger:
        before = ledger.checkpoint()
        for _ in range(2):
            with pytest.raises(LedgerDamagedError, match=message):
                ledger.publish()
        assert ledger.size == SIZE, "no status entry was made that nobody could sign"
        assert ledger.checkpoint() == before
    assert (path / "anchor").read_bytes() == anchor


def test_control_the_stored_root_would_have_been_signed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publisher that trusts what is stored of the tree signs what no entries give."""

    def trusting(
        view: View, latest: object, size: int, begun: CompactRange | None = None
    ) -> CompactRange:
        del latest, begun
        return CompactRange.of_tree(size, view.node)

    flip(path, EDGE, b"\0", 5 * 256 + 3)
    monkeypatch.setattr(publish, "hash_again", trusting)
    with Ledger.open(path) as ledger:
        ledger.publish()
        latest = ledger.checkpoint()
        assert latest is not None
        with ledger._files.store.view() as view:
            assert latest[0].root != true_root(view, SIZE + 1)


def forget_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every snapshot read the edge: a ledger that stays open keeps a sound one."""

    def load(_: Log, rows: ReadRows, size: int) -> Edge:
        return Edge.load(size, lambda tier: rows.get(EDGE, bytes([tier])))

    monkeypatch.setattr(Log, "_edge_at", load)


def flip_inside(files: LedgerFiles, tier: bytes, at: int) -> None:
    with files.store._write() as rows:
        row = bytearray(rows.get(EDGE, tier) or b"")
        row[at] ^= 1
        rows.put(EDGE, [(tier, bytes(row))])


def test_a_signed_tree_that_rots_is_not_gone_on_from(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger.open(path) as ledger:
        forget_edge(monkeypatch)
        flip_inside(ledger._files, b"\1", 3)
        with pytest.raises(
            LedgerDamagedError, match="at size 70 is not the one that was signed"
        ):
            ledger.publish()
        flip_inside(ledger._files, b"\1", 3)
    test_what_is_sound_is_published(path)


def test_a_bit_that_rots_between_two_looks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The status entry is there when it is seen; once mended, it is published as it is."""
    append_status = publish.Publisher._append_status

    def rots(publisher: publish.Publisher) -> int:
        size = append_status(publisher)
        flip_inside(publisher._files, b"\0", 7)
        return size

    with monkeypatch.context() as patched, Ledger.open(path) as ledger:
        forget_edge(patched)
        patched.setattr(publish.Publisher, "_append_status", rots)
        with pytest.raises(LedgerDamagedError, match="does not follow from the entries"):
            ledger.publish()
        assert ledger.size == SIZE + 1
        flip_inside(ledger._files, b"\0", 7)
    test_what_is_sound_is_published(path)


# The last checkpoint.


@pytest.mark.parametrize("where", ["text", "signature", "end"])
def test_a_rotten_checkpoint_is_neither_handed_out_nor_gone_on_from(
    path: Path, where: str
) -> None:
    with Ledger.open(path) as ledger:
        latest = ledger.checkpoint()
        assert latest is not None
        note = latest[1]
    place = {"text": note.index("\n") + 1, "signature": note.index("\u2014") + 60, "end": -3}
    at = len(note[: place[where]].encode())
    flip_note(path, at)
    with Ledger.open(path) as ledger:
        for use in (ledger.publish, ledger.checkpoint, lambda: ledger.tlog_proof(3)):
            with pytest.raises(LedgerDamagedError, match="the last checkpoint that is stored"):
                use()
        assert ledger.size == SIZE


def flip_note(path: Path, at: int) -> None:
    with Ledger.open(path) as ledger, ledger._files.store._write() as rows:
        key = PUBLISHED.to_bytes(8, "big")
        row = bytearray(rows.get(CHECKPOINTS, key) or b"")
        row[at] ^= 1
        rows.put(CHECKPOINTS, [(key, bytes(row))])


# The anchor.


def test_an_anchor_that_cannot_be_read_is_an_error_of_ours(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    with Ledger.open(path) as ledger:
        monkeypatch.setattr("pathlib.Path.read_bytes", fails)
        with pytest.raises(StorageError, match=r"cannot read .*anchor"):
            ledger.publish()
        monkeypatch.undo()
        # What was signed is stored; the next publication writes the anchor.
        note = ledger.publish()
    assert (path / "anchor").read_text() == note


def test_an_anchor_counts_when_its_name_is_on_the_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash, or a failing sync, may come between the file and its name."""
    synced: list[Path] = []
    monkeypatch.setattr(publish, "sync_directory", synced.append)
    with Ledger.open(path) as ledger:
        ledger.publish()
        assert synced == []
        ledger.publish()
    assert synced == [path]


def test_an_anchor_whose_sync_failed_is_written_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second sync may succeed, and what the first one lost is not there all the same."""

    def fails(_: Path) -> None:
        raise StorageError("the disk refuses")

    written: list[bytes] = []
    with Ledger.open(path) as ledger:
        with monkeypatch.context() as patched:
            patched.setattr(durable, "sync_directory", fails)
            with pytest.raises(StorageError, match="refuses"):
                ledger.publish()
        write = durable.write_file

        def write_file(place: Path, data: bytes) -> None:
            write(place, data)
            written.append(data)

        monkeypatch.setattr(publish, "write_file", write_file)
        note = ledger.publish()
        assert written == [note.encode()]
        ledger.publish()
        assert written == [note.encode()]


def test_a_full_disk_says_that_the_status_entry_is_there(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise LedgerFullError("the disk is full")

    with Ledger.open(path) as ledger:
        with monkeypatch.context() as patched:
            patched.setattr(type(ledger._files.store), "put_checkpoint", full)
            with pytest.raises(LedgerFullError, match=f"status entry {SIZE} is recorded"):
                ledger.publish()
        ledger.publish()
        assert ledger.size == SIZE + 1


def test_nothing_is_chained_to_a_leaf_hash_that_has_rotted(path: Path) -> None:
    """An entry with a wrong ``prev`` could never be mended."""
    with Ledger.open(path) as ledger:
        with ledger._files.store._write() as rows:
            row = bytearray(rows.get(EDGE, b"\0") or b"")
            row[-1] ^= 1
            rows.put(EDGE, [(b"\0", bytes(row))])
        ledger._files.store._edge = Edge(0, ())
        with pytest.raises(LedgerDamagedError, match=f"leaf hash of entry {SIZE - 1}"):
            ledger.register("9ANOTHER", name="Un autre")
        assert ledger.size == SIZE
