"""Every rule on references, kept and broken, in logs that a real ledger holds."""

from __future__ import annotations

from shutil import copytree
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from broken_rules import (
    BROKEN,
    DEPOSIT,
    DIGEST,
    DIGESTS,
    FIRST,
    HASH,
    REGISTERED,
    Signer,
    append,
    certification,
    deposit,
    endorsement,
    entry,
    register,
    withdrawal,
)
from ledgers import CERTIFIER, DEPOSITOR, ORIGIN, create, flux, today_spec
from provenance.audit import audit
from provenance.audit.status import status_root
from provenance.encoding import decode_base64, encode_base64
from provenance.ledger import Ledger
from provenance.record.entry import (
    Depositor,
    Erasure,
    Key,
    Status,
    Timestamp,
    Upgrade,
    depositor_message,
    registration_of,
)
from provenance.record.message import deposit_message, endorsement_message
from provenance.record.status import ERASED, LEAF_ENTRIES, SUPERSEDED, WITHDRAWN, with_bits
from provenance.storage.rows import TECHNICAL, TECHNICAL_ROW, TOMBSTONE
from provenance.tlog.merkle import leaf_hash, tree_root
from provenance.tlog.note import ED25519, MLDSA44
from raw_entries import entry_signer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from broken_rules import Make
    from provenance.audit import AuditReport
    from provenance.ledger.draft import Place
    from provenance.record.entry import Entry


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with create(tmp_path / "ledger") as made:
        made.deposit(flux(today_spec(passages=6)))
        made.publish()
        yield made


def close_and_audit(ledger: Ledger, **options: Any) -> AuditReport:
    path = ledger.path
    ledger.close()
    return audit(path, vault=False, **options)


def broken(report: AuditReport) -> list[str]:
    return [finding.message for finding in report.findings if finding.check == "rules"]


def bury(ledger: Ledger, index: int) -> None:
    """Turn the look-up of an entry into a tombstone, as its erasure does."""
    with ledger._files.store._write() as rows:
        (key,) = (
            key for key, row in rows.scan(TECHNICAL) if row[:8] == index.to_bytes(8, "big")
        )
        rows.put(TECHNICAL, [(key, TECHNICAL_ROW.pack(index, TOMBSTONE))])


def test_a_life_that_keeps_the_rules_passes(ledger: Ledger) -> None:
    """Superseded, withdrawn, erased, published: the status roots follow."""
    append(ledger, deposit(recorded=1))
    append(ledger, certification(supersedes=FIRST), marks=[(FIRST, SUPERSEDED)])
    since = ledger.publish()
    append(ledger, withdrawal(withdraws=FIRST + 1), marks=[(FIRST + 1, WITHDRAWN)])
    append(ledger, deposit(action="SUPPRESSION", recorded=1))
    mark = (FIRST + 2, WITHDRAWN)
    append(ledger, withdrawal(behind=1, withdraws=FIRST + 2), marks=[mark])
    append(
        ledger,
        entry(Erasure, erases=(DEPOSIT, FIRST + 1), commitment=HASH),
        marks=[(FIRST + 1, ERASED)],
    )
    bury(ledger, FIRST + 1)
    append(ledger, register())
    ledger.publish()
    path = ledger.path
    report = close_and_audit(ledger)
    assert report.verdict == "yes", report.findings
    assert report.erased == 2
    later = audit(path, since=since, vault=False)
    assert later.verdict == "yes", later.findings
    assert later.start > 0


def test_a_status_root_that_hides_a_withdrawal_is_found(ledger: Ledger) -> None:
    append(ledger, withdrawal())
    ledger.publish()
    report = close_and_audit(ledger)
    assert {finding.check for finding in report.findings} == {"status"}


def test_a_status_root_that_invents_something_is_found(ledger: Ledger) -> None:
    append(ledger, register(), marks=[(FIRST, WITHDRAWN)])
    since = ledger.publish()
    path = ledger.path
    assert {one.check for one in close_and_audit(ledger).findings} == {"status"}
    assert audit(path, since=since, vault=False).verdict == "yes"


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_is_found(ledger: Ledger, case: str) -> None:
    message, which, makes = BROKEN[case]
    at = [append(ledger, make) for make in makes][which]
    found = [one for one in close_and_audit(ledger).findings if one.check == "rules"]
    assert any(message in one.message and one.index == at for one in found), found


def test_an_audit_that_goes_on_takes_older_keys_and_depositors_over(ledger: Ledger) -> None:
    old = ledger.publish()
    ledger.register(DEPOSITOR, name="Nouveau nom", for_all=True)
    ledger.register("9ANOTHER", name="Troisième")
    ledger.deposit(flux(today_spec(seed=4)))
    ledger.publish()
    report = close_and_audit(ledger, since=old)
    assert report.verdict == "yes", report.findings


def test_a_succession_gives_rights_over_what_was_taken_over(ledger: Ledger) -> None:
    succeeds = {"previous": REGISTERED + 1, "succeeds": (DEPOSITOR,)}
    at = append(ledger, entry(Depositor, depositor=CERTIFIER, name="x", keys=(), **succeeds))
    members = {"depositor": CERTIFIER, "registration": at, "action": "SUPPRESSION"}
    append(ledger, deposit(**members, recorded=1))
    append(ledger, withdrawal(behind=1), marks=[(FIRST, WITHDRAWN)])
    ledger.publish()
    report = close_and_audit(ledger)
    assert report.verdict == "yes", report.findings


def test_a_key_is_used_for_one_thing_only(ledger: Ledger) -> None:
    signer = Signer(ORIGIN)
    append(ledger, entry(Key, action="add", role="log", vkey=signer.vkey))
    append(ledger, entry(Key, action="retire", role="log", vkey=signer.vkey))
    append(ledger, entry(Key, action="add", role="log", vkey=signer.vkey))
    assert broken(close_and_audit(ledger)) == [
        "key entry adds a public key that was used before"
    ]


def test_a_new_entry_key_signs_from_then_on(ledger: Ledger) -> None:
    """What the old key still signs behind the retirement is found."""
    new = Signer(f"{ORIGIN}/entry")
    first = ledger.operator_keys()[-1].verifier
    old = entry_signer(ledger, ledger.size)
    append(ledger, entry(Key, action="add", role="entry", vkey=new.vkey))
    retire = entry(Key, action="retire", role="entry", vkey=str(first))
    append(ledger, retire, signer=new.sign_raw)
    assert audit_open(ledger).verdict == "yes"
    append(ledger, entry(Upgrade, format="provenance/2"), signer=old)
    report = close_and_audit(ledger)
    assert [one.check for one in report.findings] == ["entry-signature"]


def registration(keys: Sequence[Signer], *, by: Signer | None = None, **more: Any) -> Make:
    """Make the depositor's next registration; ``by``: who signs it."""

    def make(place: Place) -> Entry:
        members = {"name": "x", "previous": REGISTERED, **more}
        vkeys = tuple(key.vkey for key in keys)
        made = entry(Depositor, depositor=DEPOSITOR, keys=vkeys, **members)(place)
        assert isinstance(made, Depositor)
        if by is None:
            return made
        message = depositor_message(origin=ORIGIN, registration=registration_of(made))
        return replace(made, signature=by.sign(message))

    return make


def signed_deposit(
    by: Signer, *, over: str = CERTIFIER, digest: str = DIGEST, **members: Any
) -> Make:
    """Make a deposit that is signed; ``over``: the certifier that the signature covers."""
    message = deposit_message(
        origin=ORIGIN,
        depositor=DEPOSITOR,
        certifier=over,
        action="CREATION",
        digest=decode_base64(digest),
    )
    signed = {"signer": by.vkey, "signature": by.sign(message), "digest": digest}
    return deposit(**signed, **members)


def test_depositors_signatures_are_checked(ledger: Ledger) -> None:
    one, two = Signer("a.example/1"), Signer("a.example/2")
    first = append(ledger, registration([one]))
    second = append(ledger, registration([two], by=one, previous=first))
    good = signed_deposit(two, registration=second)
    append(ledger, good)
    assert audit_open(ledger).verdict == "yes"
    wrong = [
        append(ledger, signed_deposit(one, registration=second, digest=DIGESTS[0])),
        append(
            ledger,
            signed_deposit(two, registration=second, digest=DIGESTS[1], over=DEPOSITOR),
        ),
        append(ledger, deposit(registration=second)),
        append(ledger, registration([one], by=one, previous=second)),
    ]
    found = [one for one in close_and_audit(ledger).findings if one.check == "rules"]
    assert [one.index for one in found] == wrong
    assert [text.message.split(" ", 2)[2] for text in found] == [
        "has a signature that is not by a key of its depositor",
        "has a signature that is not by a key of its depositor",
        "is not signed, though its depositor has keys",
        "is not signed by a previous key of the depositor",
    ]


def test_a_signature_covers_the_whole_registration(ledger: Ledger) -> None:
    """Replayed for another entry, or under another name or mandate, it is no signature."""
    one, two = Signer(), Signer()
    first = append(ledger, registration([one]))
    second = append(ledger, registration([two], by=one, previous=first))
    signed = ledger.entry(second)
    assert isinstance(signed, Depositor)
    third = append(ledger, registration([one], by=two, previous=second))
    assert audit_open(ledger).verdict == "yes"

    def replayed(**changed: Any) -> Make:
        return lambda place: replace(
            signed, index=place.index, time=place.time, prev=place.prev, **changed
        )

    fourth = append(ledger, replayed(previous=third))
    back = append(ledger, registration([one], by=two, previous=fourth))
    fifth = append(ledger, replayed(previous=back, name="another"))
    found = [one for one in close_and_audit(ledger).findings if one.check == "rules"]
    assert [one.index for one in found] == [fourth, fifth]


def test_how_keys_were_changed_is_told(ledger: Ledger) -> None:
    """Set, changed by the body, reset by the operator; nothing later hides that."""
    one, two, evil = Signer(), Signer(), Signer()
    at = append(ledger, registration([one]))
    at = append(ledger, registration([one], previous=at, name="y"))
    at = append(ledger, registration([two], by=one, previous=at))
    changes = audit_open(ledger).key_changes
    assert (changes.registered, changes.changed, changes.reset) == (1, 1, 0)
    at = append(ledger, registration([evil], previous=at))
    at = append(ledger, registration([evil], previous=at))
    append(ledger, registration([one], by=evil, previous=at))
    report = close_and_audit(ledger)
    changes = report.key_changes
    assert (changes.registered, changes.changed, changes.reset) == (1, 2, 1)
    assert report.verdict == "yes"
    assert any("reset by the operator" in note for note in report.notes)


@pytest.mark.parametrize("between", [0, 1])
def test_keys_that_were_emptied_before_are_reset(ledger: Ledger, between: int) -> None:
    one, two = Signer(), Signer()
    at = append(ledger, registration([one]))
    at = append(ledger, registration([], previous=at))
    if between:
        at = append(ledger, registration([], previous=at))
    since = ledger.publish()
    append(ledger, registration([two], previous=at))
    path = ledger.path
    changes = close_and_audit(ledger).key_changes
    assert (changes.registered, changes.changed, changes.reset) == (1, 0, 2)
    # An audit that goes on knows that there had been keys.
    ledger = Ledger.open(path)
    ledger.publish()
    assert close_and_audit(ledger, since=since).key_changes.reset == 1


def test_the_order_of_keys_counts(ledger: Ledger) -> None:
    one, two = Signer("a.example/1"), Signer("a.example/2")
    at = append(ledger, registration([one, two]))
    append(ledger, registration([two, one], previous=at))
    assert close_and_audit(ledger).key_changes.reset == 1


def test_the_operators_keys_are_never_a_depositors(ledger: Ledger) -> None:
    own = str(ledger.operator_keys()[-1].verifier)
    other = Signer(ORIGIN)
    first = append(ledger, entry(Depositor, depositor="9ANOTHER", name="x", keys=(own,)))
    append(ledger, registration([other]))
    second = append(ledger, entry(Key, action="add", role="log", vkey=other.vkey))
    found = [one for one in close_and_audit(ledger).findings if one.check == "rules"]
    assert [one.index for one in found] == [first, second]


def test_a_body_that_is_registered_anew_is_found(ledger: Ledger) -> None:
    """As if it had never been registered: with a key of the operator's choice."""
    since = ledger.publish()
    evil = Signer()
    anew = append(ledger, entry(Depositor, depositor=DEPOSITOR, name="x", keys=(evil.vkey,)))
    new = append(ledger, entry(Depositor, depositor="9ANOTHER", name="y", keys=()))
    append(ledger, signed_deposit(evil, registration=anew))
    path = ledger.path
    report = close_and_audit(ledger)
    assert [(one.check, one.index) for one in report.findings] == [("rules", anew)]
    assert new > anew, "the control: a body that is registered for the first time"
    later = audit(path, since=since, vault=False)
    assert any("was registered before" in note for note in later.notes)


def audit_open(ledger: Ledger) -> AuditReport:
    """Audit a copy of the database of a ledger that stays open."""
    copy = ledger.path.parent / f"copy-{ledger.size}"
    copytree(ledger.path, copy)
    return audit(copy, vault=False)


def test_rights_over_certifiers_are_replayed(ledger: Ledger) -> None:
    limited = registration([], certifiers=("9OTHERS0",))
    at = append(ledger, limited)
    append(ledger, deposit(registration=at, certifier="9OTHERS0"))
    append(ledger, deposit(registration=at, certifier=DEPOSITOR))
    wrong = append(ledger, deposit(registration=at))
    found = close_and_audit(ledger).findings
    assert [(one.check, one.index) for one in found] == [("rules", wrong)]
    assert "may not deposit for" in found[0].message


def test_an_endorsement_is_checked(ledger: Ledger) -> None:
    signer = Signer()
    at = append(ledger, registration([signer]))
    leaves = [leaf_hash(ledger.record(index)[0]) for index in range(FIRST, FIRST + 6)]
    root = tree_root(leaves)
    message = endorsement_message(
        origin=ORIGIN, deposit=DEPOSIT, start=FIRST, end=FIRST + 6, root=root
    )
    members = {"registration": at, "vkey": signer.vkey}
    signed = {"root": encode_base64(root), "signature": signer.sign(message)}
    append(ledger, endorsement(**members, **signed))
    report = audit_open(ledger)
    assert not broken(report)
    assert (report.origins.endorsed, report.origins.closed) == (6, 0)
    append(ledger, endorsement(**members, root=HASH, signature=signer.sign(b"")))
    assert len(broken(close_and_audit(ledger))) == 2


def test_an_endorsement_that_does_not_hold_vouches_for_nothing(ledger: Ledger) -> None:
    signer = Signer()
    at = append(ledger, registration([signer]))
    append(ledger, endorsement(registration=at, vkey=signer.vkey))
    assert close_and_audit(ledger).origins.endorsed == 0


def test_what_an_audit_does_not_check_is_told(ledger: Ledger) -> None:
    with ledger._files.store.view() as view:
        root = encode_base64(view.root(3))
    append(ledger, entry(Timestamp, size=3, root=root, token="AAAA"))
    append(ledger, entry(Upgrade, format="provenance/2"))
    report = close_and_audit(ledger)
    assert report.verdict == "yes"
    assert any("token" in note for note in report.notes)
    assert any("format" in note for note in report.notes)


def test_a_checkpoint_that_ends_in_no_status_entry_is_found(ledger: Ledger) -> None:
    index = ledger.register("9ANOTHER", name="x")
    ledger._publisher._seal(index + 1, None, None)
    assert {one.check for one in close_and_audit(ledger).findings} == {"checkpoint"}


def test_status_roots_agree_with_the_plain_tree() -> None:
    """The sparse recursion against hashing every leaf."""
    for size in (0, 1, 127, 128, 129, 1000, 1281):
        for bits in ({}, {0: 1}, {5: 2, 130: 4, 900: 7}):
            known = {index: value for index, value in bits.items() if index < size}
            leaves = [bytes(64)] * -(-size // LEAF_ENTRIES)
            for index, value in known.items():
                number = index // LEAF_ENTRIES
                leaves[number] = with_bits(leaves[number], index, value)
            assert status_root(known, size) == tree_root(map(leaf_hash, leaves))


def test_log_keys_of_both_kinds_are_known(ledger: Ledger) -> None:
    kinds = {key.verifier.kind for key in ledger.operator_keys() if key.role == "log"}
    assert kinds == {ED25519, MLDSA44}
    assert isinstance(ledger.entry(ledger.size - 1), Status)
