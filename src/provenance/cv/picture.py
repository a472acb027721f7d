"""QR codes in pictures from strangers: PNG and JPEG files, within limits.

Sizes are judged before anything is decoded, and a JPEG file has few scans: each of them costs
as much as decoding the whole picture, and takes a hundred bytes to state (ISO/IEC 10918-1
section B.2). Who verifies reads pictures apart (`apart`), where time and memory are limited
too.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from typing import Final

from provenance.cv.extras import needing_extra
from provenance.cv.facts import PictureFacts
from provenance.errors import FormatError

with needing_extra():
    import zxingcpp
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile

IMAGE_SIZE_MAX: Final = 32 * 1024 * 1024
"""Bytes of a picture."""
PIXELS_MAX: Final = 64_000_000
"""Of a picture, or of a rendered page: more than the cameras of telephones have."""
SIDE_MAX: Final = 30_000
"""Pixels of a side; what is longer and so the thinner holds no code."""
SCANS_MAX: Final = 32
"""Scans of a JPEG file; programs write 1, or about 10 where it is shown while it loads."""
_CODES_MAX: Final = 16
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_BROKEN: Final = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)
"""What Pillow's decoders raise for what is not a picture."""
_MARKER: Final = re.compile(rb"\xff+([^\x00\xff])")
_SCAN: Final = 0xDA
_END: Final = 0xD9
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a segment behind them: restarts, and the beginning of a picture."""


def is_picture(data: bytes) -> bool:
    """Return whether bytes begin as a PNG or JPEG picture does."""
    return data.startswith((_PNG, _JPEG))


def read_picture(data: bytes) -> tuple[str, ...]:
    """Read the QR codes of a PNG or JPEG picture; return their texts, if there are any.

    Raises `FormatError` for another format, a damaged picture, more than `IMAGE_SIZE_MAX`
    bytes, `PIXELS_MAX` pixels, `SIDE_MAX` of them in a row, or `SCANS_MAX` scans.
    """
    if not is_picture(data) or len(data) > IMAGE_SIZE_MAX:
        raise FormatError(f"not a PNG or JPEG picture, or of more than {IMAGE_SIZE_MAX} bytes")
    if data.startswith(_JPEG) and count_scans(data) > SCANS_MAX:
        raise FormatError(f"the picture has more than {SCANS_MAX} scans")
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
    return read_grey(grey, width, height)


def read_picture_facts(data: bytes) -> PictureFacts:
    """Read a picture; whatever is wrong with it is told in the result."""
    try:
        return PictureFacts(texts=read_picture(data))
    except FormatError as error:
        return PictureFacts(problem=str(error))
    except MemoryError:
        return PictureFacts(problem="reading it takes too much memory")


def count_scans(data: bytes) -> int:
    """Count the scans of a JPEG file: marker by marker, as a decoder meets them."""
    count, at = 0, 0
    while (marker := _MARKER.search(data, at)) is not None and marker[1][0] != _END:
        at = marker.end()
        count += marker[1][0] == _SCAN
        if marker[1][0] not in _BARE:
            at += int.from_bytes(data[at : at + 2], "big")
    return count


def read_grey(grey: bytes, width: int, height: int) -> tuple[str, ...]:
    """Read the codes in an image of one byte a pixel."""
    image = memoryview(grey).cast("B", (height, width))
    wanted = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    codes = zxingcpp.read_barcodes(image, formats=wanted)
    return tuple(code.text for code in codes[:_CODES_MAX])


def _open(data: bytes) -> PngImageFile | JpegImageFile:
    # The two classes themselves: Pillow's own opening would try every format it has.
    kind = PngImageFile if data.startswith(_PNG) else JpegImageFile
    return kind(io.BytesIO(data))


def _check_pixels(width: int, height: int) -> None:
    if not 0 < width * height <= PIXELS_MAX or max(width, height) > SIDE_MAX:
        raise FormatError(f"the picture has more than {PIXELS_MAX} pixels, or is too long")
