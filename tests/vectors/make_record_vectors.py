"""Write ``record.json``: ``PYTHONPATH=tests python tests/vectors/make_record_vectors.py``.

The project's own vectors of the record formats, for those who write a second
implementation: seeds with their salts, disclosures, decoys and commitments, an entry of
each type with its bytes and leaf hash, the messages that are signed, and sealed payloads.
Bytes are base64, disclosures as they are. Made once; another content is another format.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from provenance.record.commitment import commit, disclose, parse_disclosure
from provenance.record.dictionary import DICTIONARY, DICTIONARY_VERSION
from provenance.record.entry import encode_entry
from provenance.record.message import (
    deposit_message,
    depositor_message,
    endorsement_message,
    entry_message,
    file_digest,
)
from provenance.record.payload import (
    CertificationPayload,
    DepositPayload,
    seal_payload,
    source_digest,
)
from record_samples import DEPOSITOR_VKEY, ENTRIES, FIELDS, NONCE, ORIGIN, SEED, fill

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.record.commitment import Field

PATH: Final = Path(__file__).with_name("record.json")
HASH: Final = b64decode(fill("hash"))
SALT: Final = b64decode(fill("salt"))
SOURCE: Final = hashlib.shake_256(b"passage").digest(40)
WITHDRAWAL: Final = CertificationPayload(bindings=(), source=b"", fields=(("reason", "ERROR"),))
CERTIFICATION: Final = CertificationPayload(
    bindings=(("cpf", "urn:cdc:cpf:pc5:schema:1.0.0"),),
    source=SOURCE,
    fields=(*FIELDS[:-1], ("source", source_digest(SOURCE))),
)
DEPOSIT: Final = DepositPayload(
    file_salt=SALT,
    file_name="dépôt.xml",
    media_type="application/xml",
    size=20,
    id_flux="flux-1",
    residue=b"<a></a><b/>",
    holes=(3, 12),
)
# One program compresses otherwise than the next, so this stream is given: zlib with the
# dictionary, of the parts of CERTIFICATION.
COMPRESSED: Final = (
    "ePlMLpMTY2Bg0Igmznyw2gDXu/Zv56/0mda1xvfyggN1944yrDw69+TM0BMr+qcumKZg/Tav9rT6/TYG"
    "BpaV1chjVgaOTs4urm7uWMauQOW9AdCFKGNYvs5uQHEDA6gEzvEsYxNzMyPSB7Us0gxNUk1M03STU1MT"
    "dU3MzNN0Ey1STHUNkw3TTJMME42SjY0JDWcFO/sHefq5EzGYhT6oZGCsa2iCbWQprzQnh4hhJbxDRxC7"
    "iRs5Mjc21SFx4NKU+JFLkG9qdRBazXBpNQKPcCLGsIDOwjKMBQkcogavQGNMZAxqBIa6Bvm6+riGOuu6"
    "PGqYeXRSaFiQK4kjHRBXkjLW4Zt4eDWw6CJzUMLSkIxhCXMyhiWMjOk3LoFn6MDI0sDQErUzHZKYFFOi"
    "o5CXWp4DTFsxeToKhaX5JakKMUo6CkmJydnFOYnFGQoxMToKMaWg8kRHoV5H4VHDCh2FD/NnNCjVAgBu"
    "x8hO"
)


def base64(data: bytes) -> str:
    return b64encode(data).decode()


def describe_commitment(seed: bytes, fields: Sequence[Field]) -> dict[str, Any]:
    everything = disclose(seed, fields, [name for name, _ in fields])
    one = disclose(seed, fields, [fields[0][0]])
    return {
        "seed": base64(seed),
        "fields": [list(field) for field in fields],
        "salts": [base64(parse_disclosure(text).salt) for text in everything.disclosures],
        "disclosures": list(everything.disclosures),
        "decoys_ascending": [base64(decoy) for decoy in everything.hidden],
        "hidden_when_the_first_is_shown": [base64(digest) for digest in one.hidden],
        "commitment": base64(commit(seed, fields)),
    }


def describe_entries() -> Iterable[dict[str, str]]:
    for kind, entry in ENTRIES.items():
        data = encode_entry(entry)
        leaf_hash = hashlib.sha256(b"\x00" + data).digest()
        yield {"type": kind, "entry": data.decode(), "leaf_hash": base64(leaf_hash)}


def describe_messages() -> dict[str, str]:
    messages = {
        "entry": entry_message(ORIGIN, HASH),
        "deposit": deposit_message(
            origin=ORIGIN, depositor="0ABCDEFG", action="CREATION", digest=HASH
        ),
        "depositor": depositor_message(
            origin=ORIGIN, depositor="0ABCDEFG", keys=[DEPOSITOR_VKEY]
        ),
        "endorsement": endorsement_message(
            origin=ORIGIN, deposit=4, start=5, end=258, root=HASH
        ),
    }
    return {name: base64(message) for name, message in messages.items()}


def describe_payload(parts: Sequence[bytes], sealed: bytes) -> dict[str, Any]:
    return {
        "seed": base64(SEED),
        "associated_data": base64(HASH),
        "parts": [base64(part) for part in parts],
        "sealed": base64(sealed),
    }


def seal_compressed() -> bytes:
    key = hashlib.shake_256(b"provenance/payload/v1\n" + SEED).digest(32)
    return NONCE + AESGCM(key).encrypt(NONCE, b"\x01" + b64decode(COMPRESSED), HASH)


def build() -> dict[str, Any]:
    """Give the vectors, as they stand in the file."""
    # Short payloads of which nothing compresses are stored, with one result everywhere.
    noise = [b"", hashlib.shake_256(b"noise").digest(64)]
    return {
        "origin": ORIGIN,
        "dictionary": {
            "version": DICTIONARY_VERSION,
            "size": len(DICTIONARY),
            "sha256": hashlib.sha256(DICTIONARY).hexdigest(),
        },
        "commitments": [
            describe_commitment(SEED, FIELDS[:1]),
            describe_commitment(bytes(range(32)), FIELDS),
        ],
        "entries": list(describe_entries()),
        "messages": describe_messages(),
        "file_digest": {
            "salt": base64(SALT),
            "file": base64(b"<flux/>"),
            "digest": base64(file_digest(SALT, [b"<flux/>"])),
        },
        "parts": {
            "withdrawal": [base64(part) for part in WITHDRAWAL.encode_parts()],
            "deposit": [base64(part) for part in DEPOSIT.encode_parts()],
        },
        "payloads": [
            describe_payload(noise, seal_payload(SEED, NONCE, HASH, noise)),
            describe_payload(CERTIFICATION.encode_parts(), seal_compressed()),
        ],
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(build(), ensure_ascii=False, indent=1) + "\n", "utf-8")
