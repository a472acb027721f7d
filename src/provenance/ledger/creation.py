"""The first two entries of a log: its name, and the key that signs every entry."""

from __future__ import annotations

import secrets
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Final

from provenance.keys import KeyRing
from provenance.ledger.clock import Clock, check_beginning, wall_us
from provenance.ledger.files import create_files
from provenance.ledger.job import Job
from provenance.ledger.plain import PlainItem, check_form
from provenance.ledger.writer import Writer
from provenance.record.entry import Genesis, Key, entry_key_name
from provenance.tlog.note import ED25519, MLDSA44

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from provenance.keys import NewKey
    from provenance.ledger.draft import Place
    from provenance.ledger.files import LedgerFiles
    from provenance.record.entry import Entry, Previous

SECRET_SIZE: Final = 32


class _FirstJob(Job):
    def __init__(
        self,
        origin: str,
        *,
        entry_key: NewKey,
        log_keys: Sequence[NewKey],
        previous: Previous | None,
    ) -> None:

        def genesis(place: Place) -> Entry:
            return Genesis(
                index=place.index,
                time=place.time,
                prev=place.prev,
                format="provenance/1",
                origin=origin,
                log_keys=tuple(str(key.verifier) for key in log_keys),
                previous=previous,
            )

        def key(place: Place) -> Entry:
            return Key(
                index=place.index,
                time=place.time,
                prev=place.prev,
                action="add",
                role="entry",
                vkey=str(entry_key.verifier),
            )

        check_form(genesis, index=0)
        super().__init__([PlainItem(genesis), PlainItem(key)])


def create_ledger(
    path: Path,
    *,
    origin: str,
    keys: Path | None,
    passphrase: bytes | None = None,
    entry_key: str | None = None,
    previous: Previous | None = None,
) -> None:
    """Make a ledger at ``path``, its keys below ``keys`` (``path/keys`` by default).

    ``entry_key`` is the URI of the first entry key, which is made new by default;
    ``previous`` the log that this one continues.
    Raises `FormatError` for an origin that cannot be one, `PolicyError` when ``path``
    exists, `KeyFileError` when ``keys`` exists, `StorageError` when the disk refuses.
    """
    check_beginning(wall_us())

    made: list[Path] = []

    def fill(files: LedgerFiles) -> None:
        directory = files.path / "keys" if keys is None else keys
        ring = KeyRing.create(directory, passphrase=passphrase)
        made.append(directory)
        entry, log = _first_keys(ring, origin, entry_key)
        job = _FirstJob(origin, entry_key=entry, log_keys=log, previous=previous)
        for key in (entry, *log):
            ring.keep(key)
        with closing(Writer(files, ring, Clock(), origin=origin)) as writer:
            writer.record([job])
        job.result()

    try:
        create_files(path, secret=secrets.token_bytes(SECRET_SIZE), fill=fill)
    except BaseException:
        # Keys of a ledger that never came to be would be in the way of the next attempt.
        if not path.exists():
            for directory in made:
                shutil.rmtree(directory, ignore_errors=True)
        raise


def _first_keys(
    ring: KeyRing, origin: str, entry_key: str | None
) -> tuple[NewKey, tuple[NewKey, NewKey]]:
    name = entry_key_name(origin)
    entry = (
        ring.make("entry", name, ED25519)
        if entry_key is None
        else ring.open("entry", name, entry_key)
    )
    return entry, (ring.make("log", origin, ED25519), ring.make("log", origin, MLDSA44))
