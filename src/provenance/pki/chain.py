"""From a signer's certificate to one that the verifier trusts, by rules that fit on a page.

A chain holds the signer's certificate, certificates that came along, and ends in a trusted
one, or is the trusted one alone. It is looked for like this:

- a certificate that the verifier trusts ends the chain, wherever it stands in it;
- each other one is issued by the next: names match (as bytes), and the signature verifies,
  by an algorithm and a key of `algorithms`;
- all of them, the trusted one too, are valid at the time asked for, both ends included;
- who issues has basic constraints that say CA, a path length that is not exceeded, and the
  key usage ``keyCertSign`` where it has a key usage;
- no certificate has a critical extension but basic constraints, key usage, extended key
  usage, certificate policies and subject alternative name (so none with critical name
  constraints, which nobody looks into here);
- a chain has five certificates at most, and eight come along at most.

Revocation is not asked for: no network is used. Source: RFC 5280 sections 4.2 and 6.1, of
which this is a part; what is left out is refused where it is critical.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from provenance.errors import FormatError, SignatureError
from provenance.pki.algorithms import check_key, read_algorithm, verify
from provenance.pki.der import SEQUENCE, check_der, members, read_integer, read_one

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from provenance.pki.algorithms import PublicKey
    from provenance.pki.der import Element

CHAIN_MAX: Final = 5
"""Certificates of one chain."""
POOL_MAX: Final = 8
"""Certificates that come along; few enough that all chains of them can be tried."""

_KNOWN: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)
"""Extensions that may be critical."""
_VERSION: Final = 0xA0
"""The tag of a certificate's version."""
_SERIAL: Final = 0
_ALGORITHM: Final = 1
_KEY: Final = 5
"""Places of what is read here in a certificate (RFC 5280 section 4.1), after its version."""


def load_certificate(der: bytes) -> x509.Certificate:
    """Load a certificate and all of its extensions; raises `FormatError`."""
    check_der(der)
    try:
        certificate = x509.load_der_x509_certificate(der)
        # All of this is parsed when it is first asked for: here, where errors are expected.
        parts = certificate.extensions, certificate.subject, certificate.issuer
        dates = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        del parts, dates
        certificate.public_key()
    except (
        ValueError,
        TypeError,  # of a name's part that is a BIT STRING
        x509.DuplicateExtension,
        x509.InvalidVersion,
        UnsupportedAlgorithm,
    ) as error:
        raise FormatError("malformed certificate, or a key of an unknown kind") from error
    return certificate


def find_chain(
    signer: x509.Certificate,
    pool: Sequence[x509.Certificate],
    trusted: Sequence[x509.Certificate],
    at: datetime,
) -> tuple[x509.Certificate, ...]:
    """Find the chain from a signer's certificate to a trusted one, valid at a time.

    Raises `SignatureError`, which tells why the nearest thing to a chain is none.
    """
    if len(pool) > POOL_MAX:
        raise SignatureError(f"more than {POOL_MAX} certificates came along")
    failures: list[str] = []
    chain = _extend((signer,), pool, trusted, at, failures)
    if chain is None:
        raise SignatureError(failures[-1] if failures else "no chain to a trusted certificate")
    return chain


def _extend(
    chain: tuple[x509.Certificate, ...],
    pool: Sequence[x509.Certificate],
    trusted: Sequence[x509.Certificate],
    at: datetime,
    failures: list[str],
) -> tuple[x509.Certificate, ...] | None:
    last = chain[-1]
    if fault := _fault(chain, at):
        failures.append(fault)
        return None
    if last in trusted:
        return chain
    for issuer in (*trusted, *pool):
        if len(chain) == CHAIN_MAX or issuer in chain or not _issued(last, issuer):
            continue
        found = _extend((*chain, issuer), pool, trusted, at, failures)
        if found is not None:
            return found
    return None


def _fault(chain: tuple[x509.Certificate, ...], at: datetime) -> str | None:
    """Say what is wrong with the last certificate of a chain, or None."""
    last = chain[-1]
    if not last.not_valid_before_utc <= at <= last.not_valid_after_utc:
        return f"a certificate of the chain is not valid at {at:%Y-%m-%d %H:%M:%S} UTC"
    if any(one.critical and one.oid not in _KNOWN for one in last.extensions):
        return "a certificate of the chain has an unknown critical extension"
    if len(chain) > 1 and not _may_issue(last, below=len(chain) - 2):
        return "a certificate of the chain was issued by one that must not issue any"
    return None


def _may_issue(certificate: x509.Certificate, *, below: int) -> bool:
    """Whether it is a CA's; ``below``: how many CA certificates stand under it."""
    basic = _extension(certificate, x509.BasicConstraints)
    if basic is None or not basic.ca:
        return False
    if basic.path_length is not None and below > basic.path_length:
        return False
    usage = _extension(certificate, x509.KeyUsage)
    return usage is None or usage.key_cert_sign


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether one certificate is issued and signed by the other."""
    if certificate.issuer.public_bytes() != issuer.subject.public_bytes():
        return False
    try:
        inside, outside = _algorithms(certificate)
        algorithm = read_algorithm(outside)
        # A certificate names its algorithm twice (RFC 5280 section 4.1.1.2), with its hash.
        if inside != outside or algorithm.digest is None:
            return False
        message, key = certificate.tbs_certificate_bytes, public_key(issuer)
        verify(key, algorithm, algorithm.digest, certificate.signature, message)
    except (FormatError, SignatureError):
        return False
    return True


def _algorithms(certificate: x509.Certificate) -> tuple[bytes, bytes]:
    """Return the algorithm as it is named inside of what is signed, and outside of it."""
    der = _read(certificate)
    return _signed(der)[_ALGORITHM].der, members(der)[1].der


def public_key(certificate: x509.Certificate) -> PublicKey:
    """Return the key of a certificate; raises `SignatureError` where it is not accepted."""
    return check_key(certificate.public_key(), _signed(_read(certificate))[_KEY].der)


def read_serial(der: Element) -> int:
    """Return the serial number of a certificate; raises `FormatError`."""
    return read_integer(_signed(der)[_SERIAL])


def _signed(der: Element) -> list[Element]:
    """Return the members of what is signed of a certificate, without the version."""
    found = members(der)
    parts = members(found[0]) if found else []
    parts = parts[1:] if parts and parts[0].tag == _VERSION else parts
    if len(parts) <= _KEY:
        raise FormatError("malformed certificate")
    return parts


def _read(certificate: x509.Certificate) -> Element:
    return read_one(certificate.public_bytes(Encoding.DER), SEQUENCE)


def _extension(
    certificate: x509.Certificate, kind: type[x509.extensions.ExtensionTypeVar]
) -> x509.extensions.ExtensionTypeVar | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


_SEALING: Final = frozenset(
    {
        "2.5.29.37.0",  # any (RFC 5280 section 4.2.1.12)
        "1.3.6.1.5.5.7.3.4",  # e-mail protection, which CAs used for documents before RFC 9336
        "1.3.6.1.5.5.7.3.36",  # document signing (RFC 9336)
        "1.2.840.113583.1.1.5",  # Adobe's, for documents
        "1.3.6.1.4.1.311.10.3.12",  # Microsoft's, for documents
    }
)
_TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"


def check_may_seal(certificate: x509.Certificate) -> None:
    """Check the key usage of a seal's certificate; raises `SignatureError`.

    It must state ``digitalSignature`` or ``contentCommitment``; where it has an extended key
    usage, one for documents, for e-mail, or any.
    """
    usage = _extension(certificate, x509.KeyUsage)
    if usage is None or not (usage.digital_signature or usage.content_commitment):
        raise SignatureError("the key usage of the seal's certificate is not to sign")
    extended = _extension(certificate, x509.ExtendedKeyUsage)
    if extended is not None and not {one.dotted_string for one in extended} & _SEALING:
        raise SignatureError("the extended key usage of the seal's certificate is another one")


def check_may_stamp(certificate: x509.Certificate) -> None:
    """Check the certificate of a time-stamping authority; raises `SignatureError`.

    Its extended key usage is critical and time stamping alone (RFC 3161 section 2.3).
    """
    found = [
        one for one in certificate.extensions if one.oid == ExtensionOID.EXTENDED_KEY_USAGE
    ]
    usages = [
        use.dotted_string
        for one in found
        if one.critical and isinstance(one.value, x509.ExtendedKeyUsage)
        for use in one.value
    ]
    if usages != [_TIME_STAMPING]:
        raise SignatureError("the certificate of the time stamp is not for time stamping alone")
