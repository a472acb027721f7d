"""A seal certificate of one's own, for trying out: nobody trusts it who is not told to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from provenance.pki.algorithms import RSA_EXPONENT

if TYPE_CHECKING:
    from datetime import datetime

YEARS: Final = timedelta(days=3 * 365)
"""How long both certificates are valid."""
# RFC 9336, and what viewers asked for before it.
_DOCUMENTS: Final = (
    x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),
    ExtendedKeyUsageOID.EMAIL_PROTECTION,
)
_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


KEY_TYPES: Final = ("p-256", "p-384", "rsa-2048", "rsa-3072", "rsa-4096")
"""Kinds of keys of a seal; the first is what is made where none is asked for."""


class TrialSeal(Struct, frozen=True):
    """The key of a seal, its certificate, and the root above it, whose key is forgotten."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    root: x509.Certificate


def make_trial_seal(name: str, now: datetime, key_type: str = KEY_TYPES[0]) -> TrialSeal:
    """Make a root on P-256 and under it a certificate for seals, both valid from now on.

    ``key_type``: one of `KEY_TYPES`, the kind of the seal's own key.
    """
    root_key, key = ec.generate_private_key(ec.SECP256R1()), _make_key(key_type)
    root_name = _name(f"{name} (root, for trying out)")
    root = (
        _builder(root_name, root_name, root_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    certificate = (
        _builder(_name(f"{name} (for trying out)"), root_name, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature", "content_commitment"), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_DOCUMENTS), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    return TrialSeal(key, certificate, root)


def _make_key(key_type: str) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    kind, _, size = key_type.partition("-")
    if kind == "rsa":
        return rsa.generate_private_key(RSA_EXPONENT, int(size))
    return ec.generate_private_key(ec.SECP384R1() if size == "384" else ec.SECP256R1())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
    now: datetime,
) -> x509.CertificateBuilder:
    start = now.replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + YEARS)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*stated: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in stated for usage in _USAGES})
