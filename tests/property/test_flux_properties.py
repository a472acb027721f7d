"""Whatever the schema allows is read as it was meant; whatever else comes is only refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from flux_strategies import FILES, SOUND, STYLES, mutations, shuffles
from fluxes import AROUND, NS, XSI, records_of, source_of, write
from provenance.cdc import _validator, _xml
from provenance.cdc.checks import check_deadline, check_passage
from provenance.cdc.flux import FluxReader, Limits, reparse
from provenance.errors import FormatError
from provenance.record.commitment import check_fields
from provenance.record.payload import CertificationPayload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from fluxes import Style, Tree
    from provenance.cdc.flux import Passage


def read(data: bytes) -> tuple[FluxReader, list[Passage]]:
    reader = FluxReader(lambda: [data])
    return reader, list(reader.passages())


@given(FILES, STYLES, st.integers(1, 300))
@settings(max_examples=60)
def test_what_the_schema_allows_is_read_as_it_was_meant(
    tree: Tree, style: Style, block: int
) -> None:
    data = write(tree, style)
    reader, passages = read(data)
    assert reader.faults == []
    assert [list(one.fields[:-1]) for one in passages] == records_of(tree)
    for one in passages:
        check_fields(one.fields)
        assert one.source == data[one.start : one.end]
        assert one.fields[-1] == ("source", source_of(one.bindings, one.fields, one.source))
        assert reparse(one.source, one.bindings, one.fields) == one.fields
        payload = CertificationPayload(
            bindings=one.bindings,
            source=one.source,
            fields=one.fields,
            number=1,
            salt=bytes(32),
        )
        assert CertificationPayload.decode_parts(payload.encode_parts()) == payload
    assert reader.header is not None
    assert reader.header.action == tree.get("action")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_xml, "BLOCK_SIZE", block)
        assert read(data)[1] == passages


@given(FILES, st.dates())
@settings(max_examples=40)
def test_no_record_of_the_schema_is_too_odd_to_be_checked(tree: Tree, received: date) -> None:
    for one in read(write(tree))[1]:
        for fault in check_passage(dict(one.fields)):
            assert fault.effect in {"passage", "warning"}
            event(fault.code)
        late = check_deadline(dict(one.fields), received)
        assert late is None or late.code == "late"


# --- hostile bytes

LIMITS: Final = Limits(
    file_bytes_max=20_000,
    passage_bytes_max=3_000,
    depth_max=16,
    silent_bytes_max=500,
    bindings_chars_max=300,
    faults_max=20,
)


def survive(data: bytes, block: int) -> str:
    """Read hostile bytes: nothing may raise, and what is handed out must be in the bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_xml, "BLOCK_SIZE", block)
        reader = FluxReader(lambda: [data], LIMITS)
        passages = list(reader.passages())
    assert len(reader.faults) <= LIMITS.faults_max
    for fault in reader.faults:
        assert fault.effect == "file"
        assert (fault.line or 0) > 0
        assert (fault.column or 0) > 0
    for one in passages:
        assert data[one.start : one.end] == one.source
        assert reparse(one.source, one.bindings, one.fields) == one.fields
    if not reader.faults:
        assert passages
        assert reader.header is not None
    return reader.faults[0].code if reader.faults else "accepted"


@given(mutations() | shuffles() | st.binary(max_size=200), st.sampled_from([64, 1000, 1 << 16]))
@settings(max_examples=600)
def test_hostile_bytes_never_raise(data: bytes, block: int) -> None:
    event(survive(data, block))


@given(st.integers(0, len(SOUND) - 1))
@settings(max_examples=200)
def test_no_beginning_of_a_file_is_a_file(end: int) -> None:
    stripped = SOUND.rstrip()
    assert survive(SOUND[: min(end, len(stripped) - 1)], 1 << 16) != "accepted"


@given(mutations(), st.integers(0, 2))
@settings(max_examples=200)
def test_hostile_passages_are_refused_as_such(data: bytes, which: int) -> None:
    parts = data.split(b"<cpf:passageCertification>")
    source = b"<cpf:passageCertification>" + parts[min(which, len(parts) - 1)]
    around = [(name, "x") for name in AROUND]
    bindings = (("cpf", NS), ("xsi", XSI))
    try:
        fields = reparse(source, bindings, around)
    except FormatError:
        event("refused")
    else:
        assert fields[-1] == ("source", source_of(bindings, around, source))


def test_the_harness_sees_an_error_that_leaks(monkeypatch: pytest.MonkeyPatch) -> None:
    spoiled = SOUND.replace(b"<cpf:scoring>", b"<x/><cpf:scoring>", 1)
    assert survive(spoiled, 64) == "unexpected-element"

    def broken(*_: object) -> Iterator[str]:
        raise KeyError("scoring")

    monkeypatch.setattr(_validator, "explain_element", broken)
    with pytest.raises(KeyError):
        survive(spoiled, 64)


def test_the_harness_sees_bytes_that_are_shifted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert survive(SOUND, 64) == "accepted"
    take = _xml.XmlReader.take
    monkeypatch.setattr(_xml.XmlReader, "take", lambda reader: take(reader)[:-1] + b" ")
    with pytest.raises((AssertionError, FormatError)):
        survive(SOUND, 64)
