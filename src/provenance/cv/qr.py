"""QR codes: made for print, and read from the pages of a PDF.

A code is made at error level M (a seventh of it may be damaged, ISO/IEC 18004) or, where it
would not fit, at L. A module of `MODULE_MM` is what office printers and telephones manage
with ease: eight certifications of one holder take 28 mm, sixteen 33 mm.

A PDF is read page by page within limits; pictures are read by `picture`.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from provenance.cv.extras import needing_extra
from provenance.cv.picture import PIXELS_MAX, SIDE_MAX, read_grey
from provenance.errors import FormatError

with needing_extra():
    import pypdfium2
    import segno

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULE_MM: Final = 0.35
QUIET_MODULES: Final = 4
"""Empty modules around a code (ISO/IEC 18004 section 6.3.8)."""
PAGES_MAX: Final = 20
_DPI: Final = 300
_POINTS_AN_INCH: Final = 72


def qr_modules(text: str) -> int:
    """Return the modules of a side of the code that is made of a text, without its margin."""
    return int(_make(text).symbol_size(border=0)[0])


def make_qr_svg(text: str, *, border: int = QUIET_MODULES) -> bytes:
    """Make the code of a text as an SVG picture in millimetres; ``border`` in modules.

    Raises `FormatError` for a text that no code can hold.
    """
    out = io.BytesIO()
    _make(text).save(out, kind="svg", border=border, scale=MODULE_MM, unit="mm")
    return out.getvalue()


def make_qr_png(text: str, *, pixels: int = 8) -> bytes:
    """Make the code of a text as a PNG picture, ``pixels`` to a side of a module.

    Its stated resolution makes a module `MODULE_MM` wide. Raises `FormatError` as above.
    """
    out = io.BytesIO()
    dpi = round(pixels * 25.4 / MODULE_MM)
    _make(text).save(out, kind="png", border=QUIET_MODULES, scale=pixels, dpi=dpi)
    return out.getvalue()


def _make(text: str) -> segno.QRCode:
    for level in ("m", "l"):
        try:
            return segno.make(
                text, error=level, mode="alphanumeric", micro=False, boost_error=False
            )
        except ValueError:
            continue
    raise FormatError("no QR code can hold this text")


def read_pdf(data: bytes) -> tuple[str, ...]:
    """Read the QR codes on the pages of a PDF, as they would be printed at 300 dpi.

    Larger pages are rendered smaller, and the pages after `PAGES_MAX` are left out. Raises
    `FormatError` for a file that cannot be rendered.
    """
    try:
        with pypdfium2.PdfDocument(data) as document:
            found: list[str] = []
            for number in range(min(len(document), PAGES_MAX)):
                found += _read_page(document[number])
            return tuple(dict.fromkeys(found))
    except pypdfium2.PdfiumError as error:
        raise FormatError("the PDF cannot be rendered") from error


def _read_page(page: pypdfium2.PdfPage) -> Iterator[str]:
    width, height = page.get_size()
    scale = _DPI / _POINTS_AN_INCH
    # A page may be as large as a house; it has no more pixels than a picture may have.
    scale = min(scale, (PIXELS_MAX / max(width * height, 1)) ** 0.5)
    scale = min(scale, SIDE_MAX / max(width, height, 1))
    bitmap = page.render(scale=scale, grayscale=True)
    try:
        grey = bytes(bitmap.buffer)
        rows = (grey[at : at + bitmap.width] for at in range(0, len(grey), bitmap.stride))
        yield from read_grey(b"".join(rows), bitmap.width, bitmap.height)
    finally:
        bitmap.close()
        page.close()
