"""Keys, signers and notes for tests: made from names, the same in every run."""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from naive_merkle import naive_root
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.note import (
    ECDSA,
    Ed25519Signer,
    NoteSigner,
    VerifierKey,
    make_verifier_key,
    sign_note,
)
from provenance.tlog.signer import CosignatureSigner, MLDSASigner

ORIGIN: Final = "log.example/tests"
TIME_S: Final = 1_795_000_000
SIZE: Final = 13
CHECKPOINT: Final = Checkpoint(origin=ORIGIN, size=SIZE, root=naive_root(0, SIZE))
TEXT: Final = CHECKPOINT.text


def make_seed(name: str) -> bytes:
    return hashlib.sha256(f"test key {name}".encode()).digest()


def ed25519_signer(name: str = ORIGIN, key: str = "log") -> Ed25519Signer:
    return Ed25519Signer(name, Ed25519PrivateKey.from_private_bytes(make_seed(key)))


def mldsa_signer(name: str = ORIGIN, key: str = "log", time_s: int = TIME_S) -> MLDSASigner:
    private = MLDSA44PrivateKey.from_seed_bytes(make_seed(key))
    return MLDSASigner(name, private, lambda: time_s)


def cosigner(name: str, key: str | None = None, time_s: int = TIME_S) -> CosignatureSigner:
    private = Ed25519PrivateKey.from_private_bytes(make_seed(key or name))
    return CosignatureSigner(name, private, lambda: time_s)


class ECDSASigner:
    """Signs notes with ECDSA on P-256: the package itself verifies these and makes none."""

    def __init__(self, name: str, key: str = "log") -> None:
        secret = int.from_bytes(make_seed(key), "big") >> 1
        self._private: Final = ec.derive_private_key(secret, ec.SECP256R1())
        public = self._private.public_key()
        spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.verifier_key: Final[VerifierKey] = make_verifier_key(name, ECDSA, spki)

    def sign(self, text: str) -> bytes:
        return self._private.sign(text.encode(), ec.ECDSA(hashes.SHA256()))


LOG_SIGNERS: Final[tuple[NoteSigner, NoteSigner]] = (ed25519_signer(), mldsa_signer())
SIGNED: Final = sign_note(TEXT, LOG_SIGNERS)
"""A checkpoint under both of the log's keys."""
