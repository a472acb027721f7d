"""Certificates, a real time-stamping authority on loopback, and small PDF documents."""

from __future__ import annotations

import io
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from provenance.cv.pdf import attach
from provenance.cv.reader import read_facts
from provenance.cv.roots import SealRoots
from provenance.cv.seal import SealSigner, seal
from provenance.cv.verify import verify
from provenance.encoding import encode_json
from simulator import TODAY, make_log
from verifying import lean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    import pytest

    from provenance.cv.report import CvReport

OPENSSL: Final = shutil.which("openssl")
DAY: Final = timedelta(days=1)
USAGES: Final = (
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


class Certified(NamedTuple):
    """A key and its certificate."""

    key: Any  # of RSA or ECDSA; most tests need not say which
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def certify(  # noqa: PLR0913 - what a certificate may state
    name: str,
    issuer: Certified | None = None,
    *,
    ca: bool = False,
    usages: tuple[str, ...] | None = None,
    extended: tuple[x509.ObjectIdentifier, ...] = (),
    days: tuple[int, int] = (-1, 365),
    path_length: int | None = None,
    extra: x509.ExtensionType | None = None,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = None,
) -> Certified:
    """Make a certificate, by an issuer or by itself; ``days``: valid from, until.

    Without a key, one on P-256 is made.
    """
    key = ec.generate_private_key(ec.SECP256R1()) if key is None else key
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC).replace(microsecond=0)
    if usages is None:
        usages = ("key_cert_sign", "crl_sign") if ca else ("digital_signature",)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
    )
    if usages:
        stated = {usage: usage in usages for usage in USAGES}
        builder = builder.add_extension(x509.KeyUsage(**stated), critical=True)
    if extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=True)
    if extra is not None:
        builder = builder.add_extension(extra, critical=True)
    signing = key if issuer is None else issuer.key
    return Certified(key, builder.sign(signing, hashes.SHA256()))


ROOT: Final = certify("Racine d'exemple", ca=True)
SEALER: Final = certify("Opérateur d'exemple", ROOT)
STRANGER: Final = certify("Opérateur d'exemple", certify("Racine d'exemple", ca=True))
TSA_ROOT: Final = certify("Horloge racine", ca=True)
TSA: Final = certify("Horloge", TSA_ROOT, extended=(ExtendedKeyUsageOID.TIME_STAMPING,))
ROOTS: Final = SealRoots(seals=(ROOT.der,), tsas=(TSA_ROOT.der,))


def signer_of(one: Certified, *chain: Certified) -> SealSigner:
    return SealSigner(one.key, one.certificate, tuple(each.certificate for each in chain))


def make_pdf(text: str = "Curriculum vitae", pages: int = 1) -> bytes:
    """Return a small PDF file whose pages show a text."""
    pdf = pikepdf.new()
    font = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type1,
            BaseFont=pikepdf.Name.Helvetica,
        )
    )
    for _ in range(pages):
        page = pdf.add_blank_page(page_size=(300, 200))
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        shown = f"BT /F1 18 Tf 20 150 Td ({text}) Tj ET".encode()
        page.Contents = pdf.make_stream(shown)
    target = io.BytesIO()
    pdf.save(target, deterministic_id=True)
    return target.getvalue()


LOG, (INDEX,) = make_log()
POLICY, _PROOF = lean(LOG, LOG.prove(INDEX))
BUNDLE: Final = encode_json(_PROOF)
PLAIN: Final = make_pdf()


def sealed(signer: SealSigner | None = None, **options: Any) -> bytes:
    """Return a sealed CV."""
    return seal(attach(PLAIN, BUNDLE), signer or signer_of(SEALER), **options)


def failing(report: CvReport) -> list[str]:
    return [check.name for check in report.checks if check.outcome == "no"]


_CONFIG: Final = """\
[tsa]
default_tsa = one
[one]
serial = {directory}/serial
crypto_device = builtin
default_policy = 1.3.6.1.4.1.55555.1
digests = sha256, sha384, sha512
signer_digest = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_alg = sha256
"""


class Authority:
    """A time-stamping authority: OpenSSL behind HTTP (RFC 3161 section 3.4)."""

    def __init__(self, directory: Path, signer: Certified) -> None:
        self._directory: Final = directory
        (directory / "tsa.cnf").write_text(_CONFIG.format(directory=directory))
        (directory / "serial").write_text("01\n")
        (directory / "tsa.pem").write_bytes(signer.pem)
        (directory / "tsa.key").write_bytes(signer.key_pem)
        self.url = ""
        self.asked = 0

    def answer(self, request: bytes) -> bytes:
        """Stamp what a request asks for."""
        self.asked += 1
        query, reply = self._directory / "query", self._directory / "reply"
        query.write_bytes(request)
        subprocess.run(
            [
                *(str(OPENSSL), "ts", "-reply", "-config", self._directory / "tsa.cnf"),
                *("-queryfile", query, "-signer", self._directory / "tsa.pem"),
                *("-inkey", self._directory / "tsa.key", "-out", reply),
            ],
            check=True,
            capture_output=True,
        )
        return reply.read_bytes()

    def stamp(self, data: bytes, digest: str = "sha256") -> bytes:
        """Return a token over data, whose imprint is made by this hash function."""
        source, query = self._directory / "source", self._directory / "query"
        reply, token = self._directory / "reply", self._directory / "token"
        source.write_bytes(data)
        ts = (str(OPENSSL), "ts")
        asked: list[str | Path] = [
            *ts,
            "-query",
            "-data",
            source,
            f"-{digest}",
            "-cert",
            "-out",
            query,
        ]
        subprocess.run(asked, check=True, capture_output=True)
        self.answer(query.read_bytes())
        taken: list[str | Path] = [*ts, "-reply", "-in", reply, "-token_out", "-out", token]
        subprocess.run(taken, check=True, capture_output=True)
        return token.read_bytes()


@contextmanager
def serve(authority: Authority) -> Iterator[Authority]:
    """Let an authority listen on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = authority.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    authority.url = f"http://127.0.0.1:{server.server_port}/tsa"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield authority
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def read_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read PDF files in this process, without its limits: tests that read many are faster."""
    for name in ("pdf", "seal", "pdfcheck"):
        module = import_module(f"provenance.cv.{name}")
        monkeypatch.setattr(module, "read_pdf", lambda data, **_: read_facts(data))


def judge(
    data: bytes, roots: SealRoots = ROOTS, *, days: int = 0, day: date | None = TODAY
) -> CvReport:
    """Verify a document under the policy of `LOG`, so many days from now.

    ``day``: the one that validity is judged at, by default that on which `LOG` was made.
    """
    return verify(data, POLICY, roots, now_s=int(time.time()) + days * 86_400, day=day)
