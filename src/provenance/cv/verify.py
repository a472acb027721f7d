"""Any document of a CV in, a report out: what it is, is recognised by its content.

PDF files with attachment and seal, JSON CVs, pictures of a QR code, the text of one, and
proof bundles alone. It needs a trust policy and the seal roots, which both came by another
way than the document, and the time; no network. Only pictures and PDF files need the
extra ``cv``.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Literal

from provenance.cv.facts import PDF_SIZE_MAX
from provenance.cv.pdf import read_pdf
from provenance.cv.proofcheck import check_proof
from provenance.cv.report import CvReport, Document, conclude
from provenance.cv.roots import SealRoots, parse_seal_roots
from provenance.cv.sealcheck import check_coverage, check_seal, check_trust
from provenance.cv.summary import PREFIX, decode_summary, parse_summary, verify_summary
from provenance.errors import FormatError, VerificationError
from provenance.verifier import Verifier
from provenance.verifier.checks import Checks

if TYPE_CHECKING:
    from provenance.cv.facts import PdfFacts
    from provenance.cv.summary import Summary
    from provenance.report import Report
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
    max_age_s: int | None = None,
    genesis: bytes | None = None,
    tiles: TileReader | None = None,
) -> CvReport:
    """Verify a document. Never raises because of its bytes: bad input is a verdict.

    ``now_s``: POSIX seconds, the time at which a seal without time stamp is judged; left
    out, the present by this machine's clock.
    ``max_age_s`` and ``genesis``: as `Verifier` has them. ``tiles``: reads published tiles,
    from which the proof is brought up to date first, as `RefreshingVerifier` does. Raises
    `FormatError` for a malformed policy or malformed seal roots.
    """
    now_s = int(time.time()) if now_s is None else now_s
    verifier = make_verifier(
        policy, now_s=now_s, max_age_s=max_age_s, genesis=genesis, tiles=tiles
    )
    roots = parse_seal_roots(seal_roots) if isinstance(seal_roots, str) else seal_roots
    match recognise(data):
        case "pdf":
            return verify_pdf(data, verifier, roots, now_s)
        case "picture":
            return _verify_picture(data, roots)
        case "summary":
            return verify_text(data, roots)
        case "bundle":
            return verify_bundle(data, verifier)
        case "json":
            from provenance.cv.jsoncv import verify as verify_json  # noqa: PLC0415 - seldom

            return verify_json(data, verifier, roots)
        case _:
            return _unknown("this is none of a PDF file, a JSON CV, a proof, or a QR code")


def make_verifier(
    policy: Policy | str,
    *,
    now_s: int,
    max_age_s: int | None,
    genesis: bytes | None,
    tiles: TileReader | None,
) -> Verifier:
    """Make the verifier of bundles; with ``tiles`` one that brings them up to date first."""
    if tiles is None:
        return Verifier(policy, now_s=now_s, max_age_s=max_age_s, genesis=genesis)
    from provenance.refreshing import RefreshingVerifier  # noqa: PLC0415 - seldom

    return RefreshingVerifier(policy, tiles, now_s=now_s, max_age_s=max_age_s, genesis=genesis)


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


def _unknown(reason: str) -> CvReport:
    checks = Checks()
    checks.no("readable", reason)
    return conclude("unknown", checks.made, Document("unreadable"))


def verify_bundle(data: bytes, verifier: Verifier) -> CvReport:
    """Verify a proof bundle alone."""
    checks = Checks()
    report = verifier.verify(data)
    if report.verdict == "unreadable":
        checks.no("readable", f"it is no proof bundle: {report.checks[0].reason}")
        return conclude("bundle", checks.made, Document("unreadable"), proof=report)
    checks.yes("readable", "a proof bundle")
    report = check_proof(data, verifier, checks)
    return conclude("bundle", checks.made, Document("not provable"), proof=report)


def verify_text(data: bytes | str, roots: SealRoots) -> CvReport:
    """Verify the text of a QR code; a line end behind it is passed over."""
    checks = Checks()
    try:
        text = data.decode() if isinstance(data, bytes) else data
        note = decode_summary(text.removesuffix("\n").removesuffix("\r"))
    except (FormatError, UnicodeDecodeError) as error:
        checks.no("readable", str(error) if isinstance(error, FormatError) else "not UTF-8")
        return conclude("summary", checks.made, Document("unreadable"))
    checks.yes("readable", "the text of a QR code")
    printed = _judge_summary(note, roots, checks)
    return conclude("summary", checks.made, Document("not provable"), printed=printed)


def _judge_summary(note: str, roots: SealRoots, checks: Checks) -> Summary | None:
    try:
        parse_summary(note)
    except FormatError as error:
        checks.no("summary", error)
        return None
    checks.yes("summary", "it has the form of a summary")
    try:
        printed = verify_summary(note, roots.summaries)
    except (FormatError, VerificationError) as error:
        checks.no("signature", error)
        return None
    checks.yes("signature", "signed by the operator's key for summaries")
    return printed


def _verify_picture(data: bytes, roots: SealRoots) -> CvReport:
    """Verify the only summary in a picture."""
    from provenance.cv.qr import read_picture  # noqa: PLC0415 - needs the extra

    try:
        texts = {text for text in read_picture(data) if text.startswith(PREFIX)}
    except FormatError as error:
        return _unknown(str(error))
    if len(texts) != 1:
        return _unknown("no QR code with a summary is found in the picture, or several")
    return verify_text(texts.pop(), roots)


def verify_pdf(data: bytes, verifier: Verifier, roots: SealRoots, now_s: int) -> CvReport:
    """Verify a PDF file: its attachment, its seal, and the proof; each on its own."""
    checks = Checks()
    facts = read_pdf(data)
    if facts.problem:
        checks.no("readable", facts.problem)
        return conclude("pdf", checks.made, Document("unreadable"))
    checks.yes("readable", "a PDF file within the limits")
    bundle = facts.attachment.data
    if bundle is None:
        checks.no("attachment", facts.attachment.problem)
    else:
        checks.yes("attachment", "exactly one proof is attached")
    document = _judge_seal(data, facts, roots, now_s, checks)
    report: Report | None = None
    if bundle is not None:
        report = check_proof(bundle, verifier, checks)
    return conclude("pdf", checks.made, document, proof=report)


def _judge_seal(
    data: bytes, facts: PdfFacts, roots: SealRoots, now_s: int, checks: Checks
) -> Document:
    """Make the three checks of the seal, each only where the one before it holds."""
    try:
        seal = check_seal(data, facts)
    except (FormatError, VerificationError) as error:
        checks.no("seal", error)
        return Document("altered" if facts.signed else "not sealed")
    checks.yes("seal", "one signature, over exactly the bytes that it names")
    try:
        check_coverage(data, seal)
    except VerificationError as error:
        checks.no("seal-coverage", error)
        return Document("altered")
    checks.yes("seal-coverage", "it covers the whole file and permits no change")
    try:
        document = check_trust(seal, roots, now_s)
    except (FormatError, VerificationError) as error:
        checks.no("seal-trust", error)
        return Document("untrusted seal")
    checks.yes("seal-trust", "by somebody whom the verifier trusts for seals")
    return document
