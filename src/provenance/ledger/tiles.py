"""Publishing the log as files: everything up to the last checkpoint, for a web server.

In this order: what never changes (hashes, entries, signatures), then what is replaced
(status, pointers), then the checkpoint, each on the disk before the next. Whoever reads the
checkpoint so finds all that it vouches for. Only what is new since the checkpoint in the
directory is written; after a crash what is there already is compared and left as it is. What
an export goes on from, the end of what was published, is compared each time; everything is
where `check_tiles` is asked for it.

Tiles that are not full are written for every checkpoint that was published since, as long
as no full one has taken their place; older ones stay. Sources: C2SP tlog-tiles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from provenance.encoding import encode_base64
from provenance.errors import (
    ConsistencyError,
    FormatError,
    LedgerDamagedError,
    NotPublishedError,
    RollbackError,
    SignatureError,
)
from provenance.ledger.evidence import BeingPublishedError, settled_status
from provenance.ledger.keyhistory import key_entries, read_keys, signing_key
from provenance.ledger.publish import latest_checkpoint
from provenance.ledger.statusfiles import write_status
from provenance.record.message import entry_message
from provenance.record.pointers import encode_key_indexes
from provenance.storage.published import compared_files, published_files
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.merkle import HASH_SIZE, leaf_hash, tree_root
from provenance.tlog.note import split_note
from provenance.tlog.publickeys import load_ed25519
from provenance.tlog.tiles import (
    CHANGES,
    CHECKPOINT,
    ENTRIES,
    KEYS,
    SIGNATURES,
    STATUS,
    TILE_LEVELS,
    TILE_WIDTH,
    TileName,
    count_items,
    count_levels,
    encode_entries,
    parse_tile_name,
    partial_widths,
    tile_folder,
    tile_width,
)
from provenance.verifier.entries import verify_signature

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.storage import View
    from provenance.storage.published import ComparedFiles, PublishedFiles
    from provenance.tlog.checkpoint import Checkpoint

    Progress = Callable[[int, int], None]
    Files = PublishedFiles | ComparedFiles

SIGNATURE_SIZE: Final = 64
"""Bytes."""


class ExportedTiles(Struct, frozen=True):
    """What an export did: the log as it is published now, and what was written for it.

    ``since``: the size that was published before, 0 for a new directory. ``files`` and
    ``bytes``: written in this run, what was there already not among them.
    """

    origin: str
    since: int
    size: int
    root: str
    files: int
    bytes: int


class TileFault(Struct, frozen=True):
    """A published file that is not as the log has it: ``missing``, or it ``differs``."""

    name: str
    problem: str


class CheckedTiles(Struct, frozen=True):
    """What a comparison of published files found.

    ``size``: that of the log as it is published. ``files``: so many were compared.
    ``replaced``: whether those were among them that each export replaces; they cannot be
    where the ledger has published since.
    """

    origin: str
    size: int
    files: int
    replaced: bool
    faults: tuple[TileFault, ...]


def export_tiles(view: View, directory: Path, progress: Progress | None) -> ExportedTiles:
    """Write what the last checkpoint covers into ``directory``, see `Reader.export_tiles`."""
    latest = latest_checkpoint(view)
    if latest is None:
        raise NotPublishedError("no checkpoint is published yet: publish first")
    checkpoint, note = latest
    settled_status(view, checkpoint.size)
    if view.root(checkpoint.size) != checkpoint.root:
        raise LedgerDamagedError(f"the tree at size {checkpoint.size} is not what was signed")
    with published_files(directory) as files:
        since = _published(files, checkpoint, view)
        signed = _Signed(view, checkpoint, since)
        _write_unchanging(files, view, checkpoint.size, signed, progress)
        files.flush()
        _write_replaced(files, view, checkpoint.size)
        files.flush()
        # All that it vouches for is on the disk by now, under its name.
        files.replace(CHECKPOINT, note.encode())
        files.flush()
        return ExportedTiles(
            origin=checkpoint.origin,
            since=since,
            size=checkpoint.size,
            root=encode_base64(checkpoint.root),
            files=files.files,
            bytes=files.size,
        )


def check_tiles(view: View, directory: Path, progress: Progress | None) -> CheckedTiles:
    """Compare what ``directory`` holds with the log, see `Reader.check_tiles`."""
    latest = latest_checkpoint(view)
    if latest is None:
        raise NotPublishedError("no checkpoint is published yet: publish first")
    checkpoint, _ = latest
    with compared_files(directory) as files:
        size = _compare_checkpoint(files, view)
        # What was published was verified then.
        _write_unchanging(files, view, size, _Signed(view, checkpoint, size), progress, since=0)
        replaced = size == checkpoint.size and _is_settled(view, size)
        if replaced:
            _write_replaced(files, view, size)
        for name in files.others():
            if (data := _older(view, name)) is not None:
                files.compare(name, data)
        return CheckedTiles(
            origin=checkpoint.origin,
            size=size,
            files=len(files.names),
            replaced=replaced,
            faults=tuple(TileFault(*fault) for fault in sorted(files.faults.items())),
        )


def _is_settled(view: View, size: int) -> bool:
    """Return whether the stored status tree is that of the last publication still."""
    try:
        settled_status(view, size)
    except BeingPublishedError:
        return False
    return True


def _compare_checkpoint(files: ComparedFiles, view: View) -> int:
    """Compare the checkpoint with all that were published; return the size of the log there.

    One that was never published is taken for a damaged copy of the last.
    """
    found = files.read(CHECKPOINT)
    published = [*view.checkpoints()]
    same = (one for one in published if one[1] == found)
    size, note = next(same, published[-1])
    files.compare(CHECKPOINT, note)
    return size


def _older(view: View, name: str) -> bytes | None:
    """Return what a file holds that was not full when it was published, or None.

    None for any other file, such as an index page.
    """
    try:
        tile = parse_tile_name(name)
    except FormatError:
        return None
    if tile.folder.startswith((STATUS, CHANGES)):
        return None
    start = tile.number * TILE_WIDTH
    end = start + tile.width
    level = 0 if tile.folder in {ENTRIES, SIGNATURES} else int(tile.folder[len("tile/") :])
    if end > count_items(view.size, level):
        return b""
    if level:
        return b"".join(view.node(level * TILE_LEVELS, node) for node in range(start, end))
    return _items(view, tile.folder, start, end)


def _items(view: View, folder: str, start: int, end: int) -> bytes:
    if folder == tile_folder(0):
        return view.leaf_hashes(start, end)
    pairs = [*view.entries(start, end)]
    if folder == ENTRIES:
        return encode_entries(entry for entry, _ in pairs)
    return b"".join(signature for _, signature in pairs)


def _published(files: PublishedFiles, checkpoint: Checkpoint, view: View) -> int:
    """Return the size that is published there already, which this log must continue."""
    note = files.read(CHECKPOINT)
    if note is None:
        return 0
    try:
        before = parse_checkpoint(split_note(note)[0])
    except FormatError as error:
        raise ConsistencyError(
            f"{files.root / CHECKPOINT} is not a checkpoint ({error}): remove it, and export "
            "again; then everything is compared"
        ) from error
    if before.origin != checkpoint.origin:
        raise ConsistencyError(f"{files.root} holds the log {before.origin}")
    if before.size > checkpoint.size:
        raise RollbackError(
            f"{files.root} holds the log at size {before.size}, this ledger's last checkpoint "
            f"is at {checkpoint.size}"
        )
    if view.root(before.size) != before.root:
        raise ConsistencyError(f"{files.root} holds another history at size {before.size}")
    return before.size


def _write_replaced(files: Files, view: View, size: int) -> None:
    write_status(files, view, size)
    files.replace(KEYS, encode_key_indexes(key_entries(view, size)))


class _Signed:
    """Verifies the signatures of entries since a size; those before were published already."""

    def __init__(self, view: View, checkpoint: Checkpoint, since: int) -> None:
        self.since: Final = since
        self._keys: Final = read_keys(view, checkpoint.size)
        self._message: Final = entry_message(checkpoint.origin, b"")

    def check(self, index: int, leaf: bytes, signature: bytes) -> None:
        """Verify one; raises `LedgerDamagedError`."""
        if index < self.since:
            return
        key = load_ed25519(signing_key(self._keys, index).verifier.public)
        try:
            verify_signature([key], signature, self._message + leaf)
        except SignatureError as error:
            raise LedgerDamagedError(
                f"the stored signature of entry {index} does not verify: nothing of it is "
                "published; restore the log from a backup"
            ) from error


def _write_unchanging(
    files: Files,
    view: View,
    size: int,
    signed: _Signed,
    progress: Progress | None,
    *,
    since: int | None = None,
) -> None:
    """Write all files since a size; those that it ends with are compared with what is there."""
    since = signed.since if since is None else since
    sizes = [at for at, _ in view.checkpoints() if since <= at <= size]
    start = max(since - 1, 0) // TILE_WIDTH
    for number in range(start, -(-size // TILE_WIDTH)):
        _write_bundle(files, view, number, sizes, signed)
        if progress is not None and since < size:
            progress(min((number + 1) * TILE_WIDTH, size), size)
    for level in range(1, count_levels(size)):
        start = max(count_items(since, level) - 1, 0) // TILE_WIDTH
        for number in range(start, -(-count_items(size, level) // TILE_WIDTH)):
            width = tile_width(size, number, level)
            nodes = range(number * TILE_WIDTH, number * TILE_WIDTH + width)
            hashes = [view.node(level * TILE_LEVELS, node) for node in nodes]
            _check_above(view, level, number, hashes)
            _write_tile(files, level, number, hashes, sizes)


def _widths(sizes: list[int], number: int, level: int = 0) -> list[int]:
    """Return the widths in which a file is written: full, or as each checkpoint needs it."""
    full = tile_width(sizes[-1], number, level) == TILE_WIDTH
    return [TILE_WIDTH] if full else partial_widths(sizes, number, level)


def _write_bundle(
    files: Files, view: View, number: int, sizes: list[int], signed: _Signed
) -> None:
    """Write 256 entries or fewer, their signatures and their leaf hashes."""
    start = number * TILE_WIDTH
    end = start + tile_width(sizes[-1], number)
    joined = view.leaf_hashes(start, end)
    hashes = [joined[at : at + HASH_SIZE] for at in range(0, len(joined), HASH_SIZE)]
    entries, signatures = [], []
    for index, (entry, signature) in enumerate(view.entries(start, end), start):
        if leaf_hash(entry) != hashes[index - start] or len(signature) != SIGNATURE_SIZE:
            raise LedgerDamagedError(f"entry {index} does not fit the tree, or is not signed")
        signed.check(index, hashes[index - start], signature)
        entries.append(entry)
        signatures.append(signature)
    _check_above(view, 0, number, hashes)
    _write_tile(files, 0, number, hashes, sizes)
    for width in _widths(sizes, number):
        name = TileName(ENTRIES, number, width)
        files.create(name.path, encode_entries(entries[:width]))
        name = TileName(SIGNATURES, number, width)
        files.create(name.path, b"".join(signatures[:width]))


def _write_tile(
    files: Files, level: int, number: int, hashes: list[bytes], sizes: list[int]
) -> None:
    for width in _widths(sizes, number, level):
        name = TileName(tile_folder(level), number, width)
        files.create(name.path, b"".join(hashes[:width]))


def _check_above(view: View, level: int, number: int, hashes: list[bytes]) -> None:
    """Check a full tile against the stored hash above it, before it is there for good."""
    if len(hashes) < TILE_WIDTH:
        return
    if tree_root(hashes) != view.node((level + 1) * TILE_LEVELS, number):
        raise LedgerDamagedError(f"tile {number} of level {level} does not fit the tree")
