"""The look-ups by idTechnique: one leads to each certification at most, and nowhere else.

There is a row for nearly every certification, in no order that the log knows. The rows are
read in ranges of their keys, and where they lead is noted in one byte an entry.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from provenance.audit.facts import LookupRange
from provenance.record.status import ERASED
from provenance.storage.rows import U64

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from provenance.audit.facts import LookupFacts

ROWS_AT_ONCE: Final = 1 << 14
"""Rows of a range, about: keys are as good as random."""
RANGES_MAX: Final = 1 << 16


def key_ranges(rows: int) -> Iterator[LookupRange]:
    """Cut the keys into ranges of equal width, for so many rows in all."""
    count = min(-(-max(rows, 1) // ROWS_AT_ONCE), RANGES_MAX)
    bounds = [
        b"",
        *((RANGES_MAX * at // count).to_bytes(2, "big") for at in range(1, count)),
        b"",
    ]
    for first, last in pairwise(bounds):
        yield LookupRange(first, last)


class LookupsFound:
    """Where the look-ups lead, of a log of ``size`` entries.

    ``certifications``: the ranges of entries from ``start`` on that are such.
    """

    def __init__(
        self, size: int, *, start: int, certifications: Sequence[tuple[int, int]]
    ) -> None:
        self._start: Final = start
        self._certifications: Final = certifications
        self._live: Final = bytearray(size)
        self._tombstones: list[int] = []
        self._rows = 0
        self._sound = True

    def add(self, facts: LookupFacts) -> None:
        """Take over what the rows of a range say."""
        live = struct.unpack(f">{len(facts.live) // U64.size}Q", facts.live)
        self._rows += len(live)
        self._tombstones += facts.tombstones
        self._sound &= not facts.damaged
        marks = self._live
        try:
            for index in live:
                marks[index] = 1
        except IndexError:
            self._sound = False

    @property
    def tombstones(self) -> frozenset[int]:
        """Entries that a tombstone leads to."""
        return frozenset(self._tombstones)

    def are_right(
        self, bits: Mapping[int, int], is_certification: Callable[[int], bool]
    ) -> bool:
        """Whether all lead where they may: to different certifications, none of them erased.

        Tombstones lead to erased ones. ``bits``: the status bits of entries that have any.
        """
        erased = {index for index, value in bits.items() if value & ERASED}
        return (
            self._sound
            and self._live.count(1) == self._rows
            and not any(self._live[index] for index in erased if index < len(self._live))
            and len({*self._tombstones}) == len(self._tombstones)
            and {*self._tombstones} <= erased
            and all(map(is_certification, self._tombstones))
            and all(map(is_certification, self._between(0, self._start)))
            and not any(True for gap in self._gaps() for _ in self._between(*gap))
        )

    def _gaps(self) -> Iterator[tuple[int, int]]:
        """Return the ranges of entries that are no certifications."""
        at = self._start
        for start, end in self._certifications:
            yield at, start
            at = end
        yield at, len(self._live)

    def _between(self, start: int, end: int) -> Iterator[int]:
        """Return the entries of a range that a look-up leads to."""
        index = self._live.find(1, start, end)
        while index >= 0:
            yield index
            index = self._live.find(1, index + 1, end)
