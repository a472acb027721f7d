"""This project's storage with opaque records: chained, in the tree, root signed, durable.

The third argument is ``synced``, or ``unsynced`` for the control of the durability check.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import lmdb
from benchmarks.compare.protocol import System, serve
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provenance.storage import Commit, Store
from provenance.tlog.merkle import leaf_hash, tree_root
from provenance.tlog.prover import prove_inclusion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class ProvenanceStore(System):
    """One commit a batch; the root is signed with Ed25519 after each."""

    def __init__(self, path: Path) -> None:
        Store.create(path / "log")
        self.store = Store.open(path / "log")
        self._key = Ed25519PrivateKey.generate()
        self.size, self._prev = 0, bytes(32)
        self.signature = b""

    def append(self, batch: Sequence[bytes]) -> None:
        entries, leaves, prev = [], [], self._prev
        for record in batch:
            entry = prev + record
            prev = leaf_hash(entry)
            entries.append(entry)
            leaves.append(prev)
        commit = Commit(
            start=self.size,
            entries=entries,
            leaf_hashes=leaves,
            signatures=[b""] * len(batch),
        )
        self.store.commit(commit)
        self.size, self._prev = commit.end, prev
        with self.store.view() as view:
            self.signature = self._key.sign(view.root())

    def prove(self, index: int) -> int:
        with self.store.view() as view:
            return 32 * len(prove_inclusion(index, view.size, view.node))

    def audit(self) -> int:
        prev, leaves = bytes(32), list[bytes]()
        with self.store.view() as view:
            for entry, _ in view.entries(0, view.size):
                if entry[:32] != prev:
                    raise ValueError(f"the chain breaks at entry {len(leaves)}")
                prev = leaf_hash(entry)
                leaves.append(prev)
            root = view.root()
        if tree_root(leaves) != root:
            raise ValueError("the stored tree is not that of the entries")
        self._key.public_key().verify(self.signature, root)
        return len(leaves)

    def close(self) -> None:
        self.store.close()


def main() -> None:
    """Serve; the control opens LMDB without syncing, whatever the store asks for."""
    if sys.argv[3] == "unsynced":
        original = lmdb.open
        unsynced = {"sync": False, "metasync": False}
        altered = lambda *args, **options: original(*args, **{**options, **unsynced})  # noqa: E731
        setattr(lmdb, "open", altered)  # noqa: B010 - the type checker sees a class
    serve(ProvenanceStore)


if __name__ == "__main__":
    main()
