"""What the verifier makes of registrations: rights, names, and whose key endorses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec.structs import replace

from provenance.encoding import encode_base64
from provenance.record.bundle import EndorsementLink
from provenance.record.entry import Deposit
from simulator import (
    CERTIFIER,
    DEPOSITOR,
    Simulator,
    ed25519_vkey,
    make_log,
    make_record,
)
from verifying import failing, verify

if TYPE_CHECKING:
    from provenance.record.commitment import Value
    from provenance.report import CertificationReport, Report

OTHER: Final = "0OTHERBC"
K1, K2, K3 = (ed25519_vkey(name) for name in ("k1", "k2", "k3"))


def one_of(report: Report) -> CertificationReport:
    assert report.verdict == "yes", report.summary
    (one,) = report.certifications
    return one


# The registration of the depositor.


def test_the_registration_must_be_shown() -> None:
    log, (index,) = make_log()
    assert one_of(verify(log, log.prove(index))).registration == 2
    assert failing(verify(log, log.prove(index, support=(1,)))) == {"depositor": [index]}


def test_another_entry_does_not_do() -> None:
    for named in (1, 3):
        log = Simulator()
        log.register()
        deposit = log.deposit()
        index = log.certify(deposit, registration=named)
        log.publish()
        report = verify(log, log.prove(index, support=(1, 2, named)))
        assert failing(report) == {"depositor": [index]}


def test_the_registration_of_another_body_does_not_do() -> None:
    log = Simulator()
    log.register()
    other = log.register(OTHER)
    index = log.certify(log.deposit(), registration=other)
    log.publish()
    assert failing(verify(log, log.prove(index, support=(1, 2, other)))) == {
        "depositor": [index]
    }


def test_a_newer_registration_in_plain_sight_refuses() -> None:
    """Which one is the last, a bundle does not prove; but it must not show otherwise."""
    log = Simulator()
    old = log.register(name="Old name")
    new = log.register(name="New name")
    deposit = log.deposit()
    index = log.certify(deposit, registration=old)
    right = log.certify(deposit)
    log.publish()
    assert one_of(verify(log, log.prove(index))).depositor_name == "Old name"
    assert one_of(verify(log, log.prove(right, support=(1, old, new)))).depositor_name == (
        "New name"
    )
    report = verify(log, log.prove(index, support=(1, old, new)))
    assert failing(report) == {"depositor": [index]}


def test_a_registration_after_the_certification_neither_names_nor_limits_it() -> None:
    log = Simulator()
    log.register(name="Then")
    index = log.certify(log.deposit())
    later = log.register(name="Now", certifiers=())
    log.publish()
    for support in ((1, 2), (1, 2, later)):
        one = one_of(verify(log, log.prove(index, support=support)))
        assert (one.depositor_name, one.limited) == ("Then", False)
    assert failing(verify(log, log.prove(index, support=(1, later)))) == {"depositor": [index]}


def test_a_bare_successor_rests_on_no_registration() -> None:
    log = Simulator()
    log.register()
    deposit = log.deposit()
    index = log.certify(deposit)
    newer = log.certify(deposit, registration=1, supersedes=index)
    log.publish()
    report = verify(log, log.prove(index, support=(1, 2, newer)))
    assert [one.index for one in report.certifications] == [index]
    assert failing(verify(log, log.prove(index, newer))) == {"depositor": [newer]}


# For whom it may deposit.


def test_a_depositor_deposits_for_itself_and_for_those_listed() -> None:
    log, (index,) = make_log()
    assert one_of(verify(log, log.prove(index))).limited
    log, (index,) = make_log(records=[make_record(certificateur=DEPOSITOR)])
    assert one_of(verify(log, log.prove(index))).certifier_name == "Institut Exemple"
    others: tuple[Value, ...] = ("CERT0002", None, 7, True, [{"a": "CERT0001"}])
    for certifier in others:
        log, (index,) = make_log(records=[make_record(certificateur=certifier)])
        assert failing(verify(log, log.prove(index))) == {"depositor": [index]}
        assert verify(log, log.prove(index, shown=["code"])).verdict == "attention"


def test_a_depositor_without_limits_deposits_for_all_and_that_is_said() -> None:
    log = Simulator()
    log.register()
    index = log.certify(log.deposit())
    log.publish()
    report = verify(log, log.prove(index))
    assert not one_of(report).limited
    assert (
        "Entry 4 was deposited by 0ABCDEFG (Institut Exemple) on behalf of CERT0001; "
        "CERT0001 has not signed; 0ABCDEFG has not signed; 0ABCDEFG is not limited to certain "
        "certifiers."
    ) in report.summary


def test_a_certifier_that_is_no_text_names_nobody() -> None:
    log = Simulator()
    log.register()
    index = log.certify(log.deposit(), make_record(certificateur=7))
    log.publish()
    report = verify(log, log.prove(index))
    assert report.certifications[0].certifier is None
    assert any("its certifier is not shown" in line for line in report.summary)


def certified_for(certifier: str = CERTIFIER, **members: Any) -> tuple[Simulator, int, int]:
    """Register depositor and certifier, and record one certification."""
    log = Simulator()
    log.register(certifiers=(certifier,))
    other = log.register(certifier, "Certifying body")
    index = log.certify(log.deposit(), **members)
    log.publish()
    return log, other, index


def test_the_name_of_the_certifier_is_that_of_its_registration() -> None:
    log, other, index = certified_for()
    one = one_of(verify(log, log.prove(index)))
    assert (one.certifier_registration, one.certifier_name) == (other, "Certifying body")
    hidden = verify(log, log.prove(index, shown=["code"])).certifications[0]
    assert (hidden.certifier, hidden.certifier_name) == (None, None)


def test_the_registration_of_the_certifier_must_be_shown() -> None:
    log, other, index = certified_for()
    assert other not in (1, 2)
    assert failing(verify(log, log.prove(index, support=(1, 2)))) == {"depositor": [index]}


def test_a_newer_registration_of_the_certifier_in_plain_sight_refuses() -> None:
    log = Simulator()
    log.register()
    old = log.register(CERTIFIER, "Old name")
    new = log.register(CERTIFIER, "New name")
    index = log.certify(log.deposit(), certifier_registration=old)
    log.publish()
    assert one_of(verify(log, log.prove(index))).certifier_name == "Old name"
    report = verify(log, log.prove(index, support=(1, 2, old, new)))
    assert failing(report) == {"depositor": [index]}


def test_the_registration_of_the_certifier_is_that_of_another_body() -> None:
    log, _, index = certified_for(certifier_registration=2)
    assert failing(verify(log, log.prove(index))) == {"depositor": [index]}
    log, _, index = certified_for(certifier_registration=1)
    assert failing(verify(log, log.prove(index))) == {"depositor": [index]}


def test_the_record_names_the_certifier_that_the_entry_names() -> None:
    log, _, index = certified_for(OTHER, certifier_registration=3)
    assert failing(verify(log, log.prove(index))) == {"depositor": [index]}
    assert verify(log, log.prove(index, shown=["code"])).verdict == "attention"


def test_the_certifier_of_the_entry_is_limited_like_that_of_the_record() -> None:
    """The record's certifier stays hidden: the entry says enough."""
    log = Simulator()
    log.register(certifiers=(CERTIFIER,))
    other = log.register(OTHER)
    index = log.certify(log.deposit(), certifier_registration=other)
    log.publish()
    report = verify(log, log.prove(index, shown=["code"]))
    assert failing(report) == {"depositor": [index]}


def test_a_certifier_without_a_registration_is_not_questioned() -> None:
    """Even where one is in plain sight: that a body was registered then only an audit says."""
    log, other, index = certified_for(certifier_registration=None)
    one = one_of(verify(log, log.prove(index, support=(1, 2, other))))
    assert (one.certifier_registration, one.certifier_name) == (None, None)


def test_a_record_names_the_depositor_of_its_entry() -> None:
    log, (index,) = make_log(records=[make_record(emetteur=OTHER)])
    one_of(verify(log, log.prove(index)))
    shown = log.line_names(index) | {"emetteur"}
    assert failing(verify(log, log.prove(index, shown=shown))) == {"depositor": [index]}
    log, (index,) = make_log()
    one_of(verify(log, log.prove(index, shown=log.line_names(index) | {"emetteur"})))


@pytest.mark.parametrize(
    ("succeeds", "verdict"), [(None, "no"), ((CERTIFIER,), "no"), ((OTHER,), "attention")]
)
def test_what_another_body_deposited_is_superseded_by_its_successor_alone(
    succeeds: tuple[str, ...] | None, verdict: str
) -> None:
    log = Simulator()
    log.register(OTHER)
    old = log.certify(log.deposit(OTHER), make_record(emetteur=OTHER), depositor=OTHER)
    log.register(succeeds=succeeds)
    index = log.certify(log.deposit(), supersedes=old)
    log.publish()
    both = verify(log, log.prove(old, index))
    assert both.verdict == verdict
    bare = verify(log, log.prove(index, support=[*log.support_of(index, old), old]))
    assert bare.verdict == ("no" if verdict == "no" else "attention")
    assert verdict != "no" or failing(both) == failing(bare) == {"depositor": [index]}
    # What it supersedes need not be shown.
    one_of(verify(log, log.prove(index)))


def test_superseding_something_else_is_no_matter_of_rights() -> None:
    log = Simulator()
    log.register()
    deposit = log.deposit()
    index = log.certify(deposit, supersedes=deposit)
    log.publish()
    one_of(verify(log, log.prove(index, support=(1, 2, deposit))))


def test_a_deposit_that_contradicts_is_not_looked_at() -> None:
    log = Simulator()
    log.register()
    other = log.register(OTHER)
    deposit = log.deposit(OTHER, registration=other, recorded=9)
    index = log.certify(deposit)
    log.publish()
    one_of(verify(log, log.prove(index, support=(1, 2, deposit))))


# Endorsements.


def endorsed(**members: Any) -> tuple[Simulator, int]:
    log = Simulator()
    log.register(keys=(K1,))
    deposit = log.deposit(recorded=3)
    for _ in range(3):
        log.certify(deposit)
    log.endorse(deposit, 4, 7, "k1", **members)
    log.publish()
    return log, 7


def judge(log: Simulator, endorsement: int, index: int, *shown: int) -> Report:
    links = (log.link(endorsement, index),)
    support = [1, endorsement, *shown]
    return verify(log, log.prove(index, support=support, endorsements=links))


def test_an_endorsed_certification_is_signed_by_its_depositor() -> None:
    log, endorsement = endorsed()
    links = (log.link(endorsement, 5),)
    report = verify(log, log.prove(4, 5, support=(1, 2, endorsement), endorsements=links))
    assert report.verdict == "yes"
    assert [one.endorsed for one in report.certifications] == [False, True]
    assert [one.keys for one in report.certifications] == [None, "registered"]
    assert report.certifications[1].endorsement == (
        "entry 2 lists its key; its keys were set when it was registered"
    )
    assert any(
        line.startswith("Entry 5 is signed by 0ABCDEFG itself") for line in report.summary
    )
    assert any("0ABCDEFG has signed;" in line for line in report.summary)


def test_a_certifier_that_deposits_for_itself_signs_for_itself() -> None:
    log = Simulator()
    log.register(keys=(K1,))
    deposit = log.deposit(certifier=DEPOSITOR)
    index = log.certify(deposit, make_record(certificateur=DEPOSITOR))
    endorsement = log.endorse(deposit, index, index + 1, "k1")
    log.publish()
    said = "Entry 4 was deposited by its certifier 0ABCDEFG (Institut Exemple), which has {}."
    assert said.format("signed") in judge(log, endorsement, index, 2).summary
    assert said.format("not signed") in verify(log, log.prove(index)).summary


def test_an_endorsement_must_hold() -> None:
    log, endorsement = endorsed()
    link = log.link(endorsement, 5)
    support = (1, 2, endorsement)
    wrong = {
        "not shown": ((1, 2), link),
        "of another type": (support, replace(link, entry=2)),
        "of no certification": (support, replace(link, certification=endorsement)),
        "another's path": (support, replace(link, path=log.link(endorsement, 4).path)),
        "no path": (support, replace(link, path=())),
    }
    for shown, changed in wrong.values():
        report = verify(log, log.prove(5, support=shown, endorsements=(changed,)))
        assert failing(report) == {"endorsement": [changed.certification]}


@pytest.mark.parametrize(
    "members",
    [
        {"signature": encode_base64(bytes(64))},
        {"vkey": K2},
        {"root": encode_base64(bytes(32))},
        {"deposit": 2},
        {"start": 5},
        {"end": 6},
        {"registration": 1},
        {"registration": 3},
    ],
)
def test_an_endorsement_that_was_not_signed_so_is_refused(members: dict[str, Any]) -> None:
    log, endorsement = endorsed(**members)
    link = EndorsementLink(endorsement, 5, log.link(endorsement, 5).path)
    report = verify(log, log.prove(5, support=(1, 2, 3, endorsement), endorsements=(link,)))
    assert failing(report) == {"endorsement": [5]}


def test_a_certification_that_the_endorsement_does_not_cover_is_refused() -> None:
    log, endorsement = endorsed()
    outside = log.certify(3)
    log.publish()
    for path_of in (4, 6):
        link = EndorsementLink(endorsement, outside, log.link(endorsement, path_of).path)
        bundle = log.prove(outside, support=(1, 2, endorsement), endorsements=(link,))
        assert failing(verify(log, bundle)) == {"endorsement": [outside]}


def test_keys_of_another_body_do_not_endorse() -> None:
    log = Simulator()
    log.register()
    other = log.register(OTHER, keys=(K1,))
    index = log.certify(log.deposit())
    endorsement = log.endorse(4, index, index + 1, "k1", registration=other)
    log.publish()
    assert failing(judge(log, endorsement, index, 2, other)) == {"endorsement": [index]}


def test_keys_listed_after_the_endorsement_do_not_count() -> None:
    log = Simulator()
    log.register()
    index = log.certify(log.deposit())
    endorsement = log.endorse(3, 4, 5, "k1")
    late = log.register(keys=(K1,))
    log.publish()
    for shown in ((2, late), (2,)):
        assert failing(judge(log, endorsement, index, *shown)) == {"endorsement": [index]}


def test_a_newer_registration_before_the_endorsement_refuses() -> None:
    log = Simulator()
    log.register(keys=(K1,))
    index = log.certify(log.deposit())
    new = log.register(keys=(K2,), signer="k1")
    endorsement = log.endorse(3, index, index + 1, "k1", registration=2)
    log.publish()
    assert judge(log, endorsement, index, 2).verdict == "yes"
    assert failing(judge(log, endorsement, index, 2, new)) == {"endorsement": [index]}


# Whose doing the keys are.


def history(*steps: dict[str, Any]) -> tuple[Simulator, list[int], int, int]:
    """Register a body step by step; record and endorse by the key of the last list."""
    log = Simulator()
    chain = [log.register(**step) for step in steps]
    deposit = log.deposit()
    index = log.certify(deposit)
    keys = steps[-1]["keys"]
    name = {K1: "k1", K2: "k2", K3: "k3"}[keys[0]]
    endorsement = log.endorse(deposit, index, index + 1, name)
    log.publish()
    return log, chain, index, endorsement


NOTHING: Final[dict[str, Any]] = {"keys": ()}
FIRST: Final[dict[str, Any]] = {"keys": (K1,)}
SECOND: Final[dict[str, Any]] = {"keys": (K2,)}
HISTORIES: Final[dict[str, tuple[tuple[dict[str, Any], ...], str]]] = {
    "listed at once": ((FIRST,), "registered"),
    "listed later": ((NOTHING, FIRST), "registered"),
    "the same again": ((FIRST, FIRST), "registered"),
    "the same again, signed": ((FIRST, FIRST | {"signer": "k1"}), "registered"),
    "changed": ((FIRST, SECOND | {"signer": "k1"}), "changed"),
    "changed after nothing": ((NOTHING, FIRST, SECOND | {"signer": "k1"}), "changed"),
    "reset": ((FIRST, SECOND), "reset"),
    "reset, and the same again": ((FIRST, SECOND, SECOND), "reset"),
    "reset, then changed": ((FIRST, SECOND, FIRST | {"signer": "k2"}), "reset"),
    "changed, then reset": ((FIRST, SECOND | {"signer": "k1"}, FIRST), "reset"),
    "there and back": (
        (FIRST, SECOND | {"signer": "k1"}, FIRST | {"signer": "k2"}),
        "changed",
    ),
    "emptied by its own key": ((FIRST, NOTHING | {"signer": "k1"}, SECOND), "reset"),
    "emptied by the operator": ((FIRST, NOTHING, FIRST), "reset"),
    "another order": (({"keys": (K1, K2)}, {"keys": (K2, K1)}), "reset"),
    "one added, signed": ((FIRST, {"keys": (K1, K2), "signer": "k1"}), "changed"),
    "one added": ((FIRST, {"keys": (K1, K2)}), "reset"),
}


@pytest.mark.parametrize(("steps", "word"), HISTORIES.values(), ids=HISTORIES)
def test_one_word_says_whose_doing_the_keys_are(
    steps: tuple[dict[str, Any], ...], word: str
) -> None:
    log, chain, index, endorsement = history(*steps)
    one = one_of(judge(log, endorsement, index, *chain))
    assert one.keys == word
    assert one.endorsement is not None
    assert word.removesuffix("ed") in one.endorsement
    for gap in chain:
        # Registering again without an earlier entry hides nothing: the chain is a whole.
        shown = [each for each in chain if each != gap]
        failed = failing(judge(log, endorsement, index, *shown))
        assert set(failed) <= {"endorsement", "depositor"}
        assert failed["endorsement"] == [index]


def test_a_signature_in_the_chain_must_hold() -> None:
    for step in (
        SECOND | {"signer": "k2"},
        SECOND | {"signature": encode_base64(bytes(64))},
        FIRST | {"signer": "k3"},
    ):
        log, chain, index, endorsement = history(FIRST, step)
        assert failing(judge(log, endorsement, index, *chain)) == {"endorsement": [index]}


def test_a_signature_where_there_was_no_key_before_fails() -> None:
    log, chain, index, endorsement = history(NOTHING, FIRST | {"signer": "k1"})
    assert failing(judge(log, endorsement, index, *chain)) == {"endorsement": [index]}


def test_a_signature_covers_name_and_rights() -> None:
    """An old one is worth nothing under other members, nor after another entry."""
    log = Simulator()
    first = log.register(keys=(K1,))
    second = log.register(keys=(K2,), signer="k1")
    signed = log.register(keys=(K1,), signer="k2")
    replayed = log.register(keys=(K2,), signature=signature_of(log, second))
    deposit = log.deposit()
    index = log.certify(deposit)
    endorsement = log.endorse(deposit, index, index + 1, "k2")
    log.publish()
    chain = (first, second, signed, replayed)
    assert failing(judge(log, endorsement, index, *chain)) == {"endorsement": [index]}


def signature_of(log: Simulator, index: int) -> str:
    text = log.entries[index].decode()
    return text.rpartition('"signature":"')[2].removesuffix('"}')


def test_an_earlier_registration_outside_of_the_chain_refuses() -> None:
    """A second first registration: what the operator began anew must not hide the old keys."""
    log = Simulator()
    old = log.register(keys=(K1,))
    new = log.register(keys=(K2,), previous=None)
    deposit = log.deposit()
    index = log.certify(deposit)
    endorsement = log.endorse(deposit, index, index + 1, "k2")
    log.publish()
    assert one_of(judge(log, endorsement, index, new)).keys == "registered"
    assert failing(judge(log, endorsement, index, old, new)) == {"endorsement": [index]}


def test_a_registration_that_the_chain_passes_over_refuses() -> None:
    log = Simulator()
    first = log.register(keys=(K1,))
    passed = log.register(keys=(K2,))
    last = log.register(keys=(K1,), previous=first)
    deposit = log.deposit()
    index = log.certify(deposit)
    endorsement = log.endorse(deposit, index, index + 1, "k1")
    log.publish()
    assert one_of(judge(log, endorsement, index, first, last)).keys == "registered"
    assert failing(judge(log, endorsement, index, first, passed, last)) == {
        "endorsement": [index]
    }


def test_a_chain_of_another_body_refuses() -> None:
    log = Simulator()
    other = log.register(OTHER, keys=(K1,))
    last = log.register(keys=(K1,), previous=other)
    deposit = log.deposit()
    index = log.certify(deposit)
    endorsement = log.endorse(deposit, index, index + 1, "k1")
    log.publish()
    assert failing(judge(log, endorsement, index, other, last)) == {"endorsement": [index]}


def test_a_chain_goes_over_registrations_alone() -> None:
    log = Simulator()
    log.register(OTHER)
    deposit = log.append(
        Deposit,
        depositor=DEPOSITOR,
        registration=2,
        certifier=DEPOSITOR,
        action="CREATION",
        recorded=0,
        digest=encode_base64(bytes(32)),
    )
    last = log.register(keys=(K1,), previous=deposit)
    index = log.certify(log.deposit())
    endorsement = log.endorse(5, index, index + 1, "k1")
    log.publish()
    assert failing(judge(log, endorsement, index, deposit, last)) == {"endorsement": [index]}
