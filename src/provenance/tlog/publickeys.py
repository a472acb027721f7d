"""Public keys, from their bytes to what verifies.

A verifier meets the same few keys again and again, and a key that has verified once is
quicker, so some of those that were loaded last are kept. Sources: RFC 8032 section 5.1
(Ed25519), FIPS 204 (ML-DSA-44), RFC 5480 section 2 (ECDSA).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from provenance.errors import FormatError

KEYS_KEPT: Final = 64
"""Of each kind."""

_P256_SPKI: Final = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
"""What the DER of a P-256 key begins with (RFC 5480 section 2); X and Y follow."""
_P256_SPKI_SIZE: Final = 91

_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P
"""The constant of the curve (RFC 8032 section 5.1)."""
_ORDER_8_Y: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER_Y: Final = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})
"""The y coordinates of the eight points whose order divides 8 (RFC 8032 section 5.1)."""


@lru_cache(maxsize=KEYS_KEPT)
def load_ed25519(public: bytes) -> Ed25519PublicKey:
    """Load an Ed25519 key of 32 bytes, which `check_ed25519` has passed."""
    return Ed25519PublicKey.from_public_bytes(public)


@lru_cache(maxsize=KEYS_KEPT)
def load_mldsa44(public: bytes) -> MLDSA44PublicKey:
    """Load an ML-DSA-44 key of 1,312 bytes."""
    return MLDSA44PublicKey.from_public_bytes(public)


def load_ecdsa(public: bytes) -> ec.EllipticCurvePublicKey:
    """Load the DER of a P-256 key; raises `FormatError` for anything else."""
    if len(public) != _P256_SPKI_SIZE or not public.startswith(_P256_SPKI):
        raise FormatError("the ECDSA public key is no uncompressed P-256 key")
    try:
        point = public[len(_P256_SPKI) - 1 :]
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise FormatError("the ECDSA public key is not on its curve") from error


def check_ed25519(public: bytes) -> None:
    """Check that a key is a point of the curve in its one spelling, and not of small order.

    Raises `FormatError`. The cryptographic library loads keys that are none of this.
    """
    y = int.from_bytes(public, "little") & ((1 << 255) - 1)
    if y >= _P or y in _SMALL_ORDER_Y:
        raise FormatError("Ed25519 public key not canonical, or of small order")
    # x^2 = (y^2 - 1) / (d y^2 + 1) has a root (Euler's criterion); x = 0 is of small order.
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if pow(square, (_P - 1) // 2, _P) != 1:
        raise FormatError("Ed25519 public key is not a point of the curve")
