"""Messages between the processes of an audit: each behind its length, on a pipe.

::

    u32 length, big-endian || MessagePack

What is read here comes from our own processes. A stream that ends within a message, and a
message that is none, mean that the other side has died.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Final, TypeVar

import msgspec

LENGTH_SIZE: Final = 4
READ_SIZE: Final = 1 << 20
ENDING_S: Final = 5

T = TypeVar("T")
_encode: Final = msgspec.msgpack.Encoder().encode


class LostError(Exception):
    """The other process is gone; never leaves the package."""


def write_message(stream: IO[bytes], message: object) -> None:
    """Write one message; raises `LostError`."""
    data = _encode(message)
    try:
        # The stream has no buffer of its own, so that a poll of it tells the truth.
        rest = memoryview(len(data).to_bytes(LENGTH_SIZE, "big") + data)
        while rest:
            rest = rest[stream.write(rest) :]
    except (OSError, ValueError) as error:
        raise LostError from error


def read_message(stream: IO[bytes], decode: msgspec.msgpack.Decoder[T]) -> T:
    """Read one message; raises `LostError`."""
    try:
        length = int.from_bytes(_read_exactly(stream, LENGTH_SIZE), "big")
        return decode.decode(_read_exactly(stream, length))
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise LostError from error


def _read_exactly(stream: IO[bytes], size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part = stream.read(min(size, READ_SIZE))
        if not part:
            raise LostError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class Helper:
    """A process of ours, running a module of this package, that takes and gives messages."""

    def __init__(self, module: str) -> None:
        """Start it; raises `OSError` when the system refuses."""
        # The package is taken from where it was imported here, and from nowhere else that
        # the working directory might offer (-P).
        home = str(Path(__file__).parents[2])
        self._process: Final = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-P", "-m", module],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": home},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.out: Final[IO[bytes]] = self._process.stdin
        self.into: Final[IO[bytes]] = self._process.stdout

    @property
    def process_id(self) -> int:
        """The process's number."""
        return self._process.pid

    def ended_with(self) -> int | None:
        """Give its exit status, or minus the signal that ended it; None while it runs."""
        try:
            return self._process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            return None

    def close(self) -> None:
        """Let it end, or end it. Closing twice does nothing."""
        self.out.close()
        self.into.close()
        if self.ended_with() is None:
            self._process.kill()
            self._process.wait()
