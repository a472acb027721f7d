"""CVs for machines: genuine, changed, signed by others, and false though signed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from provenance.cv.base58 import encode_base58
from provenance.cv.dataintegrity import add_proof, decode_proof_value
from provenance.cv.jcs import canonicalize
from provenance.cv.jsoncv import make
from provenance.cv.roots import format_did_key
from provenance.encoding import encode_json
from provenance.keys.signer import MemorySigner
from provenance.reconstruct import CvLine
from simulator import HOLDER, PERSON, Simulator, ed25519_key, make_log, make_record, make_sheet
from vectors.cases import Draft
from vectors.entry_places import ED25519_ORDER
from vectors.good_bundles import AWKWARD
from vectors.good_persons import DOSSIER, NATIONAL, person
from verifying import change as change_entry
from verifying import lean

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
    id="web",
    label="RNCP34762",
    entry=4,
    claims={"code": "RNCP34762", "dateDebutValidite": "2026-03-14"},
)


class Maker:
    """Makes documents around one bundle."""

    def __init__(self, log: Simulator, *indexes: int, **options: Any) -> None:
        policy, bundle = lean(log, log.prove(*indexes, **options))
        self.policy: Final = policy
        self.bundle = encode_json(bundle)

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
        if options.get("reasons"):
            judged["verdict"] = "attention"
        if failing:
            judged = {"verdict": "no", "level": _level(failing)}
        made = {"policy": self.policy, "seal_roots": ROOTS, "kind": "json", **judged}
        name = f"{failing[0]}-{id_}" if failing else id_
        return Draft(
            id=f"json-{name}", note=note, data=data, failing=failing, **(made | options)
        )


def _level(failing: Sequence[str]) -> str:
    failed = {*failing}
    if not failed & {"readable", "document", "proof"}:
        if "holder-name" in failed:
            return "impersonation"
        if "person" in failed:
            return "other-persons"
        if failed == {"issuer"}:
            return "untrusted-seal"
    return "modified" if "signature" in failed else "refused"


def put(*path: Any, value: Any) -> Change:
    """Return a change that puts a value at a place."""

    def change(tree: Any) -> None:
        for step in path[:-1]:
            tree = tree[step]
        tree[path[-1]] = value

    return change


def drop(*path: Any) -> Change:
    """Return a change that takes a member away."""

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
    """Return them all, but for those of another form (``json_forms``)."""
    yield from _good()
    yield from _unreadable()
    yield from _signatures()
    yield from _issuers()
    yield from _proofs()
    yield from _lines()
    yield from _labels()
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
    lines = (LINE, replace(LINE, id="2", entry=5, label=None, claims={"code": "RS5000"}))
    note = "the holder is shown by one of them; that they are one person's is not settled"
    reasons = (("person-unsettled",),) * 2
    yield two.draft("two-lines", note, two.make(*lines), reasons=reasons)
    log, (index,) = make_log(records=[make_record(PERSON, **AWKWARD)])
    shown = (log.line_names(index) | AWKWARD.keys()) - {"petit", "vide"}
    odd = Maker(log, index, shown=shown)
    claims = {name: value for name, value in AWKWARD.items() if name in shown}
    made = odd.make(replace(LINE, claims=claims))
    yield odd.draft("awkward-values", "lists, escapes, large integers", made)
    deep = maker.resign(put(*FIRST, "claims", "code", value=[{}]))
    yield maker.draft("list-claimed", "a list where a text is", deep, "agreement")
    newline = maker.resign(put("provenance", value=maker.bundle.decode() + "\n"))
    yield maker.draft("bundle-newline", "one newline behind the bundle", newline)
    yield from _reasons()
    yield from _unsigned()


def _reasons() -> Iterator[Draft]:
    """Return documents that are as they were signed, whatever is to be said of their lines."""
    log, indexes = make_log(2)
    log.withdraw(4)
    log.publish()
    gone = Maker(log, *indexes)
    note = "status is no claim"
    reasons: tuple[tuple[str, ...], ...] = (("withdrawn",), ())
    yield gone.draft("withdrawn", note, gone.make(), reasons=reasons)
    for id_, fields, reason in (
        ("expired", make_record(PERSON, dateFinValidite="2026-09-20"), "expired"),
        ("provisional", make_record(donneeCertifiee=False), "provisional"),
        ("name-only", make_record(NATIONAL), "name-only"),
    ):
        log, (index,) = make_log(records=[fields])
        maker = Maker(log, index)
        holder = dict(NATIONAL) if id_ == "name-only" else None
        made = maker.make(replace(LINE, claims={"code": "RNCP34762"}), holder=holder)
        yield maker.draft(id_, "attention, and the original", made, reasons=((reason,),))
    log, (index,) = make_log()
    maker = Maker(log, index, shown=log.line_names(index) - {name for name, _ in PERSON})
    made = maker.make(holder={"code": "RNCP34762"})
    note = "the holder is not shown by anything"
    yield maker.draft("no-identity", note, made, reasons=(("no-identity",),))


def _unsigned() -> Iterator[Draft]:
    """Leave the signature out, and the proof."""
    maker = one()
    tree = maker.tree()
    del tree["proof"]
    note = "the same, with its signature taken away"
    options: dict[str, Any] = {"level": "not-original"}
    data = canonicalize(tree)
    yield maker.draft("missing", note, data, "signature", **options)
    other = {"seal_roots": None, **options}
    yield maker.draft("missing-and-issuer", note, data, "signature", "issuer", **other)
    other = {"policy": Simulator("other.example/2026").policy(), "level": "refused"}
    other["proof_failing"] = ("origin",)
    note = "neither a signature, nor a proof that holds"
    yield maker.draft("missing-and-proof", note, data, "signature", "proof", **other)
    tree["proof"] = None
    note = "null is not absent"
    yield maker.draft("proof-null", note, canonicalize(tree), "document")
    tree = maker.tree()
    del tree["provenance"]
    options = {"level": "no-proof", "verdict": "unreadable"}
    note = "signed, without the member that a proof would be in"
    yield maker.draft("no-provenance", note, canonicalize(tree), "document", **options)
    note = "JSON of something else"
    yield maker.draft("other-json", note, b'{"a":[1]}', "document", **options)


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
        ("not-utf-8", "Latin 1", data.replace("ë".encode(), b"\xeb")),
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
        ("deeper", "500 levels", b'{"a":' * 500 + b"1" + b"}" * 500),
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
        options = {"verdict": "unreadable", "level": "no-proof", "kind": "unknown"}
        yield maker.draft(f"no-{id_}", note, other, **options)


def _signatures() -> Iterator[Draft]:
    maker = one()
    data, tree = maker.make(), maker.tree()
    raw = decode_proof_value(tree["proof"]["proofValue"])
    scalar = int.from_bytes(raw[32:], "little") + ED25519_ORDER
    malleable = raw[:32] + scalar.to_bytes(32, "little")
    other = json.loads(maker.make(replace(LINE, id="Web")))["proof"]["proofValue"]
    later = "2026-11-25T21:00:01Z"
    for id_, note, changed in (
        ("line-id", "one word", data.replace(b"web", b"Web")),
        ("claim", "a date, and so it disagrees too", data.replace(b"03-14", b"03-13")),
        ("time", "both times", data.replace(CREATED.encode(), later.encode())),
        (
            "holder",
            "the holder, and so it disagrees too, and is somebody else's",
            data.replace(b"Ma\xc3\xablle", b"Anne"),
        ),
        ("of-zeros", "64 zero bytes", _value(tree, bytes(64))),
        ("malleable", "S is below the order of the group", _value(tree, malleable)),
        ("of-another", "that of another document", _value(tree, decode_proof_value(other))),
        ("by-another-key", "not the issuer's", maker.resign(lambda _: None, OTHER_KEY)),
    ):
        more: tuple[str, ...] = ("agreement",) if "disagrees" in note else ()
        more += ("holder-name",) if "somebody" in note else ()
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
        ("newlines", "one, and no more", text + "\n\n"),
        ("return", "a newline alone", text + "\r\n"),
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


def _labels() -> Iterator[Draft]:
    maker = one()
    title = "Gestionnaire de paie"
    for id_, note, label in (
        ("label-other", "the CV's own wording", "Développeuse web"),
        ("label-of-case", "codes are compared as they are", "rncp34762"),
        ("label-empty", "no text", ""),
        ("label-title", "a title, where the proof shows none", title),
    ):
        data = maker.make(replace(LINE, label=label))
        yield maker.draft(id_, f"signed: {note}", data, "agreement")
    log = Simulator()
    register = log.import_register(make_sheet("RNCP34762", title))
    log.register()
    index = log.certify(log.deposit())
    log.publish()
    shown = log.show_register("RNCP34762")
    line = replace(LINE, entry=index)
    titled = Maker(log, index, support=(1, register, 3), register=shown)
    for id_, note, label in (("title", "the title", title), ("code", "the code", "RNCP34762")):
        data = titled.make(replace(line, label=label))
        yield titled.draft(f"label-{id_}", f"of a certification with a title: {note}", data)
    data = titled.make(replace(line, label=f"{title} "))
    yield titled.draft("label-spaced", "signed: a space behind", data, "agreement")


def _holders() -> Iterator[Draft]:
    maker = one()
    first = f"{HOLDER}titulaire.prenom1"
    for id_, note, holder in (
        ("holder-year", "another year", {f"{HOLDER}titulaire.anneeNaissance": 1990}),
        ("holder-elsewhere", "a field not shown", dict(DOSSIER)),
        ("holder-code", "a field that is no name", {"code": "RS1"}),
        ("holder-nameless", "a name of nothing but separators", {NAME: "-"}),
    ):
        data = maker.make(holder=holder)
        yield maker.draft(id_, f"signed: {note}", data, "agreement")
    for id_, note, holder in (
        ("other", "another name", {NAME: "MOREL"}),
        ("part", "one of five", {**dict(PERSON), first: "Anne"}),
    ):
        data = maker.make(holder=holder)
        names = ("agreement", "holder-name")
        yield maker.draft(f"holder-{id_}", f"signed: {note}", data, *names)
    for id_, holder in (
        ("more-names", {**dict(PERSON), first: "Maëlle Anne"}),
        ("joined", {NAME: "LEFEVREDUBOIS"}),
    ):
        data = maker.make(holder=holder)
        yield maker.draft(f"holder-{id_}", "open is enough", data)
    yield from _two_holders()


def _two_holders() -> Iterator[Draft]:
    log, indexes = make_log(records=[make_record(), make_record(person(jourNaissance=24))])
    two = Maker(log, *indexes)
    reasons = {"reasons": (("other-person",),) * 2}
    yield two.draft("two-persons", "in its bundle", two.make(), "person", **reasons)
    lines = (LINE, replace(LINE, id="2", entry=5))
    said = "and the holder is only one of them"
    data = two.make(*lines)
    yield two.draft("and-person", said, data, "agreement", "person", **reasons)
    log, indexes = make_log(records=[make_record(), make_record(person(prenom1="Maëlle Anne"))])
    two = Maker(log, *indexes)
    open_ = {"reasons": (("person-unsettled",),) * 2}
    note = "two certifications of what may be one person"
    yield two.draft("two-unsettled", note, two.make(), **open_)
    note = "a name that fits the line's own entry, and not the other one that is shown"
    holder = {f"{HOLDER}titulaire.prenom1": "Maëlle Zoé"}
    data = two.make(holder=holder)
    yield two.draft("of-another-entry", note, data, "holder-name", **open_)
