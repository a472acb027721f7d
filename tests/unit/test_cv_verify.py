"""The front door: what a document is, is seen by its content, and every kind has an answer."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from importlib import import_module
from typing import Final

import pytest

from provenance.cv import attach, verify
from provenance.cv.extras import CvExtraMissingError
from provenance.cv.qr import make_qr_png
from provenance.cv.roots import SealRoots
from provenance.cv.summary import encode_summary, make_summary, sign_summary
from provenance.cv.verify import recognise
from provenance.errors import FormatError
from provenance.tlog.note import Ed25519Signer, sign_note
from provenance.verifier import Verifier
from sealing import BUNDLE, PLAIN, POLICY, ROOTS, failing, judge, sealed
from simulator import HOLDER, ORIGIN, ed25519_key, make_log, make_record

SIGNER: Final = Ed25519Signer(f"{ORIGIN}/summary", ed25519_key("summary"))
REPORT: Final = Verifier(POLICY).verify(BUNDLE)
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
    assert (report.kind, report.level, report.verdict) == ("bundle", "original", "yes")
    assert report.document.outcome == "not provable"
    bad = BUNDLE.replace(b'"signature":"', b'"signature":"A', 1)
    assert failing(judge(bad)) == ["proof"]
    unreadable = judge(BUNDLE + b"\n")
    assert (unreadable.verdict, failing(unreadable)) == ("unreadable", ["readable"])


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_text_of_a_code(end: str) -> None:
    report = judge((TEXT + end).encode(), SUMMARIES)
    assert (report.kind, report.level, report.verdict) == ("summary", "printed", "yes")
    printed = json.loads(report.to_json())["printed"]
    assert printed["origin"] == ORIGIN


def test_text_of_a_code_that_does_not_hold() -> None:
    assert failing(judge(TEXT.encode(), ROOTS)) == ["signature"]
    assert judge(TEXT.encode(), ROOTS).printed is None
    other = encode_summary(sign_note("hello\n", [SIGNER]))
    assert failing(judge(other.encode(), SUMMARIES)) == ["summary"]
    for text in (b"PROV1:", b"PROV1:\xff", TEXT.encode() + b"\n\n"):
        report = judge(text, SUMMARIES)
        assert (report.verdict, failing(report)) == ("unreadable", ["readable"])


def test_picture_of_a_code() -> None:
    assert judge(make_qr_png(TEXT), SUMMARIES).level == "printed"
    for picture in (make_qr_png("HELLO"), b"\x89PNG\r\n\x1a\nno picture"):
        report = judge(picture, SUMMARIES)
        assert (report.kind, report.verdict) == ("unknown", "unreadable")


def test_json_that_is_no_cv() -> None:
    for data in (b"{}", b"{", b'{"a":'):
        report = judge(data)
        assert (report.kind, report.level) == ("json", "refused")
        assert report.verdict != "yes"


def test_anything_else_is_unreadable() -> None:
    for data in (b"", b"hello", b"PK\3\4", b"\0" * 100):
        report = judge(data)
        assert (report.kind, report.verdict, report.level) == (
            "unknown",
            "unreadable",
            "refused",
        )


def test_persons_that_are_not_told_are_no_failure() -> None:
    shown = make_record()
    log, (index,) = make_log(records=[shown])
    names = {name for name, _ in shown if not name.startswith(HOLDER)} - {"source"}
    bundle = log.prove(index, shown=names)
    encode = import_module("provenance.encoding").encode_json
    report = verify(encode(bundle), log.policy(), "", now_s=0)
    assert report.proof is not None
    assert report.proof.same_person is None
    assert report.level == "original"


def test_roots_may_be_given_as_text_and_must_be_well_formed() -> None:
    assert verify(BUNDLE, POLICY, "", now_s=0).verdict == "yes"
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


def test_missing_extra_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("provenance.cv.pdf")
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
