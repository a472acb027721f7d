"""Tiles: a log as files that never change, for any web server to hand out.

Names of the files below a log's address, with the numbers of items that fill one::

    checkpoint                          the signed checkpoint, replaced
    tile/<L>/<N>[.p/<W>]         256    hashes of level 8L: of full subtrees of 256^L leaves
    tile/entries/<N>[.p/<W>]     256    entries, each behind its length (u16, big-endian)
    signatures/<N>[.p/<W>]       256    entry signatures of 64 bytes
    status/<N>                   256    status leaves of 64 bytes, replaced
    status/tile/<L>/<N>          256    hashes of level 8L of the status tree, L > 0, replaced
    changes/<N>                         who changed the entries of one ``status/<N>``, replaced
    keys                                where the log declares keys, replaced

N is written in groups of three digits, all but the last behind an ``x``: 1234067 is
``x001/x234/067``. A file that is not full yet and never changes has its width W in its
name, from 1 to 255; one that is replaced is just as long as the log's size demands. There
are no empty files. The first three are C2SP tlog-tiles, the others are laid out likewise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from provenance.encoding import TEXT_SIZE_MAX, parse_decimal
from provenance.errors import FormatError
from provenance.tlog.merkle import HASH_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    TileReader: TypeAlias = Callable[[str], bytes]
    """Gives the bytes of the file of that name, or raises a `ProvenanceError`."""

TILE_LEVELS: Final = 8
TILE_WIDTH: Final = 1 << TILE_LEVELS
"""Items of a full file."""
LEVEL_MAX: Final = 63
"""Of a tile (C2SP tlog-tiles), though no tree of 2^64 leaves reaches beyond 7."""
ENTRY_SIZE_MAX: Final = 65_535
"""Bytes of an entry in a bundle: what a u16 can say."""
ITEM_SIZE: Final = 64
"""Bytes of a signature, and of a status leaf."""
CHANGE_SIZE: Final = 17
"""Bytes of a row in a ``changes`` file: two indexes and the status bit."""

CHECKPOINT: Final = "checkpoint"
KEYS: Final = "keys"
ENTRIES: Final = "tile/entries"
SIGNATURES: Final = "signatures"
STATUS: Final = "status"
STATUS_TILE: Final = "status/tile"
CHANGES: Final = "changes"

_LENGTH_SIZE: Final = 2
_PATH: Final = re.compile(
    r"(tile/entries|tile/[0-9]{1,2}|signatures|status|status/tile/[0-9]{1,2}|changes)"
    r"/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?"
)
# The status leaves of a file are those of so many entries, each of which can be superseded,
# withdrawn and erased.
_CHANGES_MAX: Final = TILE_WIDTH * 2 * ITEM_SIZE * 3


class TileName(Struct, frozen=True):
    """The name of a numbered file: what it holds, its number, and how many items.

    ``width`` is 256 where the name does not tell it, as for all that is replaced.
    """

    folder: str
    number: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """The file's name below the log's address."""
        path = f"{self.folder}/{number_path(self.number)}"
        return path if self.width == TILE_WIDTH else f"{path}.p/{self.width}"

    @property
    def size_max(self) -> int:
        """Bytes that such a file has at most."""
        match self.folder:
            case "tile/entries":
                return self.width * (_LENGTH_SIZE + ENTRY_SIZE_MAX)
            case "signatures" | "status":
                return self.width * ITEM_SIZE
            case "changes":
                return _CHANGES_MAX * CHANGE_SIZE
            case _:
                return self.width * HASH_SIZE


def tile_folder(level: int) -> str:
    """Return the folder of the hash tiles of a level."""
    return f"tile/{level}"


def number_path(number: int) -> str:
    """Write a file's number in groups of three digits."""
    digits = str(number)
    digits = digits.zfill(len(digits) + -len(digits) % 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def parse_tile_name(path: str) -> TileName:
    """Parse a numbered file's name; raises `FormatError` for any other spelling."""
    match = _PATH.fullmatch(path) if path.isascii() else None
    if match is None:
        raise FormatError("malformed tile name")
    folder, groups, width = match.groups()
    digits = groups.replace("x", "").replace("/", "").lstrip("0") or "0"
    name = TileName(
        folder, parse_decimal(digits), TILE_WIDTH if width is None else parse_decimal(width)
    )
    level = folder.rpartition("/")[2]
    lowest = 1 if folder.startswith(STATUS_TILE) else 0
    replaced = folder.startswith((STATUS, CHANGES))
    if (
        name.path != path
        or name.width not in range(1, TILE_WIDTH + 1)
        or (replaced and width is not None)
        or (level.isdigit() and not lowest <= parse_decimal(level) <= LEVEL_MAX)
    ):
        raise FormatError("malformed tile name")
    return name


def file_size_max(path: str) -> int:
    """Return the bytes that a log's file of this name has at most; raises `FormatError`."""
    return TEXT_SIZE_MAX if path in {CHECKPOINT, KEYS} else parse_tile_name(path).size_max


def count_items(size: int, level: int = 0) -> int:
    """Return the hashes at tile level ``level`` of a tree of ``size`` leaves."""
    return size >> TILE_LEVELS * level


def tile_width(size: int, number: int, level: int = 0) -> int:
    """Return the items of file ``number`` for a log of ``size``: up to 256, or 0 for none."""
    return max(0, min(TILE_WIDTH, count_items(size, level) - number * TILE_WIDTH))


def count_levels(size: int) -> int:
    """Return the number of levels on which a tree of ``size`` leaves has tiles."""
    return -(-size.bit_length() // TILE_LEVELS)


def partial_widths(sizes: Iterable[int], number: int, level: int = 0) -> list[int]:
    """Return the widths, ascending, that file ``number`` has at the sizes while not full."""
    widths = {tile_width(size, number, level) for size in sizes}
    return sorted(widths - {0, TILE_WIDTH})


def encode_entries(entries: Iterable[bytes]) -> bytes:
    """Return an entry bundle; raises `FormatError` for an entry that is too long."""
    parts = []
    for entry in entries:
        if len(entry) > ENTRY_SIZE_MAX:
            raise FormatError(f"an entry of {len(entry)} bytes does not fit a bundle")
        parts += [len(entry).to_bytes(_LENGTH_SIZE, "big"), entry]
    return b"".join(parts)


def parse_entries(data: bytes, count: int) -> tuple[bytes, ...]:
    """Parse an entry bundle of just ``count`` entries; raises `FormatError`."""
    entries = tuple(_split(data))
    if len(entries) != count:
        raise FormatError(f"malformed entry bundle: {len(entries)} entries, expected {count}")
    return entries


def _split(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        start = at + _LENGTH_SIZE
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise FormatError("malformed entry bundle: cut off")
        yield data[start:at]
