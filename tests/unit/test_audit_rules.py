"""Every rule on references, kept and broken, in logs that a real ledger holds."""

from __future__ import annotations

from shutil import copytree
from typing import TYPE_CHECKING, Any

import pytest

from broken_rules import BROKEN, FIRST, HASH, Signer, entry
from ledgers import CERTIFIER, DEPOSITOR, ORIGIN, create, flux, today_spec
from provenance.audit import audit
from provenance.audit.status import status_root
from provenance.encoding import encode_base64
from provenance.record.entry import (
    Certification,
    Deposit,
    Depositor,
    Endorsement,
    Erasure,
    Key,
    Register,
    Status,
    Timestamp,
    Upgrade,
    Withdrawal,
)
from provenance.record.message import (
    deposit_message,
    depositor_message,
    endorsement_message,
)
from provenance.record.status import ERASED, LEAF_ENTRIES, SUPERSEDED, WITHDRAWN, with_bits
from provenance.storage.rows import TECHNICAL, TECHNICAL_ROW, TOMBSTONE
from provenance.tlog.merkle import leaf_hash, tree_root
from provenance.tlog.note import ED25519, MLDSA44
from raw_entries import append_raw, entry_signer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.audit import AuditReport
    from provenance.ledger import Ledger


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
    deposit = entry(
        Deposit, depositor=DEPOSITOR, certifier=CERTIFIER, action="CREATION", digest=HASH
    )
    at = append_raw(ledger, deposit)
    append_raw(
        ledger,
        entry(
            Certification, deposit=at, depositor=DEPOSITOR, commitment=HASH, supersedes=FIRST
        ),
        marks=[(FIRST, SUPERSEDED)],
    )
    since = ledger.publish()
    append_raw(
        ledger,
        entry(Withdrawal, withdraws=FIRST + 1, commitment=HASH),
        marks=[(FIRST + 1, WITHDRAWN)],
    )
    suppression = entry(
        Deposit, depositor=DEPOSITOR, certifier=CERTIFIER, action="SUPPRESSION", digest=HASH
    )
    at = append_raw(ledger, suppression)
    append_raw(
        ledger,
        entry(Withdrawal, deposit=at, withdraws=FIRST + 2, commitment=HASH),
        marks=[(FIRST + 2, WITHDRAWN)],
    )
    append_raw(
        ledger,
        entry(Erasure, erases=(4, FIRST + 1), commitment=HASH),
        marks=[(FIRST + 1, ERASED)],
    )
    bury(ledger, FIRST + 1)
    ledger.publish()
    path = ledger.path
    report = close_and_audit(ledger)
    assert report.verdict == "yes", report.findings
    assert report.erased == 2
    later = audit(path, since=since, vault=False)
    assert later.verdict == "yes", later.findings
    assert later.start > 0


def test_a_status_root_that_hides_a_withdrawal_is_found(ledger: Ledger) -> None:
    append_raw(ledger, entry(Withdrawal, withdraws=FIRST, commitment=HASH))
    ledger.publish()
    report = close_and_audit(ledger)
    assert {finding.check for finding in report.findings} == {"status"}


def test_a_status_root_that_invents_something_is_found(ledger: Ledger) -> None:
    register = entry(Register, source="RNCP", version="1", date="2026-01-01", digest=HASH)
    append_raw(ledger, register, marks=[(FIRST, WITHDRAWN)])
    since = ledger.publish()
    path = ledger.path
    assert {one.check for one in close_and_audit(ledger).findings} == {"status"}
    assert audit(path, since=since, vault=False).verdict == "yes"


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_is_found(ledger: Ledger, case: str) -> None:
    message, makes = BROKEN[case]
    for make in makes:
        append_raw(ledger, make)
    assert any(message in one for one in broken(close_and_audit(ledger))), case


def test_an_audit_that_goes_on_takes_older_keys_and_depositors_over(ledger: Ledger) -> None:
    old = ledger.publish()
    ledger.register(DEPOSITOR, name="Nouveau nom")
    ledger.register("9ANOTHER", name="Troisième")
    ledger.deposit(flux(today_spec(seed=4)))
    ledger.publish()
    report = close_and_audit(ledger, since=old)
    assert report.verdict == "yes", report.findings


def test_a_succession_gives_rights_over_what_was_taken_over(ledger: Ledger) -> None:
    append_raw(
        ledger,
        entry(
            Depositor, depositor=CERTIFIER, name="x", keys=(), previous=3, succeeds=(DEPOSITOR,)
        ),
    )
    at = append_raw(
        ledger,
        entry(
            Deposit, depositor=CERTIFIER, certifier=CERTIFIER, action="SUPPRESSION", digest=HASH
        ),
    )
    append_raw(
        ledger,
        entry(Withdrawal, deposit=at, withdraws=FIRST, commitment=HASH),
        marks=[(FIRST, WITHDRAWN)],
    )
    ledger.publish()
    assert close_and_audit(ledger).verdict == "yes"


def test_a_key_is_used_for_one_thing_only(ledger: Ledger) -> None:
    signer = Signer(ORIGIN)
    append_raw(ledger, entry(Key, action="add", role="log", vkey=signer.vkey))
    append_raw(ledger, entry(Key, action="retire", role="log", vkey=signer.vkey))
    append_raw(ledger, entry(Key, action="add", role="log", vkey=signer.vkey))
    assert broken(close_and_audit(ledger)) == [
        "key entry adds a public key that was used before"
    ]


def test_a_new_entry_key_signs_from_then_on(ledger: Ledger) -> None:
    """What the old key still signs behind the retirement is found."""
    new = Signer(f"{ORIGIN}/entry")
    first = ledger.operator_keys()[-1].verifier
    old = entry_signer(ledger, ledger.size)
    append_raw(ledger, entry(Key, action="add", role="entry", vkey=new.vkey))
    retire = entry(Key, action="retire", role="entry", vkey=str(first))
    append_raw(ledger, retire, signer=new.sign_raw)
    assert audit_open(ledger).verdict == "yes"
    append_raw(ledger, entry(Upgrade, format="provenance/2"), signer=old)
    report = close_and_audit(ledger)
    assert [one.check for one in report.findings] == ["entry-signature"]


def test_depositors_signatures_are_checked(ledger: Ledger) -> None:
    one, two = Signer("a.example/1"), Signer("a.example/2")
    previous = append_raw(
        ledger, entry(Depositor, depositor=DEPOSITOR, name="x", keys=(one.vkey,), previous=2)
    )
    message = depositor_message(origin=ORIGIN, depositor=DEPOSITOR, keys=[two.vkey])
    previous = append_raw(
        ledger,
        entry(
            Depositor,
            depositor=DEPOSITOR,
            name="x",
            keys=(two.vkey,),
            previous=previous,
            signature=one.sign(message),
        ),
    )
    digest = bytes(range(32))
    signed = deposit_message(
        origin=ORIGIN, depositor=DEPOSITOR, action="CREATION", digest=digest
    )
    members = {
        "depositor": DEPOSITOR,
        "certifier": CERTIFIER,
        "action": "CREATION",
        "digest": HASH,
    }
    append_raw(ledger, entry(Deposit, **members, signer=two.vkey, signature=two.sign(signed)))
    assert not broken(audit_open(ledger))
    append_raw(ledger, entry(Deposit, **members, signer=one.vkey, signature=one.sign(signed)))
    append_raw(ledger, entry(Deposit, **members))
    append_raw(
        ledger,
        entry(
            Depositor,
            depositor=DEPOSITOR,
            name="x",
            keys=(one.vkey,),
            previous=previous,
            signature=one.sign(message),
        ),
    )
    assert [text.split(" ", 2)[2] for text in broken(close_and_audit(ledger))] == [
        "has a signature that is not by a key of its depositor",
        "is not signed, though its depositor has keys",
        "is not signed by a previous key of the depositor",
    ]


def audit_open(ledger: Ledger) -> AuditReport:
    """Audit a copy of the database of a ledger that stays open."""
    copy = ledger.path.parent / f"copy-{ledger.size}"
    copytree(ledger.path, copy)
    return audit(copy, vault=False)


def test_a_reset_of_depositor_keys_is_told(ledger: Ledger) -> None:
    ledger.register(DEPOSITOR, name="x", keys=[Signer().vkey])
    ledger.register(DEPOSITOR, name="x", keys=[Signer().vkey])
    report = close_and_audit(ledger)
    assert report.verdict == "yes"
    assert any("reset by the operator" in note for note in report.notes)


def test_rights_over_certifiers_are_replayed(ledger: Ledger) -> None:
    ledger.register(DEPOSITOR, name="x", certifiers=["9OTHERS0"])
    append_raw(
        ledger,
        entry(
            Deposit, depositor=DEPOSITOR, certifier=CERTIFIER, action="CREATION", digest=HASH
        ),
    )
    assert any("may not deposit for" in one for one in broken(close_and_audit(ledger)))


def test_an_endorsement_is_checked(ledger: Ledger) -> None:
    signer = Signer()
    ledger.register(DEPOSITOR, name="x", keys=[signer.vkey])
    leaves = [leaf_hash(ledger.record(index)[0]) for index in range(FIRST, FIRST + 6)]
    root = tree_root(leaves)
    message = endorsement_message(
        origin=ORIGIN, deposit=4, start=FIRST, end=FIRST + 6, root=root
    )
    members = {"deposit": 4, "start": FIRST, "end": FIRST + 6, "vkey": signer.vkey}
    good = entry(
        Endorsement, **members, root=encode_base64(root), signature=signer.sign(message)
    )
    append_raw(ledger, good)
    assert not broken(audit_open(ledger))
    append_raw(ledger, entry(Endorsement, **members, root=HASH, signature=signer.sign(b"")))
    assert len(broken(close_and_audit(ledger))) == 2


def test_what_an_audit_does_not_check_is_told(ledger: Ledger) -> None:
    with ledger._files.store.view() as view:
        root = encode_base64(view.root(3))
    append_raw(ledger, entry(Timestamp, size=3, root=root, token="AAAA"))
    append_raw(ledger, entry(Upgrade, format="provenance/2"))
    report = close_and_audit(ledger)
    assert report.verdict == "yes"
    assert any("token" in note for note in report.notes)
    assert any("format" in note for note in report.notes)


def test_a_checkpoint_that_ends_in_no_status_entry_is_found(ledger: Ledger) -> None:
    index = ledger.register("9ANOTHER", name="x")
    ledger._publisher._seal(index + 1)
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
