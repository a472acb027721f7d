"""Passages that are cut out and read alone give what the whole file gives, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from flux_strategies import FILES, SOUND, STYLES, mutations, shuffles
from fluxes import AROUND, NS, Style, certification, flux, passage, write
from provenance.cdc import _shapes
from provenance.cdc.cutting import GAP_SIZE_MAX, cut_flux
from provenance.cdc.flux import FluxReader, Limits, read_passage
from provenance.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fluxes import Tree
    from provenance.cdc.cutting import Cut
    from provenance.record.commitment import Field

LIMITS: Final = Limits()


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def read_cut(
    data: bytes, size: int, limits: Limits = LIMITS
) -> tuple[Cut, list[tuple[Field, ...]]] | None:
    """Read a file the quick way; None where that is not possible."""
    cut = cut_flux(lambda: pieces(data, size), limits)
    if cut is None or cut.action == "SUPPRESSION":
        return None
    try:
        return cut, [
            read_passage(source, around.bindings, around.leading)
            for kind, source in cut.passages(pieces(data, size))
            for around in [cut.surroundings[kind]]
        ]
    except FormatError:
        return None


def compare(data: bytes, size: int, limits: Limits = LIMITS) -> str:
    """Read a file both ways; the quick one must give the same, or nothing."""
    found = read_cut(data, size, limits)
    if found is None:
        return "read as a whole"
    cut, records = found
    reader = FluxReader(lambda: [data], limits)
    passages = list(reader.passages())
    assert reader.faults == []
    assert [one.fields for one in passages] == records
    typed = [[type(value) for _, value in fields] for fields in records]
    assert [[type(value) for _, value in one.fields] for one in passages] == typed
    spans = list(zip(cut.starts, cut.ends, strict=True))
    assert [(one.start, one.end) for one in passages] == spans
    around = [cut.surroundings[kind].bindings for kind in cut.kinds]
    assert [one.bindings for one in passages] == around
    header = reader.header
    assert header is not None
    assert (header.emetteur, header.certificateur) == (cut.emetteur, cut.certificateur)
    assert (header.id_flux, header.action) == (cut.id_flux, cut.action)
    return "cut"


@given(FILES, STYLES, st.integers(1, 3000))
@settings(max_examples=200)
def test_what_the_schema_allows_is_read_alike_both_ways(
    tree: Tree, style: Style, size: int
) -> None:
    event(compare(write(tree, style), size))


@given(FILES, st.booleans(), st.sampled_from(["", "\n", "\r\n"]), st.integers(1, 3000))
@settings(max_examples=100)
def test_ordinary_files_are_cut(tree: Tree, header_last: bool, newline: str, size: int) -> None:
    style = Style(newline=newline, header_last=header_last, references=False)
    data = write({**tree, "action": "CREATION"}, style)
    if b"<?" not in data[1:] and b"passageCertification>" in data:
        assert compare(data, size) == "cut"


@given(mutations() | shuffles(), st.sampled_from([1, 64, 1 << 16]))
@settings(max_examples=1500)
@example(SOUND.replace(b"<cpf:scoring", b"<!--</cpf:passageCertification>--><cpf:scoring"), 64)
@example(SOUND.replace(b"<cpf:certifications>", b"<!--<cpf:passageCertification>-->"), 64)
@example(SOUND.replace(b"<cpf:verbatim>", b"<cpf:verbatim>&#65;"), 64)
def test_hostile_files_are_read_alike_both_ways(data: bytes, size: int) -> None:
    event(compare(data, size))


HIDDEN: Final = [
    (b"<!--", b"-->"),
    (b"<![CDATA[", b"]]>"),
    (b"<?x ", b"?>"),
]


@pytest.mark.parametrize(("before", "after"), HIDDEN)
def test_a_passage_that_only_seems_to_be_one_is_no_passage(before: bytes, after: bytes) -> None:
    start = SOUND.index(b"<cpf:passageCertification>")
    end = SOUND.index(b"</cpf:passageCertification>") + len(b"</cpf:passageCertification>")
    data = SOUND[:start] + before + SOUND[start:end] + after + SOUND[start:]
    assert compare(data, 100) == "read as a whole"


@pytest.mark.parametrize("size", [GAP_SIZE_MAX - 2000, 3 * GAP_SIZE_MAX])
@pytest.mark.parametrize(
    "where", [b"<cpf:flux", b"</cpf:passageCertifications>", b"</cpf:flux>"]
)
def test_long_stretches_between_passages_are_read_as_the_reader_does(
    size: int, where: bytes
) -> None:
    data = SOUND.replace(where, b"<!--%b-->%b" % (b" " * size, where), 1)
    expected = "cut" if size < GAP_SIZE_MAX else "read as a whole"
    assert compare(data, 1000) == expected


@pytest.mark.parametrize(
    "limits",
    [
        Limits(file_bytes_max=len(SOUND) - 1),
        Limits(passage_bytes_max=1000),
        Limits(bindings_chars_max=20),
        Limits(silent_bytes_max=100),
        Limits(depth_max=5),
    ],
)
def test_what_exceeds_a_limit_is_left_to_the_reader(limits: Limits) -> None:
    assert compare(SOUND, 1000) == "cut"
    assert compare(SOUND, 1000, limits) == "read as a whole"


def test_a_declaration_within_a_passage_is_left_to_the_reader() -> None:
    data = SOUND.replace(b"<cpf:scoring", b'<cpf:scoring xmlns:p="urn:p"', 1)
    assert compare(data, 1000) == "read as a whole"


def test_what_stands_twice_in_a_passage_is_left_to_the_reader() -> None:
    scoring = SOUND[SOUND.index(b"<cpf:scoring") :]
    scoring = scoring[: scoring.index(b"<cpf:mentionValidee")]
    after = b"</cpf:identificationTitulaire>"
    data = SOUND.replace(after, after + scoring, 1)
    assert compare(SOUND, 1000) == "cut"
    assert compare(data, 1000) == "read as a whole"


def test_a_section_that_begins_within_another_element_is_left_to_the_reader() -> None:
    begin, end = b"<cpf:modalitesInscription>", b"</cpf:modalitesInscription>"
    data = SOUND.replace(begin, b"<cpf:niveauNumeriqueEuropeen>" + begin, 1)
    data = data.replace(end, end + b"</cpf:niveauNumeriqueEuropeen>", 1)
    assert compare(data, 1000) == "read as a whole"


def test_a_shape_that_reads_otherwise_than_the_parser_is_not_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_shapes, "_shapes", {})
    monkeypatch.setattr(_shapes, "_types", lambda fields: [object() for _ in fields])
    assert compare(SOUND, 100) == "cut"
    assert _shapes._shapes == {}


def test_shapes_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_shapes, "_shapes", {})
    monkeypatch.setattr(_shapes, "SHAPES_MAX", 2)
    assert compare(SOUND, 1000) == "cut"
    assert len(_shapes._shapes) < 6


def test_a_file_that_shrinks_between_its_readings_ends_early() -> None:
    cut = cut_flux(lambda: [SOUND], LIMITS)
    assert cut is not None
    assert len(list(cut.passages([SOUND[: cut.ends[1] - 1]]))) == 1


def test_the_harness_sees_references_that_are_not_resolved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = write(flux(certification([passage(1, urlPreuve="https://x?a&b")])), Style())
    assert compare(data, 100) == "cut"
    assert compare(data, 100) == "cut"
    monkeypatch.setattr(_shapes, "_referred", lambda match: match[0])
    with pytest.raises(AssertionError):
        compare(data, 100)


def test_the_harness_sees_a_shape_that_mixes_up_its_fields(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert compare(SOUND, 100) == "cut"
    read = _shapes._Shape.fields

    def swapped(shape: _shapes._Shape, texts: list[str]) -> Iterator[Field]:
        names, values = zip(*read(shape, texts), strict=True)
        return zip(names, values[1:] + values[:1], strict=True)

    monkeypatch.setattr(_shapes._Shape, "fields", swapped)
    with pytest.raises(AssertionError):
        compare(SOUND, 100)


def test_bindings_matter_to_a_shape() -> None:
    source = SOUND[SOUND.index(b"<cpf:passageCertification>") :]
    source = source[: source.index(b"</cpf:passageCertification>")]
    source += b"</cpf:passageCertification>"
    xsi = ("xsi", "http://www.w3.org/2001/XMLSchema-instance")
    around = tuple([(name, "x") for name in AROUND])
    for _ in range(2):
        assert read_passage(source, (("cpf", NS), xsi), around)
        with pytest.raises(FormatError):
            read_passage(source, (("cpf", "urn:other"), xsi), around)
