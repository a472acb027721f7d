"""CVs for machines: genuine, changed, signed by others, and false though signed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from provenance.cv.base58 import encode_base58
from provenance.cv.dataintegrity import add_proof, decode_proof_value
from provenance.cv.jcs import canonicalize
from provenance.cv.jsoncv import CONTEXT, make
from provenance.cv.roots import format_did_key
from provenance.encoding import encode_json
from provenance.keys.signer import MemorySigner
from provenance.reconstruct import CvLine
from simulator import HOLDER, PERSON, Simulator, ed25519_key, make_log, make_record
from vectors.bad_entries import ED25519_ORDER
from vectors.cases import Draft
from vectors.drafts import lean
from vectors.good_bundles import AWKWARD
from vectors.good_persons import DOSSIER, person
from verifying import change as change_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from provenance.record.commitment import Value

    Change = Callable[[dict[str, Any]], object]

ISSUER_KEY: Final = MemorySigner(ed25519_key("issuer"))
ISSUER: Final = format_did_key(ISSUER_KEY.public)
OTHER_KEY: Final = MemorySigner(ed25519_key("another issuer"))
OTHER: Final = format_did_key(OTHER_KEY.public)
ROOTS: Final = f"# whose CVs are believed\nissuer {ISSUER}\n"
CREATED: Final = "2026-11-25T21:00:00Z"
NAME: Final = f"{HOLDER}titulaire.nomNaissance"
LINE: Final = CvLine(
    id="1",
    label="Développeuse web",
    entry=4,
    claims={"code": "RNCP34762", "dateDebutValidite": "2026-03-14"},
)


class Maker:
    """Makes documents around one bundle."""

    def __init__(self, log: Simulator, *indexes: int, **options: Any) -> None:
        policy, bundle = lean(log, log.prove(*indexes, **options))
        self.policy: Final = policy if isinstance(policy, str) else policy.policy()
        self.bundle = bundle if isinstance(bundle, bytes) else encode_json(bundle)

    def make(self, *lines: CvLine, holder: Mapping[str, Value] | None = None) -> bytes:
        claims = dict(PERSON) if holder is None else holder
        return make(lines or (LINE,), claims, self.bundle, created=CREATED, signer=ISSUER_KEY)

    def tree(self) -> dict[str, Any]:
        tree: dict[str, Any] = json.loads(self.make())
        return tree

    def resign(self, change: Change, key: MemorySigner = ISSUER_KEY, **options: str) -> bytes:
        """Change a document and sign it anew, as a dishonest or careless issuer would."""
        tree = self.tree()
        del tree["proof"]
        change(tree)
        named = {"method": f"{ISSUER}#{ISSUER.removeprefix('did:key:')}", "created": CREATED}
        return canonicalize(add_proof(tree, sign=key.sign, **(named | options)))

    def draft(self, id_: str, note: str, data: bytes, *failing: str, **options: Any) -> Draft:
        """Say what is to be said of a document: the checks that fail, in their order."""
        judged = {"verdict": "yes", "level": "original"}
        if failing:
            judged = {"verdict": "no", "level": _level(failing)}
        made = {"policy": self.policy, "seal_roots": ROOTS, "kind": "json", **judged}
        name = f"{failing[0]}-{id_}" if failing else id_
        return Draft(
            id=f"json-{name}", note=note, data=data, failing=failing, **(made | options)
        )


def _level(failing: Sequence[str]) -> str:
    return "refused" if {"readable", "document", "proof"} & {*failing} else "forged"


def put(*path: Any, value: Any) -> Change:
    """Give a change that puts a value at a place."""

    def change(tree: Any) -> None:
        for step in path[:-1]:
            tree = tree[step]
        tree[path[-1]] = value

    return change


def drop(*path: Any) -> Change:
    """Give a change that takes a member away."""

    def change(tree: Any) -> None:
        for step in path[:-1]:
            tree = tree[step]
        del tree[path[-1]]

    return change


def one() -> Maker:
    """Make documents around one certification."""
    log, (index,) = make_log()
    return Maker(log, index)


def small() -> Maker:
    """Make documents whose bundle is never looked at, and so none."""
    maker = one()
    maker.bundle = b"{}"
    return maker


def json_cvs() -> Iterator[Draft]:
    """Give them all, but for those of another form."""
    yield from _good()
    yield from _unreadable()
    yield from _signatures()
    yield from _issuers()
    yield from _proofs()
    yield from _lines()
    yield from _holders()


def _good() -> Iterator[Draft]:
    maker = one()
    tree = maker.tree()
    yield maker.draft("good", "as it is made", maker.make())
    loose = json.dumps(tree, indent=2).encode()
    yield maker.draft("spaced", "in another spelling, letters escaped", loose)
    turned = json.dumps(dict(reversed(tree.items())), ensure_ascii=False).encode()
    yield maker.draft("turned", "members in another order", b"\n " + turned + b"\r\n")
    line = replace(LINE, label=None, claims={"code": "RNCP34762", NAME: "Lefevre Dubois"})
    made = maker.make(line, holder={NAME: "lefèvre dubois"})
    yield maker.draft("spelled-otherwise", "names of the holder may be", made)
    log, indexes = make_log(records=[make_record(), make_record(DOSSIER, code="RS5000")])
    two = Maker(log, *indexes)
    lines = (LINE, replace(LINE, id="2", entry=5, claims={"code": "RS5000"}))
    yield two.draft("two-lines", "the holder is shown by one of them", two.make(*lines))
    log.withdraw(4)
    log.publish()
    gone = Maker(log, *indexes)
    yield gone.draft("withdrawn", "status is no claim", gone.make(*lines))
    log, (index,) = make_log(records=[make_record(PERSON, **AWKWARD)])
    odd = Maker(log, index, shown=log.line_names(index) | AWKWARD.keys())
    made = odd.make(replace(LINE, claims=dict(AWKWARD)))
    yield odd.draft("awkward-values", "lists, escapes, large integers", made)
    deep = maker.resign(put(*FIRST, "claims", "code", value=[{}]))
    yield maker.draft("list-claimed", "a list where a text is", deep, "agreement")


FIRST: Final = ("credentialSubject", "lines", 0)


def _unreadable() -> Iterator[Draft]:
    maker = small()
    data = maker.make()
    number, again = b'"entry":4', b'"entry":4,"entry":4'
    escaped = b',"\\u0069ssuer":1}'
    for id_, note, other in (
        ("cut", "the last byte is missing", data[:-1]),
        ("twice", "something behind it", data + b"{}"),
        ("member-twice", "two programs may see two issuers", data[:-1] + b',"issuer":"x"}'),
        ("member-twice-escaped", "the same, spelled otherwise", data[:-1] + escaped),
        ("member-twice-inside", "not even far inside", data.replace(number, again)),
        ("comma-at-end", "no JSON", data[:-1] + b",}"),
        ("comment", "no JSON", data.replace(number, b'/* 4 */"entry":4')),
        ("single-quotes", "no JSON", b"{'a':1}"),
        ("surrogate", "half a pair", data.replace(b"web", b"\\ud83d")),
        ("surrogates-swapped", "two halves", data.replace(b"web", b"\\ude00\\ud83d")),
        ("surrogate-name", "half a pair", data.replace(b'"label"', b'"\\udc00"')),
        ("surrogate-raw", "half a pair, in bytes", data.replace(b"web", b"\xed\xa0\xbd")),
        ("not-utf-8", "Latin 1", data.replace("é".encode(), b"\xe9")),
        ("overlong", "an overlong slash", data.replace(b"web", b"\xc0\xaf")),
        ("utf-16", "another encoding", b"{" + data.decode().encode("utf-16-le")),
        ("control", "a raw tab in a string", data.replace(b"web", b"\t")),
        ("newline", "a raw newline in a string", data.replace(b"web", b"\n")),
        ("escape-unknown", "no JSON", data.replace(b"web", b"\\x41")),
        ("fraction", "no integer", data.replace(number, b'"entry":4.0')),
        ("exponent", "no integer", data.replace(number, b'"entry":4e0')),
        ("minus-zero", "0 has one spelling", data.replace(number, b'"entry":-0')),
        ("leading-zero", "no JSON", data.replace(number, b'"entry":04')),
        ("plus", "no JSON", data.replace(number, b'"entry":+4')),
        ("nan", "no JSON", data.replace(number, b'"entry":NaN')),
        ("too-large", "2^53", data.replace(number, b'"entry":9007199254740992')),
        ("too-small", "-2^53", data.replace(number, b'"entry":-9007199254740992')),
        ("huge", "10,000 digits", data.replace(number, b'"entry":' + b"9" * 10_000)),
        ("deep", "17 levels", data.replace(number, b'"entry":' + b"[" * 13 + b"]" * 13)),
        ("deeper", "10,000 levels", b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
        ("no-break-space", "no white space of JSON", b"{\xc2\xa0" + data[1:]),
    ):  # fmt: skip
        assert other != data
        options = {"verdict": "unreadable", "level": "refused"}
        yield maker.draft(id_, note, other, "readable", **options)
    depth = data.replace(number, b'"entry":' + b"[" * 12 + b"]" * 12)
    yield maker.draft("deep-16", "16 levels can be read", depth, "document")
    large = one().make().replace(number, b'"entry":9007199254740991')
    yield maker.draft("large-entry", "2^53 - 1 can be read", large, "signature", "agreement")
    for id_, note, other in (
        ("mark", "a byte order mark", b"\xef\xbb\xbf" + data),
        ("array", "no object", b"[" + data + b"]"),
        ("text", "no object", b'"{}"'),
        ("form-feed", "no white space of JSON", b"\x0c" + data),
    ):
        options = {"verdict": "unreadable", "level": "refused", "kind": "unknown"}
        yield maker.draft(f"no-{id_}", note, other, "readable", **options)


def _signatures() -> Iterator[Draft]:
    maker = one()
    data, tree = maker.make(), maker.tree()
    raw = decode_proof_value(tree["proof"]["proofValue"])
    scalar = int.from_bytes(raw[32:], "little") + ED25519_ORDER
    malleable = raw[:32] + scalar.to_bytes(32, "little")
    other = json.loads(maker.make(replace(LINE, label="Web")))["proof"]["proofValue"]
    later = "2026-11-25T21:00:01Z"
    for id_, note, changed in (
        ("label", "one word", data.replace(b"web", b"Web")),
        ("claim", "a date, and so it disagrees too", data.replace(b"03-14", b"03-13")),
        ("time", "both times", data.replace(CREATED.encode(), later.encode())),
        (
            "holder",
            "the holder, and so it disagrees too",
            data.replace(b"Ma\xc3\xablle", b"Anne"),
        ),
        ("of-zeros", "64 zero bytes", _value(tree, bytes(64))),
        ("malleable", "S is below the order of the group", _value(tree, malleable)),
        ("of-another", "that of another document", _value(tree, decode_proof_value(other))),
        ("by-another-key", "not the issuer's", maker.resign(lambda _: None, OTHER_KEY)),
    ):
        more = ("agreement",) if "disagrees" in note else ()
        yield maker.draft(id_, note, changed, "signature", *more)
    log, indexes = make_log(2)
    two = Maker(log, *indexes)
    moved = put("provenance", value=two.bundle.decode())
    moved(tree)
    # Another bundle of the same log: genuine in itself, but not the one that was signed.
    exchanged = canonicalize(tree)
    yield two.draft("bundle", "another genuine bundle", exchanged, "signature")


def _value(tree: dict[str, Any], signature: bytes) -> bytes:
    proof = {**tree["proof"], "proofValue": f"z{encode_base58(signature)}"}
    return canonicalize({**tree, "proof": proof})


def _issuers() -> Iterator[Draft]:
    maker = one()
    data = maker.make()
    yield maker.draft("nobody", "no issuer is trusted", data, "issuer", seal_roots=None)
    roots = f"issuer {OTHER}\n"
    yield maker.draft("another", "somebody else is", data, "issuer", seal_roots=roots)
    both = f"issuer {OTHER}\n\n#\nissuer {ISSUER}\n"
    yield maker.draft("two-issuers", "one of two", data, seal_roots=both)
    changed = data.replace(b"web", b"Web")
    said = "changed, and of nobody that is trusted"
    yield maker.draft("and-issuer", said, changed, "signature", "issuer", seal_roots=roots)


def _proofs() -> Iterator[Draft]:
    maker = one()
    other = Simulator("other.example/2026").policy()
    options = {"policy": other, "proof_failing": ("origin",)}
    yield maker.draft("other-log", "a log that nobody names", maker.make(), "proof", **options)
    text = maker.bundle.decode()
    for id_, note, bundle in (
        ("empty", "no bundle", ""),
        ("newline", "a byte too many", text + "\n"),
        ("cut", "a byte is missing", text[:-1]),
        ("object", "an empty object", "{}"),
        ("spaced", "in another spelling", text.replace(",", ", ", 1)),
    ):
        data = maker.resign(put("provenance", value=bundle))
        options = {"proof_failing": ("format",)}
        yield maker.draft(id_, f"signed: {note}", data, "proof", **options)
    log, (index,) = make_log()
    forged = change_entry(log.prove(index), 2, path=())
    bundle = encode_json(forged).decode()
    data = maker.resign(put("provenance", value=bundle))
    options = {"policy": log.policy(), "proof_failing": ("inclusion",)}
    yield maker.draft("path", "signed: without its path", data, "proof", **options)
    data = data.replace(b"web", b"Web")
    said = "and the document was changed"
    yield maker.draft("and-proof", said, data, "signature", "proof", **options)


def _lines() -> Iterator[Draft]:
    maker = one()
    code = {"code": "RNCP34762"}
    for id_, note, changes in (
        ("code", "another code", {"claims": {"code": "RNCP34763"}}),
        ("code-of-case", "codes are no names", {"claims": {"code": "rncp34762"}}),
        ("second-claim", "one of two", {"claims": {**code, "type": "RS"}}),
        ("true-as-one", "1 is not true", {"claims": {"donneeCertifiee": 1}}),
        ("null-as-text", "null is no text", {"claims": {"dateFinValidite": ""}}),
        ("undisclosed", "a field not shown", {"claims": {**code, "mentionValidee": "M"}}),
        ("unknown-field", "a field of no record", {"claims": {**code, "salaire": 1}}),
        ("entry-not-shown", "an entry not shown", {"entry": 3}),
        ("entry-of-body", "no certification", {"entry": 2}),
        ("entry-beyond", "no entry", {"entry": 99}),
        ("name-empty", "nothing is left to compare", {"claims": {NAME: "-"}}),
        ("name-other", "another name", {"claims": {NAME: "LEFÈVRE"}}),
    ):  # fmt: skip
        data = maker.make(replace(LINE, **changes))
        yield maker.draft(id_, f"signed: {note}", data, "agreement")
    lines = (LINE, replace(LINE, id="2", claims={"code": "RS5000"}))
    yield maker.draft("second-line", "signed: one of two", maker.make(*lines), "agreement")


def _holders() -> Iterator[Draft]:
    maker = one()
    for id_, note, holder in (
        ("holder-other", "another name", {NAME: "MOREL"}),
        ("holder-year", "another year", {f"{HOLDER}titulaire.anneeNaissance": 1990}),
        ("holder-part", "one of five", {**dict(PERSON), f"{HOLDER}titulaire.prenom1": "Anne"}),
        ("holder-elsewhere", "a field not shown", dict(DOSSIER)),
        ("holder-code", "a field that is no name", {"code": "RS1"}),
    ):
        data = maker.make(holder=holder)
        yield maker.draft(id_, f"signed: {note}", data, "agreement")
    log, indexes = make_log(records=[make_record(), make_record(person(jourNaissance=24))])
    two = Maker(log, *indexes)
    yield two.draft("two-persons", "in its bundle", two.make(), "person")
    lines = (LINE, replace(LINE, id="2", entry=5))
    said = "and the holder is only one of them"
    yield two.draft("and-person", said, two.make(*lines), "agreement", "person")


def other_forms() -> Iterator[Draft]:
    """Give documents that are signed, and have not the form of a CV for machines."""
    maker = small()
    subject, line = ("credentialSubject",), {"id": "1", "entry": 4, "claims": {"a": 1}}
    many = [{**line, "id": str(number)} for number in range(1001)]
    changes: dict[str, Change] = {
        "more": put("more", value=1),
        "id": put("id", value="urn:example:1"),
        "type-missing": drop("type"),
        "type-short": put("type", value=["VerifiableCredential"]),
        "type-turned": put("type", value=["ProvenanceCv", "VerifiableCredential"]),
        "context-missing": drop("@context"),
        "context-short": put("@context", value=[CONTEXT[0]]),
        "context-longer": put("@context", value=[*CONTEXT, "https://context.example/"]),
        "issuer-object": put("issuer", value={"id": ISSUER}),
        "issuer-other": put("issuer", value=OTHER),
        "issuer-elsewhere": put("issuer", value="https://issuer.example/"),
        "issuer-small-order": put("issuer", value=_did(bytes([1]) + bytes(31))),
        "issuer-not-canonical": put("issuer", value=_did(b"\xff" * 32)),
        "issuer-of-case": put("issuer", value=ISSUER.replace("did:key", "DID:key")),
        "time-missing": drop("validFrom"),
        "time-other": put("validFrom", value="2026-11-25T21:00:01Z"),
        "subject-missing": drop(*subject),
        "subject-list": put(*subject, value=[]),
        "subject-more": put(*subject, "id", value="did:example:1"),
        "holder-missing": drop(*subject, "holder"),
        "holder-empty": put(*subject, "holder", value={}),
        "holder-text": put(*subject, "holder", value="Maëlle"),
        "lines-missing": drop(*subject, "lines"),
        "lines-empty": put(*subject, "lines", value=[]),
        "lines-1001": put(*subject, "lines", value=many),
        "lines-of-one-id": put(*subject, "lines", value=[line, line]),
        "entry-missing": drop(*FIRST, "entry"),
        "entry-null": put(*FIRST, "entry", value=None),
        "entry-negative": put(*FIRST, "entry", value=-1),
        "entry-text": put(*FIRST, "entry", value="4"),
        "entry-true": put(*FIRST, "entry", value=True),
        "line-id-missing": drop(*FIRST, "id"),
        "line-id-empty": put(*FIRST, "id", value=""),
        "line-id-long": put(*FIRST, "id", value="x" * 65),
        "line-label-null": put(*FIRST, "label", value=7),
        "line-more": put(*FIRST, "status", value="in force"),
        "claims-empty": put(*FIRST, "claims", value={}),
        "claims-65": put(*FIRST, "claims", value={f"a{n}": n for n in range(65)}),
        "claim-name": put(*FIRST, "claims", "a b", value=1),
        "claim-object": put(*FIRST, "claims", "code", value={"a": 1}),
        "claim-nested": put(*FIRST, "claims", "code", value=[{"a": [1]}]),
        "bundle-missing": drop("provenance"),
        "bundle-object": put("provenance", value={}),
    }  # fmt: skip
    for id_, change in changes.items():
        yield maker.draft(id_, "signed, in another form", maker.resign(change), "document")
    yield from _other_times(maker)
    yield from _other_proofs(maker)


def _did(public: bytes) -> str:
    return f"did:key:z{encode_base58(bytes([0xED, 1]) + public)}"


def _other_times(maker: Maker) -> Iterator[Draft]:
    for id_, time in (
        ("no-zone", "2026-11-25T21:00:00"),
        ("fraction", "2026-11-25T21:00:00.000Z"),
        ("offset", "2026-11-25T21:00:00+00:00"),
        ("no-day", "2026-02-29T21:00:00Z"),
        ("hour-24", "2026-11-25T24:00:00Z"),
        ("space", "2026-11-25 21:00:00Z"),
        ("empty", ""),
    ):
        data = maker.resign(put("validFrom", value=time), created=time)
        yield maker.draft(f"time-{id_}", "signed, with such a time", data, "document")


def _other_proofs(maker: Maker) -> Iterator[Draft]:
    for id_, method in (("bare", ISSUER), ("fragment", f"{ISSUER}#key-1"), ("empty", "")):
        data = maker.resign(lambda _: None, method=method)
        yield maker.draft(f"method-{id_}", "signed, by a key so named", data, "document")
    tree = maker.tree()
    proof = tree["proof"]
    value = proof["proofValue"]
    several = canonicalize({**tree, "proof": [proof, proof]})
    yield maker.draft("proofs", "one proof, no list", several, "document")
    for id_, name, other in (
        ("type", "type", "Ed25519Signature2020"),
        ("suite", "cryptosuite", "eddsa-rdfc-2022"),
        ("purpose", "proofPurpose", "authentication"),
        ("context", "@context", [CONTEXT[0]]),
        ("created", "created", "2026-11-25T21:00:01Z"),
        ("more", "expires", "2033-11-25T21:00:00Z"),
        ("value-base64", "proofValue", "u" + value[1:]),
        ("value-bare", "proofValue", value[1:]),
        ("value-short", "proofValue", value[:-2]),
        ("value-long", "proofValue", value + "2"),
        ("value-zero", "proofValue", "z1" + value[1:]),
        ("value-letter", "proofValue", value[:-1] + "l"),
        ("value-empty", "proofValue", "z"),
    ):
        changed: dict[str, Any] = {**proof, name: other}
        data = canonicalize({**tree, "proof": changed})
        yield maker.draft(f"proof-{id_}", "a proof of another form", data, "document")
    del proof["@context"]
    yield maker.draft("proof-no-context", "it repeats it", canonicalize(tree), "document")
