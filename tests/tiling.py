"""Logs cut into tiles in memory, plainly: what tile code is held against."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, TypeAlias

from provenance.errors import UnreadableError
from provenance.tlog.merkle import node_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provenance.tlog.tiles import TileReader

TILE: Final = 256
ReadTile: TypeAlias = "Callable[[int, int, int], bytes]"


class Tiling:
    """All full subtrees over ``size`` leaves, level by level; invented but for ``known``."""

    def __init__(self, size: int, known: Mapping[int, bytes] | None = None) -> None:
        leaves = [hashlib.sha256(b"leaf %d" % index).digest() for index in range(size)]
        for index, leaf in (known or {}).items():
            leaves[index] = leaf
        self.levels: Final = [leaves]
        while len(self.levels[-1]) > 1:
            row = self.levels[-1]
            pairs = zip(row[::2], row[1::2], strict=False)
            self.levels.append([node_hash(left, right) for left, right in pairs])

    def node(self, level: int, index: int) -> bytes:
        return self.levels[level][index]

    def root(self, size: int) -> bytes:
        """Return the root over the first leaves, by the definition of RFC 6962 section 2.1."""
        return self._root(0, size) if size else hashlib.sha256(b"").digest()

    def _root(self, start: int, end: int) -> bytes:
        count = end - start
        if count & (count - 1) == 0:
            # A full subtree: its start is a multiple of its size wherever this is asked.
            level = count.bit_length() - 1
            return self.levels[level][start >> level]
        middle = start + (1 << count.bit_length() - 1)
        return node_hash(self._root(start, middle), self._root(middle, end))

    def read_tile(self, level: int, number: int, width: int) -> bytes:
        row = self.levels[8 * level]
        hashes = row[number * TILE : number * TILE + width]
        assert len(hashes) == width, "asked for hashes that are not there"
        return b"".join(hashes)


def reading(files: Mapping[str, bytes]) -> TileReader:
    """Read published files from memory."""

    def read(path: str) -> bytes:
        if path not in files:
            raise UnreadableError(f"there is no {path}")
        return files[path]

    return read
