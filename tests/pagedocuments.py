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

from cv_samples import NATIONAL, SHEETS, SUMMARY_SIGNER, holder
from provenance.cv import jsoncv
from provenance.cv.pdf import attach
from provenance.cv.qr import make_qr_png
from provenance.cv.render import Options, render
from provenance.cv.roots import format_certificate, format_did_key
from provenance.cv.seal import seal
from provenance.cv.summary import make_summary, sign_summary
from provenance.encoding import encode_json
from provenance.reconstruct import CvLine
from provenance.record.paris import paris_day
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
from simulator import (
    CERTIFIER,
    HOLDER,
    IDENTITY,
    Simulator,
    ed25519_key,
    ed25519_vkey,
    make_record,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from provenance.record.bundle import EndorsementLink
    from provenance.record.commitment import Field
    from provenance.report import Report


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
CREATED: Final = "2026-11-25T12:00:00Z"
LAST_SLOT: Final = 63
"""A slot of a certification that never holds a field."""
TURNED: Final = "\u202enedlog\u202c"
SCRIPT: Final = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
OTHER: Final[tuple[Field, ...]] = (
    (f"{HOLDER}titulaire.nomNaissance", "MOREAU"),
    (f"{HOLDER}titulaire.prenom1", "Anouk"),
    (f"{HOLDER}titulaire.anneeNaissance", 1984),
    (f"{HOLDER}titulaire.moisNaissance", 2),
    (f"{HOLDER}titulaire.jourNaissance", 29),
)
OPEN: Final = "9OPENALL"
"""A depositor that may deposit for every certifier, and signs what it deposits."""
BEGINNING_S: Final = int(time.time()) - 3600
"""The page asks the browser's clock, so the log is of today."""


class Present(Simulator):
    """A log of the last hour."""

    def now_s(self) -> int:
        return BEGINNING_S + 60 * len(self.entries)


class Scene:
    """A log with certifications of one person, and documents made of it."""

    def __init__(self) -> None:
        self.log = Present()
        self.log.register(certifiers=(CERTIFIER,), name="Institut des métiers du numérique")
        self.log.register(CERTIFIER, name="Chambre de certification")
        self.register = self.log.import_register(*SHEETS)
        self.log.register(OPEN, name="Dépôts pour tous", keys=(ed25519_vkey("open"),))
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
        self.surname = self.log.certify(deposit, make_record(NATIONAL, code="RNCP36000"))
        self.on_behalf = self._on_behalf()
        self.log.withdraw(self.taken_back)
        self.log.publish()

    def _on_behalf(self) -> int:
        """Deposit for a certifier, by somebody who may for all, and let it sign that."""
        deposit = self.log.deposit(OPEN)
        record = make_record(emetteur=OPEN, code="RNCP37000")
        index = self.log.certify(deposit, record, depositor=OPEN)
        self.endorsement = self.log.endorse(deposit, index, index + 1, "open")
        return index

    @property
    def policy(self) -> str:
        return self.log.policy()

    def prove(self, *indexes: int, hidden: Collection[int] = ()) -> bytes:
        """Prove certifications, with what the register says of them; some without identity."""
        shown = {one: self.log.line_names(one) for one in indexes}
        for one in hidden:
            shown[one] -= IDENTITY
        support = {*self.log.support_of(*indexes), self.register}
        links: tuple[EndorsementLink, ...] = ()
        if self.on_behalf in indexes:
            support.add(self.endorsement)
            links = (self.log.link(self.endorsement, self.on_behalf),)
        codes = [str(dict(self.log.records[one].fields)["code"]) for one in indexes]
        sheets = self.log.show_register(*codes)
        bundle = self.log.prove(
            *indexes,
            shown=shown,
            support=sorted(support if sheets.sheets else support - {self.register}),
            endorsements=links,
            register=sheets if sheets.sheets else None,
        )
        return encode_json(bundle)

    def cv(self, *indexes: int, everything: bool = False) -> bytes:
        """Draw a CV with the proof in it and a code on it, unsealed."""
        signer = None if everything else SUMMARY_SIGNER
        return render(
            holder(),
            self.prove(*indexes),
            self.policy,
            created_s=int(time.time()),
            signer=signer,
            options=Options(everything=everything),
        )

    def summary(self, *indexes: int) -> str:
        report = self.report(*(indexes or (self.good, self.second)))
        return sign_summary(make_summary(report), SUMMARY_SIGNER)

    def report(self, *indexes: int) -> Report:
        day = paris_day(int(time.time()) * 1_000_000)
        return Verifier(self.policy).verify(self.prove(*indexes), day=day)


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
    yield from _odd(scene, unsealed)
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


def _odd(scene: Scene, unsealed: bytes) -> Iterator[tuple[str, bytes]]:
    """Seal what the operator should not have sealed: another's proof, and what acts."""
    signer = signer_of(SEALER)
    yield "other-name.pdf", seal(attach(unsealed, scene.prove(scene.others)), signer)
    with pikepdf.open(io.BytesIO(unsealed)) as document:
        action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.beep()"))
        document.Root.OpenAction = action
        target = io.BytesIO()
        document.save(target)
    yield "active.pdf", seal(target.getvalue(), signer, allowed=("javascript", "actions"))


def _standing(scene: Scene) -> Iterator[tuple[str, bytes]]:
    signer = signer_of(SEALER)
    withdrawn = scene.cv(scene.good, scene.taken_back, everything=True)
    yield "withdrawn.pdf", seal(withdrawn, signer)
    yield "expired.pdf", seal(scene.cv(scene.good, scene.expired, everything=True), signer)
    for name, bundle in (
        ("two-persons.pdf", scene.prove(scene.good, scene.others)),
        ("stolen.pdf", scene.prove(scene.good, scene.others, hidden=(scene.others,))),
    ):
        attached = attach(make_pdf(), bundle, as_is=True)
        yield name, seal(attached, signer, as_is=True)
    one = msgspec.json.decode(scene.prove(scene.good))
    one["status"] = []
    yield "no-status.json", _compact(one)


def _codes(scene: Scene) -> Iterator[tuple[str, bytes]]:
    text = scene.summary()
    yield "code.txt", text.encode()
    picture = make_qr_png(text)
    yield "code.png", picture
    yield "photo.jpg", _photograph(picture)
    yield "two-codes.png", _beside(picture, make_qr_png(scene.summary(scene.second)))
    address = make_qr_png("HTTPS://EXAMPLE.ORG/")
    yield "other-code.png", address
    yield "code-and-address.png", _beside(address, picture)
    wrong = text[:-8] + ("A" if text[-8] != "A" else "B") + text[-7:]
    yield "wrong-code.txt", wrong.encode()


def _beside(*pictures: bytes) -> bytes:
    """Paste pictures side by side on white paper."""
    opened = [Image.open(io.BytesIO(one)).convert("L") for one in pictures]
    width = sum(one.width + 60 for one in opened)
    paper = Image.new("L", (width, max(one.height for one in opened) + 60), 255)
    at = 30
    for one in opened:
        paper.paste(one, (at, 30))
        at += one.width + 60
    target = io.BytesIO()
    paper.save(target, "PNG")
    return target.getvalue()


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
    yield "newline.json", good + b"\n"
    yield "mark.json", b"\xef\xbb\xbf" + good
    changed = msgspec.json.decode(good)
    record = next(one["record"] for one in changed["entries"] if "record" in one)
    record[LAST_SLOT] = record[LAST_SLOT - 1]
    yield "changed-proof.json", _compact(changed)
    yield "script.json", scene.prove(scene.hostile)
    stolen = scene.prove(scene.good, scene.others, hidden=(scene.others,))
    yield "stolen.json", stolen
    yield "surname.json", scene.prove(scene.good, scene.surname)
    yield "two-persons.json", scene.prove(scene.good, scene.others)
    yield "on-behalf.json", scene.prove(scene.on_behalf)
    yield "taken-back.json", scene.prove(scene.taken_back)


def _machine(scene: Scene) -> Iterator[tuple[str, bytes]]:
    bundle, report = scene.prove(scene.good), scene.report(scene.good)
    fields = dict(report.certifications[0].fields)
    title = report.certifications[0].title
    line = CvLine(id="1", label=title, entry=scene.good, claims={"code": fields["code"]})
    more = CvLine(id="1", entry=scene.good, claims={"code": "RNCP99999"})
    shown = jsoncv.holder_of([line], report)
    made = {
        "machine.json": (line, shown, ISSUER),
        "machine-stranger.json": (line, shown, Issuer("stranger")),
        "machine-claims.json": (more, shown, ISSUER),
        "machine-other.json": (line, {**shown, **dict(OTHER[:2])}, ISSUER),
    }
    for name, (one, holder_named, key) in made.items():
        yield name, jsoncv.make([one], holder_named, bundle, created=CREATED, signer=key)
    genuine = jsoncv.make([line], shown, bundle, created=CREATED, signer=ISSUER)
    yield "machine-tampered.json", genuine.replace(b'"id":"1"', b'"id":"2"')


def _hostile(genuine: bytes) -> Iterator[tuple[str, bytes]]:
    yield "garbage.bin", bytes(range(256)) * 40
    yield "plain.pdf", make_pdf()
    yield "book.xlsx", b"PK\x03\x04" + bytes(22) + b"xl/workbook.xml" + bytes(40)
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
