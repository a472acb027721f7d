"""The commitment once more, straight from the text of its format, to compare with.

Slow, with other library calls, and without any check: docs/formats.md read aloud. Its table
of slots is written by hand, and not the package's.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.record.commitment import Field

_PLACES: Final = """
0 emetteur|1 certificateur|2 contrat|3 type|4 code|5 natureDeposant|6 idTechnique|7 urlPreuve
8 libelleOption|9 obtentionCertification|10 donneeCertifiee|11 dateDebutExamen|12 dateFinExamen
13 modalitePassageExamen|14 codePostalCentreExamen|15 dateDebutValidite|16 dateFinValidite
17 presenceNiveauLangueEuro|18 niveauLangueEuropeen|19 presenceNiveauNumeriqueEuro
20 niveauNumeriqueEuropeen.scoreGeneral|21 niveauNumeriqueEuropeen.resultats|22 scoring
23 mentionValidee|24 modalitesInscription.modaliteAcces|25 modalitesInscription.voieAccessVAE
26 modalitesInscription.initiativeInscription|27 modalitesInscription.dateInscription
28 @dossierFormation.idDossier|28 @titulaire.anneeNaissance|28 @identifiantNational.nir
29 @dossierFormation.nomTitulaire|29 @titulaire.nomNaissance
29 @identifiantNational.nomNaissance|30 @dossierFormation.prenom1Titulaire
30 @titulaire.prenom1|31 @titulaire.nomUsage|32 @titulaire.prenom2|33 @titulaire.prenom3
34 @titulaire.moisNaissance|35 @titulaire.jourNaissance|36 @titulaire.sexe
37 @titulaire.codeCommuneNaissance.codeInseeNaissance.codeInsee
37 @titulaire.codeCommuneNaissance.codePostalNaissance.codePostal
38 @titulaire.libelleCommuneNaissance|39 @titulaire.codePaysNaissance
40 @titulaire.libellePaysNaissance|41 @titulaire.commentairesMEN|42 verbatim|62 source
"""
NAIVE_SLOTS: Final[dict[str, int]] = {
    name.replace("@", "identificationTitulaire."): int(slot)
    for slot, name in (
        item.split(" ") for item in _PLACES.strip().replace("\n", "|").split("|")
    )
}
"""Slot of each name of a certification's record."""
SMALL_SLOTS: Final = {"reason": 0, "basis": 0, "case": 1}


def naive_slots(seed: bytes, fields: Sequence[Field], count: int = 64) -> list[bytes]:
    """Return the digest, or decoy, of each slot."""
    shown = naive_disclosures(seed, fields)
    slots = [_stream(seed, 32 * i + 32)[32 * i :] for i in range(count)]
    for slot, text in shown.items():
        slots[slot] = naive_digest(text)
    return slots


def naive_disclosures(seed: bytes, fields: Sequence[Field]) -> dict[int, str]:
    """Return the disclosure of each field, by its slot."""
    disclosures = {}
    for name, value in fields:
        slot = (NAIVE_SLOTS | SMALL_SLOTS)[name]
        salt = _stream(seed, 32 * slot + 18)[32 * slot :]
        text = json.dumps(
            [_base64url(salt), name, value], ensure_ascii=False, separators=(",", ":")
        )
        disclosures[slot] = _base64url(text.encode("utf-8"))
    return disclosures


def naive_digest(disclosure: str) -> bytes:
    """Return the digest of one disclosure."""
    return hashlib.sha256(disclosure.encode("ascii")).digest()


def naive_record(
    seed: bytes, fields: Sequence[Field], names: Sequence[str], count: int = 64
) -> list[str]:
    """Return what a bundle shows of a record: a string for each slot."""
    record = [_base64url(digest) for digest in naive_slots(seed, fields, count)]
    for slot, text in naive_disclosures(seed, [f for f in fields if f[0] in names]).items():
        record[slot] = text
    return record


def naive_commitment(seed: bytes, fields: Sequence[Field], count: int = 64) -> bytes:
    """Return the commitment to all fields."""
    preimage = b"provenance/commitment/v1\n" + b"".join(naive_slots(seed, fields, count))
    return hashlib.sha256(preimage).digest()


def _stream(seed: bytes, size: int) -> bytes:
    return hashlib.shake_256(b"provenance/salts/v1\n" + seed).digest(size)


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
