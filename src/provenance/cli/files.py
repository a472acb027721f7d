"""Reading what is handed in, and writing what is handed out: whole, or not at all.

Nothing is ever written into a ledger or among the operator's keys; and a file is replaced
by one of its own kind only (a proof by a proof), unless ``--force`` says otherwise.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from provenance.errors import PolicyError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STANDARD_STREAM: Final = "-"
HEAD_SIZE: Final = 4096
"""Bytes of a file by which its kind is told."""
SIGNED_NOTE: Final = "signed note"
KEY_FILES: Final = ("entry-*.pem", "entry-*.uri", "log-*.pem", "log-*.uri")
"""Names in a directory of a ledger's keys."""

_STARTS: Final = {
    b"%PDF-": "PDF file",
    b"\x89PNG": "PNG picture",
    b"-----BEGIN ": "key or certificate",
    b"PK\x03\x04": "ZIP archive",
    b"c2sp.org/tlog-proof": "proof of an entry",
    b"log ": "trust policy",
    b"[": "JSON list",
}
_JSON_FORMAT: Final = re.compile(rb'\s*\{.{0,200}?"format"\s*:\s*"([a-z-]+)/', re.DOTALL)
_JSON_FIRST: Final = re.compile(rb'\s*\{\s*"([^"\s]{1,40})"\s*:')
_XML_ROOT: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<\?.*?\?>|<!--.*?-->)*<!?(?:[A-Za-z_][\w.-]*:)?([A-Za-z][\w.-]*)",
    re.DOTALL,
)
_NOTE: Final = re.compile("\n\n\u2014 ".encode())


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


def write_file(
    path: str, pieces: Iterable[bytes], *, secret: bool = False, force: bool = False
) -> int:
    """Write a file, in place of an older one; ``-`` is standard output. Return its size.

    It appears under its name when it is complete, so a failure leaves none, or the older
    one. A ``secret`` one is nobody else's to read from the first byte on (mode 0600), also
    where an older one was open to others. Raises `PolicyError` in a ledger or a directory of
    keys, and over a file of another kind unless ``force``; `OSError`.
    """
    size = 0
    with _target(path, secret=secret, force=force) as file:
        for piece in pieces:
            size += file.write(piece)
    return size


def check_target(path: str | None, kind: str, *, force: bool) -> None:
    """Check that a file of a kind (`kind_of`) could be written here, and write nothing.

    For commands that do something else first. Raises `PolicyError` as `write_file` does.
    """
    if path is not None and path != STANDARD_STREAM:
        target = Path(path).resolve()
        check_place(target)
        if not _is_special(target):
            _check_kind(target, kind, force=force)


def check_place(path: Path) -> None:
    """Check that a place is neither in a ledger nor among keys; raises `PolicyError`."""
    for directory in path.parents:
        if (directory / "log").is_dir() and (directory / "vault").exists():
            raise PolicyError(f"{path} is in the ledger {directory}: write it somewhere else")
    names = [one.name for pattern in KEY_FILES for one in path.parent.glob(pattern)]
    if names:
        raise PolicyError(
            f"{path.parent} holds keys of a ledger ({min(names)}): write {path.name} somewhere "
            "else"
        )


def kind_of(head: bytes) -> str:
    """Return what kind of file begins with these bytes; empty for an empty file.

    Documents of this package are told apart by their format, XML by the first element.
    """
    for start, kind in _STARTS.items():
        if head.startswith(start):
            return kind
    if match := _JSON_FORMAT.match(head) or _JSON_FIRST.match(head):
        return f"JSON document ({match[1].decode()})"
    if match := _XML_ROOT.match(head):
        return f"XML document ({match[1].decode().lower()})"
    if _NOTE.search(head):
        return SIGNED_NOTE
    return "file of text or data" if head else ""


@contextmanager
def _target(path: str, *, secret: bool, force: bool) -> Iterator[IO[bytes]]:
    if path == STANDARD_STREAM:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    check_place(Path(path).resolve())
    if _is_special(Path(path)):
        with Path(path).open("wb") as file:
            yield file
    else:
        with _replacing(Path(path).resolve(), secret=secret, force=force) as file:
            yield file


def _is_special(path: Path) -> bool:
    """Return whether something is there that cannot be replaced, as a pipe or ``/dev/null``."""
    return path.exists() and not path.is_file()


def _check_kind(path: Path, kind: str, *, force: bool) -> None:
    """Check that a file is not there, or is of this kind; raises `PolicyError`."""
    before = "" if force or not path.exists() else _kind_at(path)
    if before and before != kind:
        raise PolicyError(
            f"{path} exists and is of another kind ({before}, not {kind or 'empty'}): choose "
            "another name, or say --force"
        )


def _kind_at(path: Path) -> str:
    with path.open("rb") as file:
        return kind_of(file.read(HEAD_SIZE))


@contextmanager
def _replacing(path: Path, *, secret: bool, force: bool) -> Iterator[IO[bytes]]:
    import tempfile  # noqa: PLC0415 - verifying writes no file, and starts the sooner

    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            yield file
        _check_kind(path, _kind_at(temporary), force=force)
        # Until here nobody else can read it: a temporary file has the mode 0600.
        if not secret:
            temporary.chmod(_mode_for(path))
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
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
