"""How a log is cut into stretches, and how many processes are worth their start."""

from __future__ import annotations

import os
import struct
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from provenance.audit.facts import Stretch
from provenance.errors import PolicyError
from provenance.storage.tree import BLOCK_LEAVES
from provenance.storage.vault import SEED_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HASHED: Final = 4096
SIGNED: Final = 1024
OPENED: Final = 512
"""Entries of a stretch: whole blocks of the tree, and a small part of a second's work."""
SHARE_MIN: Final = 4
"""Stretches that every worker should have, so that none is left with a long last one."""
LAST_LONG: Final = 2
LAST_PARTS: Final = 8
"""The last so many stretches of a worker are cut into so many parts: it has two at once, and
may have been given them when another one got nothing any more."""
JOBS_MAX: Final = 64
WORTH_S: Final = 1.0
"""Seconds of work, about, below which other processes are not started."""
HASHED_US: Final = 3
SIGNED_US: Final = 110
OPENED_US: Final = 400
"""Microseconds an entry, about."""

_KEY: Final = struct.Struct(">QB")


class Plan:
    """The stretches of a log of ``size`` entries, from ``start`` on.

    Those at the end are short, so that processes that share them end at about one time.
    """

    def __init__(
        self, start: int, size: int, length: int, marks: Sequence[int], jobs: int = 1
    ) -> None:
        """``length``: entries of a stretch, a multiple of 64; ``marks`` as of `Stretch`."""
        self.start: Final = start
        self.size: Final = size
        self._length: Final = length
        self._marks: Final = sorted(marks)
        last = max(0, size - LAST_LONG * jobs * length) if jobs > 1 else size
        self._short_from: Final = last - last % length
        self._short: Final = max(
            BLOCK_LEAVES, length // LAST_PARTS // BLOCK_LEAVES * BLOCK_LEAVES
        )

    def stretches(self) -> Iterator[Stretch]:
        """Return all of them, in order."""
        start = self.start
        while start < self.size:
            length = self._length_at(start)
            end = min(start - start % length + length, self.size)
            first, last = bisect_right(self._marks, start), bisect_right(self._marks, end)
            yield Stretch(start, end, tuple(self._marks[first:last]))
            start = end

    def _length_at(self, index: int) -> int:
        return self._length if index < self._short_from else self._short

    def covers(self, key: bytes) -> bool:
        """Whether the stored block of the tree under ``key`` lies within one stretch."""
        if len(key) != _KEY.size:
            return False
        end, tier = map(int, _KEY.unpack(key))
        width = BLOCK_LEAVES ** (tier + 1)
        start = end - width
        whole = end % width == 0 and self.start <= start and end <= self.size
        length = self._length_at(start)
        return whole and start // length == (end - 1) // length


def stretch_length(entries: int, jobs: int, *, signatures: bool, vault: bool) -> int:
    """Return how long stretches should be: short enough for ``jobs`` processes to share."""
    most = OPENED if vault else SIGNED if signatures else HASHED
    fair = entries // (jobs * SHARE_MIN) if jobs > 1 else most
    return max(BLOCK_LEAVES, min(most, fair) // BLOCK_LEAVES * BLOCK_LEAVES)


def entries_about(path: Path) -> int:
    """Return about how many entries the ledger at ``path`` has, without opening it."""
    try:
        return (path / "vault" / "seeds").stat().st_size // SEED_SIZE
    except OSError:
        return 0


def choose_jobs(jobs: int | None, entries: int, *, signatures: bool, vault: bool) -> int:
    """Return how many processes examine: ``jobs``, or as many as are worth it.

    Raises `PolicyError` for a number that is none.
    """
    if jobs is not None:
        if not 0 < jobs <= JOBS_MAX:
            raise PolicyError(f"an audit runs in 1 to {JOBS_MAX} processes, not in {jobs}")
        return jobs
    cost_us = HASHED_US + SIGNED_US * signatures + OPENED_US * vault
    if entries * cost_us < WORTH_S * 1e6:
        return 1
    return min(len(os.sched_getaffinity(0)), JOBS_MAX)
