"""From checked elements to passages with their records; and to what stands around them.

A record begins with values that stand outside its passage. In the usual order they are
known when a file's first passage begins; the schema lets them stand behind as well. So
there are two validators: `PassageValidator` gathers passages, and says when it would need
values that it has not met; `SurveyValidator` collects those values and skips the passages.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import UNSET, Struct, UnsetType

from provenance.cdc._nodes import (
    CERTIFICATION,
    DOCUMENT,
    NATIONAL,
    PASSAGE_NODE,
    RESULT,
    RESULTS,
    SLOTS,
)
from provenance.cdc._validator import Validator
from provenance.cdc.schema import LEADING_NAMES
from provenance.record.depositdigest import leading_of, source_text, surroundings
from provenance.record.slots import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.cdc._nodes import Node
    from provenance.cdc._xml import XmlReader
    from provenance.record.commitment import Field, Scalar, Value

    Known = tuple[Value | UnsetType, ...]
    Bindings = tuple[tuple[str, str], ...]

# The slots follow the order of the schema: header, certification, passage.
ID_FLUX, HORODATAGE, ACTION, EMETTEUR, CERTIFICATEUR, CONTRAT, TYPE, CODE, NATURE = range(9)
SUPPRESSION: Final = "SUPPRESSION"
"""The action of a file whose passages are taken back."""
OPTIONAL: Final = {ACTION: "action", NATURE: "natureDeposant"}
"""Elements around the passages that may be missing altogether, by slot."""
_HEADER: Final = slice(ID_FLUX, TYPE)
_CERTIFICATION: Final = slice(TYPE, NATURE + 1)
_PASSAGE: Final = slice(NATURE + 1, len(SLOTS))
_RESULT: Final = slice(RESULTS.slot + 1, RESULTS.slot + 1 + len(RESULT.children))
_LEADING: Final = tuple(
    zip(LEADING_NAMES, (EMETTEUR, CERTIFICATEUR, CONTRAT, TYPE, CODE, NATURE), strict=True)
)
_ID_TECHNIQUE: Final = PASSAGE_NODE.find("idTechnique")
_PATHS: Final = SLOTS[_PASSAGE]
_RESULT_NAMES: Final = tuple(leaf.name for leaf in RESULT.children.values())
_NO_CERTIFICATION: Final = (UNSET,) * len(SLOTS[_CERTIFICATION])
_NO_PASSAGE: Final = (UNSET,) * len(_PATHS)
_NO_RESULT: Final = (UNSET,) * len(_RESULT_NAMES)


class Passage(Struct, frozen=True, kw_only=True, gc=False):
    """One passage of a file, checked, with its complete record.

    ``number`` counts from 0. ``start`` and ``end`` are byte offsets in the file, ``line``
    and ``column`` (from 1) those of its first character, ``source`` its exact bytes,
    ``bindings`` the declarations in force around it (prefix, or "" for the default, and
    namespace; its own element's are in its bytes). ``fields`` begin with those that are
    around the passage, then come the passage's own in the order of the schema, then
    ``source``, of which ``digest`` is the 32 bytes.
    """

    number: int
    start: int
    end: int
    line: int
    column: int
    bindings: Bindings
    source: bytes
    digest: bytes
    fields: tuple[Field, ...]
    id_technique: str


class AheadError(Exception):
    """Values may stand behind the passages; never leaves the package.

    ``missing``: the slots in question.
    """

    def __init__(self, missing: frozenset[int]) -> None:
        super().__init__()
        self.missing = missing


class Survey(Struct, frozen=True):
    """The values around a file's passages: the header's, and each certification's."""

    header: Known
    certifications: Sequence[Known]

    def around(self, certification: int) -> Known:
        """Return the values around the passages of one certification, by slot."""
        found = self.certifications[certification : certification + 1]
        return (*self.header, *(found[0] if found else _NO_CERTIFICATION))


class SurveyValidator(Validator):
    """Collects the values around the passages of a file, wherever they stand.

    Its memory does not grow with the passages, but by a pointer with each certification.
    """

    def __init__(self, reader: XmlReader) -> None:
        super().__init__(reader, DOCUMENT)
        self._certifications: Final[list[Known]] = []
        # Certifications of a large file are much alike: each kind is kept once.
        self._kinds: Final[dict[Known, Known]] = {}

    def survey(self) -> Survey:
        """Return what was found; there are gaps where the file is faulty."""
        return Survey(tuple(self.values[_HEADER]), self._certifications)

    def opened(self, node: Node) -> None:
        """Skip a passage, and begin a certification with nothing."""
        if node is PASSAGE_NODE:
            self._node = node.parent
            self.skip()
        elif node is CERTIFICATION:
            self.values[_CERTIFICATION] = _NO_CERTIFICATION

    def closed(self, node: Node) -> None:
        """Keep what a certification says of itself."""
        if node is CERTIFICATION:
            kind = tuple(self.values[_CERTIFICATION])
            self._certifications.append(self._kinds.setdefault(kind, kind))


class PassageValidator(Validator):
    """Gathers the passages of a file in ``ready``, for the caller to take out.

    ``header``: the values by slot that stand around the passages, None before the first
    passage and where they are not complete. ``national``: an ``identifiantNational`` was
    met. ``absent``: slots of elements that are known to occur nowhere in the file.
    ``given``: so many passages were checked and handed out already, and are skipped.
    """

    def __init__(
        self,
        reader: XmlReader,
        *,
        start: Node = DOCUMENT,
        absent: frozenset[int] = frozenset(),
        survey: Survey | None = None,
        leading: tuple[Field, ...] | None = None,
        given: int = 0,
    ) -> None:
        super().__init__(reader, start)
        self.ready: Final[list[Passage]] = []
        self.header: Known | None = None
        self.national = False
        self._absent: Final = absent
        self._survey: Final = survey
        self._leading = leading
        self._given: Final = given
        self._certification = -1
        self._number = -1
        self._around: Bindings = ()
        self._from = (0, 0, 0)
        self._is_inside = False
        self._results: list[dict[str, Scalar]] = []

    def opened(self, node: Node) -> None:
        """Begin a passage, a certification or a list with nothing."""
        if node is PASSAGE_NODE:
            self._open_passage()
        elif node is PASSAGE_NODE.parent:
            # What a passage declares itself is not in force here, before it and behind it.
            self._around = self.reader.bindings
        elif node is CERTIFICATION:
            self._certification += 1
            self._leading = None
            self.values[_CERTIFICATION] = _NO_CERTIFICATION
        elif node is RESULTS:
            self._results = []
        elif node is NATIONAL:
            self.national = True

    def closed(self, node: Node) -> None:
        """Finish a passage, or its list and each item of it."""
        if node is PASSAGE_NODE:
            self._is_inside = False
            self._close_passage()
        elif node is RESULT:
            self._close_result()
        elif node is RESULTS and self._results:
            self.values[RESULTS.slot] = self._results

    def _check_children(self, node: Node) -> None:
        """Let a passage that is taken back be reduced to its idTechnique."""
        reduced = node is PASSAGE_NODE and self._seen[node.container] == _ID_TECHNIQUE.bit
        if not (reduced and self._takes_back()):
            super()._check_children(node)

    def _place(self) -> tuple[int | None, str | None]:
        """Return number and name of the passage that is being read, if it is in one."""
        if not self._is_inside:
            return None, None
        known = self.values[_ID_TECHNIQUE.slot]
        return self._number + 1, known if isinstance(known, str) else None

    def _takes_back(self) -> bool:
        return self.header is not None and self.header[ACTION] == SUPPRESSION

    def _open_passage(self) -> None:
        self._number += 1
        if self._number < self._given:
            self._node = self._node.parent
            self.skip()
            return
        if self._leading is None:
            self._leading = self._look_around()
        self._from = (self.reader.keep(), *self.reader.position())
        self._is_inside = True
        self.values[_PASSAGE] = _NO_PASSAGE

    def _look_around(self) -> tuple[Field, ...]:
        """Return the fields around a certification's passages, none where they are faulty.

        Raises `AheadError` when they may still come.
        """
        if self.reader.faults:
            return ()
        if self._survey is None:
            known = tuple(self.values[: _PASSAGE.start])
            missing = {slot for slot, value in enumerate(known) if value is UNSET}
            if not missing <= self._absent:
                raise AheadError(frozenset(missing))
        else:
            known = self._survey.around(self._certification)
            if any(value is UNSET for value in _compulsory(known)):
                return ()
        self.header = known
        return leading_fields(known)

    def _close_result(self) -> None:
        found = zip(_RESULT_NAMES, self.values[_RESULT], strict=True)
        self._results.append(
            {n: value for n, value in found if not isinstance(value, UnsetType | list)}
        )
        self.values[_RESULT] = _NO_RESULT

    def _close_passage(self) -> None:
        reader = self.reader
        if reader.faults or not self._leading:
            reader.drop()
            return
        source = reader.take()
        if len(source) > reader.limits.passage_bytes_max:
            reader.passage_too_long()
        values = self.values[_PASSAGE]
        own = [
            (name, value)
            for name, value in zip(_PATHS, values, strict=True)
            if not isinstance(value, UnsetType)
        ]
        start, line, column = self._from
        leading = self._leading
        digest = hashlib.sha256(source_prefix(self._around, leading) + source).digest()
        self.ready.append(
            Passage(
                number=self._number,
                start=start,
                end=start + len(source),
                line=line,
                column=column,
                bindings=self._around,
                source=source,
                digest=digest,
                fields=(*leading, *own, (SOURCE, source_text(digest))),
                id_technique=str(self.values[_ID_TECHNIQUE.slot]),
            )
        )


def leading_fields(known: Known) -> tuple[Field, ...]:
    """Return the fields with which a record begins, from the values around its passage."""
    return tuple(
        (name, value)
        for name, slot in _LEADING
        if not isinstance(value := known[slot], UnsetType)
    )


@lru_cache(maxsize=1024)  # The passages of a file have the same few surroundings.
def source_prefix(bindings: Bindings, leading: tuple[Field, ...]) -> bytes:
    """Return what is hashed before a passage's bytes for its ``source``."""
    return surroundings(bindings, leading_of(dict(leading)))


def _compulsory(known: Known) -> Iterator[Value | UnsetType]:
    return (value for slot, value in enumerate(known) if slot not in OPTIONAL)
