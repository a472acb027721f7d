"""Content by which a PDF file changes without being changed: found, and not sealed."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pikepdf import Array, Dictionary, Name, Stream, String
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

from provenance.cv.activecontent import (
    ACTIONS,
    EXTERNAL,
    MULTIMEDIA,
    find_active,
    is_like_named,
    is_named,
)
from provenance.cv.facts import ATTACHMENT_NAME, KINDS
from provenance.cv.pdf import attach
from provenance.cv.reader import read_facts
from provenance.cv.seal import _simple_signer, seal
from provenance.errors import VerificationError
from sealing import (
    BUNDLE,
    PLAIN,
    ROOT,
    SEALER,
    certify,
    read_in_process,
    sealed,
    signer_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.cv.seal import SealSigner

ATTACHED: Final = attach(PLAIN, BUNDLE)
PRINTED: Final = 4
"""The flags of an annotation that is on paper and on every screen."""
FLAGS: Final = 0b11_1111_1111
"""The flags that ISO 32000-2 knows."""


def changed(change: Callable[[pikepdf.Pdf], None], pdf: bytes = ATTACHED) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        change(document)
        target = io.BytesIO()
        document.save(target)
    return target.getvalue()


def kinds(change: Callable[[pikepdf.Pdf], None]) -> tuple[str, ...]:
    return read_facts(changed(change)).active


def at_root(name: str, value: Any) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root[name] = value

    return change


def annotation(**members: Any) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        # A direct object, which no list of objects names.
        all_ = {"Type": Name.Annot, "Rect": Array([0, 0, 9, 9]), "F": PRINTED, **members}
        pdf.pages[0].Annots = Array(
            [Dictionary({f"/{key}": one for key, one in all_.items() if one is not None})]
        )

    return change


def flagged(flags: Any) -> Callable[[pikepdf.Pdf], None]:
    """Add a stamp with flags, or with none."""
    return annotation(Subtype=Name.Stamp, F=flags)


def in_names(name: str) -> Callable[[pikepdf.Pdf], None]:
    """Add something to the catalog's names, and keep what is there."""

    def change(pdf: pikepdf.Pdf) -> None:
        names = pdf.Root.get("/Names", Dictionary())
        names[name] = Dictionary(Names=Array())
        pdf.Root.Names = names

    return change


def action(name: str, **members: Any) -> Dictionary:
    return Dictionary({"/S": Name(name), **{f"/{key}": one for key, one in members.items()}})


def on_page(name: str, value: Any) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0][name] = value

    return change


def picture(**members: Any) -> Callable[[pikepdf.Pdf], None]:
    """Add a stream that some page might draw."""

    def change(pdf: pikepdf.Pdf) -> None:
        stream = Stream(pdf, b"", {"/Type": Name.XObject, "/Subtype": Name.Form})
        for key, value in members.items():
            stream[f"/{key}"] = value
        pdf.pages[0].Resources.XObject = Dictionary(X=pdf.make_indirect(stream))

    return change


def attached_as(**names: str) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        stream = pdf.make_indirect(Stream(pdf, b"{}"))
        spec = {"/Type": Name.Filespec, "/EF": Dictionary(F=stream)}
        spec |= {f"/{key}": String(name) for key, name in names.items()}
        pdf.Root.PieceInfo = Dictionary(X=Dictionary(spec))

    return change


def field(**members: Any) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        made = pdf.make_indirect(Dictionary({f"/{key}": one for key, one in members.items()}))
        pdf.Root.AcroForm = Dictionary(Fields=Array([made]))

    return change


def embedded(key: str) -> Callable[[pikepdf.Pdf], None]:
    """Add a content under another key to the proof's own specification."""

    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root.AF[0].EF[key] = pdf.make_indirect(Stream(pdf, b"{}"))

    return change


def key_in_tree(name: str) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        pairs = pdf.Root.Names.EmbeddedFiles.Names
        pairs.append(String(name))
        pairs.append(Dictionary())

    return change


SCRIPT: Final = action("/JavaScript", JS=String("app.alert(1)"))
ACTIVE: Final[dict[str, tuple[Callable[[pikepdf.Pdf], None], str]]] = {
    "a script when it opens": (at_root("/OpenAction", SCRIPT), "actions, javascript"),
    "a script of the document": (
        at_root("/Names", Dictionary(JavaScript=Dictionary(Names=Array()))),
        "javascript",
    ),
    "a script in a link": (annotation(Subtype=Name.Link, A=SCRIPT), "javascript"),
    "a script behind a link": (
        annotation(Subtype=Name.Link, A=action("/URI", Next=Array([SCRIPT]))),
        "javascript",
    ),
    "text of a script": (on_page("/X", Dictionary(JS=String("x"))), "javascript"),
    "an action of a page": (on_page("/AA", Dictionary(O=action("/GoTo"))), "actions"),
    "an address when it opens": (at_root("/OpenAction", action("/URI")), "actions"),
    "a name when it opens": (at_root("/OpenAction", Name("/Print")), "actions"),
    "fields": (field(FT=Name.Tx, T=String("a"), V=String("b")), "form-fields"),
    "a field of buttons": (field(FT=Name.Btn), "form-fields"),
    "an unsigned field of a signature": (field(FT=Name.Sig), "form-fields"),
    "a widget of no field": (annotation(Subtype=Name.Widget), "form-fields"),
    "XFA": (at_root("/AcroForm", Dictionary(XFA=Array())), "xfa"),
    "layers": (at_root("/OCProperties", Dictionary()), "optional-content"),
    "a portfolio": (at_root("/Collection", Dictionary()), "portfolio"),
    "an attachment on a page": (annotation(Subtype=Name.FileAttachment), "attachments"),
    "the name in capitals": (attached_as(UF="PROVENANCE-PROOF.JSON"), "attachments"),
    "the name with a number": (attached_as(F="provenance-proof (1).json"), "attachments"),
    "the name with a space behind": (attached_as(UF=f"{ATTACHMENT_NAME} "), "attachments"),
    "the name in another script": (
        attached_as(F="\u0440r\u043evenance-pr\u043e\u043ef.json"),
        "attachments",
    ),
    "the name once more": (attached_as(F=ATTACHMENT_NAME), "attachments"),
    "the name for another system": (attached_as(DOS="A.JSO"), "attachments"),
    "another content of the proof": (embedded("/Unix"), "attachments"),
    "a name like it in the tree": (key_in_tree("Provenance proof"), "attachments"),
    "a program of another language": (picture(Subtype=Name.PS), "external-content"),
    "the same, said otherwise": (picture(Subtype2=Name.PS), "external-content"),
    **{
        f"{name[1:]} in a link": (annotation(Subtype=Name.Link, A=action(name)), "actions")
        for name in sorted(ACTIONS)
    },
    **{
        f"{name[1:]} on a page": (annotation(Subtype=Name(name)), "multimedia")
        for name in sorted(MULTIMEDIA)
    },
    **{
        f"{name[1:]} of a picture": (picture(**{name[1:]: Dictionary()}), "external-content")
        for name in EXTERNAL
        if name not in {"/F", "/FFilter", "/FDecodeParms"}
    },
    "a stamp that is not printed": (flagged(0), "optional-content"),
    "a stamp without flags": (flagged(None), "optional-content"),
    "a stamp that is invisible": (flagged(PRINTED | 1), "optional-content"),
    "a stamp that is hidden": (flagged(PRINTED | 2), "optional-content"),
    "a stamp on paper alone": (flagged(PRINTED | 32), "optional-content"),
    "a stamp on screens at times": (flagged(PRINTED | 256), "optional-content"),
    "flags that are no integer": (flagged(Decimal("4.0")), "optional-content"),
    "flags that are a truth": (flagged(True), "optional-content"),
    "flags below zero": (flagged(PRINTED - 512), "optional-content"),
    "flags of 32 bits": (flagged((1 << 31) + PRINTED), "optional-content"),
    "a note without flags": (annotation(Subtype=Name.Text, F=None), "optional-content"),
    "another page on a screen": (in_names("/AlternatePresentations"), "multimedia"),
}


@pytest.fixture(autouse=True)
def _in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    read_in_process(monkeypatch)


# A widget of no field is an oddity that pikepdf warns of.
@pytest.mark.filterwarnings("ignore:This document has 1 form widget")
@pytest.mark.parametrize("case", ACTIVE.values(), ids=ACTIVE)
def test_active_content_is_found_and_not_sealed(
    case: tuple[Callable[[pikepdf.Pdf], None], str],
) -> None:
    change, kind = case
    assert ", ".join(kinds(change)) == kind
    pdf = changed(change)
    if read_facts(pdf).attachment.data is None:
        return  # Not sealed for that reason alone.
    with pytest.raises(VerificationError, match=rf"has active content: {kind}\. .*--allow"):
        seal(pdf, signer_of(SEALER))
    with pytest.raises(VerificationError, match="has active content"):
        seal(pdf, signer_of(SEALER), allowed=[one for one in KINDS if one not in kind])


def test_content_in_another_file_is_found() -> None:
    # No library writes such a stream.
    stream = b"9 0 obj\n<< /Length 0 /F (other.txt) >>\nstream\n\nendstream\nendobj\n"
    pages = (
        b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n",
        b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n",
        b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>\nendobj\n",
    )
    data, table = b"%PDF-1.7\n", b"xref\n0 1\n0000000000 65535 f \n"
    for number, one in zip((1, 2, 3, 9), (*pages, stream), strict=True):
        table += b"%d 1\n%010d 00000 n \n" % (number, len(data))
        data += one
    trailer = b"trailer\n<< /Size 10 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(data)
    assert read_facts(data + table + trailer).active == ("external-content",)


HARMLESS: Final[dict[str, Callable[[pikepdf.Pdf], None]]] = {
    "nothing": lambda _: None,
    "a link": annotation(Subtype=Name.Link, A=action("/URI", URI=String("mailto:a@b.example"))),
    "a jump": annotation(Subtype=Name.Link, A=action("/GoTo", D=Array())),
    "the page to open at": at_root("/OpenAction", Array()),
    "a jump when it opens": at_root("/OpenAction", action("/GoTo", D=Array())),
    "another attachment": attached_as(F="diplome.pdf", UF="diplôme.pdf"),
    "a note": annotation(Subtype=Name.Text, Contents=String("provenance-proof.json")),
    "a picture": picture(),
    "a form without fields": at_root("/AcroForm", Dictionary(Fields=Array())),
    "a group": picture(Group=Dictionary(S=Name.Transparency)),
    "a stamp on paper and on screens": flagged(PRINTED),
    "a stamp with every other flag": flagged(FLAGS & ~0x127 | PRINTED),
    "flags of 31 bits": flagged((1 << 31) - 512 + PRINTED),
    "a hidden link": annotation(Subtype=Name.Link, F=2),
    "a window of a note": annotation(Subtype=Name.Popup, F=None),
    "what has no place": annotation(Subtype=Name.Stamp, F=0, Rect=None),
    "pages by name": in_names("/Pages"),
    "presentations elsewhere": on_page("/AlternatePresentations", Dictionary()),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_a_cv_may_have_is_sealed(change: Callable[[pikepdf.Pdf], None]) -> None:
    assert kinds(change) == ()
    assert seal(changed(change), signer_of(SEALER))


def test_seal_is_no_active_content() -> None:
    assert read_facts(sealed()).active == ()


@pytest.mark.parametrize("is_rsa", [False, True], ids=["ecdsa", "rsa"])
def test_seal_by_another_program_is_none_either(is_rsa: bool) -> None:
    key = rsa.generate_private_key(65537, 2048) if is_rsa else None
    signer = signer_of(certify("Opérateur d'exemple", ROOT, key=key))
    assert read_facts(sealed(signer)).active == ()
    for invisible in (
        InvisSigSettings(),
        InvisSigSettings(set_hidden_flag=True),
        InvisSigSettings(set_hidden_flag=True, set_print_flag=False),
        InvisSigSettings(box_out_of_bounds=True, set_print_flag=False),
    ):
        assert read_facts(by_pyhanko(signer, invis_sig_settings=invisible)).active == ()
    assert read_facts(by_pyhanko(signer, box=(10, 10, 90, 40))).active == ()


def by_pyhanko(signer: SealSigner, **options: Any) -> bytes:
    """Sign as the command line of pyHanko does, in a field of its own making."""
    target = io.BytesIO()
    PdfSigner(
        PdfSignatureMetadata(field_name="Signature1", signer_key_usage=set()),
        signer=_simple_signer(signer),
        new_field_spec=SigFieldSpec("Signature1", **options),
    ).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(ATTACHED)), output=target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("rect", "flags", "is_fine"),
    [
        ([0, 0, 0, 0], 132, True),
        ([0, 0, 0, 0], 6, True),
        ([0, 0, 0, 0], None, True),
        ([Decimal("7.50"), 3, Decimal("7.5"), Decimal("3.0")], 2, True),
        ([0, 0, 9, 9], 132, True),
        ([0, 0, 9, 9], 6, False),
        ([0, 0, 9, 9], 128, False),
        ([0, 0, 0, 1], 2, False),
        ([0, 0, Decimal("0.001"), 0], 2, False),
        ([0, 0, 0], 2, False),
        ([Name.A, 0, Name.A, 0], 2, False),
        ([False, 0, False, 0], 2, False),
    ],
)
def test_seal_that_takes_no_room_may_have_any_flags(
    rect: list[Any], flags: int | None, is_fine: bool
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        widget = pdf.Root.AcroForm.Fields[0]
        widget.Rect = Array(rect)
        del widget.F
        if flags is not None:
            widget.F = flags

    found = read_facts(changed(change, sealed())).active
    assert found == (() if is_fine else ("optional-content",))


def test_room_is_asked_of_widgets_alone() -> None:
    change = annotation(Subtype=Name.Stamp, F=2, Rect=Array([0, 0, 0, 0]))
    assert kinds(change) == ("optional-content",)


def test_second_field_with_a_signature_is() -> None:
    def copy(pdf: pikepdf.Pdf) -> None:
        first = pdf.Root.AcroForm.Fields[0]
        pdf.Root.AcroForm.Fields.append(pdf.make_indirect(Dictionary(dict(first.items()))))

    assert read_facts(changed(copy, sealed())).active == ("form-fields",)


def test_widget_of_the_seal_may_stand_apart() -> None:
    def divide(pdf: pikepdf.Pdf) -> None:
        parent = pdf.Root.AcroForm.Fields[0]
        widget = Dictionary(Subtype=Name.Widget, Parent=parent, F=2, Rect=Array([0] * 4))
        pdf.pages[0].Annots = Array([widget])

    assert read_facts(changed(divide, sealed())).active == ()


def test_what_is_allowed_by_name_is_sealed() -> None:
    pdf = changed(annotation(Subtype=Name.Link, A=SCRIPT))
    assert seal(pdf, signer_of(SEALER), allowed=["javascript"]).startswith(pdf)
    both = changed(at_root("/Collection", Dictionary()), pdf)
    with pytest.raises(VerificationError, match="content: portfolio"):
        seal(both, signer_of(SEALER), allowed=["javascript"])


def test_several_kinds_are_told_in_their_order() -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root.Collection = Dictionary()
        pdf.Root.OCProperties = Dictionary()
        pdf.Root.OpenAction = SCRIPT

    assert kinds(change) == ("actions", "javascript", "optional-content", "portfolio")


def test_deep_nesting_is_walked() -> None:
    value: Any = Dictionary(JS=String("x"))
    for _ in range(200):
        value = Array([value])
    assert kinds(at_root("/PieceInfo", Dictionary(X=value))) == ("javascript",)


@pytest.mark.parametrize(
    ("name", "is_like"),
    [
        (ATTACHMENT_NAME, False),
        ("Provenance-Proof.json", True),
        ("provenanceproof", True),
        ("my provenance proof of 2026", True),
        ("pr0v3nance_pr00f", True),
        ("\uff50rovenance proof", True),
        ("provenance", False),
        ("proof.json", False),
        ("provenance of the proof", False),
        ("", False),
        ("x" * 985 + "provenanceproof", True),
        ("x" * 986 + "provenanceproof", False),
    ],
)
def test_names_like_the_proofs(name: str, is_like: bool) -> None:
    assert is_like_named(name) == is_like


@pytest.mark.parametrize("value", [5, None, String("x"), Array(), Name.X, Dictionary(F=5)])
def test_anything_may_be_asked_whether_it_bears_the_name(value: object) -> None:
    assert not is_named(value)
    assert is_named(Dictionary(F=String(ATTACHMENT_NAME)))
    assert is_named(Dictionary(UF=String(ATTACHMENT_NAME)))


def test_every_kind_is_tried() -> None:
    assert {kind for _, kind in ACTIVE.values()} >= {*KINDS}
    assert list(KINDS) == sorted(KINDS)


def test_a_file_of_nothing_has_none() -> None:
    with pikepdf.new() as pdf:
        assert find_active(pdf) == ()
