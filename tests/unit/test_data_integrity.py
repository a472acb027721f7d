from __future__ import annotations

import hashlib
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provenance.cv.base58 import decode_base58, encode_base58
from provenance.cv.dataintegrity import (
    add_proof,
    decode_proof_value,
    hash_data,
    verify_proof,
)
from provenance.cv.jcs import canonicalize
from provenance.cv.roots import format_did_key, parse_did_key
from provenance.errors import FormatError, SignatureError
from simulator import ed25519_key

# Published values: W3C Data Integrity EdDSA Cryptosuites v1.0 (Recommendation of 15 May
# 2025), test vectors, "Representation: eddsa-jcs-2022": keys, document, hashes, signature.
PUBLIC: Final = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
PRIVATE: Final = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
CONTEXTS: Final = [
    "https://www.w3.org/ns/credentials/v2",
    "https://www.w3.org/ns/credentials/examples/v2",
]
CREATED: Final = "2023-02-24T23:36:38Z"
METHOD: Final = f"did:key:{PUBLIC}#{PUBLIC}"
PROOF_HASH: Final = "66ab154f5c2890a140cb8388a22a160454f80575f6eae09e5a097cabe539a1db"
DOCUMENT_HASH: Final = "59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19"
SIGNATURE: Final = (
    "407cd12654b33d718ecbb99179a1506daaa849450bf3fc523cce3e1c96f8b803"
    "51da3f253d725c6f00b07c9e5448d50b3ef78012b9ab54255116d069c6dd2808"
)
PROOF_VALUE: Final = (
    "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"
)


def alumni() -> dict[str, Any]:
    """Return the unsecured document of the specification."""
    return {
        "@context": [*CONTEXTS],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "AlumniCredential"],
        "name": "Alumni Credential",
        "description": "A minimum viable example of an Alumni Credential.",
        "issuer": "https://vc.example/issuers/5678",
        "validFrom": "2023-01-01T00:00:00Z",
        "credentialSubject": {
            "id": "did:example:abcdefgh",
            "alumniOf": "The School of Examples",
        },
    }


def options() -> dict[str, Any]:
    """Return the proof configuration of the specification."""
    return {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": CREATED,
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
        "@context": [*CONTEXTS],
    }


def published_key() -> Ed25519PrivateKey:
    data = decode_base58(PRIVATE.removeprefix("z"))
    assert data[:2] == bytes.fromhex("8026")
    return Ed25519PrivateKey.from_private_bytes(data[2:])


# The published vector, byte for byte.


def test_the_hashes_of_the_specification() -> None:
    assert hashlib.sha256(canonicalize(options())).hexdigest() == PROOF_HASH
    assert hashlib.sha256(canonicalize(alumni())).hexdigest() == DOCUMENT_HASH
    assert hash_data(alumni(), options()).hex() == PROOF_HASH + DOCUMENT_HASH


def test_the_signature_of_the_specification() -> None:
    secured = add_proof(alumni(), method=METHOD, created=CREATED, sign=published_key().sign)
    assert secured["proof"] == {**options(), "proofValue": PROOF_VALUE}
    assert {**alumni(), "proof": secured["proof"]} == secured
    assert decode_proof_value(PROOF_VALUE).hex() == SIGNATURE
    assert f"z{encode_base58(bytes.fromhex(SIGNATURE))}" == PROOF_VALUE


def test_the_document_of_the_specification_is_verified() -> None:
    public = parse_did_key(f"did:key:{PUBLIC}")
    assert published_key().public_key().public_bytes_raw() == public
    assert format_did_key(public) == f"did:key:{PUBLIC}"
    verify_proof({**alumni(), "proof": {**options(), "proofValue": PROOF_VALUE}}, public)


# What must be refused.


def secured() -> dict[str, Any]:
    return add_proof(alumni(), method=METHOD, created=CREATED, sign=published_key().sign)


PUBLISHED: Final = parse_did_key(f"did:key:{PUBLIC}")


def test_every_change_of_the_document_is_refused() -> None:
    for name, value in alumni().items():
        changed = secured()
        changed[name] = [value, "x"]
        # Another @context is refused for what it is; anything else breaks the signature.
        with pytest.raises(FormatError if name == "@context" else SignatureError):
            verify_proof(changed, PUBLISHED)
        del changed[name]
        with pytest.raises((SignatureError, FormatError)):
            verify_proof(changed, PUBLISHED)
    with pytest.raises(SignatureError):
        verify_proof({**secured(), "more": None}, PUBLISHED)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("created", "2023-02-24T23:36:39Z"),
        ("verificationMethod", "https://vc.example/issuers/5679"),
        ("expires", "2033-02-24T23:36:39Z"),
    ],
)
def test_every_change_of_the_proof_is_refused(name: str, value: str) -> None:
    changed = secured()
    changed["proof"][name] = value
    with pytest.raises(SignatureError):
        verify_proof(changed, PUBLISHED)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", "Ed25519Signature2020"),
        ("cryptosuite", "eddsa-rdfc-2022"),
        ("cryptosuite", None),
        ("proofPurpose", "authentication"),
        ("@context", CONTEXTS[:1]),
        ("@context", None),
        ("proofValue", ""),
        ("proofValue", None),
        ("proofValue", "z"),
        ("proofValue", PROOF_VALUE[1:]),
        ("proofValue", "u" + PROOF_VALUE[1:]),
        ("proofValue", PROOF_VALUE + "1"),
        ("proofValue", PROOF_VALUE[:-2]),
        ("proofValue", PROOF_VALUE[:-1] + "0"),
        ("proofValue", "z1" + PROOF_VALUE[1:]),
        ("proofValue", "z" + "1" * 1_000_000),
    ],
)
def test_proofs_of_another_form_are_refused(name: str, value: object) -> None:
    changed = secured()
    changed["proof"][name] = value
    with pytest.raises(FormatError):
        verify_proof(changed, PUBLISHED)


@pytest.mark.parametrize("proof", [None, [], [1], "proof", {}])
def test_a_single_proof_is_needed(proof: object) -> None:
    for document in (alumni(), {**alumni(), "proof": proof}):
        with pytest.raises(FormatError):
            verify_proof(document, PUBLISHED)


def test_another_key_is_refused() -> None:
    other = ed25519_key("another").public_key().public_bytes_raw()
    with pytest.raises(SignatureError):
        verify_proof(secured(), other)


def test_a_malleable_signature_is_refused() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    raw = bytes.fromhex(SIGNATURE)
    scalar = int.from_bytes(raw[32:], "little") + order
    changed = secured()
    value = f"z{encode_base58(raw[:32] + scalar.to_bytes(32, 'little'))}"
    changed["proof"]["proofValue"] = value
    with pytest.raises(SignatureError):
        verify_proof(changed, PUBLISHED)


def test_a_document_is_secured_once() -> None:
    with pytest.raises(FormatError):
        add_proof(secured(), method=METHOD, created=CREATED, sign=published_key().sign)


def test_a_document_without_a_context_has_a_proof_without_one() -> None:
    document = add_proof({"a": 1}, method="m", created=CREATED, sign=published_key().sign)
    proof = document["proof"]
    assert isinstance(proof, dict)
    assert "@context" not in proof
    verify_proof(document, PUBLISHED)


def test_what_has_no_canonical_form_is_not_signed() -> None:
    with pytest.raises(FormatError):
        add_proof({"a": "\ud800"}, method=METHOD, created=CREATED, sign=published_key().sign)
