r"""What is signed about entries, and the digest of a deposited file.

Every message begins with its own context, so that no signature serves for another::

    "provenance/entry/v1\n"        origin "\n" leaf hash
    "provenance/deposit/v1\n"      origin "\n" depositor "\n" action "\n" digest
    "provenance/depositor/v1\n"    origin "\n" depositor "\n" and each vkey with "\n"
    "provenance/endorsement/v1\n"  origin "\n" u64 deposit, u64 start, u64 end, root

Hashes are 32 bytes, u64 is big-endian. All signatures are Ed25519 (RFC 8032).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from provenance.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FILE_SALT_SIZE: Final = 32
"""Bytes of the salt in a deposit's digest."""


def entry_key_name(origin: str) -> str:
    """Give the name of the key that signs the log's entries (C2SP signed-note)."""
    return f"{origin}/entry"


def entry_message(origin: str, leaf_hash: bytes) -> bytes:
    """Give what the entry key signs: the receipt for one entry."""
    return f"provenance/entry/v1\n{origin}\n".encode() + leaf_hash


def deposit_message(*, origin: str, depositor: str, action: str, digest: bytes) -> bytes:
    """Give what a depositor signs for a file or form; ``digest`` is a `file_digest`."""
    return f"provenance/deposit/v1\n{origin}\n{depositor}\n{action}\n".encode() + digest


def depositor_message(*, origin: str, depositor: str, keys: Sequence[str]) -> bytes:
    """Give what one of the previous keys signs for the new ones (vkeys, in their order)."""
    lines = ("provenance/depositor/v1", origin, depositor, *keys, "")
    return "\n".join(lines).encode()


def endorsement_message(
    *, origin: str, deposit: int, start: int, end: int, root: bytes
) -> bytes:
    """Give what a depositor signs for the entries ``start`` to ``end`` - 1 of its deposit."""
    numbers = b"".join(number.to_bytes(8, "big") for number in (deposit, start, end))
    return f"provenance/endorsement/v1\n{origin}\n".encode() + numbers + root


def file_digest(salt: bytes, chunks: Iterable[bytes]) -> bytes:
    """Digest a deposited file under its 32-byte salt, without which it cannot be guessed.

    SHA-256("provenance/file/v1", newline, salt, bytes of the file). Raises `FormatError` for
    a salt of another size.
    """
    digest = start_file_digest(salt)
    for chunk in chunks:
        digest.update(chunk)
    return digest.digest()


def start_file_digest(salt: bytes) -> hashlib._Hash:
    """Begin a `file_digest`, for those who read the file for something else meanwhile."""
    if len(salt) != FILE_SALT_SIZE:
        raise FormatError(f"expected a file salt of {FILE_SALT_SIZE} bytes, got {len(salt)}")
    return hashlib.sha256(b"provenance/file/v1\n" + salt)
