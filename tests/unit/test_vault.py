from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from provenance.errors import (
    ErasedError,
    LedgerDamagedError,
    LedgerPoisonedError,
    StorageError,
    UnknownEntryError,
)
from provenance.storage import Head, Vault

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = bytes(range(32))


def seed(index: int) -> bytes:
    return hashlib.sha256(b"seed %d" % index).digest()


def seeds(start: int, end: int) -> bytes:
    return b"".join(map(seed, range(start, end)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "vault"
    Vault.create(path, SECRET)
    return path


@pytest.fixture
def vault(path: Path) -> Iterator[Vault]:
    vault = Vault.open(path)
    yield vault
    vault.close()


def test_a_new_vault_is_empty_and_private(vault: Vault, path: Path) -> None:
    assert (vault.secret, vault.size, vault.erasure_applied) == (SECRET, 0, 0)
    assert path.stat().st_mode & 0o777 == 0o700
    assert sorted(file.name for file in path.iterdir()) == ["secret", "seeds"]
    assert {file.stat().st_mode & 0o777 for file in path.iterdir()} == {0o600}
    checksum = hashlib.sha256(b"provenance/vault-secret/v1\n" + SECRET).digest()
    assert (path / "secret").read_bytes() == SECRET + checksum


def slot(sequence: int, applied: int, head: Head) -> bytes:
    numbers = b"".join(number.to_bytes(8, "big") for number in (sequence, applied, head.size))
    facts = b"provenance-vault" + numbers + head.leaf_hash
    return facts + hashlib.sha256(facts).digest() + bytes(24)


def test_the_file_is_as_documented(vault: Vault, path: Path) -> None:
    head = Head(3, hashlib.sha256(b"leaf").digest())
    assert (path / "seeds").read_bytes() == slot(0, 0, Head(0, bytes(32))) + bytes(128)
    vault.write(0, seeds(0, 3))
    vault.set_erasure_applied(0x0102)
    vault.confirm(head)
    expected = slot(2, 0x0102, head) + slot(1, 0x0102, Head(0, bytes(32))) + seeds(0, 3)
    assert (path / "seeds").read_bytes() == expected
    assert (vault.erasure_applied, vault.header.head) == (0x0102, head)


@pytest.mark.parametrize("torn", [0, 1, 20, 60, 100])
def test_a_torn_header_leaves_the_one_before(vault: Vault, path: Path, torn: int) -> None:
    vault.set_erasure_applied(7)
    assert vault.damaged_slots() == 0
    vault.set_erasure_applied(9)
    data = bytearray((path / "seeds").read_bytes())
    data[torn:128] = bytes(128 - torn)
    (path / "seeds").write_bytes(data)
    assert vault.damaged_slots() == 1
    again = Vault.open(path)
    assert again.erasure_applied == 7
    again.set_erasure_applied(10)
    assert (again.erasure_applied, again.damaged_slots()) == (10, 0)
    again.close()


def test_every_rotten_bit_of_the_secret_is_noticed(path: Path) -> None:
    """Under another key nobody is found, and what is recorded already is recorded again."""
    good = (path / "secret").read_bytes()
    for bit in range(8 * len(good)):
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        (path / "secret").write_bytes(data)
        with pytest.raises(LedgerDamagedError, match="damaged"):
            Vault.open(path)
    (path / "secret").write_bytes(good)
    Vault.open(path).close()


def test_seeds_are_read_back(vault: Vault) -> None:
    vault.write(0, seeds(0, 5))
    vault.write(5, seeds(5, 6))
    vault.write(6, b"")
    assert vault.size == 6
    assert [vault.read(index) for index in range(6)] == [seed(index) for index in range(6)]
    assert vault.read_many(1, 4) == seeds(1, 5)
    assert vault.read_many(6, 0) == b""
    for index in (-1, 6):
        with pytest.raises(UnknownEntryError):
            vault.read(index)
    with pytest.raises(UnknownEntryError):
        vault.read_many(5, 2)
    with pytest.raises(UnknownEntryError):
        vault.read_many(0, -1)


def test_leftovers_of_a_crash_are_written_over(vault: Vault) -> None:
    vault.write(0, seeds(0, 5))
    vault.write(2, seeds(10, 12))
    assert vault.size == 5
    assert vault.read_many(0, 5) == seeds(0, 2) + seeds(10, 12) + seed(4)


def test_a_gap_is_never_written(vault: Vault) -> None:
    vault.write(0, seeds(0, 2))
    for start in (-1, 3):
        with pytest.raises(LedgerDamagedError, match="lost seeds"):
            vault.write(start, seed(9))
    assert vault.size == 2


def test_a_torn_last_seed_does_not_count(vault: Vault, path: Path) -> None:
    vault.write(0, seeds(0, 2))
    os.truncate(path / "seeds", 256 + 32 + 31)
    assert vault.size == 1
    vault.write(1, seed(7))
    assert vault.read(1) == seed(7)


def test_erased_seeds_are_gone(vault: Vault, path: Path) -> None:
    vault.write(0, seeds(0, 5))
    vault.erase([3, 1, 3])
    vault.erase([])
    for index in (1, 3):
        with pytest.raises(ErasedError):
            vault.read(index)
        assert seed(index) not in (path / "seeds").read_bytes()
    assert vault.read_many(0, 5) == seed(0) + bytes(32) + seed(2) + bytes(32) + seed(4)


def test_an_erasure_beyond_the_vault_changes_nothing(vault: Vault) -> None:
    vault.write(0, seeds(0, 2))
    for indexes in ([0, 2], [-1, 0]):
        with pytest.raises(UnknownEntryError):
            vault.erase(indexes)
    assert vault.read_many(0, 2) == seeds(0, 2)


def test_the_erasure_applied_outlives_closing(vault: Vault, path: Path) -> None:
    vault.set_erasure_applied(1 << 40)
    again = Vault.open(path, readonly=True)
    assert again.erasure_applied == 1 << 40
    again.close()


def test_whole_seeds_only(vault: Vault) -> None:
    with pytest.raises(StorageError, match="32 bytes"):
        vault.write(0, bytes(33))
    assert vault.size == 0


def test_the_secret_has_32_bytes(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="32 bytes"):
        Vault.create(tmp_path / "vault", b"short")
    assert list(tmp_path.iterdir()) == []


def test_a_vault_is_made_over_nothing(path: Path) -> None:
    with pytest.raises(StorageError, match="exists already"):
        Vault.create(path, bytes(32))
    assert (path / "secret").read_bytes().startswith(SECRET)


@pytest.mark.parametrize("name", [".", "secret", "seeds"])
@pytest.mark.parametrize("bits", [0o040, 0o004, 0o020, 0o001])
def test_what_others_may_touch_is_refused(path: Path, name: str, bits: int) -> None:
    file = path / name
    file.chmod(file.stat().st_mode | bits)
    with pytest.raises(StorageError, match="open to others"):
        Vault.open(path)


@pytest.mark.parametrize("name", [".", "secret", "seeds"])
def test_a_missing_file_is_damage(path: Path, name: str) -> None:
    (path / name).rename(path.parent / "elsewhere")
    with pytest.raises(LedgerDamagedError, match="missing"):
        Vault.open(path)


def test_a_secret_of_another_length_is_damage(path: Path) -> None:
    good = (path / "secret").read_bytes()
    for data in (b"", SECRET, good[:-1], good + b"x"):
        (path / "secret").write_bytes(data)
        with pytest.raises(LedgerDamagedError, match="damaged"):
            Vault.open(path)


@pytest.mark.parametrize("at", [0, 15, 16, 23, 24, 31, 32, 63, 71, 72, 103, 104, 127])
def test_a_damaged_header_is_refused(path: Path, at: int) -> None:
    data = bytearray((path / "seeds").read_bytes())
    data[at] ^= 1
    (path / "seeds").write_bytes(data)
    with pytest.raises(LedgerDamagedError, match="header"):
        Vault.open(path)


def test_a_header_cut_off_is_refused(path: Path) -> None:
    os.truncate(path / "seeds", 127)
    with pytest.raises(LedgerDamagedError, match="header"):
        Vault.open(path)


def test_a_readonly_vault_is_not_written(path: Path) -> None:
    vault = Vault.open(path, readonly=True)
    with pytest.raises(StorageError, match="reading only"):
        vault.write(0, seed(0))
    with pytest.raises(StorageError, match="reading only"):
        vault.set_erasure_applied(1)
    vault.close()


def test_after_a_failed_sync_the_vault_refuses(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> NoReturn:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", fail)
        with pytest.raises(StorageError):
            vault.write(0, seed(0))
    with pytest.raises(LedgerPoisonedError):
        vault.write(0, seed(0))


@pytest.mark.parametrize("call", ["stat", "read_bytes"])
def test_reading_errors_are_storage_errors(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(_: Path) -> NoReturn:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, call, fail)
    with pytest.raises(StorageError, match="Input/output"):
        Vault.open(path)
