"""The main line, on real LMDB: deposit, publish, prove, find, open again."""

from __future__ import annotations

import io
import random
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from digests import digest_of_file
from ledgers import CERTIFIER, DEPOSITOR, ORIGIN, create, deposited, flux, records, today_spec
from provenance.audit import audit
from provenance.cdc.report import encode_receipt, parse_receipt
from provenance.cdc.sample import Form, describe
from provenance.cdc.xsd import XsdValidator
from provenance.errors import (
    DepositRefused,
    FormatError,
    KeyFileError,
    LedgerBusyError,
    LedgerDamagedError,
    NotPublishedError,
    PolicyError,
    RollbackError,
    StorageError,
    UnknownEntryError,
    UnreadableError,
)
from provenance.ledger import Accept, DepositSignature, Ledger, Refuse, files, intake, prove
from provenance.record.entry import Depositor, Genesis, Key, Status
from provenance.record.message import deposit_message
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.merkle import leaf_hash, tree_root
from provenance.tlog.note import ED25519, make_verifier_key
from provenance.tlog.policy import parse_policy, verify_checkpoint
from provenance.tlog.proof import verify_tlog_proof
from provenance.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.record.commitment import Value

HOLDER = "identificationTitulaire.titulaire."


def test_a_new_log_begins_with_its_name_and_its_entry_key(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "ledger", origin=ORIGIN) as ledger:
        genesis, key = ledger.entry(0), ledger.entry(1)
    assert isinstance(genesis, Genesis)
    assert isinstance(key, Key)
    assert genesis.origin == ORIGIN
    assert (key.action, key.role) == ("add", "entry")


def test_a_ledger_is_never_made_over_another(tmp_path: Path) -> None:
    Ledger.create(tmp_path / "ledger", origin=ORIGIN).close()
    with pytest.raises(PolicyError, match="exists already"):
        Ledger.create(tmp_path / "ledger", origin=ORIGIN)


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "é", "x" * 256, "a\nb"])
def test_an_origin_that_cannot_be_one_leaves_nothing_behind(
    tmp_path: Path, origin: str
) -> None:
    with pytest.raises(FormatError):
        Ledger.create(tmp_path / "ledger", origin=origin)
    assert list(tmp_path.iterdir()) == []


def test_a_deposit_is_recorded_and_its_receipt_holds(tmp_path: Path) -> None:
    spec = today_spec()
    with create(tmp_path / "ledger") as ledger:
        receipt = ledger.deposit(flux(spec), name="spring.xml")
        assert [one.idTechnique for one in receipt.accepted] == [
            one.id_technique for one in describe(spec)
        ]
        assert parse_receipt(encode_receipt(receipt)) == receipt
        assert (receipt.file_name, receipt.depositor) == ("spring.xml", DEPOSITOR)
        assert receipt.deposit == 4
        assert ledger.size == 5 + spec.passages
        for one, expected in zip(receipt.accepted, describe(spec), strict=True):
            assert ledger.fields(one.index)[:-1] == expected.fields
            assert ledger.record(one.index)[0] == one.entry.encode()


def test_a_file_is_rebuilt_byte_for_byte(tmp_path: Path) -> None:
    flaws = {"end-before-start": 2}
    file = flux(today_spec(flaws=flaws, form=Form(prefix="cpf", newline="\r\n")))
    with create(tmp_path / "ledger") as ledger:
        receipt = ledger.deposit(file)
        assert len(receipt.refused) == 2
        assert receipt.deposit is not None
        assert ledger.rebuild(receipt.deposit) == file
        assert ledger.deposited(receipt.deposit).size == len(file)
        assert ledger.source(receipt.accepted[0].index) in file


def test_the_same_file_again_is_a_list_of_duplicates(tmp_path: Path) -> None:
    file = flux(today_spec())
    with create(tmp_path / "ledger") as ledger:
        first = ledger.deposit(file)
        size = ledger.size
        again = ledger.deposit(io.BytesIO(file))
        assert ledger.size == size
        assert (again.deposit, again.accepted, again.refused) == (None, (), ())
        assert [one.signature for one in again.duplicates] == [
            one.signature for one in first.accepted
        ]


def test_other_content_under_a_recorded_id_is_refused(tmp_path: Path) -> None:
    one, two = today_spec(passages=3), today_spec(passages=3, contract="SPECIMEN-0002")
    with create(tmp_path / "ledger") as ledger:
        ledger.deposit(flux(one))
        size = ledger.size
        receipt = ledger.deposit(flux(two))
        assert (ledger.size, receipt.deposit, receipt.accepted) == (size + 1, size, ())
        codes = {fault.code for refused in receipt.refused for fault in refused.faults}
        assert codes == {"already-recorded"}


def test_passages_are_judged_one_by_one(tmp_path: Path) -> None:
    spec = today_spec(passages=30, flaws={"end-before-start": 2, "repeated-in-file": 1})
    expected = {one.id_technique: one for one in describe(spec)}
    with create(tmp_path / "ledger") as ledger:
        receipt = ledger.deposit(flux(spec))
        assert len(receipt.refused) == 3
        assert len(receipt.accepted) == 27
        for refused in receipt.refused:
            if len(refused.faults) == 1 and refused.faults[0].code != "repeated-in-file":
                assert refused.faults[0].code in expected[refused.idTechnique].codes


def test_the_operator_decides(tmp_path: Path) -> None:
    def decide(fields: Mapping[str, Value]) -> Accept | Refuse:
        if fields["idTechnique"] == first:
            return Refuse("unknown person")
        return Accept(holder=f"ref-{fields['idTechnique']}")

    spec = today_spec(passages=4)
    first, second = [one.id_technique for one in describe(spec)][:2]
    with create(tmp_path / "ledger") as ledger:
        receipt = ledger.deposit(flux(spec), decide)
        assert [one.idTechnique for one in receipt.refused] == [first]
        assert receipt.refused[0].faults[0].message == "unknown person"
        assert ledger.find(reference=f"ref-{second}") == [receipt.accepted[0].index]


def test_a_file_of_which_all_was_refused_is_recorded_as_received(tmp_path: Path) -> None:
    file = flux(today_spec())
    with create(tmp_path / "ledger") as ledger:
        size = ledger.size
        receipt = ledger.deposit(file, lambda _: Refuse("closed"))
        assert (ledger.size, receipt.deposit, len(receipt.refused)) == (size + 1, size, 12)
        assert ledger.rebuild(size) == file
    assert audit(tmp_path / "ledger").verdict == "yes"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (flux(today_spec(depositor="9UNKNOWN")), "unknown-depositor"),
        (flux(today_spec())[:-20], ""),
        (b"", ""),
        (b"not xml", ""),
    ],
)
def test_a_file_that_is_refused_leaves_no_trace(tmp_path: Path, file: bytes, code: str) -> None:
    with create(tmp_path / "ledger") as ledger:
        size = ledger.size
        with pytest.raises(DepositRefused) as refused:
            ledger.deposit(file)
        assert ledger.size == size
        assert any(code in fault.code for fault in refused.value.faults)  # type: ignore[attr-defined]


def test_rights_are_checked(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        with pytest.raises(DepositRefused, match="another depositor"):
            ledger.deposit(flux(today_spec()), depositor=CERTIFIER)
        ledger.register(DEPOSITOR, name="Organisme", certifiers=["9OTHERS0"])
        with pytest.raises(DepositRefused, match="may not deposit for"):
            ledger.deposit(flux(today_spec()))
        ledger.register(DEPOSITOR, name="Organisme", certifiers=[CERTIFIER])
        assert ledger.deposit(flux(today_spec()), depositor=DEPOSITOR).accepted


def test_a_registration_replaces_the_one_before(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        index = ledger.register(DEPOSITOR, name="Autre nom", siret="12345678901234")
        entry = ledger.entry(index)
        assert isinstance(entry, Depositor)
        assert entry.previous == 2
        assert [one.name for one in ledger.depositors()] == [
            "Autre nom",
            "Certificateur d'échantillons",
        ]
        with pytest.raises(FormatError):
            ledger.register("short", name="x")


class Signer:
    """The depositor's side: one key, a salt, a signature over the file."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        public = self._key.public_key().public_bytes_raw()
        self.vkey = str(make_verifier_key("certifier.example/k1", ED25519, public))

    def sign(self, file: bytes) -> DepositSignature:
        salt = bytes(range(32))
        message = deposit_message(
            origin=ORIGIN,
            depositor=DEPOSITOR,
            certifier=CERTIFIER,
            action="CREATION",
            digest=digest_of_file(file, salt),
        )
        return DepositSignature(salt=salt, signer=self.vkey, signature=self._key.sign(message))


def test_a_depositor_with_keys_must_sign(tmp_path: Path) -> None:
    signer, file = Signer(), flux(today_spec())
    with create(tmp_path / "ledger") as ledger:
        ledger.register(DEPOSITOR, name="Organisme", for_all=True, keys=[signer.vkey])
        with pytest.raises(DepositRefused, match="must sign"):
            ledger.deposit(file)
        with pytest.raises(DepositRefused, match="does not fit"):
            ledger.deposit(file, signature=signer.sign(file + b" "))
        with pytest.raises(DepositRefused, match="never declared"):
            ledger.deposit(file, signature=Signer().sign(file))
        with pytest.raises(DepositRefused, match="must sign"):
            ledger.append(records(today_spec()), depositor=DEPOSITOR)
        receipt = ledger.deposit(file, signature=signer.sign(file))
        assert signer.vkey in str(receipt.deposit_entry)


def test_publishing_ends_in_status_and_is_repeatable(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger") as ledger:
        note = ledger.publish()
        assert ledger.publish() == note
        last = ledger.entry(ledger.size - 1)
        assert isinstance(last, Status)
        checkpoint = verify_checkpoint(note, parse_policy(ledger.policy())).checkpoint
        assert checkpoint.size == ledger.size
        assert checkpoint.root == tree_root(map(leaf_hash, ledger.entries()))
        assert (tmp_path / "ledger" / "anchor").read_text() == note
        assert ledger.checkpoint() == (checkpoint, note)
        ledger.register("9ANOTHER", name="Troisième")
        assert parse_checkpoint(ledger.publish().split("\n\n")[0] + "\n").size == ledger.size


def test_a_proof_convinces_a_stranger(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger") as ledger:
        bundle, policy = ledger.prove([5, 7, 6]), ledger.policy()
    report = Verifier(policy).verify(bundle, today_spec().day)
    # They are of several persons, and nothing else is to be said.
    assert report.verdict == "attention", report
    assert {reason for one in report.certifications for reason in one.reasons} == {
        "other-person"
    }
    assert [one.index for one in report.certifications] == [5, 6, 7]
    assert all(one.line_complete and one.status == "in force" for one in report.certifications)
    assert {one.depositor_name for one in report.certifications} == {"Organisme d'exemple"}
    assert {one.certifier_name for one in report.certifications} == {
        "Certificateur d'échantillons"
    }


def test_everything_is_disclosed_on_demand(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger") as ledger:
        report = Verifier(ledger.policy()).verify(ledger.prove([5], disclose="all"))
        assert dict(report.certifications[0].fields) == dict(ledger.fields(5))


def test_what_is_not_published_cannot_be_proven(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        ledger.deposit(flux(today_spec()))
        with pytest.raises(NotPublishedError):
            ledger.prove([5])
        ledger.publish()
        with pytest.raises(UnknownEntryError, match="not a certification"):
            ledger.prove([4])
        with pytest.raises(UnknownEntryError, match="there is no entry"):
            ledger.prove([500])
        with pytest.raises(UnknownEntryError, match="asked for"):
            ledger.prove([])


def test_any_entry_can_be_proven_to_any_verifier(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger") as ledger:
        policy = parse_policy(ledger.policy())
        for index in range(ledger.size):
            leaf = leaf_hash(ledger.record(index)[0])
            assert verify_tlog_proof(ledger.tlog_proof(index), leaf, policy).size == ledger.size
        for index in (-1, ledger.size):
            with pytest.raises(UnknownEntryError):
                ledger.tlog_proof(index)
            with pytest.raises(UnknownEntryError):
                ledger.prove([index])
        new = ledger.register("9ANOTHER", name="Un")
        with pytest.raises(NotPublishedError):
            ledger.tlog_proof(new)


def test_a_holder_is_found_by_identity(tmp_path: Path) -> None:
    spec = today_spec(passages=40, dossier_percent=0)
    people: dict[int, list[int]] = {}
    with deposited(tmp_path / "ledger", spec) as ledger:
        for index, one in enumerate(describe(spec), 5):
            people.setdefault(one.person, []).append(index)
        person, indexes = max(people.items(), key=lambda item: len(item[1]))
        fields = dict(next(one for one in describe(spec) if one.person == person).fields)
        holder = {
            name: fields[HOLDER + name]
            for name in (
                "nomNaissance",
                "prenom1",
                "anneeNaissance",
                "moisNaissance",
                "jourNaissance",
            )
        }
        assert len(indexes) > 1
        assert ledger.find(holder=holder) == indexes
        assert ledger.find(holder={**holder, "nomNaissance": "Personne"}) == []
        with pytest.raises(UnknownEntryError):
            ledger.find(depositor=DEPOSITOR)


def test_a_passage_is_found_by_its_sender_and_id(tmp_path: Path) -> None:
    spec = today_spec()
    wanted = [one.id_technique for one in describe(spec)][3]
    with deposited(tmp_path / "ledger", spec) as ledger:
        assert ledger.find(depositor=DEPOSITOR, id_technique=wanted) == [8]
        assert ledger.find(depositor=CERTIFIER, id_technique=wanted) == []


def test_the_portals_form_gives_the_same_record(tmp_path: Path) -> None:
    spec = today_spec(passages=3)
    with create(tmp_path / "ledger") as ledger:
        receipt = ledger.append(records(spec), depositor=DEPOSITOR)
        assert [one.index for one in receipt.accepted] == [5, 6, 7]
        assert [ledger.fields(5 + number)[:-1] for number in range(3)] == [
            one.fields for one in describe(spec)
        ]
        again = ledger.deposit(flux(spec))
        assert len(again.duplicates) == 3
        assert ledger.rebuild(4).startswith(b'[{"emetteur":')


def test_a_form_that_no_file_could_be_is_refused(tmp_path: Path) -> None:
    good = records(today_spec(passages=1))[0]
    bad: list[object] = [
        [],
        [{**good, "code": 7}],
        [{**good, "unknown": "x"}],
        [{name: value for name, value in good.items() if name != "donneeCertifiee"}],
        [{**good, "dateDebutValidite": "2026-02-30"}],
        [{**good, "emetteur": CERTIFIER}],
        [good, {**good, "idTechnique": "x", "certificateur": DEPOSITOR}],
        [{**good, "verbatim": "\x00"}],
    ]
    with create(tmp_path / "ledger") as ledger:
        size = ledger.size
        for form in bad:
            with pytest.raises(DepositRefused):
                ledger.append(form, depositor=DEPOSITOR)  # type: ignore[arg-type]
        with pytest.raises(DepositRefused):
            ledger.append([good], depositor="9UNKNOWN")
        with pytest.raises(FormatError):
            ledger.append([7], depositor=DEPOSITOR)  # type: ignore[list-item]
        assert ledger.size == size


def is_proven(ledger: Ledger, index: int) -> bool:
    report = Verifier(ledger.policy()).verify(ledger.prove([index]), today_spec().day)
    return report.verdict == "yes"


def test_opening_again_finds_everything_and_goes_on(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger") as ledger:
        size, note = ledger.size, ledger.publish()
    with Ledger.open(tmp_path / "ledger") as ledger:
        assert (ledger.size, ledger.origin, ledger.publish()) == (size, ORIGIN, note)
        ledger.deposit(flux(today_spec(seed=8)))
        ledger.publish()
        assert is_proven(ledger, 6)
        assert is_proven(ledger, size + 2)


def test_a_reader_writes_nothing(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger"):
        pass
    with Ledger.open(tmp_path / "ledger", readonly=True) as ledger:
        assert is_proven(ledger, 5)
        for write in (
            ledger.publish,
            lambda: ledger.deposit(b""),
            lambda: ledger.append([], depositor=DEPOSITOR),
            lambda: ledger.register(DEPOSITOR, name="x"),
        ):
            with pytest.raises(PolicyError, match="reading only"):
                write()


def test_a_ledger_is_open_once_in_a_process(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger"), pytest.raises(LedgerBusyError):
        Ledger.open(tmp_path / "ledger", readonly=True)


def test_what_is_no_ledger_says_so(tmp_path: Path) -> None:
    with pytest.raises(LedgerDamagedError, match="not a ledger"):
        Ledger.open(tmp_path)


def test_keys_may_live_elsewhere_and_must_be_there(tmp_path: Path) -> None:
    path, keys = tmp_path / "ledger", tmp_path / "keys"
    Ledger.create(path, origin=ORIGIN, keys=keys).close()
    assert not (path / "keys").exists()
    with Ledger.open(path, keys=keys) as ledger:
        ledger.publish()
    with Ledger.open(path) as ledger, pytest.raises(KeyFileError):
        ledger.register(DEPOSITOR, name="x")


def test_an_older_database_is_recognised(tmp_path: Path) -> None:
    path, data = tmp_path / "ledger", tmp_path / "ledger" / "log" / "data.mdb"
    with deposited(path):
        pass
    old = data.read_bytes()
    with Ledger.open(path) as ledger:
        ledger.register("9ANOTHER", name="Troisième")
    data.write_bytes(old)
    with pytest.raises(RollbackError, match="acknowledged"):
        Ledger.open(path)


def test_two_histories_of_one_size_are_told_apart(tmp_path: Path) -> None:
    path, data = tmp_path / "ledger", tmp_path / "ledger" / "log" / "data.mdb"
    with deposited(path):
        pass
    seeds = path / "vault" / "seeds"
    old = data.read_bytes(), (path / "head").read_bytes(), seeds.read_bytes()
    with Ledger.open(path) as ledger:
        ledger.register("9ANOTHER", name="Un")
    one = (path / "head").read_bytes()
    data.write_bytes(old[0])
    (path / "head").write_bytes(old[1])
    seeds.write_bytes(old[2])
    with Ledger.open(path) as ledger:
        ledger.register("9ANOTHER", name="Deux")
    (path / "head").write_bytes(one)
    with pytest.raises(RollbackError, match="not the one"):
        Ledger.open(path)


def test_a_published_checkpoint_is_remembered_outside(tmp_path: Path) -> None:
    path, data = tmp_path / "ledger", tmp_path / "ledger" / "log" / "data.mdb"
    with create(path):
        pass
    old = data.read_bytes(), (path / "head").read_bytes()
    with Ledger.open(path) as ledger:
        ledger.publish()
    data.write_bytes(old[0])
    (path / "head").write_bytes(old[1])
    with pytest.raises(RollbackError, match="published"):
        Ledger.open(path)


def test_a_lost_anchor_is_noticed(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger") as ledger:
        ledger.register("9ANOTHER", name="Un")
        ledger.publish()
    (tmp_path / "ledger" / "anchor").unlink()
    with pytest.raises(LedgerDamagedError, match="anchor"):
        Ledger.open(tmp_path / "ledger")


def test_a_missing_file_to_deposit_says_so(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger, pytest.raises(UnreadableError, match="cannot"):
        ledger.deposit(tmp_path / "none.xml")


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    file = flux(today_spec())
    with create(tmp_path / "ledger") as ledger:
        ledger.deposit(file, progress=lambda done, total: told.append((done, total)))
    assert told
    assert told[-1] == (len(file), len(file))


def test_threads_share_a_ledger(tmp_path: Path) -> None:
    """Many callers at once: every receipt is its own, and nothing is lost."""
    forms = [records(today_spec(seed=seed, passages=2)) for seed in range(24)]
    receipts: list[int] = []
    with create(tmp_path / "ledger") as ledger:

        def send(form: list[dict[str, Value]]) -> None:
            receipts.extend(
                one.index for one in ledger.append(form, depositor=DEPOSITOR).accepted
            )

        threads = [threading.Thread(target=send, args=(form,)) for form in forms]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(receipts)) == 48
        assert ledger.size == 4 + 24 * 3


def test_threads_with_the_same_passages_record_them_once(tmp_path: Path) -> None:
    file = flux(today_spec(passages=5))
    accepted: list[int] = []
    duplicates: list[int] = []
    with create(tmp_path / "ledger") as ledger:

        def send() -> None:
            receipt = ledger.deposit(file)
            accepted.append(len(receipt.accepted))
            duplicates.append(len(receipt.duplicates))

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(accepted) == [0] * 7 + [5]
        assert sorted(duplicates) == [0] + [5] * 7


@pytest.mark.parametrize("count", [1, 40])
def test_the_records_of_a_form_may_come_one_by_one(tmp_path: Path, count: int) -> None:
    made = records(today_spec(passages=count))
    with create(tmp_path / "ledger") as ledger:
        receipt = ledger.append(iter(made), depositor=DEPOSITOR)  # type: ignore[arg-type]
        assert len(receipt.accepted) == count


@pytest.mark.parametrize("wrong", [None, 17, [None], [17], "text"])
def test_what_is_no_form_is_refused(tmp_path: Path, wrong: object) -> None:
    with create(tmp_path / "ledger") as ledger, pytest.raises(FormatError, match="list"):
        ledger.append(wrong, depositor=DEPOSITOR)  # type: ignore[arg-type]


def test_each_thread_is_answered_for_its_own_form(tmp_path: Path) -> None:
    """Whoever leads makes the others' jobs: good ones, repetitions, and what is no form."""
    own = records(today_spec(seed=5, passages=24))
    shared = dict(records(today_spec(seed=6, passages=1))[0])
    outcomes: dict[str, list[str]] = {"own": [], "shared": [], "wrong": []}
    with create(tmp_path / "ledger") as ledger:

        def send(kind: str, record: dict[str, Value]) -> None:
            try:
                receipt = ledger.append([record], depositor=DEPOSITOR)
            except DepositRefused:
                outcomes[kind].append("refused")
                return
            known = [one.idTechnique for one in receipt.accepted]
            known += [one.idTechnique for one in receipt.duplicates]
            assert known == [record["idTechnique"]]
            outcomes[kind].append("accepted" if receipt.accepted else "duplicate")

        forms = [("own", dict(one)) for one in own]
        forms += [("shared", shared)] * 12
        forms += [("wrong", {**dict(one), "code": 17}) for one in own[:12]]
        random.Random(7).shuffle(forms)
        threads = [threading.Thread(target=send, args=form) for form in forms]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ledger.size == 4 + 2 * 25
    assert outcomes["own"] == ["accepted"] * 24
    assert sorted(outcomes["shared"]) == ["accepted", *["duplicate"] * 11]
    assert outcomes["wrong"] == ["refused"] * 12
    assert audit(tmp_path / "ledger").verdict == "yes"


@pytest.mark.parametrize("name", ["log", "vault", "head", "vault/secret", "vault/seeds"])
def test_a_missing_file_of_the_ledger_is_named(tmp_path: Path, name: str) -> None:
    with deposited(tmp_path / "ledger"):
        pass
    (tmp_path / "ledger" / name).rename(tmp_path / "gone")
    with pytest.raises(LedgerDamagedError):
        Ledger.open(tmp_path / "ledger")
    (tmp_path / "gone").rename(tmp_path / "ledger" / name)
    Ledger.open(tmp_path / "ledger").close()


def test_a_ledger_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError):
        Ledger.create(tmp_path / "file" / "ledger", origin=ORIGIN)
    (tmp_path / "keys").mkdir()
    with pytest.raises(KeyFileError):
        Ledger.create(tmp_path / "ledger", origin=ORIGIN, keys=tmp_path / "keys")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "keys"]


def test_a_rename_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "sync_directory", lambda _: _fail())
    with pytest.raises(StorageError, match="cannot make"):
        Ledger.create(tmp_path / "ledger", origin=ORIGIN)


def _fail() -> None:
    raise OSError(5, "Input/output error")


def test_the_operators_own_schema_is_asked_too(tmp_path: Path) -> None:
    xsd = XsdValidator(Path(__file__).with_name("data").joinpath("flux-test.xsd").read_bytes())
    with create(tmp_path / "ledger") as ledger:
        assert ledger.deposit(flux(today_spec(passages=3)), xsd=xsd).accepted
        with pytest.raises(DepositRefused) as refused:
            ledger.deposit(flux(today_spec()).replace(b"<idFlux>", b"<idFlux2>"), xsd=xsd)
        levels = {fault.code for fault in refused.value.faults}  # type: ignore[attr-defined]
        assert levels
        with pytest.raises(DepositRefused):
            ledger.deposit(flux(today_spec())[:-9], xsd=xsd)
        broken = (
            flux(today_spec(seed=5))
            .replace(b"PAR_SCORING", b"PAR_CHANCE")
            .replace(b"PAR_ADMISSION", b"PAR_CHANCE")
        )
        with pytest.raises(DepositRefused) as both:
            ledger.deposit(broken, xsd=xsd)
        codes = {fault.code for fault in both.value.faults}  # type: ignore[attr-defined]
        assert {"enumeration", "xsd-enumeration"} <= codes


def test_a_large_file_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "FILE_SIZE_WARNED", 100)
    with create(tmp_path / "ledger") as ledger:
        receipt = ledger.deposit(flux(today_spec()))
        assert [warning.code for warning in receipt.warnings] == ["large-file"]


def test_a_proof_is_bounded(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger") as ledger, pytest.raises(PolicyError, match="at most"):
        ledger.prove(range(5, 5 + prove.CERTIFICATIONS_MAX + 1))


def test_a_proof_names_bodies_as_of_its_checkpoint(tmp_path: Path) -> None:
    """A registration behind the checkpoint is not shown; the one before it is."""
    with deposited(tmp_path / "ledger") as ledger:
        ledger.register(DEPOSITOR, name="Nouveau nom")
        report = Verifier(ledger.policy()).verify(ledger.prove([5]))
        assert report.certifications[0].depositor_name == "Organisme d'exemple"


def test_a_proof_waits_for_a_publication_that_was_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with deposited(tmp_path / "ledger") as ledger:
        ledger.deposit(flux(today_spec(seed=20, passages=130)))
        monkeypatch.setattr(ledger._publisher, "_sign", lambda *_: _fail())
        with pytest.raises(OSError, match="Input"):
            ledger.publish()
        monkeypatch.undo()
        # All status leaves are zero still, so the older tree can be read from the newer.
        assert is_proven(ledger, 5)


def test_what_is_asked_for_must_be_of_the_right_type(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger") as ledger:
        for wrong in (lambda: ledger.fields(4), lambda: ledger.deposited(5)):
            with pytest.raises(UnknownEntryError):
                wrong()
        assert list(ledger.entries(3, 4)) == [ledger.record(3)[0]]
        assert len(list(ledger.entries(end=10_000))) == ledger.size
