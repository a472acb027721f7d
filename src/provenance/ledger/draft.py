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

from provenance.encoding import encode_json
from provenance.ledger.changes import Change
from provenance.record.commitment import SEED_SIZE, commit_checked
from provenance.record.payload import (
    NONCE_SIZE,
    CertificationPayload,
    RecordPayload,
    seal_payload,
    unseal_payload,
)
from provenance.record.status import SUPERSEDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.record.commitment import Field
    from provenance.record.slots import SlotTable

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
    """One certification, ready but for its place in the log and its deposit."""

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

    def aimed_at(self, target: int) -> Draft:
        """Return the draft of a correction of the entry at ``target``."""
        return msgspec.structs.replace(self, changes=(Change(target, SUPERSEDED),))


def encode_content(fields: Sequence[Field]) -> bytes:
    """Encode a record without its ``source``, which is the last field: as it is stored."""
    return encode_json(dict(fields[:-1]))


def content_digest(content: bytes) -> bytes:
    """Return a digest of what `encode_content` gives; it is never stored."""
    return hashlib.sha256(content).digest()


def seal_records(
    records: Sequence[tuple[Sequence[Field], Sequence[bytes]]], table: SlotTable
) -> list[Sealed]:
    """Draw a seed for each record, commit to its fields under it, and encrypt its payload.

    Fields and parts are those of a payload of this type, checked by whoever read them.
    """
    randomness = [os.urandom(SEED_SIZE + NONCE_SIZE) for _ in records]
    seeds = [one[:SEED_SIZE] for one in randomness]
    # One step for all before the next, see `preparing.py`.
    commitments = [
        commit_checked(seed, fields, table)
        for seed, (fields, _) in zip(seeds, records, strict=True)
    ]
    return [
        Sealed(
            seed=seed,
            commitment=commitment,
            payload=seal_payload(seed, one[SEED_SIZE:], commitment, parts),
        )
        for one, seed, commitment, (_, parts) in zip(
            randomness, seeds, commitments, records, strict=True
        )
    ]


def open_sealed(sealed: Sealed) -> CertificationPayload:
    """Open the record of a certification that is not recorded yet."""
    parts = unseal_payload(sealed.seed, sealed.payload, sealed.commitment)
    return CertificationPayload.decode_parts(parts)


def seal_fields(table: SlotTable, *fields: Field) -> Sealed:
    """Seal a record that has no exact bytes: a reason, or a basis."""
    record = RecordPayload(fields)
    (sealed,) = seal_records([(record.fields, record.encode_parts())], table)
    return sealed
