"""Whether a PDF file is as it was sealed, by whom, and when.

That a signature in a PDF file is valid says little: whoever paints over a page by an
incremental update leaves it valid. So three things are asked, each after the one before:

    seal            there is exactly one signature, its CMS is sound, and its digest is
                    that of the bytes which its ByteRange names
    seal-coverage   these are all bytes of the file but the signature's own hexadecimal
                    string, and it certifies the file and permits no change
    seal-trust      its certificate leads to one that the verifier trusts for seals, at the
                    time of a trusted time stamp where there is one, else at the time given

The bytes are looked at here, not what a library says of them.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography import x509

from provenance.cv.facts import SUBFILTER, PdfFacts, Signature
from provenance.cv.report import Document
from provenance.errors import FormatError, SignatureError
from provenance.pki.chain import check_may_seal, find_chain, load_certificate
from provenance.pki.cms import DATA, Signed, check_signed, parse_signed
from provenance.pki.stamp import check_stamp

if TYPE_CHECKING:
    from provenance.cv.roots import SealRoots

_HEX: Final = re.compile(rb"[0-9A-F]*")
_DATE: Final = re.compile(r"D:([0-9]{14})(?:Z|([+-])([0-9]{2})'([0-9]{2})'?)")


class Seal(NamedTuple):
    """The signature of a file, whose digest is that of the bytes it names."""

    signature: Signature
    signed: Signed


def check_seal(pdf: bytes, facts: PdfFacts) -> Seal:
    """Check ``seal``; raises `FormatError` or `SignatureError`."""
    if not facts.signed:
        raise SignatureError("there is no signature in the file")
    if facts.signature is None:
        raise SignatureError(facts.signature_problem)
    start, size, second, rest = facts.signature.byte_range
    if not (start >= 0 <= size and start + size <= second and rest >= 0):
        raise FormatError("the signature's range is no range")
    if second + rest > len(pdf):
        raise FormatError("the signature's range is larger than the file")
    if facts.signature.subfilter != SUBFILTER:
        raise SignatureError(f"the signature is none of PAdES ({SUBFILTER[1:]})")
    signed = parse_seal(_without_padding(facts.signature.contents))
    digest = hashlib.new(signed.digest, pdf[start : start + size])
    digest.update(pdf[second : second + rest])
    check_signed(signed, digest.digest())
    return Seal(facts.signature, signed)


def parse_seal(der: bytes) -> Signed:
    """Parse the CMS of a seal, whose content is outside of it; raises `FormatError`."""
    try:
        signed = parse_signed(der, content_type=DATA, version=1)
    except FormatError as error:
        raise FormatError(f"malformed seal: {error}") from error
    if signed.content is not None:
        raise FormatError("malformed seal: its content is inside of it")
    return signed


def _without_padding(contents: bytes) -> bytes:
    """Return the CMS alone; what stands behind it must be zeros."""
    if contents[:2] != b"\x30\x82":
        raise FormatError("the signature's content is no signature")
    size = 4 + int.from_bytes(contents[2:4], "big")
    if len(contents) < size or contents[size:].strip(b"\0"):
        raise FormatError("the signature is followed by other content")
    return contents[:size]


def check_coverage(pdf: bytes, seal: Seal) -> None:
    """Check ``seal-coverage``; raises `SignatureError`."""
    start, size, second, rest = seal.signature.byte_range
    if start != 0 or second + rest != len(pdf):
        raise SignatureError("the seal does not cover the whole file: something was added")
    gap = pdf[size:second]
    if gap[:1] != b"<" or gap[-1:] != b">" or not _HEX.fullmatch(gap[1:-1]):
        raise SignatureError("the seal leaves out more than its own content")
    if gap[1:-1] != seal.signature.contents.hex().upper().encode():
        raise SignatureError("what the seal leaves out is not its own content")
    if not seal.signature.certifies:
        raise SignatureError("the seal is no certification that permits no change")


def check_trust(seal: Seal, roots: SealRoots, now_s: int) -> Document:
    """Check ``seal-trust``; give who sealed the file, and when.

    ``now_s``: POSIX seconds, where no time stamp says when. Raises `FormatError` or
    `SignatureError`.
    """
    signer = seal.signed.signer
    check_may_seal(signer)
    stamped = None
    if seal.signed.token is not None:
        stamped = check_stamp(seal.signed.token, seal.signed.signature, roots.tsas)
    at = datetime.fromtimestamp(now_s, UTC) if stamped is None else stamped
    trusted = [load_certificate(root) for root in roots.seals]
    find_chain(signer, seal.signed.certificates, trusted, at)
    claimed = _claimed(seal.signature.claimed_at)
    return Document(
        outcome="as sealed",
        sealed_by=_name(signer),
        sealed_at=claimed if stamped is None else _rfc3339(stamped),
        time_source="claimed" if stamped is None else "tsa",
    )


def _name(certificate: x509.Certificate) -> str | None:
    """Return the first common name, or None where there is none."""
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else None


def _claimed(date: str) -> str | None:
    """Return a date of a PDF file (ISO 32000-2 section 7.9.4) in UTC, or None."""
    match = _DATE.fullmatch(date)
    try:
        when = None if match is None else datetime.strptime(match[1], "%Y%m%d%H%M%S")  # noqa: DTZ007
    except ValueError:
        return None
    if match is None or when is None:
        return None
    sign, hours, minutes = match[2], int(match[3] or 0), int(match[4] or 0)
    east_s = (hours * 3600 + minutes * 60) * (-1 if sign == "-" else 1)
    seconds = int(when.replace(tzinfo=UTC).timestamp()) - east_s
    try:
        return _rfc3339(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError):
        return None


def _rfc3339(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
