"""A large file cut into its passages, so that they can be read apart from each other.

Between passages stands little: the header, and what is said of each certification. The
passages are found by their tags as they are spelled first, and cut out; what is left, with
an empty element in the place of each, is given to the parser. Where the parser meets every
one of these, at its very place, a passage may begin there in the whole file too, for what
is before it is the same. What is in a passage is then read alone, in the namespaces that
are in scope at its place, which must give one whole element (see `flux.read_passage`).

Nothing is decided here of files that have a fault, or are written in another way than
nearly all are: `cut_flux` gives None, and they are read as a whole by `FluxReader`, which
alone says what is wrong, and where.
"""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from provenance.cdc._nodes import PASSAGE_NODE
from provenance.cdc._passages import (
    ACTION,
    CERTIFICATEUR,
    EMETTEUR,
    ID_FLUX,
    SurveyValidator,
    leading_fields,
)
from provenance.cdc._xml import XmlReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from provenance.cdc._nodes import Node
    from provenance.cdc._xml import Limits
    from provenance.record.commitment import Field

GAP_SIZE_MAX: Final = 1 << 15
"""Bytes between two passages. The reader's limit for one tag or text is twice that."""

_START: Final = re.compile(rb"<((?:[^\s<>/:&\"'=!?]+:)?passageCertification)>")


class Surroundings(Struct, frozen=True):
    """What stands around the passages of a certification: namespaces and leading fields."""

    bindings: tuple[tuple[str, str], ...]
    leading: tuple[Field, ...]


class Cut(Struct, frozen=True, kw_only=True):
    """A file and where its passages are: their first bytes and their ends, ascending.

    ``kinds``: for each passage the number of its surroundings.
    """

    emetteur: str
    certificateur: str
    id_flux: str
    action: str | None
    starts: array[int]
    ends: array[int]
    kinds: array[int]
    surroundings: tuple[Surroundings, ...]

    def passages(self, chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
        """Read the file again; give each passage's surroundings (number) and its bytes."""
        window, base = b"", 0
        pieces = iter(chunks)
        for start, end, kind in zip(self.starts, self.ends, self.kinds, strict=True):
            while base + len(window) < end:
                kept = window[max(0, start - base) :]
                base += len(window) - len(kept)
                piece = next(pieces, b"")
                if not piece:
                    return
                window = kept + piece
            yield kind, window[start - base : end - base]
        # A source is only known to have been read when it was read to its end.
        for _ in pieces:
            pass


def cut_flux(open_source: Callable[[], Iterable[bytes]], limits: Limits) -> Cut | None:
    """Find the passages of a file, reading it once; None where it must be read as a whole."""
    cutter = _Cutter(open_source(), limits)
    reader = XmlReader(limits)
    validator = _GapsValidator(reader)
    for _ in reader.run(cutter.rest()):
        pass
    if not cutter.complete or reader.faults or validator.places != cutter.places:
        return None
    return validator.cut(cutter)


class _Window:
    """The bytes of a file from some place on. Offsets are those in the file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks: Final = iter(chunks)
        self._data = b""
        self._base = 0
        self.ended = False

    @property
    def end(self) -> int:
        """Offset of the first byte that was not read yet."""
        return self._base + len(self._data)

    def find(self, needle: bytes, start: int, size_max: int) -> int:
        """Find bytes from ``start`` on; -1 where they do not begin within ``size_max``.

        Nothing before ``start`` is kept.
        """
        at = start
        while (found := self._data.find(needle, at - self._base)) < 0:
            at = max(start, self.end - len(needle) + 1)
            if self.end - start > size_max or not self.read_on(start):
                return -1
        return self._base + found if self._base + found - start <= size_max else -1

    def read_on(self, start: int) -> bool:
        """Read one more piece, keep what is from ``start`` on; whether there was one."""
        piece = next(self._chunks, b"")
        self.ended = not piece
        self._data = self._data[start - self._base :] + piece
        self._base = start
        return bool(piece)

    def part(self, start: int, end: int | None = None) -> bytes:
        """Return bytes that are kept."""
        return self._data[start - self._base : None if end is None else end - self._base]


class _Cutter:
    """Finds the passages by their tags, as the first one's are spelled."""

    def __init__(self, chunks: Iterable[bytes], limits: Limits) -> None:
        self.starts: Final = array("Q")
        self.ends: Final = array("Q")
        self.places: Final = array("Q")
        """Where the passages' places are in what is left of the file."""
        self.complete = False
        self._window: Final = _Window(chunks)
        self._file_size_max: Final = limits.file_bytes_max
        self._size_max: Final = min(limits.passage_bytes_max, limits.silent_bytes_max)
        self._gap_max: Final = min(GAP_SIZE_MAX, limits.silent_bytes_max // 2)

    def rest(self) -> Iterator[bytes]:
        """Return what is left of the file, in pieces; ``complete`` says that this is all."""
        name = self._first_name()
        if name is None:
            return
        opening, closing, place = b"<%b>" % name, b"</%b>" % name, b"<%b/>" % name
        window, left, at = self._window, 0, 0
        while (start := window.find(opening, at, self._gap_max)) >= 0:
            self.places.append(left + start - at)
            left += start - at + len(place)
            yield window.part(at, start) + place
            at = window.find(closing, start, self._size_max) + len(closing)
            size = at - start
            # Within a passage declarations would count differently when it is read alone.
            if not 0 < size <= self._size_max or b"xmlns" in window.part(start, at):
                return
            self.starts.append(start)
            self.ends.append(at)
        while window.end - at <= self._gap_max and window.read_on(at):
            pass
        yield window.part(at)
        self.complete = (
            window.ended
            and window.end - at <= self._gap_max
            and window.end <= self._file_size_max
        )

    def _first_name(self) -> bytes | None:
        """Return the name in the tag of the first passage, as it is spelled."""
        window = self._window
        while (found := _START.search(window.part(0))) is None:
            if window.end > self._gap_max or not window.read_on(0):
                return None
        return found[1]


class _GapsValidator(SurveyValidator):
    """Checks what is around the passages, each of which is an empty element here."""

    def __init__(self, reader: XmlReader) -> None:
        super().__init__(reader)
        self.places: Final = array("Q")
        self._around: Final[list[tuple[int, tuple[tuple[str, str], ...]]]] = []

    def opened(self, node: Node) -> None:
        """Note where a passage is, and what is in scope there."""
        if node is PASSAGE_NODE:
            self.places.append(self.reader.parser.CurrentByteIndex)
            self._around.append((len(self._certifications), self.reader.bindings))
        super().opened(node)

    def cut(self, cutter: _Cutter) -> Cut:
        """Return what was found, of a file without a fault."""
        survey = self.survey()
        kinds, numbers = array("I"), dict[Surroundings, int]()
        known: dict[tuple[int, tuple[tuple[str, str], ...]], int] = {}
        for around in self._around:
            if around not in known:
                certification, bindings = around
                leading = leading_fields(survey.around(certification))
                surroundings = Surroundings(bindings, leading)
                known[around] = numbers.setdefault(surroundings, len(numbers))
            kinds.append(known[around])
        header = survey.header
        action = header[ACTION]
        return Cut(
            emetteur=str(header[EMETTEUR]),
            certificateur=str(header[CERTIFICATEUR]),
            id_flux=str(header[ID_FLUX]),
            action=action if isinstance(action, str) else None,
            starts=cutter.starts,
            ends=cutter.ends,
            kinds=kinds,
            surroundings=tuple(numbers),
        )
