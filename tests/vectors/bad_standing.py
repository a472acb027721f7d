"""Bundles that say of a status what the log does not, or whose status is too old."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from provenance.encoding import encode_base64
from provenance.record.status import WITHDRAWN
from simulator import Simulator, make_log
from vectors.drafts import ZEROS, fails, holds, warns
from verifying import drop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vectors.cases import Draft


def bad_standing() -> Iterator[Draft]:
    """Return them all, and beside some of them what is still allowed."""
    yield from _leaves()
    yield from _leaves_elsewhere()
    yield from _denials()
    yield from _bits()
    yield from _ages()


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
        ("bit-beyond", "of the status entry itself", bytes(3) + b"\x01"),
        ("bit-beyond-next", "of an entry that is not there yet", bytes(3) + b"\x10"),
        ("bit-beyond-reserved", "the reserved one of such an entry", bytes(3) + b"\x80"),
        ("bit-beyond-last", "of the last place of the leaf", bytes(63) + b"\x10"),
    ):
        log, index = _mark(leaf)
        yield fails("status", id_, f"signed: {note}", log, log.prove(index))
    log, index = _mark(b"\x00\x00\x80")
    note = "the reserved bit of the last entry that the tree is over is none of these"
    yield warns("status-unknown", "status-bit-of-the-last", note, log, log.prove(index + 1))


def _mark(leaf: bytes) -> tuple[Simulator, int]:
    """Publish a log of six entries, and a status entry, with this status leaf."""
    log = _Marked()
    log.leaf = leaf
    log.register()
    deposit = log.deposit()
    index = log.certify(deposit)
    log.certify(deposit)
    log.publish()
    return log, index


def _ages() -> Iterator[Draft]:
    log, (index,) = make_log(witnesses=("alpha", "beta"))
    bundle, policy = log.prove(index), log.policy(quorum=1)
    for id_, off in (("old", 61), ("of-the-future", -61)):
        options: dict[str, Any] = {"now_s": log.now_s() + off, "max_age_s": 60}
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
