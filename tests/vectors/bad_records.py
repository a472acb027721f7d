"""Bundles that show other fields than were committed to, or more than they may."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from naive_commitment import naive_decoys, naive_digest, naive_disclosures
from provenance.encoding import encode_base64, encode_json
from provenance.record.commitment import NEVER_DISCLOSED
from provenance.record.entry import Certification
from simulator import (
    DEPOSITOR,
    PERSON,
    Simulator,
    make_log,
    make_record,
)
from vectors.drafts import fails, holds
from vectors.good_bundles import seed_of
from verifying import change, flip

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from provenance.record.bundle import Bundle
    from provenance.record.commitment import Field
    from vectors.cases import Draft

NIR: Final = next(iter(NEVER_DISCLOSED))
LEVELS: Final = {
    "niveauLangueEuropeen": "presenceNiveauLangueEuro",
    "niveauNumeriqueEuropeen.scoreGeneral": "presenceNiveauNumeriqueEuro",
    "niveauNumeriqueEuropeen.resultats": "presenceNiveauNumeriqueEuro",
}


def bad_records() -> Iterator[Draft]:
    """Give them all, and beside some of them what is still allowed."""
    yield from _records()
    yield from _disclosures()
    yield from _commitments()
    yield from _rules()


def _records() -> Iterator[Draft]:
    log, _ = make_log()
    made = log.prove()
    yield fails("certification", "none", "entries of the operator alone", log, made)
    made = replace(made, entries=(), status=())
    yield fails("certification", "no-entries", "a checkpoint and nothing else", log, made)
    log, (index,) = make_log()
    bundle = log.prove(index)
    shown, hidden = bundle.entries[2].disclosures, bundle.entries[2].hidden
    for id_, note, members in (
        ("left-out", "a disclosure is missing", {"disclosures": shown[1:]}),
        ("repeated", "one twice", {"disclosures": (*shown, shown[0])}),
        ("added", "one that was not committed to", {"disclosures": (*shown, _text("a", 1))}),
        ("none", "hidden digests alone", {"disclosures": ()}),
        ("hidden-left-out", "a digest is missing", {"hidden": hidden[1:]}),
        ("hidden-repeated", "one twice", {"hidden": (*hidden, hidden[0])}),
        ("hidden-none", "disclosures alone", {"hidden": ()}),
        ("hidden-doubled", "one digest twice", {"hidden": (hidden[1], *hidden[1:])}),
        ("hidden-changed", "another digest", {"hidden": (flip(hidden[0]), *hidden[1:])}),
        ("hidden-short", "31 bytes", {"hidden": (encode_base64(bytes(31)), *hidden[1:])}),
        ("hidden-malformed", "no base64", {"hidden": ("?", *hidden[1:])}),
        ("also-hidden", "shown and hidden at once", {"hidden": (*hidden, _digest(shown[0]))}),
    ):
        yield fails("commitment", id_, note, log, change(bundle, 2, **members))
    made = change(bundle, 1, disclosures=shown)
    yield fails("commitment", "of-a-depositor", "an entry that commits to none", log, made)
    log, indexes = make_log(records=[make_record(), make_record(code="RS5000")])
    bundle = log.prove(*indexes)
    first, second = bundle.entries[2].disclosures, bundle.entries[3].disclosures
    made = change(change(bundle, 2, disclosures=second), 3, disclosures=first)
    yield fails("commitment", "swapped", "the records of two entries", log, made)
    withdrawal = log.withdraw(4)
    log.publish()
    bundle = log.prove(4, withdrawal, shown={withdrawal: ["reason"]})
    number = len(bundle.entries) - 2
    made = change(bundle, number, disclosures=(_text("reason", "FRAUD"),))
    yield fails("commitment", "of-a-withdrawal", "another reason", log, made)


def _digest(text: str) -> str:
    return encode_base64(naive_digest(text))


def _text(name: object, value: object, salt: bytes = bytes(18)) -> str:
    return _encode([_base64url(salt), name, value])


def _encode(triple: object) -> str:
    return _base64url(encode_json(triple))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _disclosures() -> Iterator[Draft]:
    """Replace one disclosure: by a false one, or by another spelling of its own."""
    log, (index,) = make_log()
    bundle = log.prove(index)
    texts = bundle.entries[2].disclosures
    number = next(n for n, text in enumerate(texts) if _decode(text)[1] == "code")
    salt, name, value = _decode(texts[number])
    loose = json.dumps([salt, name, value]).encode()
    for id_, note, text in (
        ("value-changed", "another code", _encode([salt, name, "RNCP34763"])),
        ("value-of-case", "rncp is not RNCP", _encode([salt, name, "rncp34762"])),
        ("name-changed", "another field", _encode([salt, "type", value])),
        ("salt-changed", "another salt", _text(name, value)),
        ("salt-short", "18 bytes", _text(name, value, bytes(17))),
        ("salt-padded", "one spelling", _encode([salt + "=", name, value])),
        ("name-reserved", "a name that SD-JWT takes", _encode([salt, "_sd", value])),
        ("name-malformed", "letters, digits, dots", _encode([salt, "co de", value])),
        ("value-fraction", "integers only", _encode([salt, name, 1.5])),
        ("value-too-large", "below 2^53", _encode([salt, name, 2**53])),
        ("value-nested", "flat lists only", _encode([salt, name, [[1]]])),
        ("value-object", "no object alone", _encode([salt, name, {"a": 1}])),
        ("of-two", "no value", _encode([salt, name])),
        ("of-four", "something more", _encode([salt, name, value, 1])),
        ("object", "an array", _encode({"salt": salt, "name": name, "value": value})),
        ("spaced", "no white space", _base64url(loose)),
        ("padded", "no padding", texts[number] + "="),
        ("other-alphabet", "base64url", "+" + texts[number][1:]),
        ("empty", "no text", ""),
    ):
        shown = (*texts[:number], text, *texts[number + 1 :])
        made = change(bundle, 2, disclosures=shown)
        yield fails("commitment", f"disclosure-{id_}", note, log, made)


def _decode(text: str) -> list[Any]:
    triple: list[Any] = json.loads(base64.urlsafe_b64decode(text + "=="))
    return triple


def show_against_the_rules(
    fields: Sequence[Field], names: Collection[str], first: str | None = None
) -> tuple[Simulator, Bundle]:
    """Commit to, and disclose, what the package refuses to.

    ``first`` is put in place of the first field's disclosure.
    """
    log = Simulator()
    log.register()
    deposit = log.deposit()
    seed = seed_of("seed")
    texts = naive_disclosures(seed, fields)
    texts[0] = texts[0] if first is None else first
    decoys = naive_decoys(seed, fields)
    joined = b"".join(sorted([*map(naive_digest, texts), *decoys]))
    digest = hashlib.sha256(b"provenance/commitment/v1\n" + joined).digest()
    index = log.append(
        Certification, deposit=deposit, depositor=DEPOSITOR, commitment=encode_base64(digest)
    )
    log.publish()
    shown = tuple(text for text, (name, _) in zip(texts, fields, strict=True) if name in names)
    hidden = [*(naive_digest(text) for text in texts if text not in shown), *decoys]
    bundle = log.prove(support=(1, 2, index), status=log.show_status([index], log.size))
    encoded = tuple(map(encode_base64, sorted(hidden)))
    return log, change(bundle, 2, hidden=encoded, disclosures=shown)


def _commitments() -> Iterator[Draft]:
    """Commit to what no record may hold, and show it: its form alone is wrong."""
    fields, names = make_record(), {"emetteur", "code"}
    salt, name, value = _decode(naive_disclosures(seed_of("seed"), fields)[0])
    loose = json.dumps([salt, name, value]).encode()
    for id_, note, text in (
        ("spaced", "white space", _base64url(loose)),
        ("name-twice", "two values of one field", _text("code", "RNCP1")),
        ("reserved", "a name that SD-JWT takes", _text("_sd", "x")),
        ("name-malformed", "letters, digits, dots", _text("co de", value)),
        ("name-newline", "not even at the end", _text("code2\n", value)),
        ("salt-short", "18 bytes", _text(name, value, bytes(17))),
        ("salt-long", "18 bytes", _text(name, value, bytes(21))),
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
        log, bundle = show_against_the_rules(fields, names, text)
        yield fails("commitment", f"to-{id_}", f"committed to: {note}", log, bundle)
    log, bundle = show_against_the_rules(fields, {"code"}, _text("code", "RNCP1"))
    yield holds("commitment-to-hidden", "a hidden one is as it is", log, bundle)


def _rules() -> Iterator[Draft]:
    fields = make_record((), **{NIR: "2910729019123"})
    log, bundle = show_against_the_rules(fields, {"code"})
    yield holds("national-number-hidden", "a record may hold it", log, bundle)
    log, bundle = show_against_the_rules(fields, {"code", NIR})
    yield fails("disclosure-rules", "national-number", "no proof shows it", log, bundle)
    for number, (level, flag) in enumerate(LEVELS.items()):
        log, (index,) = make_log(records=[make_record(PERSON, **{level: None})])
        made = log.prove(index, shown=[level, flag])
        yield holds(f"level-{number}-with-flag", level, log, made)
        made = log.prove(index, shown=[level])
        said = f"{level} without {flag}"
        yield fails("disclosure-rules", f"level-{number}", said, log, made)
    many = {f"field{number}": number for number in range(40)}
    fields = make_record(PERSON, **many)
    log, bundle = show_against_the_rules(fields, {"code", "source"})
    said = "its hash would let the hidden fields be guessed"
    yield fails("disclosure-rules", "source", said, log, bundle)
