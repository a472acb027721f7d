from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from provenance.encoding import encode_base64, encode_json
from provenance.errors import FormatError
from provenance.record.bundle import ProvenEntry, encode_bundle
from provenance.record.entry import Certification, Key, entry_message
from provenance.record.slots import CERTIFICATION
from provenance.tlog.note import make_verifier_key
from provenance.tlog.policy import parse_policy
from provenance.verifier import Verifier
from simulator import (
    CERTIFIER,
    DEPOSITOR,
    ORIGIN,
    TODAY,
    Simulator,
    ed25519_key,
    ed25519_vkey,
    make_log,
    make_record,
)
from verifying import change, failing, find, flip, reasons, verify

if TYPE_CHECKING:
    from collections.abc import Callable


# What holds.


def test_a_line_of_a_cv_is_proven_with_everything_that_was_checked() -> None:
    log, (index,) = make_log()
    report = verify(log, log.prove(index))
    assert report.verdict == "yes"
    assert {check.name: check.outcome for check in report.checks} == {
        "format": "yes",
        "origin": "yes",
        "checkpoint": "yes",
        "quorum": "yes",
        "later": "n/a",
        "entry": "yes",
        "order": "yes",
        "inclusion": "yes",
        "genesis": "n/a",
        "entry-key": "yes",
        "entry-signature": "yes",
        "certification": "yes",
        "commitment": "yes",
        "disclosure-rules": "yes",
        "depositor": "yes",
        "endorsement": "n/a",
        "status": "yes",
        "register": "n/a",
        "timestamp": "n/a",
        "freshness": "n/a",
    }
    (one,) = report.certifications
    assert (one.index, one.deposit, one.depositor) == (index, 3, DEPOSITOR)
    assert one.depositor_name == "Institut Exemple"
    assert one.depositor_name_source == "depositor entry 2"
    assert (one.certifier, one.certifier_name) == (CERTIFIER, None)
    assert dict(one.fields) == {
        name: value for name, value in make_record() if name in log.line_names(index)
    }
    assert (one.status, one.as_of_index) == ("in force", log.size - 1)
    assert one.as_of_time == json.loads(log.entries[-1])["time"]
    assert (one.endorsed, one.endorsement) == (False, None)
    assert (one.line_complete, one.lacks, one.provisional) == (True, (), False)
    assert (one.registration, one.certifier_registration) == (2, None)
    assert (one.keys, one.limited, one.unknown_fields) == (None, True, 0)
    assert (one.title, one.level, one.register_date, one.reasons) == (None, None, None, ())
    assert report.day == TODAY.isoformat()
    assert report.checkpoint is not None
    assert (report.checkpoint.origin, report.checkpoint.size) == (ORIGIN, log.size)
    assert report.later is None


def test_the_summary_says_what_is_proven_and_what_is_not() -> None:
    log, indexes = make_log(2)
    summary = verify(log, log.prove(*indexes)).summary
    assert summary[0] == "Proven: 2 certifications, recorded as shown."
    assert "Not proven: that what the certifier states is true." in summary
    assert "All identities shown are one person's." in summary
    assert any(line.startswith("Entry 4 is in force as of entry 6, ") for line in summary)


def test_the_report_as_json_is_the_same_each_time() -> None:
    log, (index,) = make_log()
    bundle = log.prove(index)
    data = verify(log, bundle).to_json()
    assert data == verify(log, bundle).to_json()
    assert json.loads(data)["format"] == "provenance-report/1"
    assert json.loads(data)["certifications"][0]["status"] == "in force"


def test_a_parsed_policy_is_as_good_as_its_text() -> None:
    log, (index,) = make_log()
    verifier = Verifier(parse_policy(log.policy()))
    assert verifier.verify(encode_bundle(log.prove(index)), TODAY).verdict == "yes"


def test_a_certification_may_be_shown_without_any_field() -> None:
    log, (index,) = make_log()
    report = verify(
        log, log.prove(support=(1, 2, index), status=log.show_status([index], log.size))
    )
    assert reasons(report) == {index: ("incomplete", "no-identity")}
    (one,) = report.certifications
    assert (one.fields, one.provisional, one.certifier) == ((), None, None)
    assert (one.line_complete, one.identity) == (False, None)
    assert one.lacks == (
        *("certificateur", "type", "code"),
        *("donneeCertifiee", "dateDebutValidite", "dateFinValidite"),
        "identity",
    )


def test_all_fields_may_be_shown_together_with_the_source() -> None:
    log, (index,) = make_log()
    names = [name for name, _ in make_record()]
    report = verify(log, log.prove(index, shown=names))
    assert report.verdict == "yes"
    assert dict(report.certifications[0].fields) == dict(make_record())
    slots = [CERTIFICATION.slot_of[name] for name, _ in report.certifications[0].fields]
    assert slots == sorted(slots)


def test_other_entries_with_a_record_are_checked_as_well() -> None:
    log, (index,) = make_log()
    withdrawal = log.withdraw(index)
    log.publish()
    bundle = log.prove(index, withdrawal, shown={withdrawal: ["reason"]})
    report = verify(log, bundle)
    assert [one.index for one in report.certifications] == [index]
    assert report.certifications[0].status == "withdrawn"
    number = len(bundle.entries) - 2
    record = bundle.entries[number].record
    changed = change(bundle, number, record=(*record[:-1], flip(record[-1])))
    assert failing(verify(log, changed)) == {"commitment": [withdrawal]}


@pytest.mark.parametrize("day", ["2026-09-21", 20260921, datetime(2026, 9, 21, tzinfo=UTC)])
def test_the_day_is_a_date(day: Any) -> None:
    log, (index,) = make_log()
    with pytest.raises(FormatError, match="day is not a"):
        verify(log, log.prove(index), day=day)


# Unreadable.


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"\xff", b"null", b'{"format":"provenance-proof/2"}', b"%PDF-1.7"],
)
def test_what_is_no_bundle_is_unreadable(data: bytes) -> None:
    log, _ = make_log()
    report = verify(log, data)
    assert report.verdict == "unreadable"
    assert [(check.name, check.outcome) for check in report.checks] == [("format", "no")]
    assert report.certifications == ()
    assert json.loads(report.to_json())["verdict"] == "unreadable"


def test_other_spellings_of_a_bundle_are_unreadable() -> None:
    log, (index,) = make_log()
    data = encode_bundle(log.prove(index))
    loose = json.dumps(json.loads(data)).encode()
    for other in (
        *(loose, b" " + data, data + b"\r\n", data + b"\n\n", data + b" ", b"\n" + data),
        data.replace(b"{", b'{"later":null,', 1),
    ):
        assert verify(log, other).verdict == "unreadable"


def test_one_newline_behind_a_bundle_is_passed_over() -> None:
    """Editors put it there, and no byte of the proof is another one."""
    log, (index,) = make_log()
    data = encode_bundle(log.prove(index))
    assert verify(log, data + b"\n") == verify(log, data)


# The log.


def test_another_log_than_the_policy_names_is_refused() -> None:
    log, (index,) = make_log()
    other = Simulator("other.example/2026")
    assert failing(verify(other, log.prove(index))) == {"origin": [None]}


def test_other_keys_than_the_policy_lists_are_refused() -> None:
    log, (index,) = make_log()
    other, _ = make_log(log_name="another log")
    report = verify(other, log.prove(index))
    assert failing(report) == {"checkpoint": [None]}
    assert report.summary[0] == "Nothing is proven by this bundle."
    assert report.summary[1].startswith("checkpoint: ")
    assert report.certifications == ()


@pytest.mark.parametrize("kept", [0, 1])
def test_a_signature_of_each_type_is_needed(kept: int) -> None:
    log, (index,) = make_log()
    text, lines = log.notes[log.size].split("\n\n")
    note = f"{text}\n\n{lines.splitlines()[kept]}\n"
    report = verify(log, log.prove(index, checkpoint=note))
    assert failing(report) == {"checkpoint": [None]}
    assert ("ML-DSA-44", "Ed25519")[kept] in report.summary[1]


def test_a_checkpoint_whose_size_was_changed_is_refused() -> None:
    log, (index,) = make_log()
    note = log.notes[log.size]
    changed = note.replace(f"\n{log.size}\n", f"\n{log.size + 1}\n")
    assert failing(verify(log, log.prove(index, checkpoint=changed))) == {"checkpoint": [None]}


@pytest.mark.parametrize("size", [6, 8, 20])
def test_a_checkpoint_signed_with_another_size_is_refused(size: int) -> None:
    log, indexes = make_log(2)
    log.publish(status=False, size=size)
    bundle = log.prove(*indexes)
    assert f"\n{size}\n" in bundle.checkpoint
    assert "inclusion" in failing(verify(log, bundle))


def test_a_checkpoint_signed_with_another_root_is_refused() -> None:
    log, (index,) = make_log()
    log.publish(root=bytes(32))
    assert set(failing(verify(log, log.prove(index)))) == {"inclusion"}


@pytest.mark.parametrize("note", ["", "x", "x\n\n", "a\nb\nc\n\n\u2014 k AAAAAAA=\n"])
def test_a_malformed_checkpoint_is_refused(note: str) -> None:
    log, (index,) = make_log()
    assert failing(verify(log, log.prove(index, checkpoint=note))) == {"checkpoint": [None]}


def test_a_signed_checkpoint_with_extension_lines_is_refused() -> None:
    log, (index,) = make_log()
    log.publish(status=False, extensions=("more",))
    report = verify(log, log.prove(index))
    assert failing(report) == {"checkpoint": [None]}
    assert "lines after the root" in report.summary[1]


def test_a_missing_quorum_is_refused() -> None:
    log, (index,) = make_log(witnesses=("alpha", "beta", "gamma"))
    bundle = encode_bundle(log.prove(index))
    report = Verifier(log.policy(quorum=2)).verify(bundle, TODAY)
    assert report.verdict == "yes"
    assert find(report, "quorum").reason == "cosigned by alpha, beta, gamma"
    text, lines = log.notes[log.size].split("\n\n")
    note = f"{text}\n\n{''.join(lines.splitlines(keepends=True)[:3])}"
    bundle = encode_bundle(log.prove(index, checkpoint=note))
    assert Verifier(log.policy(quorum=1)).verify(bundle, TODAY).verdict == "yes"
    assert failing(Verifier(log.policy(quorum=2)).verify(bundle)) == {"quorum": [None]}


# The entries.


def test_a_changed_entry_does_not_stand_in_the_log() -> None:
    log, (index,) = make_log()
    entry = json.loads(log.entries[index])
    bundle = log.prove(index)
    entry["commitment"] = flip(entry["commitment"])
    changed = change(bundle, 2, entry=encode_json(entry).decode())
    assert failing(verify(log, changed)) == {"inclusion": [index], "order": [5]}


@pytest.mark.parametrize(
    "entry", ["", "{}", '{"type":"certification"}', '{"type":"unheard-of","index":1}']
)
def test_a_malformed_entry_is_refused(entry: str) -> None:
    log, (index,) = make_log()
    report = verify(log, change(log.prove(index), 2, entry=entry))
    assert failing(report) == {"entry": [None]}
    assert "number 3 of its list" in report.summary[1]


def test_an_inner_node_is_no_entry() -> None:
    log, (index,) = make_log()
    node = (log.leaves[0] + log.leaves[1]).decode("latin-1")
    shown = ProvenEntry(entry=node, signature="", path=())
    bundle = log.prove(index)
    report = verify(log, replace(bundle, entries=(shown, *bundle.entries)))
    assert failing(report) == {"entry": [None]}


def test_entries_must_stand_in_their_order() -> None:
    log, indexes = make_log(2)
    bundle = log.prove(*indexes)
    a, b, c, d, e = bundle.entries
    assert failing(verify(log, replace(bundle, entries=(a, b, d, c, e))))["order"][0] == 4
    assert "order" in failing(verify(log, replace(bundle, entries=(a, b, c, c, d, e))))


def test_an_index_that_is_not_its_position_is_refused() -> None:
    log = Simulator()
    log.register()
    deposit = log.deposit()
    log.certify(deposit)
    shifted = log.certify(deposit, index=7)
    log.certify(deposit)
    log.certify(deposit)
    log.publish()
    assert failing(verify(log, log.prove(4, shifted)))["inclusion"] == [7]


def test_the_path_of_another_entry_is_refused() -> None:
    log, indexes = make_log(2)
    bundle = log.prove(*indexes)
    swapped = change(bundle, 2, path=bundle.entries[3].path)
    assert failing(verify(log, swapped)) == {"inclusion": [4]}


@pytest.mark.parametrize(
    "mend",
    [
        lambda path: path[:-1],
        lambda path: (*path, path[0]),
        lambda path: path[:0],
        lambda path: ("", *path[1:]),
        lambda path: (path[0][:-4], *path[1:]),
        lambda path: path[::-1],
    ],
)
def test_a_path_of_another_length_or_order_is_refused(
    mend: Callable[[tuple[str, ...]], tuple[str, ...]],
) -> None:
    log, indexes = make_log(5)
    bundle = log.prove(*indexes)
    changed = change(bundle, 2, path=mend(bundle.entries[2].path))
    assert failing(verify(log, changed)) == {"inclusion": [4]}


def test_times_that_fall_are_refused() -> None:
    log = Simulator()
    log.register()
    deposit = log.append(
        Certification,
        deposit=1,
        depositor=DEPOSITOR,
        registration=2,
        commitment=encode_base64(bytes(32)),
        time="2020-01-01T00:00:00.000000Z",
    )
    log.publish()
    report = verify(log, log.prove(support=(1, 2, deposit)))
    assert failing(report) == {"order": [deposit]}


def test_neighbours_that_are_not_chained_are_refused() -> None:
    log = Simulator()
    log.register(prev=encode_base64(bytes(32)))
    index = log.certify(log.deposit())
    log.publish()
    assert failing(verify(log, log.prove(index))) == {"order": [2]}


@pytest.mark.parametrize("support", [(0, 1, 2), (0, 2), (1, 2)])
def test_the_log_begins_with_the_pinned_entry(support: tuple[int, ...]) -> None:
    log, (index,) = make_log()
    bundle = log.prove(index, support=support)
    if 1 in support:
        report = verify(log, bundle, genesis=log.leaves[0])
        assert report.verdict == "yes"
        assert find(report, "genesis").outcome == "yes"
    assert "genesis" in failing(verify(log, bundle, genesis=bytes(32)))


def test_a_pinned_entry_must_be_shown_somehow() -> None:
    log, (index,) = make_log()
    report = verify(log, log.prove(index, support=(2,)), genesis=log.leaves[0])
    assert failing(report) == {"genesis": [None]}


def test_the_first_entry_names_the_log() -> None:
    log = Simulator(origin_of_genesis="other.example/2026")
    log.register()
    index = log.certify(log.deposit())
    log.publish()
    assert verify(log, log.prove(index)).verdict == "yes"
    report = verify(log, log.prove(index, support=(0, 1, 2)))
    assert failing(report) == {"genesis": [0]}


# Signatures of entries.


@pytest.mark.parametrize("signature", ["", "AAAA", "!", base64.b64encode(bytes(64)).decode()])
def test_every_entry_needs_its_signature(signature: str) -> None:
    log, (index,) = make_log()
    for number, where in enumerate((1, 2, index, log.size - 1)):
        report = verify(log, change(log.prove(index), number, signature=signature))
        assert failing(report) == {"entry-signature": [where]}


def test_a_signature_by_another_key_is_refused() -> None:
    log, (index,) = make_log()
    message = entry_message(ORIGIN, log.leaves[index])
    for name, signed in (("entry", message), ("another", message), ("entry", b"else")):
        signature = encode_base64(ed25519_key(name).sign(signed))
        report = verify(log, change(log.prove(index), 2, signature=signature))
        if (name, signed) == ("entry", message):
            assert report.verdict == "yes"
        else:
            assert failing(report) == {"entry-signature": [index]}


def test_a_signature_of_another_entry_is_refused() -> None:
    log, indexes = make_log(2)
    bundle = log.prove(*indexes)
    moved = change(bundle, 2, signature=bundle.entries[3].signature)
    assert failing(verify(log, moved)) == {"entry-signature": [4]}


def test_the_entry_that_declares_the_key_must_be_shown() -> None:
    log, (index,) = make_log()
    report = verify(log, log.prove(index, support=(2,)))
    assert failing(report) == {"entry-key": [2, index, log.size - 1]}


def test_a_key_signs_only_what_comes_after_it() -> None:
    log, _ = make_log()
    added = log.rotate_entry_key("second")
    later = log.certify(3)
    log.publish()
    assert verify(log, log.prove(4, later, support=(1, 2, added))).verdict == "yes"
    assert failing(verify(log, log.prove(later, support=(2, added)))) == {
        "entry-key": [2, added]
    }
    report = verify(log, log.prove(4, later, support=(1, 2)))
    assert failing(report) == {"entry-signature": [later, log.size - 1]}


def test_a_retired_key_signs_nothing_any_more() -> None:
    log, _ = make_log()
    old = log.entry_key
    added = log.rotate_entry_key("second")
    vkey = json.loads(log.entries[1])["vkey"]
    retired = log.append(Key, action="retire", role="entry", vkey=vkey)
    log.entry_key = old
    index = log.certify(3)
    log.publish()
    assert verify(log, log.prove(index, support=(1, 2))).verdict == "yes"
    report = verify(log, log.prove(index, support=(1, 2, added, retired)))
    assert failing(report) == {"entry-signature": [index, log.size - 1]}


def test_only_an_entry_key_of_the_log_declares_itself() -> None:
    log, _ = make_log()
    public = log.entry_key.public_key().public_bytes_raw()
    named = str(make_verifier_key("other.example/entry", 1, public))
    wrong = log.append(Key, action="add", role="entry", vkey=named)
    log_key = log.append(Key, action="add", role="log", vkey=ed25519_vkey(ORIGIN))
    index = log.certify(3)
    log.publish()
    assert verify(log, log.prove(index, support=(1, 2, log_key))).verdict == "yes"
    report = verify(log, log.prove(index, support=(1, 2, wrong)))
    assert failing(report) == {"entry-key": [wrong]}


# Freshness and time stamps.


def test_the_age_is_that_of_the_cosignatures() -> None:
    log, (index,) = make_log(witnesses=("alpha",))
    bundle = encode_bundle(log.prove(index))
    policy, at = log.policy(quorum=1), log.now_s()
    for now_s, outcome in ((at, "yes"), (at + 60, "yes"), (at + 61, "no"), (at - 61, "no")):
        report = Verifier(policy, now_s=now_s, max_age_s=60).verify(bundle, TODAY)
        assert find(report, "freshness").outcome == outcome
        assert report.verdict == outcome
    assert Verifier(policy, now_s=at + 10**9).verify(bundle, TODAY).verdict == "yes"
    report = Verifier(log.policy(), now_s=at, max_age_s=60).verify(bundle)
    assert failing(report) == {"freshness": [None]}


def test_an_age_without_a_time_cannot_be_judged() -> None:
    log, _ = make_log()
    with pytest.raises(FormatError):
        Verifier(log.policy(), max_age_s=60)


def test_a_malformed_policy_is_an_error() -> None:
    with pytest.raises(FormatError):
        Verifier("log me\n")


def test_a_time_stamp_without_a_certificate_to_check_it_counts_for_nothing() -> None:
    log, (index,) = make_log()
    for token in ("AAAA", "no base64", ""):
        report = verify(log, log.prove(index, timestamp=token))
        assert report.verdict == "yes"
        assert find(report, "timestamp").outcome == "n/a"
        assert "no authority's certificate" in find(report, "timestamp").reason
