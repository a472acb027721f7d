"""The signed summary: what a printed CV can still prove, as the text of a QR code.

A proof bundle is far too large for paper. So the operator signs, with a key that serves for
nothing else, a summary of what it verified in one; a reader who trusts that key (a line
``summary <vkey>`` of its seal roots) needs no network. The text of the QR code is
``PROV1:`` and base45 (RFC 9285) of the zlib form (RFC 1950, level 9) of a C2SP signed note::

    provenance-summary/1
    log.example/certifications
    2048 2026-11-25T21:00:00.000000Z
    ["LEFÈVRE-DUBOIS","Maëlle","1991-07-23"]
    [5,"RNCP","RNCP34762","CERT0001","Certificateur","2026-03-14",null,"B2","in force",
     "Développeur web et web mobile",5]

    — log.example/certifications/summary <base64>

(The fifth line is broken here.) The third line is the size of the checkpoint and the time of
its status entry, the fourth the holder: name, first name, date of birth where it is known to
the day. Each line below is one certification: index, type, code, certifier (BCR), its name
where the log has one, date of award, end of validity, level of language where it was awarded,
status, title and level of the code in the register where the proof shows them. A title of
more than 80 characters is cut to the first 79, less spaces at their end, and an ellipsis.

There are 1 to 16 certifications, ascending by index. Only such are signed as hold on the day
of signing, so the status is ``in force``; readers take the other words too. The rule: at most
4,296 characters of text and 16 KiB of note, each line in its one spelling, exactly one
signature, of type 0x01 (Ed25519), by a key named ``<origin>/summary``. How zlib spelled the
note does not matter, because the note is signed. Where the text would be longer, no line has a
title; where it still is, nothing is signed.
"""

from __future__ import annotations

import zlib
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias, TypeVar

from msgspec import Meta, Struct
from msgspec.structs import replace

from provenance.cv.base45 import decode_base45, encode_base45
from provenance.encoding import decode_json, encode_json, parse_decimal
from provenance.errors import FormatError, VerificationError
from provenance.record.forms import Index, parse_time
from provenance.report import PROVEN
from provenance.tlog.note import ED25519, open_note, sign_note, split_note

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provenance.record.commitment import Value
    from provenance.report import CertificationReport, Report
    from provenance.tlog.note import NoteSigner, VerifierKey

PREFIX: Final = "PROV1:"
TEXT_SIZE_MAX: Final = 4296
"""Characters: what the largest QR code holds (ISO/IEC 18004, version 40, level L)."""
NOTE_SIZE_MAX: Final = 16 * 1024
"""Bytes, when inflated."""
CERTIFICATIONS_MAX: Final = 16
TITLE_SIZE_MAX: Final = 80
"""Characters of a title, the ellipsis of one that was cut included."""
_HEADER: Final = "provenance-summary/1"
_HEADER_LINES: Final = 4
_HOLDER: Final = "identificationTitulaire"
_PARTS: Final = ("annee", "mois", "jour")
_BIRTH: Final = tuple(f"{_HOLDER}.titulaire.{part}Naissance" for part in _PARTS)

S = TypeVar("S", bound=Struct)
Date: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
Words: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255)]
Title: TypeAlias = Annotated[str, Meta(min_length=1, max_length=TITLE_SIZE_MAX)]
RegisterLevel: TypeAlias = Annotated[int, Meta(ge=1, le=8)]
SummaryStatus: TypeAlias = Literal["in force", "superseded", "withdrawn", "erased"]


class SummaryHolder(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Whose certifications they are; ``born`` is None where it is not known to the day."""

    name: Words
    first_name: Words
    born: Date | None


class SummaryLine(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One certification; ``certifier`` is a BCR, ``level`` the European level of language.

    ``title`` and ``register_level``: what the register says of the code.
    """

    index: Index
    type: Words
    code: Words
    certifier: Words
    certifier_name: Words | None
    awarded: Date
    ends: Date | None
    level: Words | None
    status: SummaryStatus
    title: Title | None
    register_level: RegisterLevel | None


class Summary(Struct, frozen=True):
    """What was verified in a bundle, as of a checkpoint's size and its status entry's time."""

    origin: str
    size: Index
    time: str
    holder: SummaryHolder
    certifications: tuple[SummaryLine, ...]


def make_summary(report: Report) -> Summary:
    """Sum up a verified bundle.

    Raises `VerificationError` for what no printed line may say: a report that is not ``yes``
    for a day, so that some certification does not hold then; more than one holder, or one
    that is not shown as a whole; more than 16 certifications, or statuses of two times.
    """
    _check_holds(report)
    if report.same_person is not True:
        raise VerificationError("no summary: the proof does not show one holder for all of it")
    if len(report.certifications) > CERTIFICATIONS_MAX:
        raise VerificationError(f"no summary: more than {CERTIFICATIONS_MAX} certifications")
    first = report.certifications[0]
    if len({one.as_of_index for one in report.certifications}) > 1:
        raise VerificationError("no summary: the statuses are not all of one time")
    assert report.checkpoint is not None, "a report that says yes has a checkpoint"
    assert first.as_of_index is not None, "a status that is known is as of an entry"
    assert first.as_of_time is not None, "the same"
    summary = Summary(
        origin=report.checkpoint.origin,
        size=first.as_of_index + 1,
        time=first.as_of_time,
        holder=_holder(dict(first.fields)),
        certifications=tuple(map(_line, report.certifications)),
    )
    _parse_text(_text(summary))
    return summary


def _check_holds(report: Report) -> None:
    """Refuse a proof that is not accepted, and one with a certification that does not hold."""
    if report.verdict not in PROVEN:
        raise VerificationError("no summary: the proof is not accepted")
    for one in report.certifications:
        if one.reasons:
            raise VerificationError(
                f"no summary: entry {one.index} does not hold: {', '.join(one.reasons)}; "
                "leave it out of the proof"
            )


def _holder(fields: Mapping[str, Value]) -> SummaryHolder:
    """Read the identity of which the report says that it is whole, with a first name."""
    name = fields.get(f"{_HOLDER}.titulaire.nomNaissance")
    first = fields.get(f"{_HOLDER}.titulaire.prenom1")
    if name is None or first is None:
        name = fields.get(f"{_HOLDER}.dossierFormation.nomTitulaire")
        first = fields.get(f"{_HOLDER}.dossierFormation.prenom1Titulaire")
    year, month, day = (fields.get(part) for part in _BIRTH)
    whole = isinstance(year, int) and isinstance(month, int) and isinstance(day, int)
    born = f"{year:04}-{month:02}-{day:02}" if whole else None
    return SummaryHolder(str(name), str(first), born)


def _line(one: CertificationReport) -> SummaryLine:
    assert one.certifier is not None, "a complete line shows its certifier"
    fields = dict(one.fields)
    ends = fields["dateFinValidite"]
    return SummaryLine(
        index=one.index,
        type=str(fields["type"]),
        code=str(fields["code"]),
        certifier=one.certifier,
        certifier_name=one.certifier_name,
        awarded=str(fields["dateDebutValidite"]),
        ends=None if ends is None else str(ends),
        level=language_level(fields),
        status="in force",
        title=None if one.title is None else cut_title(one.title),
        register_level=one.level,
    )


def cut_title(title: str) -> str:
    """Return a title as a summary has it: at most 80 characters, with an ellipsis if cut."""
    if len(title) <= TITLE_SIZE_MAX:
        return title
    return f"{title[: TITLE_SIZE_MAX - 1].rstrip(' ')}…"


def language_level(fields: Mapping[str, Value]) -> str | None:
    """Return the European level of language that was awarded, as its flag says, or None."""
    level = fields.get("niveauLangueEuropeen")
    shown = fields.get("presenceNiveauLangueEuro") is True
    return level if shown and isinstance(level, str) else None


def sign_summary(summary: Summary, signer: NoteSigner) -> str:
    """Sign a summary and return the text of its QR code.

    Where the text is longer than a QR code can hold, no line has a title. Raises
    `FormatError` for a key of another kind or name than ``<origin>/summary``, and when the
    text is too long even so.
    """
    key = signer.verifier_key
    if key.kind != ED25519 or key.name != summary_key_name(summary.origin):
        name = summary_key_name(summary.origin)
        raise FormatError(f"a summary is signed by an Ed25519 key named {name}")
    try:
        text = encode_summary(sign_note(_text(summary), [signer]))
    except FormatError:
        lines = tuple(replace(one, title=None) for one in summary.certifications)
        summary = replace(summary, certifications=lines)
        text = encode_summary(sign_note(_text(summary), [signer]))
    parse_summary(decode_summary(text))
    return text


def summary_key_name(origin: str) -> str:
    """Name the key that signs the summaries of a log."""
    return f"{origin}/summary"


def encode_summary(note: str) -> str:
    """Return the text of the QR code of a signed note; raises `FormatError` if too long."""
    text = PREFIX + encode_base45(zlib.compress(note.encode(), 9))
    if len(text) > TEXT_SIZE_MAX or len(note.encode()) > NOTE_SIZE_MAX:
        raise FormatError(
            f"the summary has {len(text)} characters, a QR code holds {TEXT_SIZE_MAX}: "
            "leave certifications out"
        )
    return text


def decode_summary(text: str) -> str:
    """Return the signed note in the text of a QR code; raises `FormatError`.

    At most 16 KiB are inflated, whatever the text promises.
    """
    if not text.startswith(PREFIX) or len(text) > TEXT_SIZE_MAX:
        raise FormatError("malformed summary: no text of a summary's QR code")
    inflater = zlib.decompressobj()
    try:
        note = inflater.decompress(decode_base45(text.removeprefix(PREFIX)), NOTE_SIZE_MAX + 1)
        decoded = note.decode()
    except (zlib.error, UnicodeDecodeError) as error:
        raise FormatError("malformed summary: not the zlib form of a text") from error
    if len(note) > NOTE_SIZE_MAX or not inflater.eof or inflater.unused_data:
        raise FormatError("malformed summary: cut off, too long, or something behind it")
    return decoded


def parse_summary(note: str) -> Summary:
    """Parse a summary's note, verifying nothing; raises `FormatError`."""
    text, signatures = split_note(note)
    summary = _parse_text(text)
    if [one.name for one in signatures] != [summary_key_name(summary.origin)]:
        raise FormatError("malformed summary: it has one signature, by the log's summary key")
    return summary


def verify_summary(note: str, keys: Iterable[VerifierKey]) -> Summary:
    """Verify a summary's note under the summary keys that the reader trusts.

    Raises `FormatError` for what is none, `SignatureError` where it is not signed by one
    of ``keys``; keys of another type than Ed25519 (0x01) are passed over.
    """
    summary = parse_summary(note)
    open_note(note, [key for key in keys if key.kind == ED25519])
    return summary


def _text(summary: Summary) -> str:
    lines = (summary.holder, *summary.certifications)
    return "\n".join(
        (
            _HEADER,
            summary.origin,
            f"{summary.size} {summary.time}",
            *(encode_json(line).decode() for line in lines),
            "",
        )
    )


def _parse_text(text: str) -> Summary:
    lines = text.split("\n")[:-1]
    if not _HEADER_LINES < len(lines) <= _HEADER_LINES + CERTIFICATIONS_MAX:
        raise FormatError("malformed summary: too few lines, or too many")
    header, origin, moment, holder, *rest = lines
    size, _, time = moment.partition(" ")
    summary = Summary(
        origin=origin,
        size=parse_decimal(size),
        time=time,
        holder=_decode(holder, SummaryHolder),
        certifications=tuple(_decode(line, SummaryLine) for line in rest),
    )
    parse_time(time)
    indexes = [one.index for one in summary.certifications]
    if header != _HEADER or _text(summary) != text or not origin:
        raise FormatError("malformed summary: not in its one spelling")
    if not all(a < b for a, b in pairwise([*indexes, summary.size])):
        raise FormatError("malformed summary: indexes do not ascend, or exceed the size")
    return decode_json(encode_json(summary), Summary, "summary")


def _decode(line: str, kind: type[S]) -> S:
    return decode_json(line.encode(), kind, "summary")
