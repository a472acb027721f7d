"""Time stamp tokens (RFC 3161): what was stamped existed before the time that the token states.

One check serves the seals of documents and the checkpoints of proof bundles::

    form        CMS signed data of version 3 with a TSTInfo of version 1 inside
    imprint     the hash of exactly the bytes that were to be stamped
    signature   by a certificate whose extended key usage is critical and time stamping alone
    chain       leads to a certificate that the verifier trusts, valid at the token's own time

The authority is believed to have been honest at that time; nothing else here can tell.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from provenance.errors import FormatError, SignatureError
from provenance.pki.algorithms import read_digest
from provenance.pki.chain import check_may_stamp, find_chain, load_certificate
from provenance.pki.cms import Signed, check_signed, parse_signed
from provenance.pki.der import (
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    Element,
    expect,
    members,
    read_integer,
    read_one,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_TST_INFO: Final = bytes.fromhex("2a864886f70d0109100104")
_VERSION: Final = 3
_NEEDED: Final = 5
"""Members that every TSTInfo has: version, policy, imprint, serial number, time."""
_OPTIONAL: Final = re.compile(rb"\x30?\x01?\x02?\xa0?\xa1?")
"""Tags of those that may follow: accuracy, ordering, nonce, authority, extensions."""
_TIME: Final = re.compile(rb"([0-9]{14})(?:\.([0-9]{0,8}[1-9]))?Z")


class Stamp(NamedTuple):
    """A time stamp token: its signed data, its time, and what it is about."""

    signed: Signed
    time: datetime
    digest: str
    imprint: bytes


def parse_stamp(der: bytes) -> Stamp:
    """Parse a token (RFC 3161 section 2.4.2); raises `FormatError`."""
    try:
        return _parse(der)
    except FormatError as error:
        raise FormatError(f"malformed time stamp: {error}") from error


def check_stamp(
    token: bytes,
    stamped: bytes,
    roots: Sequence[bytes],
    *,
    digests: Collection[str] = ("sha256", "sha384", "sha512"),
) -> datetime:
    """Check a token over ``stamped`` by an authority under ``roots`` (DER); return its time.

    ``digests``: the hash functions that its imprint may be made with. The authority's
    certificates are judged at that very time, because it is the authority that is believed
    here. Raises `FormatError` or `SignatureError`.
    """
    stamp = parse_stamp(token)
    if stamp.digest not in digests:
        raise SignatureError("the time stamp's imprint is made with another hash function")
    if stamp.imprint != hashlib.new(stamp.digest, stamped).digest():
        raise SignatureError("the time stamp is over other bytes")
    try:
        check_signed(stamp.signed, hashlib.new(stamp.signed.digest, _content(stamp)).digest())
    except SignatureError as error:
        raise SignatureError(f"the time stamp does not hold: {error}") from error
    check_may_stamp(stamp.signed.signer)
    trusted = [load_certificate(root) for root in roots]
    try:
        find_chain(stamp.signed.signer, stamp.signed.certificates, trusted, stamp.time)
    except SignatureError as error:
        raise SignatureError(f"the time stamp is not trusted: {error}") from error
    return stamp.time


def _parse(der: bytes) -> Stamp:
    signed = parse_signed(der, content_type=_TST_INFO, version=_VERSION)
    if signed.content is None or signed.token is not None:
        raise FormatError("it has no content, or is stamped itself")
    found = members(read_one(signed.content, SEQUENCE))
    if len(found) < _NEEDED:
        raise FormatError("members are missing")
    version, policy, imprint, serial, time = found[:_NEEDED]
    expect(policy, OID)
    expect(serial, INTEGER)
    others = bytes(one.tag for one in found[_NEEDED:])
    if read_integer(version) != 1 or not _OPTIONAL.fullmatch(others):
        raise FormatError("it is of another version")
    parts = members(imprint)
    if len(parts) != len(("algorithm", "hash")):
        raise FormatError("its imprint is not a hash")
    return Stamp(
        signed=signed,
        time=_read_time(time),
        digest=read_digest(parts[0].der),
        imprint=expect(parts[1], OCTET_STRING).content,
    )


def _content(stamp: Stamp) -> bytes:
    assert stamp.signed.content is not None, "the parser has seen it"
    return stamp.signed.content


def _read_time(element: Element) -> datetime:
    """Read the time in the spelling of RFC 3161: to the second or finer, in UTC."""
    match = _TIME.fullmatch(expect(element, GENERALIZED_TIME).content)
    if match is None:
        raise FormatError("its time is not one in UTC")
    try:
        moment = datetime.strptime(match[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise FormatError("its time is not on the calendar") from error
    fraction = (match[2] or b"").ljust(6, b"0")[:6]
    return moment.replace(microsecond=int(fraction))
