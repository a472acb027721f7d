"""Embedded files are decoded here, never more of them than a bundle may have."""

from __future__ import annotations

import zlib

from provenance.errors import FormatError
from provenance.record.bundle import BUNDLE_SIZE_MAX


def decode_embedded(raw: bytes, filters: list[str]) -> bytes:
    """Decode an embedded file's stream, which has no filter or ``/FlateDecode`` alone.

    Raises `FormatError` for another filter, for more than `BUNDLE_SIZE_MAX` bytes, and for
    what is damaged or followed by something.
    """
    if filters not in ([], ["/FlateDecode"]):
        raise FormatError("the attached file is compressed in a way that is not taken")
    data = _inflate(raw) if filters else raw
    if len(data) > BUNDLE_SIZE_MAX:
        raise FormatError(f"the attached file has more than {BUNDLE_SIZE_MAX} bytes")
    return data


def _inflate(raw: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(raw, BUNDLE_SIZE_MAX + 1)
    except zlib.error:
        raise FormatError("the attached file is damaged") from None
    # A line end may stand between the data and ``endstream`` (ISO 32000-2 section 7.3.8.1).
    whole = inflater.eof and inflater.unused_data in {b"", b"\n", b"\r\n"}
    if len(data) <= BUNDLE_SIZE_MAX and not whole:
        raise FormatError("the attached file is damaged")
    return data
