"""The operator's private keys: three files, read only when they are needed.

A ledger signs with three keys, each in a PKCS#8 PEM file (RFC 5958) of mode 0600 below
one directory of mode 0700::

    entry.pem          Ed25519     one signature an entry: the depositor's receipt
    log-ed25519.pem    Ed25519     checkpoints, what today's witnesses take
    log-mldsa44.pem    ML-DSA-44   checkpoints, what must hold for the length of a career

No public key has two roles. The public halves stand in the log itself, in its first two
entries, so the directory can be moved, but must not be lost: without the log keys no
further checkpoint can be published.

Sources: RFC 8032 (Ed25519), FIPS 204 (ML-DSA), C2SP signed-note (key names and ids).
"""

from __future__ import annotations

import os
import stat
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from provenance.errors import KeyFileError
from provenance.tlog import note
from provenance.tlog.signer import MLDSASigner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PRIVATE_FILE_MODE: Final = 0o600
PRIVATE_DIRECTORY_MODE: Final = 0o700
KEY_FILE_SIZE_MAX: Final = 16_384

K = TypeVar("K", Ed25519PrivateKey, MLDSA44PrivateKey)


def write_private_key(path: Path, key: Ed25519PrivateKey | MLDSA44PrivateKey) -> None:
    """Write ``key`` as PKCS#8 PEM into a new file of mode 0600, synced to disk.

    Raises `KeyFileError` when the file exists already or cannot be written.
    """
    pem = key.private_bytes(
        encoding=serialization.Encoding.PEM,
        format=serialization.PrivateFormat.PKCS8,
        encryption_algorithm=serialization.NoEncryption(),
    )
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with open(os.open(path, flags, PRIVATE_FILE_MODE), "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise KeyFileError(f"cannot write key file {path}: {error.strerror}") from error


def read_private_key(path: Path, kind: type[K]) -> K:
    """Read a PKCS#8 PEM file that holds a private key of ``kind``.

    Raises `KeyFileError` when it is missing, open to group or others, too large,
    encrypted, damaged, or of another kind. The error never tells its content.
    """
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise KeyFileError(f"key file {path} is open to others: chmod 600 it")
            pem = file.read(KEY_FILE_SIZE_MAX)
    except OSError as error:
        raise KeyFileError(f"cannot read key file {path}: {error.strerror}") from error
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"key file {path} is no unencrypted PKCS#8 key") from error
    if not isinstance(key, kind):
        raise KeyFileError(f"key file {path} holds a key of another kind")
    return key


class KeyRing:
    """The three keys of one ledger, in one directory, each read at its first use."""

    def __init__(self, directory: Path, *, origin: str) -> None:
        self.directory: Final = directory
        self.origin: Final = origin

    @classmethod
    def create(cls, directory: Path, *, origin: str) -> KeyRing:
        """Make three new keys below ``directory``, which must not exist yet.

        Raises `KeyFileError` when it exists or cannot be written.
        """
        try:
            directory.mkdir(mode=PRIVATE_DIRECTORY_MODE, parents=True)
        except OSError as error:
            raise KeyFileError(
                f"cannot make key directory {directory}: {error.strerror}"
            ) from error
        write_private_key(directory / "entry.pem", Ed25519PrivateKey.generate())
        write_private_key(directory / "log-ed25519.pem", Ed25519PrivateKey.generate())
        write_private_key(directory / "log-mldsa44.pem", MLDSA44PrivateKey.generate())
        return cls(directory, origin=origin)

    @cached_property
    def entry_key(self) -> Ed25519PrivateKey:
        """The key that signs each entry. Raises `KeyFileError`."""
        return read_private_key(self.directory / "entry.pem", Ed25519PrivateKey)

    @cached_property
    def entry_verifier(self) -> note.VerifierKey:
        """The public half of the entry key, named ``<origin>/entry``."""
        public = self.entry_key.public_key().public_bytes_raw()
        return note.make_verifier_key(f"{self.origin}/entry", note.ED25519, public)

    @cached_property
    def log_verifiers(self) -> tuple[note.VerifierKey, note.VerifierKey]:
        """The public halves of the log keys, Ed25519 first, both named as the origin."""
        classic, quantum_safe = self.log_signers(time_s=lambda: 0)
        return classic.verifier_key, quantum_safe.verifier_key

    def log_signers(
        self, *, time_s: Callable[[], int]
    ) -> tuple[note.NoteSigner, note.NoteSigner]:
        """Signers of checkpoints: Ed25519 (0x01) and ML-DSA-44 (0x06).

        ``time_s`` gives the POSIX seconds that the ML-DSA-44 signature states (C2SP
        tlog-cosignature). Raises `KeyFileError`.
        """
        classic = read_private_key(self.directory / "log-ed25519.pem", Ed25519PrivateKey)
        quantum_safe = read_private_key(self.directory / "log-mldsa44.pem", MLDSA44PrivateKey)
        return (
            note.Ed25519Signer(self.origin, classic),
            MLDSASigner(self.origin, quantum_safe, time_s),
        )
