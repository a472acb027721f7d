from __future__ import annotations

import errno
import hashlib
import os
from typing import TYPE_CHECKING, NoReturn

import pytest

from provenance.errors import (
    LedgerDamagedError,
    LedgerFullError,
    LedgerPoisonedError,
    StorageError,
)
from provenance.storage import Head, HeadRegister
from provenance.storage.head import NEVER, Moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def head(size: int) -> Head:
    return Head(size, hashlib.sha256(str(size).encode()).digest())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "head"
    HeadRegister.create(path)
    return path


@pytest.fixture
def register(path: Path) -> Iterator[HeadRegister]:
    register = HeadRegister.open(path)
    yield register
    register.close()


def test_a_new_register_says_no_entries(register: HeadRegister) -> None:
    assert register.read() == Head(0, bytes(32))


def slot(sequence: int, head: Head, moment: Moment = NEVER) -> bytes:
    facts = b"provenance-head\n"
    facts += sequence.to_bytes(8, "big") + head.size.to_bytes(8, "big") + head.leaf_hash
    facts += moment.wall_us.to_bytes(8, "big") + moment.boot_id
    facts += moment.since_boot_us.to_bytes(8, "big")
    return facts + hashlib.sha256(facts).digest() + bytes(384)


def test_the_file_is_as_documented(register: HeadRegister, path: Path) -> None:
    assert path.read_bytes() == slot(0, Head(0, bytes(32))) + bytes(512)
    moment = Moment(1_800_000_000_000_000, bytes(range(16)), 77)
    register.write(head(5))
    register.write(head(6), moment)
    assert path.read_bytes() == slot(2, head(6), moment) + slot(1, head(5))
    assert path.stat().st_mode & 0o777 == 0o600


def test_clocks_are_kept_until_they_are_read_again(register: HeadRegister) -> None:
    assert register.moment() == NEVER
    moment = Moment(1_800_000_000_000_000, bytes(range(16)), 77)
    register.write(head(1), moment)
    register.write(head(2))
    assert (register.read(), register.moment()) == (head(2), moment)


def test_a_damaged_slot_is_counted_until_it_is_written_over(
    register: HeadRegister, path: Path
) -> None:
    assert register.damaged_slots() == 0
    register.write(head(1))
    register.write(head(2))
    for at in (0, 512):
        data = bytearray(path.read_bytes())
        data[at + 40] ^= 1
        path.write_bytes(data)
        assert register.damaged_slots() == 1
        register.write(head(3))
        register.write(head(3))
        assert register.damaged_slots() == 0


def test_slots_alternate_and_the_newest_counts(register: HeadRegister, path: Path) -> None:
    for size in range(1, 6):
        before = path.read_bytes()
        register.write(head(size))
        after = path.read_bytes()
        assert register.read() == head(size)
        changed = {at // 512 for at in range(1024) if before[at] != after[at]}
        assert changed == {size % 2}
        again = HeadRegister.open(path, readonly=True)
        assert again.read() == head(size)
        again.close()


@pytest.mark.parametrize("torn", [1, 16, 24, 40, 70, 95, 110, 127])
def test_a_torn_slot_leaves_the_other(register: HeadRegister, path: Path, torn: int) -> None:
    register.write(head(1))
    register.write(head(2))
    data = bytearray(path.read_bytes())
    data[torn:512] = bytes(512 - torn)
    path.write_bytes(data)
    assert register.read() == head(1)
    register.write(head(3))
    assert register.read() == head(3)


def test_every_changed_bit_is_noticed(register: HeadRegister, path: Path) -> None:
    register.write(head(1))
    good = path.read_bytes()
    for at in range(512, 1024):
        data = bytearray(good)
        data[at] ^= 0x10
        path.write_bytes(data)
        assert register.read() == Head(0, bytes(32))


def test_both_slots_torn_is_damage(register: HeadRegister, path: Path) -> None:
    path.write_bytes(bytes(1024))
    with pytest.raises(LedgerDamagedError, match="no valid slot"):
        register.read()
    with pytest.raises(LedgerDamagedError, match="no valid slot"):
        HeadRegister.open(path)


@pytest.mark.parametrize("size", [0, 512, 1023, 1025, 4096])
def test_another_length_is_damage(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes().ljust(4096, b"\0")[:size])
    with pytest.raises(LedgerDamagedError, match="1024 bytes"):
        HeadRegister.open(path)


def test_a_missing_register_is_damage(tmp_path: Path) -> None:
    with pytest.raises(LedgerDamagedError, match="missing"):
        HeadRegister.open(tmp_path / "head")


def test_the_register_never_goes_back(register: HeadRegister) -> None:
    register.write(head(3))
    with pytest.raises(StorageError, match="cannot go back"):
        register.write(head(2))
    assert register.read() == head(3)


def test_after_any_failed_write_the_register_refuses(
    register: HeadRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", fail)
        with pytest.raises(LedgerFullError):
            register.write(head(1))
    with pytest.raises(LedgerPoisonedError):
        register.write(head(1))
    with pytest.raises(LedgerPoisonedError):
        register.read()


def test_a_readonly_register_is_not_written(path: Path) -> None:
    register = HeadRegister.open(path, readonly=True)
    with pytest.raises(StorageError, match="reading only"):
        register.write(head(1))
    register.close()
