"""What later entries did to earlier ones, and by which entry it was done.

The status tree says in four bits whether an entry was superseded, withdrawn or erased.
Rows of the log's database say by whom, so that a proof can show it::

    "change/" || u64 target || u8 bit      u64 index of the entry that did it

An audit derives them again from the entries.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import msgspec

from provenance.record.status import ERASED, SUPERSEDED, WITHDRAWN

if TYPE_CHECKING:
    from provenance.storage import View

CHANGE_PREFIX: Final = b"change/"
BITS: Final = (SUPERSEDED, WITHDRAWN, ERASED)

_SUFFIX: Final = struct.Struct(">QB")


class Change(msgspec.Struct, frozen=True, gc=False):
    """What an entry does to the one at ``target``: a bit of the status tree.

    ``in_tree``: the target is a certification. Deposits and withdrawals can be erased too,
    and the tree says nothing of them.
    """

    target: int
    bit: int
    in_tree: bool = True

    @property
    def row(self) -> bytes:
        """Return the key of its row."""
        return change_key(self.target, self.bit)

    def is_possible(self, view: View) -> bool:
        """Whether it may still be done: everything once, and what is gone is not revived."""
        if view.state(self.row) is not None:
            return False
        return self.bit != SUPERSEDED or view.status_bits(self.target) == 0


def change_key(target: int, bit: int) -> bytes:
    """Return the key under which the row of a change stands."""
    return CHANGE_PREFIX + _SUFFIX.pack(target, bit)


def parse_change(key: bytes) -> tuple[int, int]:
    """Return target and bit from the key of a change's row, the reverse of `change_key`."""
    target, bit = _SUFFIX.unpack(key.removeprefix(CHANGE_PREFIX))
    return target, bit


def read_change(view: View, target: int, bit: int) -> int | None:
    """Return the index of the entry that did this to ``target``, or None."""
    row = view.state(change_key(target, bit))
    return None if row is None else int.from_bytes(row, "big")


def read_changes(view: View, target: int) -> dict[int, int]:
    """Return what was done to ``target``: status bit, and the index of who did it."""
    found = {bit: read_change(view, target, bit) for bit in BITS}
    return {bit: by for bit, by in found.items() if by is not None}
