from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from provenance.cv.roots import (
    SealRoots,
    format_certificate,
    format_did_key,
    parse_did_key,
    parse_seal_roots,
)
from provenance.errors import FormatError
from provenance.tlog.note import make_verifier_key

PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
DID = "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw"
VKEY = str(make_verifier_key("log.example/summary", 1, PUBLIC))


def certificate(name: str = "Root") -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


ROOT = certificate()
OTHER = certificate()
PEM = format_certificate(ROOT)


def test_whole_file_is_read() -> None:
    text = (
        f"# a comment\n\nseal\n{PEM}\ntsa\n{PEM}#\nseal\n{format_certificate(OTHER)}"
        f"summary {VKEY}\nissuer {DID}\n"
    )
    roots = parse_seal_roots(text)
    assert (roots.seals, roots.tsas, roots.issuers) == ((ROOT, OTHER), (ROOT,), (DID,))
    assert [str(key) for key in roots.summaries] == [VKEY]
    assert parse_seal_roots(text.encode()) == roots


def test_empty_file_trusts_nobody() -> None:
    assert parse_seal_roots("") == parse_seal_roots("# nothing\n\n") == SealRoots()


def test_certificate_is_written_as_openssl_writes_it() -> None:
    made = x509.load_der_x509_certificate(ROOT).public_bytes(serialization.Encoding.PEM)
    assert made.decode() == PEM


MALFORMED = {
    "no last newline": f"issuer {DID}",
    "an unknown word": "root\n",
    "two certificates after one word": f"seal\n{PEM}{PEM}",
    "a word with a space behind it": f"seal \n{PEM}",
    "a certificate alone": PEM,
    "no certificate": "seal\n",
    "an empty line first": f"seal\n\n{PEM}",
    "no end": f"seal\n{PEM.partition('-----END')[0]}",
    "a comment within": f"seal\n{PEM.replace('-----END', '# x' + chr(10) + '-----END')}",
    "a private key": f"seal\n{PEM.replace('CERTIFICATE', 'PRIVATE KEY')}",
    "no base64": f"seal\n{PEM.replace('M', '!', 1)}",
    "no X.509": "seal\n" + format_certificate(b"abc"),
    "a certificate of an unknown version": "seal\n"
    + format_certificate(ROOT.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01", 1)),
    "a certificate of a name in bits": "seal\n"
    + format_certificate(
        ROOT.replace(b"\x06\x03\x55\x04\x03\x0c", b"\x06\x03\x55\x04\x03\x03")
    ),
    "bytes behind the certificate": "seal\n" + format_certificate(ROOT + b"\0"),
    "one long line": f"seal\n-----BEGIN CERTIFICATE-----\n{''.join(PEM.splitlines()[1:-1])}\n"
    "-----END CERTIFICATE-----\n",
    "carriage returns": f"issuer {DID}\r\n",
    "twice the same": f"issuer {DID}\nissuer {DID}\n",
    "twice the same root": f"seal\n{PEM}seal\n{PEM}",
    "an indented line": f" issuer {DID}\n",
    "no key": "summary \n",
    "a key of another name": f"summary {make_verifier_key('log.example', 1, PUBLIC)}\n",
    "a key without an origin": f"summary {make_verifier_key('/summary', 1, PUBLIC)}\n",
    "a witness's key": f"summary {make_verifier_key('log.example/summary', 4, PUBLIC)}\n",
    "no did": "issuer\n",
    "another did": "issuer did:web:log.example\n",
    "not UTF-8": b"\xff\n",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_malformed_file_is_refused(text: str | bytes) -> None:
    with pytest.raises(FormatError, match="malformed"):
        parse_seal_roots(text)


def test_error_names_the_line() -> None:
    with pytest.raises(FormatError, match="line 3"):
        parse_seal_roots("\n\nissuer x\n")


def test_did_key_is_read_and_written() -> None:
    # RFC 8032 section 7.1, test 1, and any other key.
    assert parse_did_key(DID) == PUBLIC
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert parse_did_key(format_did_key(public)) == public


@pytest.mark.parametrize(
    "did",
    [
        DID[:-1],
        DID + "1",
        DID.replace("z6Mk", "z6Ml"),
        DID.replace("u", "0", 1),
        DID.replace("did:key:z", "did:key:m"),
        "did:key:z" + "z" * 47,
        "did:key:z" + "1" * 47,
        "did:key:z" + "u\u0661"[0] + DID[10:],
        DID[:12] + "\u00b9" + DID[13:],
    ],
)
def test_malformed_did_key_is_refused(did: str) -> None:
    with pytest.raises(FormatError, match="did:key"):
        parse_did_key(did)


@pytest.mark.parametrize("public", [bytes(32), b"\1" + bytes(31), b"\xff" * 32, bytes(31)])
def test_key_that_must_not_be_used_is_no_did_key(public: bytes) -> None:
    with pytest.raises(FormatError):
        format_did_key(public)
