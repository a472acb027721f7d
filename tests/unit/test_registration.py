"""Registering bodies: for whom they deposit, and what of it they sign themselves."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec.structs import replace

from bodies import Body
from ledgers import CERTIFIER, DEPOSITOR, ORIGIN, records, today_spec, verify
from provenance.audit import audit
from provenance.errors import (
    DepositRefused,
    FormatError,
    LedgerBusyError,
    PolicyError,
    SignatureError,
)
from provenance.ledger import Ledger
from provenance.ledger.registration import RegistrationJob, encode_draft, parse_draft
from provenance.record.bundle import parse_bundle
from provenance.record.entry import Depositor, parse_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAME: Final = "Organisme d'exemple"


@pytest.fixture
def body() -> Body:
    return Body()


@pytest.fixture
def ledger(tmp_path: Path, body: Body) -> Iterator[Ledger]:
    """Return a ledger with one body, which has a key; it must pass its audit in the end."""
    with Ledger.create(tmp_path / "ledger", origin=ORIGIN) as ledger:
        assert ledger.register(DEPOSITOR, name=NAME, keys=[body.vkey]) == 2
        yield ledger
        ledger.publish()
    assert audit(tmp_path / "ledger").findings == ()


def entry(ledger: Ledger, index: int) -> Depositor:
    found = ledger.entry(index)
    assert isinstance(found, Depositor)
    return found


def test_a_new_body_deposits_for_itself_alone_unless_told_otherwise(ledger: Ledger) -> None:
    alone = ledger.register(CERTIFIER, name="x")
    some = ledger.register(CERTIFIER, name="x", certifiers=[DEPOSITOR])
    everybody = ledger.register(CERTIFIER, name="x", for_all=True)
    found = [entry(ledger, index).certifiers for index in (alone, some, everybody)]
    assert found == [(), (DEPOSITOR,), None]


@pytest.mark.parametrize(
    "values",
    [
        {"certifiers": None},
        {"certifiers": [DEPOSITOR], "for_all": True},
        {"certifiers": DEPOSITOR},
        {"succeeds": DEPOSITOR},
        {"keys": "a key"},
        {"keys": [1]},
        {"keys": ["no key"]},
        {"name": "two  spaces"},
        {"name": 7},
        {"siret": "1"},
        {"certifiers": ["9lower"]},
        {"certifiers": [DEPOSITOR, DEPOSITOR]},
        {"certifiers": [f"{number:08d}" for number in range(1001)]},
        {"succeeds": [f"{number:08d}" for number in range(101)]},
        {"keys": [Body(f"certifier.example/{number}").vkey for number in range(17)]},
    ],
    ids=lambda values: f"{next(iter(values))}-{len(str(values))}",
)
def test_values_that_no_registration_has(ledger: Ledger, values: dict[str, Any]) -> None:
    size = ledger.size
    for make in (ledger.register, ledger.draft_registration):
        with pytest.raises(FormatError):
            make(DEPOSITOR, **{"name": NAME, **values})
    assert ledger.size == size


def test_the_longest_lists(ledger: Ledger) -> None:
    index = ledger.register(
        CERTIFIER,
        name="x",
        certifiers=[f"{number:08d}" for number in range(1000)],
        succeeds=[f"{number:08d}" for number in range(100)],
        keys=[Body(f"certifier.example/{number}").vkey for number in range(16)],
    )
    assert len(entry(ledger, index).certifiers or ()) == 1000


def draft(ledger: Ledger, *keys: Body, **more: Any) -> bytes:
    return ledger.draft_registration(
        DEPOSITOR, name="Nouveau nom", keys=[one.vkey for one in keys], **more
    )


def test_a_body_signs_all_of_its_registration(ledger: Ledger, body: Body) -> None:
    newer = Body("certifier.example/newer")
    made = draft(ledger, newer, siret="12345678901234", certifiers=[CERTIFIER])
    assert ledger.size == 3, "a draft records nothing"
    index = ledger.register_signed(made, body.sign_draft(made))
    found = entry(ledger, index)
    assert (found.name, found.siret, found.certifiers, found.keys, found.previous) == (
        "Nouveau nom",
        "12345678901234",
        (CERTIFIER,),
        (newer.vkey,),
        2,
    )
    assert found.signature is not None


CHANGED: Final[dict[str, dict[str, Any]]] = {
    "name": {"name": "Un autre nom"},
    "siret": {"siret": "12345678901234"},
    "certifiers": {"certifiers": (CERTIFIER,)},
    "no limit": {"certifiers": None},
    "succeeds": {"succeeds": ("9VICTIME",)},
    "keys": {"keys": ()},
    "depositor": {"depositor": CERTIFIER},
    "previous": {"previous": 1},
}


@pytest.mark.parametrize("changes", CHANGED.values(), ids=CHANGED)
def test_a_signature_is_over_every_member(
    ledger: Ledger, body: Body, changes: dict[str, Any]
) -> None:
    newer = Body("certifier.example/newer")
    made = draft(ledger, newer)
    signature = body.sign_draft(made)
    parsed = parse_draft(made)
    other = encode_draft(replace(parsed, registration=replace(parsed.registration, **changes)))
    with pytest.raises((SignatureError, PolicyError)):
        ledger.register_signed(other, signature)
    assert ledger.size == 3
    ledger.register_signed(made, signature)


def test_signatures_that_do_not_fit(ledger: Ledger, body: Body) -> None:
    newer = Body("certifier.example/newer")
    made = draft(ledger, newer)
    good = body.sign_draft(made)
    for signature in (newer.sign_draft(made), good[:-1], b"", bytes(64)):
        with pytest.raises(SignatureError, match="entry 2 lists has signed"):
            ledger.register_signed(made, signature)
    assert ledger.size == 3


def test_an_old_signature_serves_no_second_time(ledger: Ledger, body: Body) -> None:
    """K1 to K2 to K1: the operator alone then tries the old signature of K1 for K2 again."""
    newer = Body("certifier.example/newer")
    first = draft(ledger, newer)
    vouched = body.sign_draft(first)
    ledger.register_signed(first, vouched)
    back = draft(ledger, body)
    at = ledger.register_signed(back, newer.sign_draft(back))
    with pytest.raises(PolicyError, match=f"the last one is entry {at}: make a new draft"):
        ledger.register_signed(first, vouched)
    parsed = parse_draft(first)
    moved = replace(
        parsed,
        registration=replace(
            parsed.registration, previous=at, certifiers=None, succeeds=("9VICTIME",)
        ),
    )
    with pytest.raises(SignatureError):
        ledger.register_signed(encode_draft(moved), vouched)
    assert ledger.size == at + 1


def test_a_draft_holds_until_its_entry_is_replaced(ledger: Ledger, body: Body) -> None:
    made = draft(ledger, body)
    ledger.register(DEPOSITOR, name=NAME, keys=[body.vkey])
    with pytest.raises(PolicyError, match="replaces entry 2 of 9EXAMPLE, and the last one is"):
        ledger.register_signed(made, body.sign_draft(made))
    assert ledger.size == 4


def test_a_draft_is_for_one_log(ledger: Ledger, body: Body) -> None:
    made = draft(ledger, body)
    other = encode_draft(replace(parse_draft(made), origin="another.example/log"))
    with pytest.raises(PolicyError, match="is for the log another"):
        ledger.register_signed(other, body.sign_draft(other))


def test_nobody_signs_a_first_registration_or_first_keys(ledger: Ledger, body: Body) -> None:
    ledger.register(CERTIFIER, name="x")
    for bcr in (CERTIFIER, "9UNKNOWN"):
        with pytest.raises(PolicyError, match="no key of"):
            ledger.draft_registration(bcr, name="x", keys=[body.vkey])
    made = encode_draft(
        replace(
            parse_draft(draft(ledger, body)),
            registration=replace(
                parse_draft(draft(ledger, body)).registration,
                depositor=CERTIFIER,
                previous=3,
            ),
        )
    )
    with pytest.raises(PolicyError, match="lists no key"):
        ledger.register_signed(made, body.sign_draft(made))


def test_drafts_have_one_spelling(ledger: Ledger, body: Body) -> None:
    made = draft(ledger, body)
    assert encode_draft(parse_draft(made)) == made
    assert parse_draft(made.removesuffix(b"\n")) == parse_draft(made)
    without = made.replace(b',"previous":2', b"")
    for bad in (b"", b"{}", made + b"\n", b" " + made, without, made.replace(b"/1", b"/2", 1)):
        with pytest.raises(FormatError):
            parse_draft(bad)
    with pytest.raises(FormatError):
        ledger.register_signed(without, body.sign_draft(made))


def test_a_body_succeeds_others_and_never_itself(ledger: Ledger, body: Body) -> None:
    index = ledger.register("9SUCCEED", name="Nouvel organisme", succeeds=[DEPOSITOR])
    assert entry(ledger, index).succeeds == (DEPOSITOR,)
    for make in (ledger.register, ledger.draft_registration):
        with pytest.raises(PolicyError, match="succeed itself"):
            make(DEPOSITOR, name="x", succeeds=[DEPOSITOR], keys=[body.vkey])


def test_a_key_of_the_operator_is_never_a_bodys(ledger: Ledger, body: Body) -> None:
    ledger.rotate_keys("entry")
    ledger.rotate_keys("log")
    size = ledger.size
    ed25519 = [key for key in ledger.operator_keys() if key.verifier.kind == 1]
    assert len(ed25519) == 4, "retired ones are among them"
    for key in ed25519:
        for make in (ledger.register, ledger.draft_registration):
            with pytest.raises(PolicyError, match="operator"):
                make(DEPOSITOR, name="x", keys=[body.vkey, str(key.verifier)])
    assert ledger.size == size


def test_a_key_that_becomes_the_operators_meanwhile(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look at the keys and the commit are apart; the writer looks once more."""
    own = str(ledger.operator_keys()[-1].verifier)
    monkeypatch.setattr("provenance.ledger.keeping.check_allowed", lambda *_: None)
    job = RegistrationJob(parse_draft(draft(ledger, Body())).registration)
    assert job.claims() > {b"depositor/9EXAMPLE"}, "nobody else changes keys in that commit"
    with pytest.raises(LedgerBusyError, match="try again"):
        ledger.register(DEPOSITOR, name="x", keys=[own])
    assert ledger.size == 3


def test_a_signed_one_is_replaced_between_check_and_commit(
    ledger: Ledger, body: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = draft(ledger, body)
    before = RegistrationJob.check
    done: list[int] = []

    def replaced_meanwhile(job: RegistrationJob, view: object) -> None:
        if not done:
            done.append(1)
            job._registration = replace(job._registration, previous=1)
        before(job, view)  # type: ignore[arg-type]

    monkeypatch.setattr(RegistrationJob, "check", replaced_meanwhile)
    with pytest.raises(PolicyError, match="replaced meanwhile"):
        ledger.register_signed(made, body.sign_draft(made))
    assert ledger.size == 3


def test_many_threads_make_one_chain(ledger: Ledger, body: Body) -> None:
    def work(number: int) -> Callable[[], None]:
        def register() -> None:
            ledger.register(DEPOSITOR, name=f"Nom {number}", keys=[body.vkey])

        return register

    threads = [threading.Thread(target=work(number)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.size == 3 + 12
    assert [entry(ledger, index).previous for index in range(3, 15)] == list(range(2, 14))


def test_a_ledger_that_is_only_read_registers_nobody(tmp_path: Path, body: Body) -> None:
    with Ledger.create(tmp_path / "ledger", origin=ORIGIN) as ledger:
        ledger.register(DEPOSITOR, name=NAME, keys=[body.vkey])
    with Ledger.open(tmp_path / "ledger", readonly=True) as ledger:
        made = draft(ledger, body)
        with pytest.raises(PolicyError, match="reading only"):
            ledger.register(DEPOSITOR, name="y")
        with pytest.raises(PolicyError, match="reading only"):
            ledger.register_signed(made, body.sign_draft(made))


# What a registration allows, and what a proof says of it.

RECORD: Final = records(today_spec(passages=1, dossier_percent=0))[0]


def depositing(ledger: Ledger, id_technique: str) -> int:
    record = {**RECORD, "idTechnique": id_technique}
    (accepted,) = ledger.append([record], depositor=DEPOSITOR).accepted
    return accepted.index


def test_nobody_deposits_for_another_body_by_default(tmp_path: Path) -> None:
    """The certifier of the records is another body than their depositor."""
    with Ledger.create(tmp_path / "ledger", origin=ORIGIN) as ledger:
        for rights in ({}, {"certifiers": ["9ANOTHER"]}):
            ledger.register(DEPOSITOR, name=NAME, **rights)  # type: ignore[arg-type]
            with pytest.raises(DepositRefused) as refused:
                depositing(ledger, "A")
            assert [one.code for one in refused.value.faults] == ["not-for-certifier"]  # type: ignore[attr-defined]
        ledger.register(DEPOSITOR, name=NAME, certifiers=[CERTIFIER])
        assert depositing(ledger, "A")
        ledger.register(DEPOSITOR, name=NAME, for_all=True)
        assert depositing(ledger, "B")


def test_a_proof_names_the_registrations_of_its_moment(tmp_path: Path) -> None:
    """Names, rights and limits are those under which something was deposited."""
    with Ledger.create(tmp_path / "ledger", origin=ORIGIN) as ledger:
        ledger.register(DEPOSITOR, name="Nom d'avant", certifiers=[CERTIFIER])  # 2
        alone = depositing(ledger, "A")
        ledger.register(CERTIFIER, name="Certificateur")  # 5
        both = depositing(ledger, "B")
        ledger.register(DEPOSITOR, name="Nom d'après", for_all=True)  # 8
        newest = depositing(ledger, "C")
        ledger.register(DEPOSITOR, name="Nom de maintenant")  # 11
        ledger.register(CERTIFIER, name="Certificateur, depuis")  # 12
        ledger.publish()
        bundle = ledger.prove([alone, both, newest])
        found = [
            (
                one.depositor_name,
                one.certifier_name,
                one.limited,
                one.registration,
                one.certifier_registration,
            )
            for one in verify(ledger, bundle).certifications
        ]
        assert found == [
            ("Nom d'avant", None, True, 2, None),
            ("Nom d'avant", "Certificateur", True, 2, 5),
            ("Nom d'après", "Certificateur", False, 8, 5),
        ]
        shown = [parse_entry(one.entry.encode()) for one in parse_bundle(bundle).entries]
        assert [one.index for one in shown if isinstance(one, Depositor)] == [2, 5, 8]
    assert audit(tmp_path / "ledger").findings == ()
