r"""A deposit file, read as a stream: its header, its passages, its faults of levels 1 and 2.

    reader = FluxReader(lambda: read_in_pieces(path))
    for passage in reader.passages():
        …                            # reader.header is known from the first passage on
    if reader.faults:
        …                            # the whole file is refused; forget the passages

Memory does not grow with the file. A file in the usual order is parsed once. Where values
that belong to every record stand behind the passages, or optional ones might, the source is
opened again: first to look for their names, which is quick, then to collect the values.
Each opening is read to its end, or given up, before the next.

The fields of a passage do not depend on how the file is written: prefixes, order of
children, white space among elements, comments, spellings of booleans and numbers. Only the
last one, ``source``, does, because it is the digest of the passage's exact bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct

from provenance.cdc._nodes import CERTIFICATION
from provenance.cdc._passages import (
    ACTION,
    CERTIFICATEUR,
    CONTRAT,
    EMETTEUR,
    HORODATAGE,
    ID_FLUX,
    OPTIONAL,
    AheadError,
    Passage,
    PassageValidator,
    Survey,
    SurveyValidator,
    source_prefix,
)
from provenance.cdc._shapes import read_shaped
from provenance.cdc._xml import Limits, XmlReader, blocks
from provenance.cdc.schema import LEADING_NAMES, NAMESPACE
from provenance.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from provenance.cdc._passages import Known
    from provenance.cdc.faults import Fault
    from provenance.record.commitment import Field

__all__ = [
    "DEFAULT_LIMITS", "FluxReader", "Header", "Limits", "Passage", "read_passage", "reparse",
]  # fmt: skip

DEFAULT_LIMITS: Final = Limits()
Version: TypeAlias = Literal["1.1.2", "1.1.5"]

_ESCAPES: Final = {ord(character): f"&#{ord(character)};" for character in '&<"\t\n\r'}
_PREFIX: Final = re.compile(r"[^\s\x00-\x20<>&\"'=/:]*")
# An element's name stands in the bytes as it is: UTF-8, and no entity can spell it.
_STARTS: Final = {
    slot: (f"<{name}".encode(), f":{name}".encode()) for slot, name in OPTIONAL.items()
}
_START_SIZE_MAX: Final = max(len(text) for texts in _STARTS.values() for text in texts)


class Header(Struct, frozen=True, kw_only=True):
    """What a file says of itself.

    ``emetteur`` is the depositor and ``certificateur`` the certifier (BCR, 8 characters).
    ``horodatage`` is the sender's claim and no time of receipt. ``action`` is CREATION,
    SUPPRESSION or None. No file says which version of the schema it follows: ``version`` is
    1.1.5 where something stands that only this one has. It is certain at the file's end.
    """

    id_flux: str
    horodatage: str
    action: str | None
    emetteur: str
    certificateur: str
    contrat: str
    version: Version


class FluxReader:
    """Reads one deposit file. ``open_source`` gives its bytes from the beginning, in pieces.

    ``header`` is set before the first passage is handed out, and complete at the end.
    ``faults`` holds what was found wrong (levels ``well-formed`` and ``schema``): when it is
    not empty after the last passage, the whole file is refused, and the passages that were
    handed out count for nothing. Malformed input never raises; errors of ``open_source`` do.
    """

    def __init__(
        self, open_source: Callable[[], Iterable[bytes]], limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self.header: Header | None = None
        self.faults: list[Fault] = []
        self._open_source: Final = open_source
        self._limits: Final = limits
        self._absent: frozenset[int] | None = None
        self._survey: Survey | None = None
        self._national = False

    def passages(self) -> Iterator[Passage]:
        """Read the file and hand out its passages, until its end or the first fault."""
        self.header, self._absent, self._survey, self._national = None, None, None, False
        given = 0
        while True:
            try:
                for passage in self._read(given):
                    given += 1
                    yield passage
            except AheadError as error:
                missing = error.missing
            else:
                return
            self._look_ahead(missing)

    def _read(self, given: int) -> Iterator[Passage]:
        reader = XmlReader(self._limits)
        self.faults = reader.faults
        validator = PassageValidator(
            reader, absent=self._absent or frozenset(), survey=self._survey, given=given
        )
        for _ in reader.run(self._open_source()):
            self._note_header(validator)
            yield from validator.ready
            validator.ready.clear()
        self._note_header(validator)

    def _note_header(self, validator: PassageValidator) -> None:
        self._national |= validator.national
        if validator.header is not None:
            self.header = _header(validator.header, national=self._national)

    def _look_ahead(self, missing: frozenset[int]) -> None:
        """Learn what the passages of this file need and has not come before them."""
        if self._absent is None and missing <= OPTIONAL.keys():
            self._absent = self._search()
            if missing <= self._absent:
                return
        reader = XmlReader(self._limits)
        validator = SurveyValidator(reader)
        for _ in reader.run(self._open_source()):
            pass
        self._survey = validator.survey()

    def _search(self) -> frozenset[int]:
        """Find the slots of optional elements whose names the file does not hold at all."""
        absent = set(OPTIONAL)
        read, window = 0, b""
        for block in blocks(self._open_source()):
            read, window = read + len(block), window[-_START_SIZE_MAX:] + block
            absent -= {slot for slot in absent if any(text in window for text in _STARTS[slot])}
            if not absent or read > self._limits.file_bytes_max:
                break
        return frozenset(absent)


def reparse(
    source: bytes, bindings: Sequence[tuple[str, str]], leading: Sequence[Field]
) -> tuple[Field, ...]:
    """Read one stored passage alone, and give its complete record again.

    ``source`` and ``bindings`` are a `Passage`'s, ``leading`` the record as it is stored: of
    it those fields are taken that stand around the passage. Raises `FormatError` when the
    bytes are not one passage of this format.
    """
    around = tuple([field for field in leading if field[0] in LEADING_NAMES])
    known = tuple([(prefix, uri) for prefix, uri in bindings])
    prefixes = [prefix for prefix, _ in known]
    if prefixes != sorted(set(prefixes)) or "xml" in prefixes or not all(map(_uri_of, known)):
        raise FormatError("malformed passage: bindings that no file gives")
    return read_passage(source, known, around)


def _uri_of(binding: tuple[str, str]) -> str:
    return binding[1]


def read_passage(
    source: bytes, bindings: tuple[tuple[str, str], ...], leading: tuple[Field, ...]
) -> tuple[Field, ...]:
    """Read one passage alone; ``leading`` are just the fields that stand around it.

    Raises `FormatError` when the bytes are not one passage of this format.
    """
    try:
        prefix = source_prefix(bindings, leading)
    except FormatError as error:
        raise FormatError(f"malformed passage: {error}") from error
    return read_shaped(
        source, bindings, leading, prefix, lambda: _parse_alone(source, bindings, leading)
    )


def _parse_alone(
    source: bytes, bindings: Sequence[tuple[str, str]], around: tuple[Field, ...]
) -> tuple[Field, ...]:
    start, end = _wrap(bindings)
    size = len(source) + len(start) + len(end)
    limits = Limits(
        file_bytes_max=size,
        passage_bytes_max=size,
        silent_bytes_max=size,
        bindings_chars_max=2 * size,
    )
    reader = XmlReader(limits)
    validator = PassageValidator(reader, start=CERTIFICATION, leading=around)
    for _ in reader.run((start, source, end)):
        pass
    if reader.faults:
        raise FormatError(f"malformed passage: {reader.faults[0].message}")
    if [passage.source for passage in validator.ready] != [source]:
        raise FormatError("malformed passage: there is something beside it")
    return validator.ready[0].fields


def _wrap(bindings: Sequence[tuple[str, str]]) -> tuple[bytes, bytes]:
    """Return the tags around a passage that bind the same prefixes as its file did."""
    if not all(_PREFIX.fullmatch(prefix) for prefix, _ in bindings):
        raise FormatError("malformed passage: a prefix of a namespace")
    ours = [prefix for prefix, uri in bindings if uri == NAMESPACE]
    if not ours:
        raise FormatError("malformed passage: the namespace of deposits is not bound")
    name = f"{ours[0]}:passageCertifications".lstrip(":")
    attributes = "".join(
        f' {f"xmlns:{prefix}".rstrip(":")}="{uri.translate(_ESCAPES)}"'
        for prefix, uri in bindings
    )
    # Surrogates are passed on, for the parser to refuse them.
    return f"<{name}{attributes}>".encode(errors="surrogatepass"), f"</{name}>".encode()


def _header(known: Known, *, national: bool) -> Header:
    action = known[ACTION]
    newer = national or isinstance(action, str)
    return Header(
        id_flux=str(known[ID_FLUX]),
        horodatage=str(known[HORODATAGE]),
        action=action if isinstance(action, str) else None,
        emetteur=str(known[EMETTEUR]),
        certificateur=str(known[CERTIFICATEUR]),
        contrat=str(known[CONTRAT]),
        version="1.1.5" if newer else "1.1.2",
    )
