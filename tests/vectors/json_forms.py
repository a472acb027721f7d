"""CVs for machines that are signed, and have not the form of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from provenance.cv.base58 import encode_base58
from provenance.cv.jcs import canonicalize
from provenance.cv.jsoncv import CONTEXT
from vectors.json_cvs import FIRST, ISSUER, OTHER, drop, put, small

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vectors.cases import Draft
    from vectors.json_cvs import Change, Maker


NOTHING: Final = {"verdict": "unreadable", "level": "no-proof"}
"""What is said of JSON without a member for a proof."""


def other_forms() -> Iterator[Draft]:
    """Return them all."""
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
        options = NOTHING if id_ == "bundle-missing" else {}
        data = maker.resign(change)
        yield maker.draft(id_, "signed, in another form", data, "document", **options)
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
