"""The stored Merkle tree: blocks of 64 leaves, and the edge where they are not full yet.

The tree of RFC 6962 section 2.1 is cut into tiers of six levels. A block of tier t is a
full subtree over 64 leaves of its own, which are nodes of level 6t; its top hash is a
leaf of tier t + 1. All its 127 hashes stand together, level 0 first::

    offset   0   64 leaves     level 6t
          2048   32 hashes     level 6t + 1
          3072   16            6t + 2
          3584    8            6t + 3
          3840    4            6t + 4
          3968    2            6t + 5
          4032    1, the top   6t + 6
          4064    end

Only full blocks are stored, each once and for ever, under the key ``u64 end || u8 tier``,
where ``end`` is the log's size at which the block became full: keys only ever ascend, and
the database appends. The *edge* holds, for each tier, the leaves of the block that is not
full, at most 63. Their numbers are the digits of the size in base 64.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from provenance.errors import LedgerDamagedError, UnknownEntryError
from provenance.tlog.merkle import HASH_SIZE, node_hash
from provenance.tlog.prover import subtree_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

BLOCK_LEVELS: Final = 6
BLOCK_LEAVES: Final = 1 << BLOCK_LEVELS
BLOCK_SIZE: Final = (2 * BLOCK_LEAVES - 1) * HASH_SIZE
"""Bytes; with the database's 16 bytes of page header it fits one page of 4,096."""

_KEY: Final = struct.Struct(">QB")
_LEVELS_MAX: Final = 64


def _place(level: int) -> tuple[int, int, int]:
    """Return where hashes of ``level`` stand: tier, levels below the block's top, offset."""
    tier, inner = divmod(level, BLOCK_LEVELS)
    before = 2 * (BLOCK_LEAVES - (BLOCK_LEAVES >> inner))
    return tier, BLOCK_LEVELS - inner, before * HASH_SIZE


_PLACES: Final = {level: _place(level) for level in range(_LEVELS_MAX)}
_NOWHERE: Final = (-1, 0, 0)


def block_key(number: int, *, tier: int) -> bytes:
    """Return the key under which block ``number`` of ``tier`` is stored."""
    return _KEY.pack((number + 1) << BLOCK_LEVELS * (tier + 1), tier)


def _hash_levels(leaves: Iterable[bytes]) -> list[bytes]:
    """Return 64 leaves and all hashes above them, level by level."""
    hashes = list(leaves)
    # The list grows while it is read, so that pairs are taken in level order; the top
    # hash has no partner and ends the loop.
    pairs = iter(hashes)
    for left, right in zip(pairs, pairs, strict=False):
        hashes.append(node_hash(left, right))
    return hashes


def _levels(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    """Return the leaves of a block that is not full, and above them what is complete."""
    levels = [leaves]
    for _ in range(1, BLOCK_LEVELS):
        pairs = zip(levels[-1][::2], levels[-1][1::2], strict=False)
        levels.append([node_hash(left, right) for left, right in pairs])
    return levels


class Tier:
    """The leaves of one block that is not full; the hashes above them when asked for."""

    __slots__ = ("_levels", "leaves")

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves: Final = leaves
        self._levels: Sequence[Sequence[bytes]] = ()

    def row(self) -> bytes:
        """Return the leaves joined, as they are stored."""
        return b"".join(self.leaves)

    def node(self, level: int, position: int) -> bytes:
        """Return the hash at ``position`` of ``level`` within the block."""
        if not level:
            return self.leaves[position]
        if not self._levels:
            # Threads may share an edge: the list is complete before it is seen.
            self._levels = _levels(self.leaves)
        return self._levels[level][position]


class Edge:
    """What is not in full blocks yet, of a tree over ``size`` leaves. Never changed."""

    __slots__ = ("size", "tiers")

    def __init__(self, size: int, tiers: Sequence[Tier]) -> None:
        self.size: Final = size
        self.tiers: Final = tiers

    @classmethod
    def load(cls, size: int, read_row: Callable[[int], bytes | None]) -> Edge:
        """Read the edge of a tree over ``size`` leaves, a row a tier.

        Raises `LedgerDamagedError` when a row is missing or has not the length that the
        size demands.
        """
        tiers = []
        digits, tier = size, 0
        while digits:
            row = read_row(tier)
            if row is None or len(row) != digits % BLOCK_LEAVES * HASH_SIZE:
                raise LedgerDamagedError(f"the tree's edge is damaged in tier {tier}")
            tiers.append(
                Tier([row[at : at + HASH_SIZE] for at in range(0, len(row), HASH_SIZE)])
            )
            digits >>= BLOCK_LEVELS
            tier += 1
        return cls(size, tiers)

    def extend(self, leaf_hashes: Sequence[bytes]) -> tuple[list[tuple[bytes, bytes]], Edge]:
        """Append leaves (32 bytes each).

        Gives the blocks that became full as rows in the order of their keys, and the
        edge after them.
        """
        blocks: list[tuple[bytes, bytes]] = []
        tiers: list[Tier] = []
        added: Sequence[bytes] = leaf_hashes
        while added or len(tiers) < len(self.tiers):
            tier = len(tiers)
            before = self.tiers[tier] if tier < len(self.tiers) else Tier([])
            if added:
                leaves = [*before.leaves, *added]
                full, before = _cut(leaves, self.size >> BLOCK_LEVELS * (tier + 1), tier)
                blocks += full
                added = [block[-HASH_SIZE:] for _, block in full]
            tiers.append(before)
        blocks.sort()
        return blocks, Edge(self.size + len(leaf_hashes), tiers)

    def rows_since(self, before: Edge) -> list[tuple[int, bytes]]:
        """Return (tier, row) for every tier that ``extend`` changed from ``before``."""
        old: Sequence[Tier | None] = [*before.tiers, *[None] * len(self.tiers)]
        return [
            (tier, now.row()) for tier, now in enumerate(self.tiers) if now is not old[tier]
        ]


def _cut(
    leaves: Sequence[bytes], number: int, tier: int
) -> tuple[list[tuple[bytes, bytes]], Tier]:
    """Cut full blocks, the first of them ``number``, off the leaves of one tier."""
    end = len(leaves) - len(leaves) % BLOCK_LEAVES
    full = [
        (
            block_key(number + start // BLOCK_LEAVES, tier=tier),
            b"".join(_hash_levels(leaves[start : start + BLOCK_LEAVES])),
        )
        for start in range(0, end, BLOCK_LEAVES)
    ]
    return full, Tier(leaves[end:])


def count_tiers(size: int) -> int:
    """Return the number of tiers of a tree over ``size`` leaves."""
    return -(-size.bit_length() // BLOCK_LEVELS)


def count_blocks(size: int) -> int:
    """Return the number of full blocks of a tree over ``size`` leaves."""
    tiers = range(1, count_tiers(size) + 1)
    return sum(size >> BLOCK_LEVELS * tier for tier in tiers)


def check_block(key: bytes, block: bytes, size: int) -> str:
    """Say what is wrong with a stored block; an empty text where nothing is.

    Its leaves are taken as they are; everything above them must follow.
    """
    if len(key) != _KEY.size or len(block) != BLOCK_SIZE:
        return "a block has another size"
    end, tier = _KEY.unpack(key)
    if tier >= count_tiers(size) or not 0 < end <= size or end % BLOCK_LEAVES ** (tier + 1):
        return f"a block of tier {tier} ends at {end}, where none does"
    leaves = [
        block[at : at + HASH_SIZE] for at in range(0, BLOCK_LEAVES * HASH_SIZE, HASH_SIZE)
    ]
    if b"".join(_hash_levels(leaves)) != block:
        return f"the block of tier {tier} that ends at {end} does not follow from its leaves"
    return ""


class TreeReader:
    """Reads hashes of the tree over the first ``size`` entries.

    ``read_block`` gives the block under a key, or None; ``edge`` gives the edge of just
    this size, and is asked only when it is needed.
    """

    def __init__(
        self, size: int, read_block: Callable[[bytes], bytes | None], edge: Callable[[], Edge]
    ) -> None:
        self.size: Final = size
        self._read_block: Final = read_block
        self._edge: Final = edge
        # A proof's path stays within one block a tier, so the last one of each is kept.
        self._recent: Final[dict[int, tuple[int, bytes]]] = {}
        self._tiers: Sequence[Tier] = ()

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the full subtree [index << level, (index + 1) << level).

        Level 0 are the leaf hashes. Raises `UnknownEntryError` when the subtree reaches
        beyond the size, `LedgerDamagedError` when it is not stored.
        """
        tier, height, offset = _PLACES.get(level, _NOWHERE)
        number = index >> height
        recent = self._recent.get(tier)
        if recent is None or recent[0] != number:
            if level < 0 or index < 0 or (index + 1) << level > self.size:
                raise UnknownEntryError(f"the log of {self.size} has no node {level}, {index}")
            if number == self.size >> BLOCK_LEVELS * (tier + 1):
                tiers = self._tiers or self._read_edge()
                return tiers[tier].node(BLOCK_LEVELS - height, index - (number << height))
            recent = number, self._block(number, tier)
            self._recent[tier] = recent
        at = offset + (index - (number << height)) * HASH_SIZE
        return recent[1][at : at + HASH_SIZE]

    def _read_edge(self) -> Sequence[Tier]:
        self._tiers = self._edge().tiers
        return self._tiers

    def block(self, number: int, *, tier: int) -> bytes | None:
        """Return a full block as it is stored, whatever it holds, or None."""
        return self._read_block(block_key(number, tier=tier))

    def _block(self, number: int, tier: int) -> bytes:
        block = self.block(number, tier=tier)
        if block is None or len(block) != BLOCK_SIZE:
            raise LedgerDamagedError(f"block {number} of tier {tier} is missing or damaged")
        return block

    def leaf_hash(self, index: int) -> bytes:
        """Return the leaf hash of the entry at ``index``. Raises `UnknownEntryError`."""
        return self.node(0, index)

    def leaf_hashes(self, start: int, end: int) -> bytes:
        """Return the leaf hashes of the entries [start, end), joined.

        Raises `UnknownEntryError` when the log does not have all of them.
        """
        if not 0 <= start <= end <= self.size:
            raise UnknownEntryError(f"the log of {self.size} has no entries {start} to {end}")
        full = self.size - self.size % BLOCK_LEAVES
        numbers = range(start // BLOCK_LEAVES, -(-min(end, full) // BLOCK_LEAVES))
        parts = [self._block(number, 0)[: BLOCK_LEAVES * HASH_SIZE] for number in numbers]
        if end > full:
            parts.append(self._read_edge()[0].row())
        first = min(start // BLOCK_LEAVES * BLOCK_LEAVES, full)
        return b"".join(parts)[(start - first) * HASH_SIZE : (end - first) * HASH_SIZE]

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first ``size`` entries, all of them by default.

        Raises `UnknownEntryError` for a size that the log has not reached.
        """
        wanted = self.size if size is None else size
        if not 0 <= wanted <= self.size:
            raise UnknownEntryError(f"the log of {self.size} has not reached size {wanted}")
        return subtree_root(0, wanted, self.node)
