"""The vault: the one place that can forget.

One secret 32-byte seed an entry; salts and payload key derive from it, so that writing
zeros over it makes an entry's content unreadable wherever copies of the log may be.
``vault/seeds``::

    0    16 bytes  "provenance-vault"
    16   u64       index of the last erasure entry that was applied; 0 before the first
    24   8 bytes   zeros, reserved
    32   32 bytes  SHA-256 of bytes 0 to 31
    64   32 bytes  seed of entry 0
    96   32 bytes  seed of entry 1
    …

32 zero bytes stand for an erased seed, and for entries that never had one.
``vault/secret`` holds 32 bytes, the key of the look-ups. The directory has mode 0700, the
files 0600; anything more open is refused.
"""

from __future__ import annotations

import hashlib
import stat
import struct
from typing import TYPE_CHECKING, Final

from provenance.errors import ErasedError, LedgerDamagedError, StorageError, UnknownEntryError
from provenance.storage.durable import SyncedFile, new_directory, storage_error, write_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAGIC: Final = b"provenance-vault"
HEADER_SIZE: Final = 64
SEED_SIZE: Final = 32
SECRET_SIZE: Final = 32
OTHERS: Final = 0o077
"""Permission bits that nobody but the owner may have."""

_HEADER: Final = struct.Struct(">16sQ8x")
_ERASED: Final = bytes(SEED_SIZE)


class Vault:
    """The open vault of one ledger. Writers must hold the writer's lock."""

    def __init__(self, seeds: SyncedFile, secret: bytes) -> None:
        """Use `Vault.open`."""
        self._seeds: Final = seeds
        self.secret: Final = secret

    @staticmethod
    def create(directory: Path, secret: bytes) -> None:
        """Make an empty vault at ``directory`` with a look-up secret of 32 bytes.

        Raises `StorageError` when it exists or cannot be made.
        """
        if len(secret) != SECRET_SIZE:
            raise StorageError(f"the look-up secret must have {SECRET_SIZE} bytes")
        with new_directory(directory) as temporary:
            write_file(temporary / "secret", secret)
            write_file(temporary / "seeds", _header(0))

    @classmethod
    def open(cls, directory: Path, *, readonly: bool = False) -> Vault:
        """Open the vault at ``directory``.

        Raises `LedgerDamagedError` when files are missing or malformed, `StorageError`
        when others than the owner may read or write them.
        """
        _check_private(directory)
        secret = _read_secret(directory / "secret")
        _check_private(directory / "seeds")
        vault = cls(SyncedFile(directory / "seeds", readonly=readonly), secret)
        try:
            _ = vault.erasure_applied
        except BaseException:
            vault.close()
            raise
        return vault

    @property
    def size(self) -> int:
        """Number of seed slots; after a crash it may exceed the log's size."""
        return max(0, self._seeds.facts().st_size - HEADER_SIZE) // SEED_SIZE

    @property
    def erasure_applied(self) -> int:
        """Index of the last erasure entry whose seeds are gone, or 0."""
        header = self._seeds.read(0, HEADER_SIZE)
        if len(header) == HEADER_SIZE:
            magic, applied = _HEADER.unpack_from(header)
            if magic == MAGIC and header == _header(applied):
                return int(applied)
        raise LedgerDamagedError(f"{self._seeds.path} has no valid header")

    def set_erasure_applied(self, index: int) -> None:
        """Say that all erasures up to the entry at ``index`` are applied.

        ::

            pwrite64(3, …, 64, 0)
            fdatasync(3)

        Raises `StorageError`.
        """
        # The seeds are gone and synced by now. A crash before this write only makes the
        # next open erase them again; the header lies within one sector and is not torn.
        self._seeds.write(0, _header(index))
        self._seeds.sync()

    def write(self, start: int, seeds: bytes) -> None:
        """Write whole seeds from slot ``start`` on; they are on the disk on return.

        ::

            pwrite64(3, …, 32 * count, 64 + 32 * start)
            fdatasync(3)

        Slots from ``start`` on are written over: the ledger passes its own size, above
        which there are only leftovers of a crash. Raises `LedgerDamagedError` when slots
        before ``start`` are missing, `LedgerFullError`, `StorageError`.
        """
        if len(seeds) % SEED_SIZE:
            raise StorageError(f"seeds have {SEED_SIZE} bytes each")
        if not 0 <= start <= self.size:
            raise LedgerDamagedError(f"the vault has lost seeds before entry {start}")
        # Synced before the log commits: an entry without its seed could never be
        # disclosed. A crash in between leaves seeds that the next writer overwrites.
        self._seeds.write(_offset(start), seeds)
        self._seeds.sync()

    def read(self, index: int) -> bytes:
        """Read the seed (32 bytes) of the entry at ``index``.

        Raises `ErasedError` when it was erased, `UnknownEntryError` when there is none.
        """
        seed = self.read_many(index, 1)
        if seed == _ERASED:
            raise ErasedError(f"the content of entry {index} was erased")
        return seed

    def read_many(self, start: int, count: int) -> bytes:
        """Read ``count`` seeds from ``start`` on, joined; erased ones are zeros.

        Raises `UnknownEntryError` when the vault has fewer.
        """
        wanted = count * SEED_SIZE
        if start < 0 or count < 0:
            raise UnknownEntryError(f"there is no entry {start}")
        seeds = self._seeds.read(_offset(start), wanted)
        if len(seeds) != wanted:
            raise UnknownEntryError(f"the vault has no seed for entry {start + count - 1}")
        return seeds

    def erase(self, indexes: Iterable[int]) -> None:
        """Write zeros over the seeds of these entries; they are gone on return.

        ::

            pwrite64(3, zeros, 32, 64 + 32 * index)      (once an index)
            fdatasync(3)

        Raises `UnknownEntryError` before anything is written when one has no slot,
        `StorageError`.
        """
        slots = sorted(set(indexes))
        if slots and not 0 <= slots[0] <= slots[-1] < self.size:
            raise UnknownEntryError(f"the vault has no seeds for entries up to {slots[-1]}")
        # The erasure entry is committed already. A crash within this loop leaves some
        # seeds, and the next open repeats all erasures after the header's.
        for index in slots:
            self._seeds.write(_offset(index), _ERASED)
        self._seeds.sync()

    def close(self) -> None:
        """Close the file. Closing twice does nothing."""
        self._seeds.close()


def _offset(index: int) -> int:
    return HEADER_SIZE + SEED_SIZE * index


def _header(applied: int) -> bytes:
    facts = _HEADER.pack(MAGIC, applied)
    return facts + hashlib.sha256(facts).digest()


def _check_private(path: Path) -> None:
    """Refuse what is missing, or open to others than the owner."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise LedgerDamagedError(f"{path} is missing") from error
    except OSError as error:
        raise storage_error(error, f"cannot look at {path}") from error
    if stat.S_IMODE(mode) & OTHERS:
        raise StorageError(f"{path} is open to others: chmod go= {path}")


def _read_secret(path: Path) -> bytes:
    _check_private(path)
    try:
        secret = path.read_bytes()
    except OSError as error:
        raise storage_error(error, f"cannot read {path}") from error
    if len(secret) != SECRET_SIZE:
        raise LedgerDamagedError(f"{path} has not {SECRET_SIZE} bytes")
    return secret
