"""A log read from its published tiles, each of them held against a checkpoint.

Whoever hands the tiles out is trusted with nothing: what does not belong to the checkpoint
is refused, what is missing is an error, and all that is read has a limit. Pointers
(``record.pointers``) are followed, and what they lead to is looked into.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from provenance.encoding import decode_base64
from provenance.errors import (
    ConsistencyError,
    FormatError,
    InclusionError,
    SignatureError,
    UnreadableError,
)
from provenance.record.changes import changes_of
from provenance.record.entry import Genesis, Key, Status, entry_message, parse_entry
from provenance.record.keyhistory import OperatorKey, replay_keys, signing_key
from provenance.record.pointers import parse_changes, parse_key_indexes
from provenance.record.status import (
    LEAF_ENTRIES,
    LEAF_SIZE,
    RESERVED,
    leaf_count,
    status_bits,
)
from provenance.tlog.merkle import HASH_SIZE, leaf_hash
from provenance.tlog.tiles import (
    CHANGES,
    ENTRIES,
    ITEM_SIZE,
    KEYS,
    SIGNATURES,
    STATUS,
    STATUS_TILE,
    TILE_WIDTH,
    TileName,
    file_size_max,
    parse_entries,
    tile_folder,
    tile_width,
)
from provenance.tlog.tiletree import TileTree

if TYPE_CHECKING:
    from provenance.tlog.checkpoint import Checkpoint
    from provenance.tlog.tiles import TileReader

KEY_ENTRIES_MAX: Final = 1000
"""Entries that declare keys, as far as a reader follows them; few logs have 100."""
FILES_KEPT: Final = 8
"""Files kept in memory, besides the hashes that were read."""
STATUS_FILE_ENTRIES: Final = TILE_WIDTH * LEAF_ENTRIES
"""Entries whose status stands in one ``status/<N>``."""


def read_limited(read: TileReader, path: str) -> bytes:
    """Read a file of a log; raises `FormatError` when it is longer than any of its name."""
    data = read(path)
    if len(data) > file_size_max(path):
        raise FormatError(f"{path} has more than {file_size_max(path)} bytes")
    return data


class TiledLog:
    """The log at ``checkpoint``, a `LogCopy` whose every answer the checkpoint vouches for.

    Its methods raise `UnreadableError` for what cannot be read, `FormatError` for what has
    not the form it must have, and a `VerificationError` for what does not belong there.
    """

    def __init__(self, checkpoint: Checkpoint, read: TileReader) -> None:
        self.origin: Final = checkpoint.origin
        self.size: Final = checkpoint.size
        self._read: Final = lru_cache(FILES_KEPT)(lambda path: read_limited(read, path))
        self._tree: Final = TileTree(checkpoint.size, checkpoint.root, self._read_tile)
        self._bundle: tuple[int, tuple[bytes, ...]] = (-1, ())
        self._status: TileTree | None = None
        self._keys: tuple[OperatorKey, ...] | None = None

    # --- entries

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the full subtree [index << level, (index + 1) << level)."""
        return self._tree.node(level, index)

    def entry(self, index: int) -> bytes:
        """Return an entry's bytes."""
        expected = self.node(0, index)
        number, place = divmod(index, TILE_WIDTH)
        if self._bundle[0] != number:
            self._bundle = number, self._read_bundle(number)
        entry = self._bundle[1][place]
        if leaf_hash(entry) != expected:
            raise InclusionError(f"entry {index} of the tiles does not belong to the log")
        return entry

    def record(self, index: int) -> tuple[bytes, bytes]:
        """Return an entry's bytes and its signature, which the log's key of then made."""
        entry = self.entry(index)
        number, place = divmod(index, TILE_WIDTH)
        data, width = self._read_items(SIGNATURES, number, tile_width(self.size, number))
        if len(data) != width * ITEM_SIZE:
            raise FormatError(f"malformed signatures {number}: {len(data)} bytes")
        signature = data[place * ITEM_SIZE : (place + 1) * ITEM_SIZE]
        public = signing_key(self.keys(), index).verifier.public
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(
                signature, entry_message(self.origin, leaf_hash(entry))
            )
        except InvalidSignature as error:
            raise SignatureError(f"the signature of entry {index} is wrong") from error
        return entry, signature

    def keys(self) -> tuple[OperatorKey, ...]:
        """Return all keys that the operator declared, as far as the tiles point to them."""
        if self._keys is None:
            indexes = parse_key_indexes(self._read(KEYS))
            if len(indexes) > KEY_ENTRIES_MAX:
                raise FormatError(f"the keys file names more than {KEY_ENTRIES_MAX} entries")
            self._keys = replay_keys(self._declaration(index) for index in indexes)
        return self._keys

    def _declaration(self, index: int) -> Genesis | Key:
        entry = parse_entry(self.entry(index))
        if not isinstance(entry, Genesis | Key):
            raise ConsistencyError(f"the keys file names entry {index}, which declares none")
        return entry

    # --- status

    def status_leaf(self, index: int) -> bytes:
        """Return leaf ``index`` (64 bytes) of the status tree that the log ends with."""
        expected = self.status_node(0, index)
        number, place = divmod(index, TILE_WIDTH)
        leaf = self._read_status(number)[place * LEAF_SIZE : (place + 1) * LEAF_SIZE]
        if leaf_hash(leaf) != expected:
            raise InclusionError(f"status leaf {index} changed while it was read")
        return leaf

    def status_node(self, level: int, index: int) -> bytes:
        """Return the hash of a full subtree of the status tree."""
        if self._status is None:
            self._status = self._open_status()
        return self._status.node(level, index)

    def changes(self, index: int) -> dict[int, int]:
        """Return what was done to a certification: status bit, and the entry that did it."""
        # What the reserved bit says, no entry of this format does.
        bits = status_bits(self.status_leaf(index // LEAF_ENTRIES), index) & ~RESERVED
        if not bits:
            return {}
        name = TileName(CHANGES, index // STATUS_FILE_ENTRIES)
        told = parse_changes(self._read(name.path)).get(index, {})
        if sum(told) != bits:
            raise ConsistencyError(f"{name.path} does not tell who changed entry {index}")
        for bit, by in told.items():
            if by >= self.size or (index, bit) not in self._done_by(by):
                raise ConsistencyError(f"entry {by} does not do to {index} what is said")
        return told

    def _done_by(self, index: int) -> list[tuple[int, int]]:
        return changes_of(parse_entry(self.entry(index)))

    def _open_status(self) -> TileTree:
        last = parse_entry(self.entry(self.size - 1))
        if not isinstance(last, Status):
            raise ConsistencyError("the log's checkpoint does not end in a status entry")
        root = decode_base64(last.root)
        return TileTree(leaf_count(last.size), root, self._read_status_tile)

    # --- files

    def _read_bundle(self, number: int) -> tuple[bytes, ...]:
        return parse_entries(*self._read_items(ENTRIES, number, tile_width(self.size, number)))

    def _read_tile(self, level: int, number: int, width: int) -> bytes:
        data, found = self._read_items(tile_folder(level), number, width)
        # One that is longer or shorter than it says is left to the tree to refuse.
        return data[: width * HASH_SIZE] if len(data) == found * HASH_SIZE else data

    def _read_items(self, folder: str, number: int, width: int) -> tuple[bytes, int]:
        """Read a file, or instead of one that is not full the one that is by now.

        A log may remove the former then (C2SP tlog-tiles). Gives the width that was read.
        """
        partial, full = TileName(folder, number, width), TileName(folder, number)
        try:
            return self._read(partial.path), width
        except UnreadableError as error:
            if partial == full:
                raise
            missing = error
        try:
            return self._read(full.path), TILE_WIDTH
        except UnreadableError:
            raise missing from None

    def _read_status(self, number: int) -> bytes:
        return self._read(TileName(STATUS, number).path)

    def _read_status_tile(self, level: int, number: int, width: int) -> bytes:
        if level:
            return self._read(TileName(f"{STATUS_TILE}/{level}", number).path)
        data = self._read_status(number)
        if len(data) != width * LEAF_SIZE:
            raise FormatError(f"malformed status {number}: {len(data)} bytes")
        leaves = (data[at : at + LEAF_SIZE] for at in range(0, len(data), LEAF_SIZE))
        return b"".join(map(leaf_hash, leaves))
