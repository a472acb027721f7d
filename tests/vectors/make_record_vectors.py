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

from naive_commitment import naive_slots
from provenance.record.commitment import commit, disclose
from provenance.record.depositdigest import (
    deposit_digest,
    file_leaf,
    file_salts,
    leading_of,
    passage_leaf,
    source_digest,
    source_text,
)
from provenance.record.dictionary import DICTIONARY, DICTIONARY_VERSION
from provenance.record.entry import (
    Depositor,
    depositor_message,
    encode_entry,
    registration_of,
)
from provenance.record.message import deposit_message, endorsement_message, entry_message
from provenance.record.payload import (
    CertificationPayload,
    DepositPayload,
    RecordPayload,
    seal_payload,
)
from provenance.record.sheets import Sheet, encode_sheet, register_digest, sheets_root
from provenance.record.slots import CERTIFICATION as TABLE
from provenance.record.slots import ERASURE, SlotTable
from provenance.record.slots import WITHDRAWAL as REASONS
from record_samples import ENTRIES, FIELDS, NONCE, ORIGIN, SEED, fill

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.record.commitment import Field

PATH: Final = Path(__file__).with_name("record.json")
HASH: Final = b64decode(fill("hash"))
SALT: Final = b64decode(fill("salt"))
SOURCE: Final = hashlib.shake_256(b"passage").digest(40)
BINDINGS: Final = (("cpf", "urn:cdc:cpf:pc5:schema:1.0.0"),)
WITHDRAWAL: Final = RecordPayload((("reason", "ERROR"),))
CERTIFICATION: Final = CertificationPayload(
    bindings=BINDINGS,
    source=SOURCE,
    fields=(
        *FIELDS[:-1],
        ("source", source_text(source_digest(BINDINGS, leading_of(dict(FIELDS)), SOURCE))),
    ),
    number=1,
    salt=file_salts(SALT, 1)[32:],
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
# One program compresses otherwise than the next, so this stream is given: DEFLATE after the
# dictionary, of the first three parts of CERTIFICATION.
COMPRESSED: Final = (
    "Y2Bg0Igmznyw2gDXu/Zv56/0mda1xvfyggN1944yrDw69+TM0BMr+qcumKZg/Tav9rT6/TYGBpaV1chj"
    "VgaOTs4urm7uWMauQOW9AdCFKGNYvs5uQHEDA6gEzvEsYxNzMyPSB7Us0gxNUk1M03STU1MTdU3MzNN0"
    "Ey1STHUNkw3TTJMME42SjY0JDWcFO/sHefq5EzGYhT6oZGCsa2iCbWQprzQnh4hhJbxDRxC7iRs5Mjc2"
    "xa0U+8ClKfEjlyDf1OogtJrh0moEHuFEjGEBnYVlGAsSOEQNXoHGmMgY1AgMdQ3ydfVxDXXWdXnUMPPo"
    "pNCwIKINgo50QFxJyliHb+Lh1cCii8xBCUuihgvQhiXMyRiWMDKm37gEnqEDI0sDQ0vUznRIYlJMiY5C"
    "Xmp5DjBtxeTpKBSW5pekKsQo6SgkJSZnF+ckFmcoxMToKMSUgsoTHYV6HYVHDSt0FD7Mn9GgVAsA"
)


def base64(data: bytes) -> str:
    return b64encode(data).decode()


def describe_commitment(
    seed: bytes, fields: Sequence[Field], table: SlotTable
) -> dict[str, Any]:
    names = [name for name, _ in fields]
    return {
        "type": table.kind,
        "seed": base64(seed),
        "fields": [list(field) for field in fields],
        "slots": [base64(slot) for slot in naive_slots(seed, fields, table.count)],
        "record_all_shown": list(disclose(seed, fields, names, table)),
        "record_first_shown": list(disclose(seed, fields, names[:1], table)),
        "commitment": base64(commit(seed, fields, table)),
    }


def describe_entries() -> Iterable[dict[str, str]]:
    for kind, entry in ENTRIES.items():
        data = encode_entry(entry)
        leaf_hash = hashlib.sha256(b"\x00" + data).digest()
        yield {"type": kind, "entry": data.decode(), "leaf_hash": base64(leaf_hash)}


def describe_messages() -> dict[str, str]:
    body = ENTRIES["depositor"]
    assert isinstance(body, Depositor)
    messages = {
        "entry": entry_message(ORIGIN, HASH),
        "deposit": deposit_message(
            origin=ORIGIN,
            depositor="0ABCDEFG",
            certifier="CERT0001",
            action="CREATION",
            digest=HASH,
        ),
        "depositor": depositor_message(origin=ORIGIN, registration=registration_of(body)),
        "endorsement": endorsement_message(
            origin=ORIGIN, deposit=4, start=5, end=258, root=HASH
        ),
    }
    return {name: base64(message) for name, message in messages.items()}


def describe_deposit() -> dict[str, Any]:
    """Two passages of a file, and what a depositor signs for them."""
    passages = (SOURCE, b"<p>2</p>")
    file = b"<flux>" + b"".join(passages) + b"</flux>"
    salts = file_salts(SALT, len(passages))
    leading = leading_of(dict(FIELDS))
    sources = [source_digest(BINDINGS, leading, passage) for passage in passages]
    leaves = [file_leaf(salts[:32], hashlib.sha256(file).digest())] + [
        passage_leaf(salts[32 * k : 32 * k + 32], source) for k, source in enumerate(sources, 1)
    ]
    return {
        "file_salt": base64(SALT),
        "file": base64(file),
        "bindings": [list(pair) for pair in BINDINGS],
        "leading": list(leading),
        "passages": [base64(passage) for passage in passages],
        "salts": base64(salts),
        "sources": [base64(source) for source in sources],
        "leaf_hashes": [base64(leaf) for leaf in leaves],
        "digest": base64(deposit_digest(leaves)),
    }


def describe_register() -> dict[str, Any]:
    sheets = [
        encode_sheet(Sheet(code="RNCP34762", title="Conceptrice d’exemples", level=6)),
        encode_sheet(Sheet(code="RS1", title="Exemple", from_="2020-01-01", replaces=("RS0",))),
    ]
    return {
        "rncp_sha256": base64(HASH),
        "rs_sha256": base64(bytes(32)),
        "digest": base64(register_digest(HASH, bytes(32))),
        "sheets": [sheet.decode() for sheet in sheets],
        "root": base64(sheets_root(sheets)),
    }


def describe_payload(parts: Sequence[bytes], sealed: bytes) -> dict[str, Any]:
    return {
        "seed": base64(SEED),
        "associated_data": base64(HASH),
        "parts": [base64(part) for part in parts],
        "sealed": base64(sealed),
    }


def seal_compressed() -> bytes:
    key = hashlib.shake_256(b"provenance/payload/v1\n" + SEED).digest(32)
    return NONCE + AESGCM(key).encrypt(
        NONCE, b"\x02" + CERTIFICATION.encode_parts()[-1] + b64decode(COMPRESSED), HASH
    )


def build() -> dict[str, Any]:
    """Return the vectors, as they stand in the file."""
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
            describe_commitment(SEED, FIELDS[:1], TABLE),
            describe_commitment(bytes(range(32)), FIELDS, TABLE),
            describe_commitment(SEED, (("reason", "FRAUD"),), REASONS),
            describe_commitment(SEED, (("basis", "OTHER"), ("case", "2026-17")), ERASURE),
        ],
        "entries": list(describe_entries()),
        "messages": describe_messages(),
        "deposit": describe_deposit(),
        "register": describe_register(),
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
