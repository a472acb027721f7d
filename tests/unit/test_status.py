from __future__ import annotations

import pytest

from provenance.errors import FormatError
from provenance.record.status import (
    ERASED,
    LEAF_ENTRIES,
    LEAF_SIZE,
    RESERVED,
    SUPERSEDED,
    WITHDRAWN,
    check_leaf,
    leaf_count,
    status_bits,
    with_bits,
)

ALL = SUPERSEDED | WITHDRAWN | ERASED


@pytest.mark.parametrize(
    ("size", "leaves"), [(0, 0), (1, 1), (127, 1), (128, 1), (129, 2), (256, 2), (257, 3)]
)
def test_leaf_count(size: int, leaves: int) -> None:
    assert leaf_count(size) == leaves


def test_bits_stand_low_nibble_first() -> None:
    leaf = bytes(LEAF_SIZE)
    assert with_bits(leaf, 0, SUPERSEDED)[:2] == b"\x01\x00"
    assert with_bits(leaf, 1, WITHDRAWN)[:2] == b"\x20\x00"
    assert with_bits(leaf, 2, ERASED)[:2] == b"\x00\x04"
    assert with_bits(leaf, 127, ERASED)[-1] == 0x40
    assert with_bits(leaf, 128 * 5 + 1, ALL) == b"\x70" + bytes(63)


@pytest.mark.parametrize("offset", [0, 128, 128 * 10**6])
def test_each_entry_has_its_own_bits(offset: int) -> None:
    leaf = bytes(LEAF_SIZE)
    for index in range(LEAF_ENTRIES):
        leaf = with_bits(leaf, offset + index, index % (ALL + 1))
    check_leaf(leaf)
    assert len(leaf) == LEAF_SIZE
    for index in range(LEAF_ENTRIES):
        assert status_bits(leaf, offset + index) == index % (ALL + 1)


def test_bits_only_go_up() -> None:
    leaf = with_bits(bytes(LEAF_SIZE), 9, SUPERSEDED)
    leaf = with_bits(leaf, 9, ERASED)
    assert status_bits(with_bits(leaf, 9, 0), 9) == SUPERSEDED | ERASED
    assert status_bits(leaf, 8) == 0


@pytest.mark.parametrize("bits", [-1, 8, 9, 15, 16])
def test_unknown_bits_are_refused(bits: int) -> None:
    with pytest.raises(FormatError, match="unknown status bits"):
        with_bits(bytes(LEAF_SIZE), 0, bits)


@pytest.mark.parametrize("size", [0, LEAF_SIZE - 1, LEAF_SIZE + 1])
def test_other_sizes_are_refused(size: int) -> None:
    leaf = bytes(size)
    with pytest.raises(FormatError, match="status leaf"):
        check_leaf(leaf)
    with pytest.raises(FormatError, match="status leaf"):
        status_bits(leaf, 0)
    with pytest.raises(FormatError, match="status leaf"):
        with_bits(leaf, 0, SUPERSEDED)


def test_the_reserved_bit_is_read_and_kept() -> None:
    """A later format may use it: it is no error, and whoever asks is told."""
    leaf = b"\x8a" + bytes(LEAF_SIZE - 1)
    check_leaf(leaf)
    assert status_bits(leaf, 0) == RESERVED | WITHDRAWN
    assert status_bits(leaf, 1) == RESERVED
    assert with_bits(leaf, 2, ERASED)[:2] == b"\x8a\x04"
