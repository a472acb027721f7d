"""What a growing log is held against in turns: a log that stays small, and the disk alone.

How fast a log of any size appends depends on the moment. What is written goes through the
page cache, and a virtual machine may have to ask its host for every page that the cache
takes; synced writes wait for a processor, too. Between two sizes lie minutes, between two
turns milliseconds: what differs within them is due to the size.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks.scaling.subjects import BATCH

if TYPE_CHECKING:
    from benchmarks.scaling.subjects import Subject

SMALL: Final = 10**4
"""Entries of the log that stays small, before its turns."""


class Turns(NamedTuple):
    """Seconds of each batch: appended to the log, to the small log, or only written."""

    log: list[float]
    small: list[float]
    bare: list[float]


def take_turns(subject: Subject, place: Path, rounds: int) -> Turns:
    """Append to ``subject``, to a new log, and to a plain file, ``rounds`` times in turns.

    The file gets as many bytes a batch as the small log keeps for one, and is synced.
    """
    turns = Turns([], [], [])
    with tempfile.TemporaryDirectory(dir=place) as made:
        (directory := Path(made, "small")).mkdir()
        small = type(subject)(directory)
        while small.size < SMALL:
            small.append(small.batch())
        data = os.urandom(count_bytes(directory) * BATCH // SMALL)
        with Path(made, "bare").open("wb", buffering=0) as file:
            for _ in range(rounds):
                turns.log.append(_append(subject))
                turns.small.append(_append(small))
                started = time.perf_counter()
                file.write(data)
                os.fdatasync(file)
                turns.bare.append(time.perf_counter() - started)
        small.close()
    return turns


def count_bytes(directory: Path) -> int:
    """Return the bytes that a directory's files take on the disk."""
    files = (path for path in directory.rglob("*") if path.is_file())
    return sum(path.stat().st_blocks * 512 for path in files)


def _append(subject: Subject) -> float:
    batch = subject.batch()
    started = time.perf_counter()
    subject.append(batch)
    return time.perf_counter() - started
