"""The signature algorithms that are accepted, each by the exact bytes of its identifier.

Hash functions are SHA-256, SHA-384 and SHA-512. Keys are RSA of 2,048 to 8,192 bits with the
exponent 65537, or ECDSA on P-256 or P-384; any curve goes with any hash function::

    rsaEncryption               names no hash; PKCS #1 v1.5 with the digest given beside it
    sha256WithRSAEncryption …   PKCS #1 v1.5
    id-RSASSA-PSS               hash and MGF1 hash equal, salt as long as the hash, trailer 1
    ecdsa-with-SHA256 …         ECDSA

Parameters that mean nothing are NULL or absent. Sources: RFC 5754 (hashes), RFC 4055 and 8017
(RSA), RFC 5758 and 5480 (ECDSA).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from provenance.errors import FormatError, SignatureError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

RSA_BITS_MIN: Final = 2048
RSA_BITS_MAX: Final = 8192
RSA_EXPONENT: Final = 65537

Kind: TypeAlias = Literal["pkcs1", "pss", "ecdsa"]
PublicKey: TypeAlias = "rsa.RSAPublicKey | ec.EllipticCurvePublicKey"


class Algorithm(NamedTuple):
    """A signature algorithm; ``digest`` is None where the identifier names none."""

    kind: Kind
    digest: str | None


_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_HASH_OIDS: Final = {
    name: bytes.fromhex("0609608648016503040201")[:-1] + bytes([number])
    for number, name in enumerate(_HASHES, 1)
}
_RSA: Final = bytes.fromhex("06092a864886f70d0101")
"""An object identifier that begins 1.2.840.113549.1.1, without its last byte."""
_ECDSA: Final = bytes.fromhex("06082a8648ce3d0403")
"""An object identifier that begins 1.2.840.10045.4.3, without its last byte."""
_NULL: Final = b"\x05\0"
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1)


def _wrap(tag: int, content: bytes) -> bytes:
    # The content of an identifier has fewer than 128 bytes.
    return bytes([tag, len(content)]) + content


def _identifiers(oid: bytes, *parameters: bytes) -> list[bytes]:
    return [_wrap(0x30, oid + each) for each in parameters]


def _pss_identifiers(name: str) -> list[bytes]:
    hash_ids = _identifiers(_HASH_OIDS[name], b"", _NULL)
    salt = _wrap(0xA2, _wrap(0x02, bytes([_HASHES[name].digest_size])))
    trailers = (b"", _wrap(0xA3, _wrap(0x02, b"\x01")))
    return [
        _wrap(
            0x30,
            _RSA
            + b"\x0a"
            + _wrap(
                0x30,
                _wrap(0xA0, own)
                + _wrap(0xA1, _wrap(0x30, _RSA + b"\x08" + mask))
                + salt
                + trailer,
            ),
        )
        for own in hash_ids
        for mask in hash_ids
        for trailer in trailers
    ]


_DIGESTS: Final = {
    der: name for name, oid in _HASH_OIDS.items() for der in _identifiers(oid, b"", _NULL)
}
_ALGORITHMS: Final[dict[bytes, Algorithm]] = {
    der: Algorithm("pkcs1", None) for der in _identifiers(_RSA + b"\x01", b"", _NULL)
}
for _number, _name in enumerate(_HASHES):
    for _der in _identifiers(_RSA + bytes([11 + _number]), b"", _NULL):
        _ALGORITHMS[_der] = Algorithm("pkcs1", _name)
    for _der in _identifiers(_ECDSA + bytes([2 + _number]), b"", _NULL):
        _ALGORITHMS[_der] = Algorithm("ecdsa", _name)
    for _der in _pss_identifiers(_name):
        _ALGORITHMS[_der] = Algorithm("pss", _name)


def read_digest(der: bytes) -> str:
    """Return the hash function of an identifier, as `hashlib` names it.

    Raises `FormatError` for another one.
    """
    if der not in _DIGESTS:
        raise FormatError("a hash function that is not accepted, or with parameters")
    return _DIGESTS[der]


def read_algorithm(der: bytes) -> Algorithm:
    """Return the signature algorithm of an identifier; raises `FormatError`."""
    if der not in _ALGORITHMS:
        raise FormatError("a signature algorithm that is not accepted, or with parameters")
    return _ALGORITHMS[der]


def check_key(key: CertificatePublicKeyTypes, der: bytes) -> PublicKey:
    """Return a public key if it is of an accepted kind and size, else raise `SignatureError`.

    ``der``: the key as it is written (SubjectPublicKeyInfo), which has one spelling.
    """
    is_taken = (
        isinstance(key, rsa.RSAPublicKey)
        and RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX
        and key.public_numbers().e == RSA_EXPONENT
    ) or (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES))
    if not is_taken or not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise SignatureError(
            f"a key that is not accepted: RSA of {RSA_BITS_MIN} to {RSA_BITS_MAX} bits with "
            f"the exponent {RSA_EXPONENT}, or ECDSA on P-256 or P-384 is needed"
        )
    if key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != der:
        raise SignatureError("a key that is not written in the usual form")
    return key


def verify(
    key: PublicKey, algorithm: Algorithm, digest: str, signature: bytes, message: bytes
) -> None:
    """Verify a signature whose hash function is ``digest``; raises `SignatureError`."""
    hash_function = _HASHES[digest]
    try:
        if algorithm.kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(hash_function))
        elif algorithm.kind == "pkcs1" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), hash_function)
        elif algorithm.kind == "pss" and isinstance(key, rsa.RSAPublicKey):
            scheme = padding.PSS(padding.MGF1(hash_function), hash_function.digest_size)
            key.verify(signature, message, scheme, hash_function)
        else:
            raise SignatureError("the signature is of another kind than the key")
    except (InvalidSignature, ValueError) as error:
        raise SignatureError("the signature is wrong") from error
