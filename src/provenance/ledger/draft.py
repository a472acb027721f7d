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
from provenance.ledger.changes import Change
from provenance.record.commitment import SEED_SIZE, commit_checked
from provenance.record.entry import Certification, Entry
from provenance.record.payload import (
    NONCE_SIZE,
    CertificationPayload,
    encode_record_parts,
    seal_payload,
)
from provenance.record.status import SUPERSEDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.record.commitment import Field

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


class Sealed(msgspec.Struct, frozen=True, gc=False):
    """A record under a new seed: what its entry commits to, and its encrypted payload."""

    seed: bytes
    commitment: bytes
    payload: bytes
    """AES-256-GCM, nonce in front."""


class Draft(msgspec.Struct, frozen=True, gc=False):
    """One certification, ready but for its place in the log."""

    depositor: str
    sealed: Sealed
    technical: bytes
    """Look-up key of (depositor, idTechnique)."""
    holder: tuple[bytes, ...]
    """Look-up key of the holder's identity, or none."""
    reference: bytes | None = None
    """Look-up key of the operator's own reference for the holder."""
    changes: tuple[Change, ...] = ()

    @property
    def seed(self) -> bytes:
        """32 bytes."""
        return self.sealed.seed

    @property
    def payload(self) -> bytes:
        """The encrypted payload."""
        return self.sealed.payload

    @property
    def commitment(self) -> bytes:
        """What the entry commits to: 32 bytes."""
        return self.sealed.commitment

    @property
    def supersedes(self) -> int | None:
        """The entry that it corrects, or None."""
        return self.changes[0].target if self.changes else None

    @property
    def holders(self) -> tuple[bytes, ...]:
        """All keys under which the holder is found."""
        return self.holder if self.reference is None else (self.reference, *self.holder)

    def aimed_at(self, target: int | None) -> Draft:
        """Give the draft of a correction of the entry at ``target``, where there is one."""
        if target is None:
            return self
        return msgspec.structs.replace(self, changes=(Change(target, SUPERSEDED),))

    def entry(self, place: Place) -> Entry:
        """Give the entry as it reads at ``place``."""
        return Certification(
            index=place.index,
            time=place.time,
            prev=place.prev,
            deposit=place.start,
            depositor=self.depositor,
            commitment=encode_base64(self.commitment),
            supersedes=self.supersedes,
        )


def content_digest(fields: Sequence[Field]) -> bytes:
    """Give a digest of a record without its ``source``; it is never stored."""
    return hashlib.sha256(encode_json(fields[:-1])).digest()


def seal_record(
    bindings: Sequence[tuple[str, str]], source: bytes, fields: Sequence[Field]
) -> Sealed:
    """Draw a seed, commit to the fields under it, and encrypt the payload.

    The fields, bindings and exact bytes are those of a `CertificationPayload`, checked by
    whoever read them.
    """
    randomness = os.urandom(SEED_SIZE + NONCE_SIZE)
    seed, nonce = randomness[:SEED_SIZE], randomness[SEED_SIZE:]
    commitment = commit_checked(seed, fields)
    parts = encode_record_parts(bindings, source, fields)
    return Sealed(
        seed=seed,
        commitment=commitment,
        payload=seal_payload(seed, nonce, commitment, parts),
    )


def seal_fields(*fields: Field) -> Sealed:
    """Seal a record that has no exact bytes: a reason, or a basis."""
    record = CertificationPayload(bindings=(), source=b"", fields=fields)
    return seal_record(record.bindings, record.source, record.fields)
