"""A ledger of each version that was released is opened, audited, gone on with and proven."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from ledgers import CERTIFIER, DEPOSITOR, flux, records, today_spec, verify
from provenance.audit import audit
from provenance.errors import PolicyError
from provenance.ledger import Ledger
from provenance.record.bundle import parse_bundle
from provenance.record.entry import parse_entry
from provenance.report import PROVEN
from provenance.verifier import Verifier

if TYPE_CHECKING:
    from provenance.record.entry import Entry

KEPT: Final = sorted((Path(__file__).parent.parent / "data").glob("ledger-*.tar.xz"))
TYPES: Final = {
    *("certification", "deposit", "depositor", "endorsement", "erasure", "genesis", "key"),
    *("register", "status", "withdrawal"),
}


@pytest.fixture(params=KEPT, ids=lambda path: path.name.removesuffix(".tar.xz"))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, filter="tar")
    return tmp_path


def test_there_is_one() -> None:
    assert KEPT[0].name == "ledger-0.1.tar.xz"


def open_late(path: Path) -> Ledger:
    """Open for writing a ledger that was left alone for years."""
    return Ledger.open(path, confirm_clock=True)


def types_in(ledger: Ledger) -> set[str]:
    return {json.loads(entry)["type"] for entry in ledger.entries()}


def test_it_is_whole_and_goes_on(place: Path) -> None:
    path = place / "ledger"
    assert audit(path).findings == ()
    with open_late(path) as ledger:
        before = list(ledger.entries())
        assert types_in(ledger) == TYPES
        receipt = ledger.deposit(flux(today_spec(seed=77, passages=3)))
        ledger.register(CERTIFIER, name="Certificateur")
        ledger.publish()
        new = [one.index for one in receipt.accepted]
        verify(ledger, ledger.prove(new))
        shown = [one.index for one in parse_entries(place)]
        report = verify(ledger, ledger.prove(shown))
        assert len(report.certifications) == len(shown)
        assert list(ledger.entries())[: len(before)] == before
        ledger.export_tiles(place / "www")
        assert ledger.check_tiles(place / "www").faults == ()
    assert audit(path).findings == ()
    assert audit(path, since=(place / "checkpoint.txt").read_text()).findings == ()


def parse_entries(place: Path) -> list[Entry]:
    bundle = parse_bundle((place / "proof.json").read_bytes())
    return [parse_entry(one.entry.encode()) for one in bundle.entries if one.record]


def test_what_it_handed_out_holds(place: Path) -> None:
    bundle = (place / "proof.json").read_bytes()
    report = Verifier((place / "policy.txt").read_text()).verify(bundle)
    assert report.verdict in PROVEN, report.summary
    assert [one.status for one in report.certifications] == [
        "superseded",
        "withdrawn",
        "in force",
    ]
    with Ledger.open(place / "ledger", readonly=True) as ledger:
        again = verify(ledger, ledger.prove([one.index for one in report.certifications]))
        assert [one.fields for one in again.certifications] == [
            one.fields for one in report.certifications
        ]


def test_one_that_was_closed_stays_so(place: Path) -> None:
    path = place / "closed"
    assert audit(path).findings == ()
    with open_late(path) as ledger:
        assert "close" in types_in(ledger)
        sent = records(today_spec(passages=1, seed=5))
        with pytest.raises(PolicyError, match=r"goes on as log\.example/last"):
            ledger.append(sent, depositor=DEPOSITOR)
        verify(ledger, ledger.prove([4]))
