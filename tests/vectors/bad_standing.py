"""Bundles that say of depositors, endorsements or status what the log does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from provenance.encoding import encode_base64
from provenance.record.bundle import EndorsementLink
from provenance.record.entry import depositor_message
from provenance.record.status import WITHDRAWN
from simulator import (
    DEPOSITOR,
    ORIGIN,
    Simulator,
    ed25519_key,
    ed25519_vkey,
    make_log,
    make_record,
)
from vectors.drafts import ZEROS, fails, holds
from vectors.good_bundles import endorsed
from verifying import drop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provenance.record.bundle import Bundle
    from vectors.cases import Draft


def bad_standing() -> Iterator[Draft]:
    """Give them all, and beside some of them what is still allowed."""
    yield from _bodies()
    yield from _links()
    yield from _endorsements()
    yield from _keys_listed()
    yield from _leaves()
    yield from _leaves_elsewhere()
    yield from _denials()
    yield from _bits()
    yield from _ages()


def _bodies() -> Iterator[Draft]:
    log, (index,) = make_log()
    made = log.prove(index, support=(1,))
    yield fails("depositor", "not-shown", "nobody is registered here", log, made)
    other = log.register("0OTHERBC")
    log.publish()
    made = log.prove(index, support=(1, other))
    yield fails("depositor", "another", "somebody else is", log, made)
    for value, name in (("CERT0002", "another"), (None, "nobody"), (7, "a-number")):
        log, (index,) = make_log(records=[make_record(certificateur=value)])
        made = log.prove(index)
        said = f"it may not deposit for {name}"
        yield fails("depositor", f"for-{name}", said, log, made)
    log, (index,) = make_log(records=[make_record(emetteur="0OTHERBC")])
    yield holds("depositor-of-record-hidden", "what is not shown", log, log.prove(index))
    made = log.prove(index, shown=["emetteur"])
    yield fails("depositor", "of-record", "its record names another one", log, made)


def _links() -> Iterator[Draft]:
    log = endorsed()
    link, support = log.link(7, 5), (1, 2, 7)
    outside = (1, 2)
    for id_, note, shown, changed in (
        ("not-shown", "its entry is not shown", outside, link),
        ("no-endorsement", "an entry of another type", support, replace(link, entry=2)),
        ("of-no-certification", "itself", support, replace(link, certification=7)),
        ("of-another", "one that is not shown", support, replace(link, certification=6)),
        (
            "path-of-another",
            "that of entry 4",
            support,
            replace(link, path=log.link(7, 4).path),
        ),
        ("path-empty", "no path", support, replace(link, path=())),
        ("path-longer", "one too many", support, replace(link, path=(*link.path, ZEROS))),
        ("path-malformed", "no base64", support, replace(link, path=("?",))),
    ):
        made = log.prove(5, support=shown, endorsements=(changed,))
        yield fails("endorsement", id_, note, log, made)
    index = log.certify(3)
    log.publish()
    link = EndorsementLink(7, index, log.link(7, 6).path)
    made = log.prove(index, support=support, endorsements=(link,))
    yield fails("endorsement", "not-covered", "one that came after it", log, made)


def _endorsements() -> Iterator[Draft]:
    for id_, note, members in (
        ("signature", "zeros", {"signature": encode_base64(bytes(64))}),
        ("key", "somebody's", {"vkey": ed25519_vkey("somebody")}),
        ("root", "another root", {"root": ZEROS}),
        ("deposit", "another deposit", {"deposit": 2}),
        ("start", "fewer entries", {"start": 5}),
        ("end", "fewer entries", {"end": 6}),
    ):
        log = endorsed(**members)
        link = EndorsementLink(7, 5, endorsed().link(7, 5).path)
        made = log.prove(5, support=(1, 2, 7), endorsements=(link,))
        yield fails("endorsement", f"other-{id_}", note, log, made)


def _keys_listed() -> Iterator[Draft]:
    log = Simulator()
    log.register()
    index = log.certify(log.deposit())
    log.endorse(3, 4, 5, "depositor")
    log.register(keys=(ed25519_vkey("depositor"),), previous=2)
    log.publish()
    links = (log.link(5, index),)
    for name, support in (("after", (1, 2, 5, 6)), ("only-after", (1, 5, 6))):
        made = log.prove(index, support=support, endorsements=links)
        said = "keys listed after the endorsement do not count"
        yield fails("endorsement", f"listed-{name}", said, log, made)
    for signer in ("old", "operator", None):
        log, made = _changed_keys(signer)
        said = {
            "old": "the depositor changed its keys itself",
            "operator": "the change claims to be signed by an old key, and is not",
            None: "reset by the operator, and said so",
        }[signer]
        id_ = f"keys-changed-by-{signer or 'reset'}"
        if signer == "operator":
            yield fails("endorsement", id_, said, log, made)
        else:
            yield holds(f"endorsement-{id_}", said, log, made)


def _changed_keys(signer: str | None) -> tuple[Simulator, Bundle]:
    log, keys = Simulator(), (ed25519_vkey("depositor"),)
    log.register(keys=(ed25519_vkey("old"),))
    message = depositor_message(origin=ORIGIN, depositor=DEPOSITOR, keys=keys)
    made: dict[str, Any] = {"keys": keys, "previous": 2}
    if signer is not None:
        made["signature"] = encode_base64(ed25519_key(signer).sign(message))
    log.register(**made)
    index = log.certify(log.deposit())
    endorsement = log.endorse(4, 5, 6, "depositor")
    log.publish()
    links = (log.link(endorsement, index),)
    return log, log.prove(index, support=(1, 2, 3, endorsement), endorsements=links)


def _leaves() -> Iterator[Draft]:
    log, (index,) = make_log()
    log.withdraw(index)
    log.publish()
    bundle = log.prove(index)
    (leaf,) = bundle.status
    for id_, note, changed in (
        ("bits-changed", "in force after all", replace(leaf, bits=encode_base64(bytes(64)))),
        ("bits-short", "63 bytes", replace(leaf, bits=encode_base64(bytes(63)))),
        ("bits-empty", "none", replace(leaf, bits="")),
        ("leaf-beyond", "a leaf that the tree has not", replace(leaf, leaf=1)),
        ("path-longer", "a hash too many", replace(leaf, path=(ZEROS,))),
        ("path-malformed", "no base64", replace(leaf, path=("",))),
    ):
        made = replace(bundle, status=(changed,))
        yield fails("status", id_, note, log, made)
    made = replace(drop(bundle, 3), status=bundle.status)
    yield fails("status", "leaves-alone", "without the status entry", log, made)


def _leaves_elsewhere() -> Iterator[Draft]:
    log, (index,) = make_log()
    old = log.size
    log.withdraw(index)
    log.publish(status=False)
    leaves = log.show_status([index], old)
    said = "the status entry must be the checkpoint's last"
    made = log.prove(index, support=(1, 2, old - 1), status=leaves)
    yield fails("status", "entry-not-last", said, log, made)
    made = log.prove(index, support=(1, 2, log.size - 1), status=leaves)
    yield fails("status", "ends-otherwise", "a withdrawal is the last one", log, made)
    log, _ = make_log(258)
    log.mark(128, WITHDRAWN)
    log.publish()
    bundle = log.prove(127, 128)
    first, second = bundle.status
    swapped = (replace(first, bits=second.bits, path=second.path), second)
    made = replace(bundle, status=swapped)
    yield fails("status", "leaf-of-others", "the leaf of other entries", log, made)
    log, (index,) = make_log()
    log.withdraw(index)
    log.publish()
    old = log.size
    log.bits.clear()
    log.publish()
    made = log.prove(index, size=old, later=log.show_later(old, index))
    yield fails("status", "goes-back", "bits never go down", log, made)


def _denials() -> Iterator[Draft]:
    for act in ("withdraw", "erase", "supersede"):
        log, (index,) = make_log()
        acts: dict[str, Callable[[int], int]] = {
            "withdraw": log.withdraw,
            "erase": log.erase,
            "supersede": lambda target, log=log: log.certify(3, supersedes=target),  # type: ignore[misc]
        }
        by = acts[act](index)
        log.bits.clear()
        log.publish()
        made = log.prove(index, support=(1, 2, by))
        said = "the status tree does not know what an entry shown did"
        yield fails("status", f"denies-{act}", said, log, made)


class _Marked(Simulator):
    """Signs status leaves that the format knows nothing of."""

    leaf = b""

    def _status_leaves(self, _: int) -> list[bytes]:
        return [self.leaf.ljust(64, b"\0")]


def _bits() -> Iterator[Draft]:
    for id_, note, leaf in (
        ("bit-reserved", "8 stands for nothing", b"\x80"),
        ("bit-beyond", "of an entry that is not there yet", bytes(3) + b"\x10"),
    ):
        log = _Marked()
        log.leaf = leaf
        log.register()
        index = log.certify(log.deposit())
        log.publish()
        yield fails("status", id_, f"signed: {note}", log, log.prove(index))


def _ages() -> Iterator[Draft]:
    log, (index,) = make_log(witnesses=("alpha", "beta"))
    bundle, policy = log.prove(index), log.policy(quorum=1)
    for id_, off in (("old", 61), ("of-the-future", -61)):
        options = {"now_s": log.now_s() + off, "max_age_s": 60}
        yield fails("freshness", id_, "a minute is allowed", policy, bundle, **options)
    options = {"now_s": log.now_s(), "max_age_s": 60}
    said = "no witness is asked, so no time is trusted"
    yield fails("freshness", "no-witness", said, log, bundle, **options)
    old = log.size
    for _ in range(50):
        log.certify(3)
    log.publish()
    options = {"now_s": log.now_s(), "max_age_s": 60}
    bundle = log.prove(index, size=old)
    later = log.show_later(old, index)
    made = replace(bundle, later=later)
    yield holds(
        "freshness-of-later", "the status is that of the later one", policy, made, **options
    )
    made = replace(bundle, later=replace(later, status=()))
    said = "an old status is not made fresh by a newer checkpoint"
    yield fails("freshness", "of-an-old-status", said, policy, made, **options)
