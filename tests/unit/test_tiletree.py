"""Trees read from tiles, honest ones and others."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from provenance.errors import ConsistencyError, FormatError, InclusionError
from provenance.tlog.prover import prove_consistency, prove_inclusion
from provenance.tlog.tiletree import TILES_KEPT_MAX, TileTree
from tiling import Tiling

if TYPE_CHECKING:
    from tiling import ReadTile

SIZE = 66_000


@cache
def tiling() -> Tiling:
    return Tiling(SIZE)


def open_tree(size: int, read: ReadTile | None = None) -> TileTree:
    return TileTree(size, tiling().root(size), read or tiling().read_tile)


def read_changed(level: int, number: int, change: object) -> ReadTile:
    """Read tiles, one of them changed: a place where a bit is flipped, or other bytes."""

    def read(asked_level: int, asked: int, width: int) -> bytes:
        data = tiling().read_tile(asked_level, asked, width)
        if (asked_level, asked) != (level, number):
            return data
        if isinstance(change, int):
            return data[:change] + bytes([data[change] ^ 1]) + data[change + 1 :]
        assert isinstance(change, bytes)
        return change

    return read


def test_the_empty_tree() -> None:
    tree = open_tree(0)
    tree.check()
    with pytest.raises(InclusionError):
        tree.node(0, 0)
    with pytest.raises(ConsistencyError):
        TileTree(0, bytes(32), tiling().read_tile).check()


def test_nothing_is_read_before_it_is_needed_and_nothing_twice() -> None:
    asked: list[tuple[int, int, int]] = []

    def read(level: int, number: int, width: int) -> bytes:
        asked.append((level, number, width))
        return tiling().read_tile(level, number, width)

    tree = open_tree(SIZE, read)
    assert asked == []
    tree.check()
    # 66,000 = 65,536 + 256 + 208
    assert asked == [(0, 257, 208), (1, 1, 1), (2, 0, 1)]
    for _ in range(2):
        assert tree.node(0, 5) == tiling().node(0, 5)
        assert tree.node(3, 8) == tiling().node(3, 8)
    assert asked[3:] == [(1, 0, 256), (0, 0, 256)]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 512, 1000, SIZE])
def test_proofs_are_those_of_the_whole_tree(size: int) -> None:
    tree, node = open_tree(size), tiling().node
    places = sorted({0, 1, size // 3, size // 2, size - 1} & {*range(size)})
    for place in places:
        assert prove_inclusion(place, size, tree.node) == prove_inclusion(place, size, node)
        old = place + 1
        assert prove_consistency(old, size, tree.node) == prove_consistency(old, size, node)


@pytest.mark.parametrize(("level", "index"), [(-1, 0), (0, -1), (0, 600), (9, 1), (10, 0)])
def test_what_is_beyond_the_tree_is_not_there(level: int, index: int) -> None:
    with pytest.raises(InclusionError):
        open_tree(600).node(level, index)


# Everything that a server could change, on the way from the root to leaf 0 and at the edge.
TILES = {
    "a leaf tile": (0, 0),
    "a tile above leaf tiles": (1, 0),
    "the edge of leaves": (0, 257),
    "the edge above": (1, 1),
    "the top": (2, 0),
}


@pytest.mark.parametrize("tile", TILES.values(), ids=TILES)
@pytest.mark.parametrize("change", [0, 31])
def test_a_changed_tile_is_refused(tile: tuple[int, int], change: int) -> None:
    tree = open_tree(SIZE, read_changed(*tile, change))
    with pytest.raises(ConsistencyError, match="expected root"):
        tree.node(0, 0)
    # A second question gets no other answer.
    with pytest.raises(ConsistencyError):
        tree.node(0, 0)


@pytest.mark.parametrize("place", [0, 40, 255 * 32])
def test_any_hash_of_a_full_tile_counts(place: int) -> None:
    tree = open_tree(SIZE, read_changed(0, 3, place))
    with pytest.raises(ConsistencyError, match="tile 3 of level 0"):
        tree.node(0, 3 * 256 + 100)
    # Positive control: other tiles of the same server are all right.
    assert tree.node(0, 100) == tiling().node(0, 100)


@pytest.mark.parametrize("tile", TILES.values(), ids=TILES)
@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33), bytes(8193)])
def test_a_tile_of_another_length_is_malformed(tile: tuple[int, int], data: bytes) -> None:
    with pytest.raises(FormatError, match="malformed tile"):
        open_tree(SIZE, read_changed(*tile, data)).node(0, 0)


def test_tiles_of_another_size_are_refused() -> None:
    tree = TileTree(600, tiling().root(601), tiling().read_tile)
    with pytest.raises(ConsistencyError, match="not those of the checkpoint"):
        tree.check()


def test_no_more_is_kept_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert TILES_KEPT_MAX >= 256
    monkeypatch.setattr("provenance.tlog.tiletree.TILES_KEPT_MAX", 4)
    tree = open_tree(SIZE)
    for number in range(8):
        assert tree.node(0, 256 * number) == tiling().node(0, 256 * number)
    assert len(tree._tiles) == 4
