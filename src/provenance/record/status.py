"""Status leaves: four bits an entry that say what later entries did to it.

Leaf k of the status tree is 64 bytes for the entries 128k to 128k + 127, two entries a
byte, the low nibble first::

    byte 0            byte 1            …   byte 63
    entry 1, entry 0  entry 3, entry 2      entry 127, entry 126

    1 superseded   2 withdrawn   4 erased   8 reserved: written as zero

Bits only ever go up. Entries that are not certifications, and the padding of the last
leaf, are zero. What the reserved bit means, a later format may say: whoever finds it at a
certification does not know how that one stands, and nobody looks at it elsewhere. The tree
over ceil(size / 128) leaves is hashed as RFC 6962 section 2.1 has it, so it is a function of
the first ``size`` entries and of nothing else.
"""

from __future__ import annotations

from typing import Final

from provenance.errors import FormatError

SUPERSEDED: Final = 1
WITHDRAWN: Final = 2
ERASED: Final = 4
RESERVED: Final = 8
LEAF_ENTRIES: Final = 128
LEAF_SIZE: Final = 64
"""Bytes."""


def leaf_count(size: int) -> int:
    """Leaves of the status tree over ``size`` entries."""
    return -(-size // LEAF_ENTRIES)


def check_leaf(leaf: bytes) -> None:
    """Check the size of a leaf; raises `FormatError`."""
    if len(leaf) != LEAF_SIZE:
        raise FormatError(f"expected a status leaf of {LEAF_SIZE} bytes, got {len(leaf)}")


def status_bits(leaf: bytes, index: int) -> int:
    """Return the bits of the entry at ``index``, the reserved one too; this must be its leaf.

    Raises `FormatError` as `check_leaf` does.
    """
    check_leaf(leaf)
    byte, high = divmod(index % LEAF_ENTRIES, 2)
    return leaf[byte] >> 4 * high & 0xF


def with_bits(leaf: bytes, index: int, bits: int) -> bytes:
    """Return the leaf with ``bits`` added to those of the entry at ``index``.

    Raises `FormatError` for bits other than the three, and as `check_leaf` does.
    """
    check_leaf(leaf)
    if bits & ~(SUPERSEDED | WITHDRAWN | ERASED):
        raise FormatError(f"unknown status bits in {bits}")
    byte, high = divmod(index % LEAF_ENTRIES, 2)
    return leaf[:byte] + bytes([leaf[byte] | bits << 4 * high]) + leaf[byte + 1 :]
