"""A certifier signs its own entries, after holding them against its own file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from bodies import Body
from digests import digest_of_file
from ledgers import CERTIFIER, DEPOSITOR, create, flux, records, today_spec, verify
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
    LedgerDamagedError,
    PolicyError,
    ProvenanceError,
    SignatureError,
    UnknownEntryError,
    VerificationError,
)
from provenance.ledger import DepositSignature, Ledger
from provenance.record.bundle import parse_bundle
from provenance.record.entry import Depositor, Endorsement, parse_entry
from provenance.record.message import deposit_message
from provenance.verifier import Verifier
from raw_entries import append_raw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.ledger.draft import Place
    from provenance.report import CertificationReport

BODY = Body("certifier.example/k")
# One passage is refused, so that the entries are not all of the file.
FILE = flux(today_spec(passages=9, flaws={"end-before-start": 1}))
DEPOSIT = 5


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return a ledger with a signed deposit at entry 5; it must pass its audit in the end."""
    with create(tmp_path / "ledger") as ledger:
        ledger.register(DEPOSITOR, name="Organisme", for_all=True, keys=[BODY.vkey])
        assert deposit(ledger, FILE).deposit == DEPOSIT
        yield ledger
        ledger.publish()
    assert audit(tmp_path / "ledger").findings == ()


def deposit(ledger: Ledger, data: bytes, body: Body = BODY) -> Any:
    salt = os.urandom(32)
    message = deposit_message(
        origin=ledger.origin,
        depositor=DEPOSITOR,
        certifier=CERTIFIER,
        action="CREATION",
        digest=digest_of_file(data, salt),
    )
    signed = DepositSignature(salt=salt, signer=body.vkey, signature=body.private.sign(message))
    return ledger.deposit(data, signature=signed)


def check(kit: Kit | bytes, data: bytes = FILE, **options: Any) -> Any:
    parsed = parse_kit(kit) if isinstance(kit, bytes) else kit
    return check_kit(parsed, lambda: [data], **options)


def endorse(ledger: Ledger, body: Body = BODY) -> bytes:
    what = check(ledger.endorsement_kit(DEPOSIT))
    return make_endorsement(what, body.key, body.private.sign)


def test_every_certification_has_its_certifiers_signature(ledger: Ledger) -> None:
    what = check(ledger.endorsement_kit(DEPOSIT), entry_key=ledger.operator_keys()[-1].verifier)
    assert (what.start, what.end, len(what.left_out), what.supersede) == (6, 14, 1, 0)
    index = ledger.endorse(endorse(ledger))
    ledger.publish()
    entry = ledger.entry(index)
    assert isinstance(entry, Endorsement)
    assert entry.registration == 4
    for one in verify(ledger, ledger.prove([6, 9, 13])).certifications:
        assert one.endorsed
        assert one.keys == "registered"


def test_others_are_not_endorsed(ledger: Ledger) -> None:
    deposit(ledger, flux(today_spec(passages=2, seed=5)))
    ledger.endorse(endorse(ledger))
    ledger.publish()
    report = verify(ledger, ledger.prove([6, ledger.size - 3]))
    assert [one.endorsed for one in report.certifications] == [True, False]


def test_an_erased_one_does_not_break_the_others(ledger: Ledger) -> None:
    ledger.endorse(endorse(ledger))
    ledger.erase([7], basis="GDPR_ART_17")
    ledger.publish()
    report = verify(ledger, ledger.prove([6, 8]))
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


def changed_code() -> bytes:
    """Return the file with another code in its last certification, passages unchanged."""
    start = FILE.rindex(b"<code>") + len(b"<code>")
    end = FILE.index(b"</code>", start)
    return FILE[:start] + b"RNCP38000"[: end - start].ljust(end - start, b"0") + FILE[end:]


def altered(kit: Kit) -> dict[str, tuple[Kit, bytes]]:
    """Return kits and files that do not belong together, each in one way."""
    first, second, *rest = kit.certifications

    def with_first(**members: Any) -> Kit:
        return replace(kit, certifications=(replace(first, **members), second, *rest))

    zeros = encode_base64(bytes(32))
    return {
        "another character in the file": (kit, FILE.replace(b"RS", b"RT", 1)),
        "a character outside all passages": (kit, FILE.replace(b"</flux>", b"</flux >")),
        "another code around the passages": (kit, changed_code()),
        "a registration in the kit": (
            with_first(entry=first.entry.replace('"registration":4', '"registration":2')),
            FILE,
        ),
        "another file": (kit, flux(today_spec(passages=9, seed=8))),
        "a file cut short": (kit, FILE[:-40]),
        "another salt": (replace(kit, file_salt=zeros[:-2] + "E="), FILE),
        "another seed": (with_first(seed=zeros), FILE),
        "seeds exchanged": (with_first(seed=second.seed), FILE),
        "another place": (with_first(offset=first.offset + 1), FILE),
        "places that do not ascend": (with_first(offset=second.offset), FILE),
        "an entry left out": (replace(kit, certifications=(first, *rest)), FILE),
        "the last entry left out": (replace(kit, certifications=kit.certifications[:-1]), FILE),
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
        check(kit, entry_key=BODY.key)


def test_kits_have_one_spelling(ledger: Ledger) -> None:
    data = ledger.endorsement_kit(DEPOSIT)
    assert encode_kit(parse_kit(data)) == data
    for bad in (b"", b"{}", data + b" ", data.replace(b"kit/1", b"kit/2")):
        with pytest.raises(FormatError):
            parse_kit(bad)


def test_endorsements_that_are_refused(ledger: Ledger) -> None:
    size = ledger.size
    good = parse_endorsement(endorse(ledger))
    other = Body("x")
    for changed in (
        replace(good, origin="another.example/log"),
        replace(good, deposit=2),
        replace(good, deposit=10**6),
        replace(good, end=good.end - 1),
        replace(good, end=good.end + 1),
        replace(good, start=good.start + 1),
        replace(good, root=encode_base64(bytes(32))),
        replace(good, signature=encode_base64(bytes(64))),
        replace(good, vkey=other.vkey),
    ):
        with pytest.raises((PolicyError, VerificationError, UnknownEntryError)):
            ledger.endorse(encode_json(changed))
    with pytest.raises(PolicyError, match="does not list that key"):
        ledger.endorse(endorse(ledger, other))
    with pytest.raises(FormatError):
        ledger.endorse(b"{}")
    assert ledger.size == size
    assert decode_base64(good.root)


def test_a_key_that_was_replaced_endorses_nothing(ledger: Ledger) -> None:
    made = endorse(ledger)
    ledger.register(DEPOSITOR, name="Organisme")
    with pytest.raises(PolicyError, match="does not list that key"):
        ledger.endorse(made)


# Whose doing the key is.

NEWER = Body("certifier.example/newer")


def endorsed_by(ledger: Ledger, body: Body = NEWER) -> CertificationReport:
    """Endorse by a key, and give what a verifier says of it."""
    ledger.endorse(endorse(ledger, body))
    ledger.publish()
    return verify(ledger, ledger.prove([6])).certifications[0]


def change_keys(ledger: Ledger, by: Body, *to: Body) -> int:
    """Let a body change its keys itself."""
    draft = ledger.draft_registration(
        DEPOSITOR, name="Organisme", for_all=True, keys=[one.vkey for one in to]
    )
    return ledger.register_signed(draft, by.sign_draft(draft))


def reset_keys(ledger: Ledger, *to: Body, name: str = "Organisme") -> int:
    """Let the operator change them alone."""
    return ledger.register(DEPOSITOR, name=name, for_all=True, keys=[one.vkey for one in to])


def registrations(bundle: bytes) -> list[int]:
    entries = [parse_entry(one.entry.encode()) for one in parse_bundle(bundle).entries]
    return [
        one.index
        for one in entries
        if isinstance(one, Depositor) and one.depositor == DEPOSITOR
    ]


def test_a_first_key_is_registered(ledger: Ledger) -> None:
    assert endorsed_by(ledger, BODY).keys == "registered"
    # Entry 2 registered the body without a key, and is shown as the first of the chain.
    assert registrations(ledger.prove([6])) == [2, 4]


def test_a_key_that_an_older_one_signed(ledger: Ledger) -> None:
    at = change_keys(ledger, BODY, NEWER)
    assert endorsed_by(ledger).keys == "changed"
    assert registrations(ledger.prove([6])) == [2, 4, at]


def test_a_key_that_the_operator_reset(ledger: Ledger) -> None:
    reset_keys(ledger, NEWER)
    assert endorsed_by(ledger).keys == "reset"


def test_a_reset_is_not_laundered_by_registering_twice(ledger: Ledger) -> None:
    """The insider's key once more, and then signed by itself: it stays a reset."""
    reset_keys(ledger, NEWER)
    for number in range(3):
        reset_keys(ledger, NEWER, name=f"Organisme {number}")
    change_keys(ledger, NEWER, NEWER)
    found = endorsed_by(ledger)
    assert found.keys == "reset"
    assert registrations(ledger.prove([6])) == [2, 4, *range(DEPOSIT + 9, DEPOSIT + 14)]


def test_a_reset_is_not_laundered_by_another_key(ledger: Ledger) -> None:
    reset_keys(ledger, NEWER)
    third = Body("certifier.example/third")
    change_keys(ledger, NEWER, third)
    assert endorsed_by(ledger, third).keys == "reset"


def test_keys_that_were_taken_away_and_given_back_are_a_reset(ledger: Ledger) -> None:
    reset_keys(ledger)
    reset_keys(ledger, BODY)
    assert endorsed_by(ledger, BODY).keys == "reset"


def test_there_and_back_by_the_body_itself(ledger: Ledger) -> None:
    change_keys(ledger, BODY, NEWER)
    change_keys(ledger, NEWER, BODY)
    assert endorsed_by(ledger, BODY).keys == "changed"


def test_only_the_chain_of_the_depositor_is_shown(ledger: Ledger) -> None:
    ledger.register(CERTIFIER, name="Un autre nom", keys=[NEWER.vkey])
    endorsed_by(ledger, BODY)
    entries = [
        parse_entry(one.entry.encode()) for one in parse_bundle(ledger.prove([6])).entries
    ]
    certifiers = [
        one.index
        for one in entries
        if isinstance(one, Depositor) and one.depositor == CERTIFIER
    ]
    assert certifiers == [3], "the one that the certification names"


def raw_registration(previous: int, signature: bytes, **members: Any) -> Any:
    """Return a registration as an insider writes it, who has the entry key and the database."""

    def make(place: Place) -> Depositor:
        values: dict[str, Any] = {
            "depositor": DEPOSITOR,
            "name": "Organisme",
            "keys": (NEWER.vkey,),
            "previous": previous,
            "signature": encode_base64(signature),
        }
        return Depositor(
            index=place.index, time=place.time, prev=place.prev, **(values | members)
        )

    return make


def test_an_old_signature_that_is_played_again_refuses_the_proof(tmp_path: Path) -> None:
    """K1 to K2 to K1; then the old signature of K1 once more, over other rights."""
    path = tmp_path / "ledger"
    with create(path) as ledger:
        ledger.register(DEPOSITOR, name="Organisme", for_all=True, keys=[BODY.vkey])
        deposit(ledger, FILE)
        draft = ledger.draft_registration(
            DEPOSITOR, name="Organisme", for_all=True, keys=[NEWER.vkey]
        )
        vouched = BODY.sign_draft(draft)
        ledger.register_signed(draft, vouched)
        back = change_keys(ledger, NEWER, BODY)
        append_raw(ledger, raw_registration(back, vouched, succeeds=("9VICTIME",)))
        ledger.endorse(endorse(ledger, NEWER))
        ledger.publish()
        with pytest.raises(LedgerDamagedError, match=r"entry 6, check endorsement"):
            ledger.prove([6])
        bundle = unchecked(ledger)
        report = Verifier(ledger.policy()).verify(bundle)
    assert [one.name for one in report.checks if one.outcome == "no"] == ["endorsement"]
    found = [one.message for one in audit(path).findings]
    assert any("not signed by a previous key" in message for message in found)


def unchecked(ledger: Ledger) -> bytes:
    """Make the proof of entry 6 as somebody does who does not look at it first."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("provenance.ledger.prove.check_made", lambda *_: None)
        return ledger.prove([6])


def test_a_signature_that_is_wrong_refuses_the_proof(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        ledger.register(DEPOSITOR, name="Organisme", for_all=True, keys=[BODY.vkey])
        deposit(ledger, FILE)
        append_raw(ledger, raw_registration(4, bytes(64)))
        ledger.endorse(endorse(ledger, NEWER))
        ledger.publish()
        report = Verifier(ledger.policy()).verify(unchecked(ledger))
    assert [one.name for one in report.checks if one.outcome == "no"] == ["endorsement"]


def without(bundle: bytes, index: int) -> bytes:
    """Leave one entry out of a proof."""
    parsed = parse_bundle(bundle)
    kept = [one for one in parsed.entries if parse_entry(one.entry.encode()).index != index]
    assert len(kept) < len(parsed.entries)
    return encode_json(replace(parsed, entries=tuple(kept)))


@pytest.mark.parametrize("left_out", [2, 4])
def test_a_chain_with_a_gap_refuses_the_proof(ledger: Ledger, left_out: int) -> None:
    change_keys(ledger, BODY, NEWER)
    endorsed_by(ledger)
    report = Verifier(ledger.policy()).verify(without(ledger.prove([6]), left_out))
    assert {one.name for one in report.checks if one.outcome == "no"} >= {"endorsement"}
