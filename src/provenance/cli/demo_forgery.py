"""What forgers do to a CV, for the demo: as any PDF editor would, with no key of anybody.

Each makes a file that looks genuine on the screen. None of them touches the proof, which
nobody can change unnoticed; they change what stands around it.
"""

from __future__ import annotations

import io
from typing import Final

from provenance.cli.demo_stage import DemoError
from provenance.cli.exits import NO
from provenance.cv.extras import needing_extra

with needing_extra():
    import pikepdf
    import pypdfium2

_FONT: Final = "/Forged"
_SCAN_DPI: Final = 200
_POINTS_AN_INCH: Final = 72
_TITLE_POINTS: Final = 11.4
"""The size in which a CV shows titles."""
_TINT: Final = "0.9333 0.9608 0.9412 rg"
"""The tint behind what is guaranteed."""


def paint_over(pdf: bytes, old: str, new: str) -> bytes:
    """Paint over a title on the first page, and another one in its place."""
    left, bottom, right, top = _find_text(pdf, old)
    text = new.encode("cp1252").hex()
    painted = (
        f"q {_TINT} {left - 1} {bottom - 1} {right - left + 2} {top - bottom + 2} re f Q "
        f"q 0.11 g BT {_FONT} {_TITLE_POINTS} Tf {left} {bottom:.2f} Td <{text}> Tj ET Q"
    )
    with pikepdf.open(io.BytesIO(pdf)) as document:
        page = document.pages[0]
        page.Resources.Font[_FONT] = _make_font(document, "/Times-Bold")
        page.contents_add(painted.encode())
        return _save(document)


def _find_text(pdf: bytes, text: str) -> tuple[float, float, float, float]:
    with pypdfium2.PdfDocument(pdf) as document:
        words = document[0].get_textpage()
        found = words.search(text).get_next()
        if found is None:
            raise DemoError("the CV does not show what was to be painted over", NO)
        start, count = found
        boxes = [words.get_charbox(at) for at in range(start, start + count)]
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def remove_seal(pdf: bytes) -> bytes:
    """Save a CV anew without its seal, as viewers do that print into a file."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for name in ("/AcroForm", "/Perms", "/DSS"):
            if name in document.Root:
                del document.Root[name]
        for page in document.pages:
            if "/Annots" in page:
                del page["/Annots"]
        return _save(document)


def write_cv(name: str, lines: list[str]) -> bytes:
    """Write a CV of one's own, as a word processor would."""
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(595, 842))
        fonts = {"/A": "/Times-Bold", "/B": "/Times-Roman"}
        made = {key: _make_font(document, font) for key, font in fonts.items()}
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(made))
        texts = [
            _line("/A 24", 770, name),
            *(_line("/B 12", 720 - 20 * at, line) for at, line in enumerate(lines)),
        ]
        page.contents_add("\n".join(texts).encode())
        return _save(document)


def _line(font: str, height: int, text: str) -> str:
    return f"BT {font} Tf 60 {height} Td <{text.encode('cp1252').hex()}> Tj ET"


def scan_page(pdf: bytes) -> bytes:
    """Print a CV and scan its last page: a PNG picture of 200 dpi."""
    with pypdfium2.PdfDocument(pdf) as document:
        scale = _SCAN_DPI / _POINTS_AN_INCH
        picture = document[len(document) - 1].render(scale=scale, grayscale=True).to_pil()
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _make_font(document: pikepdf.Pdf, name: str) -> pikepdf.Object:
    return document.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type1,
            BaseFont=pikepdf.Name(name),
            Encoding=pikepdf.Name.WinAnsiEncoding,
        )
    )


def _save(document: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
