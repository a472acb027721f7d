"""Head register: how far the log had come when somebody was last told.

It stands outside the database, so that a database which lost an acknowledged commit, or
was replaced by an older copy, is recognised. Two slots of 512 bytes are written in turn::

    offset 0, 512: one slot each
        0   16 bytes  "provenance-head" and a newline
       16   u64       sequence, one more at each write; slot = sequence mod 2
       24   u64       size: number of entries
       32   32 bytes  leaf hash of the last entry; zeros when there is none
       64   u64       wall clock when the ledger was last opened for writing, microseconds
                      since 1970; 0 before the first time
       72   16 bytes  id of the machine's boot at that moment; zeros where it has none
       88   u64       microseconds since that boot
       96   32 bytes  SHA-256 of bytes 0 to 95
      128   384 bytes zeros

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

_FACTS: Final = struct.Struct(">16sQQ32sQ16sQ")


class Head(msgspec.Struct, frozen=True):
    """The log's end: number of entries, and leaf hash (32 bytes) of the last one."""

    size: int
    leaf_hash: bytes


EMPTY: Final = Head(0, bytes(32))


class Moment(msgspec.Struct, frozen=True):
    """A reading of the clocks: wall clock, the boot's id (16 bytes), time since the boot.

    Both times are microseconds; a wall clock of 0 means that none was read yet.
    """

    wall_us: int
    boot_id: bytes
    since_boot_us: int


NEVER: Final = Moment(0, bytes(16), 0)


class HeadRegister:
    """The open head register of one ledger. Writers must hold the writer's lock."""

    def __init__(self, file: SyncedFile) -> None:
        """Use `HeadRegister.open`."""
        self._file: Final = file
        self._known: tuple[bytes, _Slot] | None = None
        """Bytes of both slots, as read or written last, and the one that counts."""

    @staticmethod
    def create(path: Path) -> None:
        """Make a register at ``path`` that says: no entries. Raises `StorageError`."""
        write_file(path, _Slot(0, EMPTY, NEVER).encode() + bytes(SLOT_SIZE))

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
        return self._read().head

    def moment(self) -> Moment:
        """Read the clocks as they were when the ledger was last opened for writing.

        Raises `LedgerDamagedError`, `StorageError`.
        """
        return self._read().moment

    def damaged_slots(self) -> int:
        """Count the slots that do not hold; the next write goes over one that a crash tore.

        Raises `StorageError`.
        """
        slots = [_parse(slot) for slot in _split(self._file.read(0, SLOTS * SLOT_SIZE))]
        never_written = slots[0] is not None and slots[0].sequence == 0
        return sum(slot is None for slot in slots[: 1 if never_written else SLOTS])

    def _read(self) -> _Slot:
        """Return the slot that counts."""
        size = SLOTS * SLOT_SIZE
        data = self._file.read(0, size)
        if self._known is not None and self._known[0] == data:
            return self._known[1]
        if not len(data) == self._file.facts().st_size == size:
            raise LedgerDamagedError(f"{self._file.path} does not have {size} bytes")
        whole = [slot for slot in map(_parse, _split(data)) if slot is not None]
        if not whole:
            raise LedgerDamagedError(f"{self._file.path} holds no valid slot")
        newest = max(whole, key=lambda slot: slot.sequence)
        self._known = data, newest
        return newest

    def write(self, head: Head, moment: Moment | None = None) -> None:
        """Remember ``head``, and ``moment`` where there is one; on the disk on return.

        ::

            pread64(3, …, 1024, 0) = 1024
            pwrite64(3, …, 512, 0 or 512)      (the file is open with O_DSYNC)

        Raises `StorageError` when ``head`` is behind what is remembered, or when the
        disk refuses; after the latter the register is refused until it is opened again.
        """
        last = self._read()
        if head.size < last.head.size:
            raise StorageError(f"the head register is at {last.head.size} and cannot go back")
        # The older slot is written over. Until this write is complete the other slot
        # counts, and it names what was last acknowledged: a crash loses nothing.
        slot = _Slot(last.sequence + 1, head, last.moment if moment is None else moment)
        data, start = slot.encode(), slot.sequence % SLOTS * SLOT_SIZE
        self._file.write(start, data)
        assert self._known is not None, "it was read above"
        before = self._known[0]
        self._known = before[:start] + data + before[start + SLOT_SIZE :], slot

    def close(self) -> None:
        """Close the file. Closing twice does nothing."""
        self._file.close()


class _Slot(msgspec.Struct, frozen=True):
    sequence: int
    head: Head
    moment: Moment

    def encode(self) -> bytes:
        facts = _FACTS.pack(
            MAGIC,
            self.sequence,
            self.head.size,
            self.head.leaf_hash,
            self.moment.wall_us,
            self.moment.boot_id,
            self.moment.since_boot_us,
        )
        return (facts + hashlib.sha256(facts).digest()).ljust(SLOT_SIZE, b"\0")


def _split(data: bytes) -> list[bytes]:
    return [data[at : at + SLOT_SIZE] for at in range(0, SLOTS * SLOT_SIZE, SLOT_SIZE)]


def _parse(data: bytes) -> _Slot | None:
    """Read one slot; None when it was torn or never written."""
    if len(data) != SLOT_SIZE:
        return None
    magic, sequence, size, leaf_hash, *clocks = _FACTS.unpack_from(data)
    slot = _Slot(sequence, Head(size, leaf_hash), Moment(*clocks))
    return slot if magic == MAGIC and data == slot.encode() else None
