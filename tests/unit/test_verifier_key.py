from __future__ import annotations

import base64
import hashlib
import string
from base64 import b64encode
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notes import (
    LOG_SIGNERS,
    ORIGIN,
    TEXT,
    TIME_S,
    ECDSASigner,
    cosigner,
    ed25519_signer,
    make_seed,
    mldsa_signer,
)
from provenance.errors import FormatError, SignatureError
from provenance.tlog.note import (
    COSIGNATURE,
    ECDSA,
    ED25519,
    MLDSA44,
    NoteSigner,
    make_verifier_key,
    parse_verifier_key,
)

SIGNERS: Final[dict[str, NoteSigner]] = {
    "Ed25519": ed25519_signer(),
    "ECDSA": ECDSASigner(ORIGIN),
    "cosignature": cosigner("witness.example/w"),
    "ML-DSA-44": mldsa_signer(),
}
KEY: Final = ed25519_signer().verifier_key
P: Final = 2**255 - 19
BASE64: Final = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"


def edit_data(vkey: str, data: bytes) -> str:
    """Put other key material into a vkey, with the key id that belongs to it."""
    name, _, _ = vkey.split("+", 2)
    key_id = hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8]
    return f"{name}+{key_id}+{b64encode(data).decode()}"


# Writing and reading.


@pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)
def test_round_trip(signer: NoteSigner) -> None:
    key = signer.verifier_key
    assert parse_verifier_key(str(key)) == key
    assert make_verifier_key(key.name, key.kind, key.public) == key
    assert len(key.key_id) == 4


def test_key_ids() -> None:
    for signer in SIGNERS.values():
        key = signer.verifier_key
        preimage = key.name.encode() + b"\n" + bytes([key.kind]) + key.public
        if key.kind == ECDSA:
            preimage = key.public
        assert key.key_id == hashlib.sha256(preimage).digest()[:4]
    kinds = [one.verifier_key.kind for one in SIGNERS.values()]
    assert kinds == [ED25519, ECDSA, COSIGNATURE, MLDSA44]


def test_sizes_of_keys() -> None:
    keys = [signer.verifier_key for signer in SIGNERS.values()]
    sizes = {key.kind: len(key.public) for key in keys}
    assert sizes == {ED25519: 32, ECDSA: 91, COSIGNATURE: 32, MLDSA44: 1312}


VKEY: Final = str(KEY)
NAME, ID, DATA = VKEY.split("+", 2)
MALFORMED: Final = {
    "empty": "",
    "no parts": NAME,
    "two parts": f"{NAME}+{ID}",
    "no name": VKEY.removeprefix(NAME),
    "no key": f"{NAME}+{ID}+",
    "wrong key id": f"{NAME}+{'0' * 8}+{DATA}",
    "key id in capitals": f"{NAME}+{ID.upper()}+{DATA}",
    "short key id": f"{NAME}+{ID[:-1]}+{DATA}",
    "long key id": f"{NAME}+0{ID}+{DATA}",
    "another name": f"x{VKEY}",
    "space in the name": VKEY.replace("/", " "),
    "no-break space in the name": VKEY.replace("/", "\u00a0"),
    "tab in the name": VKEY.replace("/", "\t"),
    "half a surrogate pair in the name": VKEY.replace("/", "\ud800"),
    "space in front": f" {VKEY}",
    "newline at the end": f"{VKEY}\n",
    "more parts": f"{VKEY}+x",
    "no padding": str(LOG_SIGNERS[1].verifier_key).rstrip("="),
    "not ASCII": f"{NAME}+{ID}+é",
    "newline in the key": f"{NAME}+{ID}+{DATA[:4]}\n{DATA[4:]}",
    "a byte too many": edit_data(VKEY, b"\x01" + KEY.public + b"\0"),
    "a byte too few": edit_data(VKEY, b"\x01" + KEY.public[:-1]),
    "a type alone": edit_data(VKEY, b"\x01"),
    "type 0": edit_data(VKEY, b"\0" + KEY.public),
    "type 3": edit_data(VKEY, b"\x03" + KEY.public),
    "type 5": edit_data(VKEY, b"\x05" + KEY.public),
    "type 255": edit_data(VKEY, b"\xff" + KEY.public),
    "Ed25519 key as ML-DSA": edit_data(VKEY, b"\x06" + KEY.public),
    "ML-DSA key as Ed25519": edit_data(VKEY, b"\x01" + bytes(1312)),
}


@pytest.mark.parametrize("vkey", MALFORMED.values(), ids=MALFORMED)
def test_malformed(vkey: str) -> None:
    with pytest.raises(FormatError):
        parse_verifier_key(vkey)


def test_another_spelling_of_the_last_bits() -> None:
    public = bytes(range(3, 35))
    good = str(make_verifier_key("a", ED25519, public))
    assert parse_verifier_key(good).public == public
    vkey = str(LOG_SIGNERS[1].verifier_key)
    head, last = vkey.removesuffix("=")[:-1], vkey[-2]
    assert f"{head}{last}=" == vkey
    # The lowest two of the last six bits belong to no byte: decoders drop them.
    other = BASE64[BASE64.index(last) ^ 1]
    assert base64.b64decode(f"{head}{other}=".split("+", 2)[2]) is not None
    with pytest.raises(FormatError, match="malformed base64"):
        parse_verifier_key(f"{head}{other}=")


@pytest.mark.parametrize(
    "name", ["", "a+b", "a b", " a", "a ", "a\nb", "a\u2003b", "a\x85", "\x1f"]
)
def test_names_that_no_key_has(name: str) -> None:
    with pytest.raises(FormatError):
        make_verifier_key(name, ED25519, KEY.public)


@pytest.mark.parametrize(
    "name", ["a", "PeterNeumann", "log.example/2026", "é", "a\x7f", "\u200b", "K"]
)
def test_names_that_a_key_can_have(name: str) -> None:
    assert parse_verifier_key(str(make_verifier_key(name, ED25519, KEY.public))).name == name


# Keys under which one signature would verify for many messages.


def add(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    """Add points of edwards25519 by the law of RFC 8032 section 5.1."""
    (x1, y1), (x2, y2) = one, two
    d = -121665 * pow(121666, -1, P) % P
    k = d * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + k, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - k, -1, P)
    return x % P, y % P


def small_order_points() -> list[tuple[int, int]]:
    """Find the eight points of small order: y of the generator of them solves 2·P = (±i, 0)."""
    i = pow(2, (P - 1) // 4, P)
    for x in range(10_000):
        # Any point times the order of the large subgroup is one of the eight.
        point = lift(x)
        if point is None:
            continue
        small = multiply(2**252 + 27742317777372353535851937790883648493, point)
        points = [multiply(number, small) for number in range(8)]
        if len(set(points)) == 8:
            assert (i, 0) in points
            return points
    raise AssertionError("no point found")


def lift(y: int) -> tuple[int, int] | None:
    """Return a point of that y, if there is one (RFC 8032 section 5.1.3)."""
    d = -121665 * pow(121666, -1, P) % P
    square = (y * y - 1) * pow(d * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    for root in (x, x * pow(2, (P - 1) // 4, P) % P):
        if root * root % P == square:
            return root, y
    return None


def multiply(number: int, point: tuple[int, int]) -> tuple[int, int]:
    total = (0, 1)
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    return total


def weak_keys() -> dict[str, bytes]:
    """Encode each point of small order in every way, and other values that are not below p."""
    keys = {}
    for _, y in small_order_points():
        for value in (y, y + P):
            if value < 1 << 255:
                for sign in (0, 1):
                    encoded = (value | sign << 255).to_bytes(32, "little")
                    keys[f"y = {value:x}, sign {sign}"] = encoded
    for value in range(P, 1 << 255):
        for sign in (0, 1):
            keys[f"y = {value:x}, sign {sign}"] = (value | sign << 255).to_bytes(32, "little")
    return keys


WEAK: Final = weak_keys()


def test_there_are_eight_points_of_small_order() -> None:
    points = small_order_points()
    assert len(set(points)) == 8
    assert all(multiply(8, point) == (0, 1) for point in points)
    assert len(WEAK) == 48


@pytest.mark.parametrize("kind", [ED25519, COSIGNATURE])
@pytest.mark.parametrize("public", WEAK.values(), ids=WEAK)
def test_weak_keys_are_refused(public: bytes, kind: int) -> None:
    with pytest.raises(FormatError, match="not canonical, or of small order"):
        make_verifier_key("a", kind, public)
    with pytest.raises(FormatError, match="not canonical, or of small order"):
        parse_verifier_key(edit_data("a++", bytes([kind]) + public))


def test_the_library_would_take_them() -> None:
    """The signature of this test verifies for every text: hence the refusal."""
    identity = (1).to_bytes(32, "little")
    forged = identity + bytes(32)
    for text in (b"yes", b"no"):
        Ed25519PublicKey.from_public_bytes(identity).verify(forged, text)


def test_other_keys_near_the_weak_ones_are_taken() -> None:
    for y in (3, P - 3):
        public = y.to_bytes(32, "little")
        assert make_verifier_key("a", ED25519, public).public == public


@pytest.mark.parametrize("kind", [ED25519, COSIGNATURE])
def test_a_key_that_is_not_a_point_of_the_curve_is_refused(kind: int) -> None:
    """Half of all values are none; the library takes them, and no signature ever verifies."""
    taken = {y for y in range(2, 200) if lift(y) is not None}
    assert 70 < len(taken) < 130
    for y in range(2, 200):
        public = y.to_bytes(32, "little")
        Ed25519PublicKey.from_public_bytes(public)
        if y in taken:
            assert make_verifier_key("a", kind, public).public == public
        else:
            with pytest.raises(FormatError, match="not a point of the curve"):
                make_verifier_key("a", kind, public)


# ECDSA keys: P-256 in the one encoding.


def encode_spki(curve: ec.EllipticCurve) -> bytes:
    public = ec.derive_private_key(12345, curve).public_key()
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


SPKI: Final = encode_spki(ec.SECP256R1())
COMPRESSED: Final = bytes.fromhex(
    "3039301306072a8648ce3d020106082a8648ce3d030107032200"
) + ec.derive_private_key(12345, ec.SECP256R1()).public_key().public_bytes(
    Encoding.X962, PublicFormat.CompressedPoint
)
BAD_ECDSA: Final = {
    "empty": b"",
    "P-384": encode_spki(ec.SECP384R1()),
    "secp256k1": encode_spki(ec.SECP256K1()),
    "compressed point": COMPRESSED,
    "a byte behind": SPKI + b"\0",
    "cut": SPKI[:-1],
    "not on the curve": SPKI[:-1] + bytes([SPKI[-1] ^ 1]),
    "zeros": SPKI[:27] + bytes(64),
    "an Ed25519 key": KEY.public,
    "hybrid point": SPKI[:26] + b"\x06" + SPKI[27:],
}


@pytest.mark.parametrize("public", BAD_ECDSA.values(), ids=BAD_ECDSA)
def test_other_ecdsa_keys_are_refused(public: bytes) -> None:
    assert make_verifier_key("a", ECDSA, SPKI).public == SPKI
    with pytest.raises(FormatError):
        make_verifier_key("a", ECDSA, public)


# Verifying.


@pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)
def test_verify(signer: NoteSigner) -> None:
    key, signature = signer.verifier_key, signer.sign(TEXT)
    expected = None if key.kind in {ED25519, ECDSA} else TIME_S
    assert key.verify(TEXT, signature) == expected


@pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)
def test_changed_signatures(signer: NoteSigner) -> None:
    key, signature = signer.verifier_key, signer.sign(TEXT)
    step = max(1, len(signature) // 80)
    for at in range(0, len(signature), step):
        changed = bytearray(signature)
        changed[at] ^= 1
        with pytest.raises(SignatureError):
            key.verify(TEXT, bytes(changed))
    for other in (b"", signature[:-1], signature + b"\0", signature[1:], signature * 2):
        with pytest.raises(SignatureError):
            key.verify(TEXT, other)


@pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)
def test_changed_texts(signer: NoteSigner) -> None:
    key, signature = signer.verifier_key, signer.sign(TEXT)
    for text in ("", f"{TEXT}\n", TEXT.replace("13", "14"), f"x{TEXT}", "te\ud800xt\n"):
        with pytest.raises(SignatureError, match=f"^the signature by {key.name} is wrong$"):
            key.verify(text, signature)


def test_a_signature_of_one_type_is_none_of_another() -> None:
    for one in SIGNERS.values():
        for two in SIGNERS.values():
            if one is not two:
                with pytest.raises(SignatureError):
                    two.verifier_key.verify(TEXT, one.sign(TEXT))


def test_the_same_key_under_another_type() -> None:
    plain, timed = ed25519_signer("a", "same"), cosigner("a", "same")
    time = TIME_S.to_bytes(8, "big")
    with pytest.raises(SignatureError):
        timed.verifier_key.verify(TEXT, time + plain.sign(TEXT))
    with pytest.raises(SignatureError):
        plain.verifier_key.verify(TEXT, timed.sign(TEXT)[8:])


@pytest.mark.parametrize("signer", [SIGNERS["cosignature"], SIGNERS["ML-DSA-44"]])
@pytest.mark.parametrize("time_s", [0, TIME_S + 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_the_time_is_signed(signer: NoteSigner, time_s: int) -> None:
    signature = signer.sign(TEXT)
    with pytest.raises(SignatureError):
        signer.verifier_key.verify(TEXT, time_s.to_bytes(8, "big") + signature[8:])


def test_the_cosigner_s_name_is_signed_with_ml_dsa_alone() -> None:
    one, two = mldsa_signer("a", "same"), mldsa_signer("b", "same")
    assert one.verifier_key.public == two.verifier_key.public
    with pytest.raises(SignatureError):
        two.verifier_key.verify(TEXT, one.sign(TEXT))
    assert cosigner("a", "same").verifier_key.verify(TEXT, cosigner("b", "same").sign(TEXT))


def test_ml_dsa_says_nothing_of_extension_lines() -> None:
    key, signature = mldsa_signer().verifier_key, mldsa_signer().sign(TEXT)
    assert key.verify(f"{TEXT}extension\n", signature) == TIME_S


def test_keys_come_from_their_names() -> None:
    assert make_seed("a") != make_seed("b")
