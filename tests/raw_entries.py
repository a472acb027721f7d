"""Putting any entry into a real ledger, also such as the ledger itself would never write."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from provenance.encoding import encode_base64
from provenance.ledger.draft import Place
from provenance.record.entry import encode_entry, parse_entry
from provenance.record.message import entry_message
from provenance.storage import Commit, Head
from provenance.tlog.merkle import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.ledger import Ledger
    from provenance.record.entry import Entry


def append_raw(
    ledger: Ledger,
    make: Callable[[Place], Entry],
    *,
    marks: Sequence[tuple[int, int]] = (),
    seed: bytes | None = None,
) -> int:
    """Append one signed, chained entry as its author wants it; give its index."""
    files = ledger._files
    with files.store.view() as view:
        index = view.size
        prev = view.leaf_hash(index - 1)
        time = parse_entry(view.entry(index - 1)).time
    entry = encode_entry(
        make(Place(index=index, time=time, prev=encode_base64(prev), start=index))
    )
    leaf = leaf_hash(entry)
    signature = ledger._writer._keys.entry_key.sign(entry_message(ledger.origin, leaf))
    files.vault.write(index, os.urandom(32) if seed is None else seed)
    files.store.commit(
        Commit(
            start=index,
            entries=[entry],
            leaf_hashes=[leaf],
            signatures=[signature],
            marks=marks,
        )
    )
    files.head.write(Head(index + 1, leaf))
    return index
