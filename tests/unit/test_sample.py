from __future__ import annotations

import hashlib
import tracemalloc
from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

import pytest
from msgspec.structs import replace

from fluxes import source_of
from provenance.cdc.checks import check_deadline, check_passage
from provenance.cdc.flux import FluxReader, Header, reparse
from provenance.cdc.sample import (
    BREAKS,
    FLAWS,
    Form,
    SampleSpec,
    break_flux,
    describe,
    write_flux,
)
from provenance.cdc.sample.people import identity
from provenance.errors import FormatError
from provenance.record.identity import fold

if TYPE_CHECKING:
    from provenance.cdc.flux import Passage
    from provenance.record.commitment import Field

FORMS: Final[dict[str, Form]] = {
    "plain": Form(),
    "prefix": Form(prefix="cpf"),
    "crlf": Form(newline="\r\n"),
    "one line": Form(one_line=True),
    "reordered": Form(reordered=True),
    "header behind": Form(header_behind=True),
    "numeric booleans": Form(numeric_booleans=True),
    "padded integers": Form(padded_integers=True),
    "nil as 1": Form(nil="1"),
    "comments": Form(comments=True),
    "references": Form(references=True),
    "byte order mark": Form(bom=True),
    "everything": Form(
        prefix="ns0",
        newline="\r\n",
        reordered=True,
        header_behind=True,
        numeric_booleans=True,
        padded_integers=True,
        nil="1",
        comments=True,
        references=True,
        bom=True,
    ),
}
OLDER: Final = SampleSpec(seed=3, passages=120, certifications=12)
NEWER: Final = replace(OLDER, version="1.1.5", national_percent=20)
FLAWED: Final = replace(NEWER, flaws=dict.fromkeys(FLAWS, 4))


def read(data: bytes) -> tuple[list[Passage], Header]:
    reader = FluxReader(lambda: [data])
    passages = list(reader.passages())
    assert reader.faults == []
    assert reader.header is not None
    return passages, reader.header


def write(spec: SampleSpec) -> bytes:
    return b"".join(write_flux(spec))


def names_of(fields: tuple[Field, ...]) -> tuple[str, str]:
    holder = dict(fields)
    path = "identificationTitulaire.titulaire."
    return fold(str(holder[f"{path}nomNaissance"])), fold(str(holder[f"{path}prenom1"]))


@pytest.mark.parametrize("spec", [OLDER, NEWER, FLAWED], ids=["older", "newer", "flawed"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_reads_as_described(spec: SampleSpec, form: Form) -> None:
    passages, header = read(write(replace(spec, form=form)))
    expected = list(describe(spec))
    assert [p.id_technique for p in passages] == [e.id_technique for e in expected]
    assert [p.fields[:-1] for p in passages] == [e.fields for e in expected]
    assert [p.fields[-1] for p in passages] == [
        ("source", source_of(p.bindings, p.fields, p.source)) for p in passages
    ]
    assert (header.emetteur, header.certificateur) == (spec.depositor, spec.certifier)
    assert header.contrat == spec.contract
    assert header.version == spec.version
    assert header.action == ("CREATION" if spec.version == "1.1.5" else None)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_passage_can_be_read_alone(form: Form) -> None:
    passages, _ = read(write(replace(NEWER, form=form)))
    for passage in passages:
        assert reparse(passage.source, passage.bindings, passage.fields) == passage.fields


@pytest.mark.parametrize("tag", [b"<passageCertification>", b"</passageCertification>"])
def test_passages_are_whole_wherever_the_parser_cuts(tag: bytes) -> None:
    data = write(OLDER)
    block = 1 << 16
    place = data.rindex(tag, 0, block - 1)
    declaration = data.index(b"?>") + 2
    for inside in range(len(tag) + 2):
        padding = b" " * (block - place - inside)
        shifted = data[:declaration] + padding + data[declaration:]
        passages, _ = read(shifted)
        assert [p.source for p in passages] == [shifted[p.start : p.end] for p in passages]
        assert {(p.source[:22], p.source[-23:]) for p in passages} == {
            (b"<passageCertification>", b"</passageCertification>")
        }


def test_no_two_forms_have_the_same_bytes() -> None:
    assert len({write(replace(NEWER, form=form)) for form in FORMS.values()}) == len(FORMS)


def test_outcomes_are_what_the_checks_say() -> None:
    passages, _ = read(write(FLAWED))
    seen: set[str] = set()
    for passage, expected in zip(passages, describe(FLAWED), strict=True):
        faults = check_passage(dict(passage.fields))
        late = check_deadline(dict(passage.fields), FLAWED.day)
        refused = {fault.code for fault in faults if fault.effect == "passage"}
        warned = {fault.code for fault in faults if fault.effect == "warning"}
        warned |= {late.code} if late else set()
        if passage.id_technique in seen:
            refused.add("repeated-in-file")
        seen.add(passage.id_technique)
        outcome = "refused" if refused else "warned" if warned else "accepted"
        assert (expected.outcome, expected.codes) == (outcome, tuple(refused | warned))


def test_flaws_are_as_many_as_asked_for() -> None:
    outcomes = Counter(expected.outcome for expected in describe(FLAWED))
    refusing = sum(flaw.refused for flaw in FLAWS.values())
    assert outcomes["refused"] == 4 * refusing
    assert outcomes["warned"] == 4 * (len(FLAWS) - refusing)
    codes = Counter(code for expected in describe(FLAWED) for code in expected.codes)
    assert codes == Counter(dict.fromkeys(FLAWS, 4))


def test_flaws_may_fill_all_but_the_first() -> None:
    spec = SampleSpec(passages=9, flaws={"repeated-in-file": 8})
    (first,) = {expected.id_technique for expected in describe(spec)}
    assert [e.outcome for e in describe(spec)] == ["accepted", *["refused"] * 8]
    assert write(spec).count(first.encode()) == 9


def test_without_flaws_all_is_accepted() -> None:
    assert {expected.outcome for expected in describe(NEWER)} == {"accepted"}
    techniques = [expected.id_technique for expected in describe(NEWER)]
    assert len(set(techniques)) == len(techniques)


def test_some_people_hold_several_certifications() -> None:
    holders = defaultdict(set)
    for expected in describe(OLDER):
        holders[expected.person].add(dict(expected.fields)["code"])
    assert sum(len(codes) >= 3 for codes in holders.values()) >= 5
    assert sum(len(codes) == 1 for codes in holders.values()) >= 50


def test_a_small_file_has_somebody_with_three() -> None:
    counts = Counter(expected.person for expected in describe(SampleSpec(passages=12)))
    assert max(counts.values()) >= 3


def test_one_person_is_always_named_alike_and_homonyms_differ() -> None:
    spec = replace(OLDER, dossier_percent=0)
    identities: dict[int, list[Field]] = {}
    bearers: dict[tuple[str, str], set[int]] = defaultdict(set)
    for expected in describe(spec):
        own = [f for f in expected.fields if f[0].startswith("identificationTitulaire")]
        assert identities.setdefault(expected.person, own) == own
        bearers[names_of(expected.fields)].add(expected.person)
    homonyms = [persons for persons in bearers.values() if len(persons) > 1]
    assert homonyms
    for persons in homonyms:
        births = {str([v for n, v in identities[p] if "Naissance" in n]) for p in persons}
        assert len(births) == len(persons)


def test_holders_are_named_in_the_ways_asked_for() -> None:
    spec = replace(NEWER, passages=600, dossier_percent=30, national_percent=30)
    kinds = Counter(expected.identity for expected in describe(spec))
    assert set(kinds) == {"titulaire", "dossierFormation", "identifiantNational"}
    assert all(100 < count < 350 for count in kinds.values())
    for expected in describe(spec):
        groups = {n.split(".")[1] for n, _ in expected.fields if n.startswith("identif")}
        assert groups == {expected.identity}


def test_no_national_number_can_be_a_real_one() -> None:
    for person in range(200):
        group = identity(1, person, "identifiantNational")["identifiantNational"]
        assert isinstance(group, dict)
        # Month and department of birth: neither has a number 99.
        assert str(group["nir"])[3:7] == "9999"


def test_equal_seeds_give_equal_files_and_others_do_not() -> None:
    assert write(FLAWED) == write(FLAWED)
    assert write(replace(FLAWED, seed=4)) != write(FLAWED)
    first, other = (
        {expected.id_technique for expected in describe(replace(OLDER, seed=seed))}
        for seed in (1, 2)
    )
    assert not first & other


def test_awards_lie_within_three_months_of_the_file() -> None:
    for expected in describe(OLDER):
        awarded = str(dict(expected.fields)["dateDebutValidite"])
        assert str(OLDER.day - timedelta(days=90)) < awarded < str(OLDER.day)


def test_passages_have_the_usual_size() -> None:
    assert 1700 < len(write(OLDER)) / OLDER.passages < 4200


def test_the_largest_file_begins_at_once_and_takes_no_memory() -> None:
    tracemalloc.start()
    pieces = list(map(len, islice(write_flux(SampleSpec(passages=2**24)), 1000)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert max(pieces) < 8192
    assert peak < 1 << 20


def test_the_same_file_in_every_version_of_python() -> None:
    digest = hashlib.sha256(write(FLAWED)).hexdigest()
    assert digest == "3991f15287a6fd758291fec6f5d6db3ce228481a4ac4ff7863d438db5aa4f527"


@pytest.mark.parametrize("kind", BREAKS)
def test_broken_files_are_refused_at_their_level(kind: str) -> None:
    reader = FluxReader(lambda: [break_flux(kind)])
    list(reader.passages())
    # What is not well-formed may have been against the schema before.
    assert BREAKS[kind] in {fault.level for fault in reader.faults} <= {"schema", BREAKS[kind]}
    assert {fault.effect for fault in reader.faults} == {"file"}


def test_broken_files_are_no_two_alike() -> None:
    assert len({break_flux(kind) for kind in BREAKS}) == len(BREAKS)


def test_an_unknown_kind_of_broken_file() -> None:
    with pytest.raises(FormatError, match="unknown kind"):
        break_flux("slightly damaged")


@pytest.mark.parametrize(
    "changes",
    [
        {"passages": 0},
        {"passages": 2**24 + 1},
        {"certifications": 0},
        {"day": date.min},
        {"dossier_percent": -1},
        {"dossier_percent": 60, "national_percent": 41, "version": "1.1.5"},
        {"national_percent": 1},
        {"flaws": {"no-such-flaw": 1}},
        {"flaws": {"late": -1}},
        {"flaws": {"late": 60, "repeated-in-file": 60}},
    ],
    ids=str,
)
def test_samples_that_cannot_be_made(changes: dict[str, object]) -> None:
    with pytest.raises(FormatError, match="cannot be made"):
        replace(OLDER, **changes)


def test_more_certifications_than_passages() -> None:
    passages, _ = read(write(SampleSpec(passages=2, certifications=5)))
    assert len({dict(passage.fields)["code"] for passage in passages}) == 2
