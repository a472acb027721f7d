"""The front door: what a document is, is seen by its content, and every kind has an answer."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace
from PIL import Image

from provenance.cv import attach, verify
from provenance.cv.extras import CvExtraMissingError
from provenance.cv.qr import make_qr_png
from provenance.cv.roots import SealRoots
from provenance.cv.summary import encode_summary, make_summary, sign_summary
from provenance.cv.verify import recognise, verify_text
from provenance.encoding import encode_json
from provenance.errors import FormatError
from provenance.tlog.note import Ed25519Signer, sign_note
from provenance.verifier import Verifier
from sealing import (
    BUNDLE,
    INDEX,
    LOG,
    PLAIN,
    POLICY,
    ROOTS,
    SEALER,
    failing,
    judge,
    sealed,
    signer_of,
)
from simulator import HOLDER, ORIGIN, PERSON, TODAY, ed25519_key, make_log, make_record

SEAL: Final = import_module("provenance.cv.seal")
SIGNER: Final = Ed25519Signer(f"{ORIGIN}/summary", ed25519_key("summary"))
REPORT: Final = Verifier(POLICY).verify(BUNDLE, TODAY)
TEXT: Final = sign_summary(make_summary(REPORT), SIGNER)
SUMMARIES: Final = SealRoots(summaries=(SIGNER.verifier_key,))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PLAIN, "pdf"),
        (BUNDLE, "bundle"),
        (TEXT.encode(), "summary"),
        (make_qr_png("HELLO"), "picture"),
        (b"\xff\xd8\xff\xe0", "picture"),
        (b"{}", "json"),
        (b'\r\n\t {"a":1}', "json"),
        (b"", "unknown"),
        (b"\n%PDF-1.7", "unknown"),
        (b"prov1:", "unknown"),
    ],
)
def test_documents_are_recognised(data: bytes, kind: str) -> None:
    assert recognise(data) == kind


def test_bundle_alone() -> None:
    report = judge(BUNDLE)
    assert (report.kind, report.level, report.verdict) == ("bundle", "proof", "yes")
    assert report.document.outcome == "not provable"
    late = judge(BUNDLE, day=TODAY + timedelta(days=200))
    assert (late.level, late.verdict) == ("proof", "attention")
    bad = BUNDLE.replace(b'"signature":"', b'"signature":"A', 1)
    assert failing(judge(bad)) == ["proof"]
    assert judge(bad).level == "refused"
    unreadable = judge(BUNDLE + b"\n\n")
    assert (unreadable.verdict, failing(unreadable)) == ("unreadable", ["readable"])
    assert judge(BUNDLE + b"\n").verdict == "yes"


def test_bundle_of_two_persons_is_a_matter_of_its_certifications() -> None:
    """What is no document cannot put people together; the proof says what is to be known."""
    other = make_record([(PERSON[0][0], "MOREL"), *PERSON[1:]])
    log, indexes = make_log(records=[make_record(), other])
    report = verify(encode_json(log.prove(*indexes)), log.policy(), "", now_s=0, day=TODAY)
    assert (report.level, report.verdict) == ("proof", "attention")
    assert [check.name for check in report.checks] == ["readable", "proof"]


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_text_of_a_code(end: str) -> None:
    report = judge((TEXT + end).encode(), SUMMARIES)
    assert (report.kind, report.level, report.verdict) == ("summary", "paper", "attention")
    assert report.reasons == ("compare-paper",)
    printed = json.loads(report.to_json())["printed"]
    assert [*printed] == ["origin", "size", "time", "holder", "certifications"]
    assert printed["origin"] == ORIGIN
    assert printed["certifications"][0][-3:] == [None, None, []]
    assert len(printed["certifications"][0]) == 12


LINE: Final = make_summary(REPORT).certifications[0]
PRINTED: Final[tuple[tuple[dict[str, Any], int, tuple[str, ...]], ...]] = (
    ({}, 0, ()),
    ({}, 180, ()),
    ({}, 181, ("status-old",)),
    ({}, -2, ("status-old",)),
    ({"ends": "2026-09-20"}, 0, ("expired",)),
    ({"ends": "2026-09-21"}, 0, ()),
    ({"awarded": "2026-09-22"}, 0, ("not-yet-valid",)),
    ({"status": "withdrawn"}, 0, ("withdrawn",)),
    ({"status": "superseded", "ends": "2020-01-01"}, 0, ("superseded", "expired")),
    ({"status": "erased"}, 200, ("erased", "status-old")),
    ({"ends": "2026-13-01"}, 0, ()),
)


@pytest.mark.parametrize(("changes", "days", "expected"), PRINTED)
def test_each_line_of_a_summary_has_its_reasons(
    changes: dict[str, Any], days: int, expected: tuple[str, ...]
) -> None:
    """Writers sum up nothing of the kind; what an old paper says may have changed since."""
    line = replace(LINE, **changes)
    summary = replace(make_summary(REPORT), certifications=(line,))
    text = sign_summary(summary, SIGNER)
    report = judge(text.encode(), SUMMARIES, day=TODAY + timedelta(days=days))
    assert report.printed is not None
    (printed,) = report.printed.certifications
    assert printed.reasons == expected
    assert (printed.code, printed.status) == (line.code, line.status)
    assert report.verdict == "attention"


def test_without_a_day_a_line_of_a_summary_is_of_unknown_validity() -> None:
    report = verify_text(TEXT, SUMMARIES, None)
    assert report.printed is not None
    assert report.printed.certifications[0].reasons == ("date-unknown",)
    assert report.day is None


def test_text_of_a_code_that_does_not_hold() -> None:
    assert failing(judge(TEXT.encode(), ROOTS)) == ["signature"]
    assert judge(TEXT.encode(), ROOTS).printed is None
    other = encode_summary(sign_note("hello\n", [SIGNER]))
    assert failing(judge(other.encode(), SUMMARIES)) == ["summary"]
    for text in (b"PROV1:", b"PROV1:\xff", TEXT.encode() + b"\n\n"):
        report = judge(text, SUMMARIES)
        assert (report.verdict, failing(report)) == ("unreadable", ["readable"])


def test_picture_of_a_code() -> None:
    report = judge(make_qr_png(TEXT), SUMMARIES)
    assert (report.kind, report.level) == ("summary", "paper")


def test_picture_without_a_summary() -> None:
    report = judge(make_qr_png("HELLO"), SUMMARIES)
    assert (report.kind, report.verdict, report.level) == ("unknown", "unreadable", "no-proof")
    assert failing(report) == []
    assert "take it again" in report.summary[1]


def test_picture_that_cannot_be_decoded() -> None:
    report = judge(b"\x89PNG\r\n\x1a\nno picture", SUMMARIES)
    assert (report.kind, report.verdict, report.level) == ("unknown", "unreadable", "refused")
    assert failing(report) == ["readable"]
    assert report.document.outcome == "unreadable"


def beside(*texts: str) -> bytes:
    """Put the codes of several texts into one picture, side by side."""
    codes = [Image.open(io.BytesIO(make_qr_png(text))).convert("L") for text in texts]
    width, height = sum(one.width for one in codes), max(one.height for one in codes)
    picture = Image.new("L", (width, height), 255)
    at = 0
    for one in codes:
        picture.paste(one, (at, 0))
        at += one.width
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def test_two_summaries_in_one_picture_are_refused() -> None:
    """Which of them is meant, nobody knows."""
    other = sign_summary(replace(make_summary(REPORT), size=9), SIGNER)
    report = judge(beside(TEXT, other), SUMMARIES)
    assert (report.kind, report.verdict, report.level) == ("unknown", "unreadable", "refused")
    assert "several summaries" in report.checks[0].reason
    assert judge(beside(TEXT, TEXT), SUMMARIES).level == "paper"
    assert judge(beside(TEXT, "HELLO"), SUMMARIES).level == "paper"


def test_json_that_is_no_cv() -> None:
    report = judge(b"{}")
    assert (report.kind, report.level, report.verdict) == ("json", "no-proof", "unreadable")
    report = judge(b'{"provenance":""}')
    assert (report.kind, report.level, report.verdict) == ("json", "refused", "no")
    for data in (b"{", b'{"a":'):
        report = judge(data)
        assert (report.kind, report.level, report.verdict) == ("json", "refused", "unreadable")


def test_anything_else_holds_no_proof() -> None:
    for data in (b"", b"hello", b"PK\3\4", b"\0" * 100, b"\xef\xbb\xbf" + BUNDLE):
        report = judge(data)
        assert (report.kind, report.verdict, report.level) == (
            "unknown",
            "unreadable",
            "no-proof",
        )
        assert failing(report) == []
        assert report.document.outcome == "not provable"
    assert "byte order mark" in judge(b"\xef\xbb\xbf" + BUNDLE).summary[1]
    assert "not a PDF file" in judge(b"hello").summary[1]


def test_pdf_without_a_proof_holds_none() -> None:
    report = judge(PLAIN)
    assert (report.kind, report.level, report.verdict) == ("pdf", "no-proof", "unreadable")
    assert report.document.outcome == "not sealed"
    assert "says nothing against it" in report.summary[0]


def test_persons_that_are_not_told_are_no_failure() -> None:
    shown = make_record()
    log, (index,) = make_log(records=[shown])
    names = {name for name, _ in shown if not name.startswith(HOLDER)} - {"source"}
    bundle = log.prove(index, shown=names)
    encode = import_module("provenance.encoding").encode_json
    attached = attach(PLAIN, encode(bundle), as_is=True)
    data = SEAL.seal(attached, signer_of(SEALER), as_is=True)
    report = verify(data, log.policy(), ROOTS, day=TODAY)
    assert report.proof is not None
    assert report.proof.same_person is None
    assert (report.level, report.verdict) == ("original", "attention")
    outcomes = {check.name: check.outcome for check in report.checks}
    assert (outcomes["person"], outcomes["holder-name"]) == ("yes", "n/a")


def test_roots_may_be_given_as_text_and_must_be_well_formed() -> None:
    assert verify(BUNDLE, POLICY, "", now_s=0, day=TODAY).verdict == "yes"
    with pytest.raises(FormatError, match="seal roots"):
        verify(BUNDLE, POLICY, "hello\n", now_s=0)
    with pytest.raises(FormatError):
        verify(BUNDLE, "hello\n", "", now_s=0)


def test_age_is_judged_in_documents_too() -> None:
    report = verify(BUNDLE, POLICY, "", now_s=int(time.time()), max_age_s=60)
    assert failing(report) == ["proof"]


def test_without_a_time_the_clock_of_the_machine_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pdf, now = sealed(), time.time()
    assert verify(pdf, POLICY, ROOTS) == verify(pdf, POLICY, ROOTS, now_s=int(now))
    assert verify(pdf, POLICY, ROOTS).level == "original"
    monkeypatch.setattr(time, "time", lambda: now + 100 * 366 * 86_400)
    assert failing(verify(pdf, POLICY, ROOTS)) == ["seal-trust"]


def test_without_a_day_it_is_that_of_the_time() -> None:
    """22:30 UTC in summer is half past midnight of the next day in Paris."""
    evening = int(datetime(2026, 7, 14, 22, 30, tzinfo=UTC).timestamp())
    assert verify(BUNDLE, POLICY, "", now_s=evening).day == "2026-07-15"
    assert verify(BUNDLE, POLICY, "", now_s=evening, day=TODAY).day == TODAY.isoformat()


def test_time_stamps_of_proofs_are_checked_by_the_seal_roots() -> None:
    bundle = encode_json(msgspec.structs.replace(LOG.prove(INDEX), timestamp="AAAA"))
    assert verify(bundle, POLICY, "", now_s=0, day=TODAY).verdict == "yes"
    assert failing(verify(bundle, POLICY, ROOTS, now_s=0, day=TODAY)) == ["proof"]


def test_missing_extra_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("provenance.cv.apart")
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(CvExtraMissingError, match=r"provenance-ledger\[cv\]"):
        attach(PLAIN, BUNDLE)
    with pytest.raises(CvExtraMissingError):
        judge(PLAIN)


def test_front_door_loads_no_package_of_the_extra_before_it_needs_one() -> None:
    names = ("pikepdf", "pyhanko", "asn1crypto", "segno", "PIL", "typst", "pypdfium2")
    script = f"import sys, provenance.cv; print(*(n for n in {names} if n in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.strip() == b""


def test_functions_of_the_front_door_are_functions() -> None:
    # Modules of the same names lie behind them.
    for name in ("verify", "seal", "attach"):
        import_module("provenance.cv.verify")
        assert callable(getattr(import_module("provenance.cv"), name))
