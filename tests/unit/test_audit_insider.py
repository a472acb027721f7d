"""What whoever runs the recorder can record, an audit holds against what was deposited.

Every attack is made with the rights of the operator: valid signatures, a chain, commitments
that recompute, payloads that open. Only what the records say is not what was sent.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec import structs
from msgspec.structs import asdict

from broken_rules import register
from fluxes import Style, certification, passage, write
from fluxes import flux as tree_of
from insider import Body, passages_of, plan_file, plan_form, record
from ledgers import CERTIFIER, DEPOSITOR, create, flux, records, today_spec
from provenance.audit import audit
from provenance.encoding import decode_base64, encode_base64
from provenance.errors import FormatError
from provenance.ledger import Ledger
from provenance.ledger.deposit_job import SIGNED_PREFIX
from provenance.record.entry import Deposit
from provenance.record.payload import seal_payload
from provenance.record.sheets import Sheet, encode_sheet, encode_sheet_file, sheets_root
from provenance.storage.rows import LEAVES, PAYLOADS
from provenance.storage.vault import HEADER_SIZE, SEED_SIZE
from raw_entries import append_raw

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from insider import Passage, Plan
    from provenance.audit import AuditReport

FILE: Final = flux(today_spec(passages=5, seed=3))
OTHER: Final = {
    "emetteur": "9OTHERS1",
    "certificateur": "9OTHERS2",
    "contrat": "OTHER-1",
    "type": "Autre titre",
    "code": "RNCP38000",
    "natureDeposant": "CERTIFICATEUR",
}
"""Another value of each field that is said around a passage."""
SWAPPED: Final = {"CERTIFICATEUR": "TIERS_CONFIANCE", "TIERS_CONFIANCE": "CERTIFICATEUR"}
FIRST: Final = 5
"""Index of the first certification; its deposit is the entry before."""


def recorded(path: Path, *plans: Plan, keys: Sequence[Body] = ()) -> int:
    """Record in a new ledger; return the index of the last deposit."""
    at = 0
    with create(path) as ledger:
        if keys:
            vkeys = [key.vkey for key in keys]
            ledger.register(DEPOSITOR, name="Organisme", keys=vkeys, for_all=True)
        for plan in plans:
            at = record(ledger, plan)
        ledger.publish()
    return at


def audited(path: Path) -> AuditReport:
    """Audit by one process and by two, which must say the same."""
    one = audit(path, jobs=1)
    assert audit(path, jobs=2) == one, "nothing is lost between processes"
    return one


def found(report: AuditReport) -> set[tuple[str, int | None]]:
    assert report.verdict == ("no" if report.findings else "yes")
    return {(one.check, one.index) for one in report.findings}


def other_than(record: Mapping[str, Any], name: str) -> str:
    """Return another value than a record has."""
    return SWAPPED.get(record.get(name, ""), OTHER[name])


def lying(plan: Plan, which: int, **changed: Any) -> Plan:
    """Let one record say something else than the file."""
    plan.recorded[which] = plan.recorded[which].saying(**changed)
    return plan


# --- six fields are said around a passage, and not in it


def test_the_control_a_recorder_that_records_what_was_sent(tmp_path: Path) -> None:
    recorded(tmp_path / "ledger", plan_file(FILE), plan_form(records(today_spec(seed=4))))
    report = audited(tmp_path / "ledger")
    assert found(report) == set()
    assert report.origins.filed == report.types["certification"] == 5 + 12


@pytest.mark.parametrize("name", OTHER)
@pytest.mark.parametrize("covers", ["the file", "the records"])
def test_a_record_says_another_field_than_the_file(
    tmp_path: Path, name: str, covers: str
) -> None:
    """``covers``: what the digest of the deposit was computed from."""
    plan = plan_file(FILE)
    lying(plan, 1, **{name: other_than(dict(plan.recorded[1].fields), name)})
    if covers == "the records":
        plan.sent = list(plan.recorded)
    recorded(tmp_path / "ledger", plan)
    report = audited(tmp_path / "ledger")
    assert ("deposit", FIRST + 1) in found(report)
    assert {index for _, index in found(report)} == {FIRST + 1}, "that one and no other"
    assert (report.origins.filed, report.origins.unsupported) == (4, 1)


@pytest.mark.parametrize("name", ["type", "code", "contrat", "natureDeposant"])
def test_every_record_says_another_field_than_the_file(tmp_path: Path, name: str) -> None:
    plan = plan_file(FILE)
    plan.recorded = [
        one.saying(**{name: other_than(dict(one.fields), name)}) for one in plan.recorded
    ]
    plan.sent = list(plan.recorded)
    recorded(tmp_path / "ledger", plan)
    assert found(audited(tmp_path / "ledger")) == {
        ("deposit", FIRST + number) for number in range(5)
    }


def with_other(name: str) -> bytes:
    """Return the file with another value of a field."""
    if name in {"emetteur", "certificateur"}:
        old = {"emetteur": DEPOSITOR, "certificateur": CERTIFIER}[name]
        return FILE.replace(old.encode(), OTHER[name].encode())
    if name == "natureDeposant":
        pattern = rb"CERTIFICATEUR(?=<)|TIERS_CONFIANCE(?=<)"
        return re.sub(pattern, lambda one: SWAPPED[one[0].decode()].encode(), FILE)
    tag = {"contrat": "idContrat"}.get(name, name)
    pattern = rf"(<[^/>]*\b{tag}>)[^<]*(</)".encode()
    return re.sub(pattern, rb"\g<1>" + OTHER[name].encode() + rb"\g<2>", FILE)


@pytest.mark.parametrize("name", OTHER)
@pytest.mark.parametrize("covers", ["the file", "the records"])
def test_the_file_says_another_field_than_its_records(
    tmp_path: Path, name: str, covers: str
) -> None:
    other = with_other(name)
    assert other != FILE
    kept, sent = passages_of(other), passages_of(FILE)
    plan = plan_file(other, depositor=DEPOSITOR, certifier=CERTIFIER)
    # The bytes of the passages are the same, and stand where the other file has them.
    plan.recorded = [replace(one, span=two.span) for one, two in zip(sent, kept, strict=True)]
    if covers == "the records":
        plan.sent = list(plan.recorded)
    recorded(tmp_path / "ledger", plan)
    report = audited(tmp_path / "ledger")
    assert {index for _, index in found(report)} - {FIRST - 1} == {
        FIRST + one.number - 1
        for one, two in zip(sent, kept, strict=True)
        if one.digest() != two.digest()
    }
    if name in {"emetteur", "certificateur"}:
        assert ("deposit", FIRST - 1) in found(report)


@pytest.mark.parametrize("name", ["emetteur", "certificateur"])
def test_records_and_file_agree_and_the_entry_names_other_bodies(
    tmp_path: Path, name: str
) -> None:
    other = FILE.replace(
        {"emetteur": DEPOSITOR, "certificateur": CERTIFIER}[name].encode(),
        OTHER[name].encode(),
    )
    recorded(tmp_path / "ledger", plan_file(other, depositor=DEPOSITOR, certifier=CERTIFIER))
    report = audited(tmp_path / "ledger")
    assert found(report) == {
        ("deposit", FIRST - 1),
        *(("contents", FIRST + number) for number in range(5)),
    }


STYLES: Final = {
    "a header behind the passages": Style(header_last=True),
    "declarations of its own": Style(own=' xmlns:q="urn:q"'),
    "another prefix and order": Style(prefix="x", order=5),
}


@pytest.mark.parametrize("style", STYLES)
def test_files_that_are_written_otherwise(tmp_path: Path, style: str) -> None:
    data = written(style)
    recorded(tmp_path / "honest", plan_file(data))
    assert found(audited(tmp_path / "honest")) == set(), "the control"
    plan = lying(plan_file(data), 2, code="RS9002")
    plan.sent = list(plan.recorded)
    recorded(tmp_path / "ledger", plan)
    assert found(audited(tmp_path / "ledger")) == {("deposit", FIRST + 2)}


def written(style: str) -> bytes:
    passages = [passage(number) for number in range(1, 5)]
    data = write(
        tree_of(certification(passages[:2]), certification(passages[2:])), STYLES[style]
    )
    return by_known_bodies(data)


def by_known_bodies(data: bytes) -> bytes:
    """Let the bodies of a ledger's own depositor and certifier have sent a file."""
    return data.replace(b"EMETTEUR", DEPOSITOR.encode()).replace(
        b"CERTIFIC", CERTIFIER.encode()
    )


def test_a_passage_is_put_into_another_certification_of_its_file(tmp_path: Path) -> None:
    """Both certifications are in the file; only which passage is in which was changed."""
    data = write(
        tree_of(
            certification([passage(1), passage(2)]),
            certification([passage(3)], code="RNCP90001"),
        )
    )
    data = by_known_bodies(data)
    recorded(tmp_path / "honest", plan_file(data))
    assert found(audited(tmp_path / "honest")) == set(), "the control"
    plan = lying(plan_file(data), 1, code="RNCP90001", type="Autre titre")
    plan.sent = list(plan.recorded)
    recorded(tmp_path / "ledger", plan)
    assert found(audited(tmp_path / "ledger")) == {("deposit", FIRST + 1)}


# --- forms


@pytest.mark.parametrize("name", ["type", "contrat", "natureDeposant", "code"])
def test_a_form_says_itself_what_its_records_are(tmp_path: Path, name: str) -> None:
    """Its bytes are its fields: another field is another record, which was not sent."""
    sent = records(today_spec(passages=3, seed=6))
    plan = plan_form(sent)
    other = [*sent[:1], {**sent[1], name: other_than(sent[1], name)}, *sent[2:]]
    swapped = plan_form(other)
    plan.recorded[1] = replace(swapped.recorded[1], span=plan.recorded[1].span)
    recorded(tmp_path / "ledger", plan)
    assert ("deposit", FIRST + 1) in found(audited(tmp_path / "ledger"))


@pytest.mark.parametrize("name", ["emetteur", "certificateur"])
def test_a_form_for_other_bodies_than_its_entry(tmp_path: Path, name: str) -> None:
    sent = [{**one, name: OTHER[name]} for one in records(today_spec(passages=3, seed=6))]
    plan = plan_form(sent, depositor=DEPOSITOR, certifier=CERTIFIER)
    recorded(tmp_path / "ledger", plan)
    assert found(audited(tmp_path / "ledger")) == {
        ("contents", FIRST + number) for number in range(3)
    }


def test_a_form_of_which_some_was_refused(tmp_path: Path) -> None:
    sent = records(today_spec(passages=4, seed=6))
    plan = plan_form(sent)
    plan.recorded = plan.recorded[1:3]
    recorded(tmp_path / "honest", plan)
    report = audited(tmp_path / "honest")
    assert (found(report), report.origins.filed) == (set(), 2)
    plan = plan_form(sent)
    plan.recorded = plan.recorded[1:3]
    plan.sent[3] = plan.sent[3].saying(code="RS9002")
    recorded(tmp_path / "ledger", plan)
    assert found(audited(tmp_path / "ledger")) == {("deposit", FIRST - 1)}


UNSENT: Final = {
    "fields in another order": lambda one: dict(
        [*list(one.items())[:6], *[*one.items()][:5:-1]]
    ),
    "a field that is not in the schema": lambda one: {**one, "remarque": "x"},
    "a value of another type": lambda one: {**one, "scoring": 17},
    "a value that is too short": lambda one: {**one, "verbatim": ""},
}


@pytest.mark.parametrize("how", UNSENT)
def test_a_form_says_no_more_than_a_file_could(tmp_path: Path, how: str) -> None:
    """A record that no deposited file could give is not one that the portal sent."""
    sent = dict(records(today_spec(passages=1, seed=6))[0])
    plan = plan_form([UNSENT[how](sent)], ordered=False)
    if how == "a field that is not in the schema":
        with pytest.raises(FormatError, match="no such field"):
            recorded(tmp_path / "ledger", plan)
        return
    recorded(tmp_path / "ledger", plan)
    assert ("contents", FIRST) in found(audited(tmp_path / "ledger"))


# --- what was never sent


def forged() -> Passage:
    """Return a passage of a file that nobody sent: well-formed, of somebody else."""
    other = passages_of(flux(today_spec(passages=1, seed=99)))[0]
    return replace(other, span=(-1, -1))


@pytest.mark.parametrize("number", [1, 3, 5, 6, 1000])
@pytest.mark.parametrize("where", [0, 3, 5])
def test_a_certification_that_was_never_sent_behind_a_signed_deposit(
    tmp_path: Path, number: int, where: int
) -> None:
    """It is found, and found again when its deposit was erased."""
    body = Body()
    plan = plan_file(FILE, signed_by=body)
    plan.recorded.insert(where, replace(forged(), number=number))
    at = recorded(tmp_path / "ledger", plan, keys=[body])
    false = at + 1 + where
    assert ("deposit", false) in found(audited(tmp_path / "ledger"))
    # A lawful erasure of somebody else takes the deposited file along.
    erase(tmp_path / "ledger", at + 1 + (where == 0), along=at)
    report = audited(tmp_path / "ledger")
    # The deposit says that more are its own than it has passages, and so on its face.
    assert found(report) == {("deposit", at), ("deposit", false)}
    assert counted(report) == {"erased": 1, "unsupported": 1, "signed": 4}


def test_one_that_was_never_sent_in_the_place_of_one_that_was_refused(tmp_path: Path) -> None:
    """No count is wrong here: only what the certification says is not what was sent."""
    body = Body()
    plan = plan_file(FILE, signed_by=body)
    plan.recorded[2] = replace(forged(), number=3)
    at = recorded(tmp_path / "ledger", plan, keys=[body])
    assert ("deposit", at + 3) in found(audited(tmp_path / "ledger"))
    erase(tmp_path / "ledger", at + 1, along=at)
    report = audited(tmp_path / "ledger")
    assert found(report) == {("deposit", at + 3)}
    assert counted(report) == {"erased": 1, "unsupported": 1, "signed": 3}


def erase(path: Path, index: int, *, along: int) -> None:
    with Ledger.open(path) as ledger:
        assert set(ledger.erase([index], basis="GDPR_ART_17").erased) == {along, index}
        ledger.publish()


def counted(report: AuditReport) -> dict[str, int]:
    """Return on what certifications rest, zeros left out."""
    return {name: count for name, count in asdict(report.origins).items() if count}


def test_a_signed_deposit_of_which_some_was_erased(tmp_path: Path) -> None:
    """The control: all others stay provable against the depositor's signature."""
    body = Body()
    at = recorded(tmp_path / "ledger", plan_file(FILE, signed_by=body), keys=[body])
    assert counted(audited(tmp_path / "ledger")) == {"signed": 5}
    erase(tmp_path / "ledger", at + 2, along=at)
    report = audited(tmp_path / "ledger")
    assert found(report) == set()
    assert counted(report) == {"signed": 4, "erased": 1}
    assert report.erased == 2


def test_for_how_many_nothing_but_the_operators_word_is_left(tmp_path: Path) -> None:
    """Without a signature the file is all there is to show, and then not even that."""
    at = recorded(tmp_path / "ledger", plan_file(FILE))
    report = audited(tmp_path / "ledger")
    assert counted(report) == {"filed": 5}
    assert not any("operator's word" in note for note in report.notes)
    erase(tmp_path / "ledger", at + 5, along=at)
    report = audited(tmp_path / "ledger")
    assert found(report) == set()
    assert counted(report) == {"unsupported": 4, "erased": 1}
    assert any(note.startswith("4 certifications rest on nothing") for note in report.notes)
    closed = audit(tmp_path / "ledger", vault=False)
    assert counted(closed) == {"closed": 5}


def test_passages_in_another_order_than_they_were_sent(tmp_path: Path) -> None:
    plan = plan_file(FILE)
    plan.recorded[1:3] = reversed(plan.recorded[1:3])
    recorded(tmp_path / "ledger", plan)
    assert ("deposit", FIRST + 2) in found(audited(tmp_path / "ledger"))


def test_one_passage_that_is_recorded_twice(tmp_path: Path) -> None:
    body = Body()
    plan = plan_file(FILE, signed_by=body)
    plan.recorded[1] = plan.recorded[0]
    at = recorded(tmp_path / "ledger", plan, keys=[body])
    assert ("deposit", at + 2) in found(audited(tmp_path / "ledger"))


def test_a_digest_of_other_leaves(tmp_path: Path) -> None:
    """Leaf hashes are kept in clear, so this is found without the vault, too."""
    at = recorded(tmp_path / "ledger", plan_file(FILE))
    with Ledger.open(tmp_path / "ledger") as ledger:
        key = at.to_bytes(8, "big")
        with ledger._files.store._write() as rows:
            leaves = rows.get(LEAVES, key)
            assert leaves is not None
            rows.put(LEAVES, [(key, leaves[:-32] + bytes(32))])
    assert ("deposit", at) in found(audited(tmp_path / "ledger"))
    assert found(audit(tmp_path / "ledger", vault=False)) == {("deposit", at)}


@pytest.mark.parametrize("what", ["the file", "a passage that was refused"])
def test_leaves_that_the_file_does_not_lead_to(tmp_path: Path, what: str) -> None:
    plan = plan_file(FILE)
    if what == "the file":
        plan.data = FILE.replace(b"<horodatage>20", b"<horodatage>19")
    else:
        refused = plan.recorded.pop(2)
        plan.sent[2] = refused.saying(code="RS9002")
    at = recorded(tmp_path / "ledger", plan)
    if what == "the file":
        residue_of(tmp_path / "ledger", at, FILE, plan)
    assert found(audited(tmp_path / "ledger")) == {("deposit", at)}


def residue_of(path: Path, at: int, data: bytes, plan: Plan) -> None:
    """Seal what is left of other bytes in the place of what is left of a deposit."""
    with Ledger.open(path) as ledger:
        entry, kept = ledger.entry(at), ledger.deposited(at)
        assert isinstance(entry, Deposit)
        residue, start = b"", 0
        for one in plan.recorded:
            residue, start = residue + data[start : one.span[0]], one.span[1]
        changed = structs.replace(kept, residue=residue + data[start:])
        sealed = seal_payload(
            ledger._recall.seed(at),
            bytes(12),
            decode_base64(entry.digest),
            changed.encode_parts(),
        )
        with ledger._files.store._write() as rows:
            rows.put(PAYLOADS, [(at.to_bytes(8, "big"), sealed)])


@pytest.mark.parametrize("registrations", [(3, 3), (2, None), (2, 2)])
def test_many_certifications_that_name_other_registrations(
    tmp_path: Path, registrations: tuple[int, int | None]
) -> None:
    """Runs of many are checked at once, and each is named where they may not be."""
    plan = plan_file(flux(today_spec(passages=70)), registrations=registrations)
    recorded(tmp_path / "ledger", plan)
    report = audited(tmp_path / "ledger")
    assert found(report) == {("rules", FIRST + number) for number in range(70)}


# --- what is done a second time


def test_what_was_signed_once_is_taken_twice(tmp_path: Path) -> None:
    body = Body()
    twice = [plan_file(FILE, signed_by=body, salt=bytes(32)) for _ in range(2)]
    for number, one in enumerate(twice):
        one.recorded = one.recorded[3 * number : 3 * number + 2]
    at = recorded(tmp_path / "ledger", *twice, keys=[body])
    # And one row less is stored than there are signed deposits.
    assert found(audited(tmp_path / "ledger")) == {("rules", at), ("state", None)}
    salted = [plan_file(FILE, signed_by=body) for _ in range(2)]
    salted[0].recorded, salted[1].recorded = twice[0].recorded, twice[1].recorded
    recorded(tmp_path / "control", *salted, keys=[body])
    assert found(audited(tmp_path / "control")) == set(), "signed twice, under two salts"


def test_a_row_of_a_signed_deposit_that_is_gone(tmp_path: Path) -> None:
    body = Body()
    at = recorded(tmp_path / "ledger", plan_file(FILE, signed_by=body), keys=[body])
    with Ledger.open(tmp_path / "ledger") as ledger, ledger._files.store._write() as rows:
        key = next(key for key, _ in rows.scan("state", SIGNED_PREFIX))
        rows.delete("state", key)
    assert found(audited(tmp_path / "ledger")) == {("state", at), ("state", None)}


def test_what_was_withdrawn_is_recorded_anew_by_the_same_body(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        at = record(ledger, plan_file(FILE))
        ledger.withdraw(at + 2, reason="FRAUD")
        plan = plan_file(FILE)
        plan.recorded = plan.recorded[1:2]
        again = record(ledger, plan) + 1
        ledger.publish()
    report = audited(tmp_path / "ledger")
    assert found(report) == {("contents", at + 2)}
    assert str(again) in report.findings[0].message


SUCCESSOR: Final = "9SUCCESS"


def succeeded(
    path: Path, change: Callable[[Ledger, int], object], plan: Plan, *, late: bool = False
) -> int:
    """Let a body take over what another one recorded; return the index that it records."""
    with create(path) as ledger:
        at = record(ledger, plan_file(FILE))
        if not late:
            change(ledger, at + 2)
        ledger.register(SUCCESSOR, name="Repreneur", succeeds=[DEPOSITOR], for_all=True)
        plan.recorded = plan.recorded[1:2]
        index = record(ledger, plan) + 1
        if late:
            change(ledger, at + 2)
        ledger.publish()
    return index


def by_successor(**changed: str) -> Plan:
    data = FILE.replace(DEPOSITOR.encode(), SUCCESSOR.encode())
    for old, new in changed.items():
        data = data.replace(old.encode(), new.encode())
    return plan_file(data)


def test_a_successor_records_anew_what_was_withdrawn(tmp_path: Path) -> None:
    index = succeeded(
        tmp_path / "ledger",
        lambda ledger, target: ledger.withdraw(target, reason="FRAUD"),
        by_successor(PAR_SCORING="PAR_ADMISSION"),
    )
    report = audited(tmp_path / "ledger")
    assert found(report) == {("contents", index)}
    assert "withdrawn" in report.findings[0].message


def test_a_successor_records_what_is_recorded_already(tmp_path: Path) -> None:
    index = succeeded(tmp_path / "ledger", lambda *_: None, by_successor())
    report = audited(tmp_path / "ledger")
    assert found(report) == {("contents", index)}
    assert "succeeds" in report.findings[0].message


def test_a_successor_records_something_else_under_the_same_name(tmp_path: Path) -> None:
    """Two bodies may have called different certifications the same: no fault."""
    succeeded(tmp_path / "ledger", lambda *_: None, by_successor(PAR_SCORING="PAR_ADMISSION"))
    assert found(audited(tmp_path / "ledger")) == set()


def test_what_is_withdrawn_later_was_not_revived(tmp_path: Path) -> None:
    succeeded(
        tmp_path / "ledger",
        lambda ledger, target: ledger.withdraw(target, reason="FRAUD"),
        by_successor(PAR_SCORING="PAR_ADMISSION"),
        late=True,
    )
    assert found(audited(tmp_path / "ledger")) == set()


# --- files that take back


def single(numbers: Sequence[int], **more: Any) -> bytes:
    """Return a file of one certification with these passages."""
    passages = [passage(number) for number in numbers]
    return by_known_bodies(write(tree_of(certification(passages), **more)))


SINGLE: Final = single(range(1, 6))


def taking_back(numbers: Sequence[int]) -> bytes:
    """Return a file that takes passages of `SINGLE` back, each reduced to its idTechnique."""
    data = single(numbers, action="SUPPRESSION")
    pattern = rb"(</(?:\w+:)?idTechnique>).*?(</(?:\w+:)?passageCertification>)"
    return re.sub(pattern, rb"\1\2", data, flags=re.DOTALL)


def took_back(path: Path, data: bytes, numbers: Sequence[int], **more: Any) -> int:
    """Record `SINGLE`, and then a file that takes back; return the index of its deposit.

    ``numbers``: the passages of `SINGLE` whose certifications are withdrawn.
    """
    plan = plan_file(data, action="SUPPRESSION", **more)
    plan.recorded, plan.withdraws = [], [FIRST - 1 + number for number in numbers]
    with create(path) as ledger:
        assert record(ledger, plan_file(SINGLE)) == FIRST - 1
        at = record(ledger, plan)
        ledger.publish()
    return at


@pytest.mark.parametrize("numbers", [[1, 3], [3], []])
def test_the_control_a_file_that_takes_back(tmp_path: Path, numbers: list[int]) -> None:
    took_back(tmp_path / "ledger", taking_back([1, 3]), numbers)
    assert found(audited(tmp_path / "ledger")) == set()


@pytest.mark.parametrize("numbers", [[1, 2], [2, 3], [3, 1], [5]])
def test_a_withdrawal_that_its_file_does_not_ask_for(
    tmp_path: Path, numbers: list[int]
) -> None:
    """Another passage is taken back, or not in the order of the file."""
    at = took_back(tmp_path / "ledger", taking_back([1, 3]), numbers)
    reported = {index for check, index in found(audited(tmp_path / "ledger"))}
    assert reported == {
        at + 1 + wrong for wrong, _ in enumerate(numbers) if wrong_at(numbers, wrong)
    }


def wrong_at(numbers: list[int], place: int) -> bool:
    return numbers[place] not in {1, 3} or numbers[place] < max(
        [number for number in numbers[:place] if number in {1, 3}], default=0
    )


def test_a_file_that_asks_for_another_action_than_its_entry(tmp_path: Path) -> None:
    at = took_back(tmp_path / "ledger", single([1, 3]), [1])
    assert found(audited(tmp_path / "ledger")) == {("deposit", at)}
    at = recorded(tmp_path / "other", plan_file(single([1, 2], action="SUPPRESSION")))
    assert ("deposit", at) in found(audited(tmp_path / "other"))
    recorded(tmp_path / "control", plan_file(single([1, 2], action="CREATION")))
    assert found(audited(tmp_path / "control")) == set()


# --- one entry, one record

HOLDER: Final = "identificationTitulaire"
SECOND: Final = {
    "another holder in the same slot": (f"{HOLDER}.identifiantNational.nomNaissance", "FAUX"),
    "another holder in other slots": (f"{HOLDER}.dossierFormation.idDossier", "123"),
    "a field that the bytes do not have": ("verbatim", "avec les honneurs"),
}


@pytest.mark.parametrize("what", SECOND)
def test_a_second_face_of_an_entry(tmp_path: Path, what: str) -> None:
    """The record is committed to as such: the digests are where a reader would look."""
    plan = plan_file(SINGLE, unchecked=True)
    fields = plan.recorded[1].fields
    plan.recorded[1] = replace(
        plan.recorded[1], fields=(*fields[:-1], SECOND[what], fields[-1])
    )
    recorded(tmp_path / "ledger", plan)
    assert ("contents", FIRST + 1) in found(audited(tmp_path / "ledger"))
    recorded(tmp_path / "control", plan_file(SINGLE, unchecked=True))
    assert found(audited(tmp_path / "control")) == set()


# --- seeds that were lost


def test_lost_seeds_are_said_and_are_no_fault(tmp_path: Path) -> None:
    """The content may come again; what stands beside it stays provable."""
    path, body = tmp_path / "ledger", Body()
    at = recorded(path, plan_file(FILE, signed_by=body), keys=[body])
    cut_vault(path, at + 3)
    report = audited(path)
    assert {index for _, index in found(report)} >= {at + 3, at + 4, at + 5}, "the control"
    with Ledger.open(path, with_lost_seeds=True) as ledger:
        assert set(ledger.repair_lost_seeds().erased) == {at, at + 3, at + 4, at + 5}
        plan = plan_file(FILE, signed_by=body)
        plan.recorded = plan.recorded[2:]
        record(ledger, plan)
        ledger.publish()
    report = audited(path)
    assert found(report) == set()
    assert (report.lost, report.erased) == (4, 4)
    assert counted(report) == {"signed": 2 + 3, "erased": 3}
    assert any("seeds of 4 entries were lost" in note for note in report.notes)


def cut_vault(path: Path, index: int) -> None:
    """Lose the seeds from an entry on, as a vault from last night would."""
    seeds = path / "vault" / "seeds"
    with seeds.open("r+b") as file:
        file.truncate(HEADER_SIZE + SEED_SIZE * index)


# --- sheets of a register


def test_sheets_are_held_against_their_entry(tmp_path: Path) -> None:
    sheets = [
        encode_sheet(Sheet(code=f"RNCP{number}", title=f"Titre {number}"))
        for number in range(10, 15)
    ]
    path = tmp_path / "ledger"
    with create(path) as ledger:
        made = register(sheets=len(sheets), root=encode_base64(sheets_root(sheets)))
        at = append_raw(ledger, made)
        ledger.publish()
    report = audited(path)
    assert found(report) == set()
    assert any("sheets are not here" in note for note in report.notes), "n/a, and said"
    (path / "register").mkdir()
    file = path / "register" / str(at)
    file.write_bytes(b"".join(encode_sheet_file(sheets)))
    report = audited(path)
    assert (found(report), any("sheets" in note for note in report.notes)) == (set(), False)
    for wrong in (sheets[:-1], [*sheets[:-1], sheets[-1].replace(b"14", b"15")], [], [b"{}"]):
        file.write_bytes(b"".join(encode_sheet_file(wrong)))
        assert found(audited(path)) == {("register", at)}
