"""CMS signed data with one signer: the form of a PDF seal and of a time stamp token.

What is read here is a small part of RFC 5652, everything else is refused: one signer, named
by issuer and serial number, with signed attributes; SHA-256, SHA-384 or SHA-512; ECDSA or RSA
(PKCS #1 v1.5). The signer's certificate came along, and the signed attributes name it by its
hash (RFC 5035), so that it cannot be exchanged. A time stamp token is RFC 3161's.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from provenance.cv.chain import POOL_MAX, load_certificate
from provenance.cv.der import check_der
from provenance.cv.extras import needing_extra
from provenance.errors import FormatError, ProvenanceError, SignatureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography import x509

CMS_SIZE_MAX: Final = 256 * 1024
"""Bytes of a seal or a token, far more than any certificate chain needs."""
_HASHES: Final = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_SET: Final = b"\x31"
_TOKEN: Final = "signature_time_stamp_token"  # noqa: S105 - the name of an attribute


class Signed(NamedTuple):
    """Signed data that was read, and not verified yet.

    ``certificates`` are all that came along, ``signer`` is the one named as the signer's.
    ``message_digest``: the hash of what is signed, ``named``: that of the signer's certificate,
    with its hash function, as the signed attributes have them. ``content``: what is signed,
    where it stands inside. ``token``: a time stamp over the signature, DER.
    """

    certificates: tuple[x509.Certificate, ...]
    signer: x509.Certificate
    digest: str
    algorithm: str
    message_digest: bytes
    named: tuple[str, bytes]
    attributes_der: bytes
    signature: bytes
    content: bytes | None
    token: bytes | None


class Stamp(NamedTuple):
    """A time stamp token: its signed data, its time, and what it is about."""

    signed: Signed
    time: datetime
    digest: str
    imprint: bytes


@contextmanager
def _reading(what: str) -> Iterator[None]:
    """Make everything that reading strange bytes raises into a `FormatError`."""
    try:
        yield
    except ProvenanceError:
        raise
    except Exception as error:
        raise FormatError(f"malformed {what}") from error


def parse_seal(der: bytes) -> Signed:
    """Parse the CMS of a seal, whose content stands outside of it; raises `FormatError`."""
    with _reading("seal"):
        signed = _parse(der, "data", "v1")
        if signed.content is not None:
            raise FormatError("malformed seal: its content stands inside of it")
        return signed


def parse_stamp(der: bytes) -> Stamp:
    """Parse a time stamp token (RFC 3161 section 2.4.2); raises `FormatError`."""
    with needing_extra():
        from asn1crypto import tsp  # noqa: PLC0415 - only with the extra
    with _reading("time stamp"):
        signed = _parse(der, "tst_info", "v3")
        if signed.content is None or signed.token is not None:
            raise FormatError("malformed time stamp")
        info = tsp.TSTInfo.load(signed.content, strict=True)
        imprint = info["message_imprint"]
        time = info["gen_time"].native
        # A year 0 is of another type, which compares with no time.
        if not isinstance(time, datetime) or info["version"].native != "v1":
            raise FormatError("malformed time stamp")
        return Stamp(
            signed=signed,
            time=time,
            digest=_hash_name(imprint["hash_algorithm"]),
            imprint=bytes(imprint["hashed_message"].native),
        )


def check_signed(signed: Signed, digest: bytes) -> None:
    """Verify the signature; ``digest``: the hash of what is signed, by ``signed.digest``.

    Raises `SignatureError`.
    """
    if signed.message_digest != digest:
        raise SignatureError("what is signed is other bytes")
    name, named = signed.named
    if hashlib.new(name, _der(signed.signer), usedforsecurity=False).digest() != named:
        raise SignatureError("the signature names another certificate")
    key, algorithm = signed.signer.public_key(), _HASHES[signed.digest]
    message = signed.attributes_der
    try:
        if signed.algorithm == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signed.signature, message, ec.ECDSA(algorithm))
        elif signed.algorithm == "rsassa_pkcs1v15" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signed.signature, message, padding.PKCS1v15(), algorithm)
        else:
            raise SignatureError("the signature is of another kind than the key")
    except (InvalidSignature, UnsupportedAlgorithm, ValueError) as error:
        raise SignatureError("the signature is wrong") from error


def _read_named(attributes: dict[str, Any]) -> tuple[str, bytes]:
    """Give the hash of the first certificate that the attributes name: the signer's."""
    second = attributes.get("signing_certificate_v2")
    if second is not None:
        one = second["certs"][0]
        return _hash_name(one["hash_algorithm"]), bytes(one["cert_hash"].native)
    first = attributes.get("signing_certificate")
    if first is None:
        raise FormatError("the signature does not name its certificate")
    # RFC 2634 has SHA-1 here; the signature itself does not rest on it.
    return "sha1", bytes(first["certs"][0]["cert_hash"].native)


def _parse(der: bytes, content_type: str, version: str) -> Signed:
    with needing_extra():
        # The second module teaches the first the attributes that name a certificate.
        from asn1crypto import cms, tsp  # noqa: F401, PLC0415 - only with the extra
    if len(der) > CMS_SIZE_MAX:
        raise FormatError(f"more than {CMS_SIZE_MAX} bytes of signature")
    check_der(der)
    info = cms.ContentInfo.load(der, strict=True)
    if info["content_type"].native != "signed_data":
        raise FormatError("no signed data")
    data = info["content"]
    (one,) = data["signer_infos"]
    (digest,) = data["digest_algorithms"]
    inner = data["encap_content_info"]
    if data["version"].native != version or inner["content_type"].native != content_type:
        raise FormatError("signed data of another kind")
    if digest.dump() != one["digest_algorithm"].dump() or _is_there(data["crls"]):
        raise FormatError("signed data with more than its one signature needs")
    certificates = tuple(_load(choice) for choice in data["certificates"])
    attributes = _attributes(one, content_type)
    content = inner["content"]
    return Signed(
        certificates=certificates,
        signer=_find_signer(one, certificates),
        digest=_hash_name(digest),
        algorithm=_signature_name(one["signature_algorithm"], _hash_name(digest)),
        message_digest=bytes(attributes["message_digest"].native),
        named=_read_named(attributes),
        # Signed is a SET OF, which stands here under another tag (RFC 5652 section 5.4).
        attributes_der=_SET + one["signed_attrs"].dump()[1:],
        signature=bytes(one["signature"].native),
        content=bytes(content) if _is_there(content) else None,
        token=_token(one),
    )


def _load(choice: Any) -> x509.Certificate:  # noqa: ANN401 - asn1crypto has no types
    if choice.name != "certificate":
        raise FormatError("a certificate of an old form")
    if choice.chosen.serial_number <= 0:
        # RFC 5280 section 4.1.2.2.
        raise FormatError("a certificate whose serial number is not positive")
    return load_certificate(choice.chosen.dump())


def _find_signer(one: Any, pool: tuple[x509.Certificate, ...]) -> x509.Certificate:  # noqa: ANN401
    if one["version"].native != "v1" or one["sid"].name != "issuer_and_serial_number":
        raise FormatError("the signer is not named by issuer and serial number")
    if len(pool) > POOL_MAX:
        raise FormatError(f"more than {POOL_MAX} certificates came along")
    named = one["sid"].chosen
    issuer, serial = named["issuer"].dump(), named["serial_number"].native
    found = [
        each
        for each in pool
        if each.issuer.public_bytes() == issuer and each.serial_number == serial
    ]
    if len(found) != 1:
        raise FormatError("the signer's certificate did not come along, or twice")
    return found[0]


def _attributes(one: Any, content_type: str) -> dict[str, Any]:  # noqa: ANN401
    found: dict[str, Any] = {}
    for attribute in one["signed_attrs"]:
        (value,) = attribute["values"]
        name = attribute["type"].native
        if name in found:
            raise FormatError("a signed attribute stands there twice")
        found[name] = value
    if found["content_type"].native != content_type:
        raise FormatError("the signature is about something of another kind")
    return found


def _token(one: Any) -> bytes | None:  # noqa: ANN401
    """Give the time stamp token, which is the only attribute that may stand unsigned."""
    if not _is_there(one["unsigned_attrs"]):
        return None
    (attribute,) = one["unsigned_attrs"]
    (value,) = attribute["values"]
    if attribute["type"].native != _TOKEN:
        raise FormatError("an unsigned attribute that is no time stamp")
    return bytes(value.dump())


def _is_there(value: Any) -> bool:  # noqa: ANN401
    """Whether an optional member is there; its `native` form would take long to make."""
    from asn1crypto import core  # noqa: PLC0415 - only with the extra

    return not isinstance(value, core.Void)


def _hash_name(algorithm: Any) -> str:  # noqa: ANN401
    name = algorithm["algorithm"].native
    if name not in _HASHES or algorithm["parameters"].native is not None:
        raise FormatError("a hash function that is not taken")
    return str(name)


def _signature_name(algorithm: Any, digest: str) -> str:  # noqa: ANN401
    oid = algorithm["algorithm"].native
    if oid != "rsassa_pkcs1v15" and algorithm.hash_algo != digest:
        raise FormatError("the signature's hash function is another one")
    if algorithm["parameters"].native is not None:
        raise FormatError("a signature with parameters")
    return str(algorithm.signature_algo)


def _der(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    return certificate.public_bytes(Encoding.DER)
