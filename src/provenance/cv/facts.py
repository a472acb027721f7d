"""What a PDF file holds that matters here, as the reading process tells it.

An *attachment* is the proof bundle in the file, a *signature dictionary* any dictionary
among the file's objects that has ``/ByteRange``, or the type ``/Sig`` or ``/DocTimeStamp``.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

PDF_SIZE_MAX: Final = 64 * 1024 * 1024
"""Bytes of a PDF file."""
ATTACHMENT_NAME: Final = "provenance-proof.json"
MEDIA_TYPE: Final = "application/vnd.provenance-proof+json"
RELATIONSHIP: Final = "Data"
SUBFILTER: Final = "/ETSI.CAdES.detached"
BYTE_RANGE: Final = b"/ByteRange"
"""What no file holds twice whose seal is to be believed, wherever it may stand."""
HOLDER_NAMESPACE: Final = "https://provenance.example/provenance/1#"
HOLDER_PROPERTY: Final = "holder"
"""The property of a PDF file's metadata (XMP) that repeats the name at the top of a CV."""
KINDS: Final = (
    "actions",
    "attachments",
    "external-content",
    "form-fields",
    "javascript",
    "multimedia",
    "optional-content",
    "portfolio",
    "xfa",
)
"""Every kind of active content, ascending; `activecontent` says what each is."""


class Attachment(Struct, frozen=True):
    """The bundle's bytes, or why there is none (then ``data`` is None)."""

    data: bytes | None
    problem: str = ""


class Signature(Struct, frozen=True):
    """The only signature dictionary of a file, and what the file says about it.

    ``byte_range`` as it stands there, ``contents`` the decoded string with its padding,
    ``certifies``: it is the file's certification (``/Perms``) and permits no change.
    ``claimed_at``: the text of ``/M``.
    """

    byte_range: tuple[int, ...]
    contents: bytes
    subfilter: str
    certifies: bool
    claimed_at: str


class PdfFacts(Struct, frozen=True, kw_only=True):
    """What one reader found.

    ``problem``: why the file cannot be read, else empty. ``signed``: there is a trace of a
    signature. ``signature``: the only one; None where there are none or several, or where it
    is malformed, which ``signature_problem`` tells. ``active``: the kinds of active content
    (`activecontent`), ascending. ``holder``: the values of the property `HOLDER_PROPERTY`,
    where there is none an empty tuple; two empty texts where the metadata cannot be read.
    ``claims``: something in the file bears the proof's name, whatever becomes of it.
    """

    problem: str = ""
    attachment: Attachment = Attachment(None, "not looked for")
    signed: bool = False
    signature: Signature | None = None
    signature_problem: str = ""
    active: tuple[str, ...] = ()
    holder: tuple[str, ...] = ()
    claims: bool = False


class PictureFacts(Struct, frozen=True, kw_only=True):
    """The texts of a picture's QR codes; ``problem``: why it cannot be read, else empty."""

    problem: str = ""
    texts: tuple[str, ...] = ()
