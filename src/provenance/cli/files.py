"""Reading what is handed in, and writing what is handed out: whole, or not at all."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from provenance.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STANDARD_STREAM: Final = "-"


def read_file(path: str, *, size_max: int) -> bytes:
    """Read a file of at most ``size_max`` bytes; ``-`` is standard input.

    Raises `UnreadableError` when it cannot be read, or is larger.
    """
    try:
        if path == STANDARD_STREAM:
            data = sys.stdin.buffer.read(size_max + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(size_max + 1)
    except OSError as error:
        raise UnreadableError(f"cannot read {path}: {error.strerror}") from error
    if len(data) > size_max:
        raise UnreadableError(f"cannot read {path}: it has more than {size_max} bytes")
    return data


def read_text(path: str, *, size_max: int) -> str:
    """Read a file as UTF-8; raises `UnreadableError` as `read_file`, and where it is not."""
    try:
        return read_file(path, size_max=size_max).decode()
    except UnicodeDecodeError:
        raise UnreadableError(f"cannot read {path}: it is not UTF-8") from None


def write_file(path: str, pieces: Iterable[bytes], *, secret: bool = False) -> int:
    """Write a file, in place of an older one; ``-`` is standard output. Return its size.

    It appears under its name when it is complete, so a failure leaves none, or the older
    one. A ``secret`` one is nobody else's to read from the first byte on (mode 0600), also
    where an older one was open to others. Raises `OSError`.
    """
    size = 0
    with _target(path, secret=secret) as file:
        for piece in pieces:
            size += file.write(piece)
    return size


@contextmanager
def _target(path: str, *, secret: bool) -> Iterator[IO[bytes]]:
    if path == STANDARD_STREAM:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif _is_special(Path(path)):
        with Path(path).open("wb") as file:
            yield file
    else:
        with _replacing(Path(path).resolve(), secret=secret) as file:
            yield file


def _is_special(path: Path) -> bool:
    """Tell whether something is there that cannot be replaced, as a pipe or ``/dev/null``."""
    return path.exists() and not path.is_file()


@contextmanager
def _replacing(path: Path, *, secret: bool) -> Iterator[IO[bytes]]:
    import tempfile  # noqa: PLC0415 - verifying writes no file, and starts the sooner

    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            yield file
        # Until here nobody else can read it: a temporary file has the mode 0600.
        if not secret:
            Path(temporary).chmod(_mode_for(path))
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def create_file(path: Path, content: bytes) -> None:
    """Create a file that is not there yet, and follow no link; raises `OSError`."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, 0o644), "wb") as file:  # noqa: PTH123 - a descriptor
        file.write(content)


def _mode_for(path: Path) -> int:
    """Return the mode of the file that is replaced, or of a new one."""
    with suppress(OSError):
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
