"""Putting any entry into a real ledger, also such as the ledger itself would never write."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from provenance.encoding import encode_base64
from provenance.ledger.changes import change_key
from provenance.ledger.draft import Place
from provenance.ledger.endorsing import endorsement_row
from provenance.ledger.erasures import erasure_row
from provenance.ledger.keyhistory import key_row, log_keys, signing_key
from provenance.ledger.registry import REGISTER_ROW, depositor_row, index_row
from provenance.record.changes import changes_of
from provenance.record.entry import (
    Depositor,
    Endorsement,
    Erasure,
    Key,
    Register,
    encode_entry,
    parse_entry,
)
from provenance.record.message import entry_message
from provenance.storage import Commit, Head
from provenance.tlog.merkle import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.keys.signer import NoteSigner
    from provenance.ledger import Ledger
    from provenance.record.entry import Entry


def append_raw(
    ledger: Ledger,
    make: Callable[[Place], Entry],
    *,
    marks: Sequence[tuple[int, int]] = (),
    seed: bytes | None = None,
    state: Callable[[int], Sequence[tuple[bytes, bytes]]] | None = None,
    signer: Callable[[bytes], bytes] | None = None,
) -> int:
    """Append one signed, chained entry as its author wants it; give its index.

    The rows that say what it did to earlier entries are written as the ledger does.
    ``signer`` signs instead of the entry key in force.
    """
    files = ledger._files
    with files.store.view() as view:
        index = view.size
        prev = view.leaf_hash(index - 1)
        time = parse_entry(view.entry(index - 1)).time
    made = make(Place(index=index, time=time, prev=encode_base64(prev), start=index))
    entry = encode_entry(made)
    leaf = leaf_hash(entry)
    sign = entry_signer(ledger, index) if signer is None else signer
    signature = sign(entry_message(ledger.origin, leaf))
    files.vault.write(index, os.urandom(32) if seed is None else seed)
    files.store.commit(
        Commit(
            start=index,
            entries=[entry],
            leaf_hashes=[leaf],
            signatures=[signature],
            marks=marks,
            state=_rows(made) if state is None else state(index),
        )
    )
    files.head.write(Head(index + 1, leaf))
    return index


def _rows(entry: Entry) -> list[tuple[bytes, bytes]]:
    rows = [index_row(change_key(index, bit), entry.index) for index, bit in changes_of(entry)]
    if isinstance(entry, Erasure):
        rows.append(erasure_row(entry.index))
    if isinstance(entry, Endorsement):
        rows.append(endorsement_row(entry.deposit, entry.index))
    if isinstance(entry, Depositor):
        rows.append(index_row(depositor_row(entry.depositor), entry.index))
    if isinstance(entry, Register):
        rows.append(index_row(REGISTER_ROW, entry.index))
    if isinstance(entry, Key):
        rows.append(key_row(entry.index))
    return rows


def entry_signer(ledger: Ledger, index: int) -> Callable[[bytes], bytes]:
    """Return what signs the entry at ``index`` by the rules."""
    key = signing_key(ledger.operator_keys(), index).verifier
    return ledger._publisher._keys.signer("entry", key).sign


def log_signers(ledger: Ledger, *, time_s: int = 1) -> list[NoteSigner]:
    """Return what signs the ledger's checkpoints now."""
    ring = ledger._publisher._keys
    return [ring.note_signer(key, lambda: time_s) for key in log_keys(ledger.operator_keys())]
