"""The program that reads one file of unknown origin: ``python -m provenance.cv.limited``.

Arguments are ``pdf`` or ``picture``, and the seconds of processor time that it may take. The
file comes on standard input; the facts go to standard output as MessagePack.
"""

from __future__ import annotations

import resource
import sys
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from provenance.cv.facts import PdfFacts, PictureFacts

MEMORY_BYTES_MAX: Final = 1024 * 1024 * 1024


def limit(cpu_seconds: int) -> None:
    """Limit what this process may take from here on."""
    for name, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(name)
        lowest = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(name, (lowest, hard))


def read(kind: str, data: bytes) -> PdfFacts | PictureFacts:
    """Read a file; whatever is wrong with it is told in the result."""
    if kind == "pdf":
        from provenance.cv.reader import read_facts  # noqa: PLC0415 - one of the two

        return read_facts(data)
    from provenance.cv.picture import read_picture_facts  # noqa: PLC0415 - one of the two

    return read_picture_facts(data)


def _read_input() -> bytes:
    return sys.stdin.buffer.read()


def main() -> None:
    """Read one file within the limits."""
    kind, cpu_seconds = sys.argv[1:]
    limit(int(cpu_seconds))
    facts = read(kind, _read_input())
    sys.stdout.buffer.write(msgspec.msgpack.encode(facts))


if __name__ == "__main__":
    main()
