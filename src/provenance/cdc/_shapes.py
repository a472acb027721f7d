"""Passages of a known shape, read without a parser.

The passages of a file are much alike: the same tags in the same order, with other texts
between them. What the schema says of tags depends on nothing else. So a passage is cut at
its tags into a few sections; each sequence of tags is judged once, and remembered with what
its texts mean. From then on only texts are checked and typed.

That this gives what the parser gives rests on three things. Only passages are taken whose
bytes hold ``<`` and ``>`` in turns, no control characters, nothing that might be U+FFFE or
U+FFFF, and no reference but the five that XML defines, in valid UTF-8: then every ``<``
begins a tag, and every text stands for itself. Of tags only those are understood that have
no attribute but ``xsi:nil``. And a new sequence is remembered only when the passage that
brought it gave the same fields both ways. Whatever is beyond that, or has any fault, is
left to the parser.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from provenance.cdc._layout import Layout, UnknownShapeError
from provenance.cdc._nodes import PASSAGE_NODE, RESULTS, SLOTS
from provenance.cdc._values import WHITE_SPACE, Pattern, Text, UnfitError
from provenance.cdc.schema import NAMESPACE
from provenance.record.depositdigest import source_text
from provenance.record.slots import SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from provenance.cdc._nodes import Node
    from provenance.cdc._values import Kind
    from provenance.record.commitment import Field, Value

    Bindings = tuple[tuple[str, str], ...]
    Key = tuple[Bindings, tuple[str, ...]]

SHAPES_MAX: Final = 4096
"""Sequences of tags that are remembered; after that all are forgotten, and learnt anew."""
TAGS_MAX: Final = 500
"""Tags of a passage that is read this way."""

_REMEMBERED_MAX: Final = 4096
_BLANKS_MAX: Final = 4
_BLANK_SIZE_MAX: Final = 4096
_ALLOWED: Final = bytes(
    byte
    for byte in range(256)
    if byte in b"\t\n\r" or (byte >= ord(" ") and byte not in b"<>&\xef")
)
_REFERENCE: Final = re.compile("&([a-z]*;?)")
_REFERRED: Final = {"amp;": "&", "lt;": "<", "gt;": ">", "quot;": '"', "apos;": "'"}
_SECTIONS: Final = ("modalitesInscription", "identificationTitulaire")
"""Elements of a passage with which a section begins: what is before and in them varies."""


class _Remembered(dict[str, Any]):
    """Typed values by their texts, for kinds with few values: days, numbers, words."""

    def __init__(self, parse: Callable[[str], Value]) -> None:
        super().__init__()
        self._parse: Final = parse

    def __missing__(self, text: str) -> Value:
        value = self._parse(text)
        if len(self) < _REMEMBERED_MAX:
            self[text] = value
        return value


class _Shape:
    """How sections with one sequence of tags are read. ``seen``: bits of the children."""

    def __init__(self, layout: Layout) -> None:
        nodes = [node for _, node in layout.leaves] + layout.nils
        nodes += [RESULTS] if layout.results else []
        order = sorted(range(len(nodes)), key=lambda number: nodes[number].slot)
        self.seen: Final = layout.seen
        self._gaps: Final = _getter(layout.gaps)
        self._leaves: Final = _getter([at for at, _ in layout.leaves])
        self._readers: Final = [_reader(node) for _, node in layout.leaves]
        self._nils: Final = [None] * len(layout.nils)
        self._results: Final = [
            [(node.name, at, _reader(node)) for at, node in sorted(one, key=_by_slot)]
            for one in layout.results
        ]
        self._order: Final = _getter(order)
        self._names: Final = [nodes[number].path for number in order]
        self._blank: Final[set[str]] = set()
        self.first: Final = nodes[order[0]].slot if order else -1
        self.last: Final = nodes[order[-1]].slot if order else -1

    def fields(self, pieces: Sequence[str]) -> Iterator[Field]:
        """Return the section's fields; raises `UnfitError` or `UnknownShapeError`."""
        between = "".join(self._gaps(pieces))
        if between not in self._blank:
            self._check_blank(between)
        texts = self._leaves(pieces)
        values = [read(text) for read, text in zip(self._readers, texts, strict=True)]
        values += self._nils
        if self._results:
            rows = [
                [(name, read(pieces[at])) for name, at, read in one] for one in self._results
            ]
            values.append([dict(row) for row in rows])
        return zip(self._names, self._order(values), strict=True)

    def _check_blank(self, between: str) -> None:
        """Remember the white space that one file has between the same tags every time."""
        if between.strip(WHITE_SPACE):
            raise UnknownShapeError
        if len(self._blank) < _BLANKS_MAX and len(between) <= _BLANK_SIZE_MAX:
            self._blank.add(between)


_shapes: Final[dict[Key, _Shape]] = {}


def read_shaped(
    source: bytes,
    bindings: Bindings,
    leading: tuple[Field, ...],
    prefix: bytes,
    parse: Callable[[], tuple[Field, ...]],
) -> tuple[Field, ...]:
    """Return the record of one passage, by the shapes of its sections where they are known.

    ``prefix``: what is hashed before the bytes for ``source``. ``parse`` reads the passage by
    the parser, and is called in all other cases: what it raises is raised.
    """
    learnt: dict[Key, _Shape] = {}
    try:
        own = _read(_cut(source), bindings, learnt)
    except (UnknownShapeError, UnfitError):
        return parse()
    digest = hashlib.sha256(prefix + source).digest()
    fields = (*leading, *own, (SOURCE, source_text(digest)))
    if learnt:
        parsed = parse()
        if parsed != fields or _types(parsed) != _types(fields):
            return parsed
        if len(_shapes) >= SHAPES_MAX:
            _shapes.clear()
        _shapes.update(learnt)
    return fields


def _cut(source: bytes) -> list[str]:
    """Cut a passage at its tags: text and tag in turns, an empty text at either end."""
    marks = source.translate(None, _ALLOWED)
    refers = b"&" in marks
    if refers:
        marks = marks.replace(b"&", b"")
    tags = len(marks) // 2
    if not 1 < tags <= TAGS_MAX or marks != b"<>" * tags:
        raise UnknownShapeError
    try:
        text = source.decode()
    except UnicodeDecodeError as error:
        raise UnknownShapeError from error
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    pieces = text.replace(">", "<").split("<")
    if refers:
        pieces[::2] = [
            _REFERENCE.sub(_referred, one) if "&" in one else one for one in pieces[::2]
        ]
    return pieces


def _referred(reference: re.Match[str]) -> str:
    character = _REFERRED.get(reference[1])
    if character is None:
        raise UnknownShapeError
    return character


def _read(pieces: list[str], bindings: Bindings, learnt: dict[Key, _Shape]) -> list[Field]:
    """Read the sections of a passage; what was not known of them goes into ``learnt``."""
    tags = tuple(pieces[1::2])
    opening, last = tags[0], len(tags) - 1
    prefix, colon, local = opening.rpartition(":")
    if pieces[0] or pieces[-1] or local != PASSAGE_NODE.name or tags[-1] != f"/{opening}":
        raise UnknownShapeError
    bounds = [1, last]
    for name in _SECTIONS:
        begin = f"{prefix}{colon}{name}"
        if begin in tags:
            bounds.append(tags.index(begin))
    bounds.sort()
    if pieces[2].strip(WHITE_SPACE) or dict(bindings).get(prefix) != NAMESPACE:
        raise UnknownShapeError
    fields: list[Field] = []
    seen, slot, sorts = 0, -1, False
    for start, end in pairwise(bounds):
        key = (bindings, tags[start:end])
        shape = _shapes.get(key) or learnt.setdefault(key, _Shape(Layout(*key)))
        fields += shape.fields(pieces[2 * start + 1 : 2 * end + 1])
        if seen & shape.seen:
            raise UnknownShapeError
        seen |= shape.seen
        sorts |= shape.first < slot
        slot = shape.last
    if seen & PASSAGE_NODE.required != PASSAGE_NODE.required:
        raise UnknownShapeError
    return sorted(fields, key=_slot_of) if sorts else fields


def _slot_of(field: Field) -> int:
    return _SLOTS[field[0]]


def _types(fields: Sequence[Field]) -> list[type]:
    return [type(value) for _, value in fields]


def _reader(node: Node) -> Callable[[str], Any]:
    """Return what types a leaf's text; raises `UnfitError`."""
    parse = node.parse
    assert parse is not None, "only leaves have texts"
    kind = getattr(parse, "__self__", None)
    # Texts have many values, and what fits the only pattern is a person's number.
    if kind is None or isinstance(kind, Text | Pattern):
        return parse
    return _remembered(kind)


@cache  # All leaves of one kind, in whichever shape, remember together.
def _remembered(kind: Kind) -> Callable[[str], Value]:
    return _Remembered(kind.parse).__getitem__


def _getter(places: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """Return what picks these places, always as a tuple."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda pieces: tuple(pieces[at] for at in places)


def _by_slot(place: tuple[int, Node]) -> int:
    return place[1].slot


_SLOTS: Final = {path: slot for slot, path in enumerate(SLOTS)}
