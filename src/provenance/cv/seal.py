"""The operator's seal over a whole PDF file: PAdES, as any PDF viewer can check it.

The seal is a certification signature that permits no change (DocMDP 1), of the subfilter
``ETSI.CAdES.detached``, by RSA of 2,048 to 8,192 bits (PKCS #1 v1.5, or PSS) or ECDSA on P-256
or P-384, because viewers do not know Ed25519. The hash function is SHA-256, or SHA-384 with a
key on P-384. A file that changes what it shows without being changed (`activecontent`) is
not sealed, nor a proof that is not of one person.
Without a time-stamping authority it is PAdES B-B; with one it bears an RFC 3161 time stamp, and
what is at hand of certificates and revocation lists stands in the same revision (B-LT as
far as the lists given allow). No network is used but to reach that authority. Sources: ETSI
EN 319 142-1, ISO 32000-2 section 12.8.
"""

from __future__ import annotations

import hashlib
import io
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)
from msgspec import Struct

from provenance.cv.apart import read_pdf
from provenance.cv.completeness import check_complete
from provenance.cv.extras import needing_extra
from provenance.cv.pdf import OVERRIDE
from provenance.cv.sealcheck import check_coverage, check_seal
from provenance.errors import (
    FormatError,
    KeyFileError,
    PolicyError,
    ProvenanceError,
    VerificationError,
)
from provenance.pki.algorithms import check_key
from provenance.pki.chain import check_may_seal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from provenance.cv.facts import PdfFacts

FIELD_NAME: Final = "Seal"
READABLE_NAME: Final = "Seal of the operator, over the whole document"
TSA_SECONDS_MAX: Final = 20


class SealingError(ProvenanceError):
    """A seal could not be made, for instance since the time-stamping authority is away."""


class SealSigner(Struct, frozen=True):
    """The key of seals with its certificate, those above it, and lists of revoked ones.

    ``pss``: an RSA key signs by PSS, which older viewers do not know, instead of PKCS #1 v1.5.
    """

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()
    revoked: tuple[x509.CertificateRevocationList, ...] = ()
    pss: bool = False


def load_signer(
    key: bytes,
    certificates: bytes | None = None,
    *,
    passphrase: bytes | None = None,
    revoked: Sequence[bytes] = (),
    pss: bool = False,
) -> SealSigner:
    """Load the signer of seals out of a PKCS #12 file, or of PEM.

    ``certificates``: PEM, the seal's certificate first, then those above it; where it is left
    out, ``key`` is a PKCS #12 file. ``revoked``: certificate revocation lists (DER or PEM).
    ``pss``: as `SealSigner` has it. Raises `KeyFileError`.
    """
    try:
        if certificates is None:
            private, own, more = pkcs12.load_key_and_certificates(key, passphrase)
            found = [] if own is None else [own, *more]
        else:
            private = load_pem_private_key(key, passphrase)
            found = x509.load_pem_x509_certificates(certificates)
        certified = [certificate.public_key() for certificate in found]
        lists = tuple(map(_load_list, revoked))
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise KeyFileError(
            "the key of the seal cannot be read: a PKCS #12 file, or a key and certificates "
            "in PEM, and the right passphrase are needed"
        ) from error
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise KeyFileError("the key of a seal is an RSA key, or ECDSA on P-256 or P-384")
    if pss and not isinstance(private, rsa.RSAPrivateKey):
        raise KeyFileError("PSS goes with an RSA key, and this is another one")
    if not certified or certified[0] != private.public_key():
        raise KeyFileError("the first certificate is not that of the seal's key")
    _check_certificate(found[0])
    return SealSigner(private, found[0], tuple(found[1:]), lists, pss)


def _check_certificate(certificate: x509.Certificate) -> None:
    """Refuse a certificate with which no verifier would believe a seal."""
    public = certificate.public_key()
    try:
        check_key(public, public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
        check_may_seal(certificate)
    except ProvenanceError as error:
        raise KeyFileError(f"the certificate of the seal: {error}") from error
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not start <= datetime.now(UTC) <= end:
        raise KeyFileError("the certificate of the seal has expired, or is not valid yet")


def _load_list(data: bytes) -> x509.CertificateRevocationList:
    pem = data.lstrip().startswith(b"-----")
    return x509.load_pem_x509_crl(data) if pem else x509.load_der_x509_crl(data)


def seal(
    pdf: bytes,
    signer: SealSigner,
    tsa: str | None = None,
    *,
    allowed: Collection[str] = (),
    as_is: bool = False,
) -> bytes:
    """Seal a PDF file that carries its proof; return the sealed file.

    ``tsa``: URL of a time-stamping authority (RFC 3161). ``allowed``: kinds of active content
    that the file may have (`facts.KINDS`); no verifier calls it an original then.
    ``as_is``: the proof need not show every certification completely, and all of one person.
    What was there is kept byte for byte, the seal is added behind it and covers all of it.

    Raises `FormatError` for a file that cannot be read or carries no proof, `PolicyError` for
    one that is signed, `VerificationError` for active content and for such a proof,
    `SealingError` where the seal cannot be made, or the authority does not answer.
    """
    facts = read_pdf(pdf)
    bundle = _check_file(facts, allowed)
    if not as_is:
        _check_proof(bundle)
    # Signing runs an event loop of its own, and the caller may be within one.
    with ThreadPoolExecutor(max_workers=1) as thread:
        sealed = thread.submit(_sign, pdf, signer, tsa).result()
    _check(sealed, stamped=tsa is not None)
    return sealed


def _check_file(facts: PdfFacts, allowed: Collection[str]) -> bytes:
    """Refuse a file that cannot be sealed as it is; return the proof in it."""
    if facts.problem:
        raise FormatError(f"this PDF file cannot be sealed: {facts.problem}")
    if facts.signed:
        raise PolicyError("this PDF file is signed already; a seal must be the only signature")
    if facts.attachment.data is None:
        raise FormatError(f"attach the proof before the seal: {facts.attachment.problem}")
    active = [kind for kind in facts.active if kind not in allowed]
    if active:
        raise VerificationError(
            f"this PDF file is not sealed, because it has active content: {', '.join(active)}. "
            "It could show something else later without being changed. Make it without that, "
            "or allow each kind by name (--allow KIND); it is never called an original then"
        )
    return facts.attachment.data


def _check_proof(bundle: bytes) -> None:
    try:
        check_complete(bundle)
    except VerificationError as error:
        raise VerificationError(f"this file is not sealed: {error}; {OVERRIDE}") from error


def _check(sealed: bytes, *, stamped: bool) -> None:
    """Check what was made: what the verifier would refuse must not be handed out."""
    from provenance.cv.reader import read_facts  # noqa: PLC0415 - only with the extra

    try:
        # It is as harmless as what went in, so it is read in this process, which is faster.
        found = check_seal(sealed, read_facts(sealed))
        check_coverage(sealed, found)
    except (FormatError, VerificationError) as error:
        raise SealingError(f"the seal that was made does not hold: {error}") from error
    if stamped != (found.signed.token is not None):
        raise SealingError("the seal was made without the time stamp that was asked for")


def _sign(pdf: bytes, signer: SealSigner, tsa: str | None) -> bytes:
    with needing_extra():
        from pyhanko.pdf_utils.misc import PdfError  # noqa: PLC0415 - only with the extra
        from pyhanko.sign.fields import SigFieldSpec  # noqa: PLC0415
        from pyhanko.sign.general import SigningError  # noqa: PLC0415
        from pyhanko.sign.signers import PdfSigner  # noqa: PLC0415
        from pyhanko.sign.timestamps.common_utils import (  # noqa: PLC0415
            TimestampRequestError,
        )
        from pyhanko_certvalidator.errors import PathError  # noqa: PLC0415
    # It warns on standard error that nothing is fetched, which is the intention.
    logging.getLogger("pyhanko").addHandler(logging.NullHandler())
    stamper = None if tsa is None else _stamper(tsa)
    target = io.BytesIO()
    try:
        PdfSigner(
            _metadata(signer, stamper),
            signer=_simple_signer(signer),
            timestamper=stamper,
            # Nobody sees the field, but those to whom a file is read may come across it.
            new_field_spec=SigFieldSpec(FIELD_NAME, readable_field_name=READABLE_NAME),
        ).sign_pdf(_writer(pdf), output=target)
    except (TimestampRequestError, OSError) as error:
        raise SealingError(
            f"no time stamp from {tsa}: the authority cannot be reached, or refused"
        ) from error
    except (PdfError, SigningError, PathError, ValueError) as error:
        raise SealingError(f"the seal could not be made ({type(error).__name__})") from error
    return target.getvalue()


def _writer(pdf: bytes) -> Any:  # noqa: ANN401 - pyHanko has no types
    from pyhanko.pdf_utils.incremental_writer import (  # noqa: PLC0415
        IncrementalPdfFileWriter,
    )

    class Writer(IncrementalPdfFileWriter):
        """Adds the seal and nothing else, so that what was PDF/A-3 stays it (ISO 19005-3)."""

        def ensure_output_version(self, version: tuple[int, int]) -> None:
            """Leave the version: PDF/A-3 is PDF 1.7, and the extensions say what is newer."""

        def _update_meta(self) -> None:
            """Leave the metadata, which say that it is PDF/A, as they are."""

    return Writer(io.BytesIO(pdf), strict=True)


def _metadata(signer: SealSigner, stamper: Any) -> Any:  # noqa: ANN401 - pyHanko has no types
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter  # noqa: PLC0415
    from pyhanko.sign.signers.pdf_signer import (  # noqa: PLC0415
        DSSContentSettings,
        PdfSignatureMetadata,
        SigDSSPlacementPreference,
    )

    lasting = stamper is not None
    return PdfSignatureMetadata(
        field_name=FIELD_NAME,
        md_algorithm=_digest_of(signer),
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        subfilter=SigSeedSubFilter.PADES,
        embed_validation_info=lasting,
        validation_context=_context(signer, stamper) if lasting else None,
        # All in the one revision that the seal covers: an update behind it would end that.
        dss_settings=DSSContentSettings(
            include_vri=False,
            placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE,
        ),
        signer_key_usage=set(),
    )


def _context(signer: SealSigner, stamper: Any) -> Any:  # noqa: ANN401
    """Say what may be collected into the file; nothing is fetched, and nobody judged by it."""
    import asyncio  # noqa: PLC0415 - for time stamps only

    from asn1crypto import crl  # noqa: PLC0415
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

    # A first stamp, of nothing, shows the certificates of the authority.
    asyncio.run(stamper._ensure_dummy())  # noqa: SLF001 - there is no other way
    own = [_convert(one) for one in (signer.certificate, *signer.chain)]
    stamping = [*stamper.cert_registry, *stamper._certs.values()]  # noqa: SLF001
    return ValidationContext(
        trust_roots=[*([one for one in own if one.self_issued] or own[-1:]), *stamping],
        other_certs=own,
        crls=[
            crl.CertificateList.load(one.public_bytes(Encoding.DER)) for one in signer.revoked
        ],
        allow_fetching=False,
        revocation_mode="soft-fail",
    )


def _simple_signer(signer: SealSigner) -> Any:  # noqa: ANN401
    from asn1crypto import keys  # noqa: PLC0415
    from pyhanko.sign.signers import SimpleSigner  # noqa: PLC0415
    from pyhanko_certvalidator.registry import SimpleCertificateStore  # noqa: PLC0415

    store = SimpleCertificateStore()
    store.register_multiple(_convert(one) for one in signer.chain)
    private = signer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SimpleSigner(
        signing_cert=_convert(signer.certificate),
        signing_key=keys.PrivateKeyInfo.load(private),
        cert_registry=store,
        # Whoever verifies has the root already, and trusts no other.
        embed_roots=False,
        signature_mechanism=_pss(_digest_of(signer)) if signer.pss else None,
    )


def _pss(digest: str) -> Any:  # noqa: ANN401
    """Return RSASSA-PSS with one hash function, and a salt as long as it (RFC 4055)."""
    from asn1crypto import algos  # noqa: PLC0415

    own = {"algorithm": digest}
    parameters = {
        "hash_algorithm": own,
        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": own},
        "salt_length": hashlib.new(digest).digest_size,
    }
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})


def _digest_of(signer: SealSigner) -> str:
    """Return the hash function that goes with the strength of the key."""
    key = signer.key
    is_large = isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp384r1"
    return "sha384" if is_large else "sha256"


def _convert(certificate: x509.Certificate) -> Any:  # noqa: ANN401
    from asn1crypto import x509 as asn1  # noqa: PLC0415

    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))


def _stamper(url: str) -> Any:  # noqa: ANN401
    from pyhanko.sign.timestamps.requests_client import RequestsHTTPTimeStamper  # noqa: PLC0415

    if not url.startswith(("http://", "https://")):
        raise FormatError("a time-stamping authority is named by a URL: http://… or https://…")
    return RequestsHTTPTimeStamper(url, timeout=TSA_SECONDS_MAX)
