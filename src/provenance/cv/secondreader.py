"""The second reader of signed PDF files: pyHanko, which knows nothing of the first one.

Files can be made so that two programs see different objects in them. Whoever verifies sees
what one program saw, whoever reads the CV what another one saw; so two must agree here.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.status import SignatureCoverageLevel

from provenance.cv.facts import ATTACHMENT_NAME, Signature
from provenance.cv.inflate import decode_embedded
from provenance.errors import FormatError

if TYPE_CHECKING:
    from pyhanko.sign.validation import EmbeddedPdfSignature

_TEXT_MAX = 100


def read_again(data: bytes, *, attachments: bool) -> tuple[list[bytes], Signature | None]:
    """Return the contents of all associated files of the proof's name, and the only signature.

    ``attachments``: whether contents are asked for. None for the signature where there is
    not exactly one. Raises whatever pyHanko raises.
    """
    reader = PdfFileReader(io.BytesIO(data), strict=True)
    signatures = list(reader.embedded_signatures)
    found = _describe(reader, signatures[0], data) if len(signatures) == 1 else None
    return _contents(reader) if attachments else [], found


def _contents(reader: PdfFileReader) -> list[bytes]:
    associated = (spec.get_object() for spec in _get(reader.root, "/AF", ()))
    return [_content(spec) for spec in associated if _is_named(spec)]


def _is_named(spec: Any) -> bool:  # noqa: ANN401 - pyHanko has no types
    return ATTACHMENT_NAME in {_text(_get(spec, "/F")), _text(_get(spec, "/UF"))}


def _get(node: Any, key: str, default: object = None) -> Any:  # noqa: ANN401
    """Return what a dictionary has under a key, references followed, which `get` does not."""
    return node[key] if key in node else default  # noqa: SIM401 - `get` is another one


def _content(spec: Any) -> bytes:  # noqa: ANN401
    stream = spec["/EF"]["/F"]
    filters = _get(stream, "/Filter", generic.ArrayObject())
    names = filters if isinstance(filters, generic.ArrayObject) else [filters]
    return decode_embedded(stream.encoded_data, [str(one.get_object()) for one in names])


def _describe(reader: PdfFileReader, one: EmbeddedPdfSignature, data: bytes) -> Signature:
    permissions = _get(reader.root, "/Perms", {})
    certified = (
        "/DocMDP" in permissions
        and permissions.raw_get("/DocMDP") == one.sig_field.raw_get("/V")
        and one.docmdp_level == MDPPerm.NO_CHANGES
    )
    numbers = tuple(int(number) for number in one.byte_range)
    whole = one.evaluate_signature_coverage() == SignatureCoverageLevel.ENTIRE_FILE
    if whole and sum(numbers[2:]) != len(data):
        raise FormatError("the signature's coverage is told in two ways")
    return Signature(
        byte_range=numbers,
        contents=bytes(one.pkcs7_content),
        subfilter=str(_get(one.sig_object, "/SubFilter", "")),
        certifies=certified,
        claimed_at=_text(_get(one.sig_object, "/M")),
    )


def _text(value: Any) -> str:  # noqa: ANN401
    return str(value)[:_TEXT_MAX] if isinstance(value, generic.TextStringObject) else ""
