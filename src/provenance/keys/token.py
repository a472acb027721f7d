"""Ed25519 keys on a PKCS #11 token: a hardware module, or SoftHSM.

The only module that imports ``pkcs11`` (package ``python-pkcs11``, extra ``hsm``), when the
first token is opened. A process logs into a token once, and all keys on it share that
session, one signature at a time: tokens promise no more. A session does not outlive a fork.

Every signature is verified before it is given away: a token whose public and private
objects do not belong together, or that fails, must not spoil a log that cannot be undone.

Sources: PKCS #11 v3.1 (CKM_EDDSA, CKK_EC_EDWARDS), RFC 7512, RFC 8410 (Ed25519).
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from provenance.errors import KeyFileError
from provenance.keys.files import read_private_file
from provenance.keys.uri import TokenUri, parse_token_uri
from provenance.tlog import note

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

PUBLIC_SIZE: Final = 32
_POINT_DER: Final = b"\x04\x20"
"""An OCTET STRING of 32 bytes, which most tokens wrap around an Ed25519 point."""


class _Session(NamedTuple):
    """One login to one token."""

    session: Any
    turn: threading.Lock
    process: int


_sessions: Final[dict[tuple[str, bytes], _Session]] = {}
_opening: Final = threading.Lock()


class TokenSigner:
    """An Ed25519 private key that stays on its token.

    Raises `KeyFileError` when the extra ``hsm`` is not installed, when the library or
    the token is not there, the PIN is wrong, or not just one Ed25519 key fits the URI.
    """

    kind: Final = note.ED25519

    def __init__(self, uri: str, passphrase: bytes | None = None) -> None:
        wanted = parse_token_uri(uri)
        self._pkcs11: Final = _import_pkcs11()
        with _opening:
            self._session: Final = self._asking(lambda: self._open(wanted, passphrase))
        with self._session.turn:
            self._key: Final = self._asking(lambda: self._find(wanted))
            self.public: Final = self._asking(self._read_public)
        self._verifier: Final = Ed25519PublicKey.from_public_bytes(self.public)

    def sign(self, message: bytes) -> bytes:
        """Have the token sign; 64 bytes, verified."""
        if os.getpid() != self._session.process:
            raise KeyFileError("the token was opened before a fork: open the ledger again")
        mechanism = self._pkcs11.Mechanism.EDDSA
        with self._session.turn:
            signature = self._asking(lambda: self._key.sign(message, mechanism=mechanism))
        try:
            self._verifier.verify(signature, message)
        except InvalidSignature:
            raise KeyFileError("the token's private key does not fit its public key") from None
        return bytes(signature)

    def _asking(self, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever is asked for
        try:
            return ask()
        except self._pkcs11.PKCS11Error as error:
            # The name tells what is wrong (PinIncorrect, TokenNotPresent, …); the text
            # might quote what was handed in.
            name = type(error).__name__
            raise KeyFileError(f"the PKCS #11 token cannot be used: {name}") from error

    def _open(self, wanted: TokenUri, passphrase: bytes | None) -> _Session:
        try:
            library = self._pkcs11.lib(wanted.module_path)
        except RuntimeError as error:
            raise KeyFileError(
                f"cannot load the PKCS #11 library {wanted.module_path}"
            ) from error
        _forget_parent(library, wanted.module_path)
        token = _one([one for one in library.get_tokens() if _fits(one, wanted)], "token")
        known = _sessions.get((wanted.module_path, token.serial))
        if known is None:
            session = token.open(user_pin=_read_pin(wanted, passphrase))
            known = _Session(session, threading.Lock(), os.getpid())
            _sessions[wanted.module_path, token.serial] = known
        return known

    def _find(self, wanted: TokenUri) -> Any:  # noqa: ANN401 - of a library loaded late
        names = self._pkcs11.Attribute
        template: dict[Any, Any] = {names.CLASS: self._pkcs11.ObjectClass.PRIVATE_KEY}
        if wanted.object is not None:
            template[names.LABEL] = wanted.object
        if wanted.id is not None:
            template[names.ID] = wanted.id
        key = _one(list(self._session.session.get_objects(template)), "private key")
        if key.key_type != self._pkcs11.KeyType.EC_EDWARDS:
            raise KeyFileError(
                "the token's key is no Ed25519 key; other kinds are not used there, and "
                "ML-DSA-44 keys must lie in files"
            )
        return key

    def _read_public(self) -> bytes:
        names = self._pkcs11.Attribute
        template: dict[Any, Any] = {
            names.CLASS: self._pkcs11.ObjectClass.PUBLIC_KEY,
            **({names.ID: self._key.id} if self._key.id else {names.LABEL: self._key.label}),
        }
        public = _one(list(self._session.session.get_objects(template)), "public key")
        point = bytes(public[names.EC_POINT])
        if len(point) == PUBLIC_SIZE + len(_POINT_DER):
            point = point.removeprefix(_POINT_DER)
        if len(point) != PUBLIC_SIZE:
            raise KeyFileError("the token's public key is no Ed25519 key")
        return point


def _import_pkcs11() -> ModuleType:
    try:
        import pkcs11  # noqa: PLC0415 - an extra

        found: ModuleType = pkcs11
    except ImportError as error:
        raise KeyFileError(
            "keys on a token need python-pkcs11: install the extra hsm"
        ) from error
    return found


def _forget_parent(library: Any, module_path: str) -> None:  # noqa: ANN401 - loaded late
    """Begin anew in a child: what was opened before the fork is the parent's."""
    inherited = [
        key
        for key, one in _sessions.items()
        if key[0] == module_path and one.process != os.getpid()
    ]
    for key in inherited:
        del _sessions[key]
    if inherited:
        library.reinitialize()


def _fits(token: Any, wanted: TokenUri) -> bool:  # noqa: ANN401 - of a library loaded late
    return (
        wanted.token in {None, token.label}
        and wanted.serial in {None, token.serial.decode("ascii", "replace")}
        and wanted.manufacturer in {None, token.manufacturer_id}
        and wanted.model in {None, token.model}
    )


def _one(found: list[Any], what: str) -> Any:  # noqa: ANN401 - of a library loaded late
    if len(found) != 1:
        raise KeyFileError(f"{len(found) or 'no'} {what}s fit the pkcs11 URI, one is wanted")
    return found[0]


def _read_pin(wanted: TokenUri, passphrase: bytes | None) -> str:
    pin = passphrase
    if wanted.pin_source is not None:
        pin = read_private_file(wanted.pin_source).partition(b"\n")[0]
    if not pin:
        raise KeyFileError("the token's PIN is needed: pin-source in its URI, or a passphrase")
    return pin.decode("utf-8", "replace")
