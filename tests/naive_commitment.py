"""The commitment once more, straight from the text of its format, to compare with.

Slow, with other library calls, and without any check: docs/formats.md read aloud.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.record.commitment import Field


def naive_disclosures(seed: bytes, fields: Sequence[Field]) -> list[str]:
    """Give the disclosure of each field."""
    disclosures = []
    for number, (name, value) in enumerate(fields):
        salt = _stream(seed, 18 * (number + 1))[18 * number :]
        text = json.dumps(
            [_base64url(salt), name, value], ensure_ascii=False, separators=(",", ":")
        )
        disclosures.append(_base64url(text.encode("utf-8")))
    return disclosures


def naive_decoys(seed: bytes, fields: Sequence[Field]) -> list[bytes]:
    """Give the decoys that fill up to a multiple of 32."""
    decoys: list[bytes] = []
    start = 18 * len(fields)
    while (len(fields) + len(decoys)) % 32 != 0:
        end = start + 32 * (len(decoys) + 1)
        decoys.append(_stream(seed, end)[-32:])
    return decoys


def naive_digest(disclosure: str) -> bytes:
    """Give the digest of one disclosure."""
    return hashlib.sha256(disclosure.encode("ascii")).digest()


def naive_commitment(seed: bytes, fields: Sequence[Field]) -> bytes:
    """Give the commitment to all fields."""
    digests = [naive_digest(text) for text in naive_disclosures(seed, fields)]
    preimage = b"provenance/commitment/v1\n"
    for digest in sorted(digests + naive_decoys(seed, fields)):
        preimage += digest
    return hashlib.sha256(preimage).digest()


def _stream(seed: bytes, size: int) -> bytes:
    return hashlib.shake_256(b"provenance/salts/v1\n" + seed).digest(size)


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
