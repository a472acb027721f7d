"""Files that are not a document of a CV, recognised by their first bytes, with what to do.

People save a proof with another program, or hand in the archive that it came in. They are
told so, instead of that there is no proof.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

_MARK: Final = codecs.BOM_UTF8
_WIDE_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_STARTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x1f\x8b", "a gzip file: decompress it, and verify what is inside"),
    (b"BZh", "a bzip2 file: decompress it, and verify what is inside"),
    (b"\xfd7zXZ\0", "an xz file: decompress it, and verify what is inside"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it, and verify the file inside"),
    (b"Rar!", "a RAR archive: unpack it, and verify the file inside"),
    (b"\xd0\xcf\x11\xe0", "an office document (DOC or XLS): verify the original PDF file"),
    (b"GIF8", "a GIF picture: only PNG and JPEG pictures are read; save it as one of these"),
    (b"BM", "a BMP picture: only PNG and JPEG pictures are read; save it as one of these"),
    (b"II*\0", "a TIFF picture: only PNG and JPEG pictures are read; save it as one of these"),
    (b"MM\0*", "a TIFF picture: only PNG and JPEG pictures are read; save it as one of these"),
)
_ARCHIVE: Final = "a ZIP archive: unpack it, and verify the file inside"
_OFFICE: Final = (
    "an office document (XLSX, DOCX or the like), which carries no proof: verify the original "
    "PDF file"
)
_OFFICE_PARTS: Final = (b"[Content_Types].xml", b"xl/", b"word/", b"vnd.oasis.opendocument")
_PHOTOGRAPH: Final = (
    "a picture of another format (WebP or HEIC): only PNG and JPEG pictures are read; save it "
    "as one of these"
)
_START_SIZE: Final = 4096
_PAGE: Final = re.compile(rb"\s*<(?:!doctype\s+)?html[\s>]", re.IGNORECASE)
_SPELLED: Final = re.compile(rb'[\s{]*"format"\s*:\s*"(provenance-[a-z-]+)/', re.ASCII)
_SEPARATORS: Final = b";,\t"
_KNOWN: Final = {
    b"provenance-proof": "a proof that was written anew by some program: one in its own "
    "spelling is needed, byte for byte; verify the file as it was handed out",
    b"provenance-cv": "a list of claims, which proves nothing: verify its proof, and hand "
    "this in beside it (--cv)",
}


def explain_file(data: bytes) -> str:
    """Say what a file is that is not a document, and what to do; empty where nobody knows."""
    start = data[:_START_SIZE]
    if not data:
        return "an empty file"
    if start.startswith(_MARK):
        return (
            "a file that begins with a byte order mark (EF BB BF): save it as UTF-8 without one"
        )
    if start.startswith(b"PK\x03\x04"):
        return _OFFICE if any(part in start for part in _OFFICE_PARTS) else _ARCHIVE
    if (start.startswith(b"RIFF") and start[8:12] == b"WEBP") or start[4:8] == b"ftyp":
        return _PHOTOGRAPH
    # Half of the bytes of common letters are zeros there.
    if start.startswith(_WIDE_MARKS) or b"\0" in (start[:1], start[1:2]):
        return "a text in UTF-16: save it as UTF-8"
    known = next((what for magic, what in _STARTS if start.startswith(magic)), "")
    return known or _explain_text(start)


def _explain_text(start: bytes) -> str:
    if spelled := _SPELLED.match(start):
        return _KNOWN.get(spelled[1], "")
    if _PAGE.match(start):
        return "a web page (HTML): verify the file itself"
    if start.lstrip().startswith(b"<"):
        return "an XML file, which carries no proof"
    line = start.partition(b"\n")[0]
    is_text = line.isascii() and not line.startswith(b"{")
    if is_text and any(line.count(separator) > 1 for separator in _SEPARATORS):
        return "a table as text (CSV), which carries no proof: verify the original file"
    return ""
