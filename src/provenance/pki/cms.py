"""CMS signed data with one signer: the form of a PDF seal and of a time stamp token.

What is read here is a small part of RFC 5652; everything else is refused::

    ContentInfo  signedData
      SignedData   version (1, or 3 for a token), one digest algorithm, content type, content,
                   certificates, no revocation lists
        SignerInfo   version 1, issuer and serial number, the same digest algorithm,
                     signed attributes, signature algorithm, signature,
                     unsigned attributes: a time stamp token alone, or none

The signer's certificate came along, and the signed attributes name it by its hash (RFC 5035),
so that it cannot be exchanged. Algorithms are those of `algorithms`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding

from provenance.errors import FormatError, SignatureError
from provenance.pki.algorithms import read_algorithm, read_digest, verify
from provenance.pki.chain import POOL_MAX, load_certificate, public_key, read_serial
from provenance.pki.der import (
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    Element,
    expect,
    members,
    read_integer,
    read_one,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryptography import x509

    from provenance.pki.algorithms import Algorithm

CMS_SIZE_MAX: Final = 256 * 1024
"""Bytes of a seal or a token, far more than any certificate chain needs."""
DATA: Final = bytes.fromhex("2a864886f70d010701")
"""The content type of plain data (object identifiers without tag and length)."""
_SIGNED_DATA: Final = bytes.fromhex("2a864886f70d010702")
_CONTENT_TYPE: Final = bytes.fromhex("2a864886f70d010903")
_MESSAGE_DIGEST: Final = bytes.fromhex("2a864886f70d010904")
_CERTIFICATE_V1: Final = bytes.fromhex("2a864886f70d010910020c")
_CERTIFICATE_V2: Final = bytes.fromhex("2a864886f70d010910022f")
_TOKEN: Final = bytes.fromhex("2a864886f70d010910020e")
_0: Final = 0xA0
"""The tag of a member that is marked [0]."""
_1: Final = 0xA1


class Signed(NamedTuple):
    """Signed data that was read, and not verified yet.

    ``certificates`` are all that came along, ``signer`` is the one named as the signer's.
    ``message_digest``: the hash of what is signed, ``named``: that of the signer's certificate,
    with its hash function, as the signed attributes have them. ``content``: what is signed,
    where it is inside. ``token``: a time stamp over the signature, DER.
    """

    certificates: tuple[x509.Certificate, ...]
    signer: x509.Certificate
    digest: str
    algorithm: Algorithm
    message_digest: bytes
    named: tuple[str, bytes]
    attributes_der: bytes
    signature: bytes
    content: bytes | None
    token: bytes | None


def parse_signed(der: bytes, *, content_type: bytes, version: int) -> Signed:
    """Parse signed data of one content type and version; raises `FormatError`."""
    if len(der) > CMS_SIZE_MAX:
        raise FormatError(f"more than {CMS_SIZE_MAX} bytes of signature")
    kind, wrapped = _exactly(2, members(read_one(der, SEQUENCE)))
    if expect(kind, OID).content != _SIGNED_DATA:
        raise FormatError("no signed data")
    (data,) = _exactly(1, members(wrapped, _0))
    stated, digests, inner, *rest = _at_least(4, members(data))
    (digest,) = _exactly(1, members(digests, SET))
    pool = _read_certificates(rest.pop(0)) if rest[0].tag == _0 else ()
    (signers,) = _exactly(1, rest)
    (signer,) = _exactly(1, members(signers, SET))
    found_type, content = _read_content(inner)
    if read_integer(stated) != version or found_type != content_type:
        raise FormatError("signed data of another kind")
    return _read_signer(signer, digest, content_type, pool, content)


def _read_content(inner: Element) -> tuple[bytes, bytes | None]:
    """Return the type of what is signed, and the content where it is inside."""
    kind, *rest = _at_least(1, members(inner))
    content = None
    if rest:
        (wrapped,) = _exactly(1, rest)
        (value,) = _exactly(1, members(wrapped, _0))
        content = expect(value, OCTET_STRING).content
    return expect(kind, OID).content, content


def _read_certificates(element: Element) -> tuple[x509.Certificate, ...]:
    found = members(element, _0)
    if len(found) > POOL_MAX:
        raise FormatError(f"more than {POOL_MAX} certificates came along")
    if any(read_serial(one) <= 0 for one in found):
        # RFC 5280 section 4.1.2.2.
        raise FormatError("a certificate whose serial number is not positive")
    return tuple(load_certificate(one.der) for one in found)


def _read_signer(
    signer: Element,
    digest: Element,
    content_type: bytes,
    pool: Sequence[x509.Certificate],
    content: bytes | None,
) -> Signed:
    version, identity, own, shown, kind, signature, *rest = _at_least(6, members(signer))
    if read_integer(version) != 1:
        raise FormatError("the signer is not named by issuer and serial number")
    if own.der != digest.der:
        raise FormatError("signed data with more than its one signature needs")
    hash_function, algorithm = read_digest(digest.der), read_algorithm(kind.der)
    if algorithm.digest not in {None, hash_function}:
        raise FormatError("the signature's hash function is another one")
    attributes = _read_attributes(shown, _0)
    if _value(attributes, _CONTENT_TYPE, OID).content != content_type:
        raise FormatError("the signature is about something of another kind")
    return Signed(
        certificates=tuple(pool),
        signer=_find_signer(identity, pool),
        digest=hash_function,
        algorithm=algorithm,
        message_digest=_value(attributes, _MESSAGE_DIGEST, OCTET_STRING).content,
        named=_read_named(attributes),
        # Signed is a SET OF, which is here under another tag (RFC 5652 section 5.4).
        attributes_der=bytes([SET]) + shown.der[1:],
        signature=expect(signature, OCTET_STRING).content,
        content=content,
        token=_read_token(rest),
    )


def _find_signer(identity: Element, pool: Sequence[x509.Certificate]) -> x509.Certificate:
    issuer, serial = _exactly(2, members(identity))
    number = read_integer(serial)
    found = [
        one
        for one in pool
        if one.issuer.public_bytes() == issuer.der and one.serial_number == number
    ]
    if len(found) != 1:
        raise FormatError("the signer's certificate did not come along, or twice")
    return found[0]


def _read_attributes(element: Element, tag: int) -> dict[bytes, Element]:
    """Return the attributes by their types; each is there once and has one value."""
    found: dict[bytes, Element] = {}
    for attribute in members(element, tag):
        kind, values = _exactly(2, members(attribute))
        name = expect(kind, OID).content
        if name in found:
            raise FormatError("an attribute is there twice")
        (found[name],) = _exactly(1, members(values, SET))
    return found


def _value(attributes: Mapping[bytes, Element], name: bytes, tag: int) -> Element:
    if name not in attributes:
        raise FormatError("a signed attribute that is needed is missing")
    return expect(attributes[name], tag)


def _read_named(attributes: Mapping[bytes, Element]) -> tuple[str, bytes]:
    """Return the hash of the first certificate that the attributes name: the signer's."""
    if _CERTIFICATE_V2 in attributes:
        parts = _first_certificate(attributes[_CERTIFICATE_V2])
        # SHA-256 where no hash function is named (RFC 5035 section 4).
        name = read_digest(parts.pop(0).der) if parts[0].tag == SEQUENCE else "sha256"
        return name, expect(_at_least(1, parts)[0], OCTET_STRING).content
    if _CERTIFICATE_V1 in attributes:
        # RFC 2634 has SHA-1 here; the signature itself does not rest on it.
        parts = _first_certificate(attributes[_CERTIFICATE_V1])
        return "sha1", expect(parts[0], OCTET_STRING).content
    raise FormatError("the signature does not name its certificate")


def _first_certificate(attribute: Element) -> list[Element]:
    certificates = _at_least(1, members(attribute))[0]
    return _at_least(1, members(_at_least(1, members(certificates))[0]))


def _read_token(rest: list[Element]) -> bytes | None:
    """Return the time stamp token, the only attribute that may be unsigned."""
    if not rest:
        return None
    attributes = _read_attributes(_exactly(1, rest)[0], _1)
    if {*attributes} != {_TOKEN}:
        raise FormatError("an unsigned attribute that is not a time stamp")
    return attributes[_TOKEN].der


def check_signed(signed: Signed, digest: bytes) -> None:
    """Verify the signature; ``digest``: the hash of what is signed, by ``signed.digest``.

    Raises `SignatureError`.
    """
    if signed.message_digest != digest:
        raise SignatureError("what is signed is other bytes")
    name, named = signed.named
    certificate = signed.signer.public_bytes(Encoding.DER)
    if hashlib.new(name, certificate, usedforsecurity=False).digest() != named:
        raise SignatureError("the signature names another certificate")
    key = public_key(signed.signer)
    verify(key, signed.algorithm, signed.digest, signed.signature, signed.attributes_der)


def _exactly(count: int, elements: list[Element]) -> list[Element]:
    if len(elements) != count:
        raise FormatError("malformed signed data: members are missing or left over")
    return elements


def _at_least(count: int, elements: list[Element]) -> list[Element]:
    if len(elements) < count:
        raise FormatError("malformed signed data: members are missing")
    return elements
