"""pymerkle's tree in SQLite, with SQLite's defaults: rollback journal, ``synchronous=FULL``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.compare.protocol import System, serve
from pymerkle import SqliteTree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class PymerkleTree(System):
    """Bulk appends; proofs as its API makes them."""

    def __init__(self, path: Path) -> None:
        self._tree = SqliteTree(str(path / "tree.db"))

    def append(self, batch: Sequence[bytes]) -> None:
        self._tree.append_entries(batch)

    def prove(self, index: int) -> int:
        return len(json.dumps(self._tree.prove_inclusion(index + 1).serialize()))

    def audit(self) -> int:
        size = int(self._tree.get_size())
        for index in range(1, size + 1):
            entry = self._tree.get_entry(index)
            if self._tree.hash_buff(entry) != self._tree.get_leaf(index):
                raise ValueError(f"entry {index} is not the one that was hashed")
        self._tree.get_state(size)
        return size

    def close(self) -> None:
        self._tree.close()


if __name__ == "__main__":
    serve(PymerkleTree)
