r"""Sheets of the national register, as a log keeps them of one export.

A sheet is one JSON object, its members in this order, absent ones left out::

    {"code":"RNCP34762","title":"…","level":6,"kind":"by-right","from":"2020-07-10",
     "until":"2025-07-10","deliver_until":"2029-07-10","replaces":["RNCP1"],
     "replaced_by":["RNCP38000"]}

``code`` as published; ``title`` 1 to 1,000 characters that read as they are (``forms.py``);
``level`` 1 to 8; ``kind`` ``by-right`` or ``on-request``; days of the calendar; 1 to 100
codes, ascending. The sheets of an export ascend by code, one a code; the root in the
`Register` entry is the tree root over their bytes (RFC 6962 section 2.1). They are kept in
one file: u32 length || sheet, for each.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from provenance.encoding import decode_json, encode_json
from provenance.errors import FormatError
from provenance.record.forms import SEEN_TEXT, Date, check_date
from provenance.tlog.merkle import leaf_hash, tree_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SHEETS_MAX: Final = 131_072
"""Sheets of one export."""
SHEET_SIZE_MAX: Final = 65_535
"""Bytes of one sheet."""

_LENGTH_SIZE: Final = 4

Code = Annotated[str, Meta(pattern=r"^(RNCP|RS)[0-9]{1,6}\Z")]
Codes = Annotated[tuple[Code, ...], Meta(min_length=1, max_length=100)]


class Sheet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One sheet: what the register says of a code."""

    code: Code
    title: Annotated[str, Meta(pattern=rf"^{SEEN_TEXT % 1000}\Z")]
    level: Annotated[int, Meta(ge=1, le=8)] | None = None
    kind: Literal["by-right", "on-request"] | None = None
    from_: Date | None = msgspec.field(name="from", default=None)
    until: Date | None = None
    deliver_until: Date | None = None
    replaces: Codes | None = None
    replaced_by: Codes | None = None

    def __post_init__(self) -> None:
        """Refuse what is not a day of the calendar, and codes that do not ascend."""
        for day in (self.from_, self.until, self.deliver_until):
            if day is not None:
                check_date(day)
        for codes in (self.replaces or (), self.replaced_by or ()):
            if not all(a < b for a, b in pairwise(codes)):
                raise FormatError("malformed sheet: codes do not ascend")


def parse_sheet(data: bytes) -> Sheet:
    """Parse a sheet in its one spelling; raises `FormatError`."""
    if len(data) > SHEET_SIZE_MAX:
        raise FormatError(f"malformed sheet: more than {SHEET_SIZE_MAX} bytes")
    return decode_json(data, Sheet, "sheet")


def encode_sheet(sheet: Sheet) -> bytes:
    """Return the sheet's bytes; raises `FormatError` where `parse_sheet` would."""
    data = encode_json(sheet)
    parse_sheet(data)
    return data


def sheets_root(sheets: Iterable[bytes]) -> bytes:
    """Return the tree root over the bytes of sheets: 32 bytes."""
    return tree_root(map(leaf_hash, sheets))


def register_digest(rncp: bytes, rs: bytes) -> bytes:
    """Return the digest of an export: 32 bytes.

    ``rncp``, ``rs``: SHA-256 of the two XML files, unpacked; 32 zero bytes for one that was
    not loaded.
    """
    return hashlib.sha256(b"provenance/register/v1\n" + rncp + rs).digest()


def encode_sheet_file(sheets: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces of the file that holds sheets."""
    for sheet in sheets:
        yield len(sheet).to_bytes(_LENGTH_SIZE, "big") + sheet


def parse_sheet_file(data: bytes) -> Sequence[bytes]:
    """Return the sheets of a file, which must be well-formed and ascend by code.

    Raises `FormatError`.
    """
    sheets: list[bytes] = []
    start = 0
    while start < len(data):
        end = start + _LENGTH_SIZE
        length = int.from_bytes(data[start:end], "big")
        if not 0 < length <= len(data) - end or len(sheets) >= SHEETS_MAX:
            raise FormatError("malformed file of sheets")
        sheets.append(data[end : end + length])
        start = end + length
    codes = [parse_sheet(sheet).code for sheet in sheets]
    if not codes or not all(a < b for a, b in pairwise(codes)):
        raise FormatError("malformed file of sheets: none, or codes do not ascend")
    return sheets
