"""The seal: made as viewers take it, and believed for no other reason than it should be."""

from __future__ import annotations

import asyncio
import io
import shutil
import ssl
import subprocess
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from msgspec.structs import replace
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from provenance.cv.pdf import attach, extract
from provenance.cv.roots import SealRoots
from provenance.cv.seal import SealingError, SealSigner, load_signer, seal
from provenance.cv.trial import KEY_TYPES, make_trial_seal
from provenance.encoding import encode_json
from provenance.errors import FormatError, KeyFileError, PolicyError, VerificationError
from provenance.report import PROVEN
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
from simulator import HOLDER, IDENTITY, LINE, PERSON, make_log, make_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
    assert (report.level, failing(report)) == ("original", [])
    assert report.document.outcome == "as sealed"
    assert report.document.sealed_by == "Opérateur d'exemple"
    assert report.document.time_source == "claimed"
    assert report.proof is not None
    assert report.proof.verdict in PROVEN


def test_what_was_there_is_kept_byte_for_byte() -> None:
    attached = attach(PLAIN, BUNDLE)
    assert seal(attached, signer_of(SEALER)).startswith(attached)


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
        judge(grown, SealRoots(seals=(made.root.public_bytes(Encoding.DER),))).level
        == "modified"
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
    assert judge(sealed(), days=4000).level == "untrusted-seal"


@needs_openssl
@pytest.mark.parametrize(
    ("tsas", "level"),
    [
        ((TSA_ROOT.der,), "original"),
        ((TSA.der,), "original"),
        ((), "untrusted-seal"),
        ((ROOT.der,), "untrusted-seal"),
        ((certify("Horloge racine", ca=True).der,), "untrusted-seal"),
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
    assert (report.level, report.document.outcome) == ("untrusted-seal", "untrusted seal")
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


def _version_2(der: bytes) -> bytes:
    other = der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01", 1)
    return ssl.DER_cert_to_PEM_cert(other).encode()


P521 = certify("x", ROOT, key=ec.generate_private_key(ec.SECP521R1()))
SHORT = certify("x", ROOT, key=rsa.generate_private_key(65537, 1024))
ODD = certify("x", ROOT, key=rsa.generate_private_key(3, 2048))
BAD_KEYS = {
    "no key": (b"", SEALER.pem),
    "no PKCS #12": (b"garbage", None),
    "no certificate": (SEALER.key_pem, b""),
    "a certificate of an unknown version": (SEALER.key_pem, _version_2(SEALER.der)),
    "another certificate first": (SEALER.key_pem, ROOT.pem + SEALER.pem),
    "Ed25519, which viewers do not know": (
        _pem(ed25519.Ed25519PrivateKey.generate()),
        SEALER.pem,
    ),
    "another curve": (P521.key_pem, P521.pem),
    "RSA of too few bits": (SHORT.key_pem, SHORT.pem),
    "RSA with another exponent": (ODD.key_pem, ODD.pem),
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


# Keys of every accepted kind, held against two other programs.

ACCEPTED: dict[str, tuple[Certified, bool, str]] = {
    "P-256": (SEALER, False, "sha256_ecdsa"),
    "P-384": (
        certify("x", ROOT, key=ec.generate_private_key(ec.SECP384R1())),
        False,
        "sha384_ecdsa",
    ),
    "RSA-2048": (
        certify("x", ROOT, key=rsa.generate_private_key(65537, 2048)),
        False,
        "sha256_rsa",
    ),
    "RSA-3072 by PSS": (
        certify("x", ROOT, key=rsa.generate_private_key(65537, 3072)),
        True,
        "rsassa_pss",
    ),
}


@needs_openssl
@pytest.mark.parametrize("case", ACCEPTED.values(), ids=ACCEPTED)
def test_seal_of_every_kind_of_key_holds(
    case: tuple[Certified, bool, str], tmp_path: Path
) -> None:
    one, pss, mechanism = case
    data = sealed(load_signer(one.key_pem, one.pem, pss=pss))
    report = judge(data)
    assert (report.level, failing(report)) == ("original", [])
    assert openssl_verifies(data, tmp_path)
    (signature,) = PdfFileReader(io.BytesIO(data)).embedded_signatures
    signature.compute_integrity_info()
    info = signature.signer_info
    assert info["signature_algorithm"].native["algorithm"] in {mechanism, "rsassa_pkcs1v15"}
    intact, valid = validate_sig_integrity(
        info,
        asn1.Certificate.load(one.der),
        expected_content_type="data",
        actual_digest=signature.compute_digest(),
    )
    assert intact
    assert valid
    # A control: one byte of the page.
    broken = data.replace(b"0 0 300 200", b"0 0 300 201", 1)
    assert broken != data
    assert judge(broken).level == "modified"
    assert not openssl_verifies(broken, tmp_path)


def openssl_verifies(data: bytes, directory: Path) -> bool:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        signature = pdf.Root.Perms.DocMDP
        start, size, second, rest = (int(number) for number in signature.ByteRange)
        contents = bytes(signature.Contents)
    (directory / "data").write_bytes(data[start : start + size] + data[second : second + rest])
    (directory / "cms").write_bytes(contents[: 4 + int.from_bytes(contents[2:4], "big")])
    (directory / "root.pem").write_bytes(ROOT.pem)
    done = subprocess.run(
        [
            *(str(OPENSSL), "cms", "-verify", "-inform", "DER", "-binary", "-cades"),
            *("-in", directory / "cms", "-content", directory / "data"),
            *("-CAfile", directory / "root.pem", "-purpose", "any", "-out", directory / "out"),
        ],
        check=False,
        capture_output=True,
    )
    return done.returncode == 0


@pytest.mark.parametrize("key_type", KEY_TYPES[:3])
def test_trial_seal_of_every_kind_seals(key_type: str) -> None:
    made = make_trial_seal("Exemple", datetime.now(UTC), key_type)
    data = sealed(SealSigner(made.key, made.certificate, (made.root,)))
    roots = SealRoots(seals=(made.root.public_bytes(Encoding.DER),))
    assert judge(data, roots).level == "original"


def test_pss_goes_with_rsa_alone() -> None:
    with pytest.raises(KeyFileError, match="PSS goes with an RSA key"):
        load_signer(SEALER.key_pem, SEALER.pem, pss=True)


# What is not sealed.


def test_only_a_file_with_a_proof_and_without_a_signature_is_sealed() -> None:
    for as_is in (False, True):
        with pytest.raises(FormatError, match="attach the proof"):
            seal(PLAIN, signer_of(SEALER), as_is=as_is)
    with pytest.raises(PolicyError, match="signed already"):
        seal(sealed(), signer_of(SEALER))
    with pytest.raises(FormatError, match="cannot be sealed"):
        seal(b"%PDF-garbage", signer_of(SEALER))


OTHER = make_record([*PERSON[1:], (PERSON[0][0], "MOREL")])
OPEN = make_record([PERSON[0], (PERSON[1][0], "Maëlle Anne"), *PERSON[2:]])
NAME_ONLY = make_record([(f"{HOLDER}identifiantNational.nomNaissance", "MARTIN")])
INCOMPLETE: dict[str, tuple[list[Any], Any, str]] = {
    "of nobody": ([make_record()], LINE, "does not show of entry 4: identity"),
    "a surname": ([NAME_ONLY], None, "entry 4 is tied to nobody: only a surname is shown"),
    "a field missing": (
        [make_record()],
        {*LINE, *IDENTITY} - {"dateDebutValidite"},
        "does not show of entry 4: dateDebutValidite",
    ),
    "a code that is empty": ([make_record(code="")], None, "does not show of entry 4: code"),
    "of two persons": ([make_record(), OTHER], None, "entry 4 is in doubt: of another person"),
    "of persons that may be one": ([make_record(), OPEN], None, "entry 4 is in doubt: whether"),
}


@pytest.mark.parametrize("case", INCOMPLETE.values(), ids=INCOMPLETE)
def test_proof_that_is_not_of_one_person_is_neither_attached_nor_sealed(
    case: tuple[list[Any], Any, str],
) -> None:
    records, names, said = case
    log, indexes = make_log(records=records)
    shown = None if names is None else {4: {*names} & {name for name, _ in records[0]}}
    bundle = encode_json(log.prove(*indexes, shown=shown))
    with pytest.raises(VerificationError, match=f"not attached: .*{said}.*--as-is"):
        attach(PLAIN, bundle)
    attached = attach(PLAIN, bundle, as_is=True)
    with pytest.raises(VerificationError, match=f"not sealed: .*{said}.*--as-is"):
        seal(attached, signer_of(SEALER))
    assert seal(attached, signer_of(SEALER), as_is=True).startswith(attached)


def test_what_is_in_force_is_not_asked_at_the_seal() -> None:
    log, indexes = make_log(records=[make_record(dateFinValidite="2026-03-15")])
    log.withdraw(indexes[0])
    log.publish()
    bundle = encode_json(log.prove(*indexes))
    assert seal(attach(PLAIN, bundle), signer_of(SEALER))


def test_record_that_is_not_the_entrys_is_not_attached() -> None:
    log, indexes = make_log(records=[make_record(), make_record(code="RNCP9")])
    bundle = log.prove(*indexes)
    first, second = (one for one in bundle.entries if '"type":"certification"' in one.entry)
    swapped = tuple(
        replace(one, record=second.record) if one is first else one for one in bundle.entries
    )
    data = encode_json(replace(bundle, entries=swapped))
    with pytest.raises(VerificationError, match="entry 4 commits to another record"):
        attach(PLAIN, data)
    broken = ("AA", *first.record[1:])
    entries = tuple(
        replace(one, record=broken) if one is first else one for one in bundle.entries
    )
    with pytest.raises(FormatError, match="record of entry 4 cannot be read"):
        attach(PLAIN, encode_json(replace(bundle, entries=entries)))


def test_certification_that_is_only_superseded_is_no_line() -> None:
    log, (first,) = make_log()
    newer = log.certify(log.deposit(), make_record(), supersedes=first)
    log.publish()
    support = (*log.support_of(newer), newer)
    bundle = log.prove(first, support=support)
    assert attach(PLAIN, encode_json(bundle))
    nothing = log.prove(support=(1, 2))
    with pytest.raises(VerificationError, match="shows no certification"):
        attach(PLAIN, encode_json(nothing))


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
    assert other != BUNDLE
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
    with pytest.raises(FormatError, match="cannot be used"):
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


def odd(change: Callable[[pikepdf.Pdf], None]) -> bytes:
    with pikepdf.open(io.BytesIO(PLAIN)) as pdf:
        change(pdf)
        target = io.BytesIO()
        pdf.save(target)
    return target.getvalue()


def associate(*items: Any) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root.AF = pikepdf.Array(items)

    return change


def set_root(name: str, value: Any) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root[name] = value

    return change


NAMES = pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=pikepdf.Array([5])))
ODD_FILES = {
    "a number among the associated files": associate(5),
    "a list among them": associate(pikepdf.Array()),
    "no list": set_root("/AF", pikepdf.Dictionary()),
    "a number for a list": set_root("/AF", 5),
    "names that are no dictionary": set_root("/Names", 5),
    "embedded files that are no tree": set_root(
        "/Names", pikepdf.Dictionary(EmbeddedFiles=pikepdf.Array())
    ),
    "a name without a file": set_root("/Names", NAMES),
}


@pytest.mark.parametrize("change", ODD_FILES.values(), ids=ODD_FILES)
def test_odd_lists_of_files_are_an_error_of_ours(
    change: Callable[[pikepdf.Pdf], None],
) -> None:
    try:
        attached = attach(odd(change), BUNDLE)
    except FormatError:
        return
    # What is taken all the same reads back.
    assert extract(attached) == BUNDLE


def test_list_of_associated_files_holds_files() -> None:
    for change in (associate(5), associate(pikepdf.Dictionary(), 5)):
        with pytest.raises(FormatError, match=r"\(/AF\) holds something that is not a file"):
            attach(odd(change), BUNDLE)
    assert extract(attach(odd(associate(pikepdf.Dictionary())), BUNDLE)) == BUNDLE
