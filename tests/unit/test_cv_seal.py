"""The seal: made as viewers take it, and believed for no other reason than it should be."""

from __future__ import annotations

import asyncio
import io
import shutil
import subprocess
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from provenance.cv.pdf import attach, extract
from provenance.cv.roots import SealRoots
from provenance.cv.seal import SealingError, SealSigner, load_signer, seal
from provenance.cv.trial import make_trial_seal
from provenance.errors import FormatError, KeyFileError, PolicyError
from sealing import (
    BUNDLE,
    OPENSSL,
    PLAIN,
    ROOT,
    ROOTS,
    SEALER,
    STRANGER,
    TSA,
    TSA_ROOT,
    Authority,
    certify,
    failing,
    judge,
    make_pdf,
    read_in_process,
    sealed,
    serve,
    signer_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sealing import Certified

needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")


@pytest.fixture(autouse=True)
def _in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    read_in_process(monkeypatch)


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    with serve(Authority(tmp_path, TSA)) as running:
        yield running


def test_sealed_cv_is_an_original() -> None:
    report = judge(sealed())
    assert (report.verdict, report.level, failing(report)) == ("yes", "original", [])
    assert report.document.outcome == "as sealed"
    assert report.document.sealed_by == "Opérateur d'exemple"
    assert report.document.time_source == "claimed"
    assert report.proof is not None
    assert report.proof.verdict == "yes"


def test_what_was_there_is_kept_byte_for_byte() -> None:
    attached = attach(PLAIN, BUNDLE)
    assert seal(attached, signer_of(SEALER)).startswith(attached)


@needs_openssl
def test_openssl_verifies_the_signature(tmp_path: Path) -> None:
    data = sealed()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        signature = pdf.Root.Perms.DocMDP
        start, size, second, rest = (int(number) for number in signature.ByteRange)
        contents = bytes(signature.Contents)
    (tmp_path / "data").write_bytes(data[start : start + size] + data[second : second + rest])
    (tmp_path / "cms").write_bytes(contents[: 4 + int.from_bytes(contents[2:4], "big")])
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    subprocess.run(
        [
            *(str(OPENSSL), "cms", "-verify", "-inform", "DER", "-binary", "-cades"),
            *("-in", tmp_path / "cms", "-content", tmp_path / "data"),
            *("-CAfile", tmp_path / "root.pem", "-purpose", "any", "-out", tmp_path / "out"),
        ],
        check=True,
        capture_output=True,
    )


@pytest.mark.skipif(
    not (shutil.which("pdfsig") and shutil.which("certutil")),
    reason="poppler-utils and libnss3-tools are not installed",
)
def test_poppler_trusts_the_seal_and_goes_on_doing_so_when_the_file_has_grown(
    tmp_path: Path,
) -> None:
    made = make_trial_seal("Exemple", datetime.now(UTC))
    data = sealed(SealSigner(made.key, made.certificate, (made.root,)))
    (tmp_path / "root.pem").write_bytes(made.root.public_bytes(Encoding.PEM))
    nss = f"sql:{tmp_path / 'nss'}"
    (tmp_path / "nss").mkdir()
    for words in (
        ("-N", "--empty-password"),
        ("-A", "-n", "root", "-t", "CT,C,C", "-i", tmp_path / "root.pem"),
    ):
        subprocess.run(["certutil", "-d", nss, *words], check=True)

    def look(pdf: bytes) -> str:
        (tmp_path / "cv.pdf").write_bytes(pdf)
        command = ["pdfsig", "-nssdir", nss, str(tmp_path / "cv.pdf")]
        return subprocess.run(command, check=True, capture_output=True).stdout.decode()

    said = look(data)
    for wanted in ("Total document signed", "Signature is Valid", "Certificate is Trusted"):
        assert wanted in said
    # What a viewer says of the signature says nothing of what was added behind it.
    grown = data + b"\n"
    assert "Signature is Valid" in look(grown)
    assert (
        judge(grown, SealRoots(seals=(made.root.public_bytes(Encoding.DER),))).level == "forged"
    )


@needs_openssl
def test_time_stamp_tells_the_time(authority: Authority) -> None:
    data = sealed(tsa=authority.url)
    report = judge(data)
    assert (report.level, report.document.time_source) == ("original", "tsa")
    assert report.document.sealed_at is not None
    assert b"/DSS" in data
    # The certificates are long expired by then: the stamp still holds them.
    assert judge(data, days=4000).level == "original"
    assert judge(sealed(), days=4000).level == "forged"


@needs_openssl
@pytest.mark.parametrize(
    ("tsas", "level"),
    [
        ((TSA_ROOT.der,), "original"),
        ((TSA.der,), "original"),
        ((), "forged"),
        ((ROOT.der,), "forged"),
        ((certify("Horloge racine", ca=True).der,), "forged"),
    ],
    ids=["its root", "itself", "nobody", "the root of seals", "another of that name"],
)
def test_stamp_must_be_by_a_trusted_authority(
    authority: Authority, tsas: tuple[bytes, ...], level: str
) -> None:
    report = judge(sealed(tsa=authority.url), SealRoots(seals=(ROOT.der,), tsas=tsas))
    assert report.level == level
    assert failing(report) == ([] if level == "original" else ["seal-trust"])


@needs_openssl
def test_authority_is_asked_only_where_it_is_named(authority: Authority) -> None:
    assert judge(sealed()).document.time_source == "claimed"
    assert authority.asked == 0
    sealed(tsa=authority.url)
    # One stamp to learn the authority's certificates, and one over the signature.
    assert authority.asked == 2


@pytest.mark.parametrize("status", [500, 200])
def test_authority_that_does_not_answer_is_an_error(tmp_path: Path, status: int) -> None:
    class Refusing(Authority):
        def answer(self, _: bytes) -> bytes:
            return b"no" if status == 200 else b""

    with (
        serve(Refusing(tmp_path, TSA)) as running,
        pytest.raises(SealingError, match=r"seal|stamp"),
    ):
        sealed(tsa=running.url)


def test_authority_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SealingError, match="cannot be reached"):
        sealed(tsa="http://127.0.0.1:9/tsa")
    with pytest.raises(FormatError, match="URL"):
        sealed(tsa="file:///etc/passwd")


INTERMEDIATE = certify("Autorité intermédiaire", ROOT, ca=True, path_length=0)
BELOW = certify("Opérateur", INTERMEDIATE)
PINNED = SealRoots(seals=(SEALER.der,))
DOCUMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")

TRUSTED: dict[str, tuple[Certified, tuple[Certified, ...], SealRoots]] = {
    "under its root": (SEALER, (), ROOTS),
    "under its root, which came along": (SEALER, (ROOT,), ROOTS),
    "pinned itself": (SEALER, (), PINNED),
    "under an intermediate": (BELOW, (INTERMEDIATE,), ROOTS),
    "under a pinned intermediate": (BELOW, (), SealRoots(seals=(INTERMEDIATE.der,))),
    "for documents": (certify("x", ROOT, extended=(DOCUMENTS,)), (), ROOTS),
    "by content commitment": (certify("x", ROOT, usages=("content_commitment",)), (), ROOTS),
}


@pytest.mark.parametrize("case", TRUSTED.values(), ids=TRUSTED)
def test_seal_is_trusted(case: tuple[Certified, tuple[Certified, ...], SealRoots]) -> None:
    signer, chain, roots = case
    assert judge(sealed(signer_of(signer, *chain)), roots).level == "original"


LEAF_ISSUER = certify("Opérateur", ROOT)
NO_SIGNING = certify("Racine sans usage", ca=True, usages=("crl_sign",))
DEEP = certify("Sous l'intermédiaire", INTERMEDIATE, ca=True)
EXPIRED_ROOT = certify("Racine passée", ca=True, days=(-9, -2))
CRITICAL = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0")
ANY_NAME = x509.NameConstraints(
    permitted_subtrees=[x509.DNSName("log.example")], excluded_subtrees=None
)
NARROW = certify("Racine étroite", ca=True, extra=ANY_NAME)

UNTRUSTED: dict[str, tuple[Certified, tuple[Certified, ...], SealRoots]] = {
    "by nobody's word": (SEALER, (), SealRoots()),
    "for time stamps only": (SEALER, (), SealRoots(tsas=(ROOT.der,))),
    "by a stranger of the same names": (STRANGER, (), ROOTS),
    "the intermediate did not come along": (BELOW, (), ROOTS),
    "expired": (certify("x", ROOT, days=(-9, -2)), (), ROOTS),
    "not valid yet": (certify("x", ROOT, days=(2, 9)), (), ROOTS),
    "pinned, and expired": (EXPIRED_ROOT, (), SealRoots(seals=(EXPIRED_ROOT.der,))),
    "under an expired root": (
        certify("x", EXPIRED_ROOT),
        (),
        SealRoots(seals=(EXPIRED_ROOT.der,)),
    ),
    "issued by a certificate that is no CA": (certify("x", LEAF_ISSUER), (LEAF_ISSUER,), ROOTS),
    "issued by a CA that must not": (
        certify("x", NO_SIGNING),
        (),
        SealRoots(seals=(NO_SIGNING.der,)),
    ),
    "deeper than is allowed": (certify("x", DEEP), (DEEP, INTERMEDIATE), ROOTS),
    "an unknown critical extension": (certify("x", ROOT, extra=CRITICAL), (), ROOTS),
    "under critical name constraints": (
        certify("x", NARROW),
        (),
        SealRoots(seals=(NARROW.der,)),
    ),
}


@pytest.mark.parametrize("case", UNTRUSTED.values(), ids=UNTRUSTED)
def test_seal_is_not_trusted(case: tuple[Certified, tuple[Certified, ...], SealRoots]) -> None:
    signer, chain, roots = case
    report = judge(sealed(signer_of(signer, *chain)), roots)
    assert failing(report) == ["seal-trust"]
    assert (report.level, report.document.outcome) == ("forged", "untrusted seal")
    # Nothing is repeated of what a stranger says about himself.
    assert report.document.sealed_by is None


WRONG_USE = {
    "no key usage": certify("x", ROOT, usages=()),
    "a key usage for encryption": certify("x", ROOT, usages=("key_encipherment",)),
    "an extended key usage for servers": certify(
        "x", ROOT, extended=(ExtendedKeyUsageOID.SERVER_AUTH,)
    ),
}


@pytest.mark.parametrize("signer", WRONG_USE.values(), ids=WRONG_USE)
def test_key_of_another_use_seals_nothing(signer: Certified) -> None:
    with pytest.raises(KeyFileError, match="key usage"):
        load_signer(signer.key_pem, signer.pem)
    # Whoever seals with it all the same is not believed.
    assert failing(judge(sealed(signer_of(signer)))) == ["seal-trust"]


# Keys.


def test_signer_is_loaded_from_pem_and_from_pkcs12() -> None:
    loaded = load_signer(SEALER.key_pem, SEALER.pem + ROOT.pem)
    assert judge(sealed(loaded)).level == "original"
    file = pkcs12.serialize_key_and_certificates(
        b"seal", SEALER.key, SEALER.certificate, [ROOT.certificate], NoEncryption()
    )
    assert load_signer(file).chain == loaded.chain == (ROOT.certificate,)
    encrypted = pkcs12.serialize_key_and_certificates(
        b"seal", SEALER.key, SEALER.certificate, None, BestAvailableEncryption(b"secret")
    )
    assert load_signer(encrypted, passphrase=b"secret").certificate == SEALER.certificate
    with pytest.raises(KeyFileError, match="passphrase"):
        load_signer(encrypted, passphrase=b"other")
    with pytest.raises(KeyFileError, match="passphrase"):
        load_signer(encrypted)


def _pem(private: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


P384 = certify("x", ROOT, curve=ec.SECP384R1())
BAD_KEYS = {
    "no key": (b"", SEALER.pem),
    "no PKCS #12": (b"garbage", None),
    "no certificate": (SEALER.key_pem, b""),
    "another certificate first": (SEALER.key_pem, ROOT.pem + SEALER.pem),
    "Ed25519, which viewers do not know": (
        _pem(ed25519.Ed25519PrivateKey.generate()),
        SEALER.pem,
    ),
    "another curve": (P384.key_pem, P384.pem),
}


@pytest.mark.parametrize("case", BAD_KEYS.values(), ids=BAD_KEYS)
def test_bad_key_is_a_clear_error(case: tuple[bytes, bytes | None]) -> None:
    with pytest.raises(KeyFileError):
        load_signer(*case)


@pytest.mark.parametrize("days", [(-9, -2), (2, 9)])
def test_key_whose_certificate_is_not_valid_now_is_refused(days: tuple[int, int]) -> None:
    one = certify("x", ROOT, days=days)
    with pytest.raises(KeyFileError, match="expired"):
        load_signer(one.key_pem, one.pem)


def test_seal_is_made_within_an_event_loop_too() -> None:
    async def work() -> bytes:
        return sealed()

    assert judge(asyncio.run(work())).level == "original"


def test_seal_that_would_be_refused_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("provenance.cv.seal")
    made = sealed()
    for broken, message in (
        (made + b"\n", "does not hold"),
        (made.replace(b"0 0 300", b"0 0 301", 1), "does not hold"),
    ):
        monkeypatch.setattr(module, "_sign", lambda *_, given=broken: given)
        with pytest.raises(SealingError, match=message):
            sealed()
    monkeypatch.setattr(module, "_sign", lambda *_: made)
    with pytest.raises(SealingError, match="without the time stamp"):
        sealed(tsa="http://tsa.example/")


@needs_openssl
def test_list_of_revoked_certificates_goes_into_the_file(authority: Authority) -> None:
    now = ROOT.certificate.not_valid_before_utc
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ROOT.certificate.subject)
        .last_update(now)
        .next_update(ROOT.certificate.not_valid_after_utc)
        .sign(ROOT.key, hashes.SHA256())
    )
    pems = SEALER.pem + ROOT.pem
    for form in (Encoding.DER, Encoding.PEM):
        signer = load_signer(SEALER.key_pem, pems, revoked=[crl.public_bytes(form)])
        data = seal(attach(PLAIN, BUNDLE), signer, authority.url)
        with pikepdf.open(io.BytesIO(data)) as pdf:
            kept = [one.read_bytes() for one in pdf.Root.DSS.CRLs]
        assert kept == [crl.public_bytes(Encoding.DER)]
        assert judge(data).level == "original"


# What is not sealed.


def test_only_a_file_with_a_proof_and_without_a_signature_is_sealed() -> None:
    with pytest.raises(FormatError, match="attach the proof"):
        seal(PLAIN, signer_of(SEALER))
    with pytest.raises(PolicyError, match="signed already"):
        seal(sealed(), signer_of(SEALER))
    with pytest.raises(FormatError, match="no PDF file"):
        seal(b"%PDF-garbage", signer_of(SEALER))


# Attaching.


def test_attachment_comes_out_as_it_went_in() -> None:
    attached = attach(PLAIN, BUNDLE)
    assert extract(attached) == BUNDLE
    with pikepdf.open(io.BytesIO(attached)) as pdf:
        (spec,) = pdf.Root.AF
        assert spec.AFRelationship == pikepdf.Name.Data
        assert spec.EF.F.Subtype == pikepdf.Name("/application/vnd.provenance-proof+json")
        assert [*pdf.attachments] == ["provenance-proof.json"]
        assert len(pdf.pages) == 1
    assert attach(PLAIN, BUNDLE) == attached


def test_attaching_again_replaces() -> None:
    other = BUNDLE.replace(b'"checkpoint":"', b'"checkpoint":"x', 1)
    twice = attach(attach(attach(PLAIN, other), other), BUNDLE)
    assert extract(twice) == BUNDLE
    with pikepdf.open(io.BytesIO(twice)) as pdf:
        assert len(pdf.Root.AF) == len(pdf.attachments) == 1
        assert not any(other == one.read_bytes() for one in streams(pdf))


def test_other_attachments_are_kept() -> None:
    with pikepdf.open(io.BytesIO(PLAIN)) as pdf:
        pdf.attachments["other.txt"] = pikepdf.AttachedFileSpec(pdf, b"hello")
        target = io.BytesIO()
        pdf.save(target)
    attached = attach(attach(target.getvalue(), BUNDLE), BUNDLE)
    with pikepdf.open(io.BytesIO(attached)) as pdf:
        assert {*pdf.attachments} == {"other.txt", "provenance-proof.json"}
    assert judge(seal(attached, signer_of(SEALER))).level == "original"


def streams(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Stream]:
    for one in pdf.objects:
        if isinstance(one, pikepdf.Stream):
            yield one


def test_nothing_is_attached_that_is_no_proof_or_to_what_is_no_pdf() -> None:
    with pytest.raises(FormatError, match="proof bundle"):
        attach(PLAIN, b"{}")
    with pytest.raises(FormatError, match="no PDF file"):
        attach(b"hello", BUNDLE)
    with pytest.raises(PolicyError, match="signed already"):
        attach(sealed(), BUNDLE)
    with pytest.raises(FormatError, match="carries no proof"):
        extract(PLAIN)
    with pytest.raises(FormatError, match="cannot be read"):
        extract(b"%PDF-1.7")


def test_pages_of_any_number_are_sealed() -> None:
    many = attach(make_pdf(pages=40), BUNDLE)
    assert judge(seal(many, signer_of(SEALER))).level == "original"
