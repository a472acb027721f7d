from __future__ import annotations

import bz2
import gzip
import io
import re
import tracemalloc
import zipfile
from typing import TYPE_CHECKING, Final

import pytest

from fluxes import (
    ABSENT,
    NS,
    XSI,
    Style,
    certification,
    fields_of,
    flux,
    holder,
    passage,
    records_of,
    source_of,
    write,
)
from provenance.cdc import _passages, _xml
from provenance.cdc.flux import FluxReader, Header, Limits, reparse
from provenance.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fluxes import Tree
    from provenance.cdc.flux import Passage
    from provenance.record.commitment import Field


class Source:
    """Bytes in pieces of one size, counting how often they are read from the beginning."""

    def __init__(self, data: bytes, size: int = 1 << 16) -> None:
        self.data = data
        self.size = size
        self.opened = 0
        self.open = 0

    def __call__(self) -> Iterator[bytes]:
        self.opened += 1
        self.open += 1
        assert self.open == 1, "opened before the last reading had ended"
        try:
            for start in range(0, len(self.data), self.size):
                yield self.data[start : start + self.size]
        finally:
            self.open -= 1


def read(data: bytes, limits: Limits | None = None) -> tuple[FluxReader, list[Passage]]:
    reader = FluxReader(Source(data), limits or Limits())
    return reader, list(reader.passages())


def accepted(data: bytes, limits: Limits | None = None) -> list[Passage]:
    reader, passages = read(data, limits)
    assert reader.faults == []
    assert passages
    return passages


def records(passages: Iterable[Passage]) -> list[list[Field]]:
    return [list(passage.fields[:-1]) for passage in passages]


def refused(data: bytes, limits: Limits | None = None) -> list[tuple[str, int, int]]:
    """Read a file that must be refused: code, line and column of each fault."""
    reader, _ = read(data, limits)
    assert reader.faults
    assert {fault.effect for fault in reader.faults} == {"file"}
    return [(fault.code, fault.line or 0, fault.column or 0) for fault in reader.faults]


def codes(data: bytes, limits: Limits | None = None) -> list[str]:
    return [code for code, _, _ in refused(data, limits)]


TWO: Final = flux(
    certification(
        [passage(1), passage(2, verbatim="très  bien\n")], natureDeposant="CERTIFICATEUR"
    ),
    certification([passage(3)], code="RNCP34999"),
)
NATIONAL: Final[Tree] = {
    "identifiantNational": {"nir": "299999999999A"[:12] + "9", "nomNaissance": "Exemple"}
}

PLAIN: Final = b"""<?xml version="1.0" encoding="UTF-8"?>
<flux xmlns="urn:cdc:cpf:pc5:schema:1.0.0">
 <idFlux>f-1</idFlux><horodatage>2026-02-01T08:00:00+01:00</horodatage>
 <emetteur><idClient>EMETTEUR</idClient><certificateurs><certificateur>
  <idClient>CERTIFIC</idClient><idContrat>MCER00001</idContrat>
  <certifications><certification><type>RS</type><code>RS9001</code>
   <passageCertifications>
    <passageCertification>
     <idTechnique>t-1</idTechnique><obtentionCertification>PAR_ADMISSION</obtentionCertification>
     <donneeCertifiee>1</donneeCertifiee><dateDebutValidite>2026-01-31</dateDebutValidite>
     <dateFinValidite>2027-01-31</dateFinValidite>
     <presenceNiveauLangueEuro>0</presenceNiveauLangueEuro>
     <presenceNiveauNumeriqueEuro>false</presenceNiveauNumeriqueEuro>
     <scoring>A</scoring><mentionValidee>SANS_MENTION</mentionValidee>
     <modalitesInscription><modaliteAcces>VAE</modaliteAcces></modalitesInscription>
     <identificationTitulaire><dossierFormation><idDossier>D1</idDossier>
      <nomTitulaire>Exemple</nomTitulaire><prenom1Titulaire>Zo&#233;</prenom1Titulaire>
     </dossierFormation></identificationTitulaire>
    </passageCertification>
   </passageCertifications>
  </certification></certifications>
 </certificateur></certificateurs></emetteur>
</flux>
"""


def test_a_file_gives_its_header_and_its_records() -> None:
    reader, (one,) = read(PLAIN)
    assert reader.faults == []
    assert reader.header == Header(
        id_flux="f-1",
        horodatage="2026-02-01T08:00:00+01:00",
        action=None,
        emetteur="EMETTEUR",
        certificateur="CERTIFIC",
        contrat="MCER00001",
        version="1.1.2",
    )
    start = PLAIN.index(b"<passageCertification>")
    end = PLAIN.index(b"</passageCertification>") + len(b"</passageCertification>")
    assert (one.number, one.start, one.end) == (0, start, end)
    assert (one.line, one.column) == (8, 5)
    assert one.source == PLAIN[start:end]
    assert one.bindings == (("", NS),)
    assert one.id_technique == "t-1"
    assert one.fields == (
        ("emetteur", "EMETTEUR"),
        ("certificateur", "CERTIFIC"),
        ("contrat", "MCER00001"),
        ("type", "RS"),
        ("code", "RS9001"),
        ("idTechnique", "t-1"),
        ("obtentionCertification", "PAR_ADMISSION"),
        ("donneeCertifiee", True),
        ("dateDebutValidite", "2026-01-31"),
        ("dateFinValidite", "2027-01-31"),
        ("presenceNiveauLangueEuro", False),
        ("presenceNiveauNumeriqueEuro", False),
        ("scoring", "A"),
        ("mentionValidee", "SANS_MENTION"),
        ("modalitesInscription.modaliteAcces", "VAE"),
        ("identificationTitulaire.dossierFormation.idDossier", "D1"),
        ("identificationTitulaire.dossierFormation.nomTitulaire", "Exemple"),
        ("identificationTitulaire.dossierFormation.prenom1Titulaire", "Zoé"),
        ("source", source_of(one.bindings, one.fields, one.source)),
    )


VARIANTS: Final = {
    "usual": Style(),
    "another prefix": Style(prefix="é.x-1"),
    "default namespace": Style(prefix=""),
    "no declaration": Style(declaration=""),
    "byte order mark": Style(declaration="\ufeff<?xml version='1.0'?>"),
    "encoding in lower case": Style(declaration="<?xml version='1.0' encoding='utf-8'?>"),
    "carriage returns": Style(newline="\r\n"),
    "lone carriage returns": Style(newline="\r"),
    "one line": Style(newline="", indent=""),
    "reordered": Style(order=1),
    "reordered otherwise": Style(order=7),
    "header behind": Style(header_last=True),
    "booleans as digits": Style(booleans=("0", "1")),
    "booleans among white space": Style(booleans=(" false\n", "\t1 ")),
    "integers with zeros": Style(integer="00{}"),
    "integers with a sign": Style(integer="+{}"),
    "integers among white space": Style(integer="\n {}\r\n"),
    "nil as 1": Style(nil=' xsi:nil="1"/>'),
    "nil among white space": Style(nil=" xsi:nil='&#32;true&#10;' />"),
    "nil by another prefix": Style(nil=f' q:nil="true" xmlns:q="{XSI}"/>'),
    "schema location": Style(root=f' xsi:schemaLocation="{NS} cpf.xsd"'),
    "comments": Style(before="<!-- <cpf:scoring> & -->", inline="<!---->"),
    "processing instructions": Style(before="<?p <x/> ?>", inline="<?p?>"),
    "sections of text": Style(cdata=True, inline="<![CDATA[]]>"),
    "references": Style(references=True),
    "white space in end tags": Style(end=" \n\t>"),
    "namespaces of their own": Style(own=f' xmlns:cpf="{NS}" xmlns:o="urn:example"'),
}


@pytest.mark.parametrize("style", VARIANTS.values(), ids=VARIANTS)
def test_every_way_of_writing_gives_the_same_fields(style: Style) -> None:
    data = write(TWO, style)
    passages = accepted(data)
    assert records(passages) == records_of(TWO)
    assert [one.number for one in passages] == [0, 1, 2]
    for one in passages:
        assert one.source == data[one.start : one.end]
        assert one.fields[-1] == ("source", source_of(one.bindings, one.fields, one.source))
        lines = re.split(rb"\r\n|\r|\n", data[: one.start])
        before = lines[-1].decode().removeprefix("\ufeff")
        # A byte order mark counts as a character to some versions of expat.
        assert (one.line, one.column) in {
            (len(lines), len(before) + 1 + mark)
            for mark in (0, style.declaration[:1] == "\ufeff")
        }
        assert reparse(one.source, one.bindings, one.fields) == one.fields


@pytest.mark.parametrize("style", VARIANTS.values(), ids=VARIANTS)
def test_a_source_is_one_element_from_its_first_byte_to_its_last(style: Style) -> None:
    data = write(TWO, style._replace(before="", inline=""))
    tag = re.escape(f"{style.prefix}:passageCertification".lstrip(":").encode())
    found = re.findall(rb"<%b[\s>].*?</%b\s*>" % (tag, tag), data, re.DOTALL)
    assert [one.source for one in accepted(data)] == found


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 1 << 20])
@pytest.mark.parametrize(
    "style", [Style(), Style(order=1, inline="<!--é-->"), Style(prefix="")]
)
def test_pieces_of_any_size_give_the_same_passages(size: int, style: Style) -> None:
    data = write(TWO, style)
    reader = FluxReader(Source(data, size))
    assert list(reader.passages()) == accepted(data)
    assert reader.faults == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 61, 1000])
@pytest.mark.parametrize("style", VARIANTS.values(), ids=VARIANTS)
def test_blocks_of_any_size_give_the_same_passages(
    size: int, style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write(TWO, style)
    expected = accepted(data)
    monkeypatch.setattr(_xml, "BLOCK_SIZE", size)
    assert accepted(data) == expected


def test_empty_pieces_are_nothing() -> None:
    pieces = [b"", PLAIN[:10], b"", b"", PLAIN[10:], b""]
    reader = FluxReader(lambda: pieces)
    assert list(reader.passages()) == accepted(PLAIN)


def test_reading_again_starts_anew() -> None:
    reader = FluxReader(Source(PLAIN))
    assert list(reader.passages()) == list(reader.passages())
    data = [PLAIN, PLAIN[:-40], PLAIN]
    reader = FluxReader(lambda: [data[0]])
    assert len(list(reader.passages())) == 1
    data[0] = b"<x/>"
    assert list(reader.passages()) == []
    assert reader.header is None
    assert reader.faults


# --- values around the passages


def behind(data: bytes, name: str, before: str) -> bytes:
    """Move the only element ``name`` in front of the first end tag ``before``."""
    (element,) = re.findall(rb"\s*<cpf:%b>.*?</cpf:%b>" % (name.encode(), name.encode()), data)
    rest = data.replace(element, b"", 1)
    return rest.replace(f"</cpf:{before}>".encode(), element + f"</cpf:{before}>".encode(), 1)


ONE: Final = flux(
    certification([passage()], natureDeposant="TIERS_CONFIANCE"), action="CREATION"
)


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("idFlux", "flux"),
        ("horodatage", "flux"),
        ("action", "flux"),
        ("idContrat", "certificateur"),
        ("type", "certification"),
        ("code", "certification"),
        ("natureDeposant", "certification"),
    ],
)
def test_what_stands_behind_the_passages(name: str, before: str) -> None:
    data = behind(write(ONE), name, before)
    assert data != write(ONE)
    source = Source(data)
    reader = FluxReader(source)
    one = next(passages := reader.passages())
    first = reader.header
    assert list(passages) == []
    assert reader.header == first == read(write(ONE))[0].header
    assert list(one.fields[:-1]) == records_of(ONE)[0]
    assert source.opened > 1


def test_the_usual_order_is_read_once() -> None:
    source = Source(write(ONE))
    list(FluxReader(source).passages())
    assert source.opened == 1


def test_what_is_missing_is_looked_for_once_and_parsed_once() -> None:
    tree = flux(*(certification([passage(n)], code=f"RS{n}") for n in range(5)))
    source = Source(write(tree))
    assert len(list(FluxReader(source).passages())) == 5
    # Given up at the first passage, looked through for two names, read.
    assert source.opened == 3


def test_optional_values_here_and_missing_there() -> None:
    natures = ["CERTIFICATEUR", ABSENT, "TIERS_CONFIANCE", ABSENT]
    groups = [
        certification([passage(n), passage(n + 10)], code=f"RS{n}", natureDeposant=nature)
        for n, nature in enumerate(natures)
    ]
    tree = flux(*groups, action="CREATION")
    for style in (Style(), Style(header_last=True), Style(order=2)):
        reader, passages = read(write(tree, style))
        assert reader.faults == []
        assert records(passages) == records_of(tree)
        assert [one.number for one in passages] == list(range(8))


def test_words_that_look_like_names_cost_time_only() -> None:
    tree = flux(certification([passage(verbatim="urn:action and <action>")]))
    passages = accepted(write(tree, Style(before="<!-- <natureDeposant> -->")))
    assert records(passages) == records_of(tree)


def test_an_action_behind_the_passages_is_known_before_the_first() -> None:
    data = behind(write(flux(action="SUPPRESSION")), "action", "flux")
    reader = FluxReader(Source(data))
    next(reader.passages())
    assert reader.header is not None
    assert reader.header.action == "SUPPRESSION"


def test_values_behind_that_never_come() -> None:
    data = behind(write(ONE), "idFlux", "flux").replace(b"<cpf:code>RS9001</cpf:code>", b"")
    reader, passages = read(data)
    assert passages == []
    assert [fault.code for fault in reader.faults] == ["missing-element"]
    assert reader.header is None


def test_a_source_that_changes_between_readings() -> None:
    readings = [write(TWO, Style(header_last=True)), write(ONE)[:300]]
    reader = FluxReader(lambda: [readings.pop(0) if len(readings) > 1 else readings[0]])
    list(reader.passages())
    assert [fault.code for fault in reader.faults] == ["truncated"]


def test_a_certification_that_the_survey_did_not_see() -> None:
    full = write(TWO, Style(order=None, header_last=True))
    shorter = write(flux(certification([passage(1)])), Style(header_last=True))
    readings = iter([full, shorter, full])
    reader = FluxReader(lambda: [next(readings)])
    passages = list(reader.passages())
    # The caller compares digests of the readings; here nothing may raise or be invented.
    assert {dict(one.fields).get("code") for one in passages} == {"RS9001"}


@pytest.mark.parametrize(
    ("tree", "version"),
    [
        (flux(), "1.1.2"),
        (flux(action="CREATION"), "1.1.5"),
        (
            flux(certification([passage(), passage(2, identificationTitulaire=NATIONAL)])),
            "1.1.5",
        ),
    ],
)
def test_the_version_follows_from_the_structure(tree: Tree, version: str) -> None:
    reader, _ = read(write(tree))
    assert reader.faults == []
    assert reader.header is not None
    assert reader.header.version == version


def test_an_empty_list_is_no_field() -> None:
    tree = flux(certification([passage(niveauNumeriqueEuropeen={"resultats": []})]))
    assert records(accepted(write(tree))) == records_of(tree)
    (one,) = accepted(
        write(tree).replace(b"<cpf:resultats>", b"<cpf:resultats><cpf:resultat/>")
    )
    assert dict(one.fields)["niveauNumeriqueEuropeen.resultats"] == [{}]


def test_lists_of_one_passage_do_not_reach_the_next() -> None:
    bare = passage(2, niveauNumeriqueEuropeen=ABSENT)
    tree = flux(certification([passage(1), bare, passage(3)]))
    assert records(accepted(write(tree))) == records_of(tree)


@pytest.mark.parametrize(
    "identity",
    [
        {"titulaire": {**holder(), "moisNaissance": None, "jourNaissance": None}},
        {
            "titulaire": {
                **holder(),
                "codeCommuneNaissance": {"codePostalNaissance": {"codePostal": None}},
            }
        },
        {"dossierFormation": {"idDossier": "1", "nomTitulaire": "N", "prenom1Titulaire": "P"}},
        NATIONAL,
    ],
)
def test_every_way_of_naming_a_holder(identity: Tree) -> None:
    one = passage(identificationTitulaire=identity)
    (found,) = accepted(write(flux(certification([one]))))
    assert list(found.fields[5:-1]) == fields_of(one)


def test_strings_are_kept_as_they_are() -> None:
    text = " \u00a0e\u0301\tÉ\u2028\n\U0001f393 ]] > "
    one = passage(scoring=text)
    (found,) = accepted(write(flux(certification([one]))))
    assert dict(found.fields)["scoring"] == text


def test_bindings_are_those_around_the_passage_and_no_others() -> None:
    """Its own element's are in its bytes; undeclared ones and xml are left out."""
    xml = "http://www.w3.org/XML/1998/namespace"
    style = Style(
        root=f' xmlns:a="urn:a" xmlns:b="urn:b" xmlns="urn:none" xmlns:xml="{xml}"',
        own=' xmlns:b="urn:c" xmlns="" xmlns:q="urn:q"',
    )
    two = [passage(1), passage(2)]
    for one in accepted(write(flux(certification(two)), style)):
        assert one.bindings == (
            ("", "urn:none"), ("a", "urn:a"), ("b", "urn:b"), ("cpf", NS), ("xsi", XSI),
        )  # fmt: skip
        assert one.fields[-1] == ("source", source_of(one.bindings, one.fields, one.source))
        assert reparse(one.source, one.bindings, one.fields) == one.fields


def test_bindings_ascend_by_the_bytes_of_the_prefix() -> None:
    names = ["\u4e00", "z", "é", "A", "\u0101"]
    root = "".join(f' xmlns:{name}="urn:{number}"' for number, name in enumerate(names))
    (one,) = accepted(write(flux(), Style(root=root)))
    prefixes = [prefix for prefix, _ in one.bindings]
    assert prefixes == sorted(prefixes, key=str.encode)
    assert {*names} < {*prefixes}


def test_what_is_undeclared_around_a_passage_is_not_in_force() -> None:
    data = write(flux(), Style(root=' xmlns="urn:none"'))
    inner = data.replace(
        b"<cpf:passageCertifications>", b"<cpf:passageCertifications xmlns=''>"
    )
    (one,), (other,) = accepted(data), accepted(inner)
    assert [prefix for prefix, _ in one.bindings] == ["", "cpf", "xsi"]
    assert [prefix for prefix, _ in other.bindings] == ["cpf", "xsi"]
    assert one.source == other.source
    assert one.digest != other.digest


def test_source_covers_what_is_around_the_passage() -> None:
    data = write(flux(certification([passage()], natureDeposant="CERTIFICATEUR")))
    (one,) = accepted(data)
    for old, new in (
        (b"EMETTEUR", b"EMETTEUS"),
        (b"CERTIFIC<", b"CERTIFID<"),
        (b"MCER00001", b"MCER00002"),
        (b"<cpf:type>RS<", b"<cpf:type>Rs<"),
        (b"RS9001", b"RS9002"),
        (b"CERTIFICATEUR<", b"TIERS_CONFIANCE<"),
        (b"xmlns:xsi=", b"xmlns:a='urn:a' xmlns:xsi="),
    ):
        assert data.count(old) == 1
        (other,) = accepted(data.replace(old, new))
        assert other.source == one.source
        assert other.digest != one.digest


# --- against the schema

FILE: Final = write(flux(), Style(newline="\n"))


def test_the_file_that_is_spoiled_below_is_accepted() -> None:
    assert len(accepted(FILE)) == 1


def spoil(old: str, new: str) -> tuple[bytes, int, int]:
    """Replace text of the file; give line and column at which the new text begins."""
    before, found, after = FILE.decode().partition(old)
    assert found
    lines = before.split("\n")
    return (before + new + after).encode(), len(lines), len(lines[-1]) + 1


TWICE: Final = (
    "<cpf:modalitesInscription><cpf:modaliteAcces>VAE</cpf:modaliteAcces>"
    "</cpf:modalitesInscription>"
)
OTHER: Final = (
    "<cpf:codePostalNaissance><cpf:codePostal>9</cpf:codePostal></cpf:codePostalNaissance>"
)
SPOILED: Final = {
    "an unknown element": ("<cpf:scoring>", "<cpf:x/><cpf:scoring>", "unexpected-element", 0),
    "an unknown tree": (
        "<cpf:scoring>",
        "<cpf:x>t<cpf:y>t<cpf:flux/></cpf:y></cpf:x><cpf:scoring>",
        "unexpected-element",
        0,
    ),
    "an element of no namespace": ("<cpf:scoring>", "<scoring/><cpf:scoring>", "namespace", 0),
    "an element elsewhere": (
        "<cpf:codeInseeNaissance>",
        "<cpf:codeInsee>99999</cpf:codeInsee><cpf:codeInseeNaissance>",
        "misplaced-element",
        0,
    ),
    "an element in a value": ("Zoé", "Z<cpf:o>o</cpf:o>é", "unexpected-element", 1),
    "an element twice": (
        "<cpf:scoring>",
        "<cpf:scoring>x</cpf:scoring><cpf:scoring>",
        "repeated-element",
        len("<cpf:scoring>x</cpf:scoring>"),
    ),
    "a container twice": (
        "<cpf:modalitesInscription>",
        f"{TWICE}<cpf:modalitesInscription>",
        "repeated-element",
        len(TWICE),
    ),
    "text among elements": ("<cpf:scoring>", "mot<cpf:scoring>", "unexpected-text", 3),
    "a section of text among elements": (
        "<cpf:scoring>",
        "<![CDATA[mot]]><cpf:scoring>",
        "unexpected-text",
        15,
    ),
    "text at the end": ("</cpf:titulaire>", "mot</cpf:titulaire>", "unexpected-text", 3),
    "a space that XML does not know": (
        "<cpf:scoring>",
        "\u00a0<cpf:scoring>",
        "unexpected-text",
        1,
    ),
    "an attribute": ("<cpf:scoring>", '<cpf:scoring x="1">', "unexpected-attribute", 0),
    "a language": ("<cpf:scoring>", '<cpf:scoring xml:lang="fr">', "unexpected-attribute", 0),
    "a type": ("<cpf:scoring>", '<cpf:scoring xsi:type="t">', "unexpected-attribute", 0),
    "nil without prefix": (
        "<cpf:scoring> 17/20 </cpf:scoring>",
        '<cpf:scoring nil="true"/>',
        "nil-without-prefix",
        0,
    ),
    "nil in another namespace": (
        "<cpf:scoring>",
        '<cpf:scoring cpf:nil="true">',
        "nil-namespace",
        0,
    ),
    "nil where it may not": (
        "<cpf:prenom1>",
        '<cpf:prenom1 xsi:nil="false">',
        "nil-not-allowed",
        0,
    ),
    "nil on what may be left out": (
        "<cpf:dateDebutExamen>2026-01-30<",
        '<cpf:dateDebutExamen xsi:nil="true"><',
        "nil-not-allowed",
        0,
    ),
    "nil on a container": (
        "<cpf:titulaire>",
        '<cpf:titulaire xsi:nil="0">',
        "nil-not-allowed",
        0,
    ),
    "nil neither true nor false": (
        "<cpf:scoring>",
        '<cpf:scoring xsi:nil="oui">',
        "nil-value",
        0,
    ),
    "nil and a value": (
        "<cpf:scoring> 17/20 </cpf:scoring>",
        '<cpf:scoring xsi:nil="true"> </cpf:scoring>',
        "nil-not-empty",
        29,
    ),
    "a missing element": (
        "<cpf:sexe>F</cpf:sexe>",
        "",
        "missing-element",
        None,
    ),
    "both of a choice": (
        "</cpf:codeInseeNaissance>",
        f"</cpf:codeInseeNaissance>{OTHER}",
        "choice",
        None,
    ),
    "a word for nothing": (
        'dateFinValidite xsi:nil="true"/>',
        "dateFinValidite>nill</cpf:dateFinValidite>",
        "date",
        None,
    ),
    "an empty value": ("Zoé", "", "length", 0),
    "a value too long": ("Zoé", "é" * 61, "length", 61),
    "an unknown word": ("PAR_SCORING", "PAR_CHANCE", "enumeration", 10),
    "a printed word": ("PAR_SCORING", "\nPAR_SCORING\n", "enumeration", None),
    "no boolean": (">true<", ">oui<", "boolean", 4),
    "no number": (">1985<", ">1985.0<", "integer", 7),
    "a day that is not": ("2026-01-31", "2026-02-30", "date", 10),
    "a moment in Zulu": ("+01:00", "Z", "timestamp", 1),
}


@pytest.mark.parametrize("case", SPOILED.values(), ids=SPOILED)
def test_what_is_against_the_schema_is_refused_where_it_stands(
    case: tuple[str, str, str, int | None],
) -> None:
    old, new, code, shift = case
    data, line, column = spoil(old, new)
    # What claims wrongly to be nil is then found empty as well.
    (found, at_line, at_column), *more = refused(data)
    assert found == code
    assert {other for other, _, _ in more} <= ({"length", "date"} if "nil" in code else set())
    if shift is not None:
        assert (at_line, at_column) == (line, column + shift)


def test_messages_tell_what_to_do_and_hold_no_value() -> None:
    expected = {
        "nil without prefix": 'write xsi:nil="true"',
        "nil where it may not": "it must have a value",
        "nil on what may be left out": "leave the element out",
        "an element elsewhere": "it belongs in <codeInseeNaissance>",
        "an unknown element": "<passageCertification> may hold idTechnique",
        "an element in a value": "which holds text only",
        "a word for nothing": 'write xsi:nil="true"',
        "an unknown word": "PAR_ADMISSION, PAR_SCORING",
        "a printed word": "remove the white space",
        "a day that is not": "without time zone",
    }
    for case, words in expected.items():
        old, new, _, _ = SPOILED[case]
        fault = read(spoil(old, new)[0])[0].faults[0]
        assert words in fault.message
        for value in ("nill", "CHANCE", "2026-02-30", "Zo", "oui"):
            assert value not in fault.message


def test_faults_name_the_field() -> None:
    (fault,) = read(spoil("Zoé", "")[0])[0].faults
    assert fault.element == "identificationTitulaire.titulaire.prenom1"
    (fault,) = read(spoil("EMETTEUR", "court")[0])[0].faults
    assert fault.element == "emetteur.idClient"


def test_faults_name_the_passage_that_they_are_in() -> None:
    tree = flux(
        certification([passage(1), passage(2, scoring="x" * 256), passage(3)]),
        certification([{**passage(4), "idTechnique": ABSENT}], code="R" * 101),
        certification([passage(5, dateDebutValidite="1899-01-01")]),
    )
    reader, _ = read(write(tree, Style(order=None)))
    assert [(fault.element, fault.passage, fault.id_technique) for fault in reader.faults] == [
        ("scoring", 2, "essai-2"),
        ("emetteur.certificateurs.certificateur.certifications.certification.code", None, None),
        ("idTechnique", 4, None),
        ("dateDebutValidite", 5, "essai-5"),
    ]


def test_white_space_is_not_blamed_for_a_wrong_word() -> None:
    (fault,) = read(spoil("PAR_SCORING", " PAR_CHANCE ")[0])[0].faults
    assert "white space" not in fault.message


def test_what_may_be_nil_may_say_that_it_is_not() -> None:
    data, _, _ = spoil("<cpf:scoring>", '<cpf:scoring xsi:nil="false">')
    assert records(accepted(data)) == records(accepted(FILE))


def test_an_optional_value_that_is_empty() -> None:
    data = spoil("2026-01-30", "")[0]
    (fault,) = read(data)[0].faults
    assert fault.message.endswith("leave the element out if there is no value")


def test_every_fault_is_reported_and_nothing_after_the_first_is_handed_out() -> None:
    tree = flux(
        certification([passage(1), passage(2, scoring="x" * 256), passage(3)]),
        certification([passage(4, donneeCertifiee=ABSENT)], code="R" * 101),
        idFlux="x" * 51,
        action="CREATION",
    )
    assert codes(write(tree)) == [*["length"] * 3, "missing-element"]
    reader, passages = read(write({**tree, "idFlux": "x"}))
    assert [one.id_technique for one in passages] == ["essai-1"]
    assert [fault.code for fault in reader.faults] == [*["length"] * 2, "missing-element"]


def test_no_more_faults_than_the_limit() -> None:
    many = flux(certification([passage(n, scoring="") for n in range(150)]))
    assert codes(write(many)) == ["length"] * 100
    assert codes(write(many), Limits(faults_max=3)) == ["length"] * 3


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<flux/>", "namespace"),
        (b"<x/>", "unexpected-element"),
        (f'<emetteur xmlns="{NS}"/>'.encode(), "misplaced-element"),
        (f'<flux xmlns="{NS.upper()}"/>'.encode(), "namespace"),
        (f'<x xmlns="{NS}">{"<x/>" * 9}</x>'.encode(), "unexpected-element"),
    ],
)
def test_a_wrong_root_is_one_fault(data: bytes, code: str) -> None:
    reader, passages = read(data)
    assert [fault.code for fault in reader.faults] == [code]
    assert (passages, reader.header) == ([], None)
    assert len(reader.faults[0].message) < 300


def test_empty_containers_lack_what_they_must_hold() -> None:
    assert codes(f'<flux xmlns="{NS}"/>'.encode()) == ["missing-element"] * 3
    for name in ("passageCertification", "passageCertifications", "certifications"):
        data = re.sub(
            rb"(?s)<cpf:%b>.*</cpf:%b>" % ((name.encode(),) * 2),
            b"<cpf:%b/>" % name.encode(),
            FILE,
        )
        assert set(codes(data)) == {"missing-element"}


def test_a_long_name_is_cut_short() -> None:
    (fault,) = read(b"<" + b"n" * 5000 + b"/>")[0].faults
    assert len(fault.message) < 200


# --- not well-formed


def _zipped(*names: str, content: bytes = PLAIN) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return target.getvalue()


MALFORMED: Final = {
    "nothing": (b"", "truncated"),
    "white space": (b" \n", "truncated"),
    "cut in an element": (PLAIN[:-20], "truncated"),
    "cut in a tag": (PLAIN[: PLAIN.index(b"Titulaire>")], "truncated"),
    "cut in a character": (PLAIN[: PLAIN.index(b"Zo")] + b"\xc3", "truncated"),
    "cut in a section": (PLAIN[: PLAIN.index(b"Zo")] + b"<![CDATA[x", "truncated"),
    "something behind": (PLAIN + b"<x/>", "not-well-formed"),
    "a tag that does not match": (PLAIN.replace(b"</code>", b"</kode>"), "not-well-formed"),
    "a bare ampersand": (PLAIN.replace(b"Exemple", b"A & B"), "not-well-formed"),
    "a control character": (PLAIN.replace(b"Exemple", b"A\x01"), "not-well-formed"),
    "a NUL": (PLAIN.replace(b"Exemple", b"A\0"), "not-well-formed"),
    "a reference to NUL": (PLAIN.replace(b"&#233;", b"&#0;"), "not-well-formed"),
    "a reference to a surrogate": (PLAIN.replace(b"&#233;", b"&#xD800;"), "not-well-formed"),
    "a wrong character in a tag": (
        PLAIN.replace(b"<code>", "<code \u00d7>".encode()),
        "not-well-formed",
    ),
    "an attribute twice": (PLAIN.replace(b"<code>", b"<code a='' a=''>"), "not-well-formed"),
    "a prefix that is not bound": (
        PLAIN.replace(b"<code>", b"<code x:y=''>"),
        "unbound-prefix",
    ),
    "xsi that is not bound": (
        PLAIN.replace(b"<code>", b"<code xsi:nil='1'>"),
        "unbound-prefix",
    ),
    "an entity of HTML": (PLAIN.replace(b"&#233;", b"&eacute;"), "undefined-entity"),
    "Latin-1 without saying so": (PLAIN.replace(b"&#233;", b"\xe9"), "encoding"),
    "Latin-1 in an attribute": (PLAIN.replace(b"<code>", b"<code a='\xe9t'>"), "encoding"),
    "Latin-1 in other letters": (PLAIN.replace(b"UTF-8", b"latin1"), "encoding"),
    "Latin-1, said": (PLAIN.replace(b"UTF-8", b"ISO-8859-1"), "encoding"),
    "ASCII, said": (PLAIN.replace(b"UTF-8", b"US-ASCII"), "encoding"),
    "an unknown encoding": (PLAIN.replace(b"UTF-8", b"x-none"), "encoding"),
    "a surrogate": (PLAIN.replace(b"&#233;", b"\xed\xa0\x80"), "encoding"),
    "an overlong form": (PLAIN.replace(b"&#233;", b"\xc0\xaf"), "encoding"),
    "a noncharacter": (PLAIN.replace(b"&#233;", "\uffff".encode()), "not-well-formed"),
    "UTF-16": (PLAIN.decode().encode("utf-16"), "encoding"),
    "UTF-16, the other": (b"\xfe\xff" + PLAIN.decode().encode("utf-16-be"), "encoding"),
    "UTF-16 without mark": (PLAIN.decode().encode("utf-16-le"), "encoding"),
    "UTF-32": (PLAIN.decode().encode("utf-32"), "encoding"),
    "XML 1.1": (PLAIN.replace(b'"1.0"', b'"1.1"'), "xml-version"),
    "a namespace with a space": (
        PLAIN.replace(b"<flux ", b'<flux xmlns:n="file:///C:/Mes Documents/a.xsd" '),
        "namespace-space",
    ),
    "our own namespace with a space": (
        PLAIN.replace(b':1.0.0"', b':1.0.0 "'),
        "namespace-space",
    ),
    "a byte order mark twice": (b"\xef\xbb\xbf\xef\xbb\xbf" + PLAIN, "byte-order-mark"),
    "a byte order mark of characters": ("ï»¿".encode() + PLAIN, "byte-order-mark"),
    "a byte order mark behind a space": (b" \xef\xbb\xbf" + PLAIN, "byte-order-mark"),
    "something before": (b"xml version" + PLAIN, "not-xml"),
    "a space before": (b" " + PLAIN, "not-well-formed"),
    "a ZIP archive": (_zipped("deposit.xml"), "not-xml-archive"),
    "an XLSX": (_zipped("[Content_Types].xml", "xl/workbook.xml"), "not-xml-spreadsheet"),
    "another XLSX": (_zipped("docProps/app.xml", "xl/workbook.xml"), "not-xml-spreadsheet"),
    "an ODS": (
        _zipped("mimetype", content=b"application/vnd.oasis.opendocument.spreadsheet"),
        "not-xml-spreadsheet",
    ),
    "an old XLS": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "not-xml-spreadsheet"),
    "gzip": (gzip.compress(PLAIN), "not-xml-compressed"),
    "bzip2": (bz2.compress(PLAIN), "not-xml-compressed"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "not-xml-pdf"),
    "a CSV": (b"idTechnique;nomNaissance\nt-1;Exemple\n", "not-xml-table"),
    "a CSV with a mark": (b"\xef\xbb\xbfa,b\r\n1,2\r\n", "not-xml-table"),
    "a CSV in Latin-1": ("prénom;nom\nZoé;Exemple\n".encode("latin-1"), "not-xml-table"),
    "JSON": (b'{"idFlux":"f-1","emetteur":"EMETTEUR"}', "not-xml-json"),
    "a web page": (b"<!DOCTYPE html>\n<html><body>Erreur 500</body></html>", "not-xml-page"),
    "text": (b"bonjour tout le monde", "not-xml"),
    "a document type": (PLAIN.replace(b"<flux", b"<!DOCTYPE flux><flux", 1), "doctype"),
    "an external document type": (
        PLAIN.replace(b"<flux", b'<!DOCTYPE flux SYSTEM "file:///etc/passwd"><flux', 1),
        "doctype",
    ),
    "an external entity": (
        PLAIN.replace(
            b"<flux", b'<!DOCTYPE flux [<!ENTITY e SYSTEM "file:///etc/hostname">]><flux', 1
        ).replace(b"&#233;", b"&e;"),
        "doctype",
    ),
}


def test_what_another_file_is_and_what_to_do_is_said() -> None:
    for name, words in {
        "an XLSX": ("XLSX", "deposit the XML file"),
        "gzip": ("gzip", "decompress"),
        "a ZIP archive": ("ZIP", "unpack"),
        "a CSV": ("CSV", "deposit the XML file"),
        "UTF-16": ("UTF-16", "write the file in UTF-8"),
        "UTF-32": ("UTF-32", "write the file in UTF-8"),
        "a byte order mark twice": ("byte order mark", "keep one"),
        "a namespace with a space": ('xmlns:n="file:///C:/Mes Documents/a.xsd"', "%20"),
        "Latin-1, said": ("iso-8859-1", "write the file in UTF-8"),
        "nothing": ("the file is empty",),
    }.items():
        (fault,) = read(MALFORMED[name][0])[0].faults
        assert all(word in fault.message for word in words), fault.message


@pytest.mark.parametrize(
    "name", ["utf8", "UTF8", "Utf-8", "utf_8", "UTF_8", "utf-8-sig", "unicode-1-1-utf-8"]
)
def test_names_of_the_encoding_that_software_writes(name: str) -> None:
    assert accepted(PLAIN.replace(b"UTF-8", name.encode()))


def test_many_different_names_are_refused_before_they_fill_the_memory() -> None:
    names = b"".join(b"<z%07x/>" % number for number in range(300_000))
    data = PLAIN.replace(b"<emetteur>", b"<inconnu>%b</inconnu><emetteur>" % names)
    attributes = data.replace(b"/>", b"='1' /><x/>").replace(b"<z", b"<y z")
    for spoiled in (data, attributes):
        tracemalloc.start()
        assert codes(spoiled)[-1] == "too-many-names"
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 32_000_000
    assert accepted(PLAIN, Limits(names_max=80))
    assert codes(PLAIN, Limits(names_max=10)) == ["too-many-names"]


def test_a_prefix_of_its_own_for_every_passage() -> None:
    """What was declared before is forgotten: the work of each passage is the same."""
    count = 3000
    passages = [passage(number) for number in range(count)]
    tree = flux(certification(passages, natureDeposant="CERTIFICATEUR"), action="CREATION")
    data = write(tree, Style(own=" xmlns:q@='u'"))
    numbers = iter(range(count))
    data = re.sub(rb"xmlns:q@", lambda _: b"xmlns:q%d" % next(numbers), data)
    reader = _xml.XmlReader(Limits())
    validator = _passages.PassageValidator(reader)
    kept = []
    for _ in reader.run([data]):
        kept.append(len(reader._scopes))
        validator.ready.clear()
    assert reader.faults == []
    assert max(kept) < 10
    given = accepted(data)
    assert len(given) == count
    assert {one.bindings for one in given} == {(("cpf", NS), ("xsi", XSI))}


@pytest.mark.parametrize("case", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_well_formed_is_refused(case: tuple[bytes, str]) -> None:
    data, code = case
    reader, _ = read(data)
    fault = reader.faults[-1]
    assert (fault.level, fault.code, fault.effect) == ("well-formed", code, "file")
    assert (fault.line or 0) > 0
    assert (fault.column or 0) > 0


def test_where_it_is_not_well_formed() -> None:
    data = PLAIN.replace(b"Exemple", "É & B".encode())
    assert refused(data) == [("not-well-formed", 17, 24)]
    data = PLAIN.replace(b"Exemple", "É".encode("latin-1"))
    assert refused(data) == [("encoding", 17, 21)]


def test_a_character_across_the_border_of_two_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    data = PLAIN.replace(b"&#233;", b"\xe9x")
    for size in (1, 2, 3, 5, 8):
        monkeypatch.setattr(_xml, "BLOCK_SIZE", size)
        assert codes(data) == ["encoding"]


def billion_laughs() -> bytes:
    entities = '<!ENTITY e0 "ha">' + "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)
    )
    return PLAIN.replace(b"<flux", f"<!DOCTYPE flux [{entities}]><flux".encode(), 1).replace(
        b"&#233;", b"&e9;"
    )


def test_a_billion_laughs_are_no_laugh() -> None:
    assert codes(billion_laughs()) == ["doctype"]


def test_a_fault_of_form_comes_after_those_of_the_schema() -> None:
    data = PLAIN.replace(b"RS9001", b"")[:-5]
    assert codes(data) == ["length", "truncated"]


# --- within limits


def test_the_size_of_a_file() -> None:
    assert accepted(PLAIN, Limits(file_bytes_max=len(PLAIN)))
    assert codes(PLAIN, Limits(file_bytes_max=len(PLAIN) - 1)) == ["file-too-large"]


def test_a_source_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless() -> Iterator[bytes]:
        yield PLAIN[: PLAIN.index(b"</certifications>")]
        while True:
            yield b"<certification/>" * 100

    reader = FluxReader(endless, Limits(file_bytes_max=1 << 20, faults_max=1 << 30))
    list(reader.passages())
    assert reader.faults[-1].code == "file-too-large"


def test_the_size_of_a_passage() -> None:
    (one,) = accepted(PLAIN)
    size = len(one.source)
    assert accepted(PLAIN, Limits(passage_bytes_max=size))
    assert codes(PLAIN, Limits(passage_bytes_max=size - 1)) == ["passage-too-large"]
    for comments in (40_000, 400_000):
        filled = PLAIN.replace(b"<scoring>", b"<!-- -->" * comments + b"<scoring>")
        assert codes(filled) == ["passage-too-large"]


def test_the_depth() -> None:
    deep = PLAIN.replace(b"<scoring>", b"<x>" * 100_000 + b"<scoring>")
    assert codes(deep) == ["unexpected-element", "too-deep"]
    assert accepted(PLAIN, Limits(depth_max=11))
    assert codes(PLAIN, Limits(depth_max=10)) == ["too-deep"]
    assert codes(PLAIN.replace(b"<scoring>", b"<x><y/></x><scoring>")) == ["unexpected-element"]


@pytest.mark.parametrize(
    "token",
    [b"<!--%b-->", b"<?p %b?>", b"<x a='%b'>", b"<x%b/>", b"</scoring%b>"],
)
def test_a_token_too_long(token: bytes) -> None:
    filling = {b"<x%b/>": b"x", b"</scoring%b>": b" "}.get(token, b"a")
    data = PLAIN.replace(b"<scoring>", token % (filling * 200_000) + b"<scoring>")
    assert codes(data) == ["token-too-long"]


@pytest.mark.parametrize("text", [b"a", b" ", b"&amp;", b"<![CDATA[a]]>", "é".encode()])
def test_a_text_too_long(text: bytes) -> None:
    for place in (b"<scoring>", b"</scoring>"):
        data = PLAIN.replace(place, place + text * 200_000)
        assert codes(data, Limits(passage_bytes_max=1 << 30))[-1] == "text-too-long"


def test_what_is_long_but_not_too_long() -> None:
    filled = PLAIN.replace(b"<scoring>", b"<!--" + b"x" * 60_000 + b"-->" + b"<scoring>")
    assert len(accepted(filled)) == 1
    filled = PLAIN.replace(b"<emetteur>", b" " * 60_000 + b"<emetteur>")
    assert len(accepted(filled)) == 1


def test_a_flood_of_attributes() -> None:
    flood = b"".join(b" a%d=''" % n for n in range(6000))
    assert (
        codes(PLAIN.replace(b"<scoring>", b"<scoring" + flood + b">"))
        == ["unexpected-attribute"] * 100
    )


def test_a_flood_of_namespaces() -> None:
    flood = b"".join(b" xmlns:a%d='urn:a'" % n for n in range(3000))
    assert codes(PLAIN.replace(b"<scoring>", b"<scoring" + flood + b">")) == [
        "too-many-namespaces"
    ]
    some = b"".join(b" xmlns:a%d='urn:a'" % n for n in range(300))
    repeated = PLAIN.replace(b"<scoring>", b"<x" + some + b"/>" + b"<x" + some + b"/><scoring>")
    assert codes(repeated) == ["unexpected-element"] * 2


def test_memory_does_not_grow_with_the_file() -> None:
    head, tail = write(flux()).split(b"<cpf:passageCertification>")
    one, tail = tail.split(b"</cpf:passageCertifications>")
    one = b"<cpf:passageCertification>" + one

    def peak(passages: int) -> int:
        pieces = [head, *[one] * passages, b"</cpf:passageCertifications>", tail]
        reader = FluxReader(lambda: pieces)
        tracemalloc.start()
        assert sum(1 for _ in reader.passages()) == passages
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert reader.faults == []
        return most

    assert peak(2400) < peak(300) + 200_000


# --- a passage alone


def test_a_passage_alone_needs_its_bindings() -> None:
    (one,) = accepted(write(flux()))
    with pytest.raises(FormatError, match="namespace"):
        reparse(one.source, [b for b in one.bindings if b[0] == "cpf"], one.fields)
    with pytest.raises(FormatError, match="not bound"):
        reparse(one.source, [("xsi", XSI)], one.fields)


@pytest.mark.parametrize(
    "bindings",
    [
        [("", NS), ("a b", "urn:x")],
        [("", NS), ('a="', "urn:x")],
        [("", NS), ("a><!DOCTYPE", "urn:x")],
        [("", NS), ("a:b", "urn:x")],
        [("", NS), ("1", "urn:x")],
        [("", NS), ("a", "urn:x"), ("a", "urn:x")],
        [("", NS), ("a", "\x01")],
        [("", NS), ("a", "\ud800")],
        [("", NS), ("\ud800", "urn:x")],
        [("", NS), ("xmlns", "urn:x")],
    ],
    ids=ascii,
)
def test_bindings_that_no_file_gives(bindings: list[tuple[str, str]]) -> None:
    (one,) = accepted(PLAIN)
    assert reparse(one.source, one.bindings, one.fields) == one.fields
    with pytest.raises(FormatError, match="malformed passage"):
        reparse(one.source, bindings, one.fields)


def test_namespaces_with_characters_that_must_be_escaped() -> None:
    style = Style(root=""" xmlns:a='urn:&amp;&lt;>"&#9;&#10;&#13;' """)
    (one,) = accepted(write(flux(), style))
    assert ("a", 'urn:&<>"\t\n\r') in one.bindings
    assert reparse(one.source, one.bindings, one.fields) == one.fields


def test_a_passage_alone_is_one_passage_and_nothing_else() -> None:
    (one,) = accepted(PLAIN)
    source = one.source
    end = b"</passageCertifications><passageCertifications>"
    for spoiled in (
        b"",
        source[:-1],
        source + source,
        b" " + source,
        source + b"<!-- -->",
        source + end,
        end + source,
        source + b"</passageCertifications>",
        b"<!DOCTYPE x>" + source,
        source.replace(b"t-1", b""),
        b"<passageCertification/>",
    ):
        with pytest.raises(FormatError, match="malformed passage"):
            reparse(spoiled, one.bindings, one.fields)
    with pytest.raises(FormatError, match="malformed passage"):
        reparse(source, one.bindings, ())


def test_a_passage_with_many_bindings_of_its_own_is_read_alone() -> None:
    own = "".join(f" xmlns:p{n}='urn:{'x' * 50}'" for n in range(40))
    (one,) = accepted(write(flux(), Style(root=own, own=f" xmlns:q='{'y' * 1500}'")))
    assert reparse(one.source, one.bindings, one.fields) == one.fields
