"""Any document of a CV in, a report out: what it is, is recognised by its content.

PDF files with attachment and seal, JSON CVs, pictures of a QR code, the text of one, and
proof bundles alone. It needs a trust policy and the seal roots, which were both obtained
separately, the day and the time; no network. Only pictures and PDF files need the extra
``cv``.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Literal

from msgspec.structs import asdict

from provenance.cv.facts import PDF_SIZE_MAX
from provenance.cv.foreign import explain_file
from provenance.cv.pdfcheck import verify_pdf
from provenance.cv.proofcheck import check_proof
from provenance.cv.report import (
    CvReport,
    Document,
    Findings,
    Printed,
    PrintedLine,
    conclude,
)
from provenance.cv.roots import SealRoots, parse_seal_roots
from provenance.cv.summary import PREFIX, decode_summary, parse_summary, verify_summary
from provenance.errors import FormatError, VerificationError
from provenance.record.paris import paris_day
from provenance.verifier import Verifier
from provenance.verifier.checks import Checks
from provenance.verifier.reasons import STATUS_DAYS, date_reasons, is_old

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from provenance.cv.summary import Summary, SummaryLine
    from provenance.report import Reason
    from provenance.tlog.policy import Policy
    from provenance.tlog.tiles import TileReader

DOCUMENT_SIZE_MAX: Final = PDF_SIZE_MAX
"""Bytes of the largest document that is read, of any kind."""
_PDF: Final = b"%PDF-"
_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""What PNG and JPEG files begin with."""
_BUNDLE: Final = b'{"format":"provenance-proof/'


def verify(
    data: bytes,
    policy: Policy | str,
    seal_roots: SealRoots | str,
    *,
    now_s: int | None = None,
    day: date | None = None,
    max_age_s: int | None = None,
    genesis: bytes | None = None,
    tiles: TileReader | None = None,
) -> CvReport:
    """Verify a document. Never raises because of its bytes: bad input is a verdict.

    ``now_s``: POSIX seconds, the time at which a seal without time stamp is judged; left
    out, the present by this machine's clock. ``day``: the day in Europe/Paris that validity
    is judged at; left out, the one of ``now_s``. ``max_age_s`` and ``genesis``: as `Verifier`
    has them. ``tiles``: reads published tiles, from which the proof is brought up to date
    first, as `RefreshingVerifier` does. Raises `FormatError` for a malformed policy or
    malformed seal roots.
    """
    now_s = int(time.time()) if now_s is None else now_s
    day = paris_day(now_s * 1_000_000) if day is None else day
    roots = parse_seal_roots(seal_roots) if isinstance(seal_roots, str) else seal_roots
    verifier = make_verifier(
        policy,
        now_s=now_s,
        max_age_s=max_age_s,
        genesis=genesis,
        tiles=tiles,
        tsa=roots.tsas,
    )
    match recognise(data):
        case "pdf":
            return verify_pdf(data, verifier, roots, day, now_s)
        case "picture":
            return _verify_picture(data, roots, day)
        case "summary":
            return verify_text(data, roots, day)
        case "bundle":
            return verify_bundle(data, verifier, day)
        case "json":
            from provenance.cv.jsoncv import verify as verify_json  # noqa: PLC0415 - seldom

            return verify_json(data, verifier, roots, day)
        case _:
            return _unknown(data, day)


def make_verifier(
    policy: Policy | str,
    *,
    now_s: int,
    max_age_s: int | None,
    genesis: bytes | None,
    tiles: TileReader | None,
    tsa: Sequence[bytes] = (),
) -> Verifier:
    """Make the verifier of bundles; with ``tiles`` one that brings them up to date first."""
    if tiles is None:
        return Verifier(
            policy,
            now_s=now_s,
            max_age_s=max_age_s,
            genesis=genesis,
            tsa=tsa,
        )
    from provenance.refreshing import RefreshingVerifier  # noqa: PLC0415 - seldom

    return RefreshingVerifier(
        policy,
        tiles,
        now_s=now_s,
        max_age_s=max_age_s,
        genesis=genesis,
        tsa=tsa,
    )


def recognise(data: bytes) -> Literal["pdf", "picture", "summary", "bundle", "json", "unknown"]:
    """Tell what a document is, by its first bytes; JSON is a bundle or else a JSON CV."""
    if data.startswith(_PDF):
        return "pdf"
    if data.startswith(_PICTURES):
        return "picture"
    if data.startswith(PREFIX.encode()):
        return "summary"
    if data.startswith(_BUNDLE):
        return "bundle"
    return "json" if data.lstrip(b" \t\r\n").startswith(b"{") else "unknown"


def verify_bundle(data: bytes, verifier: Verifier, day: date | None) -> CvReport:
    """Verify a proof bundle alone."""
    checks = Checks()
    report = check_proof(data, verifier, day, checks)
    if report.verdict == "unreadable":
        unreadable = Checks()
        unreadable.no("readable", f"it is not a proof bundle: {report.checks[0].reason}")
        document = Document("unreadable")
        found = Findings(kind="bundle", made=unreadable.made, document=document, proof=report)
        return conclude(found, day)
    checks.yes("readable", "a proof bundle")
    document = Document("not provable")
    return conclude(
        Findings(kind="bundle", made=checks.made, document=document, proof=report), day
    )


def verify_text(data: bytes | str, roots: SealRoots, day: date | None) -> CvReport:
    """Verify the text of a QR code; a line end behind it is passed over."""
    checks = Checks()
    try:
        text = data.decode() if isinstance(data, bytes) else data
        note = decode_summary(text.removesuffix("\n").removesuffix("\r"))
    except (FormatError, UnicodeDecodeError) as error:
        checks.no("readable", str(error) if isinstance(error, FormatError) else "not UTF-8")
        document = Document("unreadable")
        return conclude(Findings(kind="summary", made=checks.made, document=document), day)
    checks.yes("readable", "the text of a QR code")
    summary = _judge_summary(note, roots, checks)
    printed = None if summary is None else _print(summary, day)
    document = Document("not provable")
    return conclude(
        Findings(kind="summary", made=checks.made, document=document, printed=printed), day
    )


def _judge_summary(note: str, roots: SealRoots, checks: Checks) -> Summary | None:
    try:
        parse_summary(note)
    except FormatError as error:
        checks.no("summary", error)
        return None
    checks.yes("summary", "it has the form of a summary")
    try:
        summary = verify_summary(note, roots.summaries)
    except (FormatError, VerificationError) as error:
        checks.no("signature", error)
        return None
    checks.yes("signature", "signed by the operator's key for summaries")
    return summary


def _print(summary: Summary, day: date | None) -> Printed:
    """Add to each line why it needs attention on that day."""
    return Printed(
        origin=summary.origin,
        size=summary.size,
        time=summary.time,
        holder=summary.holder,
        certifications=tuple(
            PrintedLine(**asdict(line), reasons=_line_reasons(line, summary.time, day))
            for line in summary.certifications
        ),
    )


def _line_reasons(line: SummaryLine, time: str, day: date | None) -> tuple[Reason, ...]:
    status: tuple[Reason, ...] = () if line.status == "in force" else (line.status,)
    is_stale = day is not None and is_old(time, day, STATUS_DAYS)
    found: list[tuple[Reason, bool]] = [
        ("status-old", is_stale),
        *date_reasons(line.awarded, line.ends, day),
    ]
    return (*status, *(reason for reason, holds in found if holds))


def _verify_picture(data: bytes, roots: SealRoots, day: date | None) -> CvReport:
    """Verify the only summary in a picture."""
    from provenance.cv.apart import read_picture  # noqa: PLC0415 - needs the extra

    checks = Checks()
    facts = read_picture(data)
    texts = {text for text in facts.texts if text.startswith(PREFIX)}
    if len(texts) == 1:
        return verify_text(texts.pop(), roots, day)
    if facts.problem or texts:
        several = "the picture shows several summaries: cover all but one"
        checks.no("readable", facts.problem or several)
        document = Document("unreadable")
        found = Findings(kind="unknown", made=checks.made, document=document, claims=False)
        return conclude(found, day)
    checks.yes("readable", "a picture")
    hint = (
        "No QR code with a summary can be read in the picture: take it again, nearer, flat and "
        "without shadows."
    )
    return conclude(_nothing(checks, hint), day)


def _unknown(data: bytes, day: date | None) -> CvReport:
    checks = Checks()
    checks.yes("readable", "a file")
    what = explain_file(data)
    hint = (
        f"This is {what}." if what else "It is not a PDF file, a JSON CV, a proof or a QR code."
    )
    return conclude(_nothing(checks, hint), day)


def _nothing(checks: Checks, hint: str) -> Findings:
    """Return what is found in a file that has nothing to do with proofs."""
    document = Document("not provable")
    return Findings(
        kind="unknown", made=checks.made, document=document, claims=False, hint=hint
    )
