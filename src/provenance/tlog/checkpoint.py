"""Checkpoints: what a log says of itself, in three lines.

::

    log.example/2026
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

Origin, size in decimal, root in base64. Lines that follow are extensions: we write none,
and keep those of other logs as they are. Source: C2SP tlog-checkpoint.
"""

from __future__ import annotations

from msgspec import Struct

from provenance.encoding import decode_fixed, decode_text, encode_base64, parse_decimal
from provenance.errors import FormatError
from provenance.tlog.merkle import HASH_SIZE


class Checkpoint(Struct, frozen=True):
    """A log's origin, its size in leaves, its root (32 bytes), and extension lines."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text that is signed, with its final newline."""
        lines = (self.origin, str(self.size), encode_base64(self.root), *self.extensions, "")
        return "\n".join(lines)


def parse_checkpoint(text: str | bytes) -> Checkpoint:
    """Parse a checkpoint's text; raises `FormatError` for any other spelling."""
    decoded = decode_text(text, "checkpoint")
    try:
        origin, size, root, *extensions = decoded.removesuffix("\n").split("\n")
        checkpoint = Checkpoint(
            origin, parse_decimal(size), decode_fixed(root, HASH_SIZE), tuple(extensions)
        )
    except ValueError as error:
        raise FormatError("malformed checkpoint") from error
    if not origin or not all(extensions) or checkpoint.text != decoded:
        raise FormatError("malformed checkpoint")
    return checkpoint
