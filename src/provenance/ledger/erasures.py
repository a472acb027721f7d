"""Destroying seeds: what every erasure in the log asks for, repeated until it is done.

An erasure is an entry first. Only when it is committed are the seeds that it names written
over, and the vault's header then says up to which erasure that was done. A crash in between,
or a vault that came back from a backup, leaves seeds behind a header that says less than
the log, and the next open for writing finishes or repeats it. A row leads to each erasure::

    "erasure/" || u64 index of the erasure entry      (empty)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.ledger.registry import read_entry
from provenance.record.entry import Erasure

if TYPE_CHECKING:
    from provenance.ledger.files import LedgerFiles

ERASURE_PREFIX: Final = b"erasure/"


def erasure_row(index: int) -> tuple[bytes, bytes]:
    """Return the row that leads to the erasure entry at ``index``."""
    return ERASURE_PREFIX + index.to_bytes(8, "big"), b""


def apply_erasures(files: LedgerFiles) -> None:
    """Destroy the seeds of all erasures that the vault does not know of yet.

    The caller holds the writer's lock. Raises `StorageError`, `LedgerDamagedError`.
    """
    applied = files.vault.erasure_applied
    with files.store.view() as view:
        rows = view.state_items(ERASURE_PREFIX, start=erasure_row(applied + 1)[0])
        waiting = [int.from_bytes(key[len(ERASURE_PREFIX) :], "big") for key, _ in rows]
        for index in waiting:
            files.vault.erase(read_entry(view, index, Erasure).erases)
    if waiting:
        files.vault.set_erasure_applied(waiting[-1])
