"""A deposited file read as a whole from its remainder: all of it but passages read before.

What is left of a file when passages are cut out of it is small: the header, what is said of
each certification, and passages that were never recorded. It is parsed with an empty element
at the place of each passage. Where the parser meets every one of these, at its very place, a
passage is at that place in the whole file too, because what is before it is the same. What is
in a passage that was cut out is for the caller, who has read it alone in the surroundings
that are found here; what is in one that was left is read here.

Nothing is decided here of a file that has a fault or is written in an unusual way:
`read_remainder` returns None, and `flux.FluxReader` reads the whole file instead.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from provenance.cdc._nodes import PASSAGE_NODE
from provenance.cdc._passages import (
    ACTION,
    CERTIFICATEUR,
    EMETTEUR,
    SUPPRESSION,
    SurveyValidator,
    leading_fields,
)
from provenance.cdc._xml import XmlReader
from provenance.cdc.cutting import Surroundings
from provenance.cdc.flux import read_passage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.cdc._nodes import Node
    from provenance.cdc._xml import Limits
    from provenance.record.commitment import Field

    _Scope = tuple[int, tuple[tuple[str, str], ...]]


class Remainder(Struct, frozen=True, kw_only=True):
    """What the remainder of a file says.

    ``count``: passages of the whole file. ``numbers``: of the passages that were cut out,
    from 1. ``kinds``: of every passage of the file, the number of its surroundings.
    """

    emetteur: str
    certificateur: str
    suppresses: bool
    count: int
    numbers: array[int]
    kinds: array[int]
    surroundings: tuple[Surroundings, ...]
    _data: bytes
    _left: array[int]

    def left(self) -> Iterator[tuple[int, tuple[Field, ...]]]:
        """Read every passage that was not cut out: its number, and its record.

        Raises `FormatError` for what is not one passage.
        """
        found = iter(self._left)
        for number, start, end in zip(found, found, found, strict=True):
            around = self.surroundings[self.kinds[number - 1]]
            source = self._data[start:end]
            yield number, read_passage(source, around.bindings, around.leading)


def read_remainder(
    data: bytes, spots: Sequence[int], name: bytes, limits: Limits
) -> Remainder | None:
    """Read a file's remainder; None where the whole file must be read.

    ``spots``: offsets in ``data`` at which passages were cut out, ascending, not always
    different. ``name``: of all passages, as it is spelled in their tags. Whoever cut them out
    has found each to be one whole element of that name, without namespace declarations.
    """
    rest = _Rest(data, spots, name)
    reader = XmlReader(limits)
    validator = _PlacesValidator(reader)
    for _ in reader.run(rest.pieces()):
        pass
    if rest.is_unusual or reader.faults or validator.places != rest.places:
        return None
    return validator.remainder(data, rest)


class _Rest:
    """The remainder, with an empty element for each passage."""

    def __init__(self, data: bytes, spots: Sequence[int], name: bytes) -> None:
        self.places: Final = array("Q")
        """Where the empty elements are."""
        self.numbers: Final = array("I")
        self.left: Final = array("Q")
        """Number, first byte and end of each passage that is still in the remainder."""
        self.is_unusual = False
        self._data: Final = data
        self._spots: Final = spots
        self._tags: Final = b"<%b>" % name, b"</%b>" % name
        self._place: Final = b"<%b/>" % name
        self._written = 0

    def pieces(self) -> Iterator[bytes]:
        """Yield all of it in order; ``is_unusual`` says that there is more to look at."""
        at = 0
        for spot in self._spots:
            yield from self._gap(at, spot)
            if self.is_unusual:
                return
            yield self._mark()
            self.numbers.append(len(self.places))
            at = spot
        yield from self._gap(at, len(self._data))

    def _mark(self) -> bytes:
        self.places.append(self._written)
        return self._counted(self._place)

    def _counted(self, piece: bytes) -> bytes:
        self._written += len(piece)
        return piece

    def _gap(self, at: int, end: int) -> Iterator[bytes]:
        """Yield what is between two spots; passages in it become empty elements too."""
        data, (opening, closing) = self._data, self._tags
        while (start := data.find(opening, at, end)) >= 0:
            stop = data.find(closing, start, end) + len(closing)
            if stop <= start or b"xmlns" in data[start:stop]:
                self.is_unusual = True
                return
            yield self._counted(data[at:start])
            yield self._mark()
            self.left.extend((len(self.places), start, stop))
            at = stop
        yield self._counted(data[at:end])


class _PlacesValidator(SurveyValidator):
    """Checks what is around the passages, each of which is an empty element here."""

    def __init__(self, reader: XmlReader) -> None:
        super().__init__(reader)
        self.places: Final = array("Q")
        self._scopes: Final[list[_Scope]] = []
        """Surroundings of passages: how many certifications ended before, and namespaces."""
        self._scope_of: Final = array("I")
        """Of each passage, the number of its surroundings."""

    def opened(self, node: Node) -> None:
        """Note where a passage is, and what is in scope there."""
        if node is PASSAGE_NODE:
            self.places.append(self.reader.parser.CurrentByteIndex)
            scope = len(self._certifications), self.reader.bindings
            if not self._scopes or self._scopes[-1] != scope:
                self._scopes.append(scope)
            self._scope_of.append(len(self._scopes) - 1)
        super().opened(node)

    def remainder(self, data: bytes, rest: _Rest) -> Remainder:
        """Return what was read, of a file without a fault."""
        survey = self.survey()
        # Certifications of a large file are much alike: each kind of surroundings is kept once.
        numbers: dict[Surroundings, int] = {}
        kinds = array("I")
        for certification, bindings in self._scopes:
            around = Surroundings(bindings, leading_fields(survey.around(certification)))
            kinds.append(numbers.setdefault(around, len(numbers)))
        return Remainder(
            emetteur=str(survey.header[EMETTEUR]),
            certificateur=str(survey.header[CERTIFICATEUR]),
            suppresses=survey.header[ACTION] == SUPPRESSION,
            count=len(self.places),
            numbers=rest.numbers,
            kinds=array("I", (kinds[kind] for kind in self._scope_of)),
            surroundings=tuple(numbers),
            _data=data,
            _left=rest.left,
        )
