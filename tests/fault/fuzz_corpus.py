"""What fuzzing begins with: the shared cases, and what a small ledger hands out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.serialization import Encoding

from cv_samples import HOLDER
from insider import Body
from ledgers import CERTIFIER, DEPOSITOR, create, flux, records, today_spec
from provenance.cdc.report import encode_receipt
from provenance.cv.pdf import attach
from provenance.cv.roots import format_certificate
from provenance.encoding import encode_json
from provenance.record.sheets import Sheet, encode_sheet
from sealing import BUNDLE, PLAIN, POLICY, ROOT, SEALER, TSA_ROOT, sealed
from sources import ROOT as PROJECT

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.ledger import Ledger

CASES: Final = PROJECT / "tests" / "vectors" / "bundles"
OF_EACH: Final = 60
"""So many shared cases of a kind, drawn by the day's seed."""
FLUX: Final[dict[str, object]] = {"passages": 2, "dossier_percent": 50}


def write_corpus(place: Path, chance: random.Random) -> None:
    """Write ``corpus/TARGET/…``, and what a verifier is given besides."""
    (place / "policy.txt").write_text(POLICY)
    certificates = "".join(
        f"{word}\n{format_certificate(one.der)}"
        for word, one in (("seal", ROOT), ("tsa", TSA_ROOT))
    )
    (place / "roots.txt").write_text(certificates)
    for target, data in (*_made(place), *_shared(chance)):
        directory = place / "corpus" / target
        directory.mkdir(parents=True, exist_ok=True)
        (directory / str(len([*directory.iterdir()]))).write_bytes(data)


def _shared(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    kinds = {
        "bundle": ("bundle",),
        "json": ("document",),
        "summary": ("document",),
        "unknown": ("document",),
        "policy": ("policy",),
        "roots": ("roots",),
    }
    for kind, targets in kinds.items():
        files = sorted((CASES / kind).glob("*"))
        for file in chance.sample(files, min(OF_EACH, len(files))):
            data = file.read_bytes()
            yield from ((target, data) for target in targets)
            if kind == "bundle":
                yield from _parts(data)
    vectors = json.loads((PROJECT / "tests" / "vectors" / "record.json").read_bytes())
    yield from (("entry", text.encode()) for text in _entries(vectors))


def _parts(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the checkpoint and an entry of a bundle, where it has them."""
    try:
        bundle = json.loads(data)
        note, entry = bundle["checkpoint"], bundle["entries"][-1]["entry"]
    except (ValueError, KeyError, IndexError, TypeError):
        return
    yield "note", note.encode()
    yield "checkpoint", note.partition("\n\n")[0].encode() + b"\n"
    yield "entry", entry.encode()


def _entries(tree: Any) -> Iterator[str]:
    """Yield every text of a document that is an entry."""
    if isinstance(tree, str):
        if tree.startswith('{"') and '"type"' in tree:
            yield tree
        return
    for one in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(one, str | dict | list):
            yield from _entries(one)


def _made(place: Path) -> Iterator[tuple[str, bytes]]:
    with create(place / "ledger") as ledger:
        yield from _exchanged(ledger)
        ledger.publish()
        note = ledger.publish().encode()
        yield from (("note", note), ("checkpoint", note.partition(b"\n\n")[0] + b"\n"))
        yield "policy", ledger.policy().encode()
        yield "tlog-proof", ledger.tlog_proof(4).encode()
        yield from (("entry", entry) for entry in ledger.entries())
        ledger.export_tiles(place / "www")
        for file in (one for one in (place / "www").rglob("*") if one.is_file()):
            yield "tiles", str(file.relative_to(place / "www")).encode()
            yield "tiles", file.read_bytes()
            if "entries" in file.parts:
                yield "tiles", bytes([int(file.name) % 256]) + file.read_bytes()
    yield "pdf", attach(PLAIN, BUNDLE)
    yield "pdf", sealed()
    yield "bundle", BUNDLE
    yield "document", BUNDLE
    yield "roots", (place / "roots.txt").read_bytes()
    yield "cvs", encode_json(HOLDER)
    yield "cvs", b'{"format":"provenance-cv/1","lines":[{"id":"1","label":"x","entry":4}]}'
    yield "signatures", SEALER.certificate.public_bytes(Encoding.DER)
    yield "signatures", _signature(sealed())
    sheet = encode_sheet(Sheet(code="RNCP1", title="Un titre", level=5, kind="by-right"))
    yield "sheets", sheet
    yield "sheets", len(sheet).to_bytes(4, "big") + sheet


def _exchanged(ledger: Ledger) -> Iterator[tuple[str, bytes]]:
    """Yield what goes between a ledger and those who deposit."""
    body = Body()
    ledger.register(CERTIFIER, name="Certificateur", keys=[body.vkey])
    yield "kits", ledger.draft_registration(CERTIFIER, name="Autre", keys=[body.vkey])
    newer: dict[str, object] = {"version": "1.1.5", "national_percent": 50}
    withdrawing: dict[str, object] = {"version": "1.1.5", "action": "SUPPRESSION"}
    for number, changes in enumerate(({}, newer, withdrawing)):
        yield "flux", flux(today_spec(seed=number, **{**FLUX, **changes}))
    receipt = ledger.deposit(flux(today_spec(**FLUX)))
    yield "receipt", encode_receipt(receipt)
    assert receipt.deposit is not None
    kit = ledger.endorsement_kit(receipt.deposit)
    yield "kits", kit
    yield "form", encode_json(records(today_spec(seed=9, passages=2)))
    form = ledger.append(records(today_spec(seed=9, passages=1)), depositor=DEPOSITOR)
    yield "receipt", encode_receipt(form)


def _signature(pdf: bytes) -> bytes:
    start = pdf.index(b"/Contents <") + len(b"/Contents <")
    der = bytes.fromhex(pdf[start : pdf.index(b">", start)].decode())
    return der[: 4 + int.from_bytes(der[2:4], "big")]
