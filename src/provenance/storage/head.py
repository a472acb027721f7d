"""Head register: how far the log had come when somebody was last told.

It stands outside the database, so that a database which lost an acknowledged commit, or
was replaced by an older copy, is recognised. Two slots of 512 bytes are written in turn::

    offset 0, 512: one slot each
        0   16 bytes  "provenance-head" and a newline
       16   u64       sequence, one more at each write; slot = sequence mod 2
       24   u64       size: number of entries
       32   32 bytes  leaf hash of the last entry; zeros when there is none
       64   32 bytes  SHA-256 of bytes 0 to 63
       96   416 bytes zeros

The slot with the greater sequence among those whose checksum holds is the one that
counts. A write that a crash tears spoils the older slot only, and was acknowledged to
nobody. The file is made whole before it is used and its length never changes, so a write
touches one sector and no metadata.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Final

import msgspec

from provenance.errors import LedgerDamagedError, StorageError
from provenance.storage.durable import SyncedFile, write_file

if TYPE_CHECKING:
    from pathlib import Path

SLOT_SIZE: Final = 512
"""Bytes: one sector, which disks write whole or not at all."""
SLOTS: Final = 2
MAGIC: Final = b"provenance-head\n"

_FACTS: Final = struct.Struct(">16sQQ32s")
_CHECKSUM_SIZE: Final = 32


class Head(msgspec.Struct, frozen=True):
    """The log's end: number of entries, and leaf hash (32 bytes) of the last one."""

    size: int
    leaf_hash: bytes


EMPTY: Final = Head(0, bytes(32))


class HeadRegister:
    """The open head register of one ledger. Writers must hold the writer's lock."""

    def __init__(self, file: SyncedFile) -> None:
        """Use `HeadRegister.open`."""
        self._file: Final = file
        self._known: tuple[bytes, int, Head] | None = None
        """Bytes of both slots, as read or written last, and what they say."""

    @staticmethod
    def create(path: Path) -> None:
        """Make a register at ``path`` that says: no entries. Raises `StorageError`."""
        write_file(path, _slot(0, EMPTY) + bytes(SLOT_SIZE))

    @classmethod
    def open(cls, path: Path, *, readonly: bool = False) -> HeadRegister:
        """Open the register at ``path``.

        Raises `LedgerDamagedError` when it is missing, of another length, or when
        neither slot holds.
        """
        register = cls(SyncedFile(path, readonly=readonly, each=True))
        try:
            register.read()
        except BaseException:
            register.close()
            raise
        return register

    def read(self) -> Head:
        """Read what was last written. Raises `LedgerDamagedError`, `StorageError`."""
        return self._read()[2]

    def _read(self) -> tuple[bytes, int, Head]:
        """Give the bytes of both slots, and sequence and head of the one that counts."""
        size = SLOTS * SLOT_SIZE
        data = self._file.read(0, size)
        if self._known is not None and self._known[0] == data:
            return self._known
        if not len(data) == self._file.facts().st_size == size:
            raise LedgerDamagedError(f"{self._file.path} has not {size} bytes")
        slots = [_parse(data[at : at + SLOT_SIZE]) for at in range(0, len(data), SLOT_SIZE)]
        found = [slot for slot in slots if slot is not None]
        if not found:
            raise LedgerDamagedError(f"{self._file.path} holds no valid slot")
        sequence, head = max(found, key=lambda slot: slot[0])
        self._known = data, sequence, head
        return self._known

    def write(self, head: Head) -> None:
        """Remember ``head``; it is on the disk when this returns.

        ::

            pread64(3, …, 1024, 0) = 1024
            pwrite64(3, …, 512, 0 or 512)      (the file is open with O_DSYNC)

        Raises `StorageError` when ``head`` is behind what is remembered, or when the
        disk refuses; after the latter the register is refused until it is opened again.
        """
        data, sequence, last = self._read()
        if head.size < last.size:
            raise StorageError(f"the head register is at {last.size} and cannot go back")
        # The older slot is written over. Until this write is complete the other slot
        # counts, and it names what was last acknowledged: a crash loses nothing.
        sequence += 1
        slot, start = _slot(sequence, head), sequence % SLOTS * SLOT_SIZE
        self._file.write(start, slot)
        self._known = data[:start] + slot + data[start + SLOT_SIZE :], sequence, head

    def close(self) -> None:
        """Close the file. Closing twice does nothing."""
        self._file.close()


def _slot(sequence: int, head: Head) -> bytes:
    facts = _FACTS.pack(MAGIC, sequence, head.size, head.leaf_hash)
    return (facts + hashlib.sha256(facts).digest()).ljust(SLOT_SIZE, b"\0")


def _parse(slot: bytes) -> tuple[int, Head] | None:
    """Read one slot; None when it was torn or never written."""
    magic, sequence, size, leaf_hash = _FACTS.unpack_from(slot)
    head = Head(size, leaf_hash)
    return (sequence, head) if magic == MAGIC and slot == _slot(sequence, head) else None
