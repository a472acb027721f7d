"""Sheets of the register: one spelling, the forms of the members, the file that holds them."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import pytest

from naive_merkle import root_of
from provenance.errors import FormatError
from provenance.record.sheets import (
    SHEET_SIZE_MAX,
    Sheet,
    encode_sheet,
    encode_sheet_file,
    parse_sheet,
    parse_sheet_file,
    register_digest,
    sheets_root,
)
from record_samples import spell, unspell

FULL: Final = Sheet(
    code="RNCP34762",
    title="Conceptrice d’exemples",
    level=6,
    kind="by-right",
    from_="2020-07-10",
    until="2025-07-10",
    deliver_until="2029-07-10",
    replaces=("RNCP1", "RNCP2"),
    replaced_by=("RNCP38000",),
)
SMALL: Final = Sheet(code="RS1", title="x")


@pytest.mark.parametrize("sheet", [FULL, SMALL], ids=["full", "small"])
def test_a_sheet_has_one_spelling(sheet: Sheet) -> None:
    data = encode_sheet(sheet)
    assert parse_sheet(data) == sheet
    assert spell(unspell(data)) == data
    assert data.startswith(b'{"code"')
    for bad in (data + b"\n", b" " + data, data.replace(b":", b": ", 1), data[:-1], b"", b"[]"):
        with pytest.raises(FormatError, match="malformed sheet"):
            parse_sheet(bad)


def test_members_stand_in_the_documented_order() -> None:
    members = unspell(encode_sheet(FULL))
    assert [*members] == [
        *("code", "title", "level", "kind", "from", "until", "deliver_until"),
        *("replaces", "replaced_by"),
    ]
    with pytest.raises(FormatError):
        parse_sheet(spell(dict(reversed(members.items()))))
    assert [*unspell(encode_sheet(SMALL))] == ["code", "title"]


BAD: Final[dict[str, tuple[Any, ...]]] = {
    "code": ("", "RNCP", "RNCP1234567", "rncp1", "RS 1", "RS1\n", "XX1", 1, None),
    "title": ("", "x" * 1001, " x", "x ", "x  y", "x\ny", "x\u200by", "x\u202ey", 1, None),
    "level": (0, 9, "6", 6.0, True, None),
    "kind": ("", "by right", "BY-RIGHT", None),
    "from": ("", "2020-02-30", "20200101", "10/07/2020", None),
    "until": ("2020-1-1", None),
    "deliver_until": ("2020-13-01", None),
    "replaces": ([], ["RNCP1", "RNCP1"], ["RNCP2", "RNCP1"], ["x"], "RNCP1", None),
    "replaced_by": ([], [f"RNCP{n}" for n in range(100_000, 100_101)], None),
    "certifiers": ([],),
}


@pytest.mark.parametrize("member", BAD)
def test_forms_of_members(member: str) -> None:
    members = unspell(encode_sheet(FULL))
    for value in BAD[member]:
        with pytest.raises(FormatError, match="malformed sheet"):
            parse_sheet(spell(members | {member: value}))
    for needed in ("code", "title"):
        with pytest.raises(FormatError):
            parse_sheet(spell({name: v for name, v in members.items() if name != needed}))


def test_limits() -> None:
    members = unspell(encode_sheet(FULL))
    longest = members | {"title": "é" * 1000, "replaces": [f"RS{n}" for n in range(100, 200)]}
    assert parse_sheet(spell(longest)).title == "é" * 1000
    with pytest.raises(FormatError, match="more than"):
        parse_sheet(b" " * (SHEET_SIZE_MAX + 1))


SHEETS: Final = tuple(
    encode_sheet(Sheet(code=code, title="x")) for code in ("RNCP1", "RNCP2", "RS1")
)


def test_root_and_digest_are_those_of_the_text() -> None:
    assert sheets_root(SHEETS) == root_of(
        [hashlib.sha256(b"\0" + sheet).digest() for sheet in SHEETS]
    )
    rncp, rs = hashlib.sha256(b"<FICHES/>").digest(), bytes(32)
    expected = hashlib.sha256(b"provenance/register/v1\n" + rncp + rs).digest()
    assert register_digest(rncp, rs) == expected
    assert register_digest(rs, rncp) != expected


def test_the_file_of_sheets() -> None:
    data = b"".join(encode_sheet_file(SHEETS))
    assert data.startswith(len(SHEETS[0]).to_bytes(4, "big") + SHEETS[0])
    assert tuple(parse_sheet_file(data)) == SHEETS
    swapped = b"".join(encode_sheet_file(SHEETS[::-1]))
    twice = b"".join(encode_sheet_file(SHEETS[:1] * 2))
    malformed = b"".join(encode_sheet_file([b"{}"]))
    for bad in (b"", data[:-1], data + b"\0", bytes(4), swapped, twice, malformed):
        with pytest.raises(FormatError):
            parse_sheet_file(bad)
