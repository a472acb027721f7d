"""Bundles of one person, of several, and of whoever it may be."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from simulator import HOLDER, LINE, PERSON, make_log, make_record
from vectors.drafts import warns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.record.commitment import Field, Value
    from vectors.cases import Draft

Relation: TypeAlias = Literal["same", "open", "different"]

DOSSIER: Final[tuple[Field, ...]] = (
    (f"{HOLDER}dossierFormation.nomTitulaire", "LEFÈVRE-DUBOIS"),
    (f"{HOLDER}dossierFormation.prenom1Titulaire", "Maëlle"),
)
NATIONAL: Final[tuple[Field, ...]] = (
    (f"{HOLDER}identifiantNational.nomNaissance", "LEFÈVRE-DUBOIS"),
)
REASONS: Final = {"same": "", "open": "person-unsettled", "different": "other-person"}


def person(**changes: Value) -> tuple[Field, ...]:
    """Return the invented person with some parts of its identity changed."""
    return tuple((name, changes.get(name.rpartition(".")[2], value)) for name, value in PERSON)


def file(**changes: Value) -> tuple[Field, ...]:
    """Return the identity of a training file, with some parts of it changed."""
    return tuple((name, changes.get(name.rpartition(".")[2], value)) for name, value in DOSSIER)


def good_persons() -> Iterator[Draft]:
    """Return them all."""
    yield from _spellings()
    yield from _wide_spellings()
    yield from _first_names()
    yield from _cut_first_names()
    yield from _kinds()
    yield from _parts()
    yield from _several()


def _pair(
    relation: Relation, id_: str, note: str, one: Sequence[Field], other: Sequence[Field]
) -> Draft:
    """Say how the persons of two certifications stand to each other."""
    log, indexes = make_log(records=[make_record(one), make_record(other)])
    reasons = (REASONS[relation],) * 2
    verdict = "yes" if relation == "same" else "attention"
    return warns(reasons, f"person-{id_}", note, log, log.prove(*indexes), verdict=verdict)


def _names(relation: Relation, id_: str, note: str, one: str, other: str) -> Draft:
    return _pair(relation, id_, note, person(nomNaissance=one), person(nomNaissance=other))


def _spellings() -> Iterator[Draft]:
    spelled = person(nomNaissance="Lefevre  dubois", prenom1="MAELLE")
    note = "case, accents, punctuation"
    yield _pair("same", "spelled-otherwise", note, PERSON, spelled)
    decomposed = tuple(
        (name, unicodedata.normalize("NFD", value) if isinstance(value, str) else value)
        for name, value in PERSON
    )
    yield _pair("same", "decomposed", "NFC and NFD", PERSON, decomposed)
    for id_, one, other in (
        ("ligature-oe", "\u0152UVRARD", "OEUVRARD"),
        ("eszett", "STRASSE", "Stra\u00dfe"),
        ("apostrophes", "D'ARC", "d\u2019Arc"),
        ("final-sigma", "\u03a3\u03af\u03c3\u03bf\u03c2", "\u03a3\u038a\u03a3\u039f\u03a3"),
        ("polish", "\u0141\u00d3D\u0179", "lodz"),
        ("turkish", "\u0130LKER \u015eAH\u0130N", "ilker sahin"),
        ("dotless", "YILMAZ", "y\u0131lmaz"),
        ("cyrillic", "\u0428\u0415\u0412\u041a\u041e", "\u0448\u0435\u0432\u043a\u043e"),
        ("soft-hyphen", "LE\u00adFEVRE", "LEFEVRE"),
    ):  # fmt: skip
        yield _names("same", id_, "two spellings of one name", one, other)
    yield _names("different", "other-name", "another name", "LEFÈVRE-DUBOIS", "LEFÈVRE")
    yield _names("different", "other-letter", "a letter apart", "DUBOIS", "DUBOIX")
    yield _names("different", "begins", "a birth name that begins the other", "MARTI", "MARTIN")


def _wide_spellings() -> Iterator[Draft]:
    for id_, relation, one, other in (
        ("umlaut", "open", "M\u00dcLLER", "MUELLER"),
        ("umlaut-decomposed", "open", "MU\u0308LLER", "MUELLER"),
        ("stroke", "open", "S\u00d8RENSEN", "SOERENSEN"),
        ("two-ways", "open", "J\u00dcRGENS \u00c5SE", "juergens ase"),
        ("half-a-word", "different", "M\u00dcLL\u00c4R", "MUELLAR"),
        ("separated", "open", "LE GOFF", "LEGOFF"),
        ("wide-and-other", "different", "M\u00dcLLER", "MOELLER"),
    ):
        assert relation in {"same", "open", "different"}
        note = "plain and wide forms, each word by itself, and without spaces"
        yield _names(relation, id_, note, one, other)  # type: ignore[arg-type]


def _first_names() -> Iterator[Draft]:
    for id_, relation, one, other in (
        ("first-of-three", "open", "Zoé", "Zoé Marie Anne"),
        ("last-of-three", "different", "Anne", "Zoé Marie Anne"),
        ("begins-a-word", "different", "Jo", "Joanna"),
        ("joined", "open", "Jean-Pierre", "Jeanpierre"),
        ("first-name", "different", "Maëlle", "Maël"),
    ):
        note = "first names: the words of one begin the words of the other"
        pair = person(prenom1=one), person(prenom1=other)
        yield _pair(relation, id_, note, *pair)  # type: ignore[arg-type]


def _cut_first_names() -> Iterator[Draft]:
    long = "Marie-Antoinette-Josèphe"
    for id_, relation, one, other in (
        ("cut-at-20", "open", long[:20], long),
        ("cut-at-19", "different", long[:19], long),
        ("cut-other", "different", "Marie-Antoinette-Lou", long),
    ):
        note = "a first name of a training file may have been cut at 20 characters"
        pair = file(prenom1Titulaire=one), file(prenom1Titulaire=other)
        yield _pair(relation, id_, note, *pair)  # type: ignore[arg-type]
    pair = person(prenom1=long[:20]), person(prenom1=long)
    note = "one of civil status was not"
    yield _pair("different", "not-cut", note, *pair)
    pair = file(nomTitulaire="A" * 30), file(nomTitulaire="A" * 30 + "B")
    note = "nor is a surname of 30 characters taken for one that was cut"
    yield _pair("different", "surname-of-30", note, *pair)
    pair = file(prenom1Titulaire=long[:20]), person(prenom1=long)
    note = "beside one of civil status"
    yield _pair("open", "cut-beside-whole", note, *pair)


def _kinds() -> Iterator[Draft]:
    note = "titulaire and dossier name one person by other fields"
    yield _pair("open", "mixed", note, PERSON, DOSSIER)
    note = "the name of a training file may be a married name"
    married = file(nomTitulaire="MOREL")
    yield _pair("open", "mixed-married", note, PERSON, married)
    note = "but another first name is another person"
    other = file(prenom1Titulaire="Anne")
    yield _pair("different", "mixed-first-name", note, PERSON, other)
    note = "two surnames alone: nobody knows"
    log, indexes = make_log(records=[make_record(NATIONAL), make_record(NATIONAL)])
    reasons = ("name-only person-unsettled",) * 2
    yield warns(reasons, "person-national-twice", note, log, log.prove(*indexes))
    other = ((NATIONAL[0][0], "MOREL"),)
    log, indexes = make_log(records=[make_record(NATIONAL), make_record(other)])
    reasons = ("name-only other-person",) * 2
    yield warns(reasons, "person-national-other", "other", log, log.prove(*indexes))
    log, indexes = make_log(records=[make_record(PERSON), make_record(NATIONAL)])
    reasons_ = ("person-unsettled", "name-only person-unsettled")
    note = "the same birth name, and nothing else"
    yield warns(reasons_, "person-national-mixed", note, log, log.prove(*indexes))
    for id_, fields, reason in (
        ("dossier", DOSSIER, ""),
        ("national", NATIONAL, "name-only"),
    ):
        log, indexes = make_log(records=[make_record(fields)])
        verdict = "attention" if reason else "yes"
        said = ({"identity": id_},)
        bundle = log.prove(*indexes)
        options = {"verdict": verdict, "said": said}
        yield warns(reason, f"person-{id_}", "alone", log, bundle, **options)


def _parts() -> Iterator[Draft]:
    for id_, changed in (
        ("day", person(jourNaissance=24)),
        ("month", person(moisNaissance=8)),
        ("year", person(anneeNaissance=1990)),
        ("day-as-text", person(jourNaissance="23")),
    ):
        yield _pair("different", f"other-{id_}", "another date of birth", PERSON, changed)
    for id_, changed in (
        ("null", person(jourNaissance=None)),
        ("0", person(jourNaissance=0)),
        ("true", person(jourNaissance=True)),
    ):
        note = "a day that says nothing is not compared, but the parts are not the same"
        yield _pair("open", f"day-{id_}", note, PERSON, changed)
    no_day = person(jourNaissance=None)
    yield _pair("same", "no-day", "neither is known to the day", no_day, no_day)
    nameless = person(prenom1="-")
    note = "without a first name, nothing is settled"
    yield _pair("open", "no-first-name", note, nameless, nameless)
    log, indexes = make_log(records=[make_record(person(nomNaissance="-"))])
    note = "a name of nothing but separators is no identity"
    yield warns("no-identity", "person-nameless", note, log, log.prove(*indexes))


def _several() -> Iterator[Draft]:
    log, indexes = make_log(records=[make_record(PERSON), make_record(())])
    bundle = log.prove(*indexes)
    note = "one has no identity: it is compared with nobody"
    yield warns(("", "no-identity"), "person-of-one-unknown", note, log, bundle)
    names = log.line_names(indexes[0])
    hidden = dict.fromkeys(indexes, LINE) | {indexes[0]: names}
    log, indexes = make_log(records=[make_record(PERSON), make_record(person(prenom1="Anne"))])
    bundle = log.prove(*indexes, shown=hidden)
    note = "the second is somebody else's, whose identity is hidden"
    yield warns(("", "no-identity"), "person-of-one-hidden", note, log, bundle)
    names = log.line_names(indexes[0]) - {f"{HOLDER}titulaire.jourNaissance"}
    bundle = log.prove(indexes[0], shown=names)
    note = "a group that is not whole is no identity"
    yield warns("no-identity", "person-incomplete", note, log, bundle)
    records = [make_record(one) for one in (PERSON, DOSSIER, person(prenom1="Anne"))]
    log, indexes = make_log(records=records)
    reasons = ("other-person person-unsettled", "other-person person-unsettled", "other-person")
    note = "three of which two may be one person's"
    yield warns(reasons, "person-three", note, log, log.prove(*indexes))
