"""What the verifier makes of records: slots, commitments, and what may be shown together."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec.structs import replace

from provenance.encoding import encode_json
from provenance.record.showing import SOURCE_HOLDERS, SOURCE_NEEDS
from provenance.record.slots import CERTIFICATION
from simulator import (
    HOLDER,
    PERSON,
    Simulator,
    base64url,
    disclosure,
    make_log,
    make_record,
)
from verifying import change, failing, find, reasons, verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.record.bundle import Bundle
    from provenance.record.commitment import Field

NIR: Final = f"{HOLDER}identifiantNational.nir"
PASSPORT: Final = f"{HOLDER}passeport.numero"
DOSSIER: Final[tuple[Field, ...]] = (
    (f"{HOLDER}dossierFormation.idDossier", "1234567890123"),
    (f"{HOLDER}dossierFormation.nomTitulaire", "LEFEVRE"),
    (f"{HOLDER}dossierFormation.prenom1Titulaire", "Maelle"),
)


def logged(
    fields: Sequence[Field], *, at: dict[str, int] | None = None, **texts: Any
) -> tuple[Simulator, int]:
    """Record fields in any slots, against the rules if need be."""
    log = Simulator()
    log.register(certifiers=("CERT0001",))
    index = log.certify(log.deposit(), fields, at=at, **texts)
    log.publish()
    return log, index


def with_record(bundle: Bundle, *record: str) -> Bundle:
    """Show another list of strings for the certification, which is the third entry."""
    return change(bundle, 2, record=record)


def raw_record(bundle: Bundle, record: list[str]) -> bytes:
    """Do as `with_record` for a list that no bundle may have."""
    tree = json.loads(encode_json(bundle))
    tree["entries"][2]["record"] = record
    return encode_json(tree)


# Commitments.


def test_records_of_two_certifications_cannot_be_swapped() -> None:
    log, indexes = make_log(records=[make_record(), make_record(code="RS5000")])
    bundle = log.prove(*indexes)
    first, second = bundle.entries[2].record, bundle.entries[3].record
    swapped = change(change(bundle, 2, record=second), 3, record=first)
    assert failing(verify(log, swapped)) == {"commitment": [4, 5]}


def test_a_changed_value_is_refused() -> None:
    log, (index,) = make_log()
    bundle = log.prove(index)
    shown = [slot for slot, text in enumerate(bundle.entries[2].record) if len(text) > 43]
    assert len(shown) == 11
    for slot in shown:
        record = list(bundle.entries[2].record)
        salt, name, value = json.loads(base64.urlsafe_b64decode(record[slot] + "=="))
        forged = encode_json([salt, name, "RNCP1" if value != "RNCP1" else "RNCP2"])
        record[slot] = base64url(forged)
        report = verify(log, with_record(bundle, *record))
        assert failing(report) == {"commitment": [index]}


def test_every_slot_counts() -> None:
    """Whatever is changed, moved, added or left out in the list: the commitment is another."""
    log, (index,) = make_log()
    bundle = log.prove(index)
    record = bundle.entries[2].record
    for slot in range(64):
        digest = "A" * 42 + ("A" if record[slot] != "A" * 43 else "E")
        changed = (*record[:slot], digest, *record[slot + 1 :])
        assert failing(verify(log, with_record(bundle, *changed))) == {"commitment": [index]}
        twin = (slot + 1) % 64
        moved = list(record)
        moved[slot], moved[twin] = moved[twin], moved[slot]
        assert failing(verify(log, with_record(bundle, *moved))) == {"commitment": [index]}


@pytest.mark.parametrize("text", ["", "e30", "A" * 42, "A" * 44, "A" * 42 + "B", "+" * 43])
def test_what_is_neither_a_digest_nor_a_disclosure_is_refused(text: str) -> None:
    log, (index,) = make_log()
    bundle = log.prove(index)
    record = (*bundle.entries[2].record[:50], text, *bundle.entries[2].record[51:])
    assert failing(verify(log, with_record(bundle, *record))) == {"commitment": [index]}


def test_a_digest_that_is_spelled_otherwise_is_refused() -> None:
    """The last character of a digest has two bits that belong to no byte."""
    log, (index,) = make_log()
    bundle = log.prove(index)
    record = list(bundle.entries[2].record)
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = digits[digits.index(record[50][-1]) ^ 1]
    record[50] = record[50][:-1] + other
    assert failing(verify(log, with_record(bundle, *record))) == {"commitment": [index]}


@pytest.mark.parametrize("count", [0, 1, 7, 9, 63, 65])
def test_format_refuses_other_numbers_of_slots(count: int) -> None:
    log, (index,) = make_log()
    bundle = log.prove(index)
    shown = next(text for text in bundle.entries[2].record if len(text) > 43)
    assert verify(log, raw_record(bundle, [shown] * 64)).verdict == "no"
    assert verify(log, raw_record(bundle, [shown] * count)).verdict == "unreadable"


def test_format_refuses_a_list_that_shows_nothing() -> None:
    log, (index,) = make_log()
    bundle = log.prove(index)
    for count in (8, 64):
        record = ["A" * 43] * count
        assert verify(log, raw_record(bundle, record)).verdict == "unreadable"
        assert verify(log, raw_record(bundle, [*record[1:], "A"])).verdict == "no"


def test_the_number_of_slots_is_that_of_the_type() -> None:
    log, (index,) = make_log()
    withdrawal = log.withdraw(index)
    log.publish()
    bundle = log.prove(index, withdrawal, shown={withdrawal: ["reason"]})
    number = [json.loads(one.entry)["index"] for one in bundle.entries].index(withdrawal)
    eight, many = bundle.entries[number].record, bundle.entries[2].record
    assert (len(eight), len(many)) == (8, 64)
    assert failing(verify(log, change(bundle, number, record=many))) == {
        "commitment": [withdrawal]
    }
    assert failing(verify(log, with_record(bundle, *eight))) == {"commitment": [index]}


def test_an_entry_that_commits_to_nothing_shows_no_fields() -> None:
    log, (index,) = make_log()
    bundle = log.prove(index)
    report = verify(log, change(bundle, 1, record=bundle.entries[2].record))
    assert failing(report) == {"commitment": [2]}


def test_a_bundle_without_a_certification_proves_nothing() -> None:
    log, _ = make_log()
    assert failing(verify(log, log.prove())) == {"certification": [None]}


# Slots.


def test_a_name_is_shown_in_its_own_slot_alone() -> None:
    """The recorder puts it into each of the others, and commits to that."""
    for slot in range(64):
        if slot == CERTIFICATION.slot_of["contrat"]:
            continue
        fields = (("contrat", "another"), ("verbatim", "text"))
        taken = {"contrat": slot, "verbatim": 42 if slot != 42 else 41}
        log, index = logged(fields, at=taken)
        report = verify(log, log.prove(index, shown=["contrat"]))
        assert failing(report) == {"commitment": [index]}


def test_alternatives_share_a_slot_so_only_one_of_them_can_be_shown() -> None:
    """One entry, two holders: whichever is not in its slot does not verify."""
    name, other = f"{HOLDER}titulaire.nomNaissance", f"{HOLDER}dossierFormation.nomTitulaire"
    for first, second in ((name, other), (other, name)):
        log, index = logged(((first, "A"), (second, "B")), at={first: 29, second: 50})
        assert verify(log, log.prove(index, shown=[first])).verdict == "attention"
        assert failing(verify(log, log.prove(index, shown=[second]))) == {"commitment": [index]}


@pytest.mark.parametrize("slot", [*range(43, 62), 0, 28, 42])
def test_an_unknown_name_is_counted_and_nothing_else(slot: int) -> None:
    fields = [field for field in make_record() if CERTIFICATION.slot_of[field[0]] != slot]
    log, index = logged([*fields, (PASSPORT, "X")], at={PASSPORT: slot})
    names = log.line_names(index)
    without = verify(log, log.prove(index, shown=names))
    report = verify(log, log.prove(index, shown={*names, PASSPORT}))
    assert report.verdict == without.verdict
    (one,), (before,) = report.certifications, without.certifications
    assert (one.unknown_fields, before.unknown_fields) == (1, 0)
    assert replace(one, unknown_fields=0) == before
    assert "X" not in report.to_json().decode()[report.to_json().decode().index('"fields"') :]


@pytest.mark.parametrize("slot", [62, 63])
def test_an_unknown_name_in_a_closed_slot_is_refused(slot: int) -> None:
    fields = [field for field in make_record() if field[0] != "source"]
    log, index = logged([*fields, ("later", "X")], at={"later": slot})
    assert verify(log, log.prove(index)).verdict == "yes"
    assert failing(verify(log, log.prove(index, shown=["later"]))) == {"commitment": [index]}


def test_a_name_that_is_shown_twice_is_refused() -> None:
    text = disclosure(bytes(18), "later", 1)
    log, index = logged(make_record(), texts={50: text, 51: text})
    bundle = log.prove(index)
    record = list(bundle.entries[2].record)
    record[50] = text
    assert verify(log, with_record(bundle, *record)).certifications[0].unknown_fields == 1
    record[51] = text
    assert failing(verify(log, with_record(bundle, *record))) == {"commitment": [index]}


def test_unknown_names_of_small_records_may_be_in_any_slot_but_the_last() -> None:
    for slot in range(8):
        log, (index,) = make_log()
        withdrawal = log.withdraw(index)
        committed = log.records[withdrawal]
        text = disclosure(bytes(18), "later", 1)
        texts = {slot: text} if slot == 0 else committed.texts | {slot: text}
        log.records[withdrawal] = committed._replace(texts=texts, names={slot: "later"})
        entry = json.loads(log.entries.pop())
        for made in (log.leaves, log.signatures):
            made.pop()
        entry["commitment"] = base64.b64encode(log.records[withdrawal].commitment()).decode()
        log.append_bytes(encode_json(entry))
        log.publish()
        report = verify(log, log.prove(index, withdrawal, shown={withdrawal: ["later"]}))
        if slot == 7:
            assert failing(report) == {"commitment": [withdrawal]}
        else:
            assert reasons(report) == {index: ("withdrawn",)}


# What may be shown together.


def test_the_national_number_is_never_shown() -> None:
    fields = make_record((), **{NIR: "2910729019123"})
    log, index = logged(fields)
    assert verify(log, log.prove(index, shown=["code"])).verdict == "attention"
    report = verify(log, log.prove(index, shown=["code", NIR]))
    assert failing(report) == {"disclosure-rules": [index]}


@pytest.mark.parametrize(
    ("level", "flag"),
    [
        ("niveauLangueEuropeen", "presenceNiveauLangueEuro"),
        ("niveauNumeriqueEuropeen.scoreGeneral", "presenceNiveauNumeriqueEuro"),
        ("niveauNumeriqueEuropeen.resultats", "presenceNiveauNumeriqueEuro"),
    ],
)
def test_a_level_needs_its_flag(level: str, flag: str) -> None:
    log, (index,) = make_log(records=[make_record(PERSON, **{level: None})])
    assert (
        find(verify(log, log.prove(index, shown=[level, flag])), "commitment").outcome == "yes"
    )
    report = verify(log, log.prove(index, shown=[level]))
    assert failing(report) == {"disclosure-rules": [index]}


def holders() -> dict[str, tuple[Field, ...]]:
    return {"titulaire": PERSON, "dossier": DOSSIER}


@pytest.mark.parametrize("person", holders().values(), ids=holders())
def test_the_source_needs_every_compulsory_field_beside_it(
    person: tuple[Field, ...],
) -> None:
    log, index = logged(make_record(person))
    names = {name for name, _ in log.records[index].fields}
    assert verify(log, log.prove(index, shown=names)).verdict == "yes"
    needed = names & (SOURCE_NEEDS | frozenset().union(*SOURCE_HOLDERS))
    assert len(needed) == 15 + (3 if person is DOSSIER else 8)
    for name in sorted(needed):
        flagged = {"niveauLangueEuropeen"} if name == "presenceNiveauLangueEuro" else set()
        report = verify(log, log.prove(index, shown=names - {name} - flagged))
        assert failing(report) == {"disclosure-rules": [index]}, name
    for name in sorted(names - needed - {"source"}):
        assert verify(log, log.prove(index, shown=names - {name})).verdict == "yes", name


def test_the_source_is_never_shown_beside_a_national_number() -> None:
    person = ((NIR, "2910729019123"), (f"{HOLDER}identifiantNational.nomNaissance", "X"))
    log, index = logged(make_record(person))
    names = {name for name, _ in log.records[index].fields} - {NIR}
    report = verify(log, log.prove(index, shown=names))
    assert failing(report) == {"disclosure-rules": [index]}
    assert verify(log, log.prove(index, shown=names - {"source"})).verdict == "attention"


def test_a_place_of_birth_may_be_a_postal_code() -> None:
    place = f"{HOLDER}titulaire.codeCommuneNaissance"
    fields = [
        (f"{place}.codePostalNaissance.codePostal", "29200")
        if name == f"{place}.codeInseeNaissance.codeInsee"
        else (name, value)
        for name, value in make_record()
    ]
    log, index = logged(fields)
    assert verify(log, log.prove(index, shown=[name for name, _ in fields])).verdict == "yes"


def test_names_of_two_identifications_are_not_shown_together() -> None:
    born = f"{HOLDER}titulaire.jourNaissance"
    log, index = logged([*make_record(DOSSIER), (born, 23)])
    names = log.line_names(index) - {born}
    assert verify(log, log.prove(index, shown=names)).verdict == "yes"
    report = verify(log, log.prove(index, shown={*names, born}))
    assert failing(report) == {"disclosure-rules": [index]}


def test_an_unknown_identification_mixes_nothing() -> None:
    log, index = logged([*make_record(), (PASSPORT, "X")])
    report = verify(log, log.prove(index, shown={*log.line_names(index), PASSPORT}))
    assert report.verdict == "yes"


# Lines.


def test_a_bare_successor_is_no_line() -> None:
    log, (index,) = make_log()
    newer = log.certify(3, supersedes=index)
    log.publish()
    report = verify(log, log.prove(index, support=[*log.support_of(index), newer]))
    assert [one.index for one in report.certifications] == [index]
    assert report.certifications[0].changed_by == newer
    report = verify(log, log.prove(index, newer))
    assert [one.index for one in report.certifications] == [index, newer]
    alone = verify(log, log.prove(support=[*log.support_of(newer), newer]))
    assert [one.index for one in alone.certifications] == [newer]
