"""The key ring of one ledger: private halves for the public keys that the log names."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct

from provenance.errors import KeyFileError
from provenance.keys.files import (
    encode_private_key,
    read_private_file,
    rewrite_private_file,
    sync_directory,
    write_private_file,
)
from provenance.keys.signer import MemorySigner, NoteSigner, make_private_key, open_signer
from provenance.keys.uri import FILE_SCHEME, make_file_uri, parse_file_uri
from provenance.tlog import note

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.keys.signer import Signer

PRIVATE_DIRECTORY_MODE: Final = 0o700
Role: TypeAlias = Literal["entry", "log"]
"""What a key signs: every entry, or checkpoints."""
_STEMS: Final[dict[tuple[Role, int], str]] = {
    ("entry", note.ED25519): "entry",
    ("log", note.ED25519): "log-ed25519",
    ("log", note.MLDSA44): "log-mldsa44",
}


class NewKey(Struct, frozen=True):
    """A key that the log does not know yet, and the file that will let it be found."""

    role: Role
    verifier: note.VerifierKey
    suffix: Literal["pem", "uri"]
    content: bytes

    def __repr__(self) -> str:
        """Show the public half alone."""
        return f"NewKey({self.role}, {self.verifier})"


class KeyRing:
    """The keys of one ledger, in one directory, each opened at its first use.

    ``passphrase`` decrypts the files that are encrypted, encrypts new ones, and is a
    token's PIN where its URI names no other source.
    """

    def __init__(self, directory: Path, *, passphrase: bytes | None = None) -> None:
        self.directory: Final = directory
        self._passphrase: Final = passphrase
        self._signers: Final[dict[note.VerifierKey, Signer]] = {}
        self._opening: Final = threading.Lock()

    @classmethod
    def create(cls, directory: Path, *, passphrase: bytes | None = None) -> KeyRing:
        """Make ``directory``, which must not exist yet, for keys to come.

        Raises `KeyFileError` when it exists or cannot be made.
        """
        try:
            for parent in reversed([one for one in directory.parents if not one.exists()]):
                parent.mkdir(exist_ok=True)
                sync_directory(parent.parent)
            directory.mkdir(mode=PRIVATE_DIRECTORY_MODE)
            try:
                sync_directory(directory.parent)
            except OSError:
                # It is empty, and would be in the way of the next attempt.
                directory.rmdir()
                raise
        except OSError as error:
            raise KeyFileError(
                f"cannot make key directory {directory}: {error.strerror}"
            ) from error
        return cls(directory, passphrase=passphrase)

    def make(self, role: Role, name: str, kind: int) -> NewKey:
        """Make a new key of the kind 0x01 or 0x06; nothing is written yet.

        ``name`` is the key's. Raises `FormatError` for what can be none (C2SP signed-note).
        """
        private = make_private_key(kind)
        public = MemorySigner(private).public
        return NewKey(
            role=role,
            verifier=note.make_verifier_key(name, kind, public),
            suffix="pem",
            content=encode_private_key(private, self._passphrase),
        )

    def open(self, role: Role, name: str, uri: str) -> NewKey:
        """Take the key at ``uri`` as a new one; nothing is written yet.

        Raises `FormatError` for what can be no name, `KeyFileError` when the key cannot
        be used.
        """
        signer = open_signer(uri, self._passphrase)
        # Whoever opens the ledger may stand elsewhere: the path is kept absolute.
        lasting = make_file_uri(parse_file_uri(uri)) if uri.startswith(FILE_SCHEME) else uri
        return NewKey(
            role=role,
            verifier=note.make_verifier_key(name, signer.kind, signer.public),
            suffix="uri",
            content=f"{lasting}\n".encode(),
        )

    def keep(self, new: NewKey) -> None:
        """Write the file of a key, synced, before the log may name it.

        What an attempt before left of it is completed. Raises `KeyFileError`.
        """
        stem = _STEMS[new.role, new.verifier.kind]
        path = self.directory / f"{stem}-{new.verifier.key_id.hex()}.{new.suffix}"
        before = read_private_file(path) if _is_there(path) else None
        if before is not None and new.content.startswith(before):
            rewrite_private_file(path, new.content, before)
        else:
            write_private_file(path, new.content)

    def signer(self, role: Role, key: note.VerifierKey) -> Signer:
        """Return the private half of ``key``. Raises `KeyFileError` when it is not here."""
        with self._opening:
            found = self._signers.get(key)
            if found is None:
                found = self._signers[key] = self._find(role, key)
            return found

    def note_signer(self, key: note.VerifierKey, time_s: Callable[[], int]) -> NoteSigner:
        """Return a signer of checkpoints for the log key ``key``. Raises `KeyFileError`."""
        return NoteSigner(key, self.signer("log", key), time_s)

    def _find(self, role: Role, key: note.VerifierKey) -> Signer:
        stem = _STEMS[role, key.kind]
        for name in (f"{stem}-{key.key_id.hex()}", stem):
            for path in (self.directory / f"{name}.pem", self.directory / f"{name}.uri"):
                if not _is_there(path):
                    continue
                signer = open_signer(_uri_of(path), self._passphrase)
                if (signer.kind, signer.public) == (key.kind, key.public):
                    return signer
        raise KeyFileError(
            f"cannot read key file {self.directory}/{stem}-{key.key_id.hex()}.pem: the "
            f"private half of the {role} key in force is not there"
        )


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise KeyFileError(f"cannot read key file {path}: {error.strerror}") from error


def _uri_of(path: Path) -> str:
    """Return the URI of a key by its file: of the file itself, or what stands in it."""
    if path.suffix == ".pem":
        return make_file_uri(path)
    try:
        return read_private_file(path).decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise KeyFileError(f"key file {path} holds no URI") from None
