"""Bundles of one person, of several, and of whoever it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from simulator import (
    HOLDER,
    PERSON,
    make_log,
    make_record,
)
from vectors.drafts import holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.record.commitment import Field, Value
    from vectors.cases import Draft

DOSSIER: Final[tuple[Field, ...]] = (
    (f"{HOLDER}dossierFormation.nomTitulaire", "LEFÈVRE-DUBOIS"),
    (f"{HOLDER}dossierFormation.prenom1Titulaire", "Maëlle"),
)
NATIONAL: Final[tuple[Field, ...]] = (
    (f"{HOLDER}identifiantNational.nomNaissance", "LEFÈVRE-DUBOIS"),
)


def person(**changes: Value) -> tuple[Field, ...]:
    """Give the invented person with some parts of its identity changed."""
    return tuple((name, changes.get(name.rpartition(".")[2], value)) for name, value in PERSON)


def good_persons() -> Iterator[Draft]:
    """Give them all."""
    title = "titulaire and dossier name one person by other fields"
    yield _persons("person-dossier", "the identity of a training file", DOSSIER)
    yield _persons("person-national", "a birth name alone settles nothing", NATIONAL)
    yield _persons("person-mixed", title, PERSON, DOSSIER)
    spelled = person(nomNaissance="Lefevre  dubois", prenom1="MAELLE")
    yield _persons("person-spelled-otherwise", "case, accents, punctuation", PERSON, spelled)
    sharp, eszett = person(nomNaissance="STRASSE"), person(nomNaissance="Straße")
    yield _persons("person-case-folded", "full case folding: ß is ss", sharp, eszett)
    ligature = person(nomNaissance="\ufb01LS", prenom1="I\u0307lker")
    plain = person(nomNaissance="FILS", prenom1="ilker")
    yield _persons("person-compatible", "NFKD, and combining marks go", ligature, plain)
    for id_, one, other in (
        ("apostrophes", "D'ARC", "d\u2019Arc"),
        ("numerals", "LOUIS \u2167", "louis viii"),
        (
            "final-sigma",
            "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2",
            "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3",
        ),
        ("long-s", "We\u017f\u017fely", "WESSELY"),
        ("capital-eszett", "GRO\u1e9e", "gross"),
        ("digits", "\u0663 MOUSQUETAIRES", "\u0663-mousquetaires"),
        ("ideographs", "\u738b\u5c0f\u660e", "\u738b\u5c0f\u660e "),
        ("ligature-oe", "C\u0152UR", "c\u0153ur"),
        ("polish", "\u0141\u00d3D\u0179", "\u0142\u00f3d\u017a"),
        ("cherokee", "\u13a0\u13a1", "\uab70\uab71"),
    ):
        pair = (person(nomNaissance=one), person(nomNaissance=other))
        yield _persons(f"person-{id_}", "two spellings of one name", *pair)
    log, indexes = make_log(records=[make_record(PERSON), make_record(())])
    shown = {index: log.line_names(index) for index in indexes}
    bundle = log.prove(*indexes, shown=shown)
    yield holds("person-of-one-unknown", "one has no identity: that is open", log, bundle)
    names = log.line_names(indexes[0]) - {f"{HOLDER}titulaire.jourNaissance"}
    bundle = log.prove(indexes[0], shown=names)
    yield holds("person-incomplete", "a group that is not whole is no identity", log, bundle)
    for id_, changed in (
        ("name", person(nomNaissance="LEFÈVRE")),
        ("first-name", person(prenom1="Maël")),
        ("day", person(jourNaissance=24)),
        ("year", person(anneeNaissance=1990)),
        ("dotless-i", person(prenom1="Ma\u0131lle")),
        ("stroke", person(nomNaissance="LEF\u00d8VRE-DUBOIS")),
    ):
        made = _persons(
            f"persons-differ-by-{id_}", "two persons in one bundle", PERSON, changed
        )
        yield replace(made, verdict="no", level="refused", failing=("person",))


def _persons(id_: str, note: str, *persons: Sequence[Field]) -> Draft:
    log, indexes = make_log(records=[make_record(one) for one in persons])
    return holds(id_, note, log, log.prove(*indexes))
