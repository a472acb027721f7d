"""What a holder may declare: a name that the proof shows, and texts that imitate nothing."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from cv_samples import (
    HOLDER,
    NATIONAL,
    all_names,
    holder,
    make,
    opened,
    proof,
    record,
    rendered,
    text_of,
)
from provenance.cv.declaredname import NAME_SIZE_MAX, fits, head_name
from provenance.cv.facts import HOLDER_NAMESPACE
from provenance.cv.holder import HOLDER_SIZE_MAX, parse_holder
from provenance.cv.xmp import (
    MALFORMED,
    PACKET_SIZE_MAX,
    PREFIXES_MAX,
    add_holder,
    read_holder,
)
from provenance.errors import FormatError, VerificationError
from simulator import HOLDER as GROUP
from simulator import PERSON

if TYPE_CHECKING:
    from collections.abc import Sequence


# The name at the top.


def named(name: str | None, person: Sequence[Any] = PERSON, shown: Any = ()) -> bytes:
    names = [one for one, _ in person] + ["certificateur", "type", "code", "donneeCertifiee"]
    names += ["dateDebutValidite", "dateFinValidite", *shown]
    return rendered(record(0, person), shown=names, holder=holder(name=name))


USAGE: Final = f"{GROUP}titulaire.nomUsage"
FIRST: Final = tuple(f"{GROUP}titulaire.prenom{number}" for number in (1, 2, 3))
MANY: Final = ((PERSON[0]), (FIRST[0], "Anne-Marie"), *PERSON[2:], (FIRST[1], "Zoé"))


@pytest.mark.parametrize(
    ("name", "person", "top"),
    [
        (None, PERSON, "Maëlle LEFÈVRE-DUBOIS"),
        ("Maëlle Lefèvre-Dubois", PERSON, "Maëlle LEFÈVRE-DUBOIS"),
        ("lefevre dubois maelle", PERSON, "Maëlle LEFÈVRE-DUBOIS"),
        ("Maëlle Martin", (*PERSON, (USAGE, "MARTIN")), "Maëlle MARTIN"),
        (
            "Maëlle Martin Lefèvre-Dubois",
            (*PERSON, (USAGE, "MARTIN")),
            "Maëlle LEFÈVRE-DUBOIS MARTIN",
        ),
        ("Zoé Lefèvre-Dubois", MANY, "Zoé LEFÈVRE-DUBOIS"),
        ("Zoé Marie Anne Lefèvre-Dubois", MANY, "Anne-Marie Zoé LEFÈVRE-DUBOIS"),
    ],
)
def test_the_name_at_the_top_is_one_that_the_proof_shows(
    name: str | None, person: Sequence[Any], top: str
) -> None:
    pdf = named(name, person)
    assert text_of(pdf).startswith(f"{top} Délivrées à")
    with opened(pdf) as document:
        assert read_holder(document.Root.Metadata.read_bytes()) == (top,)
        assert str(document.docinfo["/Author"]) == top


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("Ana Dupont", PERSON),
        ("Maëlle", PERSON),
        ("Lefèvre-Dubois", PERSON),
        ("Maëlle Dubois", PERSON),
        ("Maëlle Martin", PERSON),
        ("Maëlle Martin", (*PERSON, (USAGE, None))),
        ("Maëlle Maëlle Lefèvre-Dubois", PERSON),
        ("Docteure Maëlle Lefèvre-Dubois", PERSON),
        ("Anne Lefèvre-Dubois", MANY),
        ("Maëlle Martin Martin", (*PERSON, (USAGE, "MARTIN"))),
    ],
)
def test_any_other_name_is_refused(name: str, person: Sequence[Any]) -> None:
    with pytest.raises(VerificationError, match="name that is declared is not") as caught:
        named(name, person)
    assert name not in str(caught.value)
    # No option changes that.
    with pytest.raises(VerificationError, match="name that is declared is not"):
        rendered(record(0, person), holder=holder(name=name), everything=True)


def test_a_usage_name_that_only_one_certification_shows_is_not_at_the_top() -> None:
    with_usage = [*PERSON, (USAGE, "MARTIN")]
    shown = {4: [*all_names(), USAGE], 5: [name for name in all_names() if name != USAGE]}
    log, _, bundle = proof(record(0, with_usage), record(1, with_usage), shown=shown)
    with pytest.raises(VerificationError, match="not that of entry 5"):
        make(log, bundle, holder=holder(name="Maëlle Martin"))
    assert text_of(make(log, bundle)).startswith("Maëlle LEFÈVRE-DUBOIS")


def test_no_name_is_declared_for_a_surname_alone() -> None:
    with pytest.raises(VerificationError, match="name that is declared"):
        rendered(record(0, NATIONAL), holder=holder(name="Ana Martin"), everything=True)


def test_a_name_that_fits_one_certification_and_not_the_other_makes_no_cv() -> None:
    dossier = [
        (f"{GROUP}dossierFormation.nomTitulaire", "MARTIN"),
        (f"{GROUP}dossierFormation.prenom1Titulaire", "Maëlle"),
    ]
    with pytest.raises(VerificationError, match="no name fits entry 5 and entry 4"):
        rendered(record(0), record(1, dossier), holder=holder(name=None), everything=True)


# The holder's file.


def test_every_member_is_read() -> None:
    read = parse_holder(json.dumps(HOLDER).encode())
    assert read.experience[0].start == "2021"
    assert read.experience[1].end == "2021"
    assert read.name == "Maëlle Lefèvre-Dubois"


WRONG: Final = {
    "no JSON": (b"{", "no JSON text"),
    "not UTF-8": (b'{"format":"provenance-holder/1","name":"\xff"}', "no JSON text"),
    "another format": (b'{"format":"secret","name":"x"}', "another value than it has"),
    "no object": (b"[]", "malformed holder file"),
    "an empty name": (b'{"format":"provenance-holder/1","name":""}', "length >= 1"),
    "another member": (
        b'{"format":"provenance-holder/1","name":"x","secret":1}',
        "a member that is unknown",
    ),
    "another member below": (
        b'{"format":"provenance-holder/1","name":"x","experience":[{"secret":1}]}',
        "a member that is unknown, at `$.experience",
    ),
    "a control character": (
        b'{"format":"provenance-holder/1","name":"x\\u0007"}',
        "not visible in .name",
    ),
    "right to left over it": (
        b'{"format":"provenance-holder/1","name":"x","skills":["\\u202esecret"]}',
        "not visible in .skills",
    ),
    "titles": (
        (
            b'{"format":"provenance-holder/1","name":"x",'
            b'"titles":{"register":"r","version":"1","titles":{"RNCP1":"secret"}}}'
        ),
        "They come from the register's sheets in the proof",
    ),
    "too large": (b" " * (HOLDER_SIZE_MAX + 1), "more than"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_another_file_is_refused(wrong: tuple[bytes, str]) -> None:
    with pytest.raises(FormatError, match=re.escape(wrong[1])) as caught:
        parse_holder(wrong[0])
    assert "secret" not in str(caught.value)


def test_texts_may_have_lines() -> None:
    text = text_of(rendered(holder=holder(profile="Un.\nDeux.")))
    assert "Un. Deux." in text


# What belongs to the guaranteed part.

SMALL_CAPITALS: Final = (
    "1D05 1D0F 0274 0274 1D07 1D07 A731 20 0262 1D00 0280 1D00 0274 1D1B 026A 1D07 A731"
)


def mathematical(letter: str) -> str:
    """Return a capital letter as formulas have it in bold."""
    return chr(0x1D400 + ord(letter) - ord("A")) if letter.isalpha() else letter


IMITATIONS: Final = {
    "the heading": "DONNÉES GARANTIES",
    "the heading, spelled out": "D O N N É E S   G A R A N T I E S",
    "the heading over two lines": "Données\ngaranties",
    "with look-alikes of another script": "DONNÉES G\u0391R\u0391N\u0422\u0406\u0415\u0405",
    "with digits and a small l": "D0NNÉES GARANTlES",
    "in small capitals": "".join(chr(int(one, 16)) for one in SMALL_CAPITALS.split()),
    "in mathematical letters": "".join(map(mathematical, "DONNEES GARANTIES")),
    "with soft hyphens in it": "DON\u00adNÉES GARAN\u00adTIES",
    "the English heading": "Guaranteed data:",
    "the badge": "Doctorat — EN VIGUEUR, entrée 4242",
    "the badge between signs": "Doctorat*en*vigueur*",
    "the badge with a sign": "EN VIGUEUR!",
    "the English badge": "PhD (in force)",
    "another badge alone": "Retirée",
    "the declared heading": "Données déclarées",
    "how to check": "Vérifier ce CV",
    "what stands beside the heading": "enregistrées telles que déposées, vérifiables",
    "a full square": "■ Titres",
    "a block": "█ Titres",
    "a green square": "🟩 Titres",
    "a tick": "✔ Doctorat",
    "a tick of another kind": "✅ Doctorat",
    "a root sign": "√ Doctorat",
}
PLACES: Final[dict[str, Any]] = {
    "headline": lambda text: {"headline": text},
    "contact": lambda text: {"contact": ["Lyon", text]},
    "profile": lambda text: {"profile": text},
    "usage_name": lambda text: {"usage_name": text},
    "experience": lambda text: {"experience": [{"title": "x", "text": text}]},
    "education": lambda text: {"education": [{"title": text}]},
    "skills": lambda text: {"skills": [text]},
}


@pytest.mark.parametrize("text", IMITATIONS.values(), ids=IMITATIONS)
def test_nothing_imitates_the_guaranteed_part(text: str) -> None:
    for place, given in PLACES.items():
        if "\n" in text and place not in {"profile", "experience"}:
            continue
        with pytest.raises(
            FormatError, match=rf"malformed holder file: {place}.* has "
        ) as caught:
            holder(**given(f"Secret. {text}"))
        assert "Secret" not in str(caught.value)


def test_a_heading_is_not_put_together_of_several_texts() -> None:
    for given in (
        {"headline": "Données", "contact": ["garanties"]},
        {"contact": ["EN", "VIGUEUR"]},
        {"experience": [{"title": "Données", "organisation": "garanties"}]},
    ):
        with pytest.raises(FormatError, match="which stand in the guaranteed part"):
            holder(**given)


@pytest.mark.parametrize(
    "text",
    [
        "Je garantis des données de qualité.",
        "Reinforced concrete; team reinforcement",
        "La page retirée du site",
        "Bien vigoureux",
        "Donnée garantie",
        "Vérifier des CV",
        "• Conduite – de · projet ○ ◦ * ~ §",
    ],
)
def test_common_words_are_fine_everywhere(text: str) -> None:
    for given in PLACES.values():
        assert holder(**given(text)) is not None


@pytest.mark.parametrize("code", ["RNCP34762", "Titre rncp 34762", "RS5079", "RS n° 5079"])
def test_codes_are_not_declared_where_a_person_is_expected(code: str) -> None:
    for place in ("headline", "contact", "usage_name"):
        with pytest.raises(FormatError, match=f"{place} has a code of a register"):
            holder(**PLACES[place](code))
    for place in ("profile", "experience", "education", "skills"):
        assert holder(**PLACES[place](code)) is not None
    with pytest.raises(FormatError, match="name has a code"):
        holder(name=f"Maëlle {code}")
    with pytest.raises(FormatError, match="contact has a code"):
        holder(contact=["RNCP", "34762"])


# Names, one by one.


def test_a_name_has_bounds() -> None:
    fields = dict(PERSON)
    assert fits("Maëlle Lefèvre-Dubois", fields)
    padded = "Maëlle Lefèvre-Dubois".ljust(NAME_SIZE_MAX)
    assert fits(padded, fields)
    assert head_name(padded, fields) == "Maëlle LEFÈVRE-DUBOIS"
    assert not fits(f"{padded} ", fields)
    assert head_name(f"{padded} ", fields) is None


def test_a_surname_alone_is_among_the_words() -> None:
    fields = dict(NATIONAL)
    assert fits("MARTIN", fields)
    assert fits("Ana Martin", fields)
    assert not fits("Ana Dupont", fields)
    assert head_name(None, fields) == "MARTIN"
    assert head_name("Ana Martin", fields) is None


def test_a_first_name_that_says_nothing_is_none() -> None:
    fields = dict([PERSON[0], (FIRST[0], "-"), *PERSON[2:]])
    assert head_name(None, fields) == "LEFÈVRE-DUBOIS"
    assert fits("LEFÈVRE-DUBOIS", fields)


def test_first_names_of_several_words_are_taken_first() -> None:
    fields = {PERSON[0][0]: "MARTIN", FIRST[0]: "Jean, Jean-Pierre Pierre"}
    for name in ("Jean Martin", "Jean Pierre Martin", "Pierre Jean Jean Pierre Martin"):
        assert fits(name, fields)
    assert head_name("Pierre Jean Martin", fields) == "Jean-Pierre MARTIN"
    assert not fits("Jean Jean Martin", fields | {FIRST[0]: "Jean Jean-Pierre"})


# The property of the metadata.

PACKET: Final = (
    "<rdf:RDF><rdf:Description><pdfaExtension:schemas><rdf:Bag></rdf:Bag>"
    "</pdfaExtension:schemas></rdf:Description></rdf:RDF>"
)


def test_the_property_comes_out_as_it_went_in() -> None:
    for name in ("Maëlle LEFÈVRE-DUBOIS", 'O\'Neil & <b> "x" &amp;', "Нікіта"):
        packet = add_holder(PACKET.encode(), name)
        assert read_holder(packet) == (name,)
        with pytest.raises(FormatError, match="no place"):
            add_holder(packet, name)
    with pytest.raises(FormatError, match="no place"):
        add_holder(b"<x/>", "x")


def changed(old: str, new: str) -> bytes:
    packet = add_holder(PACKET.encode(), "Ana MARTIN").decode()
    assert packet.count(old) >= 1
    return packet.replace(old, new, 1).encode()


DECLARED: Final = f'xmlns:provenance="{HOLDER_NAMESPACE}"'


def written(use: str, prefix: str = "ns3") -> bytes:
    """Write a packet as other programs do."""
    return f"<rdf:Description\n xmlns:{prefix} = '{HOLDER_NAMESPACE}' {use}/>".encode()


@pytest.mark.parametrize(
    ("packet", "name"),
    [
        (written('ns3:holder="Ana MARTIN"'), "Ana MARTIN"),
        (written("ns3:holder = 'Ana \"M\" &amp; &apos;'"), 'Ana "M" & \''),
        (written("><ns3:holder>Ana</ns3:holder\n><"), "Ana"),
        (written("><ns3:holder xmlns:x=\"y\" xmlns:z='' >Ana'\"</ns3:holder><"), "Ana'\""),
        (written('_a.b-c:holder="Ana"', "_a.b-c"), "Ana"),
        (written('ns3:holders="Bo" ns3:holder-x="Bo" ns3:holder="Ana" x:holder="Bo"'), "Ana"),
        (written(f'xmlns:ns3="{HOLDER_NAMESPACE}" ns3:holder=""'), ""),
        (changed(DECLARED, f'{DECLARED} xmlns:other="{HOLDER_NAMESPACE}"'), "Ana MARTIN"),
    ],
)
def test_the_property_is_read_as_other_programs_write_it(packet: bytes, name: str) -> None:
    assert read_holder(packet) == (name,)


def test_a_program_that_writes_the_packet_anew_keeps_the_name() -> None:
    pdf = rendered()
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.root["/Marked"] = writer.root["/MarkInfo"]
    writer.update_root()
    target = io.BytesIO()
    # pyHanko writes all properties as attributes, under prefixes of its own.
    writer.write(target)
    with opened(target.getvalue()) as document:
        packet = document.Root.Metadata.read_bytes()
    assert b"<provenance:holder>" not in packet
    assert read_holder(packet) == ("Maëlle LEFÈVRE-DUBOIS",)
    with opened(pdf) as document:
        with document.open_metadata() as metadata:
            metadata["dc:title"] = "x"
        packet = document.Root.Metadata.read_bytes()
    assert read_holder(packet) == ("Maëlle LEFÈVRE-DUBOIS",)


@pytest.mark.parametrize(
    "packet",
    [
        changed("<provenance:holder>", "<provenance:holder><provenance:holder>"),
        changed("</rdf:RDF>", "<provenance:holder>Ana</provenance:holder></rdf:RDF>"),
        changed(DECLARED, f'{DECLARED} provenance:holder="Ana"'),
        changed(DECLARED, f'{DECLARED} xmlns:b="{HOLDER_NAMESPACE}" b:holder="Ana"'),
        changed("<provenance:holder>", "<provenance:holder x='1'>"),
        changed("<provenance:holder>", "<provenance:holder/>"),
        changed("</provenance:holder>", ""),
        changed("Ana", "<rdf:li>Ana</rdf:li>"),
        changed("Ana", "&#65;na"),
        changed("Ana", "Ana & Jo"),
        changed("Ana", "&nbsp;"),
        written('ns3:holder="Ana'),
        written("ns3:holder=Ana"),
        written('ns3:holder="<"'),
        written('ns3:holder="Ana" ns3:holder="Ana"'),
        written(
            " ".join(f'xmlns:a{n}="{HOLDER_NAMESPACE}"' for n in range(PREFIXES_MAX))
            + ' ns3:holder="Ana"'
        ),
    ],
)
def test_another_form_of_the_property_is_malformed(packet: bytes) -> None:
    assert read_holder(packet) == MALFORMED


def test_without_the_property_there_is_no_name() -> None:
    assert read_holder(PACKET.encode()) == ()
    assert read_holder(b"\xff\xfe") == ()
    packet = add_holder(PACKET.encode(), "Ana")
    assert read_holder(packet + b"\xff") == ()
    assert read_holder(packet.ljust(PACKET_SIZE_MAX)) == ("Ana",)
    assert read_holder(packet.ljust(PACKET_SIZE_MAX + 1)) == ()
    # Declared and not used, described, and of another namespace.
    assert read_holder(written("")) == ()
    assert read_holder(f"<x:y>{HOLDER_NAMESPACE}</x:y> provenance:holder='A'".encode()) == ()
    other = written('ns3:holder="Ana"').replace(b"/1#", b"/2#")
    assert read_holder(other) == ()
