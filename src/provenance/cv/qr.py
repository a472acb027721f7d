"""QR codes: made for print, and read from pictures and from the pages of a PDF.

A code is made at error level M (a seventh of it may be damaged, ISO/IEC 18004) or, where it
would not fit, at L. A module of `MODULE_MM` is what office printers and telephones manage
with ease: eight certifications of one holder take 28 mm, sixteen 33 mm.

Pictures and pages come from strangers. Their sizes are judged before anything is decoded,
pictures are of two formats only, and a PDF is read page by page within limits.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Final

from provenance.cv.extras import needing_extra
from provenance.errors import FormatError

with needing_extra():
    import pypdfium2
    import segno
    import zxingcpp
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULE_MM: Final = 0.35
QUIET_MODULES: Final = 4
"""Empty modules around a code (ISO/IEC 18004 section 6.3.8)."""
IMAGE_SIZE_MAX: Final = 32 * 1024 * 1024
"""Bytes of a picture."""
PIXELS_MAX: Final = 64_000_000
"""Of a picture, or of a rendered page: more than the cameras of telephones have."""
SIDE_MAX: Final = 30_000
"""Pixels of a side; what is longer and so the thinner holds no code."""
PAGES_MAX: Final = 20
_DPI: Final = 300
_POINTS_AN_INCH: Final = 72
_CODES_MAX: Final = 16
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_BROKEN: Final = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)
"""What Pillow's decoders raise for pictures that are none."""


def is_picture(data: bytes) -> bool:
    """Tell whether bytes begin as a PNG or JPEG picture does."""
    return data.startswith((_PNG, _JPEG))


def qr_modules(text: str) -> int:
    """Give the modules of a side of the code that is made of a text, without its margin."""
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


def read_picture(data: bytes) -> tuple[str, ...]:
    """Read the QR codes of a PNG or JPEG picture; give their texts, none where there is none.

    Raises `FormatError` for another format, a damaged picture, more than `IMAGE_SIZE_MAX`
    bytes, `PIXELS_MAX` pixels, or `SIDE_MAX` of them in a row.
    """
    if not is_picture(data) or len(data) > IMAGE_SIZE_MAX:
        raise FormatError(f"no PNG or JPEG picture, or one of more than {IMAGE_SIZE_MAX} bytes")
    try:
        with _open(data) as picture:
            width, height = picture.size
            # The header has been read, and nothing else: what it promises is judged first.
            _check_pixels(width, height)
            grey = picture.convert("L").tobytes()
    except _BROKEN as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError("the picture is damaged") from error
    return _read_grey(grey, width, height)


def _open(data: bytes) -> PngImageFile | JpegImageFile:
    # The two classes themselves: Pillow's own opening would try every format it has.
    kind = PngImageFile if data.startswith(_PNG) else JpegImageFile
    return kind(io.BytesIO(data))


def _check_pixels(width: int, height: int) -> None:
    if not 0 < width * height <= PIXELS_MAX or max(width, height) > SIDE_MAX:
        raise FormatError(f"the picture has more than {PIXELS_MAX} pixels, or is too long")


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
        yield from _read_grey(b"".join(rows), bitmap.width, bitmap.height)
    finally:
        bitmap.close()
        page.close()


def _read_grey(grey: bytes, width: int, height: int) -> tuple[str, ...]:
    """Read the codes in an image of one byte a pixel."""
    image = memoryview(grey).cast("B", (height, width))
    wanted = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    codes = zxingcpp.read_barcodes(image, formats=wanted)
    return tuple(code.text for code in codes[:_CODES_MAX])
