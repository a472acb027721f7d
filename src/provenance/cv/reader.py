"""The reader of PDF files of unknown origin, which runs apart (`apart`, `limited`).

The first reader is qpdf (``pikepdf``). It repairs nothing here: what is damaged is read by
every program in another way. Where there is a signature, a second reader has to see the same
(`secondreader`). What is looked for is described in ``docs/formats.md``, section 18.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pikepdf

from provenance.cv.activecontent import find_active, is_named
from provenance.cv.facts import (
    ATTACHMENT_NAME,
    BYTE_RANGE,
    PDF_SIZE_MAX,
    Attachment,
    PdfFacts,
    Signature,
)
from provenance.cv.inflate import decode_embedded
from provenance.cv.xmp import read_holder
from provenance.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

NODES_MAX: Final = 10_000
"""Nodes of a tree (of names, of fields) and entries of a list that are looked at."""
DEPTH_MAX: Final = 32
CONTENTS_SIZE_MAX: Final = 512 * 1024
"""Bytes of a signature with its padding."""
BYTE_RANGE_ITEMS: Final = 4
_TEXT_MAX: Final = 100
_SIGNATURE_TYPES: Final = ("/Sig", "/DocTimeStamp")


def read_facts(data: bytes) -> PdfFacts:
    """Read a file; whatever is wrong with it is told in the result."""
    if len(data) > PDF_SIZE_MAX:
        return PdfFacts(problem=f"more than {PDF_SIZE_MAX} bytes")
    if not data.startswith(b"%PDF-"):
        return PdfFacts(problem="it does not begin as a PDF file does")
    try:
        return _read(data)
    except (pikepdf.PasswordError, _EncryptedError):
        return PdfFacts(problem="it is encrypted")
    except MemoryError:
        return PdfFacts(problem="reading it takes too much memory")
    except Exception as error:  # noqa: BLE001 - qpdf raises many things, and nothing else may
        return PdfFacts(problem=f"it is damaged ({type(error).__name__})")


class _EncryptedError(Exception):
    """The file is encrypted, if only under the empty password."""


class _LoopError(Exception):
    """A tree has loops, or is too large."""


def _read(data: bytes) -> PdfFacts:
    with pikepdf.open(
        io.BytesIO(data),
        attempt_recovery=False,
        suppress_warnings=True,
        inherit_page_attributes=False,
    ) as pdf:
        if pdf.is_encrypted:
            raise _EncryptedError
        if not isinstance(pdf.Root, pikepdf.Dictionary) or len(pdf.pages) == 0:
            return PdfFacts(problem="it has no pages")
        files, signatures, bears = _scan(pdf)
        fields = list(_signed_fields(pdf))
        named, associated = _find_named(pdf)
        facts = PdfFacts(
            attachment=_attachment(named, associated, files),
            claims=bears or bool(named or associated),
            signed=bool(signatures or fields or BYTE_RANGE in data),
            active=find_active(pdf),
            holder=_holder(pdf),
        )
        if not facts.signed:
            return facts
        try:
            found = _signature(pdf, signatures, fields, data.count(BYTE_RANGE))
        except FormatError as error:
            return msgspec.structs.replace(facts, signature_problem=str(error))
        facts = msgspec.structs.replace(facts, signature=found)
    return _compare(data, facts)


def _compare(data: bytes, facts: PdfFacts) -> PdfFacts:
    """Ask the second reader; what it sees otherwise is not to be relied on."""
    from provenance.cv.secondreader import read_again  # noqa: PLC0415 - for signed files only

    replace = msgspec.structs.replace
    try:
        wanted = facts.attachment.data is not None
        attachments, signature = read_again(data, attachments=wanted)
    except Exception as error:  # noqa: BLE001 - any failure is one
        problem = f"another reader cannot read the file ({type(error).__name__})"
        return replace(facts, signature=None, signature_problem=problem)
    if signature != facts.signature:
        problem = "another reader sees another signature"
        facts = replace(facts, signature=None, signature_problem=problem)
    if wanted and attachments != [facts.attachment.data]:
        facts = replace(facts, attachment=Attachment(None, "another reader sees another one"))
    return facts


def _scan(pdf: pikepdf.Pdf) -> tuple[list[Any], list[Any], bool]:
    """Return the files of the proof's name and the signature dictionaries.

    The third is whether any object bears the name, be it a file or not.
    """
    files, signatures, bears = [], [], False
    for one in pdf.objects:
        if not isinstance(one, pikepdf.Dictionary):
            continue
        if is_named(one):
            bears = True
            files += [one] if "/EF" in one else []
        if "/ByteRange" in one or str(one.get("/Type", "")) in _SIGNATURE_TYPES:
            signatures.append(one)
    return files, signatures, bears


def _find_named(pdf: pikepdf.Pdf) -> tuple[list[Any], list[Any]]:
    """Return the embedded files and the associated files of the proof's name."""
    named = [
        spec
        for key, spec in _embedded_files(pdf)
        if _text(key) == ATTACHMENT_NAME or is_named(spec)
    ]
    return named, [spec for spec in _list(pdf.Root.get("/AF")) if is_named(spec)]


def _attachment(named: list[Any], associated: list[Any], files: list[Any]) -> Attachment:
    try:
        return Attachment(_decode(_find_stream(named, associated, files)))
    except FormatError as error:
        return Attachment(None, str(error))


def _find_stream(named: list[Any], associated: list[Any], files: list[Any]) -> Any:  # noqa: ANN401 - pikepdf's own
    """Return the stream of the only file of that name, which all ways must lead to."""
    if not named and not associated and not files:
        raise FormatError(f"no file {ATTACHMENT_NAME} is attached")
    if not len(named) == len(associated) == len(files) == 1:
        raise FormatError(f"not exactly one file {ATTACHMENT_NAME} is attached and associated")
    if not isinstance(named[0], pikepdf.Dictionary):
        raise FormatError("the attached file is not a file")
    if not named[0].objgen == associated[0].objgen == files[0].objgen:
        raise FormatError("the attached file and the associated one are not the same")
    embedded = files[0]["/EF"]
    stream = embedded.get("/F") if isinstance(embedded, pikepdf.Dictionary) else None
    if not isinstance(stream, pikepdf.Stream):
        raise FormatError("the attached file has no content")
    other = embedded.get("/UF", stream)
    if not isinstance(other, pikepdf.Stream) or other.objgen != stream.objgen:
        raise FormatError("the attached file has two contents")
    return stream


def _holder(pdf: pikepdf.Pdf) -> tuple[str, ...]:
    """Read the holder's name out of the metadata; without such a property, none."""
    metadata = pdf.Root.get("/Metadata")
    if not isinstance(metadata, pikepdf.Stream):
        return ()
    try:
        return read_holder(_decode(metadata))
    except FormatError:
        return ()


def _decode(stream: Any) -> bytes:  # noqa: ANN401
    head = stream.stream_dict
    if {"/DecodeParms", "/F", "/FFilter"} & set(head.keys()):
        raise FormatError("the attached file is compressed in a way that is not taken")
    filters = head.get("/Filter", pikepdf.Array())
    names = _list(filters) if isinstance(filters, pikepdf.Array) else [filters]
    return decode_embedded(stream.read_raw_bytes(), [str(one) for one in names])


def _embedded_files(pdf: pikepdf.Pdf) -> Iterator[tuple[Any, Any]]:
    """Walk the name tree of embedded files (ISO 32000-2 section 7.9.6)."""
    names = pdf.Root.get("/Names")
    root = names.get("/EmbeddedFiles") if isinstance(names, pikepdf.Dictionary) else None
    for node in _walk(root, "/Kids"):
        pairs = _list(node.get("/Names"))
        yield from zip(pairs[::2], pairs[1::2], strict=False)


def _signed_fields(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Return the value of every signature field that has one (section 12.7.5.5)."""
    form = pdf.Root.get("/AcroForm")
    fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    for top in _list(fields):
        kinds: set[str] = set()
        for node in _walk(top, "/Kids"):
            kinds.add(str(node.get("/FT", "")))
            if "/V" in node and "/Sig" in kinds:
                yield node["/V"]


def _walk(root: Any, kids: str) -> Iterator[Any]:  # noqa: ANN401
    """Return the dictionaries of a tree, each once, whatever loops there are."""
    waiting, seen = [(root, 0)], set()
    while waiting:
        node, depth = waiting.pop()
        if not isinstance(node, pikepdf.Dictionary):
            continue
        if node.is_indirect and node.objgen in seen:
            raise _LoopError
        seen.add(node.objgen)
        if len(seen) > NODES_MAX or depth > DEPTH_MAX:
            raise _LoopError
        yield node
        waiting.extend((kid, depth + 1) for kid in _list(node.get(kids)))


def _signature(pdf: pikepdf.Pdf, found: list[Any], values: list[Any], traces: int) -> Signature:
    """Return the only signature; ``traces``: how often the bytes `BYTE_RANGE` occur."""
    if not len(found) == len(values) == traces == 1 or values[0].objgen != found[0].objgen:
        raise FormatError("not exactly one signature, in one field")
    (one,) = found
    numbers, contents = _list(one.get("/ByteRange")), one.get("/Contents")
    if len(numbers) != BYTE_RANGE_ITEMS or not all(type(number) is int for number in numbers):
        raise FormatError("the signature has no range of four numbers")
    if not isinstance(contents, pikepdf.String) or len(bytes(contents)) > CONTENTS_SIZE_MAX:
        raise FormatError("the signature has no content, or too much")
    return Signature(
        byte_range=tuple(numbers),
        contents=bytes(contents),
        subfilter=str(one.get("/SubFilter", "")),
        certifies=_certifies(pdf, one),
        claimed_at=_text(one.get("/M")),
    )


def _certifies(pdf: pikepdf.Pdf, one: Any) -> bool:  # noqa: ANN401
    """Whether a signature is the file's certification, and permits no change (12.8.2.2)."""
    permissions = pdf.Root.get("/Perms")
    if not isinstance(permissions, pikepdf.Dictionary):
        return False
    certification = permissions.get("/DocMDP")
    references = _list(one.get("/Reference"))
    if not isinstance(certification, pikepdf.Dictionary) or len(references) != 1:
        return False
    (reference,) = references
    if certification.objgen != one.objgen or not isinstance(reference, pikepdf.Dictionary):
        return False
    parameters = reference.get("/TransformParams")
    if not isinstance(parameters, pikepdf.Dictionary):
        return False
    allowed: Any = parameters.get("/P")
    is_method = str(reference.get("/TransformMethod", "")) == "/DocMDP"
    return is_method and type(allowed) is int and allowed == 1


def _list(value: Any) -> list[Any]:  # noqa: ANN401
    if not isinstance(value, pikepdf.Array):
        return []
    if len(value) > NODES_MAX:
        raise _LoopError
    return list(value)


def _text(value: Any) -> str:  # noqa: ANN401
    return str(value)[:_TEXT_MAX] if isinstance(value, pikepdf.String) else ""
