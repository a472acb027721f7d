"""What the page's verifier rests on, held against Python and OpenSSL: keys and signatures.

A signature that one library takes and another one refuses would make a proof depend on who
looks at it. So the crafted ones are here: numbers and points in a second spelling, points with
a part of small order, hints and DER that are not the only spelling.
"""

from __future__ import annotations

import hashlib
import json
import random
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bundle_mutations import change_text
from page_process import needs_page, run_page
from property.test_bundle_mutations import mutate
from provenance.errors import FormatError
from provenance.record.entry import encode_entry, parse_entry
from provenance.tlog.note import parse_verifier_key
from record_samples import ENTRIES
from simulator import ed25519_key, ed25519_vkey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from page_process import PageVerifier

pytestmark = needs_page

P: Final = 2**255 - 19
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
D: Final = -121665 * pow(121666, -1, P) % P
ORDER_8_Y: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
MESSAGE: Final = b"what is signed"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageVerifier]:
    with run_page(tmp_path_factory.mktemp("page")) as verifier:
        yield verifier


# Keys.


def test_verifier_keys_are_read_alike(page: PageVerifier) -> None:
    chance = random.Random(7)
    keys = [ed25519_vkey(name) for name in ("a", "b", "log.example/é", "x\ufeffy", "x\u200by")]
    for number in range(600):
        text = chance.choice(keys)
        if number % 3:
            text = change_text(text, chance)
        try:
            told: str | None = str(parse_verifier_key(text))
        except FormatError:
            told = None
        assert page.ask("vkey", text=text) == told, text


def test_names_with_any_white_space_are_refused_alike(page: PageVerifier) -> None:
    """Every character of the BMP inside a name, with the right key id."""
    public = ed25519_key("k").public_key().public_bytes_raw()
    differing = []
    for code in (*range(0x20, 0x3100), *range(0xFE00, 0x10000)):
        name = f"x{chr(code)}y"
        key_id = hashlib.sha256(f"{name}\n\x01".encode() + public).hexdigest()[:8]
        text = f"{name}+{key_id}+{_base64(bytes([1]) + public)}"
        if (page.ask("vkey", text=text) is None) != _is_refused(parse_verifier_key, text):
            differing.append(code)
    assert differing == []


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _is_refused(parse: Callable[[Any], object], data: object) -> bool:
    try:
        parse(data)
    except FormatError:
        return True
    return False


@pytest.mark.parametrize("y", [0, 1, P - 1, ORDER_8_Y, P - ORDER_8_Y, P, P + 1, 2**255 - 1])
def test_keys_of_small_order_are_refused(y: int, page: PageVerifier) -> None:
    for sign in (0, 1):
        public = (y | sign << 255).to_bytes(32, "little")
        key_id = hashlib.sha256(b"k\n\x01" + public).hexdigest()[:8]
        assert page.ask("vkey", text=f"k+{key_id}+{_base64(bytes([1]) + public)}") is None


# Entries.


def test_entries_are_read_alike(page: PageVerifier) -> None:
    """Entries of all thirteen types, changed and not."""
    originals = [encode_entry(entry) for entry in ENTRIES.values()]
    for data in originals:
        assert page.ask("entry", bundle=data) == json.loads(data)["type"]
    chance, refused = random.Random(11), 0
    for _ in range(3000):
        tree = json.loads(chance.choice(originals))
        mutate(tree, chance)
        data = json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()
        told = page.ask("entry", bundle=data)
        assert (told is None) == _is_refused(parse_entry, data), data
        refused += told is None
    assert 1000 < refused < 2900


# Ed25519, with a curve of its own to craft what no library signs.


class Point(NamedTuple):
    """A point of the curve of RFC 8032 section 5.1, in affine coordinates."""

    x: int
    y: int

    def __add__(self, other: Any) -> Point:
        product = D * self.x * other.x * self.y * other.y % P
        x = (self.x * other.y + other.x * self.y) * pow(1 + product, -1, P)
        y = (self.y * other.y + self.x * other.x) * pow(1 - product, -1, P)
        return Point(x % P, y % P)

    def times(self, number: int) -> Point:
        found, power = Point(0, 1), self
        while number:
            if number & 1:
                found += power
            power, number = power + power, number >> 1
        return found

    def encode(self) -> bytes:
        return (self.y | (self.x & 1) << 255).to_bytes(32, "little")


def lift(y: int) -> Point:
    """Return a point of that y (RFC 8032 section 5.1.3)."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * pow(2, (P - 1) // 4, P) % P
    assert root * root % P == square
    return Point(root, y)


BASE: Final = lift(4 * pow(5, -1, P) % P)
BASE_POINT: Final = BASE if BASE.x % 2 == 0 else Point(P - BASE.x, BASE.y)
TORSION: Final = lift(ORDER_8_Y)


def challenge(r: bytes, key: bytes, message: bytes) -> int:
    digest = hashlib.sha512(r + key + message).digest()
    return int.from_bytes(digest, "little") % ORDER


def craft(message: bytes, *, of_key: int = 0, of_r: int = 0) -> tuple[bytes, bytes]:
    """Sign with a key and an R to which so much of a point of order 8 is added."""
    secret, nonce = 12345678901234567890, 98765432109876543210
    key = (BASE_POINT.times(secret) + TORSION.times(of_key)).encode()
    r = (BASE_POINT.times(nonce) + TORSION.times(of_r)).encode()
    s = (nonce + challenge(r, key, message) * secret) % ORDER
    return key, r + s.to_bytes(32, "little")


def takes_ed25519(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def crafted_ed25519() -> Iterator[tuple[bytes, bytes, bytes]]:
    key, signature = craft(MESSAGE)
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    yield key, signature, MESSAGE
    for number in (s + ORDER, s + 8 * ORDER, ORDER - s, ORDER, 0, 2**256 - 1, s | 1 << 255):
        yield key, r + (number % 2**256).to_bytes(32, "little"), MESSAGE
    # The identity and others as R, in both spellings; a key that is on no curve.
    for y in (0, 1, P - 1, P, P + 1, ORDER_8_Y, 2**255 - 1):
        for sign in (0, 1):
            spelled = (y | sign << 255).to_bytes(32, "little")
            yield key, spelled + signature[32:], MESSAGE
            k = challenge(spelled, key, MESSAGE)
            other = k * 12345678901234567890 % ORDER
            yield key, spelled + other.to_bytes(32, "little"), MESSAGE
    yield (2).to_bytes(32, "little"), signature, MESSAGE
    yield bytes([key[0] ^ 1]) + key[1:], signature, MESSAGE
    yield key, signature[:-1], MESSAGE
    yield key, signature + b"\0", MESSAGE
    for number in range(24):
        message = b"%d" % number
        for of_key, of_r in ((1, 0), (0, 1), (4, 0), (4, 4), (1, 7), (3, 5), (2, 2)):
            yield *craft(message, of_key=of_key, of_r=of_r), message
    chance = random.Random(3)
    for _ in range(200):
        changed = bytearray(signature)
        changed[chance.randrange(64)] ^= 1 << chance.randrange(8)
        yield key, bytes(changed), MESSAGE


def find_ed25519_differences(page: PageVerifier) -> tuple[int, list[str]]:
    """Count what OpenSSL takes, and tell what the page judges otherwise."""
    taken, differing = 0, []
    for key, signature, message in crafted_ed25519():
        here = takes_ed25519(key, signature, message)
        there = page.ask(
            "signature", kind="ed25519", key=key, signature=signature, message=message
        )
        taken += here
        if here != there:
            differing.append(f"{key.hex()} {signature.hex()} {message.hex()}")
    return taken, differing


def test_ed25519_signatures_are_judged_as_by_openssl(page: PageVerifier) -> None:
    taken, differing = find_ed25519_differences(page)
    assert differing == []
    # Points of small order do not show where the challenge happens to be a multiple of theirs.
    assert taken > 10


@pytest.mark.parametrize("broken", ["cofactor", "malleable"])
def test_a_laxer_rule_is_noticed(broken: str, tmp_path: Path) -> None:
    """Show the positive control: the rule with the cofactor, and S in a second spelling."""
    with run_page(tmp_path, broken) as page:
        assert find_ed25519_differences(page)[1]


# ML-DSA-44.


def takes_mldsa(key: bytes, signature: bytes) -> bool:
    try:
        MLDSA44PublicKey.from_public_bytes(key).verify(signature, MESSAGE)
    except (InvalidSignature, ValueError):
        return False
    return True


def crafted_mldsa(key: MLDSA44PrivateKey) -> Iterator[bytes]:
    """Change each part of a signature (FIPS 204, algorithm 26): the challenge, z, the hint."""
    signature = key.sign(MESSAGE)
    yield signature
    yield from (signature[:-1], signature + b"\0", bytes(2420), b"\xff" * 2420)
    yield key.sign(MESSAGE, b"a context")
    hint = signature[32 + 2304 :]
    counts = hint[80:]
    for at in range(4):
        for change in (-1, 1, 80, 255):
            other = bytes([*counts[:at], (counts[at] + change) % 256, *counts[at + 1 :]])
            yield signature[:-4] + other
    for at in range(counts[3], 80):
        yield signature[: 2336 + at] + b"\1" + signature[2336 + at + 1 :]
    for at in range(counts[3] - 1):
        swapped = bytes([*hint[:at], hint[at + 1], hint[at], *hint[at + 2 :]])
        yield signature[:2336] + swapped
        yield signature[:2336] + bytes([*hint[:at], hint[at + 1], *hint[at + 1 :]])
    chance = random.Random(13)
    for _ in range(60):
        changed = bytearray(signature)
        changed[chance.randrange(len(signature))] ^= 1 << chance.randrange(8)
        yield bytes(changed)


def test_ml_dsa_signatures_are_judged_as_by_openssl(page: PageVerifier) -> None:
    private = MLDSA44PrivateKey.from_seed_bytes(bytes(32))
    public, taken = private.public_key().public_bytes_raw(), 0
    for signature in crafted_mldsa(private):
        here = takes_mldsa(public, signature)
        there = page.ask(
            "signature", kind="mldsa44", key=public, signature=signature, message=MESSAGE
        )
        assert here == there, signature.hex()
        taken += here
    assert taken == 1


# ECDSA, which logs of others may sign with.


def takes_p256(key: ec.EllipticCurvePublicKey, signature: bytes) -> bool:
    try:
        key.verify(signature, MESSAGE, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def crafted_p256(signature: bytes) -> Iterator[bytes]:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    size = signature[3]
    r = int.from_bytes(signature[4 : 4 + size], "big")
    s = int.from_bytes(signature[6 + size :], "big")
    yield signature
    for pair in ((r, order - s), (r + order, s), (0, s), (r, 0), (r, s + order), (s, r)):
        yield encode_dss_signature(*pair)
    yield b"\x30\x81" + signature[1:]
    yield signature + b"\0"
    yield signature[:-1]
    longer = bytes([2, size + 1, 0]) + signature[4 : 4 + size]
    yield bytes([0x30, signature[1] + 1]) + longer + signature[4 + size :]
    yield b""
    chance = random.Random(17)
    for _ in range(200):
        changed = bytearray(signature)
        changed[chance.randrange(len(signature))] ^= 1 << chance.randrange(8)
        yield bytes(changed)


def test_ecdsa_signatures_are_judged_as_by_openssl(page: PageVerifier) -> None:
    taken = 0
    for secret in (1, 2, 3, 2**200 + 7):
        private = ec.derive_private_key(secret, ec.SECP256R1())
        public = private.public_key()
        spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for signature in crafted_p256(private.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))):
            here = takes_p256(public, signature)
            there = page.ask(
                "signature", kind="p256", key=spki, signature=signature, message=MESSAGE
            )
            assert here == there, signature.hex()
            taken += here
    assert taken >= 8


def test_ecdsa_keys_off_the_curve_are_refused(page: PageVerifier) -> None:
    public = ec.derive_private_key(5, ec.SECP256R1()).public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    chance = random.Random(19)
    for number in range(60):
        changed = bytearray(spki)
        if number:
            changed[chance.randrange(len(spki))] ^= 1 << chance.randrange(8)
        key_id = hashlib.sha256(changed).hexdigest()[:8]
        text = f"k+{key_id}+{_base64(bytes([2]) + changed)}"
        assert (page.ask("vkey", text=text) is None) == _is_refused(parse_verifier_key, text)
