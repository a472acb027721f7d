from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from provenance.errors import KeyFileError
from provenance.keys import KEY_FILE_SIZE_MAX, KeyRing, read_private_key, write_private_key
from provenance.tlog.note import ED25519, MLDSA44, open_note, sign_note

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.tlog.note import VerifierKey

ORIGIN = "log.example/2026"


def make_keys(ring: KeyRing) -> list[VerifierKey]:
    new = [
        ring.make("entry", f"{ORIGIN}/entry", ED25519),
        ring.make("log", ORIGIN, ED25519),
        ring.make("log", ORIGIN, MLDSA44),
    ]
    for key in new:
        ring.keep(key)
    return [key.verifier for key in new]


def test_a_key_ring_signs_what_its_public_halves_verify(tmp_path: Path) -> None:
    entry, *log = make_keys(KeyRing.create(tmp_path / "keys"))
    ring = KeyRing(tmp_path / "keys")
    text = f"{ORIGIN}\n1\n{'A' * 43}=\n"
    note = sign_note(text, [ring.note_signer(key, lambda: 7) for key in log])
    assert [one.timestamp_s for one in open_note(note, log).signatures] == [None, 7]
    entry.verify("x\n", ring.signer("entry", entry).sign(b"x\n"))


def test_key_files_are_private(tmp_path: Path) -> None:
    make_keys(KeyRing.create(tmp_path / "keys"))
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    entry, *_ = make_keys(KeyRing.create(tmp_path / "keys"))
    with pytest.raises(KeyFileError, match="cannot make"):
        KeyRing.create(tmp_path / "keys")
    path = tmp_path / "keys" / f"entry-{entry.key_id.hex()}.pem"
    with pytest.raises(KeyFileError, match="cannot write"):
        write_private_key(path, Ed25519PrivateKey.generate())


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
    with pytest.raises(KeyFileError, match="is encrypted"):
        read_private_key(_file(tmp_path / "locked.pem", pem), Ed25519PrivateKey)
    write_private_key(tmp_path / "other.pem", MLDSA44PrivateKey.generate())
    with pytest.raises(KeyFileError, match="another kind"):
        read_private_key(tmp_path / "other.pem", Ed25519PrivateKey)
