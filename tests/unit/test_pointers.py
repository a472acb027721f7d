"""Published files that say where to look."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from provenance.errors import FormatError
from provenance.record.changes import changes_of
from provenance.record.entry import ZERO_PREV, Certification, Erasure, Status, Withdrawal
from provenance.record.pointers import (
    encode_changes,
    encode_key_indexes,
    parse_changes,
    parse_key_indexes,
)

TIME = "2026-11-23T20:00:00.123456Z"
ROWS = [(5, 1, 9), (5, 2, 10), (7, 4, 11), (2**40, 2, 2**41)]


def test_changes_are_written_and_read() -> None:
    data = encode_changes(ROWS)
    assert data[:17].hex() == "0000000000000005" + "01" + "0000000000000009"
    assert len(data) == 17 * len(ROWS)
    assert parse_changes(data) == {5: {1: 9, 2: 10}, 7: {4: 11}, 2**40: {2: 2**41}}
    assert parse_changes(b"") == {}


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([(7, 1, 9), (5, 1, 9)], "do not ascend"),
        ([(5, 2, 9), (5, 1, 9)], "do not ascend"),
        ([(5, 1, 9), (5, 1, 10)], "do not ascend"),
        ([(5, 0, 9)], "no such change"),
        ([(5, 3, 9)], "no such change"),
        ([(5, 8, 9)], "no such change"),
        ([(5, 1, 5)], "no such change"),
        ([(5, 1, 4)], "no such change"),
    ],
)
def test_other_changes_are_malformed(rows: list[tuple[int, int, int]], what: str) -> None:
    with pytest.raises(FormatError, match=what):
        parse_changes(encode_changes(rows))


def test_changes_that_are_cut_off_are_malformed() -> None:
    with pytest.raises(FormatError, match="cut off"):
        parse_changes(encode_changes(ROWS)[:-1])


def test_key_indexes_are_written_and_read() -> None:
    assert encode_key_indexes([0, 1, 606]) == b"0\n1\n606\n"
    assert parse_key_indexes(b"0\n1\n606\n") == (0, 1, 606)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"0\n1",
        b"0\n",
        b"1\n2\n",
        b"0\n1\n1\n",
        b"0\n1\n9\n8\n",
        b"0\n1\n\n",
        b"0\n1\n+9\n",
        b"0\n1\n09\n",
        b"0\r\n1\r\n",
        b"0\n1\n\xff\n",
    ],
)
def test_other_key_indexes_are_malformed(data: bytes) -> None:
    with pytest.raises(FormatError, match="malformed"):
        parse_key_indexes(data)


def test_what_entries_do_to_others() -> None:
    common = {"index": 9, "time": TIME, "prev": ZERO_PREV}
    hidden = {**common, "commitment": ZERO_PREV}
    certification = Certification(**hidden, deposit=4, depositor="0ABCDEFG", registration=2)  # type: ignore[arg-type]
    newer = replace(certification, supersedes=5)
    assert changes_of(certification) == []
    assert changes_of(newer) == [(5, 1)]
    assert changes_of(Withdrawal(**hidden, withdraws=6)) == [(6, 2)]  # type: ignore[arg-type]
    assert changes_of(Erasure(**hidden, erases=(5, 6))) == [(5, 4), (6, 4)]  # type: ignore[arg-type]
    assert changes_of(Status(**common, size=9, root=ZERO_PREV)) == []  # type: ignore[arg-type]
