"""PDF files made to harm whoever reads them: refused within limits of time and memory."""

from __future__ import annotations

import io
import random
import resource
import time
import zlib
from typing import TYPE_CHECKING, Final

import pikepdf
import pytest
from PIL import Image
from pyhanko.pdf_utils.crypt import StandardSecurityHandler
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from provenance.cv.apart import SECONDS_MAX as READING_SECONDS_MAX
from provenance.cv.apart import read_pdf
from provenance.cv.limited import MEMORY_BYTES_MAX
from provenance.cv.pdf import attach, extract
from provenance.cv.reader import read_facts
from provenance.errors import FormatError
from provenance.record.bundle import BUNDLE_SIZE_MAX
from sealing import BUNDLE, PLAIN, ROOTS, failing, judge, sealed

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_MAX: Final = READING_SECONDS_MAX + 15
"""Of the clock: that of the reading process, and what goes around it on a busy machine."""


def build(objects: dict[int, bytes], root: int = 1) -> bytes:
    """Write a file of these objects."""
    out, places = b"%PDF-1.7\n", {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        table += b"%d 1\n%010d 00000 n \n" % (number, place)
    trailer = b"trailer\n<< /Size %d /Root %d 0 R >>\n" % (max(objects) + 1, root)
    return out + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(out)


PAGES: Final = {
    2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
}


def stream(data: bytes, head: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), head, data)


def with_catalog(more: bytes, objects: dict[int, bytes] | None = None) -> bytes:
    return build(
        {1: b"<< /Type /Catalog /Pages 2 0 R %s >>" % more, **PAGES, **(objects or {})}
    )


def with_attachment(
    embedded: bytes, names: bytes = b"[(provenance-proof.json) 5 0 R]"
) -> bytes:
    spec = (
        b"<< /Type /Filespec /F (provenance-proof.json) /UF (provenance-proof.json) "
        b"/EF << /F 6 0 R >> >>"
    )
    more = b"/AF [5 0 R] /Names << /EmbeddedFiles << /Names %s >> >>" % names
    return with_catalog(more, {5: spec, 6: embedded})


def bomb(size: int) -> bytes:
    """Deflate so many zeros."""
    deflater = zlib.compressobj(1)
    piece = bytes(1 << 20)
    return b"".join(deflater.compress(piece) for _ in range(size >> 20)) + deflater.flush()


def test_positive_control() -> None:
    assert extract(with_attachment(stream(BUNDLE))) == BUNDLE
    deflated = stream(zlib.compress(BUNDLE), b"/Filter /FlateDecode")
    assert judge(with_attachment(deflated)).level == "not-original"


def encrypted(password: str) -> bytes:
    with pikepdf.open(io.BytesIO(PLAIN)) as pdf:
        target = io.BytesIO()
        pdf.save(target, encryption=pikepdf.Encryption(owner="owner", user=password))
    return target.getvalue()


def encrypted_by_the_other_library() -> bytes:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(PLAIN)))
    handler = StandardSecurityHandler.build_from_pw("owner", desired_user_pass="")
    writer._assign_security_handler(handler)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def object_stream_bomb(mebibytes: int) -> bytes:
    """Hide the catalog in an object stream that inflates to so much."""
    inner = b"1 0 " + b"<< /Type /Catalog /Pages 2 0 R >>"
    deflater = zlib.compressobj(1)
    piece = b" " * (1 << 20)
    data = deflater.compress(inner) + b"".join(
        deflater.compress(piece) for _ in range(mebibytes)
    )
    data += deflater.flush()
    head = b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode"
    out, places = b"%PDF-1.7\n", {}
    for number, body in {**PAGES, 7: stream(data, head)}.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows = [bytes([0]) + bytes(5), bytes([2]) + (7).to_bytes(4, "big") + bytes([0])]
    rows += [bytes([1]) + places[number].to_bytes(4, "big") + bytes([0]) for number in (2, 3)]
    index = b"/Index [0 4 7 2]"
    rows += [bytes([1]) + places[7].to_bytes(4, "big") + bytes([0])]
    rows += [bytes([1]) + len(out).to_bytes(4, "big") + bytes([0])]
    table = stream(b"".join(rows), b"/Type /XRef /Size 9 /W [1 4 1] /Root 1 0 R " + index)
    place = len(out)
    return out + b"8 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, place)


NESTED: Final = b"[" * 100_000 + b"]" * 100_000
UNREADABLE: Final[dict[str, Callable[[], bytes]]] = {
    "nothing": lambda: b"%PDF-",
    "garbage": lambda: b"%PDF-1.7\n" + random.Random(1).randbytes(10_000),
    "encrypted": lambda: encrypted("secret"),
    "encrypted under the empty password": lambda: encrypted(""),
    "encrypted by another library": encrypted_by_the_other_library,
    "cut": lambda: PLAIN[:-40],
    "a wrong place of the table": lambda: PLAIN.replace(b"startxref\n", b"startxref\n9"),
    "a table that leads to itself": lambda: PLAIN.replace(
        b"trailer <<", b"trailer << /Prev %d" % PLAIN.index(b"xref\n")
    ).replace(b"trailer << /Prev", b"trailer <<  /Prev"),
    "no pages": lambda: build({1: b"<< /Type /Catalog >>"}),
    "pages in a loop": lambda: with_catalog(
        b"", {2: b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"}
    ),
    "a name tree in a loop": lambda: with_catalog(
        b"/Names << /EmbeddedFiles 7 0 R >>", {7: b"<< /Kids [7 0 R 7 0 R] >>"}
    ),
    "a name tree that is too deep": lambda: with_catalog(
        b"/Names << /EmbeddedFiles 10 0 R >>",
        {n: b"<< /Kids [%d 0 R] >>" % (n + 1) for n in range(10, 80)},
    ),
    "a name tree that grows": lambda: with_catalog(
        b"/Names << /EmbeddedFiles 10 0 R >>",
        {n: b"<< /Kids [%s] >>" % (b"%d 0 R " % (n + 1) * 60) for n in range(10, 30)},
    ),
    "fields in a loop": lambda: with_catalog(
        b"/AcroForm << /Fields [7 0 R] >>", {7: b"<< /FT /Sig /Kids [7 0 R] >>"}
    ),
    "a list that is too long": lambda: with_catalog(b"/AF [%s]" % (b"null " * 20_000)),
    "arrays in arrays": lambda: with_catalog(b"/X " + NESTED),
    "an object stream that inflates beyond measure": lambda: object_stream_bomb(1536),
}


@pytest.mark.parametrize("made", UNREADABLE.values(), ids=UNREADABLE)
def test_hostile_file_is_unreadable_within_limits(made: Callable[[], bytes]) -> None:
    data = made()
    started = time.monotonic()
    report = judge(data)
    assert time.monotonic() - started < SECONDS_MAX
    assert (report.kind, report.verdict, failing(report)) == ("pdf", "unreadable", ["readable"])
    assert report.document.outcome == "unreadable"


REFUSED: Final[dict[str, Callable[[], bytes]]] = {
    "a content that inflates beyond measure": lambda: with_attachment(
        stream(bomb(1 << 30), b"/Filter /FlateDecode")
    ),
    "one byte too many": lambda: with_attachment(
        stream(zlib.compress(bytes(BUNDLE_SIZE_MAX + 1)), b"/Filter /FlateDecode")
    ),
    "one byte too many, plain": lambda: with_attachment(stream(bytes(BUNDLE_SIZE_MAX + 1))),
    "a chain of filters": lambda: with_attachment(
        stream(bomb(1 << 26), b"/Filter [" + b"/FlateDecode " * 500 + b"]")
    ),
    "a content that is cut": lambda: with_attachment(
        stream(zlib.compress(BUNDLE)[:-5], b"/Filter /FlateDecode")
    ),
    "a content with more behind": lambda: with_attachment(
        stream(zlib.compress(BUNDLE) + b"more", b"/Filter /FlateDecode")
    ),
    "a content that is none": lambda: with_attachment(
        stream(b"garbage", b"/Filter /FlateDecode")
    ),
    "a content that is a dictionary": lambda: with_attachment(b"<< >>"),
    "a name without file": lambda: with_attachment(
        stream(BUNDLE), names=b"[(provenance-proof.json)]"
    ),
    "a name for a number": lambda: with_attachment(
        stream(BUNDLE), names=b"[(provenance-proof.json) 7]"
    ),
}


@pytest.mark.parametrize("made", REFUSED.values(), ids=REFUSED)
def test_hostile_attachment_is_refused_within_limits(made: Callable[[], bytes]) -> None:
    data = made()
    started = time.monotonic()
    report = judge(data)
    assert time.monotonic() - started < SECONDS_MAX
    assert failing(report) == ["attachment", "seal"]
    assert report.level == "refused"


def test_reader_in_this_process_needs_little_memory_for_a_bomb() -> None:
    data = with_attachment(stream(bomb(1 << 30), b"/Filter /FlateDecode"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert read_facts(data).attachment.data is None
    grown_bytes = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    assert grown_bytes < 256 * 1024 * 1024


def test_largest_attachment_is_read() -> None:
    data = with_attachment(
        stream(zlib.compress(bytes(BUNDLE_SIZE_MAX)), b"/Filter /FlateDecode")
    )
    assert read_pdf(data).attachment.data == bytes(BUNDLE_SIZE_MAX)


def test_file_that_is_too_large_is_not_even_given_to_a_reader() -> None:
    data = PLAIN + bytes(64 * 1024 * 1024)
    assert failing(judge(data)) == ["readable"]
    with pytest.raises(FormatError, match="more than 67108864 bytes"):
        attach(data, BUNDLE)
    assert read_facts(data).problem


def progressive_bomb(side: int, scans: int) -> bytes:
    """Draw a picture of so many pixels, then state its last scan again and again."""
    out = io.BytesIO()
    Image.new("L", (side, side), 255).save(out, "JPEG", progressive=True, quality=30)
    photo = out.getvalue()
    start, end = photo.rindex(b"\xff\xda"), photo.rindex(b"\xff\xd9")
    return photo[:end] + photo[start:end] * scans + photo[end:]


def test_picture_of_many_scans_costs_nothing() -> None:
    """Each scan costs as much as decoding the picture: 3,000 of them took a minute and more."""
    bomb = progressive_bomb(7900, 3000)
    assert len(bomb) < 1 << 20
    report = judge(bomb)
    assert (report.kind, report.verdict) == ("unknown", "unreadable")
    assert "scans" in report.checks[0].reason


def test_object_stream_that_inflates_to_little_is_read() -> None:
    # The positive control of the bomb above: it is the limit that stops that one.
    assert read_pdf(object_stream_bomb(1)).problem == ""
    assert MEMORY_BYTES_MAX < 1536 << 20


def test_garbage_of_every_kind_is_an_answer() -> None:
    sealed_pdf = sealed()
    draw = random.Random(8)
    for _ in range(150):
        changed = bytearray(sealed_pdf)
        for _ in range(draw.choice((1, 10, 200))):
            changed[draw.randrange(5, len(changed))] = draw.randrange(256)
        facts = read_facts(bytes(changed))
        assert facts.problem or facts.signature is None or facts.signature.contents
    for _ in range(100):
        data = draw.randbytes(draw.randrange(400))
        assert judge(data, ROOTS).verdict != "yes"
        assert judge(b"{" + data).verdict != "yes"
        assert judge(b"PROV1:" + data).verdict != "yes"
