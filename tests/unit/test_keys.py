from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from provenance.errors import KeyFileError
from provenance.keys import KEY_FILE_SIZE_MAX, KeyRing, read_private_key, write_private_key
from provenance.tlog.note import open_note, sign_note

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "log.example/2026"


def test_a_key_ring_signs_what_its_public_halves_verify(tmp_path: Path) -> None:
    KeyRing.create(tmp_path / "keys", origin=ORIGIN)
    ring = KeyRing(tmp_path / "keys", origin=ORIGIN)
    text = f"{ORIGIN}\n1\n{'A' * 43}=\n"
    note = sign_note(text, ring.log_signers(time_s=lambda: 7))
    opened = open_note(note, ring.log_verifiers)
    assert [one.timestamp_s for one in opened.signatures] == [None, 7]
    assert ring.entry_verifier.name == f"{ORIGIN}/entry"
    ring.entry_key.public_key().verify(ring.entry_key.sign(b"x"), b"x")


def test_key_files_are_private(tmp_path: Path) -> None:
    KeyRing.create(tmp_path / "keys", origin=ORIGIN)
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    KeyRing.create(tmp_path / "keys", origin=ORIGIN)
    with pytest.raises(KeyFileError, match="cannot make"):
        KeyRing.create(tmp_path / "keys", origin=ORIGIN)
    with pytest.raises(KeyFileError, match="cannot write"):
        write_private_key(tmp_path / "keys" / "entry.pem", Ed25519PrivateKey.generate())


def _file(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    write_private_key(tmp_path / "key.pem", Ed25519PrivateKey.generate())
    (tmp_path / "key.pem").chmod(0o640)
    with pytest.raises(KeyFileError, match="open to others"):
        read_private_key(tmp_path / "key.pem", Ed25519PrivateKey)


def test_missing_damaged_encrypted_and_other_keys_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot read"):
        read_private_key(tmp_path / "none.pem", Ed25519PrivateKey)
    damaged = _file(tmp_path / "damaged.pem", b"x" * (KEY_FILE_SIZE_MAX + 1))
    with pytest.raises(KeyFileError, match="PKCS#8"):
        read_private_key(damaged, Ed25519PrivateKey)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    with pytest.raises(KeyFileError, match="unencrypted"):
        read_private_key(_file(tmp_path / "locked.pem", pem), Ed25519PrivateKey)
    write_private_key(tmp_path / "other.pem", MLDSA44PrivateKey.generate())
    with pytest.raises(KeyFileError, match="another kind"):
        read_private_key(tmp_path / "other.pem", Ed25519PrivateKey)
