"""Large logs read from tiles: status trees of many files, and what changes meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import pytest

from provenance.encoding import encode_base64
from provenance.errors import InclusionError, PolicyError
from provenance.ledger.changes import CHANGE_PREFIX, change_key
from provenance.ledger.statusfiles import write_status
from provenance.record.entry import ZERO_PREV, Status, Withdrawal, encode_entry
from provenance.record.status import WITHDRAWN, status_bits
from provenance.record.tiled import TiledLog
from provenance.storage.published import published_files
from provenance.storage.statustree import ZERO_LEAF, StatusReader
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.merkle import leaf_hash, tree_root
from provenance.tlog.tiles import encode_entries, number_path, tile_width
from tiling import Tiling, reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.storage import View

TIME: Final = "2026-11-23T20:00:00.123456Z"
SIZE: Final = 128 * 256 * 3 + 1000
"""Four status files, the last one short, and a tile of status hashes above them."""
BY: Final = {
    5: 90_000,
    127: 90_001,
    128: 90_002,
    32_767: 90_003,
    32_768: 90_004,
    98_400: 99_000,
}
"""Certifications that are withdrawn, and by which entries."""


class StatusView:
    """As much of a view as the status files are made from."""

    def __init__(self) -> None:
        marks = [(target, WITHDRAWN) for target in BY]
        self.rows = StatusReader(lambda _: None).marked(marks)
        self.reader = StatusReader(self.rows.get)

    def status_leaf(self, index: int) -> bytes:
        return self.reader.leaf(index)

    def status_node(self, level: int, index: int) -> bytes:
        return self.reader.node(level, index)

    def status_leaves(self) -> Iterator[tuple[int, bytes]]:
        for key, row in sorted(self.rows.items()):
            if not key[0]:
                yield int.from_bytes(key[1:], "big"), row

    def state_items(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        assert prefix == CHANGE_PREFIX
        # A deposit is erased, and one certification is changed after the checkpoint.
        rows = {**BY, 4: 90_005, 6: SIZE}
        for target in sorted(rows):
            yield change_key(target, WITHDRAWN), rows[target].to_bytes(8, "big")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return a log whose entries are all invented but those that count here."""
    www = tmp_path_factory.mktemp("www")
    view = StatusView()
    with published_files(www) as published:
        write_status(published, cast("View", view), SIZE)
        published.flush()
    found = {str(path.relative_to(www)): path.read_bytes() for path in files_below(www)}
    root = encode_base64(view.reader.root(SIZE - 1))
    entries = {SIZE - 1: encode_entry(status(SIZE - 1, root))}
    entries |= {by: encode_entry(withdrawal(by, target)) for target, by in BY.items()}
    return found | log_files(entries)


def files_below(path: Path) -> list[Path]:
    return [one for one in path.rglob("*") if one.is_file()]


def status(index: int, root: str) -> Status:
    return Status(index=index, time=TIME, prev=ZERO_PREV, size=index, root=root)


def withdrawal(index: int, target: int) -> Withdrawal:
    return Withdrawal(
        index=index, time=TIME, prev=ZERO_PREV, withdraws=target, commitment=ZERO_PREV
    )


def log_files(entries: dict[int, bytes]) -> dict[str, bytes]:
    tiling = Tiling(SIZE, {index: leaf_hash(entry) for index, entry in entries.items()})
    found = {"root": tiling.root(SIZE)}
    for level in range(3):
        for number in range(SIZE >> 8 * (level + 1), -1, -1):
            width = tile_width(SIZE, number, level)
            if width:
                found[name(f"tile/{level}", number, width)] = tiling.read_tile(
                    level, number, width
                )
    for number in {index // 256 for index in entries}:
        width = tile_width(SIZE, number)
        bundle = [entries.get(number * 256 + place, b"?") for place in range(width)]
        found[name("tile/entries", number, width)] = encode_entries(bundle)
    return found


def name(folder: str, number: int, width: int) -> str:
    return f"{folder}/{number_path(number)}" + (f".p/{width}" if width < 256 else "")


def open_log(files: dict[str, bytes]) -> TiledLog:
    return TiledLog(Checkpoint("log.example/large", SIZE, files["root"]), reading(files))


def test_the_files_of_a_large_status_tree(files: dict[str, bytes]) -> None:
    names = {one for one in files if one.startswith(("status", "changes"))}
    assert names == {
        *(f"status/{number:03}" for number in range(4)),
        "status/tile/1/000",
        *(f"changes/{number:03}" for number in (0, 1, 3)),
    }
    leaves = -(-(SIZE - 1) // 128)
    assert [len(files[f"status/{number:03}"]) for number in range(4)] == [
        *[16_384] * 3,
        64 * (leaves - 768),
    ]
    hashes = [leaf_hash(files["status/002"][at : at + 64]) for at in range(0, 16_384, 64)]
    assert files["status/tile/1/000"][64:] == tree_root(hashes)
    assert len(files["status/tile/1/000"]) == 3 * 32


@pytest.mark.parametrize("target", [*BY, 4, 6, 98_000])
def test_status_and_changes_are_found(files: dict[str, bytes], target: int) -> None:
    log = open_log(files)
    bits = status_bits(log.status_leaf(target // 128), target)
    assert bits == (WITHDRAWN if target in BY else 0)
    assert log.changes(target) == ({WITHDRAWN: BY[target]} if target in BY else {})


def test_status_hashes_above_count_too(files: dict[str, bytes]) -> None:
    above = files["status/tile/1/000"]
    for changed in (bytes(96), above[32:] + above[:32], above[:-1] + bytes([above[-1] ^ 1])):
        with pytest.raises(Exception, match="expected root"):
            open_log({**files, "status/tile/1/000": changed}).status_leaf(0)
    moved = {**files, "status/001": files["status/000"]}
    with pytest.raises(Exception, match="tile 1 of level 0 does not belong"):
        open_log(moved).status_leaf(256)
    assert open_log(moved).status_leaf(1) == files["status/000"][64:128]


def test_a_status_file_that_changes_meanwhile(
    files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provenance.record.tiled.FILES_KEPT", 0)
    other = {**files, "status/000": ZERO_LEAF * 256}
    log = open_log(changing := dict(files))
    assert log.status_node(0, 0)
    changing.update(other)
    with pytest.raises(InclusionError, match="changed while it was read"):
        log.status_leaf(0)


def test_keys_that_sign_nothing(files: dict[str, bytes]) -> None:
    """The keys file can leave out what it likes; entries are then signed by nobody."""
    log = open_log(files)
    log._keys = ()
    with pytest.raises(PolicyError, match="no entry key is in force"):
        log_with_signatures(log, files).record(SIZE - 1)


def log_with_signatures(log: TiledLog, files: dict[str, bytes]) -> TiledLog:
    width = tile_width(SIZE, SIZE // 256)
    files[name("signatures", SIZE // 256, width)] = bytes(64 * width)
    return log
