"""W3C Data Integrity proofs of the cryptosuite ``eddsa-jcs-2022``, and nothing else.

A document that is secured carries its proof as a member; the rest of it is what is signed::

    {"@context":[…], …,
     "proof":{"@context":[…],"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022",
              "created":"2026-11-25T21:00:00Z",
              "verificationMethod":"did:key:z6Mk…#z6Mk…",
              "proofPurpose":"assertionMethod","proofValue":"z…"}}

Signed (Ed25519) are SHA-256 of the canonical form (`canonicalize`) of the proof without its
``proofValue``, then SHA-256 of the canonical form of the document without its ``proof``: 64
bytes. ``proofValue`` is ``z`` and base58btc of the signature. The proof repeats the
document's ``@context``; the specification lets a document add to it afterwards, this module
does not. No context is ever loaded: the canonical form needs none.

Sources: W3C Data Integrity EdDSA Cryptosuites v1.0, sections 3.3.1 to 3.3.7; W3C Verifiable
Credential Data Integrity 1.0, section 2.1; RFC 8032.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from provenance.cv.base58 import decode_base58, encode_base58
from provenance.cv.jcs import canonicalize
from provenance.errors import FormatError, SignatureError

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.cv.jcs import Json

CRYPTOSUITE: Final = "eddsa-jcs-2022"
PROOF_TYPE: Final = "DataIntegrityProof"
PURPOSE: Final = "assertionMethod"
SIGNATURE_SIZE: Final = 64
"""Bytes of an Ed25519 signature."""
BASE58_PREFIX: Final = "z"
"""What multibase begins base58btc with."""


def add_proof(
    document: dict[str, Json], *, method: str, created: str, sign: Callable[[bytes], bytes]
) -> dict[str, Json]:
    """Return the document with a proof; it must have none yet.

    ``method`` names the public key, ``created`` is a time (RFC 3339), ``sign`` makes an
    Ed25519 signature. Raises `FormatError` for what has no canonical form, and for a
    document that has a proof.
    """
    if "proof" in document:
        raise FormatError("the document has a proof already")
    options: dict[str, Json] = {
        "type": PROOF_TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": PURPOSE,
    }
    if "@context" in document:
        options = {"@context": document["@context"], **options}
    signature = sign(hash_data(document, options))
    value = BASE58_PREFIX + encode_base58(signature)
    return {**document, "proof": {**options, "proofValue": value}}


def verify_proof(secured: dict[str, Json], public: bytes) -> None:
    """Check the proof of a document under an Ed25519 public key (32 bytes, a sound one).

    Which key it has to be, and what it may assert, is for the caller to say. Raises
    `FormatError` where there is no proof of this cryptosuite, `SignatureError` where it
    does not hold.
    """
    proof = secured.get("proof")
    if not isinstance(proof, dict):
        raise FormatError("no single proof")
    kinds = (proof.get("type"), proof.get("cryptosuite"), proof.get("proofPurpose"))
    if kinds != (PROOF_TYPE, CRYPTOSUITE, PURPOSE):
        raise FormatError(f"a proof of another kind than {CRYPTOSUITE}, for assertions")
    if proof.get("@context") != secured.get("@context"):
        raise FormatError("the proof was made for another @context")
    document = {name: value for name, value in secured.items() if name != "proof"}
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    signature = decode_proof_value(proof.get("proofValue"))
    try:
        key = Ed25519PublicKey.from_public_bytes(public)
        key.verify(signature, hash_data(document, options))
    except InvalidSignature as error:
        raise SignatureError("the document is not as its issuer signed it") from error


def hash_data(document: dict[str, Json], options: dict[str, Json]) -> bytes:
    """Return the 64 bytes that are signed, of a document and the options of its proof."""
    parts = (canonicalize(options), canonicalize(document))
    return b"".join(hashlib.sha256(part).digest() for part in parts)


def decode_proof_value(text: Json) -> bytes:
    """Decode a ``proofValue``: 64 bytes. Raises `FormatError`."""
    if not isinstance(text, str) or not text.startswith(BASE58_PREFIX):
        raise FormatError("malformed proofValue: it begins with z, for base58btc")
    signature = decode_base58(text.removeprefix(BASE58_PREFIX))
    if len(signature) != SIGNATURE_SIZE:
        raise FormatError(f"malformed proofValue: {len(signature)} bytes, not 64")
    return signature
