"""Names and widths of published files, and entry bundles."""

from __future__ import annotations

import pytest

from provenance.errors import FormatError
from provenance.tlog.tiles import (
    CHECKPOINT,
    KEYS,
    TileName,
    count_levels,
    encode_entries,
    file_size_max,
    number_path,
    parse_entries,
    parse_tile_name,
    partial_widths,
    tile_width,
)

NAMES = {
    "tile/0/000": TileName("tile/0", 0),
    "tile/0/x001/x234/067": TileName("tile/0", 1234067),
    "tile/0/x001/x234/067.p/1": TileName("tile/0", 1234067, 1),
    "tile/7/255.p/255": TileName("tile/7", 255, 255),
    "tile/63/000.p/2": TileName("tile/63", 0, 2),
    "tile/entries/x001/000.p/17": TileName("tile/entries", 1000, 17),
    "signatures/999": TileName("signatures", 999),
    "signatures/010.p/9": TileName("signatures", 10, 9),
    "status/x012/345": TileName("status", 12345),
    "status/tile/1/000": TileName("status/tile/1", 0),
    "changes/001": TileName("changes", 1),
    "tile/0/x018/x446/x744/x073/x709/x551/615": TileName("tile/0", 2**64 - 1),
}


@pytest.mark.parametrize("path", NAMES)
def test_names_are_written_and_read(path: str) -> None:
    assert parse_tile_name(path) == NAMES[path]
    assert NAMES[path].path == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/x001/x002",
        "tile/0/X001/002",
        "tile/00/000",
        "tile/07/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p/1/",
        "tile/0/000.p/1\n",
        "tile/0/000\n",
        "/tile/0/000",
        "tile//000",
        "tile/../000",
        "../tile/0/000",
        "tile/0/\u0660\u0660\u0660",
        "tile/0/000.p/\u0661",
        "tile/entry/000",
        "tile/entries/0/000",
        "status/000.p/1",
        "status/tile/0/000",
        "status/tile/64/000",
        "status/tile/1/000.p/2",
        "changes/000.p/3",
        "entries/000",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
    ],
)
def test_other_names_are_malformed(path: str) -> None:
    with pytest.raises(FormatError):
        parse_tile_name(path)


def test_numbers_are_written_in_groups_of_three() -> None:
    """The example of C2SP tlog-tiles, and its neighbours."""
    assert number_path(1234067) == "x001/x234/067"
    assert [number_path(number) for number in (0, 7, 999, 1000, 999_999, 1_000_000)] == [
        "000",
        "007",
        "999",
        "x001/000",
        "x999/999",
        "x001/x000/000",
    ]


def test_a_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    full = [
        [n for n in range(300) if tile_width(70_000, n, level) == 256] for level in (0, 1, 2)
    ]
    assert list(map(len, full)) == [273, 1, 0]
    assert tile_width(70_000, 273) == 112
    assert tile_width(70_000, 1, 1) == 17
    assert tile_width(70_000, 0, 2) == 1
    assert tile_width(70_000, 0, 3) == 0
    assert count_levels(70_000) == 3


def test_a_tree_of_256_has_a_tile_above() -> None:
    assert (tile_width(256, 0), tile_width(256, 1), tile_width(256, 0, 1)) == (256, 0, 1)
    assert [count_levels(size) for size in (0, 1, 255, 256, 65_535, 65_536)] == [
        0,
        1,
        1,
        2,
        2,
        3,
    ]


def test_partial_widths_are_those_of_the_sizes_that_need_them() -> None:
    sizes = [3, 200, 200, 256, 300, 511]
    assert partial_widths(sizes, 0) == [3, 200]
    assert partial_widths(sizes, 1) == [44, 255]
    assert partial_widths(sizes, 0, 1) == [1]


def test_every_file_has_a_greatest_size() -> None:
    assert file_size_max("tile/3/000") == 8192
    assert file_size_max("tile/0/000.p/3") == 96
    assert file_size_max("status/tile/1/000") == 8192
    assert file_size_max("status/000") == file_size_max("signatures/000") == 16_384
    assert file_size_max("signatures/000.p/2") == 128
    assert file_size_max("tile/entries/000.p/2") == 2 * 65_537
    # 32,768 entries, each with three changes of 17 bytes.
    assert file_size_max("changes/000") == 32_768 * 3 * 17
    assert file_size_max(CHECKPOINT) == file_size_max(KEYS) == 1_000_000
    with pytest.raises(FormatError):
        file_size_max("../secret")


def test_entry_bundles() -> None:
    entries = (b"", b"a", b"x" * 65_535)
    data = encode_entries(entries)
    assert data == b"\0\0" + b"\0\1a" + b"\xff\xff" + entries[2]
    assert parse_entries(data, 3) == entries
    assert parse_entries(b"", 0) == ()
    with pytest.raises(FormatError, match="does not fit"):
        encode_entries([b"x" * 65_536])


@pytest.mark.parametrize("data", [b"\0", b"\0\1", b"\0\2a", b"\0\1a\0", b"\0\1a\0\1b\0\1c"])
def test_other_bundles_are_malformed(data: bytes) -> None:
    with pytest.raises(FormatError, match="malformed entry bundle"):
        parse_entries(data, 2)
