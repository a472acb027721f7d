"""Records of which too much is shown, or a field without what goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.record.commitment import NEVER_DISCLOSED
from simulator import HOLDER, LINE, PERSON, make_log, make_record
from vectors.drafts import fails, holds, warns
from vectors.good_persons import DOSSIER, NATIONAL
from vectors.record_slots import show, show_alone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.record.commitment import Field
    from vectors.cases import Draft

NIR: Final = next(iter(NEVER_DISCLOSED))
LEVELS: Final = {
    "niveauLangueEuropeen": "presenceNiveauLangueEuro",
    "niveauNumeriqueEuropeen.scoreGeneral": "presenceNiveauNumeriqueEuro",
    "niveauNumeriqueEuropeen.resultats": "presenceNiveauNumeriqueEuro",
}
DOSSIER_WHOLE: Final[tuple[Field, ...]] = (
    (f"{HOLDER}dossierFormation.idDossier", "2026-000017"),
    *DOSSIER,
)
PLACE: Final = f"{HOLDER}titulaire.codeCommuneNaissance."
INSEE: Final = f"{PLACE}codeInseeNaissance.codeInsee"
POSTCODE: Final = f"{PLACE}codePostalNaissance.codePostal"
OPTIONAL: Final = {"niveauLangueEuropeen", f"{HOLDER}titulaire.prenom2"}
"""Fields that may be hidden beside ``source``, for they need not be there."""
NEEDLESS: Final = "incomplete no-identity"


def disclosure_rules() -> Iterator[Draft]:
    """Return them all, each beside what is still allowed."""
    yield from _numbers()
    yield from _levels()
    yield from _sources()
    yield from _source_alone()
    yield from _alternatives()


def _numbers() -> Iterator[Draft]:
    fields = make_record((*NATIONAL, (NIR, "2910729019123")))
    log, bundle = show(fields, LINE | {NATIONAL[0][0]})
    yield warns("name-only", "national-number-hidden", "a record may hold it", log, bundle)
    log, bundle = show(fields, {"code", NIR})
    yield fails("disclosure-rules", "national-number", "no proof shows it", log, bundle)


def _levels() -> Iterator[Draft]:
    for number, (level, flag) in enumerate(LEVELS.items()):
        log, (index,) = make_log(records=[make_record(PERSON, **{level: None})])
        made = log.prove(index, shown=[level, flag])
        yield warns(NEEDLESS, f"level-{number}-with-flag", level, log, made)
        made = log.prove(index, shown=[level])
        said = f"{level} without {flag}"
        yield fails("disclosure-rules", f"level-{number}", said, log, made)
    level, flag = "niveauLangueEuropeen", "presenceNiveauNumeriqueEuro"
    log, (index,) = make_log()
    made = log.prove(index, shown=[level, flag])
    yield fails("disclosure-rules", "level-other-flag", "the other level's flag", log, made)


def _sources() -> Iterator[Draft]:
    """Show ``source`` beside all that it needs, and beside all but one."""
    second = (f"{HOLDER}titulaire.prenom2", "Anne")
    for id_, fields in (
        ("by-birth-place", make_record((*PERSON, second))),
        ("by-postcode", _by_postcode()),
        ("by-training-file", make_record(DOSSIER_WHOLE)),
    ):
        names = {name for name, _ in fields} - OPTIONAL
        log, bundle = show(fields, names)
        said = "beside all that there must be, what is optional hidden"
        yield holds(f"source-{id_}", said, log, bundle)
    for id_, fields in (("", make_record()), ("-of-file", make_record(DOSSIER_WHOLE))):
        needed = [name for name, _ in fields if name not in {"source", *OPTIONAL}]
        # The fields that are not the holder's are the same in both.
        needed = [name for name in needed if not id_ or name.startswith(HOLDER)]
        for name in needed:
            shown = {name for name, _ in fields} - {name, "niveauLangueEuropeen"}
            log, bundle = show_alone(fields, shown)
            said = f"beside all but {name}"
            short = name.rpartition(".")[2]
            yield fails("disclosure-rules", f"source-{short}{id_}", said, log, bundle)


def _by_postcode() -> tuple[Field, ...]:
    fields = dict(make_record()) | {POSTCODE: None}
    del fields[INSEE]
    return tuple(fields.items())


def _source_alone() -> Iterator[Draft]:
    log, bundle = show(make_record(), {"source"})
    yield fails("disclosure-rules", "source-alone", "and nothing beside it", log, bundle)
    log, bundle = show(make_record(), {"source", "code", "type"})
    yield fails("disclosure-rules", "source-beside-two", "with much hidden", log, bundle)
    fields = make_record((*NATIONAL, (NIR, "2910729019123")))
    shown = {name for name, _ in fields} - {NIR}
    log, bundle = show(fields, shown)
    said = "the number could be found from it"
    yield fails("disclosure-rules", "source-hidden-number", said, log, bundle)
    fields = make_record(())
    log, bundle = show(fields, {name for name, _ in fields})
    said = "of a record without a holder"
    yield fails("disclosure-rules", "source-without-holder", said, log, bundle)


def _alternatives() -> Iterator[Draft]:
    """Give one record names of two kinds of identity that have slots of their own."""
    day, name = f"{HOLDER}titulaire.jourNaissance", DOSSIER[0]
    fields = [name, DOSSIER[1], (day, 23)]
    log, bundle = show(fields, {one for one, _ in fields})
    said = "the name of a training file, and a day of birth"
    yield fails("disclosure-rules", "two-kinds", said, log, bundle)
    log, bundle = show(fields, {name[0], DOSSIER[1][0]})
    said = "the same, the day hidden"
    yield warns("incomplete", "two-kinds-hidden", said, log, bundle)
    fields = [NATIONAL[0], (f"{HOLDER}titulaire.prenom1", "Maëlle")]
    log, bundle = show(fields, {one for one, _ in fields})
    said = "a surname by its number, and a first name"
    yield fails("disclosure-rules", "two-kinds-of-names", said, log, bundle)
    fields = [NATIONAL[0], (f"{HOLDER}passeport.numero", "20FR12345")]
    log, bundle = show(fields, {one for one, _ in fields})
    said = "a surname by its number, and a name that the table does not know"
    yield warns("incomplete name-only", "two-kinds-unknown", said, log, bundle)
