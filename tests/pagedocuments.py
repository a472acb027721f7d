"""The documents that a browser is given: genuine, changed in many ways, and hostile."""

from __future__ import annotations

import io
import json
import time
import zlib
from typing import TYPE_CHECKING, Final

import msgspec
import pikepdf
from PIL import Image

from cv_samples import SUMMARY_SIGNER, holder
from provenance.cv import jsoncv
from provenance.cv.pdf import attach
from provenance.cv.qr import make_qr_png
from provenance.cv.render import Options, render
from provenance.cv.roots import format_certificate, format_did_key
from provenance.cv.seal import seal
from provenance.cv.summary import make_summary, sign_summary
from provenance.encoding import encode_json
from provenance.reconstruct import CvLine
from provenance.verifier import Verifier
from sealing import (
    OPENSSL,
    ROOT,
    SEALER,
    STRANGER,
    TSA,
    TSA_ROOT,
    Authority,
    make_pdf,
    serve,
    signer_of,
)
from simulator import CERTIFIER, HOLDER, Simulator, ed25519_key, make_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.record.commitment import Field


class Issuer:
    """The key that signs JSON CVs."""

    def __init__(self, name: str) -> None:
        self._key: Final = ed25519_key(name)

    @property
    def public(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


ISSUER: Final = Issuer("issuer")
TURNED: Final = "\u202enedlog\u202c"
SCRIPT: Final = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
OTHER: Final[tuple[Field, ...]] = (
    (f"{HOLDER}titulaire.nomNaissance", "MOREAU"),
    (f"{HOLDER}titulaire.prenom1", "Anouk"),
    (f"{HOLDER}titulaire.anneeNaissance", 1984),
    (f"{HOLDER}titulaire.moisNaissance", 2),
    (f"{HOLDER}titulaire.jourNaissance", 29),
)


class Scene:
    """A log with certifications of one person, and documents made of it."""

    def __init__(self) -> None:
        self.log = Simulator()
        self.log.register(certifiers=(CERTIFIER,), name="Institut des métiers du numérique")
        self.log.register(CERTIFIER, name="Chambre de certification")
        deposit = self.log.deposit()
        self.good = self.log.certify(deposit, make_record(certificateur=CERTIFIER))
        self.second = self.log.certify(
            deposit, make_record(type="RS", code="RS5079", dateDebutValidite="2025-11-04")
        )
        self.expired = self.log.certify(
            deposit, make_record(code="RNCP30000", dateFinValidite="2026-01-31")
        )
        self.taken_back = self.log.certify(deposit, make_record(code="RNCP31114"))
        self.others = self.log.certify(deposit, make_record(OTHER, code="RNCP35584"))
        named = (
            (f"{HOLDER}titulaire.nomNaissance", SCRIPT),
            (f"{HOLDER}titulaire.prenom1", TURNED),
            *OTHER[2:],
        )
        self.hostile = self.log.certify(deposit, make_record(named))
        self.log.withdraw(self.taken_back)
        self.log.publish()

    @property
    def policy(self) -> str:
        return self.log.policy()

    def prove(self, *indexes: int) -> bytes:
        return encode_json(self.log.prove(*indexes, support=(1, 2, 3)))

    def cv(self, *indexes: int, everything: bool = False) -> bytes:
        """Draw a CV with the proof in it and a code on it, unsealed."""
        options = Options(everything=everything)
        signer = None if everything else SUMMARY_SIGNER
        return render(
            holder(titles=None),
            self.prove(*indexes),
            self.policy,
            created_s=int(time.time()),
            signer=signer,
            options=options,
        )

    def summary(self) -> str:
        report = Verifier(self.policy).verify(self.prove(self.good, self.second))
        return sign_summary(make_summary(report), SUMMARY_SIGNER)


def seal_roots() -> str:
    """Write the seal roots under which the documents are genuine."""
    return "".join(
        (
            f"seal\n{format_certificate(ROOT.der)}",
            f"tsa\n{format_certificate(TSA_ROOT.der)}",
            f"summary {SUMMARY_SIGNER.verifier_key}\n",
            f"issuer {format_did_key(ISSUER.public)}\n",
        )
    )


def make_documents(directory: Path) -> dict[str, Path]:
    """Write all documents, the policy and the seal roots; give their paths by name."""
    scene = Scene()
    paths = {}
    for name, data in _documents(scene, directory):
        paths[name] = directory / name
        paths[name].write_bytes(data)
    return paths


def _documents(scene: Scene, directory: Path) -> Iterator[tuple[str, bytes]]:
    yield "policy.txt", scene.policy.encode()
    yield "roots.txt", seal_roots().encode()
    yield "other-policy.txt", Simulator("other.example/log", log_name="other").policy().encode()
    unsealed = scene.cv(scene.good, scene.second)
    genuine = seal(unsealed, signer_of(SEALER))
    yield "genuine.pdf", genuine
    if OPENSSL is not None:
        yield "stamped.pdf", _stamped(unsealed, directory)
    yield from _changed(genuine)
    yield "unsealed.pdf", unsealed
    yield "stranger.pdf", seal(unsealed, signer_of(STRANGER))
    yield from _standing(scene)
    yield from _codes(scene)
    yield from _bundles(scene)
    yield from _machine(scene)
    yield from _hostile(genuine)


def _stamped(unsealed: bytes, directory: Path) -> bytes:
    place = directory / "tsa"
    place.mkdir()
    with serve(Authority(place, TSA)) as authority:
        return seal(unsealed, signer_of(SEALER), tsa=authority.url)


def _changed(genuine: bytes) -> Iterator[tuple[str, bytes]]:
    at = genuine.index(b"stream\n") + 40
    yield "tampered.pdf", genuine[:at] + bytes([genuine[at] ^ 1]) + genuine[at + 1 :]
    yield "added-to.pdf", genuine + b"\n% one line more\n"
    with pikepdf.open(io.BytesIO(genuine)) as document:
        target = io.BytesIO()
        document.save(target)
        yield "saved-again.pdf", target.getvalue()
        del document.Root.AcroForm, document.Root.Perms
        if "/DSS" in document.Root:
            del document.Root.DSS
        for page in document.pages:
            if "/Annots" in page:
                del page.Annots
        target = io.BytesIO()
        document.save(target)
        yield "printed-to-pdf.pdf", target.getvalue()


def _standing(scene: Scene) -> Iterator[tuple[str, bytes]]:
    signer = signer_of(SEALER)
    withdrawn = scene.cv(scene.good, scene.taken_back, everything=True)
    yield "withdrawn.pdf", seal(withdrawn, signer)
    yield "expired.pdf", seal(scene.cv(scene.good, scene.expired), signer)
    two = attach(make_pdf(), scene.prove(scene.good, scene.others))
    yield "two-persons.pdf", seal(two, signer)
    bundle = msgspec.json.decode(scene.prove(scene.good))
    bundle["status"] = []
    yield "no-status.json", _compact(bundle)


def _codes(scene: Scene) -> Iterator[tuple[str, bytes]]:
    text = scene.summary()
    yield "code.txt", text.encode()
    picture = make_qr_png(text)
    yield "code.png", picture
    yield "photo.jpg", _photograph(picture)
    yield "other-code.png", make_qr_png("HTTPS://EXAMPLE.ORG/")
    wrong = text[:-8] + ("A" if text[-8] != "A" else "B") + text[-7:]
    yield "wrong-code.txt", wrong.encode()


def _photograph(picture: bytes) -> bytes:
    """Turn a picture a little, on grey paper, as a telephone sees it."""
    with Image.open(io.BytesIO(picture)) as code:
        paper = Image.new("L", (code.width + 300, code.height + 500), 225)
        paper.paste(code.convert("L"), (120, 260))
    turned = paper.rotate(4, resample=Image.Resampling.BICUBIC, fillcolor=190)
    target = io.BytesIO()
    turned.save(target, "JPEG", quality=70)
    return target.getvalue()


def _bundles(scene: Scene) -> Iterator[tuple[str, bytes]]:
    good = scene.prove(scene.good)
    yield "proof.json", good
    forged = msgspec.json.decode(good)
    forged["entries"][-2]["disclosures"] = forged["entries"][-2]["disclosures"][1:]
    yield "forged-proof.json", _compact(forged)
    yield "script.json", scene.prove(scene.hostile)


def _machine(scene: Scene) -> Iterator[tuple[str, bytes]]:
    bundle = scene.prove(scene.good)
    report = Verifier(scene.policy).verify(bundle)
    fields = dict(report.certifications[0].fields)
    line = CvLine(
        id="1", label="Développeuse web", entry=scene.good, claims={"code": fields["code"]}
    )
    created = "2026-11-25T12:00:00Z"
    holder_shown = jsoncv.holder_of(report)
    for name, key in (("machine.json", ISSUER), ("machine-stranger.json", Issuer("stranger"))):
        yield name, jsoncv.make([line], holder_shown, bundle, created=created, signer=key)
    more = CvLine(id="1", entry=scene.good, claims={"code": "RNCP99999"})
    claims_more = jsoncv.make([more], holder_shown, bundle, created=created, signer=ISSUER)
    yield "machine-claims.json", claims_more
    genuine = jsoncv.make([line], holder_shown, bundle, created=created, signer=ISSUER)
    yield "machine-tampered.json", genuine.replace("Développeuse".encode(), b"Directrice")


def _hostile(genuine: bytes) -> Iterator[tuple[str, bytes]]:
    yield "garbage.bin", bytes(range(256)) * 40
    yield "garbage.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 40
    yield "cut.pdf", genuine[: len(genuine) // 2]
    yield "empty.json", b"{}"
    yield "deep.json", b'{"format":"provenance-proof/1","checkpoint":' + b"[" * 2_000_000
    yield "deep-cv.json", b'{"a":' * 1_000_000
    yield "deep.pdf", small_pdf(b"[" * 500_000)
    yield "bomb-structure.pdf", _bomb(b"/ObjStm")
    yield "bomb-attachment.pdf", _bomb_attached()
    yield "huge-picture.png", _huge_picture()


def _compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _zeros(mebibytes: int) -> bytes:
    """Compress many zeros, and hold few of them at a time."""
    packer = zlib.compressobj(9)
    block = bytes(1024 * 1024)
    return b"".join([*(packer.compress(block) for _ in range(mebibytes)), packer.flush()])


def small_pdf(*objects: bytes) -> bytes:
    """Write a PDF with one page and further objects, numbered from 4 on."""
    own = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
    )
    data, places = b"%PDF-1.7\n", []
    for number, one in enumerate((*own, *objects), start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    end = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return data + head + table + end % (len(places) + 1, len(data))


def _bomb(kind: bytes) -> bytes:
    """Write a PDF whose tables stand in a stream that becomes far larger than memory."""
    packed = _zeros(512)
    head = b"<</Type/XRef/W[1 4 2]/Size 300000000/Root 1 0 R/Filter/FlateDecode/Length %d>>"
    data = b"%PDF-1.7\n" + b"% " + kind + b"\n"
    stream = (
        b"4 0 obj\n" + head % len(packed) + b"\nstream\n" + packed + b"\nendstream\nendobj\n"
    )
    return data + stream + b"startxref\n%d\n%%%%EOF\n" % len(data)


def _bomb_attached() -> bytes:
    """Write a PDF whose attachment becomes far larger than any proof."""
    with pikepdf.open(io.BytesIO(small_pdf())) as document:
        packed = document.make_stream(_zeros(256))
        packed.stream_dict.Filter = pikepdf.Name.FlateDecode
        packed.stream_dict.Type = pikepdf.Name.EmbeddedFile
        spec = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Filespec,
                F=pikepdf.String("provenance-proof.json"),
                UF=pikepdf.String("provenance-proof.json"),
                EF=pikepdf.Dictionary(F=packed),
            )
        )
        tree = pikepdf.Dictionary(Names=[pikepdf.String("provenance-proof.json"), spec])
        document.Root.Names = pikepdf.Dictionary(EmbeddedFiles=tree)
        document.Root.AF = pikepdf.Array([spec])
        target = io.BytesIO()
        document.save(
            target, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none
        )
        return target.getvalue()


def _huge_picture() -> bytes:
    """Write the head of a picture of 60,000 by 60,000 pixels."""
    with io.BytesIO() as target:
        Image.new("1", (8, 8)).save(target, "PNG")
        data = bytearray(target.getvalue())
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    return bytes(data)
