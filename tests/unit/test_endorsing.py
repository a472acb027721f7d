"""A certifier signs its own entries, after holding them against its own file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from ledgers import DEPOSITOR, ORIGIN, create, flux, records, today_spec
from provenance.audit import audit
from provenance.cdc.endorsing import check_kit
from provenance.cdc.kit import (
    Kit,
    encode_kit,
    make_endorsement,
    parse_endorsement,
    parse_kit,
)
from provenance.encoding import decode_base64, encode_base64, encode_json
from provenance.errors import (
    ErasedError,
    FormatError,
    PolicyError,
    ProvenanceError,
    SignatureError,
    UnknownEntryError,
    VerificationError,
)
from provenance.ledger import DepositSignature, Ledger
from provenance.record.bundle import parse_bundle
from provenance.record.entry import Depositor, Endorsement, parse_entry
from provenance.record.message import deposit_message, depositor_message, file_digest
from provenance.tlog.note import ED25519, make_verifier_key
from provenance.verifier import Verifier
from raw_entries import append_raw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.tlog.note import VerifierKey

PRIVATE = Ed25519PrivateKey.generate()
KEY = make_verifier_key("certifier.example/k", ED25519, PRIVATE.public_key().public_bytes_raw())
# One passage is refused, so that the entries are not all of the file.
FILE = flux(today_spec(passages=9, flaws={"end-before-start": 1}))
DEPOSIT = 5


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Give a ledger with a signed deposit at entry 5; it must pass its audit in the end."""
    with create(tmp_path / "ledger") as ledger:
        ledger.register(DEPOSITOR, name="Organisme", keys=[str(KEY)])
        assert deposit(ledger, FILE).deposit == DEPOSIT
        yield ledger
        ledger.publish()
    assert audit(tmp_path / "ledger").findings == ()


def deposit(ledger: Ledger, data: bytes) -> Any:
    salt = bytes(32)
    message = deposit_message(
        origin=ledger.origin,
        depositor=DEPOSITOR,
        action="CREATION",
        digest=file_digest(salt, [data]),
    )
    signed = DepositSignature(salt=salt, signer=str(KEY), signature=PRIVATE.sign(message))
    return ledger.deposit(data, signature=signed)


def check(kit: Kit | bytes, data: bytes = FILE, **options: Any) -> Any:
    parsed = parse_kit(kit) if isinstance(kit, bytes) else kit
    return check_kit(parsed, lambda: [data], **options)


def endorse(
    ledger: Ledger, private: Ed25519PrivateKey = PRIVATE, key: VerifierKey = KEY
) -> bytes:
    return make_endorsement(check(ledger.endorsement_kit(DEPOSIT)), key, private.sign)


def test_every_certification_has_its_certifiers_signature(ledger: Ledger) -> None:
    what = check(ledger.endorsement_kit(DEPOSIT), entry_key=ledger.operator_keys()[-1].verifier)
    assert (what.start, what.end, len(what.left_out), what.supersede) == (6, 14, 1, 0)
    index = ledger.endorse(endorse(ledger))
    assert isinstance(ledger.entry(index), Endorsement)
    ledger.publish()
    report = Verifier(ledger.policy()).verify(ledger.prove([6, 9, 13]))
    assert report.verdict == "yes", report.summary
    for one in report.certifications:
        assert one.endorsed
        assert one.endorsement is not None
        assert "signed by the depositor itself" in one.endorsement


def test_others_are_not_endorsed(ledger: Ledger) -> None:
    deposit(ledger, flux(today_spec(passages=2, seed=5)))
    ledger.endorse(endorse(ledger))
    ledger.publish()
    report = Verifier(ledger.policy()).verify(ledger.prove([6, ledger.size - 3]))
    assert [one.endorsed for one in report.certifications] == [True, False]


def test_an_erased_one_does_not_break_the_others(ledger: Ledger) -> None:
    ledger.endorse(endorse(ledger))
    ledger.erase([7], basis="GDPR_ART_17")
    ledger.publish()
    report = Verifier(ledger.policy()).verify(ledger.prove([6, 8]))
    assert [one.endorsed for one in report.certifications] == [True, True]
    with pytest.raises(ErasedError):
        ledger.endorsement_kit(DEPOSIT)


def test_nothing_is_endorsed_twice(ledger: Ledger) -> None:
    made = endorse(ledger)
    index = ledger.endorse(made)
    with pytest.raises(PolicyError, match=f"entry {index} endorses the same"):
        ledger.endorse(made)


def test_deposits_without_a_kit(ledger: Ledger) -> None:
    for wrong in (0, 2, 6, ledger.size, -1):
        with pytest.raises(UnknownEntryError):
            ledger.endorsement_kit(wrong)
    with create(ledger.path.with_name("other")) as other:
        form = other.append(records(today_spec(passages=1)), depositor=DEPOSITOR)
        with pytest.raises(PolicyError, match="nothing to endorse"):
            other.endorsement_kit(form.deposit or 0)


def altered(kit: Kit) -> dict[str, tuple[Kit, bytes]]:
    """Give kits and files that do not belong together, each in one way."""
    first, second, *rest = kit.certifications

    def with_first(**members: Any) -> Kit:
        return replace(kit, certifications=(replace(first, **members), second, *rest))

    zeros = encode_base64(bytes(32))
    return {
        "another character in the file": (kit, FILE.replace(b"RS", b"RT", 1)),
        "another file": (kit, flux(today_spec(passages=9, seed=8))),
        "a file cut short": (kit, FILE[:-40]),
        "another salt": (replace(kit, file_salt=zeros[:-2] + "E="), FILE),
        "another seed": (with_first(seed=zeros), FILE),
        "seeds exchanged": (with_first(seed=second.seed), FILE),
        "another place": (with_first(offset=first.offset + 1), FILE),
        "places that do not ascend": (with_first(offset=second.offset), FILE),
        "an entry left out": (replace(kit, certifications=(first, *rest)), FILE),
        "entries exchanged": (replace(kit, certifications=(second, first, *rest)), FILE),
        "an entry twice": (replace(kit, certifications=(first, first, second, *rest)), FILE),
        "an entry that is no JSON": (with_first(entry="{}"), FILE),
        "the deposit as a certification": (with_first(entry=kit.deposit.entry), FILE),
        "a certification as the deposit": (
            replace(kit, deposit=replace(kit.deposit, entry=first.entry)),
            FILE,
        ),
    }


def test_what_differs_is_not_signed(ledger: Ledger) -> None:
    kit = parse_kit(ledger.endorsement_kit(DEPOSIT))
    assert check(kit).start == 6
    for name, (changed, data) in altered(kit).items():
        with pytest.raises((VerificationError, FormatError)) as refused:
            check(changed, data)
        assert isinstance(refused.value, ProvenanceError), name


def test_the_operators_signatures_are_checked_where_its_key_is_known(ledger: Ledger) -> None:
    kit = parse_kit(ledger.endorsement_kit(DEPOSIT))
    entry_key = ledger.operator_keys()[-1].verifier
    first, *rest = kit.certifications
    signature = encode_base64(bytes(64))
    changed = replace(kit, certifications=(replace(first, signature=signature), *rest))
    check(changed)
    with pytest.raises(SignatureError, match="did not sign entry 6"):
        check(changed, entry_key=entry_key)
    with pytest.raises(SignatureError, match="not that of the log"):
        check(kit, entry_key=KEY)


def test_kits_have_one_spelling(ledger: Ledger) -> None:
    data = ledger.endorsement_kit(DEPOSIT)
    assert encode_kit(parse_kit(data)) == data
    for bad in (b"", b"{}", data + b" ", data.replace(b"kit/1", b"kit/2")):
        with pytest.raises(FormatError):
            parse_kit(bad)


def test_endorsements_that_are_refused(ledger: Ledger) -> None:
    size = ledger.size
    good = parse_endorsement(endorse(ledger))
    other = Ed25519PrivateKey.generate()
    other_key = make_verifier_key("x", ED25519, other.public_key().public_bytes_raw())
    for changed in (
        replace(good, origin="another.example/log"),
        replace(good, deposit=2),
        replace(good, deposit=10**6),
        replace(good, end=good.end - 1),
        replace(good, end=good.end + 1),
        replace(good, start=good.start + 1),
        replace(good, root=encode_base64(bytes(32))),
        replace(good, signature=encode_base64(bytes(64))),
        replace(good, vkey=str(other_key)),
    ):
        with pytest.raises((PolicyError, VerificationError, UnknownEntryError)):
            ledger.endorse(encode_json(changed))
    with pytest.raises(PolicyError, match="does not list that key"):
        ledger.endorse(endorse(ledger, other, other_key))
    with pytest.raises(FormatError):
        ledger.endorse(b"{}")
    assert ledger.size == size
    assert decode_base64(good.root)


def test_a_key_that_was_replaced_endorses_nothing(ledger: Ledger) -> None:
    made = endorse(ledger)
    ledger.register(DEPOSITOR, name="Organisme", keys=[])
    with pytest.raises(PolicyError, match="does not list that key"):
        ledger.endorse(made)


# Whose doing the key is.

NEWER = Ed25519PrivateKey.generate()
NEWER_KEY = make_verifier_key(
    "certifier.example/newer", ED25519, NEWER.public_key().public_bytes_raw()
)


def endorsed_by(ledger: Ledger) -> str:
    """Endorse by the newer key, and give what a verifier says of it."""
    ledger.endorse(endorse(ledger, NEWER, NEWER_KEY))
    ledger.publish()
    report = Verifier(ledger.policy()).verify(ledger.prove([6]))
    assert report.verdict == "yes", report.summary
    return str(report.certifications[0].endorsement)


def vouch(private: Ed25519PrivateKey) -> bytes:
    message = depositor_message(origin=ORIGIN, depositor=DEPOSITOR, keys=[str(NEWER_KEY)])
    return private.sign(message)


def test_a_key_that_an_older_one_signed(ledger: Ledger) -> None:
    signature = vouch(PRIVATE)
    ledger.register(DEPOSITOR, name="x", keys=[str(NEWER_KEY)], signature=signature)
    assert "set by a key of its own that entry 4 lists" in endorsed_by(ledger)


def test_a_key_that_the_operator_reset(ledger: Ledger) -> None:
    ledger.register(DEPOSITOR, name="x", keys=[str(NEWER_KEY)])
    assert "reset by the operator alone, in place of the keys of entry 4" in endorsed_by(ledger)


def test_a_key_that_stayed(ledger: Ledger) -> None:
    ledger.register(DEPOSITOR, name="x", keys=[str(NEWER_KEY)])
    before = ledger.register(DEPOSITOR, name="y", keys=[str(NEWER_KEY)])
    ledger.register(DEPOSITOR, name="z", keys=[str(NEWER_KEY)])
    assert f"as entry {before} did before" in endorsed_by(ledger)


def test_a_first_key_is_the_operators_doing(ledger: Ledger) -> None:
    ledger.endorse(endorse(ledger))
    ledger.publish()
    report = Verifier(ledger.policy()).verify(ledger.prove([6]))
    assert "set by the operator" in str(report.certifications[0].endorsement)
    assert "reset" not in str(report.certifications[0].endorsement)


def test_a_signature_over_keys_that_is_wrong_refuses_the_proof(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        ledger.register(DEPOSITOR, name="Organisme", keys=[str(KEY)])
        deposit(ledger, FILE)
        append_raw(
            ledger,
            lambda place: Depositor(
                index=place.index,
                time=place.time,
                prev=place.prev,
                depositor=DEPOSITOR,
                name="x",
                keys=(str(NEWER_KEY),),
                previous=4,
                signature=encode_base64(vouch(NEWER)),
            ),
        )
        ledger.endorse(endorse(ledger, NEWER, NEWER_KEY))
        ledger.publish()
        report = Verifier(ledger.policy()).verify(ledger.prove([6]))
    assert [one.name for one in report.checks if one.outcome == "no"] == ["endorsement"]


def without(bundle: bytes, index: int) -> bytes:
    """Leave one entry out of a proof."""
    parsed = parse_bundle(bundle)
    kept = [one for one in parsed.entries if parse_entry(one.entry.encode()).index != index]
    assert len(kept) < len(parsed.entries)
    return encode_json(replace(parsed, entries=tuple(kept)))


@pytest.mark.parametrize("signed", [True, False])
def test_who_set_a_key_is_not_guessed(ledger: Ledger, *, signed: bool) -> None:
    """The entry that was replaced is left out of the proof."""
    signature = vouch(PRIVATE) if signed else None
    ledger.register(DEPOSITOR, name="x", keys=[str(NEWER_KEY)], signature=signature)
    endorsed_by(ledger)
    report = Verifier(ledger.policy()).verify(without(ledger.prove([6]), 4))
    said = "an earlier key of its own, not checked" if signed else "the operator alone, who"
    assert said in str(report.certifications[0].endorsement)
