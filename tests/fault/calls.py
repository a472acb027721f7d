"""System calls as strace writes them, with all data: ``strace -f -y -xx -s …``.

Strings and names of files are in hexadecimal there, so a line can be cut at its commas. A
call of one thread that others come between is written in two lines.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITING: Final = (
    "openat",
    "write",
    "pwrite64",
    "writev",
    "lseek",
    "fdatasync",
    "fsync",
    "ftruncate",
    "fallocate",
    "rename",
    "link",
    "unlink",
    "unlinkat",
    "rmdir",
    "mkdir",
    "mmap",
    "flock",
)
"""All calls on the way of whatever is written here."""
OTHERWISE: Final = (
    "creat",
    "open",
    "pwritev",
    "pwritev2",
    "truncate",
    "renameat",
    "renameat2",
    "linkat",
    "symlink",
    "symlinkat",
    "mkdirat",
    "copy_file_range",
    "sendfile",
    "sync_file_range",
    "syncfs",
    "msync",
    "dup",
    "dup2",
    "dup3",
)
"""Calls that would do the same; where one comes, a model must learn it first."""

_FILES: Final = {"openat": (1, 0), "rename": (0, 1), "link": (0, 1), "mmap": (4,)}
"""Which arguments name files, where it is not the first one alone."""
_LINE: Final = re.compile(r"(?P<thread>\d+) +(?P<call>\w+)\((?P<rest>.*)")
_RESUMED: Final = re.compile(r"(?P<thread>\d+) +<\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)")
_UNFINISHED: Final = " <unfinished ...>"
_RESULT: Final = re.compile(r"\) += (?P<result>-?\d+|\?|0x[0-9a-f]+)(?P<more>.*)")
_HEX: Final = r"(?:\\x[0-9a-f]{2})*"
_PATH: Final = re.compile(rf"<({_HEX})>|\"({_HEX})\"")


class Call(NamedTuple):
    """One call; ``begun`` and ``ended`` number the lines where it was seen to."""

    thread: int
    name: str
    arguments: tuple[str, ...]
    result: int | None
    begun: int
    ended: int
    injected: bool = False

    def descriptor(self, at: int = 0) -> int:
        return int(self.arguments[at].partition("<")[0])

    def path(self, at: int = 0) -> str:
        """Return the file that a descriptor among the arguments is open for."""
        found = _PATH.search(self.arguments[at])
        return _unhex(found[1] or found[2] or "").decode() if found else ""

    def number(self, at: int) -> int:
        return int(self.arguments[at], 0)

    def data(self, at: int = 1) -> bytes:
        """Return the bytes of an argument, or of a vector."""
        return b"".join(_unhex(text) for text in re.findall(rf'"({_HEX})"', self.arguments[at]))

    @property
    def files(self) -> tuple[str, ...]:
        """The files that strace goes by with its option ``-P``, among the arguments."""
        found = (
            self.path(at) for at in _FILES.get(self.name, (0,)) if at < len(self.arguments)
        )
        return tuple(path for path in found if path.startswith("/"))

    @property
    def place(self) -> str:
        """The file or directory that the call is about."""
        if self.name in {"openat", "unlinkat"}:
            name = self.path(1)
            return name if name.startswith("/") else f"{self.path(0)}/{name}"
        return next(iter(self.files), "")


def _unhex(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def read_calls(trace: Path) -> list[Call]:
    """Read a trace; the calls are in the order in which they began."""
    return sorted(_calls(trace), key=lambda call: call.begun)


def _calls(trace: Path) -> Iterator[Call]:
    waiting: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(trace.read_text().splitlines()):
        begun = number
        if resumed := _RESUMED.fullmatch(line):
            begun, start = waiting.pop(resumed["thread"])
            line = start + resumed["rest"]  # noqa: PLW2901 - the two halves are one
        elif line.endswith(_UNFINISHED):
            waiting[line.partition(" ")[0]] = number, line.removesuffix(_UNFINISHED)
            continue
        if call := _parse(line, begun, number):
            yield call


def _parse(line: str, begun: int, ended: int) -> Call | None:
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    result = None
    for result in _RESULT.finditer(found["rest"]):  # noqa: B007 - the last one counts
        pass
    if result is None:
        return None
    value = None if result["result"] == "?" else int(result["result"], 0)
    arguments = _split(found["rest"][: result.start()])
    injected = "(INJECTED)" in result["more"]
    return Call(int(found["thread"]), found["call"], arguments, value, begun, ended, injected)


def _split(text: str) -> tuple[str, ...]:
    """Cut at the commas outside brackets; within strings there are none."""
    return tuple(re.split(r", (?![^\[]*\])", text))
