from __future__ import annotations

import errno
import os
import resource
from typing import TYPE_CHECKING, NoReturn

import pytest

from provenance.errors import (
    LedgerDamagedError,
    LedgerFullError,
    LedgerPoisonedError,
    StorageError,
)
from provenance.storage import durable
from provenance.storage.durable import (
    SyncedFile,
    is_full,
    make_directories,
    new_directory,
    write_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def failing(code: int) -> Callable[..., NoReturn]:
    def fail(*_: object) -> NoReturn:
        raise OSError(code, os.strerror(code))

    return fail


def test_write_file_replaces_whole_and_privately(tmp_path: Path) -> None:
    path = tmp_path / "anchor"
    (tmp_path / "anchor.new").write_bytes(b"left over from a crash, and longer than the next")
    write_file(path, b"one")
    write_file(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["anchor"]


@pytest.mark.parametrize(
    ("call", "code", "error"),
    [
        ("pwrite", errno.ENOSPC, LedgerFullError),
        ("pwrite", errno.EDQUOT, LedgerFullError),
        ("pwrite", errno.EFBIG, LedgerFullError),
        ("pwrite", errno.EIO, StorageError),
        ("fsync", errno.EIO, StorageError),
        ("open", errno.EROFS, StorageError),
    ],
)
def test_a_failed_write_file_leaves_the_old_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    code: int,
    error: type[StorageError],
) -> None:
    path = tmp_path / "anchor"
    write_file(path, b"old")
    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing(code))
        with pytest.raises(StorageError) as caught:
            write_file(path, b"new")
    assert type(caught.value) is error
    assert path.read_bytes() == b"old"


def test_a_directory_that_cannot_be_synced_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot sync"):
        durable.sync_directory(tmp_path / "missing")


def test_directories_that_were_missing_have_durable_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(durable, "sync_directory", synced.append)
    make_directories(tmp_path / "one" / "two")
    assert (tmp_path / "one" / "two").is_dir()
    assert synced == [tmp_path, tmp_path / "one"]
    make_directories(tmp_path / "one" / "two")
    assert len(synced) == 2
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot make"):
        make_directories(tmp_path / "file" / "below")


def test_new_directory_appears_whole(tmp_path: Path) -> None:
    with new_directory(tmp_path / "made") as temporary:
        (temporary / "file").write_bytes(b"content")
        assert not (tmp_path / "made").exists()
    assert (tmp_path / "made" / "file").read_bytes() == b"content"
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o700
    assert [file.name for file in tmp_path.iterdir()] == ["made"]


def fill_and_fail(path: Path) -> None:
    with new_directory(path) as temporary:
        (temporary / "file").touch()
        raise KeyboardInterrupt


def test_new_directory_leaves_nothing_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fill_and_fail(tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


def test_new_directory_is_made_over_nothing(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(StorageError, match="exists already"):
        fill_and_fail(tmp_path / "there")
    with pytest.raises(StorageError, match="cannot make"):
        fill_and_fail(tmp_path / "missing" / "made")
    assert [file.name for file in tmp_path.iterdir()] == ["there"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    return path


def test_a_synced_file_reads_and_writes_in_place(path: Path) -> None:
    file = SyncedFile(path)
    file.write(2, b"ab")
    file.sync()
    assert file.read(1, 4) == b"1ab4"
    assert file.read(8, 100) == b"89"
    assert file.facts().st_size == 10
    assert file.path == path
    file.close()
    file.close()
    assert path.read_bytes() == b"01ab456789"


def test_writes_and_reads_in_pieces_are_put_together(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pwrite, pread = os.pwrite, os.pread
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: pwrite(fd, data[:3], at))
    monkeypatch.setattr(os, "pread", lambda fd, size, at: pread(fd, min(size, 3), at))
    file = SyncedFile(path)
    file.write(1, b"abcdefg")
    assert file.read(0, 10) == b"0abcdefg89"
    file.close()


@pytest.mark.parametrize("call", ["pwrite", "fdatasync"])
def test_a_synced_file_that_failed_refuses_everything(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    file = SyncedFile(path)

    def write() -> None:
        file.write(0, b"x")
        file.sync()

    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing(errno.EIO))
        with pytest.raises(StorageError, match="Input/output"):
            write()
    for use in (file.facts, file.sync, write, lambda: file.read(0, 1)):
        with pytest.raises(LedgerPoisonedError):
            use()
    file.close()


def test_a_full_disk_while_writing_can_be_mended(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = SyncedFile(path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", failing(errno.ENOSPC))
        with pytest.raises(LedgerFullError):
            file.write(0, b"x")
    file.write(0, b"y")
    file.sync()
    assert file.read(0, 1) == b"y"
    file.close()


def test_a_full_disk_while_syncing_poisons(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = SyncedFile(path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", failing(errno.ENOSPC))
        with pytest.raises(LedgerFullError):
            file.sync()
    with pytest.raises(LedgerPoisonedError):
        file.sync()
    file.close()


def test_reading_errors_are_storage_errors(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = SyncedFile(path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", failing(errno.EIO))
        patch.setattr(os, "fstat", failing(errno.EIO))
        for use in (lambda: file.read(0, 1), file.facts):
            with pytest.raises(StorageError):
                use()
    file.close()


def test_a_synced_file_that_cannot_be_used(path: Path) -> None:
    with pytest.raises(LedgerDamagedError, match="missing"):
        SyncedFile(path.with_name("other"))
    with pytest.raises(StorageError, match="cannot open"):
        SyncedFile(path.parent)
    file = SyncedFile(path, readonly=True)
    with pytest.raises(StorageError, match="reading only"):
        file.write(0, b"x")
    file.close()
    with pytest.raises(StorageError, match="closed"):
        file.read(0, 1)


def test_lack_of_room_is_known_by_number_or_by_the_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_full(tmp_path, errno.ENOSPC)
    assert not is_full(tmp_path, errno.EIO)
    assert not is_full(tmp_path / "missing", errno.EIO)
    with monkeypatch.context() as patch:
        patch.setattr(resource, "getrlimit", lambda _: (8192, 8192))
        assert is_full(tmp_path, errno.EIO)
    monkeypatch.setattr(durable, "SPACE_MIN", 1 << 80)
    assert is_full(tmp_path, errno.EIO)
