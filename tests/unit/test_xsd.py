from __future__ import annotations

import io
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from msgspec.structs import replace

from provenance.cdc.flux import FluxReader
from provenance.cdc.sample import BREAKS, FLAWS, Form, SampleSpec, break_flux, write_flux
from provenance.cdc.xsd import FAULTS_MAX, XsdUnavailableError, XsdValidator
from provenance.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provenance.cdc.faults import Fault

XSD: Final = (Path(__file__).parent / "data" / "flux-test.xsd").read_bytes()
SMALL: Final = b"""\
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="a">
    <xs:complexType mixed="false">
      <xs:sequence><xs:element name="b" type="xs:int" maxOccurs="unbounded"/></xs:sequence>
    </xs:complexType>
  </xs:element>
</xs:schema>
"""
SPEC: Final = SampleSpec(
    seed=5, passages=80, certifications=12, version="1.1.5", national_percent=20
)
# What `repeated` and the like spoil is nothing that a schema could see.
FLAWED: Final = replace(SPEC, flaws=dict.fromkeys(FLAWS, 4))
FORMS: Final = [
    Form(),
    Form(prefix="cpf", newline="\r\n", reordered=True, nil="1"),
    Form(one_line=True, header_behind=True, comments=True),
    Form(numeric_booleans=True, padded_integers=True, references=True, bom=True),
]


@pytest.fixture(scope="module")
def validator() -> XsdValidator:
    return XsdValidator(XSD)


def faults_of(xsd: bytes, data: bytes) -> list[Fault]:
    return XsdValidator(xsd).faults(lambda: [data])


def places(faults: Iterable[Fault]) -> list[tuple[str, int | None, int | None]]:
    return [(fault.code, fault.line, fault.column) for fault in faults]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("spec", [SPEC, FLAWED], ids=["sound", "flawed"])
def test_samples_are_valid(validator: XsdValidator, spec: SampleSpec, form: Form) -> None:
    assert validator.faults(lambda: write_flux(replace(spec, form=form))) == []


@pytest.mark.parametrize("kind", BREAKS)
def test_broken_files_are_not(validator: XsdValidator, kind: str) -> None:
    data = break_flux(kind)
    faults = validator.faults(lambda: [data])
    assert faults
    for fault in faults:
        assert (fault.level, fault.effect) == ("schema", "file")
        assert 1 <= (fault.line or 0) <= data.count(b"\n") + 1


PLACED: Final = {
    "bad-enumeration": [("xsd-enumeration", 19, 41)],
    "too-long": [("xsd-length", 18, 30)],
    "unknown-element": [("xsd-content", 20, 17)],
    "nil-without-prefix": [("xsd-attribute", 26, 17), ("xsd-type", 26, 17)],
    "nil-not-allowed": [("xsd-nil", 20, 17), ("xsd-type", 20, 17)],
    "date-with-zone": [("xsd-pattern", 25, 36)],
    "other-root": [("xsd-content", 2, 1)],
    "document-type": [("xsd-doctype", 1, 39)],
    "truncated": [("xsd-not-well-formed", 25, 36)],
}


@pytest.mark.parametrize("kind", PLACED)
def test_faults_have_their_place(validator: XsdValidator, kind: str) -> None:
    data = break_flux(kind)
    assert places(validator.faults(lambda: [data])) == PLACED[kind]
    # However the bytes are cut.
    cut = [bytes([byte]) for byte in data]
    assert places(validator.faults(lambda: cut)) == PLACED[kind]


def test_columns_count_characters() -> None:
    data = "<a><!-- é€𝄞 --><b>x</b></a>".encode()
    assert places(faults_of(SMALL, data)) == [("xsd-type", 1, 19)]


def test_element_is_named_and_value_is_not(validator: XsdValidator) -> None:
    data = b"".join(write_flux(SPEC)).replace(b"<sexe>F", b"<sexe>Secret")
    faults = validator.faults(lambda: [data])
    assert {fault.element for fault in faults} == {"sexe"}
    assert "Secret" not in str(faults)


def test_long_text_without_any_tag() -> None:
    data = b"<a>\n<b>" + b"7" * 200_000 + b"</b>\n<c/></a>"
    cut = [data[start : start + 50_000] for start in range(0, len(data), 50_000)]
    faults = XsdValidator(SMALL).faults(lambda: cut)
    assert [fault.element for fault in faults] == ["b", "c"]
    assert (faults[1].line, faults[1].column) == (3, 1)


def test_a_mere_warning_of_the_parser_is_no_fault() -> None:
    assert faults_of(SMALL, b'<a xmlns:x="no uri"><b>1</b></a>') == []
    assert places(faults_of(SMALL, b'<a xmlns:x="no uri"><b>x</b></a>')) == [
        ("xsd-type", 1, 24)
    ]


def test_only_the_first_hundred_faults_are_listed() -> None:
    data = b"<a>\n" + b"<b>x</b>\n" * 1000 + b"</a>"
    faults = faults_of(SMALL, data)
    assert [fault.line for fault in faults] == list(range(2, FAULTS_MAX + 2))


def test_lines_beyond_sixteen_bits() -> None:
    data = b"<a>\n" + b"<b>1</b>\n" * 70_000 + b"<b>x</b></a>"
    assert places(faults_of(SMALL, data)) == [("xsd-type", 70_002, 4)]


def test_a_rule_without_a_wording_of_its_own() -> None:
    digits = b'<xs:restriction base="xs:int"><xs:totalDigits value="2"/></xs:restriction>'
    xsd = SMALL.replace(b' type="xs:int" maxOccurs="unbounded"/>', b"><xs:simpleType>" + digits)
    xsd = xsd.replace(digits, digits + b"</xs:simpleType></xs:element>")
    faults = faults_of(xsd, b"<a><b>777</b></a>")
    assert [(fault.code, fault.element) for fault in faults] == [("xsd-other", "b")]


def test_a_valid_file_is_read_once_and_no_other_more_than_twice() -> None:
    opened = []

    def source(data: bytes) -> Iterator[bytes]:
        opened.append(data)
        yield data

    validator = XsdValidator(SMALL)
    validator.faults(lambda: source(b"<a><b>1</b></a>"))
    assert len(opened) == 1
    validator.faults(lambda: source(b"<a><b>x</b></a>"))
    assert len(opened) == 3


def test_memory_does_not_grow_with_the_file(validator: XsdValidator) -> None:
    def peak(passages: int) -> int:
        tracemalloc.start()
        assert validator.faults(lambda: write_flux(replace(SPEC, passages=passages))) == []
        _, size = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size

    peak(10)  # What is made once and kept.
    assert peak(1000) < 2 * peak(100)


def test_schema_named_by_the_file_is_not_opened(tmp_path: Path) -> None:
    other = tmp_path / "other.xsd"
    other.write_bytes(SMALL.replace(b"xs:int", b"xs:string"))
    location = f'xsi:noNamespaceSchemaLocation="{other.as_uri()}"'
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    data = f"<a {xsi} {location}><b>x</b></a>".encode()
    assert [fault.code for fault in faults_of(SMALL, data)] == ["xsd-type"]


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("7")
    data = f'<!DOCTYPE a [<!ENTITY e SYSTEM "{secret.as_uri()}">]><a><b>&e;</b></a>'.encode()
    assert [fault.code for fault in faults_of(SMALL, data)] == ["xsd-doctype"]


@pytest.mark.parametrize("name", ["include", "import", "redefine"])
def test_a_schema_that_refers_to_others_is_refused(name: str) -> None:
    element = f'<xs:{name} schemaLocation="https://xsd.example/other.xsd"/>'.encode()
    xsd = SMALL.replace(b"\n  <xs:element", b"\n  " + element + b"<xs:element", 1)
    with pytest.raises(FormatError, match=f"xs:{name}"):
        XsdValidator(xsd)


@pytest.mark.parametrize(
    "xsd",
    [
        b"",
        b"no schema",
        b"<a/>",
        SMALL.replace(b"xs:int", b"xs:nothing"),
        b"<!DOCTYPE x>" + SMALL,
        b'<!DOCTYPE x [<!ENTITY e "xs:int">]>' + SMALL.replace(b"xs:int", b"&e;"),
        SMALL[:-20],
    ],
    ids=["empty", "text", "other XML", "unknown type", "DOCTYPE", "entity", "truncated"],
)
def test_a_malformed_schema_is_refused(xsd: bytes) -> None:
    with pytest.raises(FormatError, match="malformed XSD"):
        XsdValidator(xsd)


def test_without_lxml_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lxml", None)
    with pytest.raises(XsdUnavailableError, match=r"pip install provenance-ledger\[xsd\]"):
        XsdValidator(SMALL)


def test_a_source_may_be_any_iterable() -> None:
    assert XsdValidator(SMALL).faults(lambda: io.BytesIO(b"<a>\n<b>1</b>\n</a>")) == []


@pytest.mark.parametrize("name", ["UTF-8", "utf8", "UTF_8", "utf-8-sig", "unicode-1-1-utf-8"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no mark", "mark"])
def test_the_encoding_may_be_called_by_any_of_its_names(
    validator: XsdValidator, name: str, mark: bytes
) -> None:
    data = b"".join(write_flux(replace(SPEC, passages=2)))
    declared = mark + data.replace(b"UTF-8", name.encode(), 1)
    reader = FluxReader(lambda: [declared])
    assert len(list(reader.passages())) == 2
    assert validator.faults(lambda: [declared]) == []
    spoiled = declared.replace(b"<donneeCertifiee>", b"<donneeCertifiee>\xc3\xa9", 1)
    assert {fault.code for fault in validator.faults(lambda: [spoiled])} == {"xsd-type"}
