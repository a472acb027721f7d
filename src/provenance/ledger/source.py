"""The bytes that were handed in: read in pieces, more than once, and the same each time."""

from __future__ import annotations

import io
import os
import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from provenance.errors import UnreadableError
from provenance.record.message import FILE_SALT_SIZE, start_file_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK_SIZE: Final = 1 << 18
KEPT_SIZE_MAX: Final = 1 << 26
"""Bytes of a file that is kept when it was read once, and not read again."""


class FileSource:
    """One deposited file: a path, bytes, or an open binary file that can seek.

    Every complete reading is digested under the file salt, and `digest` refuses two
    readings that differ: somebody changed the file while it was being deposited. What is
    not too large is read once.
    """

    def __init__(
        self,
        flux: str | Path | bytes | IO[bytes],
        *,
        name: str | None = None,
        salt: bytes | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._flux: Final = Path(flux) if isinstance(flux, str) else flux
        self.name: Final = name if name is not None else _name_of(self._flux)
        self.salt: Final = secrets.token_bytes(FILE_SALT_SIZE) if salt is None else salt
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
        digest = start_file_digest(self.salt)
        read, kept = 0, list[bytes]()
        try:
            with self._open() as file:
                total = file.seek(0, os.SEEK_END)
                file.seek(0)
                while chunk := file.read(CHUNK_SIZE):
                    digest.update(chunk)
                    read += len(chunk)
                    kept.append(chunk)
                    if read > KEPT_SIZE_MAX:
                        kept.clear()
                    yield chunk
                    if self._progress is not None:
                        self._progress(read, total)
        except OSError as error:
            raise UnreadableError(f"cannot read {self.name}: {error.strerror}") from error
        self.size = read
        self._kept = tuple(kept)
        self._digests.add(digest.digest())

    def _again(self) -> Iterator[bytes]:
        read = 0
        for chunk in self._kept:
            read += len(chunk)
            yield chunk
            if self._progress is not None:
                self._progress(read, self.size)

    def digest(self) -> bytes:
        """Give the salted digest of what was read: SHA-256 over context, salt and bytes.

        Raises `UnreadableError` when two complete readings differ.
        """
        if len(self._digests) != 1:
            raise UnreadableError(f"{self.name} changed while it was read: deposit it again")
        return next(iter(self._digests))

    def residue(self, spans: list[tuple[int, int]]) -> bytes:
        """Give the file without the bytes of ``spans`` (ascending, apart from each other)."""
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


def _name_of(flux: Path | bytes | IO[bytes]) -> str:
    if isinstance(flux, bytes):
        return "deposit.xml"
    name = flux.name if isinstance(flux, Path) else getattr(flux, "name", "deposit.xml")
    return Path(name).name if isinstance(name, str | Path) else "deposit.xml"
