"""Depositors with keys sign their deposits: files and forms, each once."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from digests import digest_of_file
from ledgers import CERTIFIER, DEPOSITOR, ORIGIN, create, flux, records, today_spec
from provenance.audit import audit
from provenance.cdc.report import encode_receipt, parse_receipt
from provenance.errors import DepositRefused, FormatError
from provenance.ledger import DepositSignature, Ledger, Refuse, form_digest
from provenance.record.entry import Deposit
from provenance.record.message import deposit_message
from provenance.tlog.note import ED25519, make_verifier_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Body:
    """The key of a certifying body."""

    def __init__(self, name: str = "certifier.example/k") -> None:
        self.private: Final = Ed25519PrivateKey.generate()
        public = self.private.public_key().public_bytes_raw()
        self.vkey: Final = str(make_verifier_key(name, ED25519, public))

    def sign(
        self,
        digest: bytes,
        *,
        salt: bytes,
        origin: str = ORIGIN,
        depositor: str = DEPOSITOR,
        certifier: str = CERTIFIER,
        action: str = "CREATION",
    ) -> DepositSignature:
        message = deposit_message(
            origin=origin,
            depositor=depositor,
            certifier=certifier,
            action=action,
            digest=digest,
        )
        return DepositSignature(
            salt=salt, signer=self.vkey, signature=self.private.sign(message)
        )

    def sign_file(self, data: bytes, **members: str) -> DepositSignature:
        salt = secrets.token_bytes(32)
        return self.sign(digest_of_file(data, salt), salt=salt, **members)


@pytest.fixture
def body() -> Body:
    return Body()


@pytest.fixture
def ledger(tmp_path: Path, body: Body) -> Iterator[Ledger]:
    """Return a ledger whose depositor has a key; it must pass its audit in the end."""
    with create(tmp_path / "ledger") as ledger:
        ledger.register(DEPOSITOR, name="Organisme d'exemple", for_all=True, keys=[body.vkey])
        yield ledger
        ledger.publish()
    assert audit(tmp_path / "ledger").findings == ()


FILE: Final = flux(today_spec(version="1.1.5", passages=3))


def code(refused: pytest.ExceptionInfo[DepositRefused]) -> str:
    (fault,) = refused.value.faults
    return str(getattr(fault, "code", ""))


def test_a_signed_file_is_recorded_with_its_signature(ledger: Ledger, body: Body) -> None:
    signed = body.sign_file(FILE)
    receipt = ledger.deposit(FILE, signature=signed)
    assert receipt.deposit is not None
    entry = ledger.entry(receipt.deposit)
    assert isinstance(entry, Deposit)
    assert entry.signer == body.vkey


def test_withdrawing_is_signed_as_such(ledger: Ledger, body: Body) -> None:
    ledger.deposit(FILE, signature=body.sign_file(FILE))
    data = FILE.replace(b"CREATION", b"SUPPRESSION")
    with pytest.raises(DepositRefused) as refused:
        ledger.deposit(data, signature=body.sign_file(data))
    assert code(refused) == "signature-wrong"
    signed = body.sign_file(data, action="SUPPRESSION")
    assert len(ledger.deposit(data, signature=signed).accepted) == 3


def test_signatures_that_do_not_fit(ledger: Ledger, body: Body) -> None:
    size = ledger.size
    good = body.sign_file(FILE)
    cases: dict[str, list[DepositSignature | None]] = {
        "signature-missing": [None],
        "signature-key-unknown": [Body().sign_file(FILE)],
        "signature-wrong": [
            body.sign_file(FILE + b" "),
            body.sign_file(FILE, origin="another.example/log"),
            body.sign_file(FILE, depositor=CERTIFIER),
            body.sign_file(FILE, certifier=DEPOSITOR),
            DepositSignature(salt=bytes(32), signer=body.vkey, signature=good.signature),
            DepositSignature(salt=good.salt, signer=body.vkey, signature=good.signature[:-1]),
            DepositSignature(salt=good.salt, signer=body.vkey, signature=b""),
        ],
    }
    for expected, signatures in cases.items():
        for signature in signatures:
            with pytest.raises(DepositRefused) as refused:
                ledger.deposit(FILE, signature=signature)
            assert code(refused) == expected
    with pytest.raises(FormatError, match="salt"):
        ledger.deposit(FILE, signature=DepositSignature(b"short", body.vkey, good.signature))
    assert ledger.size == size


def test_forms_are_signed_too(ledger: Ledger, body: Body) -> None:
    sent = records(today_spec(passages=2))
    with pytest.raises(DepositRefused) as refused:
        ledger.append(sent, depositor=DEPOSITOR)
    assert code(refused) == "signature-missing"
    salt = secrets.token_bytes(32)
    digest = form_digest(sent, depositor=DEPOSITOR, salt=salt)
    receipt = ledger.append(sent, depositor=DEPOSITOR, signature=body.sign(digest, salt=salt))
    assert len(receipt.accepted) == 2


def deposits(ledger: Ledger) -> list[Deposit]:
    entries = [ledger.entry(index) for index in range(ledger.size)]
    return [entry for entry in entries if isinstance(entry, Deposit)]


def test_a_signed_file_that_comes_again_is_a_list_of_duplicates(
    ledger: Ledger, body: Body
) -> None:
    """A receipt was lost: what was sent is sent again, as it was signed."""
    signed = body.sign_file(FILE)
    first = ledger.deposit(FILE, signature=signed)
    size = ledger.size
    again = ledger.deposit(FILE, signature=signed)
    assert (ledger.size, again.deposit, again.digest) == (size, None, first.digest)
    assert [one.entry for one in again.duplicates] == [one.entry for one in first.accepted]


def test_nothing_new_is_recorded_under_a_signature_that_was_used(
    ledger: Ledger, body: Body
) -> None:
    def decide(fields: object) -> object:
        refused.append(fields)
        return Refuse("non")

    refused: list[object] = []
    signed = body.sign_file(FILE)
    receipt = ledger.deposit(FILE, decide, signature=signed)  # type: ignore[arg-type]
    assert len(refused) == len(receipt.refused) == 3
    assert receipt.deposit is not None
    size = ledger.size
    with pytest.raises(DepositRefused, match=f"entry {receipt.deposit} already") as told:
        ledger.deposit(FILE, signature=signed)
    assert code(told) == "signed-before"
    assert ledger.size == size
    # Signed anew, under another salt, it is another deposit.
    assert len(ledger.deposit(FILE, signature=body.sign_file(FILE)).accepted) == 3
    assert len({entry.digest for entry in deposits(ledger)}) == 2


def test_a_signed_file_is_not_taken_twice_after_an_erasure(ledger: Ledger, body: Body) -> None:
    signed = body.sign_file(FILE)
    (first, *_) = ledger.deposit(FILE, signature=signed).accepted
    ledger.erase([first.index], basis="GDPR_ART_17")
    with pytest.raises(DepositRefused) as told:
        ledger.deposit(FILE, signature=signed)
    assert code(told) == "signed-before"


def test_a_signed_form_is_not_taken_twice(ledger: Ledger, body: Body) -> None:
    sent = records(today_spec(passages=2))
    salt = secrets.token_bytes(32)
    signed = body.sign(form_digest(sent, depositor=DEPOSITOR, salt=salt), salt=salt)

    def decide(_: object) -> object:
        return Refuse("non")

    ledger.append(sent, depositor=DEPOSITOR, decide=decide, signature=signed)  # type: ignore[arg-type]
    with pytest.raises(DepositRefused) as told:
        ledger.append(sent, depositor=DEPOSITOR, signature=signed)
    assert code(told) == "signed-before"


def test_a_signed_file_sent_by_many_at_once_is_recorded_once(
    ledger: Ledger, body: Body
) -> None:
    signed = body.sign_file(FILE)
    outcomes: list[tuple[int, int]] = []

    def send() -> None:
        receipt = ledger.deposit(FILE, signature=signed)
        assert parse_receipt(encode_receipt(receipt)) == receipt
        outcomes.append((len(receipt.accepted), len(receipt.duplicates)))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [*[(0, 3)] * 5, (3, 0)]
    assert len(deposits(ledger)) == 1


def test_the_signature_of_one_file_is_none_of_one_that_differs_around_its_passages(
    ledger: Ledger, body: Body
) -> None:
    """The passages are the same, letter by letter."""
    signed = body.sign_file(FILE)
    kind = b"<natureDeposant>TIERS_CONFIANCE</natureDeposant>"
    for old, new in (
        (b"SPECIMEN-0001", b"SPECIMEN-0002"),
        (b"<code>RS", b"<code>RS0"),
        (kind, b""),
    ):
        assert old in FILE
        with pytest.raises(DepositRefused) as told:
            ledger.deposit(FILE.replace(old, new), signature=signed)
        assert code(told) == "signature-wrong"
