"""What simulated logs are filled with: invented people and bodies, records, sheets, keys.

Records are committed to by the plainest way there is, and whatever the formats say against
it: any name in any slot, any text in place of a disclosure.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provenance.encoding import encode_base64, encode_json
from provenance.record.status import LEAF_ENTRIES
from provenance.tlog.note import make_verifier_key

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from provenance.record.commitment import Field, Value
    from provenance.record.slots import SlotTable

ORIGIN: Final = "ledger.example/2026"
EPOCH_S: Final = 1_790_000_000
"""POSIX seconds at which every simulated log begins."""
TODAY: Final = dt.date(2026, 9, 21)
"""The day in Paris on which every simulated log begins, and ends unless it is long."""
DEPOSITOR: Final = "0ABCDEFG"
CERTIFIER: Final = "CERT0001"
HOLDER: Final = "identificationTitulaire."
PERSON: Final[tuple[Field, ...]] = (
    (f"{HOLDER}titulaire.nomNaissance", "LEFÈVRE-DUBOIS"),
    (f"{HOLDER}titulaire.prenom1", "Maëlle"),
    (f"{HOLDER}titulaire.anneeNaissance", 1991),
    (f"{HOLDER}titulaire.moisNaissance", 7),
    (f"{HOLDER}titulaire.jourNaissance", 23),
)
LINE: Final = frozenset(
    {
        "certificateur",
        "type",
        "code",
        "donneeCertifiee",
        "dateDebutValidite",
        "dateFinValidite",
    }
)
"""What a line of a CV needs, besides an identity."""
IDENTITY: Final = frozenset(name for name, _ in PERSON) | {
    f"{HOLDER}dossierFormation.nomTitulaire",
    f"{HOLDER}dossierFormation.prenom1Titulaire",
    f"{HOLDER}identifiantNational.nomNaissance",
}
"""The fields of the three kinds of identity."""


def ed25519_key(name: str) -> Ed25519PrivateKey:
    """Return the key that follows from a name."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def ed25519_vkey(name: str) -> str:
    public = ed25519_key(name).public_key().public_bytes_raw()
    return str(make_verifier_key(name, 1, public))


def make_record(person: Sequence[Field] = PERSON, **changes: Value) -> tuple[Field, ...]:
    """Return a certification's record; ``changes`` replaces or adds fields by their names.

    It holds every compulsory field of the deposit format, so all of it can be shown.
    """
    fields: dict[str, Value] = {
        "emetteur": DEPOSITOR,
        "certificateur": CERTIFIER,
        "contrat": "MCFCER000001",
        "type": "RNCP",
        "code": "RNCP34762",
        "idTechnique": "T-0001",
        "obtentionCertification": "PAR_ADMISSION",
        "donneeCertifiee": True,
        "dateDebutValidite": "2026-03-14",
        "dateFinValidite": None,
        "presenceNiveauLangueEuro": True,
        "niveauLangueEuropeen": "B2",
        "presenceNiveauNumeriqueEuro": False,
        "scoring": None,
        "mentionValidee": "MENTION_BIEN",
        "modalitesInscription.modaliteAcces": "VAE",
    }
    fields |= dict(person)
    if f"{HOLDER}titulaire.nomNaissance" in fields:
        fields |= {
            f"{HOLDER}titulaire.nomUsage": None,
            f"{HOLDER}titulaire.sexe": "F",
            f"{HOLDER}titulaire.codeCommuneNaissance.codeInseeNaissance.codeInsee": "29019",
        }
    fields |= dict(person) | changes
    fields["source"] = encode_base64(hashlib.sha256(encode_json(fields)).digest())
    return tuple(fields.items())


class Committed(NamedTuple):
    """What an entry commits to: the seed, the fields, and the disclosure in each slot used."""

    seed: bytes
    fields: tuple[Field, ...]
    texts: dict[int, str]
    names: dict[int, str]
    size: int

    def digests(self) -> list[bytes]:
        """Return what stands in each slot: the digest of a disclosure, or the decoy."""
        stream = stream_of(self.seed, self.size)
        return [
            hashlib.sha256(self.texts[slot].encode()).digest()
            if slot in self.texts
            else stream[32 * slot : 32 * slot + 32]
            for slot in range(self.size)
        ]

    def commitment(self) -> bytes:
        joined = b"".join(self.digests())
        return hashlib.sha256(b"provenance/commitment/v1\n" + joined).digest()

    def show(self, names: Collection[str]) -> tuple[str, ...]:
        """Return the list of a bundle in which the fields of these names are disclosed."""
        unknown = {*names} - {*self.names.values()}
        assert not unknown, f"the record has no {sorted(unknown)}"
        return tuple(
            self.texts[slot] if self.names.get(slot) in names else base64url(digest)
            for slot, digest in enumerate(self.digests())
        )


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def stream_of(seed: bytes, count: int) -> bytes:
    """Return the 32 bytes of each of ``count`` slots that follow from a seed."""
    return hashlib.shake_256(b"provenance/salts/v1\n" + seed).digest(32 * count)


def disclosure(salt: bytes, name: object, value: object) -> str:
    """Write a disclosure, whatever is in it."""
    return base64url(encode_json([base64url(salt), name, value]))


def commit_to(
    seed: bytes,
    fields: Sequence[Field],
    table: SlotTable,
    *,
    at: Mapping[str, int] | None = None,
    texts: Mapping[int, str] | None = None,
) -> Committed:
    """Put fields into the slots of a table, and names that it does not know into free ones.

    ``at`` says which slot a name takes, whatever the table says of it. ``texts`` replaces
    the disclosures of some slots.
    """
    stream = stream_of(seed, table.count)
    free = (slot for slot in range(table.count) if not table.names[slot])
    made: dict[int, str] = {}
    names: dict[int, str] = {}
    for name, value in fields:
        slot = (at or {}).get(name, table.slot_of.get(name))
        slot = next(free) if slot is None else slot
        assert slot not in made, f"two fields in slot {slot}"
        made[slot] = disclosure(stream[32 * slot : 32 * slot + 18], name, value)
        names[slot] = name
    return Committed(seed, tuple(fields), made | dict(texts or {}), names, table.count)


def set_bits(leaf: bytes, index: int, bits: int) -> bytes:
    """Return a status leaf with bits of an entry set, whichever they are."""
    byte, high = divmod(index % LEAF_ENTRIES, 2)
    return leaf[:byte] + bytes([leaf[byte] | bits << 4 * high]) + leaf[byte + 1 :]


def registration_message(origin: str, **members: Any) -> bytes:
    """Return what a body signs for its registration: the entry's own members, in order."""
    order = ("depositor", "name", "siret", "certifiers", "succeeds", "keys", "previous")
    signed = {name: members[name] for name in order if members.get(name) is not None}
    return f"provenance/depositor/v1\n{origin}\n".encode() + encode_json(signed)


def make_sheet(
    code: str = "RNCP34762", title: str = "Gestionnaire de paie", **more: Any
) -> bytes:
    """Return a sheet of the register; ``more``: members after the title, in their order."""
    # ``from`` is a word of Python.
    named = {name.rstrip("_"): value for name, value in more.items()}
    return encode_json({"code": code, "title": title} | named)
