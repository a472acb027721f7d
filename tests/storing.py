"""A log to test with: entries, signatures and keys that follow from their number."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from provenance.storage import Commit, Store, View
from provenance.tlog.merkle import leaf_hash, tree_root, verify_inclusion
from provenance.tlog.prover import prove_inclusion

if TYPE_CHECKING:
    from pathlib import Path


def entry(index: int) -> bytes:
    """Return the entry at ``index``, of one to two hundred words."""
    return b"entry %d " % index * (1 + index % 200)


def signature(index: int) -> bytes:
    """Return its signature; every fifth entry has none."""
    return b"" if index % 5 == 0 else hashlib.sha512(b"%d" % index).digest()


def commit(start: int, count: int, **more: Any) -> Commit:
    """Make the commit of ``count`` entries from ``start`` on."""
    indexes = range(start, start + count)
    return Commit(
        start=start,
        entries=[entry(index) for index in indexes],
        leaf_hashes=[leaf_hash(entry(index)) for index in indexes],
        signatures=[signature(index) for index in indexes],
        **more,
    )


def key(number: int) -> bytes:
    """Make a look-up key."""
    return hashlib.md5(b"key %d" % number).digest()


def check(view: View, size: int) -> None:
    """Check that the log holds just the first ``size`` entries, and proves them."""
    assert view.size == size
    records = [(entry(index), signature(index)) for index in range(size)]
    assert list(view.entries(0, size)) == records
    assert [view.record(index) for index in range(size)] == records
    hashes = [leaf_hash(text) for text, _ in records]
    assert view.leaf_hashes(0, size) == b"".join(hashes)
    assert view.root() == tree_root(hashes)
    for index in range(0, size, 37):
        path = prove_inclusion(index, size, view.node)
        verify_inclusion(hashes[index], index, size, path, view.root())


def make_log(directory: Path) -> Path:
    """Make an empty log in ``directory``."""
    path = directory / "log"
    Store.create(path)
    return path
