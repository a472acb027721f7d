"""Keys by URI, under passphrases, and as a ring finds them: by public half, not by name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from provenance.errors import FormatError, KeyFileError
from provenance.keys import KeyRing, load_private_key, open_signer, write_private_key
from provenance.keys import files as key_files
from provenance.keys.uri import make_file_uri, parse_file_uri, parse_token_uri
from provenance.ledger import Ledger
from provenance.tlog.note import ED25519, MLDSA44, make_verifier_key

if TYPE_CHECKING:
    from provenance.keys import NewKey
    from provenance.tlog.note import VerifierKey

ORIGIN = "log.example/2026"
SECRET = "pâss phrase".encode()


@pytest.mark.parametrize("kind", [Ed25519PrivateKey, MLDSA44PrivateKey])
def test_a_passphrase_encrypts_a_key(
    tmp_path: Path, kind: type[Ed25519PrivateKey | MLDSA44PrivateKey]
) -> None:
    key, path = kind.generate(), tmp_path / "key.pem"
    write_private_key(path, key, SECRET)
    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    again = load_private_key(path, SECRET)
    assert again.private_bytes_raw() == key.private_bytes_raw()
    for wrong, text in ((None, "passphrase is needed"), (b"87654321", "cannot be decrypted")):
        with pytest.raises(KeyFileError, match=text) as refused:
            load_private_key(path, wrong)
        assert "87654321" not in str(refused.value)
        assert key.private_bytes_raw().hex() not in str(refused.value)


def test_a_passphrase_is_not_needed_for_a_plain_file(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    write_private_key(tmp_path / "key.pem", key)
    assert isinstance(load_private_key(tmp_path / "key.pem", SECRET), Ed25519PrivateKey)


@pytest.mark.parametrize("passphrase", [b"", b"x" * 1024])
def test_what_can_be_no_passphrase_is_refused(tmp_path: Path, passphrase: bytes) -> None:
    with pytest.raises(KeyFileError, match="empty, or too long"):
        write_private_key(tmp_path / "key.pem", Ed25519PrivateKey.generate(), passphrase)
    assert not list(tmp_path.iterdir())


def test_keys_of_other_algorithms_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    pem = generate_private_key(SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(pem)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="another kind"):
        load_private_key(path)


def test_a_directory_that_cannot_be_synced_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(key_files, "sync_directory", fail)
    with pytest.raises(KeyFileError, match="cannot write"):
        write_private_key(tmp_path / "key.pem", Ed25519PrivateKey.generate())


# --- URIs


def test_file_uris_of_this_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for uri in ("file:/a%20b", "file:///a%20b", "file://localhost/a%20b"):
        assert parse_file_uri(uri) == Path("/a b")
    assert parse_file_uri("file:key.pem") == tmp_path / "key.pem"
    odd = Path("/é ?#%/key.pem")
    assert parse_file_uri(make_file_uri(odd)) == odd


@pytest.mark.parametrize("uri", ["file:", "file://", "file://host/a", "file:/%00", "file:/%ff"])
def test_what_is_no_file_uri(uri: str) -> None:
    with pytest.raises(KeyFileError):
        parse_file_uri(uri)


def test_a_token_uri_is_read() -> None:
    uri = parse_token_uri(
        "pkcs11:token=My%20token;serial=1a;manufacturer=M;model=m;object=entry;id=%01%ff;"
        "type=private?module-path=/usr/lib/x.so&pin-source=file:/run/pin"
    )
    assert (uri.token, uri.serial, uri.manufacturer, uri.model) == ("My token", "1a", "M", "m")
    assert (uri.object, uri.id) == ("entry", b"\x01\xff")
    assert (uri.module_path, uri.pin_source) == ("/usr/lib/x.so", Path("/run/pin"))
    short = parse_token_uri("pkcs11:?module-path=x.so")
    assert {short.token, short.object, short.id, short.pin_source} == {None}


@pytest.mark.parametrize(
    "uri",
    [
        "pkcs11:object=entry",
        "pkcs11:object=entry;object=entry?module-path=x",
        "pkcs11:colour=red?module-path=x",
        "pkcs11:object?module-path=x",
        "pkcs11:type=public?module-path=x",
        "pkcs11:object=entry?module-path=x&pin-value=0000",
        "pkcs11:pin-value=0000?module-path=x",
        "pkcs11:object=%ff?module-path=x",
        "pkcs11:object=entry?module-path=x&pin-source=file://host/pin",
    ],
)
def test_what_is_no_token_uri(uri: str) -> None:
    with pytest.raises(KeyFileError) as refused:
        parse_token_uri(uri)
    assert "0000" not in str(refused.value)


def test_another_scheme_is_refused() -> None:
    with pytest.raises(KeyFileError, match=r"file:… or pkcs11:…"):
        open_signer("https://a.example/key.pem")


# --- the ring


def public_half(key: Ed25519PrivateKey) -> VerifierKey:
    public = key.public_key().public_bytes_raw()
    return make_verifier_key(f"{ORIGIN}/entry", ED25519, public)


def test_a_ring_finds_a_key_by_its_public_half(tmp_path: Path) -> None:
    ring = KeyRing.create(tmp_path / "keys")
    wanted, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    key = public_half(wanted)
    named = tmp_path / "keys" / f"entry-{key.key_id.hex()}.pem"
    with pytest.raises(KeyFileError, match="not there"):
        ring.signer("entry", key)
    write_private_key(named, other)
    with pytest.raises(KeyFileError, match="not there"):
        ring.signer("entry", key)
    write_private_key(tmp_path / "keys" / "entry.pem", wanted)
    signer = ring.signer("entry", key)
    assert signer.public == key.public
    assert ring.signer("entry", key) is signer
    with pytest.raises(KeyFileError, match="not there"):
        ring.signer("entry", public_half(Ed25519PrivateKey.generate()))


def test_a_uri_file_leads_to_a_key_elsewhere(tmp_path: Path) -> None:
    ring = KeyRing.create(tmp_path / "keys", passphrase=SECRET)
    private = Ed25519PrivateKey.generate()
    write_private_key(tmp_path / "far.pem", private, SECRET)
    new = ring.open("entry", f"{ORIGIN}/entry", make_file_uri(tmp_path / "far.pem"))
    assert new.verifier == public_half(private)
    ring.keep(new)
    ring.keep(new)
    (file,) = (tmp_path / "keys").iterdir()
    assert file.suffix == ".uri"
    assert file.stat().st_mode & 0o777 == 0o600
    assert ring.signer("entry", new.verifier).public == new.verifier.public
    file.write_bytes(b"\xff")
    with pytest.raises(KeyFileError, match="no URI"):
        KeyRing(tmp_path / "keys").signer("entry", new.verifier)
    with pytest.raises(KeyFileError, match="cannot write"):
        ring.keep(new)


def test_a_key_directory_that_could_not_be_synced_can_be_made_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", fail)
        with pytest.raises(KeyFileError, match="cannot make key directory"):
            KeyRing.create(tmp_path / "keys")
    assert KeyRing.create(tmp_path / "keys").directory.is_dir()


def far_key(tmp_path: Path, ring: KeyRing) -> NewKey:
    write_private_key(tmp_path / "far.pem", Ed25519PrivateKey.generate())
    return ring.open("entry", f"{ORIGIN}/entry", make_file_uri(tmp_path / "far.pem"))


def test_a_key_whose_file_could_not_be_synced_can_be_kept_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    ring = KeyRing.create(tmp_path / "keys")
    new = far_key(tmp_path, ring)
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", fail)
        with pytest.raises(KeyFileError, match="No space left"):
            ring.keep(new)
    assert list((tmp_path / "keys").iterdir()) == []
    ring.keep(new)
    assert ring.signer("entry", new.verifier).public == new.verifier.public


@pytest.mark.parametrize("kept", [0, 5, None])
def test_a_key_file_that_a_crash_left_is_completed_and_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int | None
) -> None:
    """Cut off, or whole and not on the disk yet: nobody can tell which."""
    ring = KeyRing.create(tmp_path / "keys")
    new = far_key(tmp_path, ring)
    ring.keep(new)
    (file,) = (tmp_path / "keys").iterdir()
    file.write_bytes(new.content[:kept])
    synced: list[int] = []
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        sync(descriptor)

    monkeypatch.setattr("os.fsync", fsync)
    ring.keep(new)
    assert file.read_bytes() == new.content
    assert synced == [file.stat().st_ino, file.parent.stat().st_ino]


def test_a_new_key_never_shows_its_private_half(tmp_path: Path) -> None:
    new = KeyRing(tmp_path).make("log", ORIGIN, MLDSA44)
    assert "PRIVATE KEY" in new.content.decode()
    assert "PRIVATE" not in repr(new)
    with pytest.raises(FormatError):
        KeyRing(tmp_path).make("log", "a name", ED25519)


def test_a_key_directory_that_cannot_be_looked_into_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(KeyFileError, match="Permission denied"):
        KeyRing(tmp_path).signer("entry", public_half(Ed25519PrivateKey.generate()))


def test_a_ledger_under_a_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with Ledger.create(path, origin=ORIGIN, passphrase=SECRET) as ledger:
        ledger.publish()
    for wrong, text in ((None, "passphrase is needed"), (b"87654321", "cannot be decrypted")):
        with Ledger.open(path, passphrase=wrong) as ledger:
            size = ledger.size
            with pytest.raises(KeyFileError, match=text):
                ledger.register("9ANOTHER", name="Un")
            assert ledger.size == size
    with Ledger.open(path, passphrase=SECRET) as ledger:
        ledger.rotate_keys("entry")
        ledger.rotate_keys("log")
        ledger.publish()
    pems = [file.read_bytes() for file in (path / "keys").iterdir()]
    assert len(pems) == 6
    assert all(b"ENCRYPTED" in pem for pem in pems)
    with Ledger.open(path, passphrase=SECRET) as ledger:
        ledger.register("9ANOTHER", name="Un")
        ledger.publish()
