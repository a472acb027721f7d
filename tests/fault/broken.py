"""Builds that are broken on purpose: the positive controls of power cuts and failing calls.

Each breaks one rule of durability in the process that it is applied in.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any, Final

import lmdb

from provenance.ledger import publish
from provenance.ledger.writer import Writer
from provenance.storage import Head, HeadRegister, Vault, Writing
from provenance.storage.durable import SyncedFile
from provenance.storage.log import Log

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.storage import Commit


def _do_nothing(*_: object, **__: object) -> None:
    """Leave undone what should be done here."""


def never_sync_the_log() -> None:
    """Open the database as one does who wants it fast: with ``sync=False``."""
    library: Any = lmdb
    opened = lmdb.open
    library.open = lambda *path, **options: opened(*path, **{**options, "sync": False})


def never_sync_the_vault() -> None:
    SyncedFile.sync = _do_nothing  # type: ignore[method-assign]


def never_sync_names() -> None:
    """Rename, and do not sync the directory."""
    _skip_syncs(stat.S_ISDIR)


def never_sync_files() -> None:
    """Write a new file, and give it its name unsynced."""
    _skip_syncs(stat.S_ISREG)


def _skip_syncs(kind: Callable[[int], bool]) -> None:
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        if not kind(os.fstat(descriptor).st_mode):
            sync(descriptor)

    os.fsync = fsync  # type: ignore[assignment]


def write_seeds_late() -> None:
    """Write seeds once the commit is true."""
    remember = Writer._remember
    waiting: list[tuple[int, bytes]] = []

    def append(self: Writer, writing: Writing, commit: Commit, seeds: bytes) -> None:
        writing.append(commit)
        waiting.append((commit.start, seeds))

    def remember_late(self: Writer, head: Head) -> None:
        while waiting:
            start, seeds = waiting.pop()
            Vault.write(self._files.vault, start, seeds)
        remember(self, head)

    Writer._append = append  # type: ignore[method-assign]
    Writer._remember = remember_late  # type: ignore[method-assign]


def never_write_the_head() -> None:
    HeadRegister.write = _do_nothing  # type: ignore[method-assign]


def erase_seeds_first() -> None:
    """Destroy seeds before anything in the log says so."""
    append = Writer._append

    def append_late(self: Writer, writing: Writing, commit: Commit, seeds: bytes) -> None:
        Vault.erase(self._files.vault, commit.erased)
        append(self, writing, commit, seeds)

    Writer._append = append_late  # type: ignore[method-assign]


def write_the_anchor_carelessly() -> None:
    """Write it in place, as one does with a file, and let out what the system says."""
    library: Any = publish
    library.write_file = lambda path, data: path.write_bytes(data)


def go_on_after_failures() -> None:
    """Take no notice of a failed write: what LMDB itself does."""
    Log.check_usable = _do_nothing  # type: ignore[method-assign]


BROKEN: Final[dict[str, Callable[[], None]]] = {
    rule.__name__: rule
    for rule in (
        never_sync_the_log,
        never_sync_the_vault,
        never_sync_names,
        never_sync_files,
        write_seeds_late,
        never_write_the_head,
        erase_seeds_first,
        write_the_anchor_carelessly,
        go_on_after_failures,
    )
}
