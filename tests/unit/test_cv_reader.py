"""What the two readers tell of a PDF file, where something in it is out of place."""

from __future__ import annotations

import io
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import pikepdf
import pytest

from provenance.cv.facts import HOLDER_NAMESPACE
from provenance.cv.pdf import attach
from provenance.cv.reader import read_facts
from sealing import BUNDLE, PLAIN, sealed

if TYPE_CHECKING:
    from collections.abc import Callable

SEALED: Final = sealed()
ATTACHED: Final = attach(PLAIN, BUNDLE)


def in_place(old: bytes, new: bytes) -> bytes:
    """Change a sealed file where nothing moves."""
    assert (SEALED.count(old), len(old)) == (1, len(new))
    return SEALED.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b"/Contents <30", b"/Contentz <30", "the signature has no content, or too much"),
        (b"/ByteRange [0 ", b"/ByteRange [/ ", "the signature has no range of four numbers"),
        (b"/ByteRange [0 ", b"/ByteRange [.0", "the signature has no range of four numbers"),
        (b"/V 12 0 R", b"/W 12 0 R", "not exactly one signature, in one field"),
    ],
)
def test_signature_that_is_malformed_is_none(old: bytes, new: bytes, problem: str) -> None:
    facts = read_facts(in_place(old, new))
    assert (facts.problem, facts.signed, facts.signature) == ("", True, None)
    assert facts.signature_problem == problem


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/Perms <<", b"/Permz <<"),
        (b"/DocMDP 12 0 R", b"/DocMDQ 12 0 R"),
        (b"/DocMDP 12 0 R", b"/DocMDP 10 0 R"),
        (b"/Reference [ <<", b"/Referenz_ [ <<"),
        (b"/TransformMethod /DocMDP", b"/TransformMethod /FieldM"),
        (b"/TransformParams <<", b"/TransformParamz <<"),
        (b"/V /1.2\n/P 1\n", b"/V /1.2\n/P 2\n"),
        (b"/V /1.2\n/P 1\n", b"/V /1.2\n/Q 1\n"),
    ],
)
def test_certification_is_one_that_permits_no_change(old: bytes, new: bytes) -> None:
    first = read_facts(SEALED).signature
    assert first is not None
    assert first.certifies
    facts = read_facts(in_place(old, new))
    assert facts.signature is None or not facts.signature.certifies


def saved(change: Callable[[pikepdf.Pdf], None]) -> bytes:
    with pikepdf.open(io.BytesIO(ATTACHED)) as pdf:
        change(pdf)
        target = io.BytesIO()
        pdf.save(target, fix_metadata_version=False)
    return target.getvalue()


PACKET: Final = (
    f'<x xmlns:provenance="{HOLDER_NAMESPACE}">'
    "<provenance:holder>Ana DUPONT</provenance:holder></x>"
).encode()


def with_metadata(**options: Any) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root.Metadata = pdf.make_stream(PACKET)
        for key, value in options.items():
            pdf.Root.Metadata[f"/{key}"] = value

    return change


def test_metadata_are_read_where_they_are_of_a_simple_form() -> None:
    assert read_facts(ATTACHED).holder == ()
    assert read_facts(saved(with_metadata())).holder == ("Ana DUPONT",)
    other = pikepdf.String("other")
    assert read_facts(saved(with_metadata(F=other))).holder == ()

    def no_stream(pdf: pikepdf.Pdf) -> None:
        pdf.Root.Metadata = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Metadata))

    assert read_facts(saved(no_stream)).holder == ()


def test_what_bears_the_proofs_name_is_noticed_wherever_it_is() -> None:
    assert not read_facts(PLAIN).claims
    assert read_facts(ATTACHED).claims

    def name_alone(pdf: pikepdf.Pdf) -> None:
        del pdf.Root.AF, pdf.Root.Names
        pdf.Root.Note = pdf.make_indirect(
            pikepdf.Dictionary(UF=pikepdf.String("provenance-proof.json"))
        )

    facts = read_facts(saved(name_alone))
    assert (facts.claims, facts.attachment.data) == (True, None)

    def key_alone(pdf: pikepdf.Pdf) -> None:
        del pdf.Root.AF
        pairs = pdf.Root.Names.EmbeddedFiles.Names
        pdf.Root.Names.EmbeddedFiles.Names = pikepdf.Array([pairs[0], pikepdf.Dictionary()])

    facts = read_facts(saved(key_alone))
    assert (facts.claims, facts.attachment.data) == (True, None)

    def no_dictionary(pdf: pikepdf.Pdf) -> None:
        pairs = pdf.Root.Names.EmbeddedFiles.Names
        pdf.Root.Names.EmbeddedFiles.Names = pikepdf.Array([pairs[0], 7])

    facts = read_facts(saved(no_dictionary))
    assert (facts.claims, facts.attachment.problem) == (True, "the attached file is not a file")


def test_memory_that_ends_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(import_module("provenance.cv.reader").pikepdf, "open", fail)
    assert read_facts(SEALED).problem == "reading it takes too much memory"


def test_coverage_that_is_told_in_two_ways_is_no_seal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second reader calls it the whole file, and its own numbers do not."""
    reader = import_module("provenance.cv.secondreader")
    with pytest.raises(Exception, match="told in two ways"):
        reader._describe(*described(reader, len(SEALED) + 1))


def described(reader: Any, size: int) -> tuple[Any, Any, bytes]:
    file = reader.PdfFileReader(io.BytesIO(SEALED))
    (one,) = file.embedded_signatures
    return file, one, bytes(size)
