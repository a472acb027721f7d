"""Content by which a PDF file changes without being changed: found, and not sealed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream, String

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
from provenance.cv.seal import seal
from provenance.errors import VerificationError
from sealing import BUNDLE, PLAIN, SEALER, read_in_process, sealed, signer_of

if TYPE_CHECKING:
    from collections.abc import Callable

ATTACHED: Final = attach(PLAIN, BUNDLE)


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
        made = Dictionary(Type=Name.Annot, Rect=Array([0, 0, 9, 9]), **members)
        pdf.pages[0].Annots = Array([made])

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
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_a_cv_may_have_is_sealed(change: Callable[[pikepdf.Pdf], None]) -> None:
    assert kinds(change) == ()
    assert seal(changed(change), signer_of(SEALER))


def test_seal_is_no_active_content() -> None:
    assert read_facts(sealed()).active == ()


def test_second_field_with_a_signature_is() -> None:
    def copy(pdf: pikepdf.Pdf) -> None:
        first = pdf.Root.AcroForm.Fields[0]
        pdf.Root.AcroForm.Fields.append(pdf.make_indirect(Dictionary(dict(first.items()))))

    assert read_facts(changed(copy, sealed())).active == ("form-fields",)


def test_widget_of_the_seal_may_stand_apart() -> None:
    def divide(pdf: pikepdf.Pdf) -> None:
        parent = pdf.Root.AcroForm.Fields[0]
        pdf.pages[0].Annots = Array([Dictionary(Subtype=Name.Widget, Parent=parent)])

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
