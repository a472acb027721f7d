"""CVs for tests: a holder's file, and proofs of a simulated log. All people are invented."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, Final

import pikepdf
import pypdfium2

from provenance.cv.holder import Holder, parse_holder
from provenance.cv.render import Options, render
from provenance.record.bundle import encode_bundle
from provenance.tlog.note import Ed25519Signer
from simulator import (
    CERTIFIER,
    DEPOSITOR,
    ORIGIN,
    PERSON,
    ed25519_key,
    make_log,
    make_record,
    make_sheet,
)
from simulator import HOLDER as GROUP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.record.commitment import Field
    from simulator import Simulator

CREATED_S: Final = 1_795_600_000
"""2026-11-25T…, as POSIX seconds."""
SUMMARY_SIGNER: Final = Ed25519Signer(f"{ORIGIN}/summary", ed25519_key("summary"))
SHEETS: Final = (
    make_sheet("RNCP34762", title="Développeur web et web mobile", level=5),
    make_sheet("RS5079", title="Anglais des affaires"),
)
"""Sheets of the register for the codes of the first two records."""
HOLDER: Final[dict[str, Any]] = {
    "format": "provenance-holder/1",
    "name": "Maëlle Lefèvre-Dubois",
    "headline": "Développeuse web",
    "contact": ["maelle@example.org", "Lyon"],
    "profile": "Huit ans de développement web.",
    "experience": [
        {
            "title": "Développeuse principale",
            "organisation": "Atelier Nord",
            "place": "Lille",
            "from": "2021",
            "text": "Refonte de services publics.",
        },
        {"title": "Développeuse", "from": "2017", "to": "2021"},
        {"title": "Stage", "from": "2016", "to": "2016"},
        {"title": "Bénévolat", "to": "2015"},
        {"title": "Divers"},
    ],
    "education": [{"title": "Baccalauréat", "organisation": "Lycée Marie-Curie"}],
    "skills": ["HTML et CSS", "Accessibilité"],
    "languages": ["Breton"],
}


DOSSIER: Final = (
    (f"{GROUP}dossierFormation.nomTitulaire", "NGUYỄN"),
    (f"{GROUP}dossierFormation.prenom1Titulaire", "Zoé"),
)
NATIONAL: Final = ((f"{GROUP}identifiantNational.nomNaissance", "MARTIN"),)


def holder(**changes: Any) -> Holder:
    """Return a holder; members that are None are left out."""
    members = {name: value for name, value in (HOLDER | changes).items() if value is not None}
    return parse_holder(json.dumps(members).encode())


def record(
    number: int = 0, person: Sequence[Field] = PERSON, **changes: Any
) -> Sequence[Field]:
    """Return one of many different certifications."""
    members: dict[str, Any] = {
        "type": ("RNCP", "RS")[number % 2],
        "code": "RNCP34762" if number == 0 else f"RS{4762 + 317 * number}",
        "certificateur": (DEPOSITOR, CERTIFIER)[number % 2],
        "dateDebutValidite": f"20{12 + number}-{1 + number % 12:02}-{1 + 2 * number:02}",
        "dateFinValidite": None if number % 2 == 0 else f"20{27 + number}-03-02",
    }
    return make_record(person, **(members | changes))


def proof(*records: Sequence[Field], **options: Any) -> tuple[Simulator, list[int], bytes]:
    """Return a log of these records, their indexes, and the proof of all of them."""
    log, indexes = make_log(records=records or [record()])
    return log, indexes, encode_bundle(log.prove(*indexes, **options))


def titled_proof(
    *records: Sequence[Field], sheets: Sequence[bytes] = SHEETS, **options: Any
) -> tuple[Simulator, list[int], bytes]:
    """Return a log whose register has sheets, and a proof that shows all sheets."""
    log, indexes = make_log(records=records or [record()])
    register = log.import_register(*sheets)
    log.publish()
    codes = [str(dict(one)["code"]) for one in records or [record()]]
    shown = log.show_register(*codes)
    support = (*log.support_of(*indexes), register)
    bundle = log.prove(*indexes, support=support, register=shown, **options)
    return log, indexes, encode_bundle(bundle)


def all_names() -> list[str]:
    """Name every field but the one that goes only with all others."""
    return [name for name, _ in make_record() if name != "source"]


def text_of(pdf: bytes) -> str:
    """Return the text of all pages, lines joined, spaces of all kinds made one."""
    with pypdfium2.PdfDocument(pdf) as document:
        text = " ".join(page.get_textpage().get_text_range() for page in document)
    return " ".join(text.replace("\ufffe", "-").split())


def opened(pdf: bytes) -> pikepdf.Pdf:
    """Open a PDF with pikepdf."""
    return pikepdf.open(io.BytesIO(pdf))


def rendered(*records: Any, shown: Any = None, **options: Any) -> bytes:
    log, _, bundle = proof(*records, shown=shown)
    return make(log, bundle, **options)


def make(log: Any, bundle: bytes, **options: Any) -> bytes:
    given: dict[str, Any] = {"holder": holder(), "created_s": CREATED_S, "signer": None}
    given = {name: options.pop(name, value) for name, value in given.items()}
    return render(bundle=bundle, policy=log.policy(), options=Options(**options), **given)
