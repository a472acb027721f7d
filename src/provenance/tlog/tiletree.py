"""A Merkle tree read from tiles, each held against the root before it is believed.

The tiles at the right edge of a tree that are not full (one a level at most) make up the
root together, so all of them are right when the root is. A full tile is right when its 256
hashes make up the hash that the tile above it has in its place. From the root downwards
nothing is used that the root does not vouch for, whoever handed the tiles out. Sources:
C2SP tlog-tiles, RFC 6962 section 2.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.errors import ConsistencyError, FormatError, InclusionError
from provenance.tlog.merkle import HASH_SIZE, node_hash
from provenance.tlog.prover import subtree_root
from provenance.tlog.tiles import (
    TILE_LEVELS,
    TILE_WIDTH,
    count_items,
    count_levels,
    tile_width,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TILES_KEPT_MAX: Final = 1024
"""Tiles kept in memory, some 17 KiB each."""


class TileTree:
    """The tree of ``size`` leaves under ``root``, read as tiles.

    ``read_tile`` gives the bytes of a tile: level, number and width are given; what it
    raises goes through. Nothing is read before it is needed.
    """

    def __init__(
        self, size: int, root: bytes, read_tile: Callable[[int, int, int], bytes]
    ) -> None:
        self.size: Final = size
        self.root: Final = root
        self._read_tile: Final = read_tile
        self._tiles: Final[dict[tuple[int, int], Sequence[bytes]]] = {}
        self._checked = False

    def check(self) -> None:
        """Hold the right edge against the root. Raises `ConsistencyError`, `FormatError`."""
        if self._checked:
            return
        # Read first and kept only when they lead to the root: nothing of them is used before.
        edge: dict[tuple[int, int], Sequence[bytes]] = {}
        for level in range(count_levels(self.size)):
            number = count_items(self.size, level) // TILE_WIDTH
            if tile_width(self.size, number, level):
                edge[level, number] = self._read(level, number)

        def node(level: int, index: int) -> bytes:
            above, inner = divmod(level, TILE_LEVELS)
            hashes = edge[above, index << inner >> TILE_LEVELS]
            return _fold(hashes, index << inner & TILE_WIDTH - 1, 1 << inner)

        computed = subtree_root(0, self.size, node)
        if computed != self.root:
            raise ConsistencyError(
                f"the tiles at size {self.size} are not those of the checkpoint: expected "
                f"root {self.root.hex()}, computed {computed.hex()}"
            )
        self._tiles.update(edge)
        self._checked = True

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the full subtree [index << level, (index + 1) << level).

        Raises `InclusionError` where that is not within the size, `ConsistencyError` for a
        tile that does not belong to the tree, `FormatError` for one of another length.
        """
        if level < 0 or index < 0 or (index + 1) << level > self.size:
            raise InclusionError(f"the tree of {self.size} has no node {level}, {index}")
        self.check()
        above, inner = divmod(level, TILE_LEVELS)
        hashes = self._tile(above, index << inner >> TILE_LEVELS)
        return _fold(hashes, index << inner & TILE_WIDTH - 1, 1 << inner)

    def _tile(self, level: int, number: int) -> Sequence[bytes]:
        """Return the hashes of a tile, all of which the root vouches for."""
        known = self._tiles.get((level, number))
        if known is not None:
            return known
        # A tile that is not full is part of the edge and was read; so this one is full, and
        # the level above has its root.
        expected = self._tile(level + 1, number // TILE_WIDTH)[number % TILE_WIDTH]
        hashes = self._read(level, number)
        computed = _fold(hashes, 0, TILE_WIDTH)
        if computed != expected:
            raise ConsistencyError(
                f"tile {number} of level {level} does not belong to the checkpoint: expected "
                f"root {expected.hex()}, computed {computed.hex()}"
            )
        if len(self._tiles) < TILES_KEPT_MAX:
            self._tiles[level, number] = hashes
        return hashes

    def _read(self, level: int, number: int) -> Sequence[bytes]:
        width = tile_width(self.size, number, level)
        data = self._read_tile(level, number, width)
        if len(data) != width * HASH_SIZE:
            raise FormatError(
                f"malformed tile {number} of level {level}: {len(data)} bytes, expected "
                f"{width * HASH_SIZE}"
            )
        return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def _fold(hashes: Sequence[bytes], start: int, count: int) -> bytes:
    """Hash ``count`` neighbours, a power of two, into the one above all of them."""
    row = hashes[start : start + count]
    while len(row) > 1:
        pairs = iter(row)
        row = [node_hash(left, right) for left, right in zip(pairs, pairs, strict=True)]
    return row[0]
