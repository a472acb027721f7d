"""Level 1: bytes to XML events, by the standard library's expat, within limits.

Accepted is XML 1.0 in UTF-8, with or without a byte order mark. Refused: every other
encoding, document types (and with them entities and all that can grow), and tags, comments
or texts too long to be any part of a deposit. The last is a matter of time as well: older
versions of expat begin a token anew with every block that does not end it, so the work
grows with the square of its length. The parser never forgets a name, so there is a limit on
how many different ones a file may have.

The bytes are fed in blocks of one size, whatever the sizes in which they come, so a file is
judged the same however it was cut.

Sources: Extensible Markup Language (XML) 1.0, Fifth Edition; Namespaces in XML 1.0.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NoReturn
from xml.parsers import expat

from msgspec import Struct

from provenance.cdc._foreign import explain_file
from provenance.cdc.faults import Fault
from provenance.cdc.schema import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BLOCK_SIZE: Final = 1 << 16
"""Bytes that are parsed at once."""

_LOOK_BACK: Final = 4
"""Bytes of a block that stay in view: a character that lies across the border."""
# Encodings by name, as producers' software spells them, in small letters without - and _.
_UTF_8: Final = {"utf8", "csutf8", "utf8sig", "unicode11utf8", "unicode20utf8"}
_NAME_SHOWN_MAX: Final = 64
_TRUNCATED: Final = {
    expat.errors.codes[text]
    for text in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
}
_NO_ELEMENTS: Final = expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]
_INVALID_TOKEN: Final = expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]
_MESSAGES: Final = {
    expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]: (
        "undefined-entity",
        "an entity that XML itself does not define; write the character as it is in UTF-8",
    ),
    expat.errors.codes[expat.errors.XML_ERROR_UNBOUND_PREFIX]: (
        "unbound-prefix",
        (
            "a prefix that is bound to no namespace; declare it on the root element, "
            'like xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ),
    ),
    expat.errors.codes[expat.errors.XML_ERROR_MISPLACED_XML_PI]: (
        "not-well-formed",
        "<?xml …?> must be the very first of the file; remove what is before it",
    ),
    _INVALID_TOKEN: (
        "not-well-formed",
        (
            "a character that may not stand here; write & as &amp; and < as &lt;, "
            "and no control characters"
        ),
    ),
}


class Limits(Struct, frozen=True, kw_only=True):
    """What a deposit file may be at most.

    ``file_bytes_max``: bytes of the file. ``passage_bytes_max``: bytes of one passage.
    ``depth_max``: elements within each other. ``silent_bytes_max``: bytes of one tag,
    comment or text; up to one block more may pass before it is noticed.
    ``bindings_chars_max``: characters of all prefixes and namespaces in scope, which are
    stored with every passage. ``names_max``: different names of elements, attributes and
    prefixes; up to one block's more may come before it is noticed. ``faults_max``: after so
    many faults the file is not read on.
    """

    file_bytes_max: int = 1 << 30
    passage_bytes_max: int = 1 << 18
    depth_max: int = 32
    silent_bytes_max: int = 1 << 16
    bindings_chars_max: int = 1 << 12
    names_max: int = 1 << 16
    faults_max: int = 100


class StopReading(Exception):  # noqa: N818 - it says what to do, and is no error of ours
    """Thrown through the parser when reading on is no use; never leaves the package."""


class XmlReader:
    """Feeds one file to a parser of its own, and keeps the bytes that are still needed.

    Whoever interprets the events sets the parser's handlers for elements and takes the
    text from ``text``, where its pieces are gathered.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits: Final = limits
        self.faults: Final[list[Fault]] = []
        self.text: Final[list[str]] = []
        # Separator and interning: names come with their namespace, one object a name.
        self._names: Final[dict[str, str]] = {}
        self.parser: Final = expat.ParserCreate("UTF-8", SEPARATOR, self._names)
        self._set_handlers()
        self._scopes: dict[str, list[str | None]] = {}
        self._scopes_size = 0
        self._bindings: tuple[tuple[str, str], ...] | None = None
        self._window = b""
        self._base = 0  # Offset in the file at which the window begins.
        self._unfinished = 0  # Offset of the token that the last block did not end.
        self._kept: int | None = None

    def _set_handlers(self) -> None:
        parser = self.parser
        parser.buffer_text = True
        parser.CharacterDataHandler = self.text.append
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartNamespaceDeclHandler = self._bind
        parser.EndNamespaceDeclHandler = self._unbind
        # Newer versions of expat put off long tokens; here a limit bounds them instead, and
        # what is pending after a block is then the beginning of one token and no more.
        with suppress(AttributeError):
            parser.SetReparseDeferralEnabled(False)

    def run(self, chunks: Iterable[bytes]) -> Iterator[None]:
        """Read the file; hand over after each block and at the end, unless a fault stops it."""
        try:
            for block in blocks(chunks):
                self._feed(block)
                yield
            self.parser.Parse(b"", True)
            yield  # A version of expat that put something off has done it now.
        except StopReading:
            pass
        except expat.ExpatError as error:
            self._malformed(error)

    def add(self, fault: Fault) -> None:
        """Note a fault; stops the reading when there are enough of them."""
        self.faults.append(fault)
        if len(self.faults) >= self.limits.faults_max:
            raise StopReading

    def refuse(self, code: str, message: str) -> NoReturn:
        """Note a fault of level 1 at the present place, and stop the reading."""
        line, column = self.position()
        self.faults.append(_fault(code, message, line, column))
        raise StopReading

    def position(self) -> tuple[int, int]:
        """Return line and column of the present event, both from 1."""
        return self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1

    def keep(self) -> int:
        """Keep all bytes from the present event on; give its offset in the file."""
        self._kept = self.parser.CurrentByteIndex
        return self._kept

    def take(self) -> bytes:
        """Return the bytes from where `keep` was called to the end of the present end tag.

        The element must have had content: expat does not tell where an empty element's tag
        begins. An end tag holds no quotes, so its first ``>`` ends it.
        """
        start = (self._kept or 0) - self._base
        end = self._window.index(b">", self.parser.CurrentByteIndex - self._base) + 1
        self.drop()
        return self._window[start:end]

    def drop(self) -> None:
        """Keep no more bytes."""
        self._kept = None

    @property
    def bindings(self) -> tuple[tuple[str, str], ...]:
        """Prefix and namespace of each declaration in force, ordered; "" is the default.

        By code points, which is by the bytes of UTF-8 too. A prefix that is undeclared is
        left out, and so is ``xml``, which means the same wherever it is declared.
        """
        if self._bindings is None:
            innermost = ((prefix, uris[-1]) for prefix, uris in self._scopes.items())
            self._bindings = tuple(
                sorted((prefix, uri) for prefix, uri in innermost if uri and prefix != "xml")
            )
        return self._bindings

    def passage_too_long(self) -> NoReturn:
        """Refuse the file for a passage longer than the limit."""
        limit = self.limits.passage_bytes_max
        self.refuse("passage-too-large", f"a passage of more than {limit} bytes")

    def _feed(self, block: bytes) -> None:
        parser, limits = self.parser, self.limits
        fed = self._slide(block)
        if fed == len(block) and (other := explain_file(block)) is not None:
            self.refuse(*other)
        if fed > limits.file_bytes_max:
            self.refuse(
                "file-too-large", f"the file has more than {limits.file_bytes_max} bytes"
            )
        parser.Parse(block, False)
        self._unfinished = parser.CurrentByteIndex
        if len(self._names) > limits.names_max:
            self.refuse(
                "too-many-names",
                f"more than {limits.names_max} different names of elements, attributes and "
                "prefixes; a deposit has fewer than 100",
            )
        if fed - self._unfinished > limits.silent_bytes_max:
            self.refuse(
                "token-too-long",
                f"a tag or comment of more than {limits.silent_bytes_max} bytes; shorten it",
            )
        if sum(map(len, self.text)) > limits.silent_bytes_max:
            self.refuse(
                "text-too-long",
                f"more than {limits.silent_bytes_max} characters without a tag; shorten it",
            )
        if self._kept is not None and fed - self._kept > limits.passage_bytes_max:
            self.passage_too_long()

    def _slide(self, block: bytes) -> int:
        """Move the window on to ``block``; give the file's bytes so far."""
        end = self._base + len(self._window)
        start = max(self._base, min(end - _LOOK_BACK, self._unfinished))
        if self._kept is not None:
            start = min(start, self._kept)
        self._window = self._window[start - self._base :] + block
        self._base = start
        return end + len(block)

    def _declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if version != "1.0":
            self.refuse("xml-version", 'an XML version other than "1.0"')
        spelled = "utf8" if encoding is None else encoding.lower()
        bare = spelled.replace("-", "").replace("_", "").removeprefix("x")
        if bare not in _UTF_8:
            shown = spelled[:_NAME_SHOWN_MAX]
            message = f"an encoding other than UTF-8 ({shown}); write the file in UTF-8"
            self.refuse("encoding", message)

    def _doctype(self, *_: object) -> None:
        self.refuse("doctype", "a document type (DOCTYPE) may not stand in a deposit")

    def _bind(self, prefix: str | None, uri: str | None) -> None:
        self._bindings = None
        if uri and " " in uri:
            self._spaced(prefix, uri)
        self._scopes.setdefault(prefix or "", []).append(uri)
        self._scopes_size += _binding_size(prefix, uri)
        limit = self.limits.bindings_chars_max
        if self._scopes_size > limit:
            message = f"namespace declarations of more than {limit} characters"
            self.refuse("too-many-namespaces", message)

    def _unbind(self, prefix: str | None) -> None:
        self._bindings = None
        uris = self._scopes[prefix or ""]
        self._scopes_size -= _binding_size(prefix, uris.pop())
        if not uris:
            # A file may declare a prefix of its own for each passage.
            del self._scopes[prefix or ""]

    def _spaced(self, prefix: str | None, uri: str) -> NoReturn:
        name = "xmlns" if prefix is None else f"xmlns:{prefix[:_NAME_SHOWN_MAX]}"
        shown = uri[:_NAME_SHOWN_MAX]
        message = f'{name}="{shown}" is a namespace with a space in it, which none may have'
        self.refuse("namespace-space", f"{message}; write %20, or leave {name} out")

    def _malformed(self, error: expat.ExpatError) -> None:
        if error.code == _NO_ELEMENTS and not self._window:
            code, message = "truncated", "the file is empty"
        elif error.code in _TRUNCATED:
            code, message = "truncated", "the file ends before its root element does"
        elif error.code == _INVALID_TOKEN and not self._is_character():
            code, message = "encoding", "bytes that are not UTF-8; write the file in UTF-8"
        else:
            plain = f"not well-formed XML: {expat.ErrorString(error.code)}"
            code, message = _MESSAGES.get(error.code, ("not-well-formed", plain))
        self.faults.append(_fault(code, message, error.lineno, error.offset + 1))

    def _is_character(self) -> bool:
        """Return whether a character of UTF-8 stands where the parser stopped."""
        start = self.parser.ErrorByteIndex - self._base
        data = self._window[start : start + _LOOK_BACK] if start >= 0 else b"?"
        try:
            data.decode()
        except UnicodeDecodeError as error:
            return error.start > 0
        return True


def _binding_size(prefix: str | None, uri: str | None) -> int:
    return len(prefix or "") + len(uri or "") + 1


def _fault(code: str, message: str, line: int, column: int) -> Fault:
    return Fault(
        level="well-formed",
        code=code,
        message=message,
        effect="file",
        line=line,
        column=column,
    )


def blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut the bytes anew into blocks of one size; the last one may be shorter."""
    pending: list[bytes] = []
    size = 0
    for chunk in chunks:
        view = memoryview(chunk)
        while size + len(view) >= BLOCK_SIZE:
            cut = BLOCK_SIZE - size
            yield b"".join([*pending, view[:cut]])
            view, pending, size = view[cut:], [], 0
        if view:
            pending.append(bytes(view))
            size += len(view)
    if pending:
        yield b"".join(pending)
