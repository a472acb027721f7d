"""A PDF file verified: its attachment, its seal, what is in it, and the proof; each on its own.

Where the seal is broken, the version that was sealed may still be intact: whoever adds to a
file only puts bytes behind it. So the last places that can be a seal's ``/ByteRange`` are
tried, each as the file that it would make; one of level ``original`` is what was modified.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from provenance.cv.apart import PDF_CPU_SECONDS, REVISION_CPU_SECONDS, read_pdf
from provenance.cv.declaredname import fits
from provenance.cv.proofcheck import check_person, check_proof
from provenance.cv.report import CvReport, Document, Findings, conclude
from provenance.cv.sealcheck import check_coverage, check_seal, check_trust
from provenance.errors import FormatError, VerificationError
from provenance.report import PROVEN
from provenance.verifier.checks import Checks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from provenance.cv.facts import PdfFacts
    from provenance.cv.roots import SealRoots
    from provenance.report import Report
    from provenance.verifier import Verifier

REVISIONS_MAX: Final = 4
"""Places that are looked at for the version that was sealed, the last ones of the file."""
_SPACE: Final = rb"[\x00\t\n\x0c\r ]"
_RANGE: Final = re.compile(
    rb"/ByteRange%b*\[%b*0+%b+[0-9]{1,10}%b+([0-9]{1,10})%b+([0-9]{1,10})%b*\]"
    % ((_SPACE,) * 6)
)
_BROKEN: Final = frozenset({"seal", "seal-coverage"})


class _Judged(NamedTuple):
    """What was found about one file, and the bytes of its attachment."""

    found: Findings
    attachment: bytes | None


def verify_pdf(
    data: bytes, verifier: Verifier, roots: SealRoots, day: date | None, now_s: int
) -> CvReport:
    """Verify a PDF file. Never raises because of its bytes.

    ``verifier`` judges the bundle in it on that ``day``; ``now_s``: POSIX seconds at which a
    seal without a time stamp is judged.
    """
    found, attachment = _judge(data, verifier, roots, day, now_s)
    if found.signed and _is_broken(found):
        revision = _find_original(data, verifier, roots, day, now_s)
        if revision is not None:
            is_other = attachment != revision.attachment
            found = replace(found, recoverable=True, replaced=is_other)
    return conclude(found, day)


def find_revision(
    data: bytes, verifier: Verifier, roots: SealRoots, day: date | None, now_s: int
) -> bytes | None:
    """Return the version of a modified file that was sealed, if it is intact inside.

    It has been verified, and is of level ``original``. The parameters are those of
    `verify_pdf`. None too for a file that was not modified.
    """
    found, _ = _judge(data, verifier, roots, day, now_s)
    if not found.signed or not _is_broken(found):
        return None
    revision = _find_original(data, verifier, roots, day, now_s)
    return None if revision is None else data[: revision.size]


class _Revision(NamedTuple):
    """The size of an earlier version, and the bytes of its attachment."""

    size: int
    attachment: bytes | None


def _find_original(
    data: bytes, verifier: Verifier, roots: SealRoots, day: date | None, now_s: int
) -> _Revision | None:
    for size in _sizes(data):
        found, attachment = _judge(
            data[:size], verifier, roots, day, now_s, cpu_seconds=REVISION_CPU_SECONDS
        )
        if conclude(found, day).level == "original":
            return _Revision(size, attachment)
    return None


def _sizes(data: bytes) -> Iterator[int]:
    """Yield the sizes that earlier versions may have had, the last place of the file first."""
    found = (int(one[1]) + int(one[2]) for one in _RANGE.finditer(data))
    yield from reversed(deque((size for size in found if size < len(data)), REVISIONS_MAX))


def _is_broken(found: Findings) -> bool:
    return any(check.outcome == "no" and check.name in _BROKEN for check in found.made)


def _judge(
    data: bytes,
    verifier: Verifier,
    roots: SealRoots,
    day: date | None,
    now_s: int,
    *,
    cpu_seconds: int = PDF_CPU_SECONDS,
) -> _Judged:
    """Make all checks of one file as it is."""
    checks = Checks()
    facts = read_pdf(data, cpu_seconds=cpu_seconds)
    if facts.problem:
        checks.no("readable", facts.problem)
        unreadable = Document("unreadable")
        return _Judged(Findings(kind="pdf", made=checks.made, document=unreadable), None)
    checks.yes("readable", "a PDF file within the limits")
    bundle = facts.attachment.data
    if bundle is None:
        checks.no("attachment", facts.attachment.problem)
    else:
        checks.yes("attachment", "exactly one proof is attached")
    _check_content(facts, checks)
    document = _judge_seal(data, facts, roots, now_s, checks)
    report = None if bundle is None else check_proof(bundle, verifier, day, checks)
    if report is not None and report.verdict in PROVEN:
        _check_holder(facts, report, checks)
    found = Findings(
        kind="pdf",
        made=checks.made,
        document=document,
        claims=facts.claims,
        signed=facts.signed,
        proof=report,
    )
    return _Judged(found, bundle)


def _check_content(facts: PdfFacts, checks: Checks) -> None:
    if facts.active:
        kinds = ", ".join(facts.active)
        checks.no("content", f"the file can change what it shows by itself: {kinds}")
    else:
        checks.yes("content", "nothing in the file changes what it shows")


def _check_holder(facts: PdfFacts, report: Report, checks: Checks) -> None:
    """Check ``person``, then ``holder-name``: the name at the top of the CV."""
    if not check_person(report, checks):
        return
    identified = [one for one in report.certifications if one.identity is not None]
    if not facts.holder or not identified:
        checks.skip("holder-name", "nothing says whose name is at the top of the document")
        return
    if len(facts.holder) > 1:
        checks.no("holder-name", "the name of the holder in the metadata is malformed")
        return
    others = [
        str(one.index) for one in identified if not fits(facts.holder[0], dict(one.fields))
    ]
    if others:
        checks.no(
            "holder-name",
            "the name at the top of the document is another one than the proof shows in "
            f"entry {', '.join(others)}",
        )
    else:
        checks.yes("holder-name", "the name at the top is one that the proof shows")


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
