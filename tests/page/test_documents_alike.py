"""Changed documents: the page and the Python verifier must give the same answer to each."""

from __future__ import annotations

import io
import json
import random
import time
import warnings
import zlib
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pikepdf
import pytest
from pikepdf import Name
from pyhanko.pdf_utils.generic import DictionaryObject, NameObject, StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from page_process import needs_page, run_script
from pagedocuments import Scene, seal_roots
from provenance.cv.facts import ATTACHMENT_NAME, HOLDER_NAMESPACE
from provenance.cv.pdf import attach
from provenance.cv.seal import seal
from provenance.cv.verify import verify
from provenance.record.paris import paris_day
from sealing import SEALER, make_pdf, read_in_process, signer_of

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = needs_page

SEED: Final = 20261125
CHANGES: Final = 300
UNLIKE_MAX: Final = 0.05
"""What is damaged in its structure is refused by both, and sometimes for another reason: the
libraries do not agree on how a broken object is to be read."""
NOW_S: Final = int(time.time())
TODAY: Final = paris_day(NOW_S * 1_000_000)


class Documents:
    """The page's verifier of documents, running."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process: Final = process

    def verify(self, data: bytes, policy: str, roots: str) -> Any:
        question: dict[str, Any] = {"data": b64encode(data).decode(), "policy": policy}
        question |= {"roots": roots}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        question |= {"now_s": NOW_S, "day": str(TODAY)}
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def run_documents(folder: Path, broken: str | None = None) -> Iterator[Documents]:
    with run_script(folder, "documents", broken) as process:
        yield Documents(process)


@pytest.fixture(autouse=True)
def read_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process for each of many files takes long; its limits are tested elsewhere."""
    read_in_process(monkeypatch)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


@pytest.fixture(scope="module")
def sealed(scene: Scene) -> bytes:
    return seal(attach(make_pdf(), scene.prove(scene.good)), signer_of(SEALER))


def told(report: Any) -> tuple[object, ...]:
    """Return what both must say of a document: outcomes, and no wording."""
    checks = [(one["name"], one["outcome"]) for one in report["checks"]]
    names = ("kind", "verdict", "level", "recoverable", "day", "reasons", "document")
    return (*(report[name] for name in names), checks)


def judged(data: bytes, policy: str) -> tuple[object, ...]:
    return told(json.loads(verify(data, policy, seal_roots(), now_s=NOW_S).to_json()))


def judged_by_page(page: Documents, data: bytes, policy: str) -> tuple[object, ...]:
    return told(page.verify(data, policy, seal_roots()))


def changed(genuine: bytes, chance: random.Random) -> bytes:
    """Change a few bytes, cut something out, put something in, or add something."""
    data = bytearray(genuine)
    at = chance.randrange(8, len(data))
    match chance.randrange(5):
        case 0:
            data[at] ^= 1 << chance.randrange(8)
        case 1:
            del data[at : at + chance.randrange(1, 40)]
        case 2:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 20)))
        case 3:
            data += bytes(chance.randrange(256) for _ in range(chance.randrange(1, 20)))
        case _:
            other = chance.randrange(8, len(data))
            data[at : at + 16] = data[other : other + 16]
    return bytes(data)


def test_changed_pdfs_are_judged_alike_and_none_is_accepted(
    scene: Scene, sealed: bytes, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    levels, unlike = Counter[object](), 0
    with run_documents(tmp_path) as page:
        assert judged_by_page(page, sealed, scene.policy) == judged(sealed, scene.policy)
        assert judged(sealed, scene.policy)[1:3] == ("yes", "original")
        for number in range(CHANGES):
            data = changed(sealed, chance)
            if data == sealed:
                continue
            found = judged_by_page(page, data, scene.policy)
            expected = judged(data, scene.policy)
            assert found[1] in {"no", "unreadable"}, f"change {number} is accepted by the page"
            assert expected[1] in {"no", "unreadable"}, f"change {number} is accepted"
            unlike += found != expected
            levels[expected[2], expected[3]] += 1
    assert levels["modified", True] > 0, "bytes were added behind, and the original is inside"
    assert levels["modified", False] > 0
    assert unlike <= CHANGES * UNLIKE_MAX


Change = Callable[[pikepdf.Pdf], None]


def root(key: str, value: Any) -> Change:
    return lambda document: document.Root.__setattr__(key, value)


def annotation(**members: Any) -> Change:
    """Add an annotation to the first page, in the page's own dictionary."""

    def add(document: pikepdf.Pdf) -> None:
        usual = {"Type": Name.Annot, "Rect": pikepdf.Array([0, 0, 9, 9]), "F": 4}
        one = pikepdf.Dictionary(**{**usual, **members})
        document.pages[0].Annots = pikepdf.Array([one])

    return add


def in_names(name: str) -> Change:
    def add(document: pikepdf.Pdf) -> None:
        document.Root.Names[f"/{name}"] = pikepdf.Dictionary()

    return add


def stream(**members: Any) -> Change:
    def add(document: pikepdf.Pdf) -> None:
        document.Root.Extra = document.make_stream(b"", **members)

    return add


def other_file(name: str, **members: Any) -> Change:
    """Mention another file specification, directly in the catalog."""

    def add(document: pikepdf.Pdf) -> None:
        embedded = pikepdf.Dictionary(F=document.make_stream(b"{}"))
        document.Root.Extra = pikepdf.Dictionary(
            Type=Name.Filespec, F=pikepdf.String(name), EF=embedded, **members
        )

    return add


def metadata(*pieces: bytes, **members: Any) -> Change:
    def set_packet(document: pikepdf.Pdf) -> None:
        document.Root.Metadata = document.make_stream(b"".join(pieces), **members)

    return set_packet


NAMESPACE: Final = f'<x xmlns:provenance="{HOLDER_NAMESPACE}"> '.encode()
SECOND: Final = f"<y xmlns:ns3 = '{HOLDER_NAMESPACE}' ".encode()
FLATE: Final = {"Filter": Name.FlateDecode}
OPEN, CLOSE = b"<provenance:holder>", b"</provenance:holder>"
JUMP: Final = pikepdf.Dictionary(S=Name.GoTo, D=pikepdf.Array([0, Name.Fit]))
LINK: Final = pikepdf.Dictionary(S=Name.URI, URI=pikepdf.String("https://example.org"))
ACTIVE: Final[dict[str, Change]] = {
    "script": root("OpenAction", pikepdf.Dictionary(S=Name.JavaScript, JS=pikepdf.String("x"))),
    "script-in-names": root("Names2", pikepdf.Dictionary(JavaScript=pikepdf.Dictionary())),
    "script-deep": root("Extra", pikepdf.Array([pikepdf.Array([pikepdf.Dictionary(JS=1)])])),
    "opens-by-name": root("OpenAction", Name.Bye),
    "additional": root("AA", pikepdf.Dictionary()),
    "launch": annotation(Subtype=Name.Link, A=pikepdf.Dictionary(S=Name.Launch)),
    "named": annotation(Subtype=Name.Link, A=pikepdf.Dictionary(S=Name.Named, N=Name.Print)),
    "hide": annotation(Subtype=Name.Link, A=pikepdf.Dictionary(S=Name.Hide)),
    "layers": root("OCProperties", pikepdf.Dictionary()),
    "portfolio": root("Collection", pikepdf.Dictionary()),
    "xfa": root("AcroForm", pikepdf.Dictionary(XFA=pikepdf.Array())),
    "field": annotation(Subtype=Name.Widget, FT=Name.Tx, T=pikepdf.String("x")),
    "widget": annotation(Subtype=Name.Widget),
    "screen": annotation(Subtype=Name.Screen),
    "rich-media": annotation(Subtype=Name.RichMedia),
    "attachment": annotation(Subtype=Name.FileAttachment),
    "elsewhere": stream(F=pikepdf.String("a.txt")),
    "elsewhere-deep": stream(Extra=pikepdf.Dictionary(A=pikepdf.Dictionary(S=Name.Launch))),
    "postscript": stream(Subtype=Name.PS),
    "second-proof": other_file("provenance-proof.json"),
    "look-alike": other_file("Prov\u0435nance_pro0f (1).json"),
    "look-alike-latin": other_file("prov\u20acnance-proof"),
    "old-name": other_file("notes.txt", DOS=pikepdf.String("n")),
    **{
        f"flags-{flags}": annotation(Subtype=Name.Stamp, F=flags)
        for flags in (None, 0, 5, 6, 36, 260, -508, (1 << 31) + 4, (1 << 53) + 5)
    },
    "flags-real": annotation(Subtype=Name.Stamp, F=Decimal("4.0")),
    "flags-truth": annotation(Subtype=Name.Stamp, F=True),
    "flags-list": annotation(Subtype=Name.Stamp, F=pikepdf.Array([4])),
    "no-room": annotation(Subtype=Name.Stamp, F=2, Rect=pikepdf.Array([0, 0, 0, 0])),
    "presentations": in_names("AlternatePresentations"),
}
HARMLESS: Final[dict[str, Change]] = {
    "nothing": lambda _: None,
    "jump": root("OpenAction", JUMP),
    "destination": root("OpenAction", pikepdf.Array([0, Name.Fit])),
    "link": annotation(Subtype=Name.Link, A=LINK),
    "null": root("Extra", pikepdf.Dictionary(AA=None)),
    "another-file": other_file("notes.txt"),
    "flags-printed": annotation(Subtype=Name.Stamp),
    "flags-others": annotation(Subtype=Name.Stamp, F=0x3FF & ~0x127 | 4),
    "flags-31-bits": annotation(Subtype=Name.Stamp, F=(1 << 31) - 508),
    "flags-of-link": annotation(Subtype=Name.Link, F=2),
    "flags-of-popup": annotation(Subtype=Name.Popup, F=None),
    "flags-of-nothing": annotation(Subtype=Name.Stamp, F=0, Rect=None),
    "other-names": in_names("Pages"),
    "structure": root("Extra", pikepdf.Dictionary(S=Name.P, Subtype=Name.Form)),
}
TOP_NAMES: Final[dict[str, tuple[str, Change]]] = {
    "none": ("n/a", lambda _: None),
    "another-packet": ("n/a", metadata(b"<x/>", OPEN, b"Anouk MOREAU", CLOSE)),
    "own": ("yes", metadata(NAMESPACE, OPEN, "Maëlle Lefèvre Dubois".encode(), CLOSE)),
    "deflated": (
        "yes",
        metadata(zlib.compress(NAMESPACE + OPEN + b"Maelle Lefevre-Dubois" + CLOSE), **FLATE),
    ),
    "own-turned": ("yes", metadata(NAMESPACE, OPEN, b"LEFEVRE-DUBOIS MAELLE", CLOSE)),
    "entity": ("yes", metadata(NAMESPACE, OPEN, b"Maelle&apos; Lefevre&amp;Dubois", CLOSE)),
    "surname-alone": ("no", metadata(NAMESPACE, OPEN, b"Lefevre-Dubois", CLOSE)),
    "other": ("no", metadata(NAMESPACE, OPEN, b"Anouk MOREAU", CLOSE)),
    "title-added": ("no", metadata(NAMESPACE, OPEN, b"Dr Maelle Lefevre Dubois", CLOSE)),
    "twice": ("no", metadata(NAMESPACE, (OPEN + b"Maelle Lefevre-Dubois" + CLOSE) * 2)),
    "not-simple": ("no", metadata(NAMESPACE, OPEN, b"<b>Maelle Lefevre-Dubois</b>", CLOSE)),
    "entity-unknown": ("no", metadata(NAMESPACE, OPEN, b"Maelle Lefevre-Dubois&#33;", CLOSE)),
    "declared-only": ("n/a", metadata(NAMESPACE)),
    "attribute": ("yes", metadata(SECOND, b'ns3:holder="Maelle Lefevre-Dubois"/>')),
    "attribute-other": ("no", metadata(SECOND, b'ns3:holder="Anouk Moreau"/>')),
    "two-prefixes": (
        "no",
        metadata(
            NAMESPACE, OPEN, b"Maelle Lefevre-Dubois", CLOSE, SECOND, b"ns3:holder='Anouk'/>"
        ),
    ),
    "not-utf-8": ("n/a", metadata(NAMESPACE, OPEN, b"\xff", CLOSE)),
    "parameters": ("n/a", metadata(NAMESPACE, DecodeParms=pikepdf.Dictionary())),
    "large": ("n/a", metadata(NAMESPACE, bytes(1024 * 1024))),
}


def made_with(scene: Scene, change: Change) -> bytes:
    """Make an unsealed CV that carries its proof, and something else."""
    with pikepdf.open(io.BytesIO(attach(make_pdf(), scene.prove(scene.good)))) as document:
        change(document)
        target = io.BytesIO()
        with warnings.catch_warnings():
            # That a form is odd is what some of these are about.
            warnings.simplefilter("ignore")
            document.save(
                target,
                compress_streams=False,
                fix_metadata_version=False,
                stream_decode_level=pikepdf.StreamDecodeLevel.none,
            )
    return target.getvalue()


def outcome(judgement: tuple[object, ...], name: str) -> str:
    checks = judgement[-1]
    assert isinstance(checks, list)
    return str(dict(checks)[name])


def test_active_content_is_named_alike(scene: Scene, tmp_path: Path) -> None:
    with run_documents(tmp_path) as page:
        for name, change in (ACTIVE | HARMLESS).items():
            data = made_with(scene, change)
            found = judged_by_page(page, data, scene.policy)
            assert found == judged(data, scene.policy), name
            assert outcome(found, "content") == ("no" if name in ACTIVE else "yes"), name


def test_the_name_at_the_top_is_compared_alike(scene: Scene, tmp_path: Path) -> None:
    with run_documents(tmp_path) as page:
        for name, (expected, change) in TOP_NAMES.items():
            data = made_with(scene, change)
            found = judged_by_page(page, data, scene.policy)
            assert found == judged(data, scene.policy), name
            assert outcome(found, "holder-name") == expected, name


@pytest.mark.parametrize(
    ("rect", "flags", "is_fine"),
    [
        ("[0 0 0 0]", "132", True),
        ("[0 0 0 0]", "6", True),
        ("[0 0 0 0]", "(x)", True),
        ("[7.50 +3 7.5 3.0]", "2", True),
        ("[0 0 9 9]", "132", True),
        ("[0 0 9 9]", "+4", True),
        ("[0 0 9 9]", "4.", False),
        ("[0 0 9 9]", "6", False),
        ("[0 0 9 9]", "null", False),
        ("[0 0 0 1]", "2", False),
        ("[0 0 .001 0]", "2", False),
        ("[0 0 0]", "2", False),
        ("[/A 0 /A 0]", "2", False),
        ("[false 0 false 0]", "2", False),
    ],
)
def test_the_flags_of_the_seal_are_told_alike(
    scene: Scene, sealed: bytes, tmp_path: Path, rect: str, flags: str, is_fine: bool
) -> None:
    """The seal's field is written anew behind it, so the file is changed in every case."""
    with pikepdf.open(io.BytesIO(sealed)) as document:
        field = document.Root.AcroForm.Fields[0]
        number, generation = field.objgen
        del field["/F"], field["/Rect"]
        items: list[tuple[str, Any]] = [*field.items()]
        members = " ".join(
            f"{key} {one.objgen[0]} {one.objgen[1]} R"
            if isinstance(one, pikepdf.Object) and one.is_indirect
            else f"{key} {pikepdf.Array([one]).unparse().decode()[1:-1]}"
            for key, one in items
        )
    written = f"<< {members} /F {flags} /Rect {rect} >>".encode()
    data = updated(sealed, number, generation, written)
    with run_documents(tmp_path) as page:
        found = judged_by_page(page, data, scene.policy)
    assert found == judged(data, scene.policy)
    assert outcome(found, "content") == ("yes" if is_fine else "no")
    assert outcome(found, "seal-coverage") == "no"


def updated(pdf: bytes, number: int, generation: int, value: bytes) -> bytes:
    """Put another value of an object behind a file, in an update of its own."""
    last = pdf.rindex(b"startxref")
    before = int(pdf[last:].split()[1])
    with pikepdf.open(io.BytesIO(pdf)) as document:
        trailer = document.trailer
        size, top = int(trailer.Size), trailer.Root.objgen[0]
    data = pdf + b"\n"
    at = len(data)
    data += b"%d %d obj\n%b\nendobj\n" % (number, generation, value)
    table = len(data)
    data += b"xref\n%d 1\n%010d %05d n \n" % (number, at, generation)
    data += b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\n" % (size, top, before)
    return data + b"startxref\n%d\n%%%%EOF\n" % table


def test_what_claims_to_be_a_proof_is_told_alike(scene: Scene, tmp_path: Path) -> None:
    def named() -> pikepdf.Dictionary:
        return pikepdf.Dictionary(Type=Name.Filespec, F=pikepdf.String(ATTACHMENT_NAME))

    names = pikepdf.Array([pikepdf.String(ATTACHMENT_NAME), pikepdf.Dictionary()])
    tree = pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=names))
    changes: dict[str, Change] = {
        "associated": root("AF", pikepdf.Array([named()])),
        "key": root("Names", tree),
        "object": lambda document: root("Extra", document.make_indirect(named()))(document),
        "elsewhere": root("Extra", named()),
        "none": lambda _: None,
    }
    with run_documents(tmp_path) as page:
        for name, change in changes.items():
            with pikepdf.open(io.BytesIO(make_pdf())) as document:
                change(document)
                target = io.BytesIO()
                document.save(target)
            found = judged_by_page(page, target.getvalue(), scene.policy)
            assert found == judged(target.getvalue(), scene.policy), name
            claims = name in {"associated", "key", "object"}
            assert found[2] == ("refused" if claims else "no-proof"), name


def test_an_old_revision_with_another_proof_is_found(scene: Scene, tmp_path: Path) -> None:
    """A sealed CV is given another proof, by an update behind its seal."""
    own, other = scene.prove(scene.good), scene.prove(scene.others)
    genuine = seal(attach(make_pdf(), own), signer_of(SEALER))
    exchanged = exchange_proof(genuine, other)
    with run_documents(tmp_path) as page:
        for data in (exchanged, exchanged + b"\n"):
            found = judged_by_page(page, data, scene.policy)
            assert found == judged(data, scene.policy)
            assert found[1:4] == ("no", "impersonation", True)


def exchange_proof(genuine: bytes, proof: bytes) -> bytes:
    """Put another embedded file in the place of the proof, by an update behind the seal."""
    target = io.BytesIO(genuine)
    writer = IncrementalPdfFileWriter(target)
    (reference,) = writer.root["/AF"]
    spec = reference.get_object()
    kind = NameObject("/EmbeddedFile")
    other = StreamObject(dict_data={NameObject("/Type"): kind}, stream_data=proof)
    added = writer.add_object(other)
    places = {NameObject(key): added for key in ("/F", "/UF")}
    spec[NameObject("/EF")] = DictionaryObject(places)
    writer.update_container(spec)
    writer.write_in_place()
    return target.getvalue()


@pytest.mark.parametrize("broken", ["coverage", "digest", "content", "hidden"])
def test_a_broken_page_is_noticed(
    scene: Scene, sealed: bytes, tmp_path: Path, broken: str
) -> None:
    other = {
        "coverage": sealed + b"\n",
        # One byte of the second line, which is a comment: a digest alone tells.
        "digest": sealed.replace(b"\xbf\xf7", b"\xbe\xf7", 1),
        "content": made_with(scene, ACTIVE["elsewhere-deep"]),
        "hidden": exchange_proof(sealed, scene.prove(scene.others)),
    }[broken]
    with run_documents(tmp_path, broken) as page:
        found = judged_by_page(page, other, scene.policy)
    assert found != judged(other, scene.policy)
