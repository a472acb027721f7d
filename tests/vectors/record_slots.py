"""Records whose fields are at their slots, and at others: what one entry can show."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

from provenance.encoding import encode_json
from provenance.record.slots import CERTIFICATION, ERASURE, WITHDRAWAL
from simulated_records import commit_to
from simulator import HOLDER, LINE, PERSON, Simulator, base64url, make_log, make_record
from vectors.drafts import fails, holds, unreadable, warns
from vectors.good_persons import DOSSIER, NATIONAL
from verifying import change, flip, lean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from provenance.record.bundle import Bundle
    from provenance.record.commitment import Field, Value
    from provenance.record.slots import SlotTable
    from vectors.cases import Draft

NIR: Final = f"{HOLDER}identifiantNational.nir"
UNKNOWN: Final = f"{HOLDER}passeport.numero"
FREE: Final = 43
LAST: Final = 63
SOURCE_SLOT: Final = 62
HIDDEN_SIZE: Final = 43


def record_slots() -> Iterator[Draft]:
    """Return them all."""
    yield from _every_slot()
    yield from _two_of_one_slot()
    yield from _unknown_names()
    yield from _small_tables()
    yield from _counts()
    yield from _strings()
    yield from _formats()


def show(
    fields: Sequence[Field],
    names: Collection[str],
    at: Mapping[str, int] | None = None,
    texts: Mapping[int, str] | None = None,
    *,
    status: bool = True,
) -> tuple[Simulator, Bundle]:
    """Commit to fields, wherever ``at`` puts them, and disclose those of these names."""
    log = Simulator()
    log.register()
    index = log.certify(log.deposit(), fields, at=at, texts=texts)
    log.publish(status=status)
    return log, log.prove(index, shown=names)


def show_alone(*args: Any, **options: Any) -> tuple[Simulator, Bundle]:
    """Do the same without a status, for cases that fail before it is looked at."""
    return show(*args, **options, status=False)


def _every_slot() -> Iterator[Draft]:
    """Fill each slot that has names once, and put each name elsewhere once."""
    for kind, reasons in (
        ("titulaire", ""),
        ("dossierFormation", ""),
        ("identifiantNational", "name-only"),
    ):
        fields = [(name, _value_of(name)) for name in _names_of(kind)]
        log, bundle = show(fields, {name for name, _ in fields} - {NIR, "source"})
        said = f"all fields that a record by {kind} can have"
        verdict = "attention" if reasons else "yes"
        args = (reasons, f"slots-{kind}", said, log, bundle)
        yield warns(*args, verdict=verdict)
    for slot, names in enumerate(CERTIFICATION.names):
        for number, name in enumerate(names):
            log, bundle = show_alone([(name, _value_of(name))], {name}, {name: FREE})
            said = f"{name} in slot {FREE}, and not in its own"
            yield fails("commitment", f"slot-{slot}-{number}", said, log, bundle)


def _names_of(kind: str) -> Iterator[str]:
    """Name one field for each slot: of the alternative ``kind`` where it is one."""
    for names in CERTIFICATION.names:
        of_kind = [one for one in names if one.startswith(f"{HOLDER}{kind}.")]
        yield from of_kind[:1] or [one for one in names if not one.startswith(HOLDER)]


def _value_of(name: str) -> Value:
    return _VALUES.get(name, dict(make_record()).get(name, "x"))


_VALUES: Final[dict[str, Value]] = {
    **dict(DOSSIER),
    **dict(NATIONAL),
    NIR: "2910729019123",
    "dateFinValidite": "2031-03-13",
    "niveauNumeriqueEuropeen.scoreGeneral": 700,
    "niveauNumeriqueEuropeen.resultats": [{"niveau": 5, "domaineCompetenceId": "1"}],
}


def _two_of_one_slot() -> Iterator[Draft]:
    """Give one record two values, of which at most one can be shown."""
    birth, file = f"{HOLDER}titulaire.nomNaissance", DOSSIER[0][0]
    for id_, one, other in (
        ("birth-name", (birth, "LEFÈVRE-DUBOIS"), (file, "FAUSSAIRE")),
        ("file-name", (file, "FAUSSAIRE"), (birth, "LEFÈVRE-DUBOIS")),
        ("year-and-number", (f"{HOLDER}titulaire.anneeNaissance", 1991), (NIR, "2910729")),
    ):
        log, bundle = show_alone([one, other], {one[0], other[0]}, {other[0]: FREE})
        said = "two names of one slot, the second in a free one"
        yield fails("commitment", f"two-{id_}", said, log, bundle)
        log, bundle = show([one, other], {one[0]}, {other[0]: FREE})
        said = "the same, the second hidden: what is hidden cannot be known"
        yield warns("incomplete no-identity", f"slots-hidden-{id_}", said, log, bundle)
    fields, more = make_record(), ("code", "RNCP38000")
    committed = commit_to(bytes(32), [more], CERTIFICATION, at={"code": FREE})
    log, bundle = show(fields, {"type", "code"}, texts={FREE: committed.texts[FREE]})
    record = list(bundle.entries[2].record)
    yield warns(
        "incomplete no-identity",
        "slots-second-value-hidden",
        "a second code where a decoy goes, hidden",
        log,
        bundle,
    )
    record[FREE] = committed.texts[FREE]
    made = change(bundle, 2, record=tuple(record))
    yield fails("commitment", "second-value", "the same, shown beside the first", log, made)
    record[4] = base64url(log.records[4].digests()[4])
    made = change(bundle, 2, record=tuple(record))
    yield fails("commitment", "second-value-alone", "the same, the first hidden", log, made)


def _unknown_names() -> Iterator[Draft]:
    fields = [*make_record(), (UNKNOWN, "20FR12345")]
    shown = {name for name, _ in PERSON} | LINE | {UNKNOWN}
    for id_, slot, said in (
        ("free", FREE, "a free slot"),
        ("last-free", 61, "the last free one"),
        ("taken", 5, "a slot that has a name, which the record lacks"),
    ):
        log, bundle = show(fields, shown, {UNKNOWN: slot})
        note = f"a name of a later schema, in {said}"
        expected = ({"unknown_fields": 1},)
        yield holds(f"slots-unknown-{id_}", note, log, bundle, said=expected)
    fields = [*make_record(()), (UNKNOWN, "20FR12345")]
    log, bundle = show(fields, LINE | {UNKNOWN}, {UNKNOWN: 28})
    note = "a later kind of identity, in the slot of its choice: nobody is shown by it"
    yield warns("no-identity", "slots-unknown-identity", note, log, bundle)
    for id_, slot in (("last", LAST), ("source", SOURCE_SLOT)):
        fields = [*make_record()[:-1], (UNKNOWN, "20FR12345")]
        log, bundle = show_alone(fields, shown, {UNKNOWN: slot})
        said = f"a name of a later schema in slot {slot}"
        yield fails("commitment", f"unknown-{id_}", said, log, bundle)
    log, bundle = show([*make_record()[:-1], (UNKNOWN, 1)], shown - {UNKNOWN}, {UNKNOWN: LAST})
    note = "the same in the last slot, hidden"
    yield holds("slots-unknown-hidden", note, log, bundle)
    log, bundle = show_alone([("a", 1), ("a", 2)], {"a"}, _Twice({"a": FREE}))
    yield fails("commitment", "unknown-twice", "two values of one unknown name", log, bundle)
    log, bundle = show([("niveauLangueEuropeen.autre", "B2")], {"niveauLangueEuropeen.autre"})
    note = "a name that goes on behind a level's is not the level"
    yield warns("incomplete no-identity", "slots-unknown-level", note, log, bundle)


class _Twice(dict[str, int]):
    """Puts a name that comes again into the slot behind the one before."""

    def get(self, name: str, default: Any = None) -> Any:
        slot = super().get(name, default)
        if slot is not None:
            self[name] = slot + 1
        return slot


def _small_tables() -> Iterator[Draft]:
    both: dict[str, Value] = {"basis": "GDPR_ART_17", "case": "2026/17"}
    yield from _right(
        ("reason", WITHDRAWAL, {"reason": "FRAUD"}, {}),
        ("basis-and-case", ERASURE, both, {}),
        ("unknown-of-8", WITHDRAWAL, {"reason": "OTHER", "autre": "x"}, {"autre": 3}),
        ("basis-of-a-withdrawal", WITHDRAWAL, {"basis": "OTHER"}, {"basis": 0}),
    )
    for id_, table, fields, at in (
        ("reason-in-slot-1", WITHDRAWAL, {"reason": "ERROR"}, {"reason": 1}),
        ("basis-in-slot-1", ERASURE, {"basis": "OTHER"}, {"basis": 1}),
        ("case-in-slot-0", ERASURE, {"case": "x"}, {"case": 0}),
        ("unknown-last-of-8", WITHDRAWAL, {"autre": "x"}, {"autre": 7}),
    ):
        _, log, bundle = _taken_back(table, fields, at)
        yield fails("commitment", id_, "not at its place in the table of 8", log, bundle)


def _right(
    *cases: tuple[str, SlotTable, Mapping[str, Value], Mapping[str, int]],
) -> Iterator[Draft]:
    for id_, table, fields, at in cases:
        reason, log, bundle = _taken_back(table, fields, at)
        note = "at its place in the table of 8, or a name that this does not know"
        yield warns(reason, f"slots-{id_}", note, log, bundle)


def _taken_back(
    table: SlotTable, fields: Mapping[str, Value], at: Mapping[str, int]
) -> tuple[str, Simulator, Bundle]:
    """Withdraw or erase a certification, and show the record of that; and the reason."""
    log, (index,) = make_log()
    if table is ERASURE:
        by = log.erase(index, fields=tuple(fields.items()), at=at)
    else:
        by = log.withdraw(index, fields=tuple(fields.items()), at=at)
    log.publish()
    reason = "erased" if table is ERASURE else "withdrawn"
    return (
        reason,
        log,
        log.prove(index, by, shown={index: LINE | {name for name, _ in PERSON}, by: [*fields]}),
    )


def _counts() -> Iterator[Draft]:
    log, (index,) = make_log()
    withdrawal = log.withdraw(index)
    log.publish()
    bundle = log.prove(index, withdrawal, shown={withdrawal: ["reason"]})
    long, short = bundle.entries[2].record, bundle.entries[3].record
    made = change(bundle, 2, record=short)
    yield fails("commitment", "count-of-8", "a certification has 64 slots", log, made)
    made = change(bundle, 3, record=long)
    yield fails("commitment", "count-of-64", "a withdrawal has 8 slots", log, made)
    for id_, record in (("64", long), ("8", short)):
        made = change(bundle, 1, record=record)
        said = "an entry that commits to nothing"
        yield fails("commitment", f"of-a-depositor-{id_}", said, log, made)
    deposit = log.prove(index, support=(1, 2, 3))
    made = change(deposit, 2, record=long)
    yield fails("commitment", "of-a-deposit", "the same, its digest is another", log, made)


def _strings() -> Iterator[Draft]:
    log, (index,) = make_log()
    bundle = log.prove(index, shown=["code"])
    record = bundle.entries[2].record
    digest = record[7]
    for id_, note, text in (
        ("respelled", "one spelling of a value", _respell(digest)),
        ("standard-alphabet", "base64url", "+" + digest[1:]),
        ("padded", "44 characters, and not a disclosure", digest + "="),
        ("short", "42 characters", digest[1:]),
        ("empty", "no character", ""),
        ("not-ascii", "43 characters", "é" + digest[1:]),
        ("changed", "another digest", flip(digest)),
        ("of-another-slot", "the decoy beside it", record[8]),
    ):
        made = change(bundle, 2, record=(*record[:7], text, *record[8:]))
        yield fails("commitment", f"string-{id_}", note, log, made)
    swapped = (*record[:7], record[8], record[7], *record[9:])
    made = change(bundle, 2, record=swapped)
    yield fails("commitment", "string-swapped", "two slots", log, made)
    moved = list(record)
    moved[3], moved[4] = moved[4], moved[3]
    made = change(bundle, 2, record=tuple(moved))
    yield fails("commitment", "string-moved", "a disclosure in the slot before", log, made)


def _respell(text: str) -> str:
    """Change the last bits, which stand for nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    made = text[:-1] + alphabet[alphabet.index(text[-1]) | 1]
    assert base64.urlsafe_b64decode(made + "=") == base64.urlsafe_b64decode(text + "=")
    return made


def _formats() -> Iterator[Draft]:
    log, (index,) = make_log()
    _, bundle = lean(log, log.prove(index))
    record = bundle.entries[2].record
    hidden = log.records[index].show([])
    planes = tuple("\U0001f393" + one[1:] for one in hidden)
    others: tuple[tuple[str, str, Any], ...] = (
        ("of-63", "64 or 8", record[1:]),
        ("of-65", "64 or 8", (*record, record[-1])),
        ("of-9", "64 or 8", (*record[:1], *record[56:])),
        ("of-7", "64 or 8", record[1:8]),
        ("hidden", "with nothing shown, the list is left out", hidden),
        ("hidden-planes", "the same: 43 characters, though 44 units of UTF-16", planes),
        ("empty", "empty lists are left out", ()),
        ("null", "null is not absent", None),
        ("number", "strings alone", [1] * 64),
    )
    for id_, note, other in others:
        tree = json.loads(encode_json(bundle))
        tree["entries"][2]["record"] = other
        yield unreadable(f"record-{id_}", note, log, encode_json(tree))
    tree = json.loads(encode_json(bundle))
    shown = tree["entries"][2]
    tree["entries"][2] = {"record": shown.pop("record"), **shown}
    yield unreadable("record-first", "behind the path", log, encode_json(tree))
    made = change(bundle, 2, record=("A" * HIDDEN_SIZE,) * 7 + ("A" * (HIDDEN_SIZE - 1),))
    said = "8 strings, one of which has not 43 characters: that is no question of form"
    yield fails("commitment", "record-of-8", said, log, made)
