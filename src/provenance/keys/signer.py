"""What signs, wherever its private half lies: one small protocol, chosen by a URI.

============  ==================  ===============================================
URI           kinds               where the private half is
============  ==================  ===============================================
``file:…``    Ed25519, ML-DSA-44  a PEM file, read into memory
``pkcs11:…``  Ed25519             a token, which it never leaves (extra ``hsm``)
============  ==================  ===============================================

Tokens have no ML-DSA yet (PKCS #11 3.2 defines it; no library here speaks it), so the
second log key is always a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from provenance.errors import KeyFileError
from provenance.keys.files import load_private_key
from provenance.keys.uri import FILE_SCHEME, TOKEN_SCHEME, parse_file_uri
from provenance.tlog import note
from provenance.tlog.cosignature import TIME_SIZE, checkpoint_message

if TYPE_CHECKING:
    from collections.abc import Callable

PrivateKey: TypeAlias = Ed25519PrivateKey | MLDSA44PrivateKey


class Signer(Protocol):
    """A private key in use; any thread may sign with it."""

    @property
    def kind(self) -> int:
        """The signature type (C2SP signed-note): 0x01 Ed25519, 0x06 ML-DSA-44."""

    @property
    def public(self) -> bytes:
        """The public half: 32 bytes, or 1,312."""

    def sign(self, message: bytes) -> bytes:
        """Sign: 64 bytes, or 2,420. Raises `KeyFileError` when a token does not."""


class MemorySigner:
    """A key that was read from a file, or just made."""

    def __init__(self, private: PrivateKey) -> None:
        self._private: Final = private
        self.kind: Final = (
            note.ED25519 if isinstance(private, Ed25519PrivateKey) else note.MLDSA44
        )
        self.public: Final = private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Sign with the key in memory."""
        return self._private.sign(message)


def make_private_key(kind: int) -> PrivateKey:
    """Make a new private key of the kind 0x01 or 0x06."""
    if kind == note.ED25519:
        return Ed25519PrivateKey.generate()
    return MLDSA44PrivateKey.generate()


def open_signer(uri: str, passphrase: bytes | None = None) -> Signer:
    """Open the private key that a ``file:`` or ``pkcs11:`` URI names.

    ``passphrase`` decrypts a file, and is a token's PIN where the URI names no other
    source. Raises `KeyFileError`, also for another scheme.
    """
    if uri.startswith(FILE_SCHEME):
        return MemorySigner(load_private_key(parse_file_uri(uri), passphrase))
    if uri.startswith(TOKEN_SCHEME):
        from provenance.keys.token import TokenSigner  # noqa: PLC0415 - few ledgers have one

        return TokenSigner(uri, passphrase)
    raise KeyFileError("a key is named by a URI: file:… or pkcs11:…")


class NoteSigner:
    """Signs checkpoints by the log key ``verifier_key``, whose private half is ``signer``.

    ``time_s`` gives the POSIX seconds that an ML-DSA-44 signature states (C2SP
    tlog-cosignature); Ed25519 signatures of type 0x01 state none.
    """

    def __init__(
        self, verifier_key: note.VerifierKey, signer: Signer, time_s: Callable[[], int]
    ) -> None:
        self.verifier_key: Final = verifier_key
        self._signer: Final = signer
        self._time_s: Final = time_s

    def sign(self, text: str) -> bytes:
        """Sign a checkpoint's text: 64 bytes, or 2,428."""
        if self.verifier_key.kind == note.ED25519:
            return self._signer.sign(text.encode())
        time_s = self._time_s()
        message = checkpoint_message(text, cosigner=self.verifier_key.name, time_s=time_s)
        return time_s.to_bytes(TIME_SIZE, "big") + self._signer.sign(message)
