"""Bundles whose entries are elsewhere, are of another log, or are signed by nobody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from provenance.encoding import encode_base64, encode_json
from provenance.record.entry import Certification, Key, entry_message
from provenance.tlog.note import make_verifier_key
from simulator import DEPOSITOR, ORIGIN, Simulator, ed25519_key, ed25519_vkey, make_log
from vectors.drafts import ZEROS, fails, prove_bare
from verifying import change, flip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vectors.cases import Draft

ED25519_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
"""The order of the group that signatures are made in (RFC 8032 section 5.1)."""


def entry_places() -> Iterator[Draft]:
    """Return them all."""
    yield from _orders()
    yield from _chains()
    yield from _paths()
    yield from _trees()
    yield from _beginnings()
    yield from _declarations()
    yield from _entry_signatures()
    yield from _signed_otherwise()


def _orders() -> Iterator[Draft]:
    log, indexes = make_log(2)
    bundle = prove_bare(log, *indexes)
    a, b, c, d, e = bundle.entries
    made = replace(bundle, entries=(a, b, d, c, e))
    yield fails("order", "swapped", "indexes ascend", log, made)
    made = replace(bundle, entries=(a, b, c, c, d, e))
    yield fails("order", "repeated", "nothing is shown twice", log, made)
    made = replace(bundle, entries=(e, d, c, b, a))
    yield fails("order", "reversed", "indexes ascend", log, made)
    log, (index,) = make_log()
    old = log.size
    log.publish()
    later = log.show_later(old, index, support=(1,))
    made = replace(prove_bare(log, index, size=old), later=later)
    yield fails("order", "shown-in-both", "nor in both lists", log, made)


def _chains() -> Iterator[Draft]:
    log = Simulator()
    log.register()
    bad = log.append(
        Certification,
        deposit=1,
        depositor=DEPOSITOR,
        registration=2,
        commitment=ZEROS,
        time="2020-01-01T00:00:00.000000Z",
    )
    log.publish()
    made = log.prove(support=(1, 2, bad))
    yield fails("order", "time-falls", "recorded and signed all the same", log, made)
    log = Simulator()
    log.register(prev=ZEROS)
    index = log.certify(log.deposit())
    log.publish()
    made = prove_bare(log, index)
    yield fails("order", "not-chained", "a neighbour names another one", log, made)
    made = prove_bare(log, index, support=(0, 1, 2))
    yield fails("order", "not-chained-to-the-second", "the same, from the start", log, made)


def _paths() -> Iterator[Draft]:
    log, indexes = make_log(5)
    bundle = prove_bare(log, *indexes)
    path = bundle.entries[2].path
    for id_, note, changed in (
        ("path-cut", "a hash is missing", path[:-1]),
        ("path-longer", "a hash is left over", (*path, path[0])),
        ("path-empty", "no path", ()),
        ("path-reversed", "another order", path[::-1]),
        ("path-of-another", "that of the entry behind it", bundle.entries[3].path),
        ("path-malformed", "no base64", ("", *path[1:])),
        ("path-31-bytes", "32 each", (encode_base64(bytes(31)), *path[1:])),
        ("path-unpadded", "base64 has padding", (path[0].rstrip("="), *path[1:])),
        ("path-flipped", "another hash", (flip(path[0]), *path[1:])),
        ("path-of-64", "as long as a path may be", (path * 22)[:64]),
    ):
        made = change(bundle, 2, path=changed)
        yield fails("inclusion", id_, note, log, made)
    entry = json.loads(log.entries[4])
    entry["commitment"] = flip(entry["commitment"])
    made = change(bundle, 2, entry=encode_json(entry).decode())
    said = "one character of its commitment"
    yield fails("order inclusion", "and-entry-changed", said, log, made)
    entry = json.loads(log.entries[8])
    entry["depositor"] = "0OTHERBC"
    made = change(bundle, 6, entry=encode_json(entry).decode())
    yield fails("order inclusion", "and-depositor-changed", "of the last one", log, made)


def _trees() -> Iterator[Draft]:
    for size in (6, 8, 20, 1 << 40):
        log, indexes = make_log(2)
        log.publish(status=False, size=size)
        note = "signed, with another size than the tree's"
        yield fails("inclusion", f"size-{size}", note, log, prove_bare(log, *indexes))
    log, (index,) = make_log()
    log.publish(root=bytes(32))
    made = prove_bare(log, index)
    yield fails("inclusion", "root-of-zeros", "signed, but of no tree", log, made)
    made = replace(made, entries=made.entries[:2])
    yield fails("inclusion", "root-of-zeros-short", "and less is shown", log, made)
    log = Simulator()
    log.register()
    deposit = log.deposit()
    log.certify(deposit)
    shifted = log.certify(deposit, index=7)
    log.certify(deposit)
    log.certify(deposit)
    log.publish()
    said = "its index is not its position"
    made = prove_bare(log, shifted)
    yield fails("order inclusion", "and-shifted", said, log, made)


def _beginnings() -> Iterator[Draft]:
    log, (index,) = make_log()
    for support in ((0, 1, 2), (1, 2)):
        made = prove_bare(log, index, support=support)
        note = "another first entry is pinned"
        yield fails("genesis", f"other-{support[0]}", note, log, made, genesis=bytes(32))
    made = prove_bare(log, index, support=(2,))
    said = "neither it nor its neighbour is shown"
    yield fails("genesis", "pinned-not-shown", said, log, made, genesis=log.leaves[0])
    log = Simulator(origin_of_genesis="other.example/2026")
    log.register()
    index = log.certify(log.deposit())
    log.publish()
    made = prove_bare(log, index, support=(0, 1, 2))
    yield fails("genesis", "of-another-log", "its first entry says so", log, made)


def _declarations() -> Iterator[Draft]:
    log, (index,) = make_log()
    made = prove_bare(log, index, support=(2,))
    yield fails("entry-key", "not-shown", "nothing declares the key", log, made)
    made = prove_bare(log, index, support=(0, 2))
    yield fails("entry-key", "genesis-only", "the genesis declares no entry key", log, made)
    public = log.entry_key.public_key().public_bytes_raw()
    named = str(make_verifier_key("other.example/entry", 1, public))
    wrong = log.append(Key, action="add", role="entry", vkey=named)
    log_key = log.append(Key, action="add", role="log", vkey=ed25519_vkey(ORIGIN))
    index = log.certify(3)
    log.publish()
    made = prove_bare(log, index, support=(1, 2, wrong))
    yield fails("entry-key", "of-another-name", "the key of another log", log, made)
    made = prove_bare(log, index, support=(2, log_key))
    yield fails("entry-key", "of-the-log", "a key of another role", log, made)
    log, _ = make_log()
    added = log.rotate_entry_key("second")
    later = log.certify(3)
    log.publish()
    made = prove_bare(log, later, support=(2, added))
    yield fails("entry-key", "declared-later", "a key signs what comes after it", log, made)
    made = prove_bare(log, 4, later, support=(1, 2))
    yield fails("entry-signature", "by-a-key-not-shown", "the newer key", log, made)


def _entry_signatures() -> Iterator[Draft]:
    log, indexes = make_log(2)
    bundle = prove_bare(log, *indexes)
    signature = log.signatures[4]
    scalar = int.from_bytes(signature[32:], "little") + ED25519_ORDER
    malleable = signature[:32] + scalar.to_bytes(32, "little")
    for id_, note, changed in (
        ("empty", "none", ""),
        ("no-base64", "not in the alphabet", "!"),
        ("short", "63 bytes", encode_base64(signature[:-1])),
        ("long", "65 bytes", encode_base64(signature + b"\0")),
        ("zeros", "64 zero bytes", encode_base64(bytes(64))),
        ("respelled", "one spelling of a value", _respelled(signature)),
        ("of-another-entry", "that of the entry behind it", bundle.entries[3].signature),
        ("flipped", "one bit", encode_base64(bytes([signature[0] ^ 1]) + signature[1:])),
        ("malleable", "S is below the order of the group", encode_base64(malleable)),
    ):
        yield fails("entry-signature", id_, note, log, change(bundle, 2, signature=changed))
    for number, name in enumerate(("key", "depositor", "", "", "status")):
        if name:
            made = change(bundle, number, signature=encode_base64(bytes(64)))
            said = f"that of the {name} entry"
            yield fails("entry-signature", f"of-the-{name}", said, log, made)


def _respelled(signature: bytes) -> str:
    text = encode_base64(signature)
    return text[:-3] + {"A": "B", "Q": "R", "g": "h", "w": "x"}[text[-3]] + "=="


def _signed_otherwise() -> Iterator[Draft]:
    log, (index,) = make_log()
    bundle = prove_bare(log, index)
    message, leaf = entry_message(ORIGIN, log.leaves[index]), log.leaves[index]
    for id_, key, signed in (
        ("by-another-key", "another", message),
        ("over-the-leaf-alone", "entry", leaf),
        ("over-the-entry", "entry", log.entries[index]),
        ("for-another-log", "entry", entry_message("other.example/2026", leaf)),
        ("by-the-log-key", "log", message),
    ):
        signature = encode_base64(ed25519_key(key).sign(signed))
        made = change(bundle, 2, signature=signature)
        yield fails("entry-signature", id_, "a sound signature of something else", log, made)
    log, _ = make_log()
    old = log.entry_key
    added = log.rotate_entry_key("second")
    vkey = json.loads(log.entries[1])["vkey"]
    retired = log.append(Key, action="retire", role="entry", vkey=vkey)
    log.entry_key = old
    index = log.certify(3)
    log.publish()
    made = prove_bare(log, index, support=(1, 2, added, retired))
    yield fails("entry-signature", "by-a-retired-key", "it was retired before", log, made)
