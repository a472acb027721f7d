"""On what it rests that a certification is what its depositor sent.

A depositor can sign the deposit, and endorse the very entries. Where it did neither, the file
that the operator keeps may still hold the certification; where that is gone too, nothing but
the operator's word is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Span = tuple[int, int]

ENDORSED: Final = "endorsed"
SIGNED: Final = "signed"
FILED: Final = "filed"
UNSUPPORTED: Final = "unsupported"
ERASED: Final = "erased"
CLOSED: Final = "closed"


class Origins(Struct, frozen=True, kw_only=True):
    """How many certifications rest on what; each is counted once, under the first that fits.

    ``endorsed``: its depositor signed the entry itself. ``signed``: it was found in a deposit
    that its depositor signed. ``filed``: unsigned, and the deposited file, which is kept,
    holds it. ``unsupported``: nothing but the operator's word is left. ``erased``: its
    content is gone. ``closed``: its payload was not opened, so nothing else is known of it.
    """

    endorsed: int = 0
    signed: int = 0
    filed: int = 0
    unsupported: int = 0
    erased: int = 0
    closed: int = 0


class OriginCount:
    """Counts certifications by origin. Memory grows with changes between origins alone."""

    def __init__(self) -> None:
        self._spans: Final[dict[str, list[Span]]] = {
            kind: [] for kind in (SIGNED, FILED, UNSUPPORTED, ERASED, CLOSED)
        }

    def add(self, kind: str, index: int) -> None:
        """Take one certification; those of one origin come in ascending order."""
        self.add_span(kind, index, index + 1)

    def add_span(self, kind: str, start: int, end: int) -> None:
        """Take the certifications [start, end) of one origin."""
        known = self._spans[kind]
        if known and known[-1][1] == start:
            known[-1] = known[-1][0], end
        else:
            known.append((start, end))

    def count(self, endorsed: Iterable[Span]) -> Origins:
        """Return the counts, given which certifications were endorsed."""
        cover = _union(endorsed)
        counts = {kind: _length(spans) for kind, spans in self._spans.items()}
        covered = {kind: _shared(spans, cover) for kind, spans in self._spans.items()}
        rest = {kind: counts[kind] - covered[kind] for kind in counts}
        return Origins(endorsed=sum(covered.values()), **rest)


def _union(spans: Iterable[Span]) -> list[Span]:
    """Return the same as spans that ascend and do not touch."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _length(spans: Iterable[Span]) -> int:
    return sum(end - start for start, end in spans)


def _shared(spans: Sequence[Span], cover: Sequence[Span]) -> int:
    """Return how many indexes lie in both; each of the two ascends and does not overlap."""
    shared, at = 0, 0
    for start, end in sorted(spans):
        while at < len(cover) and cover[at][1] <= start:
            at += 1
        here = at
        while here < len(cover) and cover[here][0] < end:
            shared += min(end, cover[here][1]) - max(start, cover[here][0])
            here += 1
    return shared
