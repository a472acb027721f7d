"""Bundles that show other fields than were committed to, or in another spelling."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from provenance.encoding import encode_json
from simulator import base64url, disclosure, make_log, make_record
from vectors.drafts import fails, warns
from vectors.record_slots import show, show_alone
from verifying import change, flip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vectors.cases import Draft

CODE: int = 4
"""The slot of the field that is shown falsely here."""


def bad_records() -> Iterator[Draft]:
    """Return them all, and beside some of them what is still allowed."""
    yield from _records()
    yield from _disclosures()
    yield from _commitments()


def _records() -> Iterator[Draft]:
    log, _ = make_log()
    made = log.prove()
    yield fails("certification", "none", "entries of the operator alone", log, made)
    made = replace(made, entries=(), status=())
    yield fails("certification", "no-entries", "a checkpoint and nothing else", log, made)
    log, indexes = make_log(records=[make_record(), make_record(code="RS5000")])
    newer = log.certify(3, supersedes=4)
    log.publish()
    made = log.prove(support=(1, 2, 4, newer))
    said = "one superseded by another, both bare: the first is a line"
    yield warns("incomplete no-identity superseded", "lines-bare", said, log, made)
    log, indexes = make_log(records=[make_record(), make_record(code="RS5000")])
    bundle = log.prove(*indexes)
    first, second = bundle.entries[2].record, bundle.entries[3].record
    made = change(change(bundle, 2, record=second), 3, record=first)
    yield fails("commitment", "swapped", "the records of two entries", log, made)
    made = change(bundle, 3, record=(*first[:CODE], second[CODE], *first[CODE + 1 :]))
    yield fails("commitment", "of-another-entry", "all but its code", log, made)
    withdrawal = log.withdraw(4)
    log.publish()
    bundle = log.prove(4, withdrawal, shown={withdrawal: ["reason"]})
    number = len(bundle.entries) - 2
    shown = bundle.entries[number].record
    text = disclosure(bytes(18), "reason", "FRAUD")
    made = change(bundle, number, record=(text, *shown[1:]))
    yield fails("commitment", "of-a-withdrawal", "another reason", log, made)


def _disclosures() -> Iterator[Draft]:
    """Replace one disclosure: by a false one, or by another spelling of its own."""
    log, (index,) = make_log()
    bundle = log.prove(index)
    texts = bundle.entries[2].record
    salt, name, value = _decode(texts[CODE])
    loose = json.dumps([salt, name, value]).encode()
    for id_, note, text in (
        ("value-changed", "another code", _encode([salt, name, "RNCP34763"])),
        ("value-of-case", "rncp is not RNCP", _encode([salt, name, "rncp34762"])),
        ("name-changed", "another field", _encode([salt, "type", value])),
        ("salt-changed", "another salt", disclosure(bytes(18), name, value)),
        ("salt-padded", "one spelling", _encode([salt + "=", name, value])),
        ("of-two", "no value", _encode([salt, name])),
        ("of-four", "something more", _encode([salt, name, value, 1])),
        ("object", "an array", _encode({"salt": salt, "name": name, "value": value})),
        ("spaced", "no white space", base64url(loose)),
        ("padded", "no padding", texts[CODE] + "="),
        ("other-alphabet", "base64url", "+" + texts[CODE][1:]),
        ("flipped", "no JSON", flip(texts[CODE])),
    ):
        made = change(bundle, 2, record=(*texts[:CODE], text, *texts[CODE + 1 :]))
        yield fails("commitment", f"disclosure-{id_}", note, log, made)


def _encode(triple: object) -> str:
    return base64url(encode_json(triple))


def _decode(text: str) -> list[Any]:
    triple: list[Any] = json.loads(base64.urlsafe_b64decode(text + "=="))
    return triple


def _commitments() -> Iterator[Draft]:
    """Commit to what no record may hold, and show it: its form alone is wrong."""
    salt, name, value = base64url(bytes(18)), "code", "RNCP34762"
    loose = json.dumps([salt, name, value]).encode()
    for id_, note, text in (
        ("spaced", "white space", base64url(loose)),
        ("reserved", "a name that SD-JWT takes", _text("_sd", "x")),
        ("name-malformed", "letters, digits, dots", _text("co de", value)),
        ("name-newline", "not even at the end", _text("code2\n", value)),
        ("name-empty", "a letter at least", _text("", value)),
        ("salt-short", "18 bytes", disclosure(bytes(17), name, value)),
        ("salt-long", "18 bytes", disclosure(bytes(21), name, value)),
        ("fraction", "integers only", _text(name, 1.5)),
        ("whole-fraction", "1.0 is not 1", _text(name, 1.0)),
        ("too-large", "below 2^53", _text(name, 2**53)),
        ("too-small", "above -2^53", _text(name, -(2**53))),
        ("nested", "flat lists only", _text(name, [[1]])),
        ("list-of-texts", "lists of objects", _text(name, ["a"])),
        ("object", "no object alone", _text(name, {"a": 1})),
        ("object-nested", "flat objects", _text(name, [{"a": {"b": 1}}])),
        ("object-name", "names inside, too", _text(name, [{"a b": 1}])),
        ("of-two", "no value", _encode([salt, name])),
        ("of-four", "something more", _encode([salt, name, value, 1])),
        ("padded", "no padding", _text(name, value) + "="),
        ("empty", "no text", ""),
    ):
        log, bundle = show_alone(make_record(), {"code"}, texts={CODE: text})
        yield fails("commitment", f"to-{id_}", f"committed to: {note}", log, bundle)
    log, bundle = show(make_record(), {"type"}, texts={CODE: _text(name, 1.5)})
    said = "a hidden one is as it is"
    reasons = "incomplete no-identity"
    yield warns(reasons, "commitment-to-hidden", said, log, bundle)


def _text(name: object, value: object) -> str:
    return disclosure(bytes(18), name, value)
