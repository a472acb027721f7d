"""Bundles of logs that a policy believes, in all the ways that there are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from notes import ECDSASigner
from simulator import Simulator, make_log
from vectors import drafts
from vectors.drafts import warns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vectors.cases import Draft


holds: Final = partial(drafts.holds, whole=True)
"""The notes of these cases are shown as they are, with both signatures of the log."""


def good_logs() -> Iterator[Draft]:
    """Return them all."""
    yield from _logs()
    yield from _policies()
    yield from _later()


def _logs() -> Iterator[Draft]:
    for certifications in (2, 3, 4, 12, 60):
        log, indexes = make_log(certifications)
        bundle = log.prove(indexes[-1])
        note = "the last certification's path"
        yield drafts.holds(f"tree-of-{log.size}", note, log, bundle)
    log, (index,) = make_log()
    for support in ((0, 1, 2), (1, 2)):
        bundle = log.prove(index, support=support)
        options: dict[str, Any] = {"genesis": log.leaves[0]}
        note = "the pinned entry, shown or chained to"
        yield drafts.holds(f"genesis-by-{support[0]}", note, log, bundle, **options)
    log, (first,) = make_log()
    key = log.rotate_entry_key("another entry key")
    second = log.certify(3)
    log.publish()
    bundle = log.prove(first, second, support=(1, 2, key))
    yield holds("entry-key-rotated", "each entry by a key before it", log, bundle)
    log = Simulator(origin_of_genesis="other.example/2026")
    log.register()
    index = log.certify(log.deposit())
    log.publish()
    bundle = log.prove(index)
    yield holds("genesis-not-shown", "what is not shown is not judged", log, bundle)
    log = Simulator()
    log.register()
    index = log.certify(1)
    log.publish()
    status = log.show_status([index], log.size)
    bundle = log.prove(support=(1, 2, index), status=status)
    reasons = "incomplete no-identity"
    note = "what it names as its deposit is not looked into"
    yield warns(reasons, "order-other-deposit", note, log, bundle)


def _policies() -> Iterator[Draft]:
    log, (index,) = make_log(witnesses=("alpha", "beta", "gamma"))
    bundle = log.prove(index)
    yield holds("witnesses-not-asked", "their lines are ignored", log, bundle)
    policy = log.policy(quorum=2)
    yield holds("quorum-of-three", "two are asked, three signed", policy, bundle)
    for keep in (4, 5):
        note = keep_lines(bundle.checkpoint, *range(keep))
        made = replace(bundle, checkpoint=note)
        yield holds(f"quorum-with-{keep - 2}", "two are asked", policy, made)
    words = {"any": 3, "all": 5}
    for word, keep in words.items():
        note = keep_lines(bundle.checkpoint, *range(keep))
        text = policy.replace("group most 2", f"group most {word}")
        made = replace(bundle, checkpoint=note)
        yield holds(f"quorum-{word}", f"{word} of three", text, made)
    text = policy.replace("quorum most", "group outer all most alpha2\nquorum outer")
    text = text.replace("group most 2 alpha beta gamma", "group most 1 beta gamma")
    text = text.replace("witness alpha ", "witness alpha2 ")
    yield holds("quorum-nested", "a group within a group", text, bundle)
    text = policy.replace("log ", "# a comment\n\nlog\t", 1).replace("quorum", "\tquorum ")
    yield holds("policy-spaced", "tabs, spaces, comments, empty lines", text, bundle)
    other = Simulator("other.example/2026", log_name="other").policy()
    both = other.replace("quorum none\n", "") + log.policy()
    yield holds("policy-of-two-logs", "the other log's keys do not count", both, bundle)
    yield from _fresh(log, index)
    yield from _signers()


def _fresh(log: Simulator, index: int) -> Iterator[Draft]:
    bundle, policy = log.prove(index), log.policy(quorum=2)
    for id_, off in (("exactly", 60), ("now", 0), ("by-a-fast-clock", -60)):
        options: dict[str, Any] = {"now_s": log.now_s() + off, "max_age_s": 60}
        yield holds(f"freshness-{id_}", "at most a minute", policy, bundle, **options)


def _signers() -> Iterator[Draft]:
    log, (index,) = make_log()
    for kind, number in (("ed25519", 0), ("ml-dsa", 1)):
        note = keep_lines(log.notes[log.size], number)
        policy = f"log {log.log_signers[number].verifier_key}\nquorum none\n"
        bundle = log.prove(index, checkpoint=note)
        yield holds(f"log-key-{kind}-alone", "the policy lists no other", policy, bundle)
    log = Simulator()
    log.register()
    index = log.certify(log.deposit())
    log.log_signers = [ECDSASigner(log.origin), *log.log_signers]
    log.publish()
    yield holds("log-key-ecdsa", "a log of three keys", log, log.prove(index))


def keep_lines(note: str, *numbers: int) -> str:
    """Keep some of a note's signature lines, in this order."""
    text, _, tail = note.rpartition("\n\n")
    lines = tail.splitlines(keepends=True)
    return f"{text}\n\n{''.join(lines[number] for number in numbers if number < len(lines))}"


def _later() -> Iterator[Draft]:
    log, (index,) = make_log()
    old = log.size
    log.withdraw(index)
    log.publish()
    bundle = log.prove(index, size=old)
    yield drafts.holds("later-none", "in force as of then", log, bundle)
    made = replace(bundle, later=log.show_later(old, index))
    note = "withdrawn as of the later one"
    yield warns("withdrawn", "later-withdrawn", note, log, made)
    made = replace(bundle, later=log.show_later(old))
    yield drafts.holds("later-without-status", "the status of then is what counts", log, made)
    made = replace(bundle, later=log.show_later(old, index), status=())
    note = "the older status is not shown"
    yield warns("withdrawn", "later-status-only", note, log, made)
    log, (index,) = make_log()
    old = log.size
    newer = log.certify(3)
    log.publish()
    later = log.show_later(old, support=(newer,))
    bundle = log.prove(index, size=old, later=later)
    reasons = ("", "incomplete no-identity status-unknown")
    said = "one that only the later one holds, without its record and its status"
    yield warns(reasons, "later-certification", said, log, bundle)
    log, (index,) = make_log()
    note = log.notes[log.size]
    later = replace(log.show_later(log.size, index), entries=(), status=())
    bundle = log.prove(index, later=replace(later, checkpoint=note))
    yield drafts.holds("later-equal", "the same checkpoint once more", log, bundle)
    yield from _keys_that_left()


def _keys_that_left() -> Iterator[Draft]:
    log, (index,) = make_log()
    old, ed25519 = log.size, log.log_signers[0]
    log.use_log_keys("new keys")
    new = log.log_signers
    log.certify(3)
    log.publish()
    bundle = log.prove(index, size=old, later=log.show_later(old, index))
    yield holds("later-keys-left", "no key of the old one is in the policy", log, bundle)
    log.log_signers = [ed25519, new[1]]
    log.publish()
    bundle = log.prove(index, size=old, later=log.show_later(old, index))
    yield holds("later-one-key-left", "the other one has signed", log, bundle)
