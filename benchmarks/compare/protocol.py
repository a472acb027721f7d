"""How a system is driven: one program each, told what to do line by line.

The program is started with a directory of its own and a file of records, each behind its
length (u32, big-endian). It loads the records, makes its store, prints ``ready``, and then
answers every line of standard input by one line::

    append BATCH COUNT    append COUNT batches of BATCH records, the next ones of the file and
                          then the first again, each batch durable before the next: ``ok``
    prove I1 I2 …         make a proof of inclusion of each entry: ``ok`` and the bytes of the
                          last one, or ``unsupported``
    audit                 check everything that is stored: ``ok`` and the number of entries

Whoever drives it measures the time between line and answer, so all systems are measured by
one clock. The end of the input ends the program. Nothing here but the standard library:
the programs run in environments of their own.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LENGTH_SIZE: Final = 4


class System(ABC):
    """A system under comparison."""

    @abstractmethod
    def append(self, batch: Sequence[bytes]) -> None:
        """Append the records in one commit; they are on the disk when this returns."""

    @abstractmethod
    def audit(self) -> int:
        """Check all that is stored, and give the number of entries; raises if it is wrong."""

    def prove(self, index: int) -> int | None:
        """Make a proof of inclusion and give its size in bytes; None where there is none."""
        del index
        return None

    @abstractmethod
    def close(self) -> None:
        """Let go of everything."""


def write_records(path: Path, records: Sequence[bytes]) -> None:
    """Write the file of records."""
    path.write_bytes(b"".join(len(one).to_bytes(LENGTH_SIZE, "big") + one for one in records))


def read_records(path: Path) -> Iterator[bytes]:
    """Read the file of records."""
    data, position = path.read_bytes(), 0
    while position < len(data):
        start = position + LENGTH_SIZE
        position = start + int.from_bytes(data[position:start], "big")
        yield data[start:position]


def serve(make: Callable[[Path], System]) -> None:
    """Be such a program; ``make`` opens the system in the directory that was named."""
    directory, file = sys.argv[1:3]
    records = cycle(list(read_records(Path(file))))
    system = make(Path(directory))
    _say("ready")
    for line in sys.stdin:
        _say(_answer(system, records, line.split()))
    system.close()


def _answer(system: System, records: Iterator[bytes], words: list[str]) -> str:
    if words[0] == "append":
        size, count = map(int, words[1:])
        for _ in range(count):
            system.append(list(islice(records, size)))
        return "ok"
    if words[0] == "prove":
        made = [system.prove(int(index)) for index in words[1:]]
        return "unsupported" if made[-1] is None else f"ok {made[-1]}"
    return f"ok {system.audit()}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
