"""QR codes: made at a size for print, read from pictures and pages, within limits."""

from __future__ import annotations

import builtins
import importlib
import io
import struct
import sys
import zlib
from typing import TYPE_CHECKING, Any, Final

import pikepdf
import pytest
from PIL import Image, ImageFilter

from provenance.cv import qr
from provenance.cv.extras import CvExtraMissingError
from provenance.cv.picture import (
    IMAGE_SIZE_MAX,
    PIXELS_MAX,
    SCANS_MAX,
    SIDE_MAX,
    count_scans,
    is_picture,
    read_picture,
    read_picture_facts,
)
from provenance.cv.qr import (
    MODULE_MM,
    PAGES_MAX,
    make_qr_png,
    make_qr_svg,
    qr_modules,
    read_pdf,
)
from provenance.cv.summary import make_summary, sign_summary
from provenance.errors import FormatError
from provenance.record.bundle import encode_bundle
from provenance.tlog.note import Ed25519Signer
from provenance.verifier import Verifier
from simulator import (
    CERTIFIER,
    DEPOSITOR,
    ORIGIN,
    TODAY,
    ed25519_key,
    make_log,
    make_record,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXT: Final = "PROV1:" + "6BFOXN*TS0BI$ZD" * 40


def summary_text(count: int) -> str:
    """The summary of so many different certifications of one holder."""
    records = [
        make_record(
            type=("RNCP", "RS")[at % 2],
            code=f"RS{5000 + 317 * at}",
            certificateur=(CERTIFIER, DEPOSITOR)[at % 2],
            dateDebutValidite=f"20{10 + at}-{1 + at % 12:02}-{3 + at:02}",
            dateFinValidite=None if at % 2 else f"20{27 + at}-{1 + at % 12:02}-{2 + at:02}",
        )
        for at in range(count)
    ]
    log, indexes = make_log(records=records)
    report = Verifier(log.policy()).verify(encode_bundle(log.prove(*indexes)), TODAY)
    signer = Ed25519Signer(f"{ORIGIN}/summary", ed25519_key("summary"))
    return sign_summary(make_summary(report), signer)


def picture(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png_image(text: str = TEXT) -> Image.Image:
    return Image.open(io.BytesIO(make_qr_png(text))).convert("RGB")


@pytest.mark.parametrize(("count", "mm_max"), [(1, 25), (8, 30), (16, 35)])
def test_a_summary_is_small_enough_for_a_cv(count: int, mm_max: int) -> None:
    text = summary_text(count)
    assert qr_modules(text) * MODULE_MM <= mm_max
    assert read_picture(make_qr_png(text)) == (text,)


def test_the_svg_is_as_large_as_said() -> None:
    side = (qr_modules(TEXT) + 8) * MODULE_MM
    svg = make_qr_svg(TEXT).decode()
    assert f'width="{side:.4g}mm"' in svg
    assert make_qr_svg(TEXT, border=0) != svg.encode()


def test_the_longest_summary_fits_at_a_lower_level() -> None:
    longest = "PROV1:" + "A" * 4290
    assert qr_modules(longest) == 177
    assert read_picture(make_qr_png(longest, pixels=4)) == (longest,)
    with pytest.raises(FormatError, match="no QR code"):
        make_qr_png(f"{longest}A")
    with pytest.raises(FormatError, match="no QR code"):
        make_qr_png("é")


def test_a_photograph_is_read() -> None:
    turned = png_image().rotate(11, expand=True, fillcolor="white")
    blurred = turned.filter(ImageFilter.GaussianBlur(1.5))
    assert read_picture(picture(blurred, "JPEG", quality=40)) == (TEXT,)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_png_is_read(mode: str) -> None:
    image = png_image().convert("L").convert("RGB" if mode == "P" else mode)
    if mode == "P":
        image = image.quantize(4)
    if mode == "I;16":
        image = image.point(lambda value: value * 257)
    assert read_picture(picture(image, "PNG")) == (TEXT,)


def test_a_cmyk_jpeg_is_read() -> None:
    assert read_picture(picture(png_image().convert("CMYK"), "JPEG")) == (TEXT,)


def test_a_picture_without_a_code_has_none() -> None:
    assert read_picture(picture(Image.new("L", (300, 300), 255), "PNG")) == ()


def test_the_codes_of_pages_are_read() -> None:
    first, second = png_image(), png_image("PROV1:ABC")
    pages = picture(first, "PDF", save_all=True, append_images=[second, first])
    assert read_pdf(pages) == (TEXT, "PROV1:ABC")


def test_only_two_formats_are_opened() -> None:
    image = png_image()
    for kind in ("GIF", "TIFF", "BMP", "WEBP", "PDF"):
        data = picture(image, kind)
        assert not is_picture(data)
        with pytest.raises(FormatError, match="not a PNG or JPEG"):
            read_picture(data)
    with pytest.raises(FormatError, match="not a PNG or JPEG"):
        read_picture(b"\x89PNG\r\n\x1a\n" + bytes(IMAGE_SIZE_MAX))


def chunk(name: bytes, data: bytes) -> bytes:
    return (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    )


def png(width: int, height: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", rows), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_bomb_is_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = png(50_000, 50_000, zlib.compress(bytes(1000)))

    def convert(*_: object) -> None:
        raise AssertionError("the picture was decoded")

    monkeypatch.setattr(Image.Image, "convert", convert)
    with pytest.raises(FormatError, match=f"more than {PIXELS_MAX} pixels"):
        read_picture(bomb)
    with pytest.raises(AssertionError):  # the trap works
        read_picture(make_qr_png(TEXT))


def test_a_picture_that_is_all_length_is_refused() -> None:
    thin = picture(Image.new("L", (SIDE_MAX + 1, 8), 255), "PNG")
    with pytest.raises(FormatError, match="too long"):
        read_picture(thin)
    assert read_picture(picture(Image.new("L", (SIDE_MAX, 8), 255), "PNG")) == ()


def test_a_large_text_in_a_picture_is_not_inflated() -> None:
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(100_000_000)))
    whole = make_qr_png(TEXT)
    at = whole.index(b"IDAT") - 4
    with pytest.raises(FormatError, match="damaged"):
        read_picture(whole[:at] + text + whole[at:])


def damaged() -> Sequence[bytes]:
    whole, photo = make_qr_png(TEXT), picture(png_image(), "JPEG")
    return (
        whole[:8],
        whole[:40],
        whole[: len(whole) // 2],
        photo[:3],
        photo[:100],
        photo[: len(photo) // 2],
        png(0, 10, b""),
        png(10, 10, b"no zlib"),
        whole[:8] + bytes(200),
        photo[:3] + bytes(200),
    )


@pytest.mark.parametrize("number", range(len(damaged())))
def test_a_damaged_picture_is_refused(number: int) -> None:
    with pytest.raises(FormatError):
        read_picture(damaged()[number])


@pytest.mark.parametrize("number", range(len(damaged())))
def test_a_damaged_picture_is_told_as_a_fact(number: int) -> None:
    facts = read_picture_facts(damaged()[number])
    assert facts.problem
    assert facts.texts == ()
    assert read_picture_facts(make_qr_png(TEXT)).texts == (TEXT,)


def test_a_picture_for_which_memory_is_short_is_told_as_a_fact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image.Image, "convert", fail)
    assert "memory" in read_picture_facts(make_qr_png(TEXT)).problem


# Scans: each costs as much as decoding the whole picture.


def with_scans(count: int) -> bytes:
    """Repeat the last scan of a progressive JPEG file."""
    photo = picture(png_image(), "JPEG", progressive=True, quality=40)
    start = photo.rindex(b"\xff\xda")
    end = photo.index(b"\xff\xd9", start)
    assert count_scans(photo) == photo.count(b"\xff\xda")
    more = count - count_scans(photo)
    return photo[:end] + photo[start:end] * more + photo[end:]


def test_scans_are_counted() -> None:
    assert count_scans(picture(png_image(), "JPEG")) == 1
    for count in (10, SCANS_MAX, 500):
        assert count_scans(with_scans(count)) == count
    assert count_scans(b"\xff\xd8\xff\xff\xff\xd9") == 0
    assert count_scans(b"\xff\xd8\xff") == 0
    assert count_scans(b"\xff\xd8" + b"\xff\xda\0\x02" * 3) == 3


def test_scans_in_a_thumbnail_are_not_counted() -> None:
    """What is in a segment is passed over, as decoders do."""
    photo = picture(png_image(), "JPEG")
    inner = b"\xff\xda" * 100
    segment = b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner
    assert count_scans(photo[:2] + segment + photo[2:]) == 1


def test_a_jpeg_of_many_scans_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_picture(with_scans(SCANS_MAX)) == (TEXT,)
    bomb = with_scans(SCANS_MAX + 1)
    monkeypatch.setattr(Image.Image, "convert", None)
    with pytest.raises(FormatError, match=f"more than {SCANS_MAX} scans"):
        read_picture(bomb)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"no PDF at all", bytes(1000)])
def test_what_is_no_pdf_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="cannot be rendered"):
        read_pdf(data)


def blank_pages(count: int, side: int) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as made:
        for _ in range(count):
            made.add_blank_page(page_size=(side, side))
        made.save(out)
    return out.getvalue()


def test_a_page_as_large_as_a_house_is_rendered_small() -> None:
    assert read_pdf(blank_pages(1, 14_400)) == ()


@pytest.mark.parametrize("box", [(1, 20_000), (20_000, 1), (0, 0), (3, 14_400)])
def test_a_page_that_is_all_length_is_rendered_small(box: tuple[int, int]) -> None:
    out = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(100, 100))
        made.pages[0].MediaBox = pikepdf.Array([0, 0, *box])
        made.save(out)
    assert read_pdf(out.getvalue()) == ()


def test_pages_behind_the_limit_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def note(*size: object) -> tuple[str, ...]:
        seen.append(size)
        return ()

    monkeypatch.setattr(qr, "read_grey", note)
    read_pdf(blank_pages(PAGES_MAX + 5, 100))
    assert len(seen) == PAGES_MAX


def test_without_the_extra_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name == "segno":
            raise ModuleNotFoundError("No module named 'segno'", name="segno")
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "provenance.cv.qr")
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(
        CvExtraMissingError, match=r"segno is needed: install provenance-ledger\[cv\]"
    ):
        importlib.import_module("provenance.cv.qr")
