"""What a deposit's entries say: digest, leaves, registrations; and what its sender is told."""

from __future__ import annotations

import io
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from digests import digest_of_file, digest_of_form, leaves_of_file
from ledgers import CERTIFIER, DEPOSITOR, create, flux, records, today_spec
from processes import wait_until
from provenance.audit import audit
from provenance.cdc.report import encode_receipt, parse_receipt, report_xml
from provenance.cdc.sample import Form
from provenance.encoding import encode_base64
from provenance.errors import DepositRefused, FormatError, UnreadableError
from provenance.ledger import Accept, DepositSignature, Ledger, Refuse, sorting, source
from provenance.ledger.preparing import CHUNK
from provenance.record.entry import Deposit, Withdrawal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provenance.cdc.report import Receipt
    from provenance.record.commitment import Value


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return a ledger of two bodies, which must pass its audit in the end."""
    with create(tmp_path / "ledger") as made:
        yield made
        made.publish()
    assert audit(tmp_path / "ledger").findings == ()


def sent(receipt: Receipt) -> Receipt:
    assert parse_receipt(encode_receipt(receipt)) == receipt
    return receipt


def codes(faults: object) -> list[str]:
    return [str(getattr(fault, "code", "")) for fault in faults]  # type: ignore[attr-defined]


def warned(receipt: Receipt) -> list[list[str]]:
    return [codes(one.warnings) for one in receipt.accepted]


# --- digest and leaves


FLAWS: Final = {"end-before-start": 3, "repeated-in-file": 2}
MANY: Final = 2 * CHUNK + 5
ODD: Final = b"<!-- </passageCertification> -->"
"""A comment for which a file must be read as a whole."""


def check_digest(ledger: Ledger, receipt: Receipt, data: bytes) -> None:
    assert receipt.deposit is not None
    salt = ledger.deposited(receipt.deposit).file_salt
    assert receipt.digest == encode_base64(digest_of_file(data, salt))
    entry = ledger.entry(receipt.deposit)
    assert isinstance(entry, Deposit)
    assert (entry.digest, entry.recorded) == (receipt.digest, len(receipt.accepted))
    with ledger._files.store.view() as view:
        assert list(view.leaves(receipt.deposit)) == leaves_of_file(data, salt)
    if entry.action == "CREATION":
        for one in receipt.accepted:
            with ledger._files.store.view() as view:
                payload = ledger._recall.certification(view, one.index)
            assert payload.salt == source.Salts(salt).some(payload.number, 1)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("whole", [False, True], ids=["cut", "whole"])
@pytest.mark.parametrize(
    "form",
    [
        Form(),
        Form(
            prefix="cpf",
            newline="\r\n",
        ),
    ],
)
def test_the_digest_binds_every_passage(
    tmp_path: Path, workers: int, whole: bool, form: Form
) -> None:
    data = flux(today_spec(passages=MANY, flaws=FLAWS, form=form))
    if whole:
        data = data.replace(b"<certifications>", b"<certifications>" + ODD)
        data = data.replace(b"<cpf:certifications>", b"<cpf:certifications>" + ODD)
    create(tmp_path / "ledger").close()
    with Ledger.open(tmp_path / "ledger", workers=workers) as ledger:
        if workers:
            wait_until(ledger._crew.ready)
        receipt = sent(ledger.deposit(data))
        assert len(receipt.refused) == sum(FLAWS.values())
        check_digest(ledger, receipt, data)
        # What was recorded before is bound as well, and so is what is refused again.
        more = flux(today_spec(passages=MANY + 3, flaws=FLAWS, form=form))
        again = sent(ledger.deposit(more))
        assert again.duplicates
        check_digest(ledger, again, more)
        ledger.publish()
    assert audit(tmp_path / "ledger").findings == ()


def test_the_digest_of_a_file_that_withdraws(ledger: Ledger) -> None:
    spec = today_spec(version="1.1.5", passages=6)
    ledger.deposit(flux(spec))
    data = flux(msgspec.structs.replace(spec, action="SUPPRESSION", passages=7))
    receipt = sent(ledger.deposit(data))
    assert (len(receipt.accepted), codes(receipt.refused[0].faults)) == (6, ["not-recorded"])
    assert receipt.refused[0].faults[0].passage == 7
    check_digest(ledger, receipt, data)


def test_the_digest_of_a_form(ledger: Ledger) -> None:
    records_sent = records(today_spec(passages=MANY))
    records_sent[3]["dateFinValidite"] = "2020-01-01"
    for size in (2, MANY):
        receipt = sent(ledger.append(records_sent[-size:], depositor=DEPOSITOR))
        assert receipt.deposit is not None
        salt = ledger.deposited(receipt.deposit).file_salt
        assert receipt.digest == encode_base64(digest_of_form(records_sent[-size:], salt))


def test_a_file_of_nothing_new_and_one_refusal_is_recorded_with_nothing(ledger: Ledger) -> None:
    data = flux(today_spec(passages=4))
    ledger.deposit(data)
    refused = one_twice(
        data, lambda one: one.replace(b"<scoring", b"<verbatim>x</verbatim><scoring")
    )
    receipt = sent(ledger.deposit(refused))
    assert codes(receipt.refused[0].faults) == ["repeated-in-file"]
    assert receipt.deposit is not None
    entry = ledger.entry(receipt.deposit)
    assert isinstance(entry, Deposit)
    assert (entry.recorded, receipt.deposit) == (0, ledger.size - 1)
    check_digest(ledger, receipt, refused)


def test_leaves_stay_when_everything_is_erased(ledger: Ledger) -> None:
    data = flux(today_spec(passages=3))
    receipt = ledger.deposit(data)
    assert receipt.deposit is not None
    with ledger._files.store.view() as view:
        before = view.leaves(receipt.deposit)
    ledger.erase([one.index for one in receipt.accepted], basis="RETENTION_END")
    with ledger._files.store.view() as view:
        assert view.leaves(receipt.deposit) == before


def test_salts_are_the_same_however_they_are_asked_for() -> None:
    whole = source.Salts(bytes(32)).some(0, 100)
    salts = source.Salts(bytes(32))
    assert b"".join(salts.some(number, 1) for number in range(100)) == whole
    assert source.Salts(bytes(32)).some(30, 5) == whole[32 * 30 : 32 * 35]
    assert salts.some(98, 2) == whole[-64:]
    with pytest.raises(FormatError, match="salt of 32 bytes"):
        source.Salts(bytes(31))


# --- registrations


def entries_of(ledger: Ledger, receipt: Receipt) -> list[Any]:
    assert receipt.deposit is not None
    return [
        ledger.entry(receipt.deposit),
        *(ledger.entry(one.index) for one in receipt.accepted),
    ]


def test_entries_name_the_last_registrations(ledger: Ledger) -> None:
    deposit, *certified = entries_of(ledger, ledger.deposit(flux(today_spec(passages=2))))
    assert (deposit.registration, deposit.certifier) == (2, CERTIFIER)
    assert {(one.registration, one.certifier_registration) for one in certified} == {(2, 3)}
    newer = ledger.register(DEPOSITOR, name="Un autre nom", for_all=True)
    third = ledger.register(CERTIFIER, name="Un autre certificateur")
    deposit, *certified = entries_of(
        ledger, ledger.deposit(flux(today_spec(seed=8, passages=2)))
    )
    assert deposit.registration == newer
    assert {(one.registration, one.certifier_registration) for one in certified} == {
        (newer, third)
    }


@pytest.mark.parametrize("certifier", [DEPOSITOR, "9UNKNOWN"])
def test_a_certifier_that_is_the_depositor_or_unknown_has_no_registration(
    ledger: Ledger, certifier: str
) -> None:
    receipt = ledger.deposit(flux(today_spec(passages=2, certifier=certifier)))
    deposit, *certified = entries_of(ledger, receipt)
    assert deposit.certifier == certifier
    assert {one.certifier_registration for one in certified} == {None}
    assert all(
        b"certifier_registration" not in ledger.record(one.index)[0] for one in certified
    )


def test_a_certifier_registered_meanwhile_is_named(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer looks again under the lock, and the deposit is sorted anew."""
    before = sorting.sort_candidates
    registered: list[int] = []

    def meanwhile(*args: Any) -> Any:
        found = before(*args)
        if not registered:
            thread = threading.Thread(
                target=lambda: registered.append(ledger.register("9LATELY0", name="Nouveau"))
            )
            thread.start()
            thread.join()
        return found

    monkeypatch.setattr("provenance.ledger.deposit.sort_candidates", meanwhile)
    receipt = ledger.deposit(flux(today_spec(passages=2, certifier="9LATELY0")))
    _, *certified = entries_of(ledger, receipt)
    assert {one.certifier_registration for one in certified} == set(registered)


def test_a_depositor_registered_meanwhile_is_asked_to_deposit_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorting.sort_candidates
    registered: list[int] = []

    def meanwhile(*args: Any) -> Any:
        if not registered:
            thread = threading.Thread(
                target=lambda: registered.append(ledger.register(DEPOSITOR, name="Nouveau"))
            )
            thread.start()
            thread.join()
        return before(*args)

    monkeypatch.setattr("provenance.ledger.deposit.sort_candidates", meanwhile)
    size = ledger.size
    with pytest.raises(DepositRefused, match="replaced meanwhile, and nothing was recorded"):
        ledger.deposit(flux(today_spec(passages=2)))
    assert ledger.size == size + 1


def test_deposits_and_registrations_of_one_commit_do_not_contradict_each_other(
    ledger: Ledger,
) -> None:
    """Many callers share commits; each entry names the registration that was the last one."""
    told: list[str] = []

    def register(number: int) -> None:
        ledger.register(DEPOSITOR, name=f"Nom {number}", for_all=True)

    def send(number: int) -> None:
        (record,) = records(today_spec(seed=100 + number, passages=1))
        try:
            ledger.append([record], depositor=DEPOSITOR)
        except DepositRefused as error:
            told.append(str(error))

    threads = [
        threading.Thread(target=register if number % 4 == 0 else send, args=(number,))
        for number in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all("replaced meanwhile" in one for one in told)
    last: dict[str, int] = {}
    for index in range(ledger.size):
        entry: Any = ledger.entry(index)
        if hasattr(entry, "registration"):
            assert entry.registration == last[entry.depositor]
        elif hasattr(entry, "keys"):
            last[entry.depositor] = index


def test_a_certifier_that_no_entry_can_name_refuses_its_own_file_alone(ledger: Ledger) -> None:
    for name in ("certific", "9 SAMPLE", "9SAMPLÉS"):
        data = flux(today_spec(passages=2)).replace(CERTIFIER.encode(), name.encode())
        with pytest.raises(DepositRefused) as refused:
            ledger.deposit(data)
        assert codes(refused.value.faults) == ["malformed-certifier"]
        record = {**records(today_spec(passages=1))[0], "certificateur": name}
        with pytest.raises(DepositRefused):
            ledger.append([record], depositor=DEPOSITOR)


# --- one idTechnique several times in a file


def passages(data: bytes) -> list[bytes]:
    end = b"</passageCertification>"
    return [
        b"<passageCertification>" + part.partition(end)[0] + end
        for part in data.split(b"<passageCertification>")[1:]
    ]


def one_twice(data: bytes, change: Callable[[bytes], bytes] = bytes) -> bytes:
    """Put the first passage of a file behind itself, changed."""
    first = passages(data)[0]
    return data.replace(first, first + b"\n" + change(first), 1)


ONE_GROUP: Final = {"certifications": 1, "passages": 3}


def test_equal_content_twice_in_a_file_is_a_duplicate(ledger: Ledger) -> None:
    data = one_twice(flux(today_spec(**ONE_GROUP)), lambda one: one.replace(b"\n", b"\n "))
    receipt = sent(ledger.deposit(data))
    assert (len(receipt.accepted), len(receipt.duplicates), receipt.refused) == (3, 1, ())
    (again,) = receipt.duplicates
    first = receipt.accepted[0]
    assert (again.idTechnique, again.index, again.entry, again.first) == (
        first.idTechnique,
        first.index,
        first.entry,
        first.first,
    )
    assert report_xml(receipt).count(first.idTechnique.encode()) == 1
    check_digest(ledger, receipt, data)
    assert ledger.rebuild(first.index - 1) == data
    repeated = sent(ledger.deposit(data))
    assert (repeated.deposit, len(repeated.duplicates)) == (None, 4)


def test_other_content_twice_in_a_file_is_refused_with_its_number(ledger: Ledger) -> None:
    changed = one_twice(
        flux(today_spec(**ONE_GROUP)),
        lambda one: one.replace(b"<obtention", b"<!-- --><obtention"),
    )
    other = one_twice(
        changed,
        lambda one: one.replace(b"PAR_", b"PAR_").replace(
            b"<scoring", b"<verbatim>x</verbatim><scoring"
        ),
    )
    receipt = sent(ledger.deposit(other, corrections=True))
    assert (len(receipt.accepted), len(receipt.duplicates)) == (3, 1)
    (refused,) = receipt.refused
    (fault,) = refused.faults
    assert (fault.code, fault.passage, fault.id_technique) == (
        "repeated-in-file",
        2,
        receipt.accepted[0].idTechnique,
    )
    assert fault.message.startswith("2: ")
    report = report_xml(receipt).decode()
    assert "<messageErreur>2 : Le passage" in report
    assert report.partition("PassagesOK")[2].count(refused.idTechnique) == 1


def test_what_was_refused_before_does_not_count(ledger: Ledger) -> None:
    """As between two files: what was not recorded is not repeated."""
    bad = lambda one: one.replace(b"PAR_SCORING", b"PAR_ADMISSION")  # noqa: E731

    def decide(fields: Any) -> object:
        asked.append(fields["idTechnique"])
        return Refuse("non") if len(asked) == 1 else Accept()

    asked: list[object] = []
    data = one_twice(flux(today_spec(**ONE_GROUP)), bad)
    receipt = sent(ledger.deposit(data, decide))  # type: ignore[arg-type]
    assert [one.faults[0].passage for one in receipt.refused] == [1]
    assert (len(receipt.accepted), receipt.duplicates) == (3, ())
    assert asked[0] == asked[1]
    assert "<messageErreur>1 : non" in report_xml(receipt).decode()


def test_the_operator_is_asked_once_for_what_is_said_twice(ledger: Ledger) -> None:
    def decide(_: object) -> object:
        asked.append(1)
        return Accept(holder="ref")

    asked: list[int] = []
    receipt = ledger.deposit(one_twice(flux(today_spec(**ONE_GROUP))), decide)  # type: ignore[arg-type]
    assert (len(asked), len(receipt.duplicates)) == (3, 1)
    assert len(ledger.find(reference="ref")) == 3


def test_a_repetition_of_what_is_recorded_or_refused_shares_its_fate(ledger: Ledger) -> None:
    data = flux(today_spec(**ONE_GROUP))
    ledger.deposit(data)
    receipt = sent(ledger.deposit(one_twice(data)))
    assert len(receipt.duplicates) == 4
    other = data.replace(b"SPECIMEN-0001", b"SPECIMEN-0002")
    receipt = sent(ledger.deposit(one_twice(other)))
    assert [one.faults[0].passage for one in receipt.refused] == [1, 2, 3, 4]
    assert {code for one in receipt.refused for code in codes(one.faults)} == {
        "already-recorded"
    }


def test_one_id_withdrawn_twice_in_a_file(ledger: Ledger) -> None:
    spec = today_spec(version="1.1.5", **ONE_GROUP)
    ledger.deposit(flux(spec))
    data = one_twice(flux(msgspec.structs.replace(spec, action="SUPPRESSION")))
    receipt = sent(ledger.deposit(data))
    assert (len(receipt.accepted), receipt.refused) == (3, ())
    assert receipt.duplicates[0].index == receipt.accepted[0].index
    assert isinstance(ledger.entry(receipt.accepted[0].index), Withdrawal)
    check_digest(ledger, receipt, data)


def test_a_form_may_say_one_thing_twice_as_well(ledger: Ledger) -> None:
    one, two = records(today_spec(passages=2))
    receipt = sent(
        ledger.append([one, two, one, {**two, "verbatim": "autre"}], depositor=DEPOSITOR)
    )
    assert [len(part) for part in (receipt.accepted, receipt.duplicates, receipt.refused)] == [
        2, 1, 1,
    ]  # fmt: skip
    assert receipt.refused[0].faults[0].passage == 4


# --- what a depositor is warned of


def deposited(ledger: Ledger, **members: Value) -> Receipt:
    (record,) = records(today_spec(passages=1))
    return sent(ledger.append([{**record, **members}], depositor=DEPOSITOR))


def test_an_award_in_the_future_is_warned_of(ledger: Ledger) -> None:
    day = str(today_spec().day + timedelta(days=40))
    receipt = deposited(ledger, dateDebutValidite=day, dateFinValidite=None)
    assert warned(receipt) == [["award-in-future"]]
    assert not receipt.accepted[0].late
    (fault,) = receipt.accepted[0].warnings
    assert (fault.element, fault.passage) == ("dateDebutValidite", 1)
    assert fault.id_technique == receipt.accepted[0].idTechnique


def test_days_beyond_the_schema_are_refused(ledger: Ledger) -> None:
    data = flux(today_spec(passages=2))
    day = str(today_spec().day).encode()
    assert b"-" in day
    (record,) = records(today_spec(passages=1))
    for bad in ("1899-12-31", "2100-01-01", "9999-12-31"):
        with pytest.raises(DepositRefused):
            ledger.append([{**record, "dateFinValidite": bad}], depositor=DEPOSITOR)
        awarded = str(record["dateDebutValidite"]).encode()
        spoiled = data.replace(awarded, bad.encode())
        with pytest.raises(DepositRefused) as refused:
            ledger.deposit(spoiled)
        fault: Any = refused.value.faults[0]
        assert (fault.code, fault.level) == ("date", "schema")
        assert fault.passage in {1, 2}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("pass\u00e9-1", "passe\u0301-1"),
        ("passe\u0301-1", "pass\u00e9-1"),
        ("e\u0323\u0301", "e\u0301\u0323"),
        ("\u212a-1", "K-1"),
        ("K-1", "\u212a-1"),
    ],
    ids=[
        "NFC, NFD",
        "NFD, NFC",
        "two of neither",
        "a letter that is another",
        "and the other way",
    ],
)
def test_two_forms_of_one_id_technique(ledger: Ledger, first: str, second: str) -> None:
    one, two, three = records(today_spec(passages=3))
    receipt = sent(
        ledger.append(
            [{**one, "idTechnique": first}, three, {**two, "idTechnique": second}],
            depositor=DEPOSITOR,
        )
    )
    assert warned(receipt) == [[], [], ["twin-id-technique"]]
    (fault,) = receipt.accepted[2].warnings
    assert (fault.passage, "passage 1 " in fault.message) == (3, True)


def test_names_in_other_letters_are_no_twins(ledger: Ledger) -> None:
    made = records(today_spec(passages=3))
    names = ["passé-1", "passe-1", "PASSÉ-1"]
    receipt = ledger.append(
        [{**one, "idTechnique": name} for one, name in zip(made, names, strict=True)],
        depositor=DEPOSITOR,
    )
    assert warned(receipt) == [[], [], []]


# --- what a receipt says


def test_a_receipt_says_what_was_sent(ledger: Ledger) -> None:
    sent_records = records(today_spec(passages=4))
    receipt = sent(ledger.append(sent_records, depositor=DEPOSITOR))
    again = sent(ledger.append(sent_records, depositor=DEPOSITOR))
    for one, twice, record in zip(
        receipt.accepted, again.duplicates, sent_records, strict=True
    ):
        said = (
            record["type"],
            record["code"],
            record["certificateur"],
            record["dateDebutValidite"],
            record["donneeCertifiee"] is False,
        )
        assert one.content == twice.content == said
        assert one.first == twice.first == receipt.received


def test_the_first_of_a_lineage_is_that_of_all(ledger: Ledger) -> None:
    (record,) = records(today_spec(passages=1))
    first = deposited(ledger, donneeCertifiee=False)
    final = deposited(ledger, donneeCertifiee=True)
    corrected = sent(
        ledger.append(
            [{**record, "donneeCertifiee": True, "verbatim": "x"}],
            depositor=DEPOSITOR,
            corrections=True,
        )
    )
    again = deposited(ledger, donneeCertifiee=True, verbatim="x")
    assert first.received < final.received < corrected.received
    assert [one.accepted[0].first for one in (first, final, corrected)] == [first.received] * 3
    assert again.duplicates[0].first == first.received
    assert [one.accepted[0].provisional for one in (first, final)] == [True, False]


def test_the_receipt_of_a_withdrawal_is_of_what_was_withdrawn(ledger: Ledger) -> None:
    spec = today_spec(version="1.1.5", passages=2)
    recorded = ledger.deposit(flux(spec))
    erased = recorded.accepted[1]
    ledger.erase([erased.index], basis="GDPR_ART_17")
    data = flux(msgspec.structs.replace(spec, action="SUPPRESSION"))
    receipt = sent(ledger.deposit(data))
    again = sent(ledger.deposit(data))
    for one, twice, before in zip(
        receipt.accepted, again.duplicates, recorded.accepted, strict=True
    ):
        assert one.index == twice.index > before.index
        assert one.first == twice.first == recorded.received
        gone = before.index == erased.index
        assert one.content == twice.content == ((None,) * 5 if gone else before.content)


# --- what is not a deposit


def test_what_is_not_a_file_is_refused_as_such(ledger: Ledger, tmp_path: Path) -> None:
    for bad in (None, 7, ["a"], object(), bytearray(b"<flux/>")):
        with pytest.raises(FormatError, match="a path, bytes, or an open binary file"):
            ledger.deposit(bad)  # type: ignore[arg-type]
    closed = io.BytesIO(b"<flux/>")
    closed.close()
    deaf = type("Deaf", (io.BytesIO,), {"seek": lambda *_: _fail()})()
    for unreadable in (
        tmp_path,
        str(tmp_path / "none"),
        "a\0b",
        io.StringIO("<flux/>"),
        closed,
        deaf,
    ):
        with pytest.raises(UnreadableError, match="cannot read"):
            ledger.deposit(unreadable)  # type: ignore[arg-type]


def _fail() -> None:
    raise OSError(29, "Illegal seek")


SIGNATURE: Final = DepositSignature(salt=bytes(32), signer="x", signature=bytes(64))


@pytest.mark.parametrize(
    "options",
    [
        {"decide": 7},
        {"depositor": 9},
        {"name": b"a"},
        {"corrections": "no"},
        {"signature": {"salt": b""}},
        {"signature": msgspec.structs.replace(SIGNATURE, salt="x" * 32)},
        {"signature": msgspec.structs.replace(SIGNATURE, signer=None)},
        {"signature": msgspec.structs.replace(SIGNATURE, signature=None)},
        {"signature": msgspec.structs.replace(SIGNATURE, salt=b"short")},
        {"xsd": b"<xs:schema/>"},
        {"limits": 10},
        {"progress": "yes"},
    ],
    ids="-".join,
)
def test_options_of_another_type(ledger: Ledger, options: dict[str, Any]) -> None:
    size = ledger.size
    with pytest.raises(FormatError):
        ledger.deposit(flux(today_spec(passages=1)), **options)
    assert ledger.size == size


@pytest.mark.parametrize(
    "answer",
    [
        None,
        True,
        "no",
        Accept,
        Accept(holder=7),  # type: ignore[arg-type]
        Refuse(message=None),  # type: ignore[arg-type]
    ],
    ids=repr,
)
@pytest.mark.parametrize("odd", [False, True])
def test_what_the_operators_function_may_not_answer(
    ledger: Ledger, answer: Any, odd: bool
) -> None:
    def decide(_: object) -> Any:
        asked.append(1)
        return answer

    asked: list[int] = []
    size, data = ledger.size, flux(today_spec(passages=2))
    with pytest.raises(FormatError, match="decide answered"):
        ledger.deposit(data.replace(b"<emetteur>", b"<emetteur>" + ODD * odd), decide)
    with pytest.raises(FormatError, match="decide answered"):
        ledger.append(records(today_spec(passages=1)), depositor=DEPOSITOR, decide=decide)
    assert (len(asked), ledger.size) == (2, size)


def test_what_the_operators_function_raises_is_its_own(ledger: Ledger) -> None:
    def decide(_: object) -> Any:
        raise ZeroDivisionError

    size = ledger.size
    with pytest.raises(ZeroDivisionError):
        ledger.deposit(flux(today_spec(passages=2)), decide)
    assert ledger.size == size
    assert ledger.deposit(flux(today_spec(passages=2))).accepted


@pytest.mark.parametrize(
    "form",
    [None, 7, "text", {"idTechnique": "x"}, [None], [7], [[1, 2]], [{7: "x"}], ["ab"]],
    ids=repr,
)
def test_forms_of_another_type(ledger: Ledger, form: Any) -> None:
    size = ledger.size
    with pytest.raises(FormatError):
        ledger.append(form, depositor=DEPOSITOR)
    with pytest.raises(FormatError):
        ledger.append([], depositor=None)  # type: ignore[arg-type]
    assert ledger.size == size


def test_the_members_of_results_come_in_the_order_of_the_schema(ledger: Ledger) -> None:
    name = "niveauNumeriqueEuropeen.resultats"
    (record,) = records(today_spec(passages=1))
    results: list[dict[str, Any]] = [
        {"competenceId": "2", "domaineCompetenceId": "1", "niveau": 3}
    ]
    given = {**record, "presenceNiveauNumeriqueEuro": True, name: results}
    (one,) = ledger.append([given], depositor=DEPOSITOR).accepted
    value: Any = dict(ledger.fields(one.index))[name]
    assert list(value[0]) == ["niveau", "domaineCompetenceId", "competenceId"]
    ordered = {**given, name: [dict(sorted(results[0].items(), reverse=True))]}
    assert ledger.append([ordered], depositor=DEPOSITOR).duplicates
    # An empty list is none.
    empty = {**record, "idTechnique": "vide", "presenceNiveauNumeriqueEuro": False, name: []}
    empty.pop("niveauNumeriqueEuropeen.scoreGeneral", None)
    (one,) = ledger.append([empty], depositor=DEPOSITOR).accepted
    assert name not in dict(ledger.fields(one.index))
    assert one.warnings == ()
