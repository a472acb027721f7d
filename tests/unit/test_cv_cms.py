"""The form of seals and time stamps: what is no plain CMS of one signer is refused."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from provenance.cv.facts import SUBFILTER, PdfFacts, Signature
from provenance.cv.sealcheck import (
    Seal,
    _claimed,
    _name,
    check_coverage,
    check_seal,
    parse_seal,
)
from provenance.errors import FormatError, SignatureError
from provenance.pki.chain import find_chain, load_certificate
from provenance.pki.cms import CMS_SIZE_MAX, check_signed
from provenance.pki.der import check_der, members, read_one
from provenance.pki.stamp import parse_stamp
from sealing import ROOT, SEALER, STRANGER, certify

if TYPE_CHECKING:
    from collections.abc import Callable

    from sealing import Certified

DATA = b"what is signed"
DIGEST = hashlib.sha256(DATA).digest()
SHA256 = algos.DigestAlgorithm({"algorithm": "sha256"})


def convert(one: Certified) -> Any:
    return asn1.Certificate.load(one.der)


def attribute(name: str, *values: Any) -> Any:
    return cms.CMSAttribute({"type": name, "values": values})


def named(one: Certified) -> Any:
    digest = hashlib.sha256(one.der).digest()
    return tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2({"cert_hash": digest})]})


def attributes(kind: str = "data", digest: bytes = DIGEST) -> list[Any]:
    return [
        attribute("content_type", kind),
        attribute("message_digest", digest),
        attribute("signing_certificate_v2", named(SEALER)),
    ]


def make(
    *,
    signed: list[Any] | None = None,
    signer: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    count: int = 1,
) -> bytes:
    """Make a seal's CMS; members given replace those that a seal has."""
    shown = cms.CMSAttributes(attributes() if signed is None else signed)
    value = SEALER.key.sign(shown.dump(), ec.ECDSA(hashes.SHA256()))
    own = convert(SEALER)
    one: dict[str, Any] = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            {
                "issuer_and_serial_number": {
                    "issuer": own.issuer,
                    "serial_number": own.serial_number,
                }
            }
        ),
        "digest_algorithm": SHA256,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signed_attrs": shown,
        "signature": value,
    }
    made: dict[str, Any] = {
        "version": "v1",
        "digest_algorithms": [SHA256],
        "encap_content_info": {"content_type": "data"},
        "certificates": [own],
        "signer_infos": [cms.SignerInfo(one | (signer or {}))] * count,
    }
    content = cms.SignedData(made | (data or {}))
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())


def test_positive_control() -> None:
    check_signed(parse_seal(make()), DIGEST)
    first = hashlib.sha1(SEALER.der).digest()
    old = tsp.SigningCertificate({"certs": [{"cert_hash": first}]})
    shown = [*attributes()[:2], attribute("signing_certificate", old)]
    check_signed(parse_seal(make(signed=shown)), DIGEST)


NEGATIVE = asn1.Certificate.load(SEALER.der)
NEGATIVE["tbs_certificate"]["serial_number"] = -1
OTHER_FORM = cms.CertificateChoices(
    "other",
    cms.OtherCertificateFormat({"other_cert_format": "1.2.3", "other_cert": core.Null()}),
)
CRL = (
    x509.CertificateRevocationListBuilder()
    .issuer_name(ROOT.certificate.subject)
    .last_update(datetime.now(UTC))
    .next_update(datetime.now(UTC))
    .sign(ROOT.key, hashes.SHA256())
)
SHA1 = algos.DigestAlgorithm({"algorithm": "sha1"})
SHA384 = algos.DigestAlgorithm({"algorithm": "sha384"})

MALFORMED: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "no DER": lambda: b"hello",
    "no CMS": lambda: core.Integer(5).dump(),
    "more behind it": lambda: make() + b"\0",
    "too large": lambda: make(data={"certificates": [convert(SEALER)] * 1000}),
    "data that is not signed": lambda: cms.ContentInfo(
        {"content_type": "data", "content": b"x"}
    ).dump(),
    "another version": lambda: make(data={"version": "v3"}),
    "content inside": lambda: make(
        data={"encap_content_info": {"content_type": "data", "content": b"x"}}
    ),
    "revocation lists": lambda: make(
        data={"crls": [cms.RevocationInfoChoice.load(CRL.public_bytes(encoding()))]}
    ),
    "no signer": lambda: make(count=0),
    "two signers": lambda: make(count=2),
    "two hash functions": lambda: make(data={"digest_algorithms": [SHA256, SHA384]}),
    "another hash function on top": lambda: make(data={"digest_algorithms": [SHA384]}),
    "SHA-1": lambda: make(
        data={"digest_algorithms": [SHA1]},
        signer={
            "digest_algorithm": SHA1,
            "signature_algorithm": {"algorithm": "sha1_ecdsa"},
        },
    ),
    "another hash function in the signature": lambda: make(
        signer={"signature_algorithm": {"algorithm": "sha384_ecdsa"}}
    ),
    "a signature with parameters": lambda: make(
        signer={
            "signature_algorithm": {
                "algorithm": "sha256_ecdsa",
                "parameters": core.OctetString(b"x"),
            }
        }
    ),
    "a signature of a kind that is not taken": lambda: make(
        signer={"signature_algorithm": {"algorithm": "rsassa_pss"}}
    ),
    "another version of the signer": lambda: make(signer={"version": "v3"}),
    "a signer named by its key": lambda: make(
        signer={"sid": cms.SignerIdentifier("subject_key_identifier", b"x")}
    ),
    "no certificate": lambda: make(data={"certificates": []}),
    "another one's certificate": lambda: make(data={"certificates": [convert(STRANGER)]}),
    "the certificate twice": lambda: make(data={"certificates": [convert(SEALER)] * 2}),
    "many certificates": lambda: make(
        data={"certificates": [convert(SEALER), *[convert(ROOT)] * 8]}
    ),
    "a certificate of an old form": lambda: make(
        data={"certificates": [convert(SEALER), OTHER_FORM]}
    ),
    "a certificate with a negative number": lambda: make(
        data={"certificates": [convert(SEALER), NEGATIVE]}
    ),
    "no attributes": lambda: make(signed=[]),
    "no digest": lambda: make(signed=attributes()[:1] + attributes()[2:]),
    "no certificate named": lambda: make(signed=attributes()[:2]),
    "an attribute twice": lambda: make(signed=[*attributes(), *attributes()[:1]]),
    "an attribute of two values": lambda: make(
        signed=[*attributes()[:2], attribute("signing_certificate_v2", *[named(SEALER)] * 2)]
    ),
    "about another kind of content": lambda: make(signed=attributes("tst_info")),
    "an unsigned attribute": lambda: make(
        signer={"unsigned_attrs": [attribute("message_digest", b"x")]}
    ),
}


def encoding() -> Any:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    return Encoding.DER


@pytest.mark.parametrize("made", MALFORMED.values(), ids=MALFORMED)
def test_malformed_seal_is_refused(made: Callable[[], bytes]) -> None:
    data = made()
    with pytest.raises(FormatError):
        parse_seal(data)


def test_size_is_limited() -> None:
    with pytest.raises(FormatError, match="bytes of signature"):
        parse_seal(b"\x30" * (CMS_SIZE_MAX + 1))


SIGNING_TIME = attribute("signing_time", cms.Time({"utc_time": datetime.now(UTC)}))
WRONG = {
    "another content": (make(), hashlib.sha256(b"other").digest()),
    "another certificate named": (
        make(signed=[*attributes()[:2], attribute("signing_certificate_v2", named(ROOT))]),
        DIGEST,
    ),
    "another signature": (make(signer={"signature": b"x"}), DIGEST),
    "attributes that were not signed": (
        make(signer={"signed_attrs": cms.CMSAttributes([*attributes(), SIGNING_TIME])}),
        DIGEST,
    ),
    "another kind of signature": (
        make(signer={"signature_algorithm": {"algorithm": "sha256_rsa"}}),
        DIGEST,
    ),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_wrong_signature_is_refused(case: tuple[bytes, bytes]) -> None:
    data, digest = case
    with pytest.raises(SignatureError):
        check_signed(parse_seal(data), digest)


def stamp(info: bytes | None, **signer: Any) -> bytes:
    content: dict[str, Any] = {"content_type": "tst_info"}
    if info is not None:
        content["content"] = cms.ParsableOctetString(info)
    return make(
        signed=attributes("tst_info", hashlib.sha256(info or b"").digest()),
        signer=signer,
        data={"version": "v3", "encap_content_info": content},
    )


def tst_info(**changes: Any) -> bytes:
    members: dict[str, Any] = {
        "version": "v1",
        "policy": "1.2.3",
        "message_imprint": {"hash_algorithm": SHA256, "hashed_message": DIGEST},
        "serial_number": 1,
        "gen_time": datetime(2026, 11, 25, 21, tzinfo=UTC),
    }
    return bytes(tsp.TSTInfo(members | changes).dump())


def test_time_stamp_is_read() -> None:
    found = parse_stamp(stamp(tst_info()))
    assert (found.time, found.imprint) == (datetime(2026, 11, 25, 21, tzinfo=UTC), DIGEST)


VERSION, POLICY, IMPRINT, SERIAL, TIME = (one.der for one in members(read_one(tst_info(), 48)))
THREE = b"\x30" + bytes([IMPRINT[1] + 2]) + IMPRINT[2:] + b"\x05\x00"


def sequence(*parts: bytes) -> bytes:
    """Put members into a TSTInfo of another shape."""
    body = b"".join(parts)
    assert len(body) < 128
    return b"\x30" + bytes([len(body)]) + body


def test_time_stamp_with_more_members_is_read() -> None:
    more = (b"\x30\x03\x02\x01\x01", b"\x01\x01\xff", b"\x02\x01\x07")
    for extra in (more, more[1:], more[::2]):
        info = sequence(VERSION, POLICY, IMPRINT, SERIAL, TIME, *extra)
        assert parse_stamp(stamp(info)).imprint == DIGEST
    finer = sequence(VERSION, POLICY, IMPRINT, SERIAL, b"\x18\x1120261125210000.5Z")
    assert parse_stamp(stamp(finer)).time == datetime(2026, 11, 25, 21, 0, 0, 500_000, UTC)


YEAR_0 = tst_info().replace(b"20261125", b"00001125")
BAD_STAMPS = {
    "no content": stamp(None),
    "another content": stamp(tst_info()).replace(tst_info(), b"\x04" + tst_info()[1:]),
    "more behind the content": stamp(tst_info() + b"\0"),
    "another hash function": stamp(
        tst_info(message_imprint={"hash_algorithm": SHA1, "hashed_message": b"x"})
    ),
    "a seal": make(),
    "nothing in it": stamp(sequence()),
    "no time": stamp(sequence(VERSION, POLICY, IMPRINT, SERIAL)),
    "version 2": stamp(sequence(b"\x02\x01\x02", POLICY, IMPRINT, SERIAL, TIME)),
    "members in another order": stamp(sequence(VERSION, IMPRINT, POLICY, SERIAL, TIME)),
    "a number that is a text": stamp(sequence(VERSION, POLICY, IMPRINT, b"\x0c\x011", TIME)),
    "an unknown member": stamp(sequence(VERSION, POLICY, IMPRINT, SERIAL, TIME, b"\x05\x00")),
    "optional members in another order": stamp(
        sequence(VERSION, POLICY, IMPRINT, SERIAL, TIME, b"\x02\x01\x07", b"\x01\x01\xff")
    ),
    "an imprint of three members": stamp(sequence(VERSION, POLICY, THREE, SERIAL, TIME)),
    "a time in another type": stamp(
        sequence(VERSION, POLICY, IMPRINT, SERIAL, b"\x17\x0d261125210000Z")
    ),
    "a time of another zone": stamp(
        sequence(VERSION, POLICY, IMPRINT, SERIAL, b"\x18\x1320261125210000+0100")
    ),
    "a fraction that ends in 0": stamp(
        sequence(VERSION, POLICY, IMPRINT, SERIAL, b"\x18\x1220261125210000.50Z")
    ),
    "the year 0": stamp(YEAR_0),
    "a stamp over the stamp": stamp(
        tst_info(),
        unsigned_attrs=[attribute("signature_time_stamp_token", cms.ContentInfo.load(make()))],
    ),
}


@pytest.mark.parametrize("data", BAD_STAMPS.values(), ids=BAD_STAMPS)
def test_malformed_time_stamp_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse_stamp(data)


# DER.


@pytest.mark.parametrize(
    "text", ["0500", "3000", "30020500", "048180" + "00" * 128, "a003020105"]
)
def test_der_is_taken(text: str) -> None:
    check_der(bytes.fromhex(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "05",
        "050000",
        "05000500",
        "0000",
        "30030500",
        "3003050000",
        "3080050000" + "00",
        "04817f" + "00" * 127,
        "0482007f" + "00" * 127,
        "0485000000000100",
        "1f0100",
        "048200ff",
        "3001",
    ],
)
def test_other_encodings_are_not(text: str) -> None:
    with pytest.raises(FormatError):
        check_der(bytes.fromhex(text))


def test_depth_is_limited() -> None:
    data = b"\x05\x00"
    for _ in range(40):
        data = b"\x30" + bytes([len(data)]) + data
    with pytest.raises(FormatError):
        check_der(data)


# The ranges of a seal, without any PDF file around them.

CONTENTS = make()
SIGNED = parse_seal(CONTENTS)
HEX = CONTENTS.hex().upper().encode()


def signature(**changes: Any) -> Signature:
    members: dict[str, Any] = {
        "byte_range": (0, len(DATA), len(DATA) + len(HEX) + 2, 0),
        "contents": CONTENTS,
        "subfilter": SUBFILTER,
        "certifies": True,
        "claimed_at": "",
    }
    return Signature(**(members | changes))


FILE = DATA + b"<" + HEX + b">"


def test_positive_control_of_ranges() -> None:
    found = check_seal(FILE, PdfFacts(signed=True, signature=signature()))
    check_coverage(FILE, found)


@pytest.mark.parametrize(
    "changes",
    [
        {"byte_range": (-1, 2, 3, 4)},
        {"byte_range": (0, -2, 3, 4)},
        {"byte_range": (0, 2, 1, 4)},
        {"byte_range": (0, 2, 3, -4)},
        {"byte_range": (0, 2, 3, len(FILE))},
        {"byte_range": (0, 2, 10**30, 1)},
        {"byte_range": (1, len(DATA) - 1, len(FILE), 0)},
        {"subfilter": "/adbe.pkcs7.detached"},
        {"contents": b""},
        {"contents": CONTENTS[:-1]},
        {"contents": CONTENTS + b"\1"},
        {"contents": b"\x31" + CONTENTS[1:]},
    ],
)
def test_seal_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises((FormatError, SignatureError)):
        check_seal(FILE, PdfFacts(signed=True, signature=signature(**changes)))


@pytest.mark.parametrize(
    ("data", "changes"),
    [
        (FILE + b"x", {}),
        (FILE.replace(b"<", b"("), {}),
        (FILE.replace(b">", b")"), {}),
        (FILE.replace(b"<30", b"<3 "), {}),
        (FILE.replace(b"<3082", b"<3083"), {}),
        (FILE, {"contents": CONTENTS + b"\0"}),
        (FILE, {"certifies": False}),
        (FILE, {"byte_range": (1, len(DATA) - 1, len(FILE), 0)}),
    ],
)
def test_seal_that_covers_less_is_refused(data: bytes, changes: dict[str, Any]) -> None:
    with pytest.raises(SignatureError):
        check_coverage(data, Seal(signature(**changes), SIGNED))


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("D:20261125210000Z", "2026-11-25T21:00:00Z"),
        ("D:20261125220000+01'00'", "2026-11-25T21:00:00Z"),
        ("D:20261125193000-01'30", "2026-11-25T21:00:00Z"),
        ("D:20261325210000Z", None),
        ("D:00010101000000+01'00'", None),
        ("20261125210000Z", None),
        ("", None),
    ],
)
def test_claimed_time_is_read(text: str, time: str | None) -> None:
    assert _claimed(text) == time


# Certificates.


def test_whoever_has_no_common_name_has_no_name() -> None:
    unit = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Exemple")])
    made = (
        x509.CertificateBuilder()
        .subject_name(unit)
        .issuer_name(unit)
        .public_key(SEALER.key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC))
        .not_valid_after(datetime.now(UTC))
        .sign(SEALER.key, hashes.SHA256())
    )
    assert _name(made) is None
    assert _name(SEALER.certificate) == "Opérateur d'exemple"


def test_malformed_certificate_is_refused() -> None:
    version_2 = SEALER.der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01", 1)
    twice_one = SEALER.der.replace(b"\x55\x1d\x0f", b"\x55\x1d\x13")
    # A name whose text is a BIT STRING, which the library under it takes for a wrong type.
    bits = SEALER.der.replace(b"\x06\x03\x55\x04\x03\x0c", b"\x06\x03\x55\x04\x03\x03")
    for data in (b"", SEALER.der[:-1], version_2, twice_one, bits):
        assert data != SEALER.der
        with pytest.raises(FormatError):
            load_certificate(data)


def test_certificates_that_come_along_are_limited() -> None:
    pool = [SEALER.certificate] * 9
    with pytest.raises(SignatureError, match="came along"):
        find_chain(SEALER.certificate, pool, [ROOT.certificate], datetime.now(UTC))


def test_chain_is_not_too_long() -> None:
    issuer = root = certify("0", ca=True)
    pool: list[x509.Certificate] = []
    for number in range(1, 6):
        assert find(issuer, pool, root) is (number <= 5)
        issuer = certify(str(number), issuer, ca=True)
        pool.append(issuer.certificate)
    assert find(issuer, pool, root) is False


def find(signer: Certified, pool: list[x509.Certificate], root: Certified) -> bool:
    try:
        find_chain(signer.certificate, pool, [root.certificate], datetime.now(UTC))
    except SignatureError:
        return False
    return True


def test_certificates_that_issue_each_other_are_no_chain() -> None:
    one, other = certify("x", ca=True), certify("x", ca=True)
    assert not find(one, [other.certificate, one.certificate], ROOT)
