"""Bundles whose entries are malformed, stand elsewhere, or are signed by nobody."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from provenance.encoding import encode_base64, encode_json
from provenance.record.bundle import ProvenEntry
from provenance.record.entry import Certification, Key, entry_message
from provenance.tlog.note import make_verifier_key
from simulator import (
    DEPOSITOR,
    ORIGIN,
    Simulator,
    ed25519_key,
    ed25519_vkey,
    make_log,
    make_record,
)
from vectors.drafts import ZEROS, fails
from verifying import change, flip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vectors.cases import Draft

ED25519_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
"""The order of the group that signatures are made in (RFC 8032 section 5.1)."""
SMALL_ORDER: Final = bytes([1]) + bytes(31)
"""The neutral element: under it, anybody can sign for everybody."""


def bad_entries() -> Iterator[Draft]:
    """Give them all."""
    yield from _spellings()
    yield from _members()
    yield from _other_types()
    yield from _not_entries()
    yield from _orders()
    yield from _chains()
    yield from _paths()
    yield from _trees()
    yield from _beginnings()
    yield from _declarations()
    yield from _entry_signatures()
    yield from _signed_otherwise()


def _logged(id_: str, note: str, data: bytes) -> Draft:
    """Record and sign an entry that no log should hold, and show it beside a good one."""
    log = Simulator()
    log.register()
    index = log.certify(log.deposit())
    bad = log.append_bytes(data)
    log.publish()
    return fails("entry", id_, note, log, log.prove(index, support=(1, 2, bad)))


def _plain() -> dict[str, Any]:
    """Give the members of an entry that could stand at index 5."""
    log, _ = make_log(2)
    entry: dict[str, Any] = json.loads(log.entries[5])
    return entry


def _spellings() -> Iterator[Draft]:
    plain = _plain()
    data = encode_json(plain)
    reordered = {"index": 5, **plain}
    escaped = data.replace(b'"0ABCDEFG"', b'"\\u0030ABCDEFG"')
    for id_, note, other in (
        ("empty-object", "no type", b"{}"),
        ("space", "no white space", data.replace(b",", b", ", 1)),
        ("reordered", "the type comes first", encode_json(reordered)),
        ("escaped", "one spelling of a string", escaped),
        ("unknown-member", "nothing besides", data[:-1] + b',"more":1}'),
        ("member-twice", "the same once more", data[:-1] + b',"deposit":3}'),
        ("member-null", "absent members are left out", data[:-1] + b',"supersedes":null}'),
        ("unknown-type", "thirteen types", data.replace(b"certification", b"certificate")),
        ("type-of-other-case", "as they are", data.replace(b"certif", b"Certif")),
        ("version", "not a number", data.replace(b'"index":5', b'"index":5.0')),
        ("cut", "not whole", data[:-1]),
    ):
        yield _logged(id_, note, other)


def _members() -> Iterator[Draft]:
    for id_, note, members in (
        ("index-text", "an index is a number", {"index": "5"}),
        ("index-negative", "no position", {"index": -1}),
        ("index-first", "0 is the genesis entry", {"index": 0}),
        ("time-seconds", "six fraction digits", {"time": "2026-11-23T20:00:00Z"}),
        ("time-offset", "Z alone", {"time": "2026-11-23T20:00:00.000000+00:00"}),
        ("time-space", "T parts date and time", {"time": "2026-11-23 20:00:00.000000Z"}),
        ("time-no-day", "no day of the calendar", {"time": "2026-02-29T20:00:00.000000Z"}),
        ("time-leap-second", "none is written", {"time": "2026-12-31T23:59:60.000000Z"}),
        ("time-hour-24", "hours go to 23", {"time": "2026-12-31T24:00:00.000000Z"}),
        ("time-year-0", "years begin with 1", {"time": "0000-01-01T00:00:00.000000Z"}),
        ("prev-short", "32 bytes", {"prev": encode_base64(bytes(31))}),
        ("prev-respelled", "one spelling of a value", {"prev": ZEROS[:-2] + "B="}),
        ("prev-url", "another alphabet", {"prev": "-" + ZEROS[1:]}),
        ("depositor-lower-case", "capitals and digits", {"depositor": "0abcdefg"}),
        ("depositor-long", "eight", {"depositor": "0ABCDEFGH"}),
        ("depositor-newline", "eight and no more", {"depositor": "0ABCDEFG\n"}),
        ("deposit-forward", "references point backwards", {"deposit": 6}),
        ("deposit-itself", "references point backwards", {"deposit": 5}),
        ("supersedes-forward", "references point backwards", {"supersedes": 7}),
        ("commitment-missing", "every certification has one", {"commitment": None}),
    ):
        entry = {**_plain(), **members}
        whole = {name: value for name, value in entry.items() if value is not None}
        yield _logged(id_, note, encode_json(whole))


def _other_types() -> Iterator[Draft]:
    vkey, add = ed25519_vkey("a"), {"action": "add", "role": "entry"}
    genesis = {"format": "provenance/1", "origin": ORIGIN, "log_keys": [vkey]}
    register = {"source": "RNCP", "version": "1", "date": "2026-13-01", "digest": ZEROS}
    backwards = {"withdraws": 5, "commitment": ZEROS}
    for id_, note, kind, members in (
        ("genesis-again", "index 0 alone", "genesis", genesis),
        ("status-size", "its size is its index", "status", {"size": 4, "root": ZEROS}),
        ("key-malformed", "no verifier key", "key", {**add, "vkey": "a+b+c"}),
        ("key-small-order", "signs everything", "key", {**add, "vkey": _small_order()}),
        ("key-action", "add or retire", "key", {**add, "action": "use", "vkey": vkey}),
        ("withdrawal-forward", "backwards", "withdrawal", backwards),
        ("erasure-of-nothing", "one", "erasure", {"erases": [], "commitment": ZEROS}),
        ("erasure-unordered", "up", "erasure", {"erases": [4, 3], "commitment": ZEROS}),
        ("register-date", "a day", "register", register),
        ("upgrade-to-this", "another one", "upgrade", {"format": "provenance/1"}),
        ("close-origin", "no plus", "close", {"successor": "a+b", "genesis": ZEROS}),
    ):
        yield _of_type(id_, note, kind, members)
    bodies: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("body-name-empty", "1 to 200 characters", {"name": ""}),
        ("body-name-long", "1 to 200 characters", {"name": "n" * 201}),
        ("body-name-control", "no controls", {"name": "Institut\u0085"}),
        ("body-certifier-twice", "once each", {"certifiers": ["CERT0001"] * 2}),
        ("body-key-twice", "once each", {"keys": [vkey, vkey]}),
        ("body-siret", "14 digits", {"siret": "1234567890123"}),
        ("body-succeeds-nobody", "one at least", {"succeeds": []}),
        ("body-signature-alone", "it replaces none", {"signature": "A" * 86 + "=="}),
    )
    for id_, note, changed in bodies:
        body = {"depositor": "0OTHERBC", "name": "Institut", "keys": [], **changed}
        order = ("depositor", "name", "siret", "certifiers", "succeeds", "keys", "signature")
        ordered = {name: body[name] for name in order if name in body}
        yield _of_type(id_, note, "depositor", ordered)


def _of_type(id_: str, note: str, kind: str, members: Mapping[str, object]) -> Draft:
    common = {name: _plain()[name] for name in ("index", "time", "prev")}
    return _logged(id_, note, encode_json({"type": kind, **common, **members}))


def _small_order() -> str:
    """Write a verifier key that is well-formed but for its point."""
    name, public = f"{ORIGIN}/entry", b"\1" + SMALL_ORDER
    key_id = hashlib.sha256(f"{name}\n".encode() + public).hexdigest()[:8]
    return f"{name}+{key_id}+{encode_base64(public)}"


def _not_entries() -> Iterator[Draft]:
    log, (index,) = make_log()
    bundle = log.prove(index)
    for id_, note, text in (
        ("empty", "no byte at all", ""),
        ("null", "no object", "null"),
        ("nul-behind", "not a byte more", bundle.entries[2].entry + "\0"),
    ):
        yield fails("entry", id_, note, log, change(bundle, 2, entry=text))
    node = (log.leaves[0] + log.leaves[1]).decode("latin-1")
    shown = ProvenEntry(entry=node, signature="", path=())
    made = replace(bundle, entries=(shown, *bundle.entries))
    yield fails("entry", "inner-node", "a node of the tree is no entry", log, made)


def _orders() -> Iterator[Draft]:
    log, indexes = make_log(2)
    bundle = log.prove(*indexes)
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
    made = replace(log.prove(index, size=old), later=later)
    yield fails("order", "shown-in-both", "nor in both lists", log, made)


def _chains() -> Iterator[Draft]:
    log = Simulator()
    log.register()
    bad = log.append(
        Certification,
        deposit=1,
        depositor=DEPOSITOR,
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
    made = log.prove(index)
    yield fails("order", "not-chained", "a neighbour names another one", log, made)
    made = log.prove(index, support=(0, 1, 2))
    yield fails("order", "not-chained-to-the-second", "the same, from the start", log, made)


def _paths() -> Iterator[Draft]:
    log, indexes = make_log(5)
    bundle = log.prove(*indexes)
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
        yield fails("inclusion", f"size-{size}", note, log, log.prove(*indexes))
    log, (index,) = make_log()
    log.publish(root=bytes(32))
    made = log.prove(index)
    yield fails("inclusion", "root-of-zeros", "signed, but of no tree", log, made)
    made = replace(made, entries=made.entries[:2])
    yield fails("inclusion", "root-of-zeros-short", "and less is shown", log, made)
    log = Simulator()
    log.register()
    deposit = log.deposit()
    log.certify(deposit)
    shifted = log._committed(
        Certification, make_record(), index=7, deposit=deposit, depositor=DEPOSITOR
    )
    log.certify(deposit)
    log.certify(deposit)
    log.publish()
    said = "its index is not its position"
    made = log.prove(shifted)
    yield fails("order inclusion", "and-shifted", said, log, made)


def _beginnings() -> Iterator[Draft]:
    log, (index,) = make_log()
    for support in ((0, 1, 2), (1, 2)):
        made = log.prove(index, support=support)
        note = "another first entry is pinned"
        yield fails("genesis", f"other-{support[0]}", note, log, made, genesis=bytes(32))
    made = log.prove(index, support=(2,))
    said = "neither it nor its neighbour is shown"
    yield fails("genesis", "pinned-not-shown", said, log, made, genesis=log.leaves[0])
    log = Simulator(origin_of_genesis="other.example/2026")
    log.register()
    index = log.certify(log.deposit())
    log.publish()
    made = log.prove(index, support=(0, 1, 2))
    yield fails("genesis", "of-another-log", "its first entry says so", log, made)


def _declarations() -> Iterator[Draft]:
    log, (index,) = make_log()
    made = log.prove(index, support=(2,))
    yield fails("entry-key", "not-shown", "nothing declares the key", log, made)
    made = log.prove(index, support=(0, 2))
    yield fails("entry-key", "genesis-only", "the genesis declares no entry key", log, made)
    public = log.entry_key.public_key().public_bytes_raw()
    named = str(make_verifier_key("other.example/entry", 1, public))
    wrong = log.append(Key, action="add", role="entry", vkey=named)
    log_key = log.append(Key, action="add", role="log", vkey=ed25519_vkey(ORIGIN))
    index = log.certify(3)
    log.publish()
    made = log.prove(index, support=(1, 2, wrong))
    yield fails("entry-key", "of-another-name", "the key of another log", log, made)
    made = log.prove(index, support=(2, log_key))
    yield fails("entry-key", "of-the-log", "a key of another role", log, made)
    log, _ = make_log()
    added = log.rotate_entry_key("second")
    later = log.certify(3)
    log.publish()
    made = log.prove(later, support=(2, added))
    yield fails("entry-key", "declared-later", "a key signs what comes after it", log, made)
    made = log.prove(4, later, support=(1, 2))
    yield fails("entry-signature", "by-a-key-not-shown", "the newer key", log, made)


def _entry_signatures() -> Iterator[Draft]:
    log, indexes = make_log(2)
    bundle = log.prove(*indexes)
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
    bundle = log.prove(index)
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
    made = log.prove(index, support=(1, 2, added, retired))
    yield fails("entry-signature", "by-a-retired-key", "it was retired before", log, made)
