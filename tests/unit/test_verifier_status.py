from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

import pytest
from msgspec.structs import replace

from provenance.encoding import encode_base64
from provenance.record.bundle import encode_bundle
from provenance.record.status import LEAF_ENTRIES, WITHDRAWN
from provenance.verifier import Verifier
from simulator import TODAY, Simulator, make_log, make_record
from verifying import drop, failing, find, reasons, verify

# Status.

if TYPE_CHECKING:
    from collections.abc import Callable


ACTS: Final[dict[str, Callable[[Simulator, int], int]]] = {
    "withdraw": lambda log, index: log.withdraw(index),
    "erase": lambda log, index: log.erase(index),
    "supersede": lambda log, index: log.certify(3, supersedes=index),
}


@pytest.mark.parametrize(
    ("marks", "word"),
    [
        ((), "in force"),
        (("supersede",), "superseded"),
        (("withdraw",), "withdrawn"),
        (("erase",), "erased"),
        (("supersede", "erase"), "superseded"),
        (("supersede", "withdraw", "erase"), "withdrawn"),
    ],
)
def test_the_status_is_that_of_the_status_tree(marks: tuple[str, ...], word: str) -> None:
    log, indexes = make_log(3)
    if "supersede" in marks:
        log.certify(3, supersedes=5)
    if "withdraw" in marks:
        log.withdraw(5)
    if "erase" in marks:
        log.erase(5)
    log.publish()
    report = verify(log, log.prove(*indexes))
    assert [one.status for one in report.certifications] == ["in force", word, "in force"]
    assert report.certifications[1].as_of_index == log.size - 1


def test_every_leaf_of_a_larger_status_tree_is_its_own() -> None:
    log, _ = make_log(2 * LEAF_ENTRIES + 10)
    indexes = [LEAF_ENTRIES - 1, LEAF_ENTRIES, 2 * LEAF_ENTRIES + 1]
    log.mark(LEAF_ENTRIES, WITHDRAWN)
    log.publish()
    bundle = log.prove(*indexes)
    report = verify(log, bundle)
    assert [one.status for one in report.certifications] == [
        "in force",
        "withdrawn",
        "in force",
    ]
    partial = verify(log, replace(bundle, status=bundle.status[1:]))
    assert [one.status for one in partial.certifications] == [
        "unknown",
        "withdrawn",
        "in force",
    ]
    assert find(partial, "status").outcome == "n/a"
    first, second, third = bundle.status
    swapped = (replace(first, bits=second.bits), replace(second, bits=first.bits), third)
    assert failing(verify(log, replace(bundle, status=swapped))) == {"status": [None]}
    moved = (replace(first, leaf=1, path=first.path),)
    assert failing(verify(log, replace(bundle, status=moved))) == {"status": [None]}


def test_without_a_status_nothing_is_in_force() -> None:
    log, (index,) = make_log()
    bundle = log.prove(index)
    for less in (replace(bundle, status=()), drop(replace(bundle, status=()), 3)):
        report = verify(log, less)
        assert reasons(report) == {index: ("status-unknown",)}
        assert report.certifications[0].status == "unknown"
        assert report.certifications[0].as_of_time is None
        assert find(report, "status").outcome == "n/a"
        assert "Entry 4: whether it was taken back since is unknown." in report.summary


def test_what_a_bundle_shows_itself_is_not_called_unknown() -> None:
    log, (index,) = make_log()
    withdrawal = log.withdraw(index)
    log.publish()
    bundle = replace(log.prove(index, support=(1, 2, withdrawal)), status=())
    report = verify(log, bundle)
    assert reasons(report) == {index: ("withdrawn",)}
    assert report.certifications[0].status == "withdrawn"
    assert report.certifications[0].as_of_index is None
    said = f"Entry 4 is withdrawn by entry {withdrawal}, 2026-09-21 14:19:20 UTC."
    assert said in report.summary


def test_leaves_without_the_status_entry_are_refused() -> None:
    log, (index,) = make_log()
    assert failing(verify(log, drop(log.prove(index), 3))) == {"status": [None]}


def test_the_status_entry_must_be_the_checkpoints_last() -> None:
    log, (index,) = make_log()
    old = log.size
    log.withdraw(index)
    log.publish(status=False)
    bundle = log.prove(index, support=(1, 2, old - 1), status=log.show_status([index], old))
    assert failing(verify(log, bundle)) == {"status": [None]}
    ended_otherwise = log.prove(index, support=(1, 2, log.size - 1), status=bundle.status)
    assert failing(verify(log, ended_otherwise)) == {"status": [None]}


def test_changed_status_leaves_are_refused() -> None:
    log, (index,) = make_log()
    log.withdraw(index)
    log.publish()
    bundle = log.prove(index)
    (leaf,) = bundle.status
    for changed in (
        replace(leaf, bits=encode_base64(bytes(64))),
        replace(leaf, bits=encode_base64(bytes(63))),
        replace(leaf, bits=""),
        replace(leaf, leaf=1),
        replace(leaf, path=(encode_base64(bytes(32)),)),
        replace(leaf, path=("",)),
    ):
        assert failing(verify(log, replace(bundle, status=(changed,)))) == {"status": [None]}


def with_leaf(monkeypatch: pytest.MonkeyPatch, bits: bytes) -> tuple[Simulator, int]:
    """Publish one certification, entry 4 of 5, with these first bytes of its status leaf."""
    log = Simulator()
    log.register()
    index = log.certify(log.deposit())
    monkeypatch.setattr(log, "_status_leaves", lambda _: [bits.ljust(64, b"\0")])
    log.publish()
    return log, index


@pytest.mark.parametrize("bit", [0x10, 0x20, 0x40, 0x80])
def test_bits_of_the_padding_are_refused(bit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    log, index = with_leaf(monkeypatch, bytes([0, 0, bit]))
    assert failing(verify(log, log.prove(index))) == {"status": [None]}


@pytest.mark.parametrize("bits", [b"\x80", b"\x08", b"\x00\x80", b"\xff\xff"])
def test_what_is_said_of_entries_that_are_not_shown_is_not_looked_at(
    bits: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, index = with_leaf(monkeypatch, bits)
    assert reasons(verify(log, log.prove(index))) == {index: ()}


@pytest.mark.parametrize(
    ("bits", "word", "found"),
    [
        (8, "unknown", ("status-unknown",)),
        (8 | 1, "superseded", ("superseded", "status-unknown")),
        (8 | 2, "withdrawn", ("withdrawn", "status-unknown")),
        (8 | 4, "erased", ("erased", "status-unknown")),
        (7, "withdrawn", ("withdrawn", "superseded", "erased")),
    ],
)
def test_the_reserved_bit_of_a_certification_shown_makes_its_status_unknown(
    bits: int, word: str, found: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    log, index = with_leaf(monkeypatch, bytes([0, 0, bits]))
    report = verify(log, log.prove(index))
    assert reasons(report) == {index: found}
    assert (report.certifications[0].status, report.certifications[0].as_of_index) == (word, 5)


def test_the_reserved_bit_may_go_down_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it means nobody knows, so nothing is denied."""
    log, index = with_leaf(monkeypatch, bytes([0, 0, 8]))
    old = log.size
    monkeypatch.undo()
    log.publish()
    bundle = log.prove(index, size=old, later=log.show_later(old, index))
    assert reasons(verify(log, bundle)) == {index: ()}
    withheld = replace(bundle, later=log.show_later(old))
    assert reasons(verify(log, withheld)) == {index: ("status-unknown",)}


@pytest.mark.parametrize("act", ["withdraw", "erase", "supersede"])
def test_a_status_that_denies_what_the_bundle_shows_is_refused(act: str) -> None:
    log, (index,) = make_log()
    by = ACTS[act](log, index)
    log.bits.clear()
    log.publish()
    assert verify(log, log.prove(index)).certifications[0].status == "in force"
    report = verify(log, log.prove(index, support=(1, 2, by)))
    assert failing(report) == {"status": [None]}


def test_superseding_and_superseded_are_told_apart() -> None:
    log, (index,) = make_log()
    newer = log.certify(3, supersedes=index)
    log.publish()
    report = verify(log, log.prove(index, newer))
    assert [one.status for one in report.certifications] == ["superseded", "in force"]


# Later checkpoints.


def test_a_later_checkpoint_brings_the_status_up_to_date() -> None:
    log, (index,) = make_log()
    old = log.size
    log.withdraw(index)
    log.publish()
    bundle = log.prove(index, size=old)
    assert verify(log, bundle).certifications[0].status == "in force"
    report = verify(log, replace(bundle, later=log.show_later(old, index)))
    assert reasons(report) == {index: ("withdrawn",)}
    assert (report.certifications[0].status, report.certifications[0].as_of_index) == (
        "withdrawn",
        log.size - 1,
    )
    assert report.later is not None
    assert report.later.size == log.size
    assert report.checkpoint is not None
    assert report.checkpoint.size == old


def test_without_later_leaves_the_status_is_that_of_the_first_checkpoint() -> None:
    log, (index,) = make_log()
    old = log.size
    log.withdraw(index)
    log.publish()
    bundle = log.prove(index, size=old, later=log.show_later(old))
    report = verify(log, bundle)
    assert (report.certifications[0].status, report.certifications[0].as_of_index) == (
        "in force",
        old - 1,
    )


@pytest.mark.parametrize("act", ["withdraw", "erase", "supersede"])
def test_a_change_shown_counts_even_where_no_leaf_knows_of_it(act: str) -> None:
    """Whoever shows a withdrawal in the newer tree, without its leaf, shows a withdrawal."""
    log, (index,) = make_log()
    old = log.size
    by = ACTS[act](log, index)
    log.publish()
    word = {"withdraw": "withdrawn", "erase": "erased", "supersede": "superseded"}[act]
    for leaves, as_of in (((), old - 1), ((index,), log.size - 1)):
        later = log.show_later(old, *leaves, support=(by,))
        one = verify(log, log.prove(index, size=old, later=later)).certifications[0]
        assert (one.status, one.reasons, one.changed_by) == (word, (word,), by)
        assert one.as_of_index == as_of
    shown = replace(log.show_later(old, support=(by,)), entries=())
    one = verify(log, log.prove(index, size=old, later=shown)).certifications[0]
    assert (one.status, one.changed_by) == ("in force", None)


def test_all_changes_shown_are_reasons() -> None:
    log, (index,) = make_log()
    old = log.size
    acts = [log.erase(index), log.certify(3, supersedes=index), log.withdraw(index)]
    log.publish()
    bundle = log.prove(index, size=old, later=log.show_later(old, support=acts))
    report = verify(log, bundle)
    assert reasons(report) == {index: ("withdrawn", "superseded", "erased")}
    assert (report.certifications[0].status, report.certifications[0].changed_by) == (
        "withdrawn",
        acts[2],
    )


def test_a_certification_newer_than_a_status_takes_nothing_from_it() -> None:
    log, (index,) = make_log()
    old = log.size
    newer = log.certify(3)
    log.publish()
    later = log.show_later(old, support=(newer,))
    report = verify(log, log.prove(index, size=old, later=later))
    assert [one.status for one in report.certifications] == ["in force", "unknown"]


def test_status_bits_never_go_down() -> None:
    log, (index,) = make_log()
    log.withdraw(index)
    log.publish()
    old = log.size
    log.bits.clear()
    log.publish()
    bundle = log.prove(index, size=old, later=log.show_later(old, index))
    assert failing(verify(log, bundle)) == {"status": [None]}


def test_a_later_checkpoint_stands_in_for_keys_that_left_the_policy() -> None:
    log, (index,) = make_log()
    old = log.size
    log.use_log_keys("new keys")
    log.certify(3)
    log.publish()
    bundle = log.prove(index, size=old)
    assert failing(verify(log, bundle)) == {"checkpoint": [None]}
    report = verify(log, replace(bundle, later=log.show_later(old, index)))
    assert report.verdict == "yes"
    assert "left the policy" in find(report, "checkpoint").reason
    assert find(report, "quorum").outcome == "n/a"


def test_a_key_that_is_still_in_the_policy_must_have_signed() -> None:
    log, (index,) = make_log()
    old, ed25519 = log.size, log.log_signers[0]
    log.use_log_keys("new keys")
    log.log_signers = [ed25519, log.log_signers[1]]
    log.certify(3)
    log.publish()
    bundle = log.prove(index, size=old, later=log.show_later(old, index))
    assert verify(log, bundle).verdict == "yes"
    text, lines = bundle.checkpoint.split("\n\n")
    head, _, signature = lines.partition("\n")[0].rpartition(" ")
    raw = bytearray(base64.b64decode(signature))
    raw[-1] ^= 1
    forged = f"{text}\n\n{head} {base64.b64encode(raw).decode()}\n"
    report = verify(log, replace(bundle, checkpoint=forged))
    assert failing(report) == {"checkpoint": [None]}


def test_a_later_checkpoint_of_another_log_vouches_for_nothing() -> None:
    log, (index,) = make_log()
    other, _ = make_log(3, origin="other.example/2026", log_name="other")
    later = replace(other.show_later(log.size), entries=(), status=())
    bundle = encode_bundle(log.prove(index, later=later))
    both = log.policy().replace("quorum none\n", "") + other.policy()
    assert failing(Verifier(both).verify(bundle)) == {"later": [None]}
    assert failing(Verifier(other.policy()).verify(bundle)) == {"origin": [None]}
    assert failing(Verifier(log.policy()).verify(bundle)) == {"later": [None]}


def test_a_later_checkpoint_must_continue_the_first_one() -> None:
    log, (index,) = make_log()
    old = log.size
    log.certify(3)
    log.publish()
    later = log.show_later(old, index)
    fork, _ = make_log(records=[make_record(code="RS5000")])
    fork.certify(3)
    fork.publish()
    for changed in (
        replace(later, proof=later.proof[:-1]),
        replace(later, proof=(*later.proof, later.proof[0])),
        replace(later, proof=("",)),
        replace(later, checkpoint="x"),
        replace(later, checkpoint=log.notes[old]),
        fork.show_later(old, index),
    ):
        report = verify(log, log.prove(index, size=old, later=changed))
        assert failing(report) == {"later": [None]}


def test_a_signed_later_checkpoint_with_extension_lines_is_refused() -> None:
    log, (index,) = make_log()
    old = log.size
    log.publish(extensions=("more",))
    report = verify(log, log.prove(index, size=old, later=log.show_later(old, index)))
    assert failing(report) == {"later": [None]}


def test_later_entries_are_checked_like_the_others() -> None:
    log, (index,) = make_log()
    old = log.size
    log.certify(3)
    log.publish()
    later = log.show_later(old, index, support=(6,))
    bundle = log.prove(index, size=old, later=later)
    assert reasons(verify(log, bundle)) == {4: (), 6: ("incomplete", "no-identity")}
    for members, name in (
        ({"signature": ""}, "entry-signature"),
        ({"path": ()}, "inclusion"),
        ({"entry": "{}"}, "entry"),
    ):
        last = replace(later.entries[-1], **members)
        changed = replace(later, entries=(*later.entries[:-1], last))
        assert set(failing(verify(log, replace(bundle, later=changed)))) == {name}
    again = replace(later, entries=(log.show(1, log.size), *later.entries))
    assert "order" in failing(verify(log, replace(bundle, later=again)))


def test_freshness_is_that_of_the_newest_checkpoint() -> None:
    log, (index,) = make_log(witnesses=("alpha",))
    old, then = log.size, log.now_s()
    for _ in range(50):
        log.certify(3)
    log.publish()
    bundle = log.prove(index, size=old)
    verifier = Verifier(log.policy(quorum=1), now_s=log.now_s(), max_age_s=60)
    assert log.now_s() > then + 60
    assert failing(verifier.verify(encode_bundle(bundle))) == {"freshness": [None]}
    renewed = replace(bundle, later=log.show_later(old, index))
    assert verifier.verify(encode_bundle(renewed), TODAY).verdict == "yes"


def test_an_old_status_is_not_made_fresh_by_a_newer_checkpoint() -> None:
    log, (index,) = make_log(witnesses=("alpha",))
    old = log.size
    for _ in range(50):
        log.certify(3)
    log.publish()
    later = replace(log.show_later(old, index), status=())
    bundle = encode_bundle(replace(log.prove(index, size=old), later=later))
    policy = log.policy(quorum=1)
    report = Verifier(policy).verify(bundle)
    assert report.certifications[0].as_of_index == old - 1
    asked = Verifier(policy, now_s=log.now_s(), max_age_s=60)
    assert failing(asked.verify(bundle)) == {"freshness": [None]}
