"""Whatever the schema allows is read as it was meant; whatever else comes is only refused."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from fluxes import ABSENT, NS, XSI, Style, certification, flux, passage, records_of, write
from provenance.cdc import _validator, _xml
from provenance.cdc._values import Boolean, Day, Enumeration, Integer, Pattern, Text
from provenance.cdc.checks import check_deadline, check_passage
from provenance.cdc.flux import FluxReader, Limits, reparse
from provenance.cdc.schema import FLUX, Leaf
from provenance.errors import FormatError
from provenance.record.commitment import check_fields
from provenance.record.payload import CertificationPayload, source_digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from fluxes import Node, Tree
    from provenance.cdc.flux import Passage
    from provenance.cdc.schema import Element, Group

# XML reads a carriage return as a newline, and knows no control characters.
CHARACTERS: Final = st.characters(
    exclude_categories=["Cs"], exclude_characters=[*map(chr, range(32)), "\ufffe", "\uffff"]
) | st.sampled_from("\t\n<>&]'\" ")


@cache
def values(leaf: Leaf) -> st.SearchStrategy[Node]:
    kind = leaf.kind
    found: st.SearchStrategy[Any]
    if isinstance(kind, Text):
        found = st.text(CHARACTERS, min_size=kind.length_min, max_size=min(kind.length_max, 90))
    elif isinstance(kind, Enumeration):
        found = st.sampled_from(sorted(kind.words))
    elif isinstance(kind, Boolean):
        found = st.booleans()
    elif isinstance(kind, Integer):
        found = st.integers(kind.low, kind.high)
    elif isinstance(kind, Day):
        found = st.dates().map(str)
    elif isinstance(kind, Pattern):
        found = st.from_regex(kind.expression, fullmatch=True)
    else:
        moments = st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat())
        found = st.builds(
            "{}{}".format, moments, st.sampled_from(["+01:00", "-13:59", "+00:00"])
        )
    return found | st.none() if leaf.nil else found


@st.composite
def trees(draw: st.DrawFn, element: Element) -> Node:
    """Draw what the schema allows in an element, children in its order."""
    if isinstance(element, Leaf):
        return draw(values(element))
    if any(not isinstance(child, Leaf) and child.repeated for child in element.children):
        return draw(lists(element))
    children = element.children
    if element.choice:
        children = (draw(st.sampled_from(children)),)
    return {
        child.name: draw(trees(child))
        for child in children
        if not child.optional or draw(st.booleans())
    }


@st.composite
def lists(draw: st.DrawFn, element: Group) -> list[Tree]:
    (child,) = element.children
    items = st.lists(trees(child), min_size=0 if child.optional else 1, max_size=3)
    return [item for item in draw(items) if isinstance(item, dict)]


def one_certifier(tree: Node) -> Tree:
    """Wrap the certifier, which is a list of one in the trees of these tests."""
    assert isinstance(tree, dict)
    issuer = tree["emetteur"]
    assert isinstance(issuer, dict)
    certifiers = issuer["certificateurs"]
    assert isinstance(certifiers, dict)
    inner = certifiers["certificateur"]
    assert isinstance(inner, dict)
    return {**tree, "emetteur": {**issuer, "certificateurs": [inner]}}


FILES: Final = trees(FLUX).map(one_certifier)


def possible(style: Style) -> Style:
    """Leave out attributes that would bind the file's own prefix to something else."""
    return style._replace(
        root="" if f"xmlns:{style.prefix}=" in style.root else style.root,
        own="" if not style.prefix and "xmlns=" in style.own else style.own,
    )


STYLES: Final = st.builds(
    Style,
    prefix=st.sampled_from(["", "cpf", "x-1.é"]),
    newline=st.sampled_from(["", "\n", "\r\n", "\r", " \t"]),
    indent=st.sampled_from(["", "  ", "\t"]),
    booleans=st.sampled_from([("false", "true"), ("0", "1"), (" 0", "\n1\t")]),
    integer=st.sampled_from(["{}", "0{}", "+{}", " +00{}\r\n"]),
    nil=st.sampled_from(
        [' xsi:nil="true"/>', " xsi:nil='1' />", f' q:nil=" true" xmlns:q="{XSI}"/>']
    ),
    before=st.sampled_from(["", "<!--<x>-->", "<?a b?>", " "]),
    cdata=st.just(False),
    references=st.booleans(),
    inline=st.sampled_from(["", "<!--é-->", "<?x?>", "<![CDATA[]]>"]),
    end=st.sampled_from([">", " >", "\n\t>"]),
    order=st.none() | st.integers(0, 999),
    header_last=st.booleans(),
    declaration=st.sampled_from(["", "<?xml version='1.0'?>", "\ufeff"]),
    root=st.sampled_from(["", ' xmlns:z="urn:z&amp;"', ' xmlns:cpf="urn:not"']),
    own=st.sampled_from(["", f' xmlns:p="{NS}"', ' xmlns=""', ' xmlns:z="urn:other"']),
).map(possible)


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
        assert one.fields[-1] == ("source", source_digest(one.source))
        assert reparse(one.source, one.bindings, one.fields) == one.fields
        payload = CertificationPayload(one.bindings, one.source, one.fields)
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
        for fault in check_passage(one.fields):
            assert fault.effect in {"passage", "warning"}
            event(fault.code)
        late = check_deadline(one.fields, received)
        assert late is None or late.code == "late"


# --- hostile bytes

SOUND: Final = write(
    flux(
        certification([passage(1), passage(2, niveauNumeriqueEuropeen=ABSENT)]),
        certification([passage(3)], code="RNCP34999", natureDeposant="CERTIFICATEUR"),
    ),
    Style(declaration='<?xml version="1.0" encoding="UTF-8"?>'),
)
SNIPPETS: Final = [
    b"<",
    b">",
    b"/>",
    b"</",
    b"&",
    b";",
    b'"',
    b"'",
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<?",
    b"?>",
    b"<!DOCTYPE flux [",
    b"&#0;",
    b"&#x10ffff;",
    b"&lt;",
    b' xsi:nil="true"',
    b' nil="true"',
    b' xmlns=""',
    b" xmlns:cpf='urn:x'",
    b"xml:lang=''",
    b"<cpf:passageCertification/>",
    b"<cpf:passageCertification>",
    b"</cpf:passageCertification>",
    b"<cpf:certification>",
    b"</cpf:certifications>",
    b"<cpf:natureDeposant>",
    b"<cpf:action>SUPPRESSION</cpf:action>",
    b"<cpf:identifiantNational/>",
    b"<x>",
    b"</x>",
]
LIMITS: Final = Limits(
    file_bytes_max=20_000,
    passage_bytes_max=3_000,
    depth_max=16,
    silent_bytes_max=500,
    bindings_chars_max=300,
    faults_max=20,
)
TAGS: Final = SOUND.split(b"<")


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """Draw the sound file with some pieces cut out, repeated, moved or put in."""
    data = SOUND
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        to = min(at + draw(st.sampled_from([0, 0, 1, 2, 10, 100, 1000])), len(data))
        piece = draw(st.sampled_from([b"", data[at:to] * 2, *SNIPPETS]) | st.binary(max_size=8))
        data = data[:at] + piece + data[to:]
    return data


@st.composite
def shuffles(draw: st.DrawFn) -> bytes:
    """Draw the sound file with tags exchanged, which is often well-formed."""
    tags = list(TAGS)
    for _ in range(draw(st.integers(1, 5))):
        one, other = (draw(st.integers(1, len(tags) - 1)) for _ in range(2))
        tags[one], tags[other] = tags[other], tags[one]
    return b"<".join(tags)


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
    around = (("type", "RS"), ("code", "RS1"))
    try:
        fields = reparse(source, (("cpf", NS), ("xsi", XSI)), around)
    except FormatError:
        event("refused")
    else:
        assert fields[-1] == ("source", source_digest(source))


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
