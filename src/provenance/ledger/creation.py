"""The first two entries of a log: its name, and the key that signs every entry."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from provenance.keys import KeyRing
from provenance.ledger.clock import Clock
from provenance.ledger.files import create_files
from provenance.ledger.job import Effects, Job
from provenance.ledger.plain import PlainItem, check_form
from provenance.ledger.registry import ENTRY_KEY_ROW, index_row
from provenance.ledger.writer import Writer
from provenance.record.entry import Genesis, Key

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.ledger.draft import Place
    from provenance.ledger.files import LedgerFiles
    from provenance.record.entry import Entry

SECRET_SIZE: Final = 32


class _FirstJob(Job):
    def __init__(self, keys: KeyRing) -> None:
        log_keys = tuple(str(key) for key in keys.log_verifiers)
        entry_key = str(keys.entry_verifier)

        def genesis(place: Place) -> Entry:
            return Genesis(
                index=place.index,
                time=place.time,
                prev=place.prev,
                format="provenance/1",
                origin=keys.origin,
                log_keys=log_keys,
            )

        def key(place: Place) -> Entry:
            return Key(
                index=place.index,
                time=place.time,
                prev=place.prev,
                action="add",
                role="entry",
                vkey=entry_key,
            )

        check_form(genesis, index=0)
        super().__init__([PlainItem(genesis), PlainItem(key)])

    def effects(self, start: int) -> Effects:
        """Say where the entry key in force is declared."""
        return Effects(state=[index_row(ENTRY_KEY_ROW, start + 1)])


def create_ledger(path: Path, *, origin: str, keys: Path | None) -> None:
    """Make a ledger at ``path``, its keys below ``keys`` (``path/keys`` by default).

    Raises `FormatError` for an origin that cannot be one, `PolicyError` when ``path``
    exists, `KeyFileError` when ``keys`` exists, `StorageError` when the disk refuses.
    """

    def fill(files: LedgerFiles) -> None:
        directory = files.path / "keys" if keys is None else keys
        ring = KeyRing.create(directory, origin=origin)
        writer = Writer(files, ring, Clock(), origin=origin)
        job = _FirstJob(ring)
        writer.record([job])
        job.result()

    create_files(path, secret=secrets.token_bytes(SECRET_SIZE), fill=fill)
