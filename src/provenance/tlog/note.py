"""Signed notes: a text, an empty line, and the signatures of those who vouch for it.

::

    log.example/2026
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — log.example/2026 Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=

A signature line is an em dash, the key's name, and base64 of the 4-byte key id with the
signature. The key id is SHA-256(name || newline || type || public key)[:4], and a verifier
key is written ``name+<id in hex>+base64(type || public key)``. Lines of unknown keys are
ignored; a line of a known key that does not verify refuses the whole note.

Sources: C2SP signed-note; RFC 8032 (Ed25519), FIPS 204 (ML-DSA-44).
"""  # noqa: E501 - the line is as long as it is

from __future__ import annotations

import hashlib
import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

from provenance.encoding import decode_base64, decode_text, encode_base64
from provenance.errors import FormatError, SignatureError, VerificationError
from provenance.tlog.cosignature import TIME_SIZE, checkpoint_message, cosignature_message
from provenance.tlog.publickeys import check_ed25519, load_ecdsa, load_ed25519, load_mldsa44

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    RunTests: TypeAlias = Callable[
        [Sequence[Callable[[], int | None]]],
        Sequence[int | FormatError | VerificationError | None],
    ]
    """Gives what each test returns, or the error that it raises."""

ED25519: Final = 0x01
ECDSA: Final = 0x02
COSIGNATURE: Final = 0x04
MLDSA44: Final = 0x06
KEY_ID_SIZE: Final = 4
SIGNATURE_LINES_MAX: Final = 100

_PUBLIC_SIZES: Final = {ED25519: 32, COSIGNATURE: 32, MLDSA44: 1312}
_SIGNATURE_SIZES: Final = {ED25519: 64, COSIGNATURE: TIME_SIZE + 64, MLDSA44: TIME_SIZE + 2420}
_LINE: Final = re.compile(r"— (\S+) ([A-Za-z0-9+/]+={0,2})")


class VerifierKey(Struct, frozen=True):
    """A public key with its name, its 4-byte id and its signature type."""

    name: str
    key_id: bytes
    kind: int
    public: bytes

    def __str__(self) -> str:
        """Return the key as it is written: ``name+id+base64``."""
        return (
            f"{self.name}+{self.key_id.hex()}+{encode_base64(bytes([self.kind]) + self.public)}"
        )

    def verify(self, text: str, signature: bytes) -> int | None:
        """Verify a signature over a note's text; give the POSIX seconds that it states.

        None for the types without a time. Raises `SignatureError`.
        """
        try:
            return self._verify(text, signature)
        except (InvalidSignature, ValueError) as error:
            raise SignatureError(f"the signature by {self.name} is wrong") from error

    def _verify(self, text: str, signature: bytes) -> int | None:
        if self.kind == ECDSA:
            public = load_ecdsa(self.public)
            public.verify(signature, text.encode(), ec.ECDSA(hashes.SHA256()))
            return None
        if len(signature) != _SIGNATURE_SIZES[self.kind]:
            raise InvalidSignature
        if self.kind == ED25519:
            load_ed25519(self.public).verify(signature, text.encode())
            return None
        time_s = int.from_bytes(signature[:TIME_SIZE], "big")
        value = signature[TIME_SIZE:]
        if self.kind == COSIGNATURE:
            load_ed25519(self.public).verify(value, cosignature_message(text, time_s))
        else:
            message = checkpoint_message(text, cosigner=self.name, time_s=time_s)
            load_mldsa44(self.public).verify(value, message)
        return time_s


class SignatureLine(Struct, frozen=True):
    """One line below a note: the key's name and id, and the signature behind the id."""

    name: str
    key_id: bytes
    data: bytes

    def __str__(self) -> str:
        """Return the line as it is written, with its newline."""
        return f"— {self.name} {encode_base64(self.key_id + self.data)}\n"


class VerifiedSignature(Struct, frozen=True):
    """A signature that was verified, and the POSIX seconds that it states, if any."""

    key: VerifierKey
    timestamp_s: int | None


class Note(Struct, frozen=True):
    """A note whose known signatures all verified; there is at least one."""

    text: str
    signatures: tuple[VerifiedSignature, ...]


class NoteSigner(Protocol):
    """Anything that signs notes."""

    @property
    def verifier_key(self) -> VerifierKey:
        """The public half, under which the signature verifies."""

    def sign(self, text: str) -> bytes:
        """Sign a note's text; give the bytes that stand behind the key id."""


class Ed25519Signer:
    """Signs notes with a plain Ed25519 signature (type 0x01)."""

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self._private: Final = private_key
        public = private_key.public_key().public_bytes_raw()
        self.verifier_key: Final = make_verifier_key(name, ED25519, public)

    def sign(self, text: str) -> bytes:
        """Sign a note's text: 64 bytes."""
        return self._private.sign(text.encode())


def make_verifier_key(name: str, kind: int, public: bytes) -> VerifierKey:
    """Make a verifier key; raises `FormatError` for a name or key that cannot be one.

    Ed25519 keys that are not canonical, or of small order, are refused: under those one
    signature would verify for many messages, and the cryptographic library takes them.
    """
    _check_name(name)
    _check_public(kind, public)
    return VerifierKey(name, _key_id(name, kind, public), kind, public)


@lru_cache(maxsize=256)  # A log has few keys, and all that it does names them.
def parse_verifier_key(vkey: str) -> VerifierKey:
    """Parse ``name+<8 hex of key id>+base64(type || public key)``; raises `FormatError`."""
    name, _, rest = decode_text(vkey, "verifier key").partition("+")
    _, _, encoded = rest.partition("+")
    data = decode_base64(encoded)
    if not data:
        raise FormatError("malformed verifier key")
    key = make_verifier_key(name, data[0], data[1:])
    if str(key) != vkey:
        raise FormatError("malformed verifier key")
    return key


def split_note(note: str | bytes) -> tuple[str, tuple[SignatureLine, ...]]:
    """Split a note at its last empty line, verifying nothing; raises `FormatError`."""
    body, separator, tail = decode_text(note, "note").rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise FormatError("malformed note")
    lines = tail.removesuffix("\n").split("\n")
    if len(lines) > SIGNATURE_LINES_MAX:
        raise FormatError(f"malformed note: more than {SIGNATURE_LINES_MAX} signature lines")
    return f"{body}\n", tuple(map(_parse_line, lines))


def open_note(note: str | bytes, keys: Iterable[VerifierKey]) -> Note:
    """Verify a note under those of its signatures whose key is known.

    Raises `FormatError` for what is no note, `SignatureError` when a known key's signature
    fails, stands there twice, or when none is known, and for two keys of one name and id.
    """
    return verify_lines(*split_note(note), keys)


def verify_lines(
    text: str,
    lines: Iterable[SignatureLine],
    keys: Iterable[VerifierKey],
    run: RunTests | None = None,
) -> Note:
    """Do as `open_note` for a note that `split_note` has split already.

    ``run`` runs the tests of the signatures; without it one is run after the other.
    """
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise SignatureError(f"two keys named {key.name} have one id")
    signers: list[VerifierKey] = []
    tests: list[Callable[[], int | None]] = []
    for line in lines:
        signer = known.get((line.name, line.key_id))
        if signer is None:
            continue
        if signer in signers:
            tests.append(partial(_refuse, f"two signatures by {signer.name}"))
            break
        signers.append(signer)
        tests.append(partial(signer.verify, text, line.data))
    times = _times([test() for test in tests] if run is None else run(tests))
    if not times:
        raise SignatureError("no signature by a known key")
    return Note(text, tuple(map(VerifiedSignature, signers, times)))


def _refuse(reason: str) -> int | None:
    raise SignatureError(reason)


def _times(results: Iterable[int | FormatError | VerificationError | None]) -> list[int | None]:
    """Return what the tests returned; raise the first error among it."""
    times: list[int | None] = []
    for result in results:
        if isinstance(result, FormatError | VerificationError):
            raise result
        times.append(result)
    return times


def sign_note(text: str, signers: Sequence[NoteSigner]) -> str:
    """Sign a text that ends in a newline; raises `FormatError` when it can be no note."""
    # Nothing is signed that could not be read again.
    if not decode_text(text, "note").endswith("\n"):
        raise FormatError("the text of a note ends in a newline")
    lines = []
    for signer in signers:
        key = signer.verifier_key
        lines.append(str(SignatureLine(key.name, key.key_id, signer.sign(text))))
    note = f"{text}\n{''.join(lines)}"
    split_note(note)
    return note


def _parse_line(line: str) -> SignatureLine:
    match = _LINE.fullmatch(line)
    if match is None:
        raise FormatError("malformed signature line")
    _check_name(match[1])
    data = decode_base64(match[2])
    if len(data) <= KEY_ID_SIZE:
        raise FormatError("malformed signature line")
    return SignatureLine(match[1], data[:KEY_ID_SIZE], data[KEY_ID_SIZE:])


def _check_name(name: str) -> None:
    if "+" in decode_text(name, "key name") or name.split() != [name]:
        raise FormatError("malformed key name")


def _check_public(kind: int, public: bytes) -> None:
    if kind == ECDSA:
        load_ecdsa(public)
        return
    if len(public) != _PUBLIC_SIZES.get(kind, -1):
        raise FormatError("unknown key type, or a public key of another size")
    if kind != MLDSA44:
        check_ed25519(public)


def _key_id(name: str, kind: int, public: bytes) -> bytes:
    if kind == ECDSA:
        return hashlib.sha256(public).digest()[:KEY_ID_SIZE]
    preimage = name.encode() + b"\n" + bytes([kind]) + public
    return hashlib.sha256(preimage).digest()[:KEY_ID_SIZE]
