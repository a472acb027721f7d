"""What must hold of a ledger after any fault, in a process that opens it as after a restart.

I1 what was acknowledged is there. I2 no partial deposit, no gap. I3 everything derives again
from what is stored. I4 the log is no smaller than a checkpoint that was seen outside. I5 of
one size one root was signed. I7 the ledger records, publishes and proves again. I8 the pages
of the database hold together. I10 no seed without its entry, no entry without its seed.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fault.operations import KEYS, LEDGER, TILES, Line, read_lines
from ledgers import DEPOSITOR, create, records, register, today_spec, verify
from provenance.audit import audit
from provenance.encoding import encode_base64
from provenance.errors import ErasedError, LedgerDamagedError
from provenance.ledger import Ledger
from provenance.ledger.files import read_anchor
from provenance.record.entry import Certification, Deposit, Withdrawal, parse_entry
from provenance.storage import HeadRegister, verify_database
from provenance.storage.vault import HEADER_SIZE, SEED_SIZE
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.merkle import HASH_SIZE
from provenance.tlog.note import split_note
from provenance.tlog.tiles import (
    ENTRIES,
    SIGNATURES,
    TILE_LEVELS,
    TILE_WIDTH,
    TileName,
    count_items,
    count_levels,
    encode_entries,
    tile_folder,
    tile_width,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.storage import View

LOST: Final = "--lost-seeds"
BODIES: Final = 2
"""Registered in every ledger here, unless its making was cut off."""


class Promises:
    """What the outside was told, and may rely on."""

    def __init__(self, lines: list[Line]) -> None:
        self.created: Final = any("created" in line or "entries" in line for line in lines)
        self.entries: Final = {
            int(index): entry
            for line in lines
            for index, entry in line.get("entries", {}).items()
        }
        self.made: Final = {
            index: line["type"] for line in lines for index in line.get("made", ())
        }
        self.gone: Final = {index for line in lines for index in line.get("gone", ())}
        self.notes: Final[list[str]] = [line["note"] for line in lines if "note" in line]
        self.signed: Final[list[tuple[int, str]]] = [
            tuple(line["signed"]) for line in lines if "signed" in line
        ]
        self.repaired: Final = any("repaired" in line for line in lines)
        self.tiles: Final = max((line["tiles"] for line in lines if "tiles" in line), default=0)

    @property
    def size(self) -> int:
        """How many entries there are at least."""
        return max((*self.entries, *self.made), default=-1) + 1


def check(root: Path, said: Path, *, repairs: bool = False) -> None:
    """Check everything below ``root``; raise what comes out, if anything does."""
    path, tiles = root / LEDGER, root / TILES
    promises = Promises(read_lines(said))
    if not path.exists():
        assert not promises.created, "a ledger that was made is gone"
        # What was left over is in nobody's way.
        create(path).close()
        return
    check_closed(path, promises)
    if repairs:
        repair(path, promises)
    with open_ledger(path) as ledger:
        check_open(ledger, promises)
        check_tiles(ledger, tiles, promises)
    check_audit(path, since=promises.notes[-1] if promises.notes else None)
    go_on(path, tiles)
    check_audit(path)


def open_ledger(path: Path, *, with_lost_seeds: bool = False) -> Ledger:
    """Open a ledger for writing; its keys may be elsewhere."""
    apart = path.parents[LEDGER.count("/")] / KEYS
    return Ledger.open(
        path, keys=apart if apart.exists() else None, with_lost_seeds=with_lost_seeds
    )


def check_closed(path: Path, promises: Promises) -> None:
    """Check what must be there before anything is opened, and so mended."""
    assert verify_database(path / "log") == (), "I8: pages of the database are damaged"
    head = HeadRegister.open(path / "head", readonly=True)
    assert head.read().size >= promises.size, "I4: the head register is behind what was told"
    head.close()
    for note in promises.notes[-1:]:
        anchor = read_anchor(path / "anchor")
        published = parse_checkpoint(split_note(note.encode())[0])
        assert anchor is not None, "I4: no anchor, and a checkpoint was seen outside"
        assert anchor.size >= published.size, "I4: the anchor is older than what was seen"
    seeds = (path / "vault" / "seeds").read_bytes()[HEADER_SIZE:]
    for index in promises.gone:
        seed = seeds[index * SEED_SIZE :][:SEED_SIZE]
        assert not any(seed), f"the seed of entry {index} is back"


def repair(path: Path, promises: Promises) -> None:
    """Give lost seeds up, unless that was done."""
    try:
        open_ledger(path).close()
    except LedgerDamagedError as error:
        if LOST not in str(error):
            raise
        is_lost = True
    else:
        is_lost = False
    if is_lost:
        assert not promises.repaired, "what was repaired must be repaired again"
        with open_ledger(path, with_lost_seeds=True) as ledger:
            assert ledger.repair_lost_seeds().erased


def check_open(ledger: Ledger, promises: Promises) -> None:
    size = ledger.size
    assert size >= promises.size, f"I1: {promises.size} entries were told, there are {size}"
    for index, entry in promises.entries.items():
        assert ledger.record(index)[0].decode() == entry, f"I1: entry {index} is another one"
    for index, kind in promises.made.items():
        assert type(ledger.entry(index)).__name__.lower() == kind, f"I1: entry {index}"
    for index in promises.entries.keys() - promises.gone:
        # The audit holds what was erased against the erasures in the log.
        with suppress(ErasedError):
            assert ledger.fields(index), "I10: it opens"
    check_deposits(ledger)
    with ledger._files.store.view() as view:
        check_signed(view, promises)
    vault = ledger._files.vault
    assert vault.size >= size, "I10: entries without seeds"
    assert not any(vault.read_many(size, vault.size - size)), "I10: seeds without entries"


def check_deposits(ledger: Ledger) -> None:
    entries = [parse_entry(entry) for entry in ledger.entries()]
    for entry in entries:
        if isinstance(entry, Deposit):
            own = entries[entry.index + 1 : entry.index + 1 + entry.recorded]
            assert len(own) == entry.recorded, f"I2: deposit {entry.index} is not whole"
            for one in own:
                assert isinstance(one, Certification | Withdrawal), f"I2: entry {one.index}"
                assert one.deposit == entry.index, f"I2: entry {one.index}"


def check_signed(view: View, promises: Promises) -> None:
    """Check that whatever was signed, told or not, is the root of the log as it is."""
    stored = [
        (checkpoint.size, encode_base64(checkpoint.root))
        for _, (_, note) in zip(range(1000), view.checkpoints(), strict=False)
        for checkpoint in [parse_checkpoint(split_note(note)[0])]
    ]
    for size, root in {*promises.signed, *stored}:
        assert size <= view.size, f"I4: a root over {size} entries was signed"
        assert encode_base64(view.root(size)) == root, f"I5: two roots at size {size}"


def check_audit(path: Path, since: str | None = None) -> None:
    """Check by an audit, once on top of what was seen outside, and once of everything."""
    report = audit(path, since=since)
    assert report.verdict == "yes", f"I3: {report.findings}"


def go_on(path: Path, tiles: Path) -> None:
    """I7: record, publish, prove, and publish tiles where there were any."""
    with open_ledger(path) as ledger:
        if len(ledger.depositors()) < BODIES:
            register(ledger)
        (accepted,) = ledger.append(
            records(today_spec(seed=99, passages=1)), depositor=DEPOSITOR
        ).accepted
        ledger.publish()
        verify(ledger, ledger.prove([accepted.index]))
        if tiles.exists():
            ledger.export_tiles(tiles)
            compare_tiles(ledger, tiles)


def compare_tiles(ledger: Ledger, tiles: Path) -> None:
    """Compare published tiles with those that an empty directory gets."""
    with tempfile.TemporaryDirectory(dir=tiles.parent) as fresh:
        ledger.export_tiles(fresh)
        for file in Path(fresh).rglob("*"):
            if file.is_file():
                name = file.relative_to(fresh)
                assert file.read_bytes() == (tiles / name).read_bytes(), f"tiles: {name}"


def check_tiles(ledger: Ledger, tiles: Path, promises: Promises) -> None:
    """Check that all is published that the published checkpoint vouches for."""
    note = tiles / "checkpoint"
    if not note.exists():
        assert not promises.tiles, "tiles: what was published is gone"
        return
    checkpoint = parse_checkpoint(split_note(note.read_bytes())[0])
    assert checkpoint.size >= promises.tiles, "tiles: they have gone back"
    with ledger._files.store.view() as view:
        assert view.root(checkpoint.size) == checkpoint.root, "I5: tiles of another tree"
        for name, expected in _needed(view, checkpoint.size):
            full = TileName(name.folder, name.number)
            found = [tiles / one.path for one in (name, full) if (tiles / one.path).exists()]
            assert found, f"tiles: {name.path} is missing"
            assert found[0].read_bytes().startswith(expected), f"tiles: {name.path}"


def _needed(view: View, size: int) -> Iterator[tuple[TileName, bytes]]:
    for number in range(-(-size // TILE_WIDTH)):
        start, width = number * TILE_WIDTH, tile_width(size, number)
        entries = list(view.entries(start, start + width))
        yield TileName(ENTRIES, number, width), encode_entries([one for one, _ in entries])
        yield TileName(SIGNATURES, number, width), b"".join(one for _, one in entries)
        leaves = view.leaf_hashes(start, start + width)
        assert len(leaves) == width * HASH_SIZE
        yield TileName(tile_folder(0), number, width), leaves
    for level in range(1, count_levels(size)):
        for number in range(-(-count_items(size, level) // TILE_WIDTH)):
            width = tile_width(size, number, level)
            nodes = range(number * TILE_WIDTH, number * TILE_WIDTH + width)
            hashes = b"".join(view.node(level * TILE_LEVELS, node) for node in nodes)
            yield TileName(tile_folder(level), number, width), hashes
