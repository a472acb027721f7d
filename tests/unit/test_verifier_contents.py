from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, Final

import pytest
from msgspec.structs import replace

from naive_commitment import naive_commitment, naive_decoys, naive_digest, naive_disclosures
from provenance.encoding import encode_base64, encode_json
from provenance.record.bundle import Bundle, EndorsementLink
from provenance.record.entry import Certification
from simulator import (
    DEPOSITOR,
    HOLDER,
    PERSON,
    Simulator,
    ed25519_vkey,
    make_log,
    make_record,
)
from verifying import change, failing, verify

NIR: Final = f"{HOLDER}identifiantNational.nir"


# Records.


def test_disclosures_of_two_certifications_cannot_be_swapped() -> None:
    log, indexes = make_log(records=[make_record(), make_record(code="RS5000")])
    bundle = log.prove(*indexes)
    first, second = bundle.entries[2].disclosures, bundle.entries[3].disclosures
    swapped = change(change(bundle, 2, disclosures=second), 3, disclosures=first)
    assert failing(verify(log, swapped)) == {"commitment": [4, 5]}


def test_a_changed_value_is_refused() -> None:
    log, (index,) = make_log()
    bundle = log.prove(index)
    for number, text in enumerate(bundle.entries[2].disclosures):
        salt, name, value = json.loads(base64.urlsafe_b64decode(text + "=="))
        forged = encode_json([salt, name, "RNCP1" if value != "RNCP1" else "RNCP2"])
        disclosures = list(bundle.entries[2].disclosures)
        disclosures[number] = base64.urlsafe_b64encode(forged).decode().rstrip("=")
        report = verify(log, change(bundle, 2, disclosures=tuple(disclosures)))
        assert failing(report) == {"commitment": [index]}


def test_a_disclosure_cannot_be_added_left_out_or_repeated() -> None:
    log, (index,) = make_log()
    bundle = log.prove(index)
    shown, hidden = bundle.entries[2].disclosures, bundle.entries[2].hidden
    for members in (
        {"disclosures": shown[1:]},
        {"disclosures": (*shown, shown[0])},
        {"disclosures": (*shown, "e30")},
        {"disclosures": ()},
        {"hidden": hidden[1:]},
        {"hidden": (*hidden, hidden[0])},
        {"hidden": ()},
        {"hidden": (hidden[0][:-4], *hidden[1:])},
    ):
        report = verify(log, change(bundle, 2, **members))
        assert failing(report) == {"commitment": [index]}


def test_an_entry_that_commits_to_nothing_shows_no_fields() -> None:
    log, (index,) = make_log()
    bundle = log.prove(index)
    disclosures = bundle.entries[2].disclosures
    report = verify(log, change(bundle, 1, disclosures=disclosures))
    assert failing(report) == {"commitment": [2]}


def test_a_bundle_without_a_certification_proves_nothing() -> None:
    log, _ = make_log()
    assert failing(verify(log, log.prove())) == {"certification": [None]}


def _show_against_the_rules(fields: Any, names: set[str]) -> tuple[Simulator, Bundle]:
    """Disclose what the package refuses to disclose."""
    log = Simulator()
    log.register()
    deposit = log.deposit()
    seed = hashlib.sha256(b"seed").digest()
    commitment = encode_base64(naive_commitment(seed, fields))
    index = log.append(
        Certification, deposit=deposit, depositor=DEPOSITOR, commitment=commitment
    )
    log.publish()
    texts = naive_disclosures(seed, fields)
    shown = tuple(text for text, (name, _) in zip(texts, fields, strict=True) if name in names)
    hidden = [naive_digest(text) for text in texts if text not in shown]
    hidden += naive_decoys(seed, fields)
    bundle = log.prove(support=(1, 2, index), status=log.show_status([index], log.size))
    encoded = tuple(map(encode_base64, sorted(hidden)))
    return log, change(bundle, 2, hidden=encoded, disclosures=shown)


def test_the_national_number_is_never_shown() -> None:
    fields = make_record((), **{NIR: "2910729019123"})
    log, bundle = _show_against_the_rules(fields, {"code"})
    assert verify(log, bundle).verdict == "yes"
    log, bundle = _show_against_the_rules(fields, {"code", NIR})
    assert failing(verify(log, bundle)) == {"disclosure-rules": [4]}


@pytest.mark.parametrize(
    ("level", "flag"),
    [
        ("niveauLangueEuropeen", "presenceNiveauLangueEuro"),
        ("niveauNumeriqueEuropeen.scoreGeneral", "presenceNiveauNumeriqueEuro"),
        ("niveauNumeriqueEuropeen.resultats", "presenceNiveauNumeriqueEuro"),
    ],
)
def test_a_level_needs_its_flag(level: str, flag: str) -> None:
    log, (index,) = make_log(records=[make_record(PERSON, **{level: None})])
    assert verify(log, log.prove(index, shown=[level, flag])).verdict == "yes"
    report = verify(log, log.prove(index, shown=[level]))
    assert failing(report) == {"disclosure-rules": [index]}


def test_the_source_is_not_shown_while_fields_are_surely_hidden() -> None:
    fields = make_record(PERSON, **{f"field{number}": number for number in range(40)})
    log, bundle = _show_against_the_rules(fields, {"code", "source"})
    assert failing(verify(log, bundle)) == {"disclosure-rules": [4]}


# Depositors.


def test_the_depositor_must_be_shown() -> None:
    log, (index,) = make_log()
    report = verify(log, log.prove(index, support=(1,)))
    assert failing(report) == {"depositor": [index]}


def test_another_depositor_does_not_do() -> None:
    log, (index,) = make_log()
    other = log.register("0OTHERBC")
    log.publish()
    report = verify(log, log.prove(index, support=(1, other)))
    assert failing(report) == {"depositor": [index]}


def test_a_depositor_deposits_only_for_its_certifiers() -> None:
    record = make_record(certificateur="CERT0002")
    log, (index,) = make_log(records=[record])
    assert failing(verify(log, log.prove(index))) == {"depositor": [index]}
    assert verify(log, log.prove(index, shown=["code"])).verdict == "yes"
    log, (index,) = make_log(records=[make_record(certificateur=DEPOSITOR)])
    assert verify(log, log.prove(index)).verdict == "yes"


def test_a_record_names_the_depositor_of_its_entry() -> None:
    log, (index,) = make_log(records=[make_record(emetteur="0OTHERBC")])
    assert verify(log, log.prove(index)).verdict == "yes"
    report = verify(log, log.prove(index, shown=["emetteur"]))
    assert failing(report) == {"depositor": [index]}


# Endorsements.


def _endorsed(**members: Any) -> tuple[Simulator, int]:
    log = Simulator()
    log.register(keys=(ed25519_vkey("depositor"),))
    deposit = log.deposit()
    for _ in range(3):
        log.certify(deposit)
    log.endorse(deposit, 4, 7, "depositor", **members)
    log.publish()
    return log, 7


def test_an_endorsed_certification_is_signed_by_its_depositor() -> None:
    log, endorsement = _endorsed()
    links = (log.link(endorsement, 5),)
    report = verify(log, log.prove(4, 5, support=(1, 2, endorsement), endorsements=links))
    assert report.verdict == "yes"
    assert [one.endorsed for one in report.certifications] == [False, True]
    assert report.certifications[1].endorsement == (
        "signed by the depositor itself; entry 2 lists its key, set by the operator"
    )


def test_keys_that_the_depositor_changed_itself_are_told_from_the_operators() -> None:
    log = Simulator()
    log.register(keys=(ed25519_vkey("old"),))
    signature = encode_base64(bytes(64))
    log.register(keys=(ed25519_vkey("depositor"),), previous=2, signature=signature)
    index = log.certify(log.deposit())
    endorsement = log.endorse(4, 5, 6, "depositor")
    log.publish()
    links = (log.link(endorsement, index),)
    report = verify(log, log.prove(index, support=(1, 3, endorsement), endorsements=links))
    assert str(report.certifications[0].endorsement).endswith(
        "set by an earlier key of its own, not checked here"
    )


def test_an_endorsement_must_hold() -> None:
    log, endorsement = _endorsed()
    link = log.link(endorsement, 5)
    support = (1, 2, endorsement)
    wrong = {
        "not shown": ((1, 2), link),
        "of another type": ((1, 2, endorsement), replace(link, entry=2)),
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
        {"vkey": ed25519_vkey("somebody")},
        {"root": encode_base64(bytes(32))},
        {"deposit": 2},
        {"start": 5},
        {"end": 6},
    ],
)
def test_an_endorsement_that_was_not_signed_so_is_refused(members: dict[str, Any]) -> None:
    log, endorsement = _endorsed(**members)
    link = EndorsementLink(endorsement, 5, log.link(endorsement, 5).path)
    report = verify(log, log.prove(5, support=(1, 2, endorsement), endorsements=(link,)))
    assert failing(report) == {"endorsement": [5]}


def test_a_certification_that_the_endorsement_does_not_cover_is_refused() -> None:
    log, endorsement = _endorsed()
    outside = log.certify(3)
    log.publish()
    link = EndorsementLink(endorsement, outside, log.link(endorsement, 6).path)
    bundle = log.prove(outside, support=(1, 2, endorsement), endorsements=(link,))
    assert failing(verify(log, bundle)) == {"endorsement": [outside]}


def test_keys_listed_after_the_endorsement_do_not_count() -> None:
    log = Simulator()
    log.register()
    index = log.certify(log.deposit())
    endorsement = log.endorse(3, 4, 5, "depositor")
    late = log.register(keys=(ed25519_vkey("depositor"),), previous=2)
    log.publish()
    links = (log.link(endorsement, index),)
    for support in ((1, 2, endorsement, late), (1, endorsement, late)):
        report = verify(log, log.prove(index, support=support, endorsements=links))
        assert failing(report) == {"endorsement": [index]}
