"""No flipped bit of a sealed CV passes for an original; a verifier that cares less is caught.

Positions are drawn with a fixed seed: all of the signature's form, samples of everything.
"""

from __future__ import annotations

import random
import time
from importlib import import_module
from typing import TYPE_CHECKING, Final

import pytest

from battery import LONG, scale
from provenance.cv.pdf import attach
from provenance.cv.reader import read_facts
from provenance.cv.seal import seal
from provenance.cv.sealcheck import parse_seal
from provenance.pki.cms import check_signed
from provenance.verifier import Verifier
from sealing import (
    BUNDLE,
    OPENSSL,
    PLAIN,
    POLICY,
    ROOTS,
    SEALER,
    TSA,
    Authority,
    judge,
    read_in_process,
    serve,
    signer_of,
)
from simulator import TODAY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from battery import Row

ATTACHED: Final = attach(PLAIN, BUNDLE)
VERIFIER: Final = Verifier(POLICY)
CHECK = import_module("provenance.cv.pdfcheck")


@pytest.fixture(autouse=True)
def _in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    read_in_process(monkeypatch)


def level(data: bytes) -> str:
    return str(CHECK.verify_pdf(data, VERIFIER, ROOTS, now_s=int(time.time()), day=TODAY).level)


def flips(data: bytes, start: int, end: int, *, count: int, seed: int) -> Iterator[bytes]:
    """Flip single bits of a part, so many of them."""
    chosen = random.Random(seed).sample(range(8 * start, 8 * end), count)
    for bit in chosen:
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


def accepted(changed: Iterator[bytes]) -> int:
    return sum(level(data) == "original" for data in changed)


@pytest.mark.slow
def test_no_flipped_bit_of_a_sealed_cv_is_an_original(monkeypatch: pytest.MonkeyPatch) -> None:
    read_in_process(monkeypatch)
    data = seal(ATTACHED, signer_of(SEALER))
    assert level(data) == "original"
    start = data.index(b"/Contents <")
    assert accepted(flips(data, 0, len(data), count=300, seed=1)) == 0
    assert accepted(flips(data, start, data.index(b">", start) + 1, count=400, seed=2)) == 0


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4 if LONG else 1))
def test_no_flipped_bit_of_the_attachment_is_an_original(part: int, row: Row) -> None:
    """All of it in the long form; the file that is sealed, and the one that is not yet."""
    row.begin("F9 rot: bits of a CV's attachment")
    data = seal(ATTACHED, signer_of(SEALER))
    start = data.index(b"stream", data.index(b"provenance-proof+json"))
    end = data.index(b"endstream", start)
    bits = [*range(8 * start, 8 * end)][part::4]
    chosen = bits if LONG else row.random.sample(bits, scale(300, 0))
    for bit in chosen:
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        assert level(bytes(changed)) != "original", bit
        row.attempt(fired=True)


@pytest.mark.slow
@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_no_flipped_bit_of_a_time_stamp_is_an_original(tmp_path: Path) -> None:
    with serve(Authority(tmp_path, TSA)) as authority:
        data = seal(ATTACHED, signer_of(SEALER), authority.url)
    assert level(data) == "original"
    start = data.index(b"/Contents <")
    changed = flips(data, start, data.index(b">", start) + 1, count=600, seed=4)
    assert accepted(changed) == 0


def test_every_changed_bit_of_the_signature_s_head_is_seen() -> None:
    # Lengths and versions of the CMS, which no signature covers.
    data = seal(ATTACHED, signer_of(SEALER))
    start = data.index(b"/Contents <") + len("/Contents <")
    assert accepted(flips(data, start, start + 120, count=8 * 120, seed=5)) == 0


def test_cut_and_extended_files_are_no_originals() -> None:
    data = seal(ATTACHED, signer_of(SEALER))
    sizes = random.Random(6).sample(range(len(data)), 40)
    assert accepted(data[:size] for size in sizes) == 0
    assert accepted(data + more for more in (b"\n", b"\0", b"%%EOF\n", data)) == 0
    assert accepted(more + data for more in (b"\n", b"%PDF-1.7\n", data)) == 0


def test_verifier_that_ignores_the_coverage_is_caught(
    monkeypatch: pytest.MonkeyPatch, row: Row
) -> None:
    row.begin("F9 rot: bits of a CV's attachment")
    # The positive control: what this file looks for is found where it is.
    data = seal(ATTACHED, signer_of(SEALER))
    changed = [data + b"\n", data.replace(b"/Prev ", b"/Prev  ", 1)]
    assert accepted(iter(changed)) == 0
    monkeypatch.setattr(CHECK, "check_coverage", lambda *_: None)
    row.control(caught=accepted(iter(changed)) == 1)


def test_verifier_that_believes_any_digest_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    data = seal(ATTACHED, signer_of(SEALER))
    check = import_module("provenance.cv.sealcheck")

    def lax(signed: object, digest: bytes) -> None:
        del signed, digest

    start = data.index(b"0 0 300 200")
    changed = [*flips(data, start, start + len("0 0 300 200"), count=60, seed=7)]
    assert accepted(iter(changed)) == 0
    monkeypatch.setattr(check, "check_signed", lax)
    assert accepted(iter(changed)) > 0


def test_the_same_holds_with_the_reading_process() -> None:
    data = seal(ATTACHED, signer_of(SEALER))
    assert read_facts(data).signature is not None
    assert judge(data).level == "original"


def test_signature_of_a_seal_is_read_by_itself() -> None:
    data = seal(ATTACHED, signer_of(SEALER))
    found = read_facts(data).signature
    assert found is not None
    start, size, second, rest = found.byte_range
    assert (start, second + rest) == (0, len(data))
    contents = found.contents
    signed = parse_seal(contents[: 4 + int.from_bytes(contents[2:4], "big")])
    digest = import_module("hashlib").sha256(data[:size] + data[second:]).digest()
    check_signed(signed, digest)
