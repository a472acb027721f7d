"""Time stamps of checkpoints: checked under the authorities that the verifier was given."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from msgspec.structs import replace

from figures import loaded_by
from provenance.encoding import encode_base64
from provenance.tlog.note import split_note
from sealing import OPENSSL, TSA, TSA_ROOT, Authority, certify
from simulator import make_log
from verifying import failing, find, verify

if TYPE_CHECKING:
    from pathlib import Path

    from simulator import Simulator

needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
TRUSTED: Final = (TSA_ROOT.der,)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, TSA)


def stamp(authority: Authority, data: bytes, digest: str = "sha256") -> str:
    """Let OpenSSL ask for a token and make it."""
    query = [*(str(OPENSSL), "ts", "-query", f"-{digest}", "-cert", "-data", "/dev/stdin")]
    asked = subprocess.run(query, input=data, capture_output=True, check=True).stdout
    reply = authority._directory / "reply"
    authority.answer(asked)
    token = [*(str(OPENSSL), "ts", "-reply", "-token_out", "-in", str(reply))]
    return encode_base64(subprocess.run(token, capture_output=True, check=True).stdout)


def text_of(log: Simulator) -> bytes:
    return split_note(log.notes[log.size])[0].encode()


@needs_openssl
def test_a_token_over_the_text_of_the_checkpoint_holds(authority: Authority) -> None:
    log, (index,) = make_log()
    bundle = log.prove(index, timestamp=stamp(authority, text_of(log)))
    report = verify(log, bundle, tsa=TRUSTED)
    assert report.verdict == "yes"
    assert find(report, "timestamp").outcome == "yes"
    assert "if the authority was honest then" in find(report, "timestamp").reason
    # The authority's own certificate may be what is trusted.
    assert verify(log, bundle, tsa=(TSA.der,)).verdict == "yes"
    assert find(verify(log, bundle), "timestamp").outcome == "n/a"


@needs_openssl
def test_a_token_over_anything_else_fails(authority: Authority) -> None:
    log, (index,) = make_log()
    text = text_of(log)
    for data in (log.notes[log.size].encode(), text[:-1], hashlib.sha256(text).digest(), b""):
        report = verify(log, log.prove(index, timestamp=stamp(authority, data)), tsa=TRUSTED)
        assert failing(report) == {"timestamp": [None]}
        assert "other bytes" in report.summary[1]


@needs_openssl
def test_the_imprint_is_made_with_sha_256(authority: Authority) -> None:
    log, (index,) = make_log()
    token = stamp(authority, text_of(log), "sha512")
    report = verify(log, log.prove(index, timestamp=token), tsa=TRUSTED)
    assert failing(report) == {"timestamp": [None]}


@needs_openssl
def test_an_authority_that_nobody_trusts_stamps_nothing(authority: Authority) -> None:
    log, (index,) = make_log()
    token = stamp(authority, text_of(log))
    other = certify("Horloge racine", ca=True)
    report = verify(log, log.prove(index, timestamp=token), tsa=(other.der,))
    assert failing(report) == {"timestamp": [None]}


@pytest.mark.parametrize("token", ["", "AAAA", "no base64", "MAA="])
def test_what_is_no_token_fails_where_it_is_looked_at(token: str) -> None:
    log, (index,) = make_log()
    report = verify(log, log.prove(index, timestamp=token), tsa=TRUSTED)
    assert failing(report) == {"timestamp": [None]}


@needs_openssl
def test_the_token_is_about_the_first_checkpoint(authority: Authority) -> None:
    log, (index,) = make_log()
    old = log.size
    first = stamp(authority, text_of(log))
    log.certify(3)
    log.publish()
    newer = stamp(authority, text_of(log))
    bundle = log.prove(index, size=old, later=log.show_later(old, index))
    assert verify(log, replace(bundle, timestamp=first), tsa=TRUSTED).verdict == "yes"
    report = verify(log, replace(bundle, timestamp=newer), tsa=TRUSTED)
    assert failing(report) == {"timestamp": [None]}


def test_no_certificate_code_is_loaded_without_a_token() -> None:
    """Positive control: with a token and somebody to trust it is."""
    assert not [name for name in loaded_by("provenance.verifier") if ".pki" in name]
    for token, is_loaded in ((None, False), ("AAAA", True)):
        for name in [name for name in sys.modules if name.startswith("provenance.pki.stamp")]:
            del sys.modules[name]
        log, (index,) = make_log()
        verify(log, log.prove(index, timestamp=token), tsa=TRUSTED)
        assert ("provenance.pki.stamp" in sys.modules) is is_loaded
