"""A directory of published files: readable by all, most of them never changed again.

Files are written many at a time, since each sync waits for the disk::

    openat(DIR, "NAME.new", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0644) = 3
    write(3, …)                                     … all of a batch, then
    fsync(3)  close(3)                              … each of them, eight at a time
    rename("NAME.new", "NAME")                      … each of them
    fsync(DIR)                                      … each directory, from the deepest up

A name is given only to bytes that are on the disk, so a crash leaves whole files and
leftovers that end in ``.new``, which the next run writes over.
"""

from __future__ import annotations

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from provenance.errors import ConsistencyError, LedgerBusyError
from provenance.storage.durable import (
    make_directories,
    storage_error,
    sync_directory,
    write_all,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BATCH_FILES_MAX: Final = 256
BATCH_SIZE_MAX: Final = 32 * 1024 * 1024
"""Bytes."""
SYNCS: Final = 8
"""Files that are synced at the same time."""
PUBLIC_MODE: Final = 0o644


class PublishedFiles:
    """Writes below ``root``; what was written is there for good after `flush`.

    Every method raises `StorageError` when the disk refuses, `LedgerFullError` when it is
    full. Counts ``files`` and ``size`` (bytes) of what it wrote.
    """

    def __init__(self, root: Path) -> None:
        self.root: Final = root
        self.files = 0
        self.size = 0
        self._batch: Final[list[tuple[Path, int]]] = []
        self._batch_size = 0
        self._touched: Final[set[Path]] = set()

    def read(self, name: str) -> bytes | None:
        """Return a file's bytes, or None where there is none."""
        return _read(self.root / name)

    def create(self, name: str, data: bytes) -> None:
        """Write a file that never changes: one with other bytes raises `ConsistencyError`."""
        found = self.read(name)
        if found is None:
            self._write(name, data)
        elif found != data:
            raise ConsistencyError(
                f"{self.root / name} was published with other bytes: compare all with "
                "--check; what is damaged may be removed, and is then written anew"
            )
        else:
            self._keep(name)

    def replace(self, name: str, data: bytes) -> None:
        """Write a file in place of an older one, unless that has the same bytes."""
        if self.read(name) != data:
            self._write(name, data)
        else:
            self._keep(name)

    def _keep(self, name: str) -> None:
        """Leave a file as it is; its name at least is synced.

        Bytes are on the disk before they get a name, but whoever wrote the file may have died
        before the name was there for good.
        """
        path = self.root / name
        while path != self.root:
            path = path.parent
            self._touched.add(path)

    def flush(self) -> None:
        """Sync what was written, and give it its names."""
        try:
            self._sync()
        except OSError as error:
            raise storage_error(error, f"cannot write below {self.root}") from error
        # The deepest first: a directory is worth nothing whose own name is lost, but a name
        # that is there must not lead to a directory without its files.
        for directory in sorted(self._touched, key=lambda path: -len(path.parts)):
            sync_directory(directory)
        self._touched.clear()

    def _sync(self) -> None:
        # Side by side, since a journal makes many syncs that wait into one.
        with ThreadPoolExecutor(SYNCS) as pool:
            for _ in pool.map(os.fsync, [descriptor for _, descriptor in self._batch]):
                pass
        while self._batch:
            path, descriptor = self._batch.pop()
            os.close(descriptor)
            path.with_name(f"{path.name}.new").rename(path)
        self._batch_size = 0

    def _write(self, name: str, data: bytes) -> None:
        path = self.root / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
            descriptor = os.open(path.with_name(f"{path.name}.new"), flags, PUBLIC_MODE)
            self._batch.append((path, descriptor))
            write_all(descriptor, data, 0)
        except OSError as error:
            raise storage_error(error, f"cannot write {path}") from error
        self._keep(name)
        self.files += 1
        self.size += len(data)
        self._batch_size += len(data)
        if len(self._batch) >= BATCH_FILES_MAX or self._batch_size >= BATCH_SIZE_MAX:
            self.flush()

    def close(self) -> None:
        """Give up what was not flushed."""
        for _, descriptor in self._batch:
            os.close(descriptor)
        self._batch.clear()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_error(error, f"cannot read {path}") from error


@contextmanager
def published_files(root: Path) -> Iterator[PublishedFiles]:
    """Open a directory to publish in; it is made where it is missing.

    Raises `LedgerBusyError` when another process publishes there, `StorageError`.
    """
    make_directories(root)
    files = PublishedFiles(root)
    with _locked(root, fcntl.LOCK_EX):
        try:
            yield files
        finally:
            files.close()


class ComparedFiles:
    """Holds what is published below ``root`` against what should be, and writes nothing.

    Takes the place of `PublishedFiles`. ``faults``: file names in the order in which they
    were found, each with ``missing`` or ``differs``; ``names``: what was asked for.
    """

    def __init__(self, root: Path) -> None:
        self.root: Final = root
        self.faults: Final[dict[str, str]] = {}
        self.names: Final[set[str]] = set()

    def read(self, name: str) -> bytes | None:
        """Return a file's bytes, or None where there is none; raises `StorageError`."""
        return _read(self.root / name)

    def compare(self, name: str, data: bytes) -> None:
        """Compare one file; raises `StorageError` when it cannot be read."""
        self.names.add(name)
        found = self.read(name)
        if found is None:
            self.faults[name] = "missing"
        elif found != data:
            self.faults[name] = "differs"

    create = replace = compare

    def others(self) -> Iterator[str]:
        """Yield, in order, the names of files that nobody has asked for."""
        for path in sorted(self.root.rglob("*")):
            name = str(path.relative_to(self.root))
            if name not in self.names and path.is_file():
                yield name


@contextmanager
def compared_files(root: Path) -> Iterator[ComparedFiles]:
    """Open a directory to compare what is published there.

    Raises `LedgerBusyError` when another process publishes there, `StorageError`.
    """
    with _locked(root, fcntl.LOCK_SH):
        yield ComparedFiles(root)


@contextmanager
def _locked(root: Path, how: int) -> Iterator[None]:
    """Lock a directory; the kernel releases it when the process dies, however it dies."""
    try:
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise storage_error(error, f"cannot open {root}") from error
    try:
        _lock(descriptor, root, how)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, root: Path, how: int) -> None:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise LedgerBusyError(f"{root} is being written by another export") from error
    except OSError as error:
        raise storage_error(error, f"cannot lock {root}") from error
