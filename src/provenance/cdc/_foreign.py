"""Files that are deposited by mistake, told by their first bytes.

The parser would say of each of them that a character may not be there. Who sends a table, an
archive or a file in another encoding is told what it is, and what to send instead.
"""

from __future__ import annotations

import codecs
import re
from typing import Final, TypeAlias

Explained: TypeAlias = tuple[str, str]
"""Code and message of a fault."""

_INSTEAD: Final = "deposit the XML file that the software for certifications writes"
_OFFICE: Final = (
    "not-xml-spreadsheet",
    f"a spreadsheet or office document (XLSX or the like), not XML; {_INSTEAD}",
)
_ARCHIVE: Final = (
    "not-xml-archive",
    "a ZIP archive, not XML; unpack it and deposit the XML file in it",
)
_OFFICE_PARTS: Final = (b"[Content_Types].xml", b"xl/", b"application/vnd.oasis.opendocument")
_COMPRESSED: Final = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "RAR",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0"
_WIDE_MARKS: Final = (codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)
_MARK: Final = codecs.BOM_UTF8
_MARKS: Final = (_MARK, _MARK.decode("latin-1").encode())
"""A byte order mark; and one that was taken for three characters, and encoded again."""
_PAGE: Final = re.compile(rb"<(?:!doctype\s+)?html[\s>]", re.IGNORECASE)
_SEPARATORS: Final = b";,\t|"
_LINE_SIZE_MAX: Final = 4096
_START_SIZE_MIN: Final = 8
"""Bytes below which nothing is told from a beginning."""


def explain_file(start: bytes) -> Explained | None:
    """Return what is wrong with a file that is not XML in UTF-8; None where it may be.

    ``start``: the first block of the file.
    """
    if len(start) < _START_SIZE_MIN:
        return None
    return _explain_binary(start) or _explain_text(start.removeprefix(_MARK).lstrip())


def _explain_binary(start: bytes) -> Explained | None:
    if start.startswith(b"PK"):
        return _OFFICE if any(part in start for part in _OFFICE_PARTS) else _ARCHIVE
    if start.startswith(_OLD_OFFICE):
        return _OFFICE
    if start.startswith(b"%PDF"):
        return "not-xml-pdf", "a PDF document, not XML; deposit the XML file itself"
    for magic, name in _COMPRESSED.items():
        if start.startswith(magic):
            message = f"a compressed file ({name}), not XML; decompress it, and deposit that"
            return "not-xml-compressed", message
    if start.startswith(_WIDE_MARKS) or b"\0" in start[:4]:
        name = "UTF-32" if b"\0\0" in start[:4] else "UTF-16"
        return "encoding", f"an encoding other than UTF-8 ({name}); write the file in UTF-8"
    return None


def _explain_text(text: bytes) -> Explained | None:
    if text.startswith(_MARKS):
        return "byte-order-mark", "a byte order mark where none may be; keep one, or none"
    if _PAGE.match(text):
        return "not-xml-page", "a web page (HTML), not a deposit; deposit the XML file itself"
    return None if not text or text.startswith(b"<") else _explain_plain(text)


def _explain_plain(text: bytes) -> Explained:
    if text.startswith((b"{", b"[")):
        return "not-xml-json", "JSON, not XML; deposit the XML file itself"
    if b"<" in text:
        return "not-xml", "something before the first <; remove what is before it"
    line = text[:_LINE_SIZE_MAX].splitlines()[0]
    if any(separator in line for separator in _SEPARATORS):
        return "not-xml-table", f"a table as text (CSV), not XML; {_INSTEAD}"
    return "not-xml", "text, not XML: it does not begin with <; deposit the XML file itself"
