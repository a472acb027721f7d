"""Keys, algorithms, CMS and chains: accepted kinds as OpenSSL makes them, others refused."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from asn1crypto import algos, core, keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from provenance.errors import FormatError, SignatureError
from provenance.pki.algorithms import (
    Algorithm,
    check_key,
    read_algorithm,
    read_digest,
    verify,
)
from provenance.pki.chain import find_chain, load_certificate, public_key, read_serial
from provenance.pki.cms import DATA, check_signed, parse_signed
from provenance.pki.der import SEQUENCE, check_der, expect, members, read_integer, read_one
from provenance.pki.stamp import parse_stamp
from sealing import DAY, OPENSSL, certify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sealing import Certified

needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
CONTENT: Final = b"what is signed"
RSA_2048: Final = rsa.generate_private_key(65537, 2048)
RSA_4096: Final = rsa.generate_private_key(65537, 4096)
P256: Final = ec.generate_private_key(ec.SECP256R1())
P384: Final = ec.generate_private_key(ec.SECP384R1())


# What OpenSSL signs.


def openssl_signs(directory: Path, one: Certified, digest: str, *options: str) -> bytes:
    """Let OpenSSL sign as CAdES, with the signer's certificate named."""
    (directory / "content").write_bytes(CONTENT)
    (directory / "cert.pem").write_bytes(one.pem)
    (directory / "key.pem").write_bytes(one.key_pem)
    command = [
        *(str(OPENSSL), "cms", "-sign", "-binary", "-cades", "-outform", "DER", "-md", digest),
        *("-in", str(directory / "content"), "-signer", str(directory / "cert.pem")),
        *("-inkey", str(directory / "key.pem"), "-out", str(directory / "cms"), *options),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return (directory / "cms").read_bytes()


PSS: Final = ("-keyopt", "rsa_padding_mode:pss")
MADE: Final[dict[str, tuple[Any, str, tuple[str, ...]]]] = {
    f"{name}, {digest}, {'PSS' if options else 'plain'}": (key, digest, options)
    for name, key in (("RSA", RSA_2048), ("P-256", P256), ("P-384", P384))
    for digest in ("sha256", "sha384", "sha512")
    for options in ((), (*PSS, "-keyopt", "rsa_pss_saltlen:-1"))
    if not options or name == "RSA"
}


@needs_openssl
@pytest.mark.parametrize(("key", "digest", "options"), MADE.values(), ids=MADE)
def test_what_openssl_signs_holds(
    key: Any, digest: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    der = openssl_signs(tmp_path, certify("x", key=key), digest, *options)
    signed = parse_signed(der, content_type=DATA, version=1)
    assert signed.digest == digest
    check_signed(signed, hashlib.new(digest, CONTENT).digest())
    with pytest.raises(SignatureError, match="other bytes"):
        check_signed(signed, hashlib.new(digest, b"else").digest())
    for change in (signed.signature[:-1], bytes(len(signed.signature)), b""):
        with pytest.raises(SignatureError, match="wrong"):
            check_signed(
                signed._replace(signature=change), hashlib.new(digest, CONTENT).digest()
            )


@needs_openssl
@pytest.mark.parametrize(
    ("key", "digest", "options", "error"),
    [
        (RSA_2048, "sha1", (), "hash function"),
        (RSA_2048, "sha224", (), "hash function"),
        (RSA_2048, "sha3-256", (), "hash function"),
        (P256, "sha1", (), "hash function"),
        (RSA_2048, "sha256", (*PSS, "-keyopt", "rsa_pss_saltlen:20"), "signature algorithm"),
        (RSA_2048, "sha256", (*PSS, "-keyopt", "rsa_pss_saltlen:-3"), "signature algorithm"),
        (
            RSA_2048,
            "sha256",
            (*PSS, "-keyopt", "rsa_pss_saltlen:-1", "-keyopt", "rsa_mgf1_md:sha512"),
            "signature algorithm",
        ),
    ],
)
def test_what_openssl_signs_otherwise_is_refused(
    key: Any, digest: str, options: tuple[str, ...], error: str, tmp_path: Path
) -> None:
    der = openssl_signs(tmp_path, certify("x", key=key), digest, *options)
    with pytest.raises(FormatError, match=error):
        parse_signed(der, content_type=DATA, version=1)


KEYS: Final[dict[str, tuple[Callable[[], Any], bool]]] = {
    "RSA of 2,048 bits": (lambda: RSA_2048, True),
    "RSA of 4,096 bits": (lambda: RSA_4096, True),
    "RSA of 2,047 bits": (lambda: rsa.generate_private_key(65537, 2040), False),
    "RSA of 1,024 bits": (lambda: rsa.generate_private_key(65537, 1024), False),
    "RSA of the exponent 3": (lambda: rsa.generate_private_key(3, 2048), False),
    "P-256": (lambda: P256, True),
    "P-384": (lambda: P384, True),
    "P-521": (lambda: ec.generate_private_key(ec.SECP521R1()), False),
    "secp256k1": (lambda: ec.generate_private_key(ec.SECP256K1()), False),
    "Ed25519": (ed25519.Ed25519PrivateKey.generate, False),
}


def written(key: Any) -> bytes:
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize(("make", "is_taken"), KEYS.values(), ids=KEYS)
def test_keys_are_of_accepted_kinds_and_sizes(make: Callable[[], Any], is_taken: bool) -> None:
    key = make().public_key()
    if is_taken:
        assert check_key(key, written(key)) is key
    else:
        with pytest.raises(SignatureError, match="key that is not accepted"):
            check_key(key, written(key))


def test_a_key_beyond_the_largest_size_is_refused() -> None:
    numbers = rsa.RSAPublicNumbers(65537, (1 << 8199) + 7)
    with pytest.raises(SignatureError, match="2048 to 8192 bits"):
        check_key(numbers.public_key(), b"")


def test_a_key_has_one_spelling() -> None:
    compressed = P256.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    spki = keys.PublicKeyInfo(
        {
            "algorithm": {
                "algorithm": "ec",
                "parameters": keys.ECDomainParameters("named", "secp256r1"),
            },
            "public_key": compressed,
        }
    ).dump()
    for other in (spki, written(P384.public_key()), b""):
        with pytest.raises(SignatureError, match="usual form"):
            check_key(P256.public_key(), other)
    with_pss = written(RSA_2048.public_key()).replace(
        bytes.fromhex("06092a864886f70d010101"), bytes.fromhex("06092a864886f70d01010a")
    )
    with pytest.raises(SignatureError, match="usual form"):
        check_key(RSA_2048.public_key(), with_pss)


# Identifiers, each held against another library's.


def identifier(name: str, parameters: object = None) -> bytes:
    members_ = {"algorithm": name}
    if parameters is not None:
        members_["parameters"] = parameters  # type: ignore[assignment]
    return bytes(algos.SignedDigestAlgorithm(members_).dump())


NULL: Final = core.Null()


def test_identifiers_are_those_of_another_library() -> None:
    for digest in ("sha256", "sha384", "sha512"):
        for parameters in (None, NULL):
            named = {"algorithm": digest} | ({} if parameters is None else {"parameters": NULL})
            assert read_digest(algos.DigestAlgorithm(named).dump()) == digest
            rsa_id = read_algorithm(identifier(f"{digest}_rsa", parameters))
            assert rsa_id == Algorithm("pkcs1", digest)
            ecdsa_id = read_algorithm(identifier(f"{digest}_ecdsa", parameters))
            assert ecdsa_id == Algorithm("ecdsa", digest)
            plain = read_algorithm(identifier("rsassa_pkcs1v15", parameters))
            assert plain == Algorithm("pkcs1", None)


def pss(digest: str, mask: str, salt: int, **more: Any) -> bytes:
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": digest},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": mask}},
            "salt_length": salt,
            **more,
        }
    )
    return identifier("rsassa_pss", parameters)


def test_pss_is_accepted_in_one_form() -> None:
    sizes = {"sha256": 32, "sha384": 48, "sha512": 64}
    for digest, size in sizes.items():
        assert read_algorithm(pss(digest, digest, size)) == Algorithm("pss", digest)
        explicit = pss(digest, digest, size)
        trailer = bytes.fromhex("a303020101")
        body = explicit[2:]
        parameters = body[11:]
        longer = parameters[:1] + bytes([parameters[1] + 5]) + parameters[2:] + trailer
        whole = body[:11] + longer
        assert read_algorithm(b"\x30" + bytes([len(whole)]) + whole) == Algorithm("pss", digest)
        other = next(one for one in sizes if one != digest)
        for wrong in (
            pss(digest, other, size),
            pss(digest, digest, size - 1),
            pss(digest, digest, 20),
            pss("sha1", "sha1", 20),
            body[:11],
            b"\x30\x0b" + body[:11],
            b"\x30\x0d" + body[:11] + b"\x30\x00",
            b"\x30\x0d" + body[:11] + b"\x05\x00",
        ):
            with pytest.raises(FormatError, match="signature algorithm"):
                read_algorithm(wrong)


@pytest.mark.parametrize(
    "der",
    [
        identifier("sha1_rsa", NULL),
        identifier("sha224_rsa", NULL),
        identifier("md5_rsa", NULL),
        identifier("sha1_ecdsa"),
        identifier("sha256_ecdsa", core.OctetString(b"x")),
        identifier("ed25519"),
        identifier("sha256_dsa"),
        b"",
        b"\x30\x00",
    ],
)
def test_other_algorithms_are_refused(der: bytes) -> None:
    with pytest.raises(FormatError, match="signature algorithm"):
        read_algorithm(der)
    with pytest.raises(FormatError, match="hash function"):
        read_digest(der)


def test_a_signature_is_of_the_kind_of_its_key() -> None:
    signature = RSA_2048.sign(CONTENT, padding.PKCS1v15(), hashes.SHA256())
    verify(RSA_2048.public_key(), Algorithm("pkcs1", None), "sha256", signature, CONTENT)
    for key, kind in (
        (RSA_2048, "ecdsa"),
        (P256, "pkcs1"),
        (P256, "pss"),
    ):
        algorithm = Algorithm(kind, "sha256")  # type: ignore[arg-type]
        with pytest.raises(SignatureError, match="another kind than the key"):
            verify(key.public_key(), algorithm, "sha256", signature, CONTENT)
    with pytest.raises(SignatureError, match="wrong"):
        verify(RSA_2048.public_key(), Algorithm("pss", None), "sha256", signature, CONTENT)
    with pytest.raises(SignatureError, match="wrong"):
        verify(RSA_2048.public_key(), Algorithm("pkcs1", None), "sha384", signature, CONTENT)


# Chains.


def issue(issuer: Certified, digest: Any = None, **options: Any) -> x509.Certificate:
    """Issue a certificate, signed by any hash function and padding."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Signer")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject)
        .public_key(P256.public_key())
        .serial_number(5)
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .sign(issuer.key, hashes.SHA256() if digest is None else digest, **options)
    )


def leads(certificate: x509.Certificate, root: Certified) -> bool:
    try:
        find_chain(certificate, (), [root.certificate], datetime.now(UTC))
    except SignatureError:
        return False
    return True


def pss_padding(size: int) -> dict[str, Any]:
    return {"rsa_padding": padding.PSS(padding.MGF1(hashes.SHA256()), size)}


def test_chains_go_by_the_same_algorithms() -> None:
    for key in (RSA_2048, RSA_4096, P256, P384):
        root = certify("Racine", ca=True, key=key)
        for digest in (hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
            assert leads(issue(root, digest), root)
        assert not leads(issue(root, hashes.SHA224()), root)
    root = certify("Racine", ca=True, key=RSA_2048)
    assert leads(issue(root, **pss_padding(32)), root)
    assert not leads(issue(root, **pss_padding(20)), root)


def test_a_root_of_another_kind_of_key_issues_nothing() -> None:
    for key in (
        rsa.generate_private_key(65537, 1024),
        rsa.generate_private_key(3, 2048),
        ec.generate_private_key(ec.SECP521R1()),
    ):
        root = certify("Racine", ca=True, key=key)
        assert not leads(issue(root), root)
        # It may be trusted itself; then its own signatures are refused.
        assert leads(root.certificate, root)
        with pytest.raises(SignatureError, match="not accepted"):
            public_key(root.certificate)


def test_a_certificate_names_its_algorithm_twice_alike() -> None:
    """Outside of what is signed another one, which is the same but for a NULL."""
    root = certify("Racine", ca=True, key=RSA_2048)
    der = issue(root).public_bytes(Encoding.DER)
    written = identifier("sha256_rsa", NULL)
    shorter = b"\x30\x0b" + written[2:-2]
    assert der.count(written) == 2
    assert read_algorithm(shorter) == read_algorithm(written)
    assert leads(load_certificate(der), root)
    at = der.rindex(written)
    body = der[4:at] + shorter + der[at + len(written) :]
    assert not leads(load_certificate(der[:2] + len(body).to_bytes(2, "big") + body), root)


def test_a_certificate_that_names_no_hash_is_not_issued() -> None:
    root = certify("Racine", ca=True, key=RSA_2048)
    tbs = asn1.Certificate.load(issue(root).public_bytes(Encoding.DER))["tbs_certificate"]
    plain = algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15", "parameters": NULL})
    tbs["signature"] = plain
    signature = RSA_2048.sign(tbs.dump(force=True), padding.PKCS1v15(), hashes.SHA256())
    made = asn1.Certificate(
        {
            "tbs_certificate": tbs,
            "signature_algorithm": plain,
            "signature_value": signature,
        }
    )
    assert not leads(load_certificate(made.dump()), root)


def test_names_are_compared_as_bytes() -> None:
    """One name in two kinds of string is two names here."""
    root = certify("Racine", ca=True, key=P256)
    other = x509.Name(
        [
            x509.NameAttribute(
                x509.NameOID.COMMON_NAME, "Racine", _type=x509.name._ASN1Type.PrintableString
            )
        ]
    )
    assert other == root.certificate.subject
    assert other.public_bytes() != root.certificate.subject.public_bytes()
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(other)
        .issuer_name(other)
        .public_key(P256.public_key())
        .serial_number(5)
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .sign(P256, hashes.SHA256())
    )
    assert not leads(made, root)


# DER.


@pytest.mark.parametrize(
    ("text", "value"),
    [("020100", 0), ("02017f", 127), ("0201ff", -1), ("02020080", 128), ("0202ff7f", -129)],
)
def test_integers_are_read(text: str, value: int) -> None:
    assert read_integer(read_one(bytes.fromhex(text), 2)) == value


@pytest.mark.parametrize("text", ["0200", "02020000", "0202007f", "0202ffff", "0202ff80"])
def test_integers_have_one_spelling(text: str) -> None:
    with pytest.raises(FormatError, match="shortest"):
        read_integer(read_one(bytes.fromhex(text), 2))


def test_elements_are_of_the_type_that_is_asked_for() -> None:
    sequence = read_one(bytes.fromhex("3003020105"), SEQUENCE)
    assert [one.der.hex() for one in members(sequence)] == ["020105"]
    assert expect(sequence, SEQUENCE) is sequence
    for call in (
        lambda: read_one(b"\x02\x01\x05", SEQUENCE),
        lambda: members(members(sequence)[0]),
        lambda: read_integer(sequence),
    ):
        with pytest.raises(FormatError, match="another type"):
            call()


def test_a_certificate_of_too_few_members_has_no_number() -> None:
    for text in ("3000", "30023000", "30073005a003020102"):
        der = bytes.fromhex(text.replace(" ", ""))
        check_der(der)
        with pytest.raises(FormatError, match="malformed certificate"):
            read_serial(read_one(der, SEQUENCE))


# Signed data of other forms.


SEQ: Final = b"\x30\x00"


@pytest.mark.parametrize(
    "der",
    [
        "3000",
        "300b06092a864886f70d010702",
        "300f06092a864886f70d010702a0023000",
        "300d06092a864886f70d010702a000",
        "301106092a864886f70d010702a0043002 0500",
        "300b06092a864886f70d010701",
    ],
)
def test_signed_data_of_too_few_members_are_refused(der: str) -> None:
    with pytest.raises(FormatError):
        parse_signed(bytes.fromhex(der.replace(" ", "")), content_type=DATA, version=1)
    with pytest.raises(FormatError, match="malformed time stamp"):
        parse_stamp(bytes.fromhex(der.replace(" ", "")))
