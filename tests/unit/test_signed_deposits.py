"""Depositors with keys: their deposits, their forms, and how their keys are replaced."""

from __future__ import annotations

import secrets
import shutil
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledgers import CERTIFIER, DEPOSITOR, ORIGIN, create, flux, records, today_spec
from provenance.audit import audit
from provenance.errors import DepositRefused, FormatError, PolicyError, SignatureError
from provenance.ledger import DepositSignature, Ledger, form_digest
from provenance.ledger.registration import RegistrationJob
from provenance.record.entry import Deposit, Depositor
from provenance.record.message import deposit_message, depositor_message, file_digest
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
        action: str = "CREATION",
    ) -> DepositSignature:
        message = deposit_message(
            origin=origin, depositor=depositor, action=action, digest=digest
        )
        return DepositSignature(
            salt=salt, signer=self.vkey, signature=self.private.sign(message)
        )

    def sign_file(self, data: bytes, **members: str) -> DepositSignature:
        salt = secrets.token_bytes(32)
        return self.sign(file_digest(salt, [data]), salt=salt, **members)

    def vouch(self, *keys: Body, depositor: str = DEPOSITOR) -> bytes:
        vkeys = [key.vkey for key in keys]
        return self.private.sign(
            depositor_message(origin=ORIGIN, depositor=depositor, keys=vkeys)
        )


@pytest.fixture
def body() -> Body:
    return Body()


@pytest.fixture
def ledger(tmp_path: Path, body: Body) -> Iterator[Ledger]:
    """Give a ledger whose depositor has a key; it must pass its audit in the end."""
    with create(tmp_path / "ledger") as ledger:
        ledger.register(DEPOSITOR, name="Organisme d'exemple", keys=[body.vkey])
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


def test_new_keys_signed_by_an_old_one(ledger: Ledger, body: Body) -> None:
    newer = Body("certifier.example/newer")
    index = ledger.register(
        DEPOSITOR, name="Organisme", keys=[newer.vkey], signature=body.vouch(newer)
    )
    entry = ledger.entry(index)
    assert isinstance(entry, Depositor)
    assert entry.signature is not None
    # The old key has no say any more, over files or over keys.
    with pytest.raises(DepositRefused) as refused:
        ledger.deposit(FILE, signature=body.sign_file(FILE))
    assert code(refused) == "signature-key-unknown"
    with pytest.raises(SignatureError):
        ledger.register(DEPOSITOR, name="x", keys=[body.vkey], signature=body.vouch(body))
    assert ledger.deposit(FILE, signature=newer.sign_file(FILE)).accepted


def test_signatures_over_keys_that_do_not_fit(ledger: Ledger, body: Body) -> None:
    newer, other = Body("certifier.example/newer"), Body("certifier.example/other")
    size = ledger.size
    for signature in (
        body.vouch(other),
        newer.vouch(newer),
        body.vouch(newer, depositor=CERTIFIER),
        body.vouch(newer)[:-1],
        b"",
    ):
        with pytest.raises((SignatureError, FormatError)):
            ledger.register(DEPOSITOR, name="x", keys=[newer.vkey], signature=signature)
    with pytest.raises(PolicyError, match="no key in force"):
        ledger.register(CERTIFIER, name="x", keys=[newer.vkey], signature=body.vouch(newer))
    with pytest.raises(PolicyError, match="no key in force"):
        ledger.register("9UNKNOWN", name="x", keys=[newer.vkey], signature=body.vouch(newer))
    with pytest.raises(PolicyError, match="succeed itself"):
        ledger.register(DEPOSITOR, name="x", succeeds=[DEPOSITOR])
    assert ledger.size == size


def test_the_operator_may_reset_keys_and_it_shows(ledger: Ledger, body: Body) -> None:
    newer = Body("certifier.example/newer")
    ledger.register(DEPOSITOR, name="Organisme", keys=[newer.vkey])
    assert ledger.deposit(FILE, signature=newer.sign_file(FILE)).accepted
    ledger.publish()
    copy = ledger.path.with_name("copy")
    shutil.copytree(ledger.path, copy)
    assert any("reset by the operator" in note for note in audit(copy).notes)


def test_a_signature_is_against_one_entry(
    ledger: Ledger, body: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody replaces the entry between the check and the commit."""
    newer = Body("certifier.example/newer")
    before = RegistrationJob.check

    def replaced_meanwhile(job: RegistrationJob, view: object) -> None:
        job._signed_against = 2  # type: ignore[misc]
        before(job, view)  # type: ignore[arg-type]

    monkeypatch.setattr(RegistrationJob, "check", replaced_meanwhile)
    with pytest.raises(PolicyError, match="replaced meanwhile"):
        ledger.register(DEPOSITOR, name="x", keys=[newer.vkey], signature=body.vouch(newer))


def test_a_successor_is_registered_as_such(ledger: Ledger) -> None:
    index = ledger.register("9SUCCEED", name="Nouvel organisme", succeeds=[DEPOSITOR])
    entry = ledger.entry(index)
    assert isinstance(entry, Depositor)
    assert entry.succeeds == (DEPOSITOR,)
