"""The bytes that were handed in: read in pieces, more than once, and the same each time."""

from __future__ import annotations

import hashlib
import io
import os
import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from provenance.errors import FormatError, UnreadableError
from provenance.record.depositdigest import (
    FILE_SALT_SIZE,
    file_leaf,
    file_salts,
    passage_leaf,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CHUNK_SIZE: Final = 1 << 18
KEPT_SIZE_MAX: Final = 1 << 26
"""Bytes of a file that is kept when it was read once, and not read again."""


class Salts:
    """The salts that follow from a file salt: made as far as they are asked for."""

    def __init__(self, file_salt: bytes) -> None:
        """``file_salt``: 32 bytes, or `FormatError`."""
        self._file_salt: Final = file_salt
        self._count = 0
        self._salts = file_salts(file_salt, 0)

    def some(self, first: int, count: int) -> bytes:
        """Return the salts of ``count`` passages from number ``first`` on, joined.

        Number 0 is the salt of the file as a whole.
        """
        end = first + count
        if end > self._count + 1:
            # Twice as many at least, so that all of them cost no more than twice the last.
            self._count = max(end - 1, 2 * self._count)
            self._salts = file_salts(self._file_salt, self._count)
        return self._salts[FILE_SALT_SIZE * first : FILE_SALT_SIZE * end]


def leaves_of(salts: Salts, sha256: bytes, sources: Sequence[bytes]) -> list[bytes]:
    """Return the hashes of the leaves of a deposit, from leaf 0 on.

    ``sha256``: of the whole file. ``sources``: ``source k`` of every passage, in its order.
    """
    leaves = [file_leaf(salts.some(0, 1), sha256)]
    leaves += [
        passage_leaf(salts.some(number, 1), source) for number, source in enumerate(sources, 1)
    ]
    return leaves


class FileSource:
    """One deposited file: a path, bytes, or an open binary file that can seek.

    ``salt`` is the file salt, 32 bytes; it is drawn where none is given. Every complete
    reading is digested, and `sha256` refuses two readings that differ: somebody changed the
    file while it was being deposited. What is not too large is read once.
    """

    def __init__(
        self,
        flux: str | Path | bytes | IO[bytes],
        *,
        name: str | None = None,
        salt: bytes | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._flux: Final = _readable(flux)
        self.name: Final = name if name is not None else _name_of(self._flux)
        self.salt: Final = secrets.token_bytes(FILE_SALT_SIZE) if salt is None else salt
        self.salts: Final = Salts(self.salt)
        self.media_type: Final = "application/xml"
        self.size = 0
        self._digests: set[bytes] = set()
        self._progress: Final = progress
        self._kept: tuple[bytes, ...] = ()

    @contextmanager
    def _open(self) -> Iterator[IO[bytes]]:
        if isinstance(self._flux, Path):
            with self._flux.open("rb") as file:
                yield file
        elif isinstance(self._flux, bytes):
            yield io.BytesIO(self._flux)
        else:
            self._flux.seek(0)
            yield self._flux

    def chunks(self) -> Iterator[bytes]:
        """Read the file from its beginning. Raises `UnreadableError`."""
        if self._kept:
            yield from self._again()
            return
        digest = hashlib.sha256()
        read, kept = 0, list[bytes]()
        for chunk, total in self._pieces():
            digest.update(chunk)
            read += len(chunk)
            kept.append(chunk)
            if read > KEPT_SIZE_MAX:
                kept.clear()
            yield chunk
            if self._progress is not None:
                self._progress(read, total)
        self.size = read
        self._kept = tuple(kept)
        self._digests.add(digest.digest())

    def _pieces(self) -> Iterator[tuple[bytes, int]]:
        """Read the file piece by piece, with the size of all of it."""
        unreadable = f"cannot read {self.name}"
        try:
            with self._open() as file:
                total = file.seek(0, os.SEEK_END)
                file.seek(0)
                while chunk := file.read(CHUNK_SIZE):
                    if not isinstance(chunk, bytes):
                        raise UnreadableError(f"{unreadable}: it is open as text, not binary")
                    yield chunk, total
        except OSError as error:
            raise UnreadableError(f"{unreadable}: {error.strerror or error}") from error
        except ValueError as error:
            # A file that is closed, or a path with a character that none has.
            raise UnreadableError(f"{unreadable}: {error}") from error

    def _again(self) -> Iterator[bytes]:
        read = 0
        for chunk in self._kept:
            read += len(chunk)
            yield chunk
            if self._progress is not None:
                self._progress(read, self.size)

    def sha256(self) -> bytes:
        """Return SHA-256 of what was read, 32 bytes.

        Raises `UnreadableError` when two complete readings differ.
        """
        if len(self._digests) != 1:
            raise UnreadableError(f"{self.name} changed while it was read: deposit it again")
        return next(iter(self._digests))

    def residue(self, spans: list[tuple[int, int]]) -> bytes:
        """Return the file without the bytes of ``spans`` (ascending, apart from each other)."""
        kept = bytearray()
        remaining = iter(spans)
        start, end = next(remaining, (-1, -1))
        offset = 0
        for chunk in self.chunks():
            position, limit = offset, offset + len(chunk)
            while position < limit:
                if 0 <= start <= position < end:
                    position = min(end, limit)
                    if position == end:
                        start, end = next(remaining, (-1, -1))
                    continue
                stop = limit if start < 0 else min(start, limit)
                kept += chunk[position - offset : stop - offset]
                position = stop
            offset = limit
        return bytes(kept)


def _readable(flux: str | Path | bytes | IO[bytes]) -> Path | bytes | IO[bytes]:
    """Return what a file is read from; raises `FormatError` for what is none of these."""
    if isinstance(flux, str):
        return Path(flux)
    if isinstance(flux, Path | bytes) or (hasattr(flux, "read") and hasattr(flux, "seek")):
        return flux
    raise FormatError("a deposit is a path, bytes, or an open binary file")


def _name_of(flux: Path | bytes | IO[bytes]) -> str:
    if isinstance(flux, bytes):
        return "deposit.xml"
    name = flux.name if isinstance(flux, Path) else getattr(flux, "name", "deposit.xml")
    return Path(name).name if isinstance(name, str | Path) else "deposit.xml"
