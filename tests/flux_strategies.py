"""Deposit files drawn by hypothesis: what the schema allows, in any spelling, and worse."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from fluxes import ABSENT, NS, XSI, Style, certification, flux, passage, write
from provenance.cdc._values import Boolean, Day, Enumeration, Integer, Pattern, Text
from provenance.cdc.schema import FLUX, Leaf

if TYPE_CHECKING:
    from fluxes import Node, Tree
    from provenance.cdc.schema import Element, Group

# XML reads a carriage return as a newline, and knows no control characters.
CHARACTERS: Final = st.characters(
    exclude_categories=["Cs"], exclude_characters=[*map(chr, range(32)), "\ufffe", "\uffff"]
) | st.sampled_from("\t\n<>&]'\" ")

FIRST: Final = datetime(1900, 1, 1, tzinfo=UTC).replace(tzinfo=None)
LAST: Final = datetime(2099, 12, 31, tzinfo=UTC).replace(tzinfo=None)


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
        found = st.dates(FIRST.date(), LAST.date()).map(str)
    elif isinstance(kind, Pattern):
        found = st.from_regex(kind.expression, fullmatch=True)
    else:
        moments = st.datetimes(FIRST, LAST).map(
            lambda moment: moment.replace(microsecond=0).isoformat()
        )
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
