"""Bodies with keys of their own, which sign what they are to sign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provenance.ledger.registration import parse_draft
from provenance.tlog.note import ED25519, make_verifier_key

if TYPE_CHECKING:
    from provenance.tlog.note import VerifierKey


class Body:
    """A certifying body's key."""

    def __init__(self, name: str = "certifier.example/k") -> None:
        self.private: Final = Ed25519PrivateKey.generate()
        public = self.private.public_key().public_bytes_raw()
        self.key: Final[VerifierKey] = make_verifier_key(name, ED25519, public)
        self.vkey: Final = str(self.key)

    def sign_draft(self, draft: bytes) -> bytes:
        """Sign a draft of a registration (`Ledger.draft_registration`)."""
        return self.private.sign(parse_draft(draft).message)
