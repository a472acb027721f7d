"""Records and entries to test with; every body, person and key in them is invented."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from provenance.record.entry import (
    ZERO_PREV,
    Certification,
    Close,
    Deposit,
    Depositor,
    Endorsement,
    Entry,
    Erasure,
    Genesis,
    Key,
    Previous,
    Register,
    Status,
    Timestamp,
    Upgrade,
    Withdrawal,
)

if TYPE_CHECKING:
    from provenance.record.commitment import Field

ORIGIN: Final = "ledger.example/2026"
TIME: Final = "2026-11-23T20:00:00.123456Z"
SEED: Final = hashlib.sha256(b"seed").digest()
NONCE: Final = bytes(range(12))


def fill(label: str, size: int = 32) -> str:
    """Base64 of ``size`` bytes that look random and follow from the label."""
    return b64encode(hashlib.shake_256(label.encode()).digest(size)).decode()


def make_vkey(name: str, kind: int, public: bytes) -> str:
    """Spell a verifier key as C2SP signed-note has it, without the package's help."""
    key_id = hashlib.sha256(f"{name}\n".encode() + bytes([kind]) + public).hexdigest()[:8]
    return f"{name}+{key_id}+{b64encode(bytes([kind]) + public).decode()}"


def ed25519_vkey(name: str) -> str:
    seed = hashlib.sha256(name.encode()).digest()
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return make_vkey(name, 0x01, public.public_bytes_raw())


def mldsa_vkey(name: str) -> str:
    seed = hashlib.sha256(name.encode()).digest()
    public = MLDSA44PrivateKey.from_seed_bytes(seed).public_key()
    return make_vkey(name, 0x06, public.public_bytes_raw())


LOG_VKEY: Final = ed25519_vkey(ORIGIN)
LOG_MLDSA_VKEY: Final = mldsa_vkey(ORIGIN)
ENTRY_VKEY: Final = ed25519_vkey(f"{ORIGIN}/entry")
DEPOSITOR_VKEY: Final = ed25519_vkey("depositor.example")

ENTRIES: Final[dict[str, Entry]] = {
    "genesis": Genesis(
        index=0,
        time=TIME,
        prev=ZERO_PREV,
        format="provenance/1",
        origin=ORIGIN,
        log_keys=(LOG_VKEY, LOG_MLDSA_VKEY),
        previous=Previous(origin="ledger.example/2025", size=12, root=fill("root")),
    ),
    "key": Key(
        index=1, time=TIME, prev=fill("prev"), action="add", role="entry", vkey=ENTRY_VKEY
    ),
    "depositor": Depositor(
        index=9,
        time=TIME,
        prev=fill("prev"),
        depositor="0ABCDEFG",
        name="Institut de l\u2019Exemple & Cie",
        siret="12345678901234",
        certifiers=("CERT0001", "CERT0002"),
        succeeds=("OLDBODY1",),
        keys=(DEPOSITOR_VKEY,),
        previous=2,
        signature=fill("signature", 64),
    ),
    "deposit": Deposit(
        index=4,
        time=TIME,
        prev=fill("prev"),
        depositor="0ABCDEFG",
        registration=2,
        certifier="CERT0001",
        action="CREATION",
        recorded=3,
        digest=fill("digest"),
        signer=DEPOSITOR_VKEY,
        signature=fill("signature", 64),
    ),
    "certification": Certification(
        index=7,
        time=TIME,
        prev=fill("prev"),
        deposit=4,
        depositor="0ABCDEFG",
        registration=2,
        certifier_registration=3,
        commitment=fill("commitment"),
        supersedes=5,
    ),
    "withdrawal": Withdrawal(
        index=8,
        time=TIME,
        prev=fill("prev"),
        deposit=6,
        withdraws=5,
        commitment=fill("commitment"),
    ),
    "erasure": Erasure(
        index=10,
        time=TIME,
        prev=fill("prev"),
        erases=(4, 5, 7),
        commitment=fill("commitment"),
    ),
    "endorsement": Endorsement(
        index=9,
        time=TIME,
        prev=fill("prev"),
        deposit=4,
        start=5,
        end=7,
        root=fill("root"),
        registration=2,
        vkey=DEPOSITOR_VKEY,
        signature=fill("signature", 64),
    ),
    "status": Status(
        index=11, time=TIME, prev=fill("prev"), size=11, root=fill("root"), register=3
    ),
    "timestamp": Timestamp(
        index=13,
        time=TIME,
        prev=fill("prev"),
        size=12,
        root=fill("root"),
        token=fill("token", 100),
    ),
    "register": Register(
        index=3,
        time=TIME,
        prev=fill("prev"),
        source="France compétences",
        version="4.1",
        date="2026-11-20",
        digest=fill("digest"),
        sheets=30_000,
        root=fill("root"),
    ),
    "upgrade": Upgrade(index=14, time=TIME, prev=fill("prev"), format="provenance/2"),
    "close": Close(
        index=15,
        time=TIME,
        prev=fill("prev"),
        successor="ledger.example/2027",
        genesis=fill("genesis"),
    ),
}

FIELDS: Final[tuple[Field, ...]] = (
    ("emetteur", "0ABCDEFG"),
    ("certificateur", "CERT0001"),
    ("contrat", "MCFCER000001"),
    ("type", "RNCP"),
    ("code", "RNCP34762"),
    ("natureDeposant", "CERTIFICATEUR"),
    ("idTechnique", "8f14e45f-ceea-467f-a8d5-1c1f5b1a2c33"),
    ("obtentionCertification", "PAR_SCORING"),
    ("donneeCertifiee", True),
    ("dateDebutValidite", "2026-03-14"),
    ("dateFinValidite", None),
    ("presenceNiveauLangueEuro", False),
    ("presenceNiveauNumeriqueEuro", True),
    ("niveauNumeriqueEuropeen.scoreGeneral", 735),
    (
        "niveauNumeriqueEuropeen.resultats",
        [
            {"niveau": 5, "domaineCompetenceId": "1", "competenceId": None},
            {"niveau": 6, "domaineCompetenceId": "2"},
        ],
    ),
    ("scoring", "735"),
    ("mentionValidee", None),
    ("modalitesInscription.modaliteAcces", "VAE"),
    ("identificationTitulaire.titulaire.nomNaissance", "QUERMELEUC-D\u2019ŒUVRE"),
    ("identificationTitulaire.titulaire.nomUsage", None),
    ("identificationTitulaire.titulaire.prenom1", "Maëlle"),
    ("identificationTitulaire.titulaire.anneeNaissance", 1991),
    ("identificationTitulaire.titulaire.moisNaissance", 7),
    ("identificationTitulaire.titulaire.jourNaissance", 23),
    ("identificationTitulaire.titulaire.sexe", "F"),
    (
        "identificationTitulaire.titulaire.codeCommuneNaissance.codeInseeNaissance.codeInsee",
        "29019",
    ),
    ("verbatim", 'Tab\t, newline\n, quote ", backslash \\, \x01, \x7f, \u2028, 😀'),
    ("source", fill("source")),
)


def spell(value: object) -> bytes:
    """Write compact JSON with the standard library, to compare with ours."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def unspell(data: bytes) -> dict[str, Any]:
    """Read a JSON object with the standard library."""
    value = json.loads(data)
    assert isinstance(value, dict)
    return value
