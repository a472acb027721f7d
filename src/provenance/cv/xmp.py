"""The name at the top of a CV, repeated in the metadata of its PDF file.

No verifier reads the text of a page, so the name that stands there in large letters is
repeated as a property of the XMP packet (ISO 16684-1) of the catalog's ``/Metadata``, where
it can be compared with the proof::

    <provenance:holder>Maëlle LEFÈVRE-DUBOIS</provenance:holder>

The rule for readers, which needs no XML parser: the packet is UTF-8 and at most 1 MiB. One in
which the address of the namespace does not occur has no such property. Any other has
``<provenance:holder>`` exactly once and ``</provenance:holder>`` exactly once behind it; what
is between them, without ``<``, is the name, in which ``&`` begins one of the five names that
XML knows (amp, lt, gt, quot, apos). Else the property is malformed.

A PDF/A file describes the properties that XMP itself does not know (ISO 19005-3 section
6.6.2.3), so the description of this one is written too.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Final

from provenance.cv.facts import HOLDER_NAMESPACE, HOLDER_PROPERTY
from provenance.errors import FormatError

PACKET_SIZE_MAX: Final = 1024 * 1024
"""Bytes of a packet in which the property is looked for."""
MALFORMED: Final = ("", "")
"""What stands for a property that is there in another form, or twice."""
_PREFIX: Final = "provenance"
_OPEN: Final = f"<{_PREFIX}:{HOLDER_PROPERTY}>"
_CLOSE: Final = f"</{_PREFIX}:{HOLDER_PROPERTY}>"
_VALUE: Final = re.compile("(?:[^<&]|&(?:amp|lt|gt|quot|apos);)*")
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
        f"{_OPEN}{escape(name, quote=False)}{_CLOSE}</rdf:Description>"
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
    if text.count(_OPEN) != 1 or text.count(_CLOSE) != 1:
        return MALFORMED
    value = text[text.index(_OPEN) + len(_OPEN) :].partition(_CLOSE)[0]
    return (unescape(value),) if _VALUE.fullmatch(value) else MALFORMED
