"""The proof bundle in a PDF file, as an associated file; and what such a file holds.

The bundle is an embedded file (ISO 32000-2 section 7.11.4) named ``provenance-proof.json``, of
media type ``application/vnd.provenance-proof+json`` and relationship ``Data``. It stands in
the document's name tree and in the catalog's ``/AF`` (section 14.13), exactly once.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from provenance.cv.apart import read_pdf
from provenance.cv.extras import needing_extra
from provenance.cv.facts import (
    ATTACHMENT_NAME,
    MEDIA_TYPE,
    RELATIONSHIP,
)
from provenance.errors import FormatError, PolicyError, VerificationError
from provenance.record.bundle import parse_bundle

if TYPE_CHECKING:
    import pikepdf

OVERRIDE: Final = "ask for it as it is (--as-is) if that is what you want"


def attach(pdf: bytes, bundle: bytes, *, as_is: bool = False) -> bytes:
    """Put a proof bundle into a PDF file, in place of one that is there; return the new file.

    The file is written anew, in one revision. The proof is not verified, but must show every
    certification completely, and all of them of one person (`completeness`), unless ``as_is``.
    Raises `FormatError` where either is not what it must be, `VerificationError` for a proof
    of another kind, `PolicyError` for a signed file: attaching would break its seal.
    """
    if as_is:
        parse_bundle(bundle)
    else:
        _check_bundle(bundle)
    facts = read_pdf(pdf)
    if facts.problem:
        raise FormatError(f"this PDF file cannot be used: {facts.problem}")
    if facts.signed:
        raise PolicyError(
            "this PDF file is signed already, and attaching would break the signature: "
            "attach the proof first, then seal"
        )
    with needing_extra():
        from provenance.cv.reader import read_facts  # noqa: PLC0415 - only with the extra
    attached = _write(pdf, bundle)
    # What cannot be read again must not be handed out. It is as harmless as what went in,
    # so it is read here, which is faster.
    if read_facts(attached).attachment.data != bundle:
        raise FormatError("the PDF file has attachments of a kind that cannot be replaced")
    return attached


def _check_bundle(bundle: bytes) -> None:
    from provenance.cv.completeness import check_complete  # noqa: PLC0415 - not for reading

    try:
        check_complete(bundle)
    except VerificationError as error:
        raise VerificationError(f"this proof is not attached: {error}; {OVERRIDE}") from error


def _write(pdf: bytes, bundle: bytes) -> bytes:
    """Write a file anew with a proof in it; raises `FormatError` where its lists are odd."""
    import pikepdf  # noqa: PLC0415 - the caller has loaded it

    target = io.BytesIO()
    try:
        with pikepdf.open(io.BytesIO(pdf), attempt_recovery=False) as document:
            _remove(document)
            _add(document, bundle)
            # The metadata stay as they are, the holder's name in them included.
            document.save(
                target, deterministic_id=True, linearize=False, fix_metadata_version=False
            )
    except FormatError:
        raise
    except Exception as error:
        raise FormatError(
            "the PDF file's lists of attached files are damaged: save it anew with the program "
            "that made it"
        ) from error
    return target.getvalue()


def extract(pdf: bytes) -> bytes:
    """Return the proof bundle out of a PDF file, unverified; raises `FormatError`."""
    facts = read_pdf(pdf)
    if facts.problem:
        raise FormatError(f"this PDF file cannot be read: {facts.problem}")
    if facts.attachment.data is None:
        raise FormatError(f"this PDF file carries no proof: {facts.attachment.problem}")
    return facts.attachment.data


def _remove(document: pikepdf.Pdf) -> None:
    """Take out every associated and embedded file of the proof's name."""
    import pikepdf  # noqa: PLC0415 - the caller has loaded it

    from provenance.cv.activecontent import is_named  # noqa: PLC0415 - only with the extra

    associated = document.Root.get("/AF", pikepdf.Array())
    if not isinstance(associated, pikepdf.Array) or not all(
        isinstance(spec, pikepdf.Dictionary) for spec in associated
    ):
        raise FormatError(
            "the PDF file's list of associated files (/AF) holds something that is not a file: "
            "save it anew with the program that made it"
        )
    if "/AF" in document.Root:
        kept = [spec for spec in associated if not is_named(spec)]
        document.Root.AF = document.make_indirect(pikepdf.Array(kept))
    for name in [*document.attachments]:
        if name == ATTACHMENT_NAME or is_named(document.attachments[name].obj):
            del document.attachments[name]


def _add(document: pikepdf.Pdf, bundle: bytes) -> None:
    import pikepdf  # noqa: PLC0415 - the caller has loaded it

    spec = pikepdf.AttachedFileSpec(
        document,
        bundle,
        filename=ATTACHMENT_NAME,
        mime_type=MEDIA_TYPE,
        relationship=pikepdf.Name(f"/{RELATIONSHIP}"),
        description="Proof of the certifications in this document",
    )
    # This makes it an associated file of the document too.
    document.attachments[ATTACHMENT_NAME] = spec
