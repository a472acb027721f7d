"""The tables of the log's database, and what a row of each holds.

::

    table        key                      value
    records      u64 index                u8 n || n signature bytes (0 or 64) || entry
    payloads     u64 index                sealed payload
    leaves       u64 index of a deposit   the hashes of its leaves, joined (32 bytes each)
    technical    16 bytes                 u64 index || u8 flags (1: erased, a tombstone)
    holders      16 bytes, many values    u64 index
    checkpoints  u64 size                 signed note
    state        1 to 511 bytes           small facts of the ledger
    blocks       u64 end || u8 tier       127 hashes, 4,064 bytes (see `tree`)
    status       u8 level || u64 index    a status leaf or a hash (see `statustree`)
    pending      u64 index                u8 status bits that are not in the status tree yet
    edge         u8 tier                  leaf hashes that are not in a block yet
                 "format"                 "provenance-log/1"
                 "size"                   u64 number of entries
                 "status"                 u64 size that the status tree was settled at

All integers are big-endian, so keys that grow are appended. Each table is a named LMDB
database.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, Protocol

from provenance.errors import LedgerDamagedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RECORDS: Final = "records"
PAYLOADS: Final = "payloads"
LEAVES: Final = "leaves"
TECHNICAL: Final = "technical"
HOLDERS: Final = "holders"
CHECKPOINTS: Final = "checkpoints"
STATE: Final = "state"
BLOCKS: Final = "blocks"
STATUS: Final = "status"
PENDING: Final = "pending"
EDGE: Final = "edge"
TABLES: Final = (
    RECORDS,
    PAYLOADS,
    LEAVES,
    TECHNICAL,
    HOLDERS,
    CHECKPOINTS,
    STATE,
    BLOCKS,
    STATUS,
    PENDING,
    EDGE,
)

FORMAT_ROW: Final = b"format"
FORMAT: Final = b"provenance-log/1"
SIZE_ROW: Final = b"size"
STATUS_ROW: Final = b"status"

SIGNATURE_SIZE: Final = 64
LOOKUP_KEY_SIZE: Final = 16
STATE_KEY_SIZE_MAX: Final = 511
TOMBSTONE: Final = 1
"""Flag of a ``technical`` row whose entry was erased."""

U64: Final = struct.Struct(">Q")
TECHNICAL_ROW: Final = struct.Struct(">QB")
pack_u64 = U64.pack

_SIGNED: Final = bytes([SIGNATURE_SIZE])
_UNSIGNED: Final = b"\0"


class ReadRows(Protocol):
    """One snapshot of all tables."""

    def get(self, table: str, key: bytes) -> bytes | None:
        """Return the row under ``key``, the first of many, or None."""

    def values(self, table: str, key: bytes) -> list[bytes]:
        """Return all rows under ``key``, ascending."""

    def holds(self, table: str, key: bytes, value: bytes) -> bool:
        """Return whether ``value`` is one of the rows under ``key``."""

    def scan(
        self, table: str, start: bytes = b"", *, last: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Return rows ascending from ``start`` on, or the last one first, descending."""

    def some(self, table: str, start: bytes, count: int) -> tuple[list[bytes], list[bytes]]:
        """Return the first ``count`` keys from ``start`` on and their rows, or fewer."""

    def count(self, table: str) -> int:
        """Return the number of rows, every value of a key counted."""

    def number(self) -> int:
        """Return the number of the commit that is read: equal numbers, equal rows."""

    def close(self) -> None:
        """End the snapshot."""


class WriteRows(ReadRows, Protocol):
    """One write transaction over all tables."""

    def put(
        self, table: str, rows: Iterable[tuple[bytes, bytes]], *, append: bool = False
    ) -> None:
        """Write rows; ``append`` when their keys ascend from beyond the last one."""

    def delete(self, table: str, key: bytes, value: bytes = b"") -> None:
        """Remove a row, or of many under one key that with ``value``; or nothing."""

    def clear(self, table: str) -> None:
        """Remove all rows."""


def record_row(entry: bytes, signature: bytes) -> bytes:
    """Return the row of an entry and its signature (64 bytes, or none)."""
    return (_SIGNED if signature else _UNSIGNED) + signature + entry


def parse_record(row: bytes | None, index: int) -> tuple[bytes, bytes]:
    """Return entry and signature from a row. Raises `LedgerDamagedError`."""
    if row:
        start = 1 + row[0]
        if row[0] in {0, SIGNATURE_SIZE} and len(row) >= start:
            return row[start:], row[1:start]
    raise LedgerDamagedError(f"the record of entry {index} is missing or damaged")


def parse_u8(row: bytes, what: str) -> int:
    """Return the number that a row of 1 byte holds. Raises `LedgerDamagedError`."""
    if len(row) != 1:
        raise LedgerDamagedError(f"{what} is damaged")
    return row[0]


def parse_u64(row: bytes | None, what: str) -> int:
    """Return the number that a row of 8 bytes holds. Raises `LedgerDamagedError`."""
    if row is None or len(row) != U64.size:
        raise LedgerDamagedError(f"{what} is missing or damaged")
    return int.from_bytes(row, "big")
