"""Signers whose signatures state a time: cosignatures, and ML-DSA-44 over checkpoints.

Sources: C2SP tlog-cosignature (types 0x04 and 0x06), FIPS 204.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.tlog.cosignature import TIME_SIZE, checkpoint_message, cosignature_message
from provenance.tlog.note import COSIGNATURE, MLDSA44, make_verifier_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey


class CosignatureSigner:
    """Signs notes with a timestamped Ed25519 cosignature; ``time_s`` gives POSIX seconds."""

    def __init__(
        self, name: str, private_key: Ed25519PrivateKey, time_s: Callable[[], int]
    ) -> None:
        self._private: Final = private_key
        self._time_s: Final = time_s
        public = private_key.public_key().public_bytes_raw()
        self.verifier_key: Final = make_verifier_key(name, COSIGNATURE, public)

    def sign(self, text: str) -> bytes:
        """Sign a note's text as of now: 72 bytes."""
        time_s = self._time_s()
        message = cosignature_message(text, time_s)
        return time_s.to_bytes(TIME_SIZE, "big") + self._private.sign(message)


class MLDSASigner:
    """Signs checkpoints with ML-DSA-44; ``time_s`` gives POSIX seconds."""

    def __init__(
        self, name: str, private_key: MLDSA44PrivateKey, time_s: Callable[[], int]
    ) -> None:
        self._private: Final = private_key
        self._time_s: Final = time_s
        public = private_key.public_key().public_bytes_raw()
        self.verifier_key: Final = make_verifier_key(name, MLDSA44, public)

    def sign(self, text: str) -> bytes:
        """Sign a checkpoint's text as of now: 2,428 bytes. Raises `FormatError`."""
        time_s = self._time_s()
        message = checkpoint_message(text, cosigner=self.verifier_key.name, time_s=time_s)
        return time_s.to_bytes(TIME_SIZE, "big") + self._private.sign(message)
