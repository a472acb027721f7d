"""The vault: the one place that can forget.

One secret 32-byte seed an entry; salts and payload key derive from it, so that writing
zeros over it makes an entry's content unreadable wherever copies of the log may be.
``vault/seeds`` begins with two slots of 128 bytes that are written in turn::

    0, 128: one slot each
         0   16 bytes  "provenance-vault"
        16   u64       sequence, one more at each write; slot = sequence mod 2
        24   u64       index of the last erasure entry that was applied; 0 before the first
        32   u64       size of the log, as far as this vault knows that it was committed
        40   32 bytes  leaf hash of the last of these entries; zeros when there is none
        72   32 bytes  SHA-256 of bytes 0 to 71
       104   24 bytes  zeros
    256      32 bytes  seed of entry 0
    288      32 bytes  seed of entry 1
    …

Of the slots whose checksum holds the one with the greater sequence counts, so a write that
a crash tears leaves the one before. A vault that knows more than a log, or another history,
belongs to another copy of it: what is written then would destroy seeds of entries that
exist. 32 zero bytes mark an erased seed, and for entries that never had one.

``vault/secret`` holds 32 bytes, the key of the look-ups, and a checksum, because a rotten
key would find nobody and record repetitions anew: SHA-256("provenance/vault-secret/v1",
newline, the 32 bytes). The directory has mode 0700, the files 0600; anything more open is
refused.
"""

from __future__ import annotations

import hashlib
import stat
import struct
from typing import TYPE_CHECKING, Final

import msgspec

from provenance.errors import ErasedError, LedgerDamagedError, StorageError, UnknownEntryError
from provenance.storage.durable import SyncedFile, new_directory, storage_error, write_file
from provenance.storage.head import EMPTY, Head

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAGIC: Final = b"provenance-vault"
SLOT_SIZE: Final = 128
SLOTS: Final = 2
HEADER_SIZE: Final = SLOT_SIZE * SLOTS
SEED_SIZE: Final = 32
SECRET_SIZE: Final = 32
OTHERS: Final = 0o077
"""Permission bits that nobody but the owner may have."""

_FACTS: Final = struct.Struct(">16sQQQ32s")
_ERASED: Final = bytes(SEED_SIZE)


class VaultHeader(msgspec.Struct, frozen=True):
    """What a vault remembers: the last erasure that it applied, and how far the log was."""

    sequence: int
    erasure_applied: int
    head: Head


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
            write_file(temporary / "secret", secret + _secret_checksum(secret))
            write_file(temporary / "seeds", _slot(VaultHeader(0, 0, EMPTY)) + bytes(SLOT_SIZE))

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
            _ = vault.header
        except BaseException:
            vault.close()
            raise
        return vault

    @property
    def size(self) -> int:
        """Number of seed slots; after a crash it may exceed the log's size."""
        return max(0, self._seeds.facts().st_size - HEADER_SIZE) // SEED_SIZE

    @property
    def header(self) -> VaultHeader:
        """What the vault remembers. Raises `LedgerDamagedError` when neither slot holds."""
        whole = [header for header in self._slots() if header is not None]
        if not whole:
            raise LedgerDamagedError(
                f"{self._seeds.path} has no valid header: restore the vault from a backup"
            )
        return max(whole, key=lambda header: header.sequence)

    def _slots(self) -> list[VaultHeader | None]:
        data = self._seeds.read(0, HEADER_SIZE)
        return [_parse(data[at : at + SLOT_SIZE]) for at in range(0, HEADER_SIZE, SLOT_SIZE)]

    def damaged_slots(self) -> int:
        """Count the slots of the header that do not hold. Raises `StorageError`."""
        slots = self._slots()
        never_written = slots[0] is not None and slots[0].sequence == 0
        return sum(slot is None for slot in slots[: 1 if never_written else SLOTS])

    @property
    def erasure_applied(self) -> int:
        """Index of the last erasure entry whose seeds are gone, or 0."""
        return self.header.erasure_applied

    def set_erasure_applied(self, index: int) -> None:
        """Say that all erasures up to the entry at ``index`` are applied.

        ::

            pwrite64(3, …, 128, 0 or 128)
            fdatasync(3)

        Raises `StorageError`.
        """
        # The seeds are gone and synced by now. A crash before this write only makes the
        # next open erase them again.
        self._write_header(erasure_applied=index)
        self._seeds.sync()

    def confirm(self, head: Head) -> None:
        """Remember that the log was committed up to ``head``.

        It is on the disk after the next `write`, or soon: what is lost of it by a power
        cut only makes the vault know less than it could. Raises `StorageError`.
        """
        self._write_header(head=head)

    def _write_header(
        self, *, erasure_applied: int | None = None, head: Head | None = None
    ) -> None:
        # The older slot is written over; until this write is complete the other counts.
        last = self.header
        header = VaultHeader(
            last.sequence + 1,
            last.erasure_applied if erasure_applied is None else erasure_applied,
            last.head if head is None else head,
        )
        self._seeds.write(header.sequence % SLOTS * SLOT_SIZE, _slot(header))

    def write(self, start: int, seeds: bytes) -> None:
        """Write whole seeds from slot ``start`` on; they are on the disk on return.

        ::

            pwrite64(3, …, 32 * count, 256 + 32 * start)
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

            pwrite64(3, zeros, 32, 256 + 32 * index)     (once an index)
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

    def forget_from(self, size: int) -> None:
        """Destroy what slots from ``size`` on hold; they are zeros on return.

        ::

            pread64(3, …, 256 + 32 * size)
            pwrite64(3, zeros, …)  fdatasync(3)          (where there was something else)

        ``size`` is the log's: seeds above it are those of entries that never came to be.
        Raises `StorageError`.
        """
        seeds = self._seeds.read(_offset(size), max(0, self.size - size) * SEED_SIZE)
        if any(seeds):
            self._seeds.write(_offset(size), bytes(len(seeds)))
            self._seeds.sync()

    def close(self) -> None:
        """Close the file. Closing twice does nothing."""
        self._seeds.close()


def _offset(index: int) -> int:
    return HEADER_SIZE + SEED_SIZE * index


def _slot(header: VaultHeader) -> bytes:
    head = header.head
    facts = _FACTS.pack(
        MAGIC, header.sequence, header.erasure_applied, head.size, head.leaf_hash
    )
    return (facts + hashlib.sha256(facts).digest()).ljust(SLOT_SIZE, b"\0")


def _parse(slot: bytes) -> VaultHeader | None:
    """Read one slot; None when it was torn or never written."""
    if len(slot) != SLOT_SIZE:
        return None
    magic, sequence, applied, size, leaf_hash = _FACTS.unpack_from(slot)
    header = VaultHeader(sequence, applied, Head(size, leaf_hash))
    return header if magic == MAGIC and slot == _slot(header) else None


def _secret_checksum(secret: bytes) -> bytes:
    return hashlib.sha256(b"provenance/vault-secret/v1\n" + secret).digest()


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
        data = path.read_bytes()
    except OSError as error:
        raise storage_error(error, f"cannot read {path}") from error
    secret = data[:SECRET_SIZE]
    if len(secret) != SECRET_SIZE or data != secret + _secret_checksum(secret):
        raise LedgerDamagedError(
            f"{path} is damaged: restore it from a backup of the vault; under another key "
            "nothing that is recorded would be found"
        )
    return secret
