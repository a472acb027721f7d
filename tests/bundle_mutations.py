"""Changed bundles, notes and policies for differential tests: what two verifiers must agree on.

Each mutator takes a document and a source of chance and gives another document. Most of them
break it; what matters is that two implementations break at the same check.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from property.test_bundle_mutations import mutate
from provenance.encoding import decode_base64url, encode_base64url

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Mutator = Callable[[bytes, random.Random], bytes]

HIDDEN_SIZE: Final = 43
"""Characters of a slot that is not shown."""


DIGEST_SIZE: Final = 43
"""Characters of a digest in a record; a disclosure has more."""


def _dump(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()


def flip(data: bytes, chance: random.Random) -> bytes:
    """Change one bit."""
    changed = bytearray(data)
    changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(data: bytes, chance: random.Random) -> bytes:
    """Cut off the end, or put something before or behind."""
    at = chance.randrange(len(data))
    return chance.choice(
        [
            data[:at],
            data + b"\n",
            b" " + data,
            b"\xef\xbb\xbf" + data,
            data + b"\0",
            data + data,
        ]
    )


def change_tree(data: bytes, chance: random.Random) -> bytes:
    """Remove, copy, exchange or change nodes of the document."""
    tree = json.loads(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        mutate(tree, chance)
    return _dump(tree)


def respell(data: bytes, chance: random.Random) -> bytes:
    """Write the same values in another way, as lax readers would take them."""
    text = data.decode()
    numbers = [*re.finditer(r"(?<=[:,\[])-?[0-9]+(?=[,}\]])", text)]
    strings = [*re.finditer(r'"([A-Za-z0-9]+)"', text)]
    spot = chance.choice(numbers or strings)
    word = chance.choice(strings)
    value = spot[0]
    match chance.randrange(6):
        case 0:
            spelled = chance.choice(
                (f"{value}.0", f"0{value}", f"{value}e0", f"+{value}", "-0")
            )
            return f"{text[: spot.start()]}{spelled}{text[spot.end() :]}".encode()
        case 1:
            escaped = "".join(f"\\u{ord(one):04x}" for one in word[1])
            return f'{text[: word.start()]}"{escaped}"{text[word.end() :]}'.encode()
        case 2:
            at = text.index(chance.choice(",:{["))
            return f"{text[: at + 1]} {text[at + 1 :]}".encode()
        case 3:
            return re.sub(r'("path":\[[^\]]*\])', r"\1,\1", text, count=1).encode()
        case 4:
            tree = json.loads(text)
            return _dump(dict(reversed(tree.items())))
        case _:
            null = chance.choice(('"timestamp":null', '"endorsements":[]', '"later":null'))
            return f"{text[:-1]},{null}}}".encode()


def change_entry(data: bytes, chance: random.Random) -> bytes:
    """Change what is inside an entry or a disclosure, or exchange two slots of a record."""
    tree = json.loads(data)
    if not tree["entries"]:
        return change_tree(data, chance)
    shown = chance.choice(tree["entries"])
    record = shown.get("record")
    if chance.random() < 0.5 and record:
        at = chance.choice(
            [slot for slot, text in enumerate(record) if len(text) > DIGEST_SIZE]
        )
        inner = json.loads(decode_base64url(record[at]))
        mutate(inner, chance)
        record[at] = encode_base64url(_dump(inner))
    elif chance.random() < 0.2 and record:
        at, other = chance.randrange(len(record)), chance.randrange(len(record))
        record[at], record[other] = record[other], record[at]
    else:
        inner = json.loads(shown["entry"])
        mutate(inner, chance)
        shown["entry"] = _dump(inner).decode()
    return _dump(tree)


def move_slots(data: bytes, chance: random.Random) -> bytes:
    """Exchange, copy or leave out what is in the slots of a record."""
    tree = json.loads(data)
    records = [one["record"] for one in tree["entries"] if "record" in one]
    if not records:
        return change_tree(data, chance)
    record = chance.choice(records)
    at, other = chance.randrange(len(record)), chance.randrange(len(record))
    match chance.randrange(4):
        case 0:
            record[at], record[other] = record[other], record[at]
        case 1:
            record[at] = record[other]
        case 2:
            del record[at]
        case _:
            record[at] = chance.choice(("", "A" * HIDDEN_SIZE, record[at] + "A", "é" * 43))
    return _dump(tree)


def change_note(data: bytes, chance: random.Random) -> bytes:
    """Change lines of the checkpoint's note: their order, number, or one character."""
    tree = json.loads(data)
    holder = tree["later"] if "later" in tree and chance.random() < 0.5 else tree
    holder["checkpoint"] = change_text(holder["checkpoint"], chance)
    return _dump(tree)


def change_base64(data: bytes, chance: random.Random) -> bytes:
    """Change a hash, digest, signature or status bits, which stay base64 of their size."""
    text = data.decode()
    places = [*re.finditer(r'"([A-Za-z0-9+/]{42,}={1,2})"', text)]
    later = text.find('"proof":[')
    if later > 0 and chance.random() < 0.5:
        places = [place for place in places if place.start() > later] or places
    place = chance.choice(places)
    at = chance.randrange(place.start(1), place.end(1) - 4)
    return f"{text[:at]}{'B' if text[at] == 'A' else 'A'}{text[at + 1 :]}".encode()


def change_text(text: str, chance: random.Random) -> str:
    """Change a text line by line."""
    lines = text.split("\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines.insert(other, lines[at])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at] += chance.choice((" ", "\r", "\t", "x", "\u00a0", "=", "\u2028"))
        case _:
            position = chance.randrange(len(lines[at]) + 1)
            letter = chance.choice("A+/= 0é\x7f\x85")
            lines[at] = lines[at][:position] + letter + lines[at][position + 1 :]
    return "\n".join(lines)


MUTATORS: Final[tuple[Mutator, ...]] = (
    flip,
    cut,
    change_tree,
    change_tree,
    respell,
    change_entry,
    move_slots,
    change_note,
    change_base64,
)
