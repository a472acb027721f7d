"""Bundles that show entries which no log should hold, though they are recorded and signed."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from provenance.encoding import encode_base64, encode_json
from provenance.record.bundle import ProvenEntry
from simulator import CERTIFIER, ORIGIN, Simulator, ed25519_vkey, make_log
from vectors.drafts import ZEROS, fails, warns
from verifying import change

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vectors.cases import Draft

SMALL_ORDER: Final = bytes([1]) + bytes(31)
"""The neutral element: under it, anybody can sign for everybody."""
NO_POINT: Final = bytes([2]) + bytes(31)
"""No point of the curve has this one's coordinate."""
NOT_CANONICAL: Final = b"\xf0" + b"\xff" * 30 + b"\x7f"
"""The coordinate 3, written as 3 more than the field has elements."""
UNSEEN: Final = (
    "\u00ad\u061c\u200b\u200f\u2028\u202e\u2060\u206f\ufeff\ufff9\uffff\U000e0000\U000e0fff"
)
"""The ends of all ranges that visible text has none of."""
NEIGHBOURS: Final = (
    "\u00ac\u00ae\u061b\u061d\u200a\u2010\u2027\u202f\u205f\u2070\ufefe\uff00\ufff8"
    "\U000dffff\U000e1000"
)
"""What is beside these ranges, and is text like any other."""
SIGNATURE: Final = "A" * 86 + "=="
KEY: Final = ed25519_vkey("a")
ORDERS: Final[dict[str, tuple[str, ...]]] = {
    "genesis": ("format", "origin", "log_keys", "previous"),
    "key": ("action", "role", "vkey"),
    "depositor": (
        *("depositor", "name", "siret", "certifiers", "succeeds", "keys", "previous"),
        "signature",
    ),
    "deposit": (
        *("depositor", "registration", "certifier", "action", "recorded", "digest"),
        *("signer", "signature"),
    ),
    "certification": (
        *("deposit", "depositor", "registration", "certifier_registration", "commitment"),
        "supersedes",
    ),
    "withdrawal": ("deposit", "withdraws", "commitment"),
    "erasure": ("erases", "commitment"),
    "endorsement": (*("deposit", "start", "end", "root", "registration", "vkey", "signature"),),
    "status": ("size", "root", "register"),
    "timestamp": ("size", "root", "token"),
    "register": ("source", "version", "date", "digest", "sheets", "root"),
    "upgrade": ("format",),
    "close": ("successor", "genesis"),
}
"""The members of each type behind the four common ones."""
GOOD: Final[dict[str, dict[str, Any]]] = {
    "key": {"action": "add", "role": "log", "vkey": KEY},
    "depositor": {"depositor": "0OTHERBC", "name": "Institut", "keys": [KEY]},
    "deposit": {
        "depositor": "0ABCDEFG",
        "registration": 2,
        "certifier": CERTIFIER,
        "action": "SUPPRESSION",
        "recorded": 0,
        "digest": ZEROS,
        "signer": KEY,
        "signature": SIGNATURE,
    },
    "certification": {
        "deposit": 3,
        "depositor": "0ABCDEFG",
        "registration": 2,
        "certifier_registration": 1,
        "commitment": ZEROS,
    },
    "withdrawal": {"deposit": 3, "withdraws": 4, "commitment": ZEROS},
    "erasure": {"erases": [3, 4], "commitment": ZEROS},
    "endorsement": {
        "deposit": 3,
        "start": 4,
        "end": 5,
        "root": ZEROS,
        "registration": 2,
        "vkey": KEY,
        "signature": SIGNATURE,
    },
    "status": {"size": 5, "root": ZEROS, "register": 4},
    "timestamp": {"size": 5, "root": ZEROS, "token": "AAAA"},
    "register": {
        "source": "France compétences",
        "version": "V4.1",
        "date": "2026-09-20",
        "digest": ZEROS,
        "sheets": 1,
        "root": ZEROS,
    },
    "upgrade": {"format": "provenance/2"},
    "close": {"successor": "ledger.example/2027", "genesis": ZEROS},
}
"""An entry of each type but the first that could be at index 5."""


def bad_entries() -> Iterator[Draft]:
    """Return them all, and beside some of them what is still allowed."""
    yield from _good()
    yield from _spellings()
    yield from _common_members()
    yield from _members_missing()
    yield from _members()
    yield from _bodies()
    yield from _names()
    yield from _keys()
    yield from _not_entries()


def entry_of(kind: str, **members: Any) -> bytes:
    """Write an entry at index 5, members in their order; None leaves one out."""
    common = {name: _plain()[name] for name in ("index", "time", "prev")}
    made = GOOD.get(kind, {}) | members
    own = {name: made[name] for name in ORDERS[kind] if made.get(name) is not None}
    return encode_json({"type": kind, **common, **own})


def _log_with(data: bytes, *, status: bool = True) -> tuple[Simulator, int]:
    """Record and sign an entry behind a certification; return its index."""
    log = Simulator()
    # As in the log that `_plain` is taken from, so that the entry is chained to its neighbour.
    log.register(certifiers=(CERTIFIER,))
    log.certify(log.deposit(recorded=2))
    index = log.append_bytes(data)
    register = index if b'"type":"register"' in data else None
    log.publish(status=status, register=register)
    return log, index


def _logged(id_: str, note: str, data: bytes) -> Draft:
    log, bad = _log_with(data, status=False)
    made = log.prove(support=(1, 2, 4, bad))
    return fails("entry", id_, note, log, made)


def _is_taken(id_: str, note: str, data: bytes) -> Draft:
    log, index = _log_with(data)
    made = log.prove(4, support=(1, 2, index), shown=["code"])
    reasons = "incomplete no-identity"
    return warns(reasons, f"entry-{id_}", note, log, made)


def _plain() -> dict[str, Any]:
    """Return the members of an entry that could be at index 5."""
    log, _ = make_log(2)
    entry: dict[str, Any] = json.loads(log.entries[5])
    return entry


def _good() -> Iterator[Draft]:
    log, (index,) = make_log()
    common = {"time": _plain()["time"]}
    kinds = [kind for kind in GOOD if kind not in {"certification", "withdrawal", "erasure"}]
    for kind in kinds:
        at = log.size
        members = GOOD[kind] | ({"size": at} if kind in {"status", "timestamp"} else {})
        own = {name: members[name] for name in ORDERS[kind] if name in members}
        prev = encode_base64(log.leaves[-1])
        log.append_bytes(
            encode_json({"type": kind, "index": at, **common, "prev": prev, **own})
        )
    del log.status_leaves[max(log.status_leaves)]
    log.withdraw(index)
    log.erase(index)
    log.publish(register=index + 2 + kinds.index("register"))
    made = log.prove(index, support=range(log.size), shown=["code"])
    reasons = "incomplete no-identity withdrawn erased"
    yield warns(reasons, "entry-of-every-type", "all thirteen", log, made)
    for kind, members in (
        ("depositor", {"certifiers": []}),
        ("depositor", {"certifiers": [f"{number:08}" for number in range(1000)]}),
        ("depositor", {"succeeds": [f"{number:08}" for number in range(100)]}),
        ("depositor", {"keys": [ed25519_vkey(f"k{number}") for number in range(16)]}),
        ("depositor", {"name": "n" * 200, "siret": "12345678901234", "previous": 2}),
        ("register", {"source": "\U0001f393" * 200, "sheets": 131_072}),
    ):
        name = next(iter(members))
        note = f"{name}: as much as there may be, or as little"
        size = len(encode_json(members))
        yield _is_taken(f"{kind}-{name}-{size}", note, entry_of(kind, **members))


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


def _common_members() -> Iterator[Draft]:
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
    ):
        yield _logged(id_, note, encode_json({**_plain(), **members}))


def _members_missing() -> Iterator[Draft]:
    optional = {
        *("signer", "signature", "certifier_registration", "register", "genesis"),
        *("siret", "certifiers", "succeeds", "previous", "supersedes"),
    }
    for kind in ("deposit", "certification", "endorsement", "register"):
        for name in ORDERS[kind]:
            needed = name not in optional or (kind, name) == ("endorsement", "signature")
            if needed:
                note = f"a {kind} without {name}"
                yield _logged(f"{kind}-no-{name}", note, entry_of(kind, **{name: None}))


def _members() -> Iterator[Draft]:
    small = {"vkey": _vkey(SMALL_ORDER, f"{ORIGIN}/entry"), "role": "entry"}
    cases: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
        ("certification", "depositor-small", "capitals", {"depositor": "0abcdefg"}),
        ("certification", "depositor-long", "eight", {"depositor": "0ABCDEFGH"}),
        ("certification", "depositor-newline", "eight", {"depositor": "0ABCDEFG\n"}),
        ("certification", "deposit-forward", "points backwards", {"deposit": 6}),
        ("certification", "deposit-itself", "points backwards", {"deposit": 5}),
        ("certification", "registration-itself", "points backwards", {"registration": 5}),
        ("certification", "certifier-itself", "backwards", {"certifier_registration": 5}),
        ("certification", "supersedes-forward", "points backwards", {"supersedes": 7}),
        ("deposit", "registration-itself", "points backwards", {"registration": 5}),
        ("deposit", "recorded-negative", "0 or more", {"recorded": -1}),
        ("deposit", "recorded-text", "a number", {"recorded": "0"}),
        ("deposit", "action", "one of two words", {"action": "MODIFICATION"}),
        ("deposit", "signer-alone", "both or neither", {"signature": None}),
        ("deposit", "signature-alone", "both or neither", {"signer": None}),
        ("endorsement", "registration-itself", "points backwards", {"registration": 5}),
        ("endorsement", "start-at-deposit", "what follows it", {"start": 3}),
        ("endorsement", "end-at-start", "one entry at least", {"end": 4}),
        ("endorsement", "end-forward", "what came before", {"end": 6}),
        ("status", "size", "its size is its index", {"size": 4}),
        ("status", "register-itself", "points backwards", {"register": 5}),
        ("timestamp", "size-0", "a checkpoint", {"size": 0}),
        ("timestamp", "size-forward", "an earlier one", {"size": 6}),
        ("timestamp", "token-empty", "a byte at least", {"token": ""}),
        ("withdrawal", "forward", "points backwards", {"withdraws": 5}),
        ("erasure", "of-nothing", "one at least", {"erases": []}),
        ("erasure", "unordered", "ascending", {"erases": [4, 3]}),
        ("register", "date", "a day of the calendar", {"date": "2026-13-01"}),
        ("register", "date-short", "as dates are written", {"date": "2026-9-20"}),
        ("register", "sheets-0", "1 at least", {"sheets": 0}),
        ("register", "sheets-more", "131,072 at most", {"sheets": 131_073}),
        ("register", "version-empty", "a character at least", {"version": ""}),
        ("register", "version-space", "visible", {"version": "V 4"}),
        ("register", "source-empty", "a character at least", {"source": ""}),
        ("register", "source-unseen", "visible text", {"source": "RNCP\u200b"}),
        ("key", "malformed", "no verifier key", {"vkey": "a+b+c"}),
        ("key", "small-order", "signs everything", small),
        ("key", "action", "add or retire", {"action": "use"}),
        ("upgrade", "to-this", "another one", {"format": "provenance/1"}),
        ("upgrade", "to-01", "no leading zero", {"format": "provenance/01"}),
        ("close", "origin", "no plus", {"successor": "a+b"}),
    )
    for kind, id_, note, members in cases:
        yield _logged(f"{kind}-{id_}", note, entry_of(kind, **members))
    genesis = {"format": "provenance/1", "origin": ORIGIN, "log_keys": [KEY]}
    yield _logged("genesis-again", "index 0 alone", entry_of("genesis", **genesis))


def _bodies() -> Iterator[Draft]:
    bodies: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("certifier-twice", "once each", {"certifiers": [CERTIFIER] * 2}),
        ("certifiers-1001", "1,000", {"certifiers": [f"{one:08}" for one in range(1001)]}),
        ("succeeds-twice", "once each", {"succeeds": ["0ABCDEFG"] * 2}),
        ("succeeds-101", "100", {"succeeds": [f"{one:08}" for one in range(101)]}),
        ("succeeds-nobody", "one at least", {"succeeds": []}),
        ("key-twice", "once each", {"keys": [KEY, KEY]}),
        ("keys-17", "16", {"keys": [ed25519_vkey(f"k{one}") for one in range(17)]}),
        ("siret", "14 digits", {"siret": "1234567890123"}),
        ("signature-alone", "it replaces none", {"signature": SIGNATURE}),
        ("previous-itself", "points backwards", {"previous": 5}),
    )
    for id_, note, members in bodies:
        yield _logged(f"body-{id_}", note, entry_of("depositor", **members))


def _names() -> Iterator[Draft]:
    """Name a body with what nobody sees, and with what only looks like that."""
    for id_, note, name in (
        ("empty", "1 to 200 characters", ""),
        ("long", "1 to 200 characters", "n" * 201),
        ("space-first", "no space at the ends", " Institut"),
        ("space-last", "no space at the ends", "Institut "),
        ("two-spaces", "one space", "Institut  Exemple"),
        ("space-alone", "no space at the ends", " "),
        ("control", "no controls", "Institut\x1f"),
        ("delete", "no controls", "Institut\x7f"),
        ("c1", "no controls", "Institut\x9f"),
        *(
            (f"{ord(one):04x}", "nobody sees it, or it turns others", f"Institut{one}X")
            for one in UNSEEN
        ),
    ):
        yield _logged(f"name-{id_}", note, entry_of("depositor", name=name))
    note = "what is beside all that is refused"
    yield _is_taken("name-neighbours", note, entry_of("depositor", name=NEIGHBOURS))
    for id_, name in (
        ("no-break-spaces", "A\u00a0\u00a0B\u00a0"),
        ("planes", "\U0001f393" * 200),
    ):
        note = "U+0020 alone is looked at, and code points are counted"
        yield _is_taken(f"name-{id_}", note, entry_of("depositor", name=name))


def _keys() -> Iterator[Draft]:
    for id_, note, public in (
        ("small-order", "signs everything", SMALL_ORDER),
        ("no-point", "not on the curve", NO_POINT),
        ("not-canonical", "in another spelling", NOT_CANONICAL),
        ("zeros", "of small order, too", bytes(32)),
    ):
        vkey = _vkey(public)
        yield _logged(f"key-of-body-{id_}", note, entry_of("depositor", keys=[vkey]))
        yield _logged(f"signer-{id_}", note, entry_of("deposit", signer=vkey))
        yield _logged(f"endorsed-by-{id_}", note, entry_of("endorsement", vkey=vkey))
    wrong = KEY.replace("+", "+0", 1)
    yield _logged("key-of-body-id", "9 digits", entry_of("depositor", keys=[wrong]))


def _vkey(public: bytes, name: str = "a") -> str:
    """Write a verifier key that is well-formed but for its point."""
    typed = b"\1" + public
    key_id = hashlib.sha256(f"{name}\n".encode() + typed).hexdigest()[:8]
    return f"{name}+{key_id}+{encode_base64(typed)}"


def _not_entries() -> Iterator[Draft]:
    log, (index,) = make_log()
    bundle = log.prove(support=(1, 2, index))
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
