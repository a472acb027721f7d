"""Writing so that it is still there after a power cut.

A write that returned is not on the disk, a rename that returned is not either. The forms
used here, and what each may leave behind:

- `write_file` replaces a small file whole: readers see the old bytes or the new ones.
- `new_directory` makes a directory and all that is in it appear at once.
- `make_directories` makes a path that what is durable below it can rely on.
- `SyncedFile` writes in place at given offsets; what was written counts after `sync`.

After a failed sync the kernel may forget that pages were dirty, and the next sync then
succeeds without them. A `SyncedFile` therefore refuses everything after a failure.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import secrets
import shutil
from typing import TYPE_CHECKING, Final

from provenance.errors import (
    LedgerDamagedError,
    LedgerFullError,
    LedgerPoisonedError,
    StorageError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FULL_CODES: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Error numbers that mean: no room (disk, quota, file size limit)."""
SPACE_MIN: Final = 1 << 20
"""Bytes. With less than this free, an I/O error is put down to the full disk."""
PRIVATE_MODE: Final = 0o600
PRIVATE_DIRECTORY_MODE: Final = 0o700


def write_file(path: Path, data: bytes) -> None:
    """Replace the file at ``path`` by ``data``, durably, mode 0600.

    ::

        openat(DIR, "NAME.new", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0600) = 3
        write(3, …)
        fsync(3)
        close(3)
        rename("NAME.new", "NAME")
        openat(DIR, O_RDONLY|O_DIRECTORY|O_CLOEXEC) = 3
        fsync(3)

    Two writers of one path must take turns. Raises `LedgerFullError` when there is no
    room (the old file is untouched then), `StorageError` for every other failure.
    """
    temporary = path.with_name(f"{path.name}.new")
    try:
        _write_new(temporary, data)
        # The bytes are on the disk before the name is: a crash here leaves the old file
        # and a leftover that the next call overwrites, never an empty or half file.
        temporary.rename(path)
    except OSError as error:
        raise storage_error(error, f"cannot write {path}") from error
    # The rename itself lasts only when the directory is synced; before that a crash may
    # still show the old file, so nobody may be told before this returns.
    sync_directory(path.parent)


@contextlib.contextmanager
def new_directory(path: Path) -> Iterator[Path]:
    """Make the directory at ``path``, mode 0700, whole or not at all.

    Gives the temporary directory to fill; what is put into it must be synced by whoever
    puts it there::

        mkdir("NAME.<random>.new", 0700)
        …                                     (the caller fills it)
        fsync("NAME.<random>.new")
        rename("NAME.<random>.new", "NAME")
        fsync(DIR)

    Raises `StorageError` when ``path`` exists or the disk refuses.
    """
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        if path.exists():
            raise StorageError(f"{path} exists already")
        temporary.mkdir(mode=PRIVATE_DIRECTORY_MODE)
        yield temporary
        sync_directory(temporary)
        # All that is in it is on the disk before it has its name: a crash here leaves a
        # directory that ends in ".new" and means nothing.
        temporary.rename(path)
        sync_directory(path.parent)
    except OSError as error:
        raise storage_error(error, f"cannot make {path}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def make_directories(path: Path) -> None:
    """Make a directory, and those above it that are missing; their names are durable.

    ::

        mkdir("DIR/A")    fsync("DIR")
        mkdir("DIR/A/B")  fsync("DIR/A")

    What is there is left as it is. Raises `LedgerFullError`, `StorageError`.
    """
    try:
        missing = [one for one in (path, *path.parents) if not one.exists()]
        for directory in reversed(missing):
            directory.mkdir(exist_ok=True)
            # From the top down: what is below a name that is lost is lost with it.
            sync_directory(directory.parent)
    except OSError as error:
        raise storage_error(error, f"cannot make {path}") from error


def _write_new(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    descriptor = os.open(path, flags, PRIVATE_MODE)
    try:
        write_all(descriptor, data, 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Make the names in the directory at ``path`` durable. Raises `StorageError`."""
    sync_path(path, os.O_DIRECTORY)


def sync_path(path: Path, flags: int = 0) -> None:
    """Sync the file at ``path``, whoever wrote it. Raises `StorageError`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise storage_error(error, f"cannot sync {path}") from error


def write_all(descriptor: int, data: bytes, offset: int) -> None:
    """Write all of ``data`` at ``offset``; the kernel may take it in pieces."""
    rest = memoryview(data)
    while rest:
        written = os.pwrite(descriptor, rest, offset)
        rest = rest[written:]
        offset += written


def storage_error(error: OSError, what: str) -> StorageError:
    """Return the error to raise for ``error``: `LedgerFullError` when there is no room."""
    kind = LedgerFullError if error.errno in FULL_CODES else StorageError
    return kind(f"{what}: {error.strerror}")


def is_full(path: Path, code: int = 0) -> bool:
    """Whether an I/O error with number ``code`` at ``path`` comes from a lack of room.

    A short write on a full disk reaches us as a bare input/output error, so the number
    alone does not tell; the file system, and the limit on file sizes, do.
    """
    if code in FULL_CODES:
        return True
    try:
        facts, size = os.statvfs(path), path.stat().st_size
    except OSError:
        return False
    room = facts.f_bavail * facts.f_frsize
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit != resource.RLIM_INFINITY:
        room = min(room, limit - size)
    return room < SPACE_MIN


class SyncedFile:
    """An open file that is written in place and synced on demand.

    ``readonly`` opens it for reading; ``each`` makes every write durable by itself
    (``O_DSYNC``). Raises `LedgerDamagedError` when the file is missing.
    """

    def __init__(self, path: Path, *, readonly: bool = False, each: bool = False) -> None:
        flags = os.O_RDONLY if readonly else os.O_RDWR
        self._path: Final = path
        self._failed = False
        try:
            opened = os.open(path, flags | os.O_CLOEXEC | (os.O_DSYNC if each else 0))
        except FileNotFoundError as error:
            raise LedgerDamagedError(f"{path} is missing") from error
        except OSError as error:
            raise storage_error(error, f"cannot open {path}") from error
        self._descriptor: int | None = opened
        self._readonly: Final = readonly
        self._each: Final = each

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._path

    def _usable(self) -> int:
        if self._failed:
            raise LedgerPoisonedError(f"an earlier write to {self._path} failed: open again")
        if self._descriptor is None:
            raise StorageError(f"{self._path} is closed")
        return self._descriptor

    def facts(self) -> os.stat_result:
        """Return the file's size, mode and owner. Raises `StorageError`."""
        try:
            return os.fstat(self._usable())
        except OSError as error:
            raise storage_error(error, f"cannot look at {self._path}") from error

    def read(self, offset: int, size: int) -> bytes:
        """Read up to ``size`` bytes at ``offset``; fewer only at the file's end."""
        descriptor = self._usable()
        parts = []
        try:
            while size and (part := os.pread(descriptor, size, offset)):
                parts.append(part)
                size -= len(part)
                offset += len(part)
        except OSError as error:
            raise storage_error(error, f"cannot read {self._path}") from error
        return b"".join(parts)

    def write(self, offset: int, data: bytes) -> None:
        """Write ``data`` at ``offset``, all of it; durable after `sync`.

        Raises `LedgerFullError` when there is no room; what was there before may be
        written over in part. Raises `StorageError` otherwise, and the file is then
        refused until it is opened again; so it is after any failure of a write that
        syncs.
        """
        descriptor = self._usable()
        if self._readonly:
            raise StorageError(f"{self._path} is open for reading only")
        try:
            write_all(descriptor, data, offset)
        except OSError as error:
            found = storage_error(error, f"cannot write {self._path}")
            self._failed = self._each or not isinstance(found, LedgerFullError)
            raise found from error

    def sync(self) -> None:
        """Make everything written durable (``fdatasync``).

        Raises `LedgerFullError` or `StorageError`; the file is then refused until it is
        opened again, because a second attempt would succeed without the lost pages.
        """
        descriptor = self._usable()
        try:
            os.fdatasync(descriptor)
        except OSError as error:
            self._failed = True
            raise storage_error(error, f"cannot sync {self._path}") from error

    def close(self) -> None:
        """Close the file. Closing twice does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
