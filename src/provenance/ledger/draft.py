"""What can be prepared of an entry before the writer's lock is taken.

Seed, salts, commitment and the encrypted payload do not depend on where the entry will
stand, so every caller makes them on its own thread. Only index, time and ``prev`` are
left for the moment at which the lock is held.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final

import msgspec

from provenance.encoding import encode_base64, encode_json
from provenance.record.commitment import SEED_SIZE, commit
from provenance.record.entry import Certification, Entry
from provenance.record.payload import NONCE_SIZE, seal_payload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.record.commitment import Field
    from provenance.record.payload import CertificationPayload

NO_SEED: Final = bytes(SEED_SIZE)
"""Stands in the vault for an entry that commits to nothing, as for an erased one."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where an entry comes to stand: what is known only under the writer's lock."""

    index: int
    time: str
    prev: str
    """Base64 of the leaf hash of the entry before."""
    start: int
    """Index of the first entry of the same job: a file's deposit entry."""


class Draft(msgspec.Struct, frozen=True, gc=False):
    """One certification, ready but for its place in the log."""

    depositor: str
    seed: bytes
    commitment: bytes
    payload: bytes
    """The encrypted payload (AES-256-GCM), nonce in front."""
    technical: bytes
    """Look-up key of (depositor, idTechnique)."""
    holders: tuple[bytes, ...]
    content: bytes
    """Digest of all fields but ``source``: equal means a duplicate."""

    def entry(self, place: Place) -> Entry:
        """Give the entry as it reads at ``place``."""
        return Certification(
            index=place.index,
            time=place.time,
            prev=place.prev,
            deposit=place.start,
            depositor=self.depositor,
            commitment=encode_base64(self.commitment),
        )


def content_digest(fields: Sequence[Field]) -> bytes:
    """Give a digest of a record without its ``source``; it is never stored."""
    return hashlib.sha256(encode_json(fields[:-1])).digest()


def draft_certification(
    *,
    depositor: str,
    payload: CertificationPayload,
    technical: bytes,
    holders: tuple[bytes, ...],
) -> Draft:
    """Draw a seed, commit to the fields under it, and encrypt the payload."""
    randomness = os.urandom(SEED_SIZE + NONCE_SIZE)
    seed, nonce = randomness[:SEED_SIZE], randomness[SEED_SIZE:]
    commitment = commit(seed, payload.fields)
    return Draft(
        depositor=depositor,
        seed=seed,
        commitment=commitment,
        payload=seal_payload(seed, nonce, commitment, payload.encode_parts()),
        technical=technical,
        holders=holders,
        content=content_digest(payload.fields),
    )
