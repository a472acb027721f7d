"""Private keys in files: PKCS#8 PEM of mode 0600, on request under a passphrase.

A passphrase encrypts a key by PBES2 with AES-256 (RFC 8018), as the cryptographic library
chooses its parameters. Nothing that is read here ever shows in an error.
"""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Final, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from provenance.errors import KeyFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRIVATE_FILE_MODE: Final = 0o600
KEY_FILE_SIZE_MAX: Final = 16_384
_ENCRYPTED: Final = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"

K = TypeVar("K", Ed25519PrivateKey, MLDSA44PrivateKey)


def write_private_key(
    path: Path,
    key: Ed25519PrivateKey | MLDSA44PrivateKey,
    passphrase: bytes | None = None,
) -> None:
    """Write ``key`` as PKCS#8 PEM into a new file of mode 0600, synced to disk.

    Raises `KeyFileError` when the file exists already or cannot be written, or when the
    passphrase cannot be one (empty, or longer than 1,023 bytes).
    """
    write_private_file(path, encode_private_key(key, passphrase))


def encode_private_key(
    key: Ed25519PrivateKey | MLDSA44PrivateKey, passphrase: bytes | None
) -> bytes:
    """Return the PEM of a key; raises `KeyFileError` for what cannot be a passphrase."""
    try:
        encryption = (
            serialization.NoEncryption()
            if passphrase is None
            else serialization.BestAvailableEncryption(passphrase)
        )
        return key.private_bytes(
            encoding=serialization.Encoding.PEM,
            format=serialization.PrivateFormat.PKCS8,
            encryption_algorithm=encryption,
        )
    except ValueError as error:
        raise KeyFileError("the passphrase is empty, or too long") from error


def write_private_file(path: Path, content: bytes) -> None:
    """Write a new file of mode 0600, following no link; file and directory are synced.

    Raises `KeyFileError`; then there is no file, unless there was one before.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with ExitStack() as undo, _converting(f"cannot write key file {path}"):
        with open(os.open(path, flags, PRIVATE_FILE_MODE), "wb") as file:  # noqa: PTH123 - a descriptor
            # A file that is not whole would be in the way of the next attempt.
            undo.callback(_remove, path)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        sync_directory(path.parent)
        undo.pop_all()


def rewrite_private_file(path: Path, content: bytes, before: bytes) -> None:
    """Write a file that somebody began to write and holds ``before``; raises `KeyFileError`.

    Where it is whole nobody knows whether it, or its name, was synced; both are.
    """
    if before != content:
        _remove(path)
        write_private_file(path, content)
        return
    with _converting(f"cannot write key file {path}"):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_directory(path.parent)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


@contextmanager
def _converting(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise KeyFileError(f"{what}: {error.strerror}") from error


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable; raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_private_file(path: Path) -> bytes:
    """Read a file that only its owner may read; raises `KeyFileError`."""
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise KeyFileError(f"key file {path} is open to others: chmod 600 it")
            return file.read(KEY_FILE_SIZE_MAX)
    except OSError as error:
        raise KeyFileError(f"cannot read key file {path}: {error.strerror}") from error


def load_private_key(
    path: Path, passphrase: bytes | None = None
) -> Ed25519PrivateKey | MLDSA44PrivateKey:
    """Read a PKCS#8 PEM file that holds an Ed25519 or an ML-DSA-44 private key.

    ``passphrase`` is used where the file is encrypted, and only there. Raises
    `KeyFileError` when the file is missing, open to group or others, too large, damaged,
    of another kind, or encrypted under another passphrase or without any given.
    """
    pem = read_private_file(path)
    encrypted = _ENCRYPTED in pem
    if encrypted and not passphrase:
        raise KeyFileError(f"key file {path} is encrypted: its passphrase is needed")
    try:
        key = serialization.load_pem_private_key(pem, passphrase if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(
            f"key file {path} cannot be decrypted: the passphrase is wrong, or it is damaged"
            if encrypted
            else f"key file {path} is no PKCS#8 key"
        ) from error
    if not isinstance(key, Ed25519PrivateKey | MLDSA44PrivateKey):
        raise KeyFileError(f"key file {path} holds a key of another kind")
    return key


def read_private_key(path: Path, kind: type[K], passphrase: bytes | None = None) -> K:
    """Read a key file that must hold a private key of ``kind``, as `load_private_key`."""
    key = load_private_key(path, passphrase)
    if not isinstance(key, kind):
        raise KeyFileError(f"key file {path} holds a key of another kind")
    return key
