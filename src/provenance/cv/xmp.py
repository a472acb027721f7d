"""The name at the top of a CV, repeated in the metadata of its PDF file.

No verifier reads the text of a page, so the name printed there in large letters is
repeated as a property of the XMP packet (ISO 16684-1) of the catalog's ``/Metadata``, where
it can be compared with the proof::

    <provenance:holder>Maëlle LEFÈVRE-DUBOIS</provenance:holder>

Programs that add a signature write a packet anew, each in its own way: with another prefix,
or with the property as an attribute. Both are the same property, so both are read. The rule
for readers needs no XML parser. White space is space, tab, CR and LF.

- The packet is UTF-8 and at most 1 MiB, otherwise the property is absent.
- Its prefixes are the P of each ``xmlns:P="…"`` (behind white space, in either quotes, with
  white space around ``=`` or none) that holds the address of the namespace. P begins with a
  letter (A to Z, a to z) or ``_``, and goes on with these, digits, ``.`` and ``-``. More than
  eight prefixes make the property malformed.
- Its uses are the places of ``P:holder`` behind ``<`` or white space, and not before a
  character that may be in P, or a colon. Without any the property is absent; with
  several it is malformed.
- Behind ``<P:holder`` follow declarations ``xmlns:…="…"`` or none, ``>``, the value,
  ``</P:holder``, white space or none, and ``>``. Where the use is behind white space, ``=`` and
  the value in either quotes follow. Else it is malformed.
- The value holds no ``<``, and ``&`` begins one of the five names that XML knows (amp, lt, gt,
  quot, apos).

A PDF/A file describes the properties that XMP itself does not know (ISO 19005-3 section
6.6.2.3), so the description of this one is written too.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING, Final

from provenance.cv.facts import HOLDER_NAMESPACE, HOLDER_PROPERTY
from provenance.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKET_SIZE_MAX: Final = 1024 * 1024
"""Bytes of a packet in which the property is looked for."""
PREFIXES_MAX: Final = 8
MALFORMED: Final = ("", "")
"""The result for a property in another form, or present twice."""
_PREFIX: Final = "provenance"
_SPACE: Final = r"[ \t\r\n]"
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_.-]*"
_TEXT: Final = r"(?:[^<&{}]|&(?:amp|lt|gt|quot|apos);)*"
_IS: Final = rf"{_SPACE}*={_SPACE}*"
_ADDRESS: Final = re.escape(HOLDER_NAMESPACE)
_DECLARED: Final = re.compile(rf"{_SPACE}xmlns:({_NAME}){_IS}(?:\"{_ADDRESS}\"|'{_ADDRESS}')")
_OTHERS: Final = rf"(?:{_SPACE}+xmlns:{_NAME}{_IS}(?:\"[^\"<]*\"|'[^'<]*'))*"
_SCHEMAS_END: Final = "</rdf:Bag></pdfaExtension:schemas>"
_PACKET_END: Final = "</rdf:RDF>"
_DESCRIPTION: Final = (
    '<rdf:li rdf:parseType="Resource">'
    "<pdfaSchema:schema>Provenance schema</pdfaSchema:schema>"
    f"<pdfaSchema:namespaceURI>{HOLDER_NAMESPACE}</pdfaSchema:namespaceURI>"
    f"<pdfaSchema:prefix>{_PREFIX}</pdfaSchema:prefix>"
    '<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">'
    "<pdfaProperty:category>external</pdfaProperty:category>"
    "<pdfaProperty:description>Name at the top of the CV</pdfaProperty:description>"
    f"<pdfaProperty:name>{HOLDER_PROPERTY}</pdfaProperty:name>"
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
    "</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li>"
)


def add_holder(packet: bytes, name: str) -> bytes:
    """Return a packet as typst writes it, with the property added.

    Raises `FormatError` for a packet that has no place for it, or has it already.
    """
    text = packet.decode()
    if text.count(_SCHEMAS_END) != 1 or text.count(_PACKET_END) != 1 or read_holder(packet):
        raise FormatError("the metadata of the PDF file have no place for the holder's name")
    value = (
        f'<rdf:Description rdf:about="" xmlns:{_PREFIX}="{HOLDER_NAMESPACE}">'
        f"<{_PREFIX}:{HOLDER_PROPERTY}>{escape(name, quote=False)}"
        f"</{_PREFIX}:{HOLDER_PROPERTY}></rdf:Description>"
    )
    text = text.replace(_SCHEMAS_END, f"{_DESCRIPTION}{_SCHEMAS_END}")
    added = text.replace(_PACKET_END, f"{value}{_PACKET_END}").encode()
    if read_holder(added) != (name,):
        raise FormatError("the holder's name cannot be written into the metadata")
    return added


def read_holder(packet: bytes) -> tuple[str, ...]:
    """Return the property's value: none, one, or `MALFORMED`."""
    if len(packet) > PACKET_SIZE_MAX or HOLDER_NAMESPACE.encode() not in packet:
        return ()
    try:
        text = packet.decode()
    except UnicodeDecodeError:
        return ()
    prefixes = {*_DECLARED.findall(text)}
    if len(prefixes) > PREFIXES_MAX:
        return MALFORMED
    uses = [use for prefix in prefixes for use in _find_uses(text, prefix)]
    if len(uses) != 1:
        return MALFORMED if uses else ()
    (value,) = uses
    return MALFORMED if value is None else (unescape(value),)


def _find_uses(text: str, prefix: str) -> Iterator[str | None]:
    """Yield the value of each use of the property under a prefix; None for a malformed one."""
    name = f"{re.escape(prefix)}:{HOLDER_PROPERTY}"
    element = re.compile(rf"{_OTHERS}{_SPACE}*>({_TEXT.format('')})</{name}{_SPACE}*>")
    attribute = re.compile(
        rf"{_IS}(?:\"({_TEXT.format(chr(34))})\"|'({_TEXT.format(chr(39))})')"
    )
    for use in re.finditer(rf"(<|{_SPACE}){name}(?![A-Za-z0-9_.:-])", text):
        form = element if use[1] == "<" else attribute
        found = form.match(text, use.end())
        yield None if found is None else found[found.lastindex or 1]
