"""Validation against the operator's own XSD, for those who have it (``--xsd``).

The schema is no part of this project: whoever operates the deposit service passes its
bytes. It must stand alone, since nothing is read but what was passed: no includes, no
imports, no DTD, no entities, no network. A file is validated as a stream, in memory that
does not grow with it. Validating goes through it in large pieces; only where that finds
faults, it goes through it once more, tag by tag, to find line and column of each.

The validator's own messages quote values of the file, so of a fault only the rule and the
element's name are passed on. After a wrong element libxml2 leaves the rest of its parent
unjudged: there may be more faults than are listed.

This needs the extra ``xsd`` (lxml). Source: XML Schema Part 1: Structures, Second Edition,
appendix C (validation rules).
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from provenance.cdc.faults import Fault
from provenance.errors import FormatError, ProvenanceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

FAULTS_MAX: Final = 100
"""Faults after which a file is not validated any further."""

_PIECE_SIZE: Final = 1 << 16
_NAMESPACE: Final = "{http://www.w3.org/2001/XMLSchema}"
_REFERENCES: Final = ("include", "import", "redefine", "override")
_ELEMENT: Final = re.compile(r"Element '(?:\{[^}]*\})?([^']{1,100})'")
_RULE: Final = "SCHEMAV_"
# A rule as libxml2 names it: code of the fault, and what is wrong.
_RULES: Final = {
    "CVC_MAXLENGTH_VALID": ("xsd-length", "longer than allowed"),
    "CVC_MINLENGTH_VALID": ("xsd-length", "shorter than allowed"),
    "CVC_LENGTH_VALID": ("xsd-length", "not of the length asked for"),
    "CVC_ENUMERATION_VALID": ("xsd-enumeration", "none of the words allowed here"),
    "CVC_PATTERN_VALID": ("xsd-pattern", "not of the pattern asked for"),
    "CVC_MININCLUSIVE_VALID": ("xsd-range", "smaller than allowed"),
    "CVC_MAXINCLUSIVE_VALID": ("xsd-range", "larger than allowed"),
    "CVC_DATATYPE_VALID_1_2_1": ("xsd-type", "not of the type asked for"),
    "CVC_TYPE_3_1_1": ("xsd-attribute", "an attribute that is not allowed"),
    "CVC_TYPE_3_1_2": ("xsd-content", "elements where only text is allowed"),
    "CVC_ELT_1": ("xsd-content", "not declared in the schema"),
    "CVC_COMPLEX_TYPE_2_3": ("xsd-content", "text between elements"),
    "CVC_COMPLEX_TYPE_3_2_1": ("xsd-attribute", "an attribute that is not allowed"),
    "CVC_ELT_3_1": ("xsd-nil", "xsi:nil where it is not allowed"),
    "CVC_ELT_3_2_1": ("xsd-nil", "xsi:nil, but not empty"),
    "ELEMENT_CONTENT": ("xsd-content", "not expected here, or something is missing before"),
}


class XsdUnavailableError(ProvenanceError):
    """Validating against an XSD needs lxml, which is not installed."""


class XsdValidator:
    """Validates files against one schema, as often as wanted.

    ``xsd`` is the whole schema. Raises `FormatError` when it is none, or refers to other
    documents, and `XsdUnavailableError` without lxml.
    """

    def __init__(self, xsd: bytes) -> None:
        self._etree: Final = _import_etree()
        self._schema: Final = _load_schema(self._etree, xsd)

    def faults(self, open_source: Callable[[], Iterable[bytes]]) -> list[Fault]:
        """Return the faults of a file, in its order, the first 100 of them.

        ``open_source`` gives the bytes from the beginning, in pieces of any size. It is
        called once for a file that is valid, else twice.
        """
        found = self._read(_pieces(open_source()))
        # Only now is it worth while to know where each fault is.
        return self._read(_tags(open_source()), len(found)) if found else []

    def _read(self, pieces: Iterable[_Piece], enough: int = FAULTS_MAX) -> list[Fault]:
        reading = _Reading(self._etree, self._schema)
        for piece in pieces:
            reading.feed(piece)
            if reading.ended or len(reading.faults) >= enough:
                return reading.faults[:enough]
        reading.close()
        return reading.faults[:enough]


class _Piece(NamedTuple):
    """Some bytes of the file; where they begin, when that was counted."""

    data: bytes
    line: int | None = None
    column: int | None = None


class _DoctypeError(Exception):
    """Thrown through the parser to stop it before it reads a document type."""


class _Target:
    """Takes what the parser reads, and keeps nothing: it is the schema that looks."""

    def doctype(self, *_: object) -> None:
        """Stop the parser."""
        raise _DoctypeError

    def close(self) -> None:
        """Have nothing for a result."""


class _Reading:
    """One way through a file."""

    def __init__(self, etree: ModuleType, schema: object) -> None:
        self.faults: Final[list[Fault]] = []
        self.ended = False
        self._syntax_error: Final = etree.XMLSyntaxError
        self._parser: Final = etree.XMLParser(
            target=_Target(),
            schema=schema,
            # Whatever the file calls it: what is not UTF-8 was refused before.
            encoding="utf-8",
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
        )
        self._logged = 0
        self._last = _Piece(b"")

    def feed(self, piece: _Piece) -> None:
        """Read on; ``ended`` is set when that is of no use any more."""
        self._last = piece
        try:
            self._parser.feed(piece.data)
        except self._syntax_error:
            self._end("xsd-not-well-formed", "this is not well-formed XML from here on")
        except _DoctypeError:
            self._end("xsd-doctype", "a document type (DOCTYPE) may not stand in a deposit")
        self._collect()

    def close(self) -> None:
        """Say that the file ends here."""
        try:
            self._parser.close()
        except self._syntax_error:
            self._end("xsd-not-well-formed", "the file ends before its root element does")
        self._collect()

    def _end(self, code: str, message: str) -> None:
        self._collect()
        self.ended = True
        self._add(code, message)

    def _collect(self) -> None:
        """Take over what the schema has found since the last time."""
        log = self._parser.feed_error_log
        new = [entry for entry in log[self._logged :] if entry.type_name.startswith(_RULE)]
        for entry in new:
            self._add(*_explain(entry.type_name, entry.message))
        self._logged = len(log)

    def _add(self, code: str, message: str, element: str | None = None) -> None:
        self.faults.append(
            Fault(
                level="schema",
                code=code,
                message=message,
                effect="file",
                line=self._last.line,
                column=self._last.column,
                element=element,
            )
        )


def _import_etree() -> ModuleType:
    try:
        from lxml import etree  # noqa: PLC0415 - an extra: needed here and nowhere else
    except ImportError as error:
        raise XsdUnavailableError(
            "validating against an XSD needs lxml: pip install provenance-ledger[xsd]"
        ) from error
    return etree


def _load_schema(etree: ModuleType, xsd: bytes) -> object:
    """Parse the schema; nothing outside of ``xsd`` is read."""
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    try:
        document = etree.parse(io.BytesIO(xsd), parser)
        if document.docinfo.doctype:
            raise FormatError("malformed XSD: it has a document type")
        for name in _REFERENCES:
            if document.find(f".//{_NAMESPACE}{name}") is not None:
                raise FormatError(
                    f"XSD refers to others (xs:{name}): pass one that stands alone"
                )
        schema: object = etree.XMLSchema(document)
    except (etree.XMLSyntaxError, etree.XMLSchemaError) as error:
        raise FormatError(f"malformed XSD: {error}") from error
    return schema


def _explain(rule: str, message: str) -> tuple[str, str, str | None]:
    """Return code, message and element of a fault, without any value of the file."""
    name = rule.removeprefix(_RULE)
    code, what = _RULES.get(name, ("xsd-other", "against the rule named here"))
    match = _ELEMENT.match(message)
    element = match[1] if match else None
    return code, f"element {element}: {what} (XSD rule {name})", element


def _pieces(chunks: Iterable[bytes]) -> Iterator[_Piece]:
    """Cut large chunks, so that after each piece there are few new faults."""
    for chunk in chunks:
        for start in range(0, len(chunk), _PIECE_SIZE):
            yield _Piece(chunk[start : start + _PIECE_SIZE])


def _tags(chunks: Iterable[bytes]) -> Iterator[_Piece]:
    """Cut behind each tag; tell where the text or tag in each piece begins."""
    line, column, rest = 1, 1, b""
    for chunk in chunks:
        *tags, rest = (rest + chunk).split(b">")
        pieces = [tag + b">" for tag in tags]
        if len(rest) > _PIECE_SIZE:
            pieces.append(rest)
            rest = b""
        for data in pieces:
            begin = len(data) - len(data.lstrip())
            yield _Piece(data, *_advance(line, column, data[:begin]))
            line, column = _advance(line, column, data)
    yield _Piece(rest, line, column)


def _advance(line: int, column: int, data: bytes) -> tuple[int, int]:
    """Return the place behind ``data``; a character of UTF-8 is one column."""
    lines = data.count(b"\n")
    last = data[data.rfind(b"\n") + 1 :]
    length = len(last.decode("utf-8", "replace"))
    return line + lines, length + (1 if lines else column)
