"""Re-deriving the status tree from what entries did to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.record.status import LEAF_ENTRIES, LEAF_SIZE, leaf_count, with_bits
from provenance.tlog.merkle import EMPTY_ROOT, leaf_hash, node_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

_ZERO_LEAF: Final = bytes(LEAF_SIZE)


def status_leaves(bits: Mapping[int, int]) -> dict[int, bytes]:
    """Return the leaves that are not all zero, from the bits of single entries."""
    leaves: dict[int, bytes] = {}
    for index, value in bits.items():
        number = index // LEAF_ENTRIES
        leaves[number] = with_bits(leaves.get(number, _ZERO_LEAF), index, value)
    return leaves


def status_root(bits: Mapping[int, int], size: int) -> bytes:
    """Return the root of the status tree over the first ``size`` entries.

    Nearly all leaves are zero, so a range without any other is hashed once a length.
    """
    leaves = status_leaves(bits)
    count = leaf_count(size)
    return _root(leaves, sorted(leaves), 0, count, {}) if count else EMPTY_ROOT


def _root(
    leaves: Mapping[int, bytes],
    marked: list[int],
    start: int,
    end: int,
    zeros: dict[int, bytes],
) -> bytes:
    """Hash the leaves from ``start`` to before ``end``; ``marked`` lie among them."""
    length = end - start
    if not marked and length in zeros:
        return zeros[length]
    if length == 1:
        root = leaf_hash(leaves.get(start, _ZERO_LEAF))
    else:
        middle = start + (1 << (length - 1).bit_length() - 1)
        left = [number for number in marked if number < middle]
        root = node_hash(
            _root(leaves, left, start, middle, zeros),
            _root(leaves, marked[len(left) :], middle, end, zeros),
        )
    if not marked:
        zeros[length] = root
    return root
