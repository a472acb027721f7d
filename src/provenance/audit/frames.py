"""Messages between the processes of an audit: each behind its length, on a pipe.

::

    u32 length, big-endian || MessagePack

What is read here comes from our own processes. A stream that ends within a message, and a
message that is none, mean that the other side has died.
"""

from __future__ import annotations

from typing import IO, Final, TypeVar

import msgspec

LENGTH_SIZE: Final = 4
READ_SIZE: Final = 1 << 20

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
