"""Keys on a PKCS #11 token, for real, on SoftHSM2."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import softhsm
from ledgers import DEPOSITOR, ORIGIN, flux, today_spec
from provenance.audit import audit
from provenance.errors import KeyFileError
from provenance.keys import open_signer, token
from provenance.ledger import Ledger
from provenance.report import PROVEN
from provenance.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from softhsm import Token

PIN = softhsm.PIN.encode()
needs_softhsm = pytest.mark.skipif(
    softhsm.missing() is not None, reason=softhsm.missing() or "all is there"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    """Return one token with two Ed25519 keys, two of one label, and a P-256 key."""
    before = os.environ.get("SOFTHSM2_CONF")
    softhsm.configure(tmp_path_factory.mktemp("softhsm"))
    made = softhsm.make_token("ledger")
    made.add_key("entry", b"\x01")
    made.add_key("next", b"\x02")
    made.add_key("twin", b"\x03")
    made.add_key("twin", b"\x04")
    made.add_key("weak", b"\x05", curve="p256")
    yield made
    token._sessions.clear()
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


@pytest.fixture
def fresh() -> Iterator[None]:
    """Log out of all tokens, so that the next one to open logs in."""
    _log_out()
    yield
    _log_out()


def _log_out() -> None:
    for one in token._sessions.values():
        one.session.close()
    token._sessions.clear()


@needs_softhsm
@pytest.mark.usefixtures("fresh")
def test_a_token_signs_what_its_public_key_verifies(store: Token) -> None:
    signer = open_signer(store.uri(object="entry"), PIN)
    Ed25519PublicKey.from_public_bytes(signer.public).verify(signer.sign(b"x"), b"x")
    same = open_signer(store.uri(id="%01", type="private"), PIN)
    assert same.public == signer.public
    assert open_signer(store.uri(object="next"), PIN).public != signer.public


@needs_softhsm
@pytest.mark.usefixtures("fresh")
def test_what_does_not_fit_or_fits_twice_is_refused(store: Token) -> None:
    for attributes, text in (
        ({"object": "none"}, "no private keys fit"),
        ({"object": "twin"}, "2 private keys fit"),
        ({"object": "weak"}, "no Ed25519 key"),
        ({"object": "entry", "serial": "none"}, "no tokens fit"),
        ({"object": "entry", "model": "none"}, "no tokens fit"),
    ):
        with pytest.raises(KeyFileError, match=text):
            open_signer(store.uri(**attributes), PIN)


@needs_softhsm
@pytest.mark.usefixtures("fresh")
def test_the_pin_is_asked_for_and_never_told(store: Token, tmp_path: Path) -> None:
    uri = store.uri(object="entry")
    with pytest.raises(KeyFileError, match="PIN is needed"):
        open_signer(uri)
    with pytest.raises(KeyFileError, match="PinIncorrect") as refused:
        open_signer(uri, b"87654321")
    assert "87654321" not in str(refused.value)
    pin = tmp_path / "pin"
    pin.write_bytes(PIN + b"\n")
    pin.chmod(0o644)
    with pytest.raises(KeyFileError, match="open to others"):
        open_signer(f"{uri}&pin-source=file:{pin}")
    pin.chmod(0o600)
    assert open_signer(f"{uri}&pin-source=file:{pin}", b"unused").sign(b"x")


def test_a_library_that_is_not_there_is_named(
    tmp_path: Path,
) -> None:
    pytest.importorskip("pkcs11", reason="python-pkcs11 (extra hsm) is not installed")
    with pytest.raises(KeyFileError, match=r"cannot load .*none\.so"):
        open_signer(f"pkcs11:object=x?module-path={tmp_path}/none.so", PIN)


def test_without_the_extra_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(KeyFileError, match="extra hsm"):
        open_signer("pkcs11:object=x?module-path=x.so", PIN)


@needs_softhsm
@pytest.mark.usefixtures("fresh")
def test_a_signature_that_does_not_verify_is_not_given_away(
    store: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token, "_POINT_DER", b"")
    with pytest.raises(KeyFileError, match="no Ed25519 key"):
        open_signer(store.uri(object="entry"), PIN)
    monkeypatch.undo()
    signer, other = (open_signer(store.uri(object=name), PIN) for name in ("entry", "next"))
    monkeypatch.setattr(signer, "_key", other._key)  # type: ignore[attr-defined]
    with pytest.raises(KeyFileError, match="does not fit"):
        signer.sign(b"x")


@needs_softhsm
@pytest.mark.usefixtures("fresh")
def test_a_ledger_whose_entry_key_never_leaves_its_token(store: Token, tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    uri = store.uri(object="entry")
    with Ledger.create(path, origin=ORIGIN, passphrase=PIN, entry_key=uri) as ledger:
        names = sorted(file.name.rpartition("-")[0] for file in (path / "keys").iterdir())
        assert names == ["entry", "log-ed25519", "log-mldsa44"]
        (pointer,) = (path / "keys").glob("entry-*.uri")
        assert pointer.read_text() == f"{uri}\n"
        ledger.register(DEPOSITOR, name="Organisme", for_all=True)
        ledger.deposit(flux(today_spec(passages=40)))
        ledger.publish()
    with Ledger.open(path, passphrase=PIN) as ledger:
        ledger.rotate_keys("entry", store.uri(object="next"))
        ledger.register("9ANOTHER", name="Un")
        ledger.rotate_keys("log", store.uri(id="%04"))
        ledger.rotate_keys("entry")
        ledger.publish()
        assert Verifier(ledger.policy()).verify(ledger.prove([4])).verdict in PROVEN
    report = audit(path)
    assert report.verdict == "yes", report.findings


@needs_softhsm
@pytest.mark.usefixtures("fresh")
def test_many_threads_share_one_token(store: Token) -> None:
    signers = [open_signer(store.uri(object=name), PIN) for name in ("entry", "next")]
    failures: list[Exception] = []

    def work(number: int) -> None:
        signer = signers[number % 2]
        try:
            for count in range(50):
                signer.sign(b"%d %d" % (number, count))
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


FORKING = """
import os, sys
from provenance.errors import KeyFileError
from provenance.keys import open_signer

uri, pin = sys.argv[1], sys.argv[2].encode()
signer = open_signer(uri, pin)
signer.sign(b"before")
child = os.fork()
if child == 0:
    try:
        signer.sign(b"in the child")
    except KeyFileError as error:
        print(error, flush=True)
        open_signer(uri, pin).sign(b"in the child")
        sys.exit(7)
    sys.exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
signer.sign(b"behind")
"""


@needs_softhsm
def test_a_child_opens_the_token_for_itself(store: Token) -> None:
    words = [sys.executable, "-c", FORKING, store.uri(object="entry"), softhsm.PIN]
    done = subprocess.run(words, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert b"before a fork" in done.stdout
