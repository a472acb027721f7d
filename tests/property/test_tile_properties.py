"""Tiles of logs of any size up to 70,000, and of the sizes around each boundary."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import FormatError
from provenance.tlog.merkle import verify_consistency, verify_inclusion
from provenance.tlog.prover import prove_consistency, prove_inclusion
from provenance.tlog.tiles import (
    TILE_WIDTH,
    TileName,
    count_levels,
    encode_entries,
    parse_entries,
    parse_tile_name,
    tile_width,
)
from provenance.tlog.tiletree import TileTree
from tiling import Tiling

SIZE_MAX = 70_000
BOUNDARIES = (1, 2, 64, 128, 256, 512, 16_384, 32_768, 65_536, 65_792, SIZE_MAX)
EDGES = sorted({size + by for size in BOUNDARIES for by in (-1, 0, 1)} - {SIZE_MAX + 1})

sizes = st.one_of(st.sampled_from(EDGES), st.integers(1, SIZE_MAX)).filter(bool)


@cache
def tiling() -> Tiling:
    return Tiling(SIZE_MAX)


def open_tree(size: int) -> TileTree:
    return TileTree(size, tiling().root(size), tiling().read_tile)


def test_tiles_of_every_size_hold_every_hash_once() -> None:
    """The widths are those of the specification: floor(size / 256^L) mod 256 at the edge."""
    for size in range(SIZE_MAX + 1):
        for level in range(count_levels(size) + 1):
            count = size // 256**level
            full, partial = divmod(count, 256)
            assert tile_width(size, full, level) == partial
            assert tile_width(size, full + 1, level) == 0
            assert not full or tile_width(size, full - 1, level) == TILE_WIDTH
        assert 256 ** count_levels(size) > size
        assert not size or 256 ** (count_levels(size) - 1) <= size


@pytest.mark.parametrize("size", EDGES)
def test_the_root_of_boundary_sizes_is_found(size: int) -> None:
    open_tree(size).check()


@given(size=sizes, data=st.data())
def test_any_leaf_is_proven_from_tiles(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = prove_inclusion(index, size, open_tree(size).node)
    leaf, root = tiling().node(0, index), tiling().root(size)
    verify_inclusion(leaf, index, size, path, root)


@given(old=sizes, new=sizes)
def test_any_two_sizes_are_proven_consistent_from_tiles(old: int, new: int) -> None:
    old, new = sorted((old, new))
    proof = prove_consistency(old, new, open_tree(new).node)
    verify_consistency(old, new, proof, tiling().root(old), tiling().root(new))


@given(number=st.integers(0, 2**64 - 1), width=st.integers(1, 256), level=st.integers(0, 63))
def test_any_name_is_read_back(number: int, width: int, level: int) -> None:
    for folder in (f"tile/{level}", "tile/entries", "signatures"):
        name = TileName(folder, number, width)
        assert parse_tile_name(name.path) == name


@given(text=st.text("tilesnarucxp/.0123456789", max_size=24))
def test_a_name_that_is_read_is_the_only_spelling(text: str) -> None:
    try:
        name = parse_tile_name(text)
    except FormatError:
        return
    assert name.path == text


@given(entries=st.lists(st.binary(max_size=600), max_size=20))
def test_any_bundle_is_read_back(entries: list[bytes]) -> None:
    assert parse_entries(encode_entries(entries), len(entries)) == tuple(entries)


@given(data=st.binary(max_size=64), count=st.integers(0, 5))
def test_a_bundle_that_is_read_is_the_only_spelling(data: bytes, count: int) -> None:
    try:
        entries = parse_entries(data, count)
    except FormatError:
        return
    assert encode_entries(entries) == data
