"""Small real ledgers for tests: real LMDB, real keys, invented people."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from provenance.cdc.sample import SampleSpec, describe, write_flux
from provenance.ledger import Ledger
from provenance.report import PROVEN
from provenance.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.record.commitment import Value
    from provenance.report import Report

ORIGIN: Final = "log.example/test"
DEPOSITOR: Final = "9EXAMPLE"
CERTIFIER: Final = "9SAMPLES"


def today_spec(**changes: object) -> SampleSpec:
    """Describe a deposit whose file was made today, so that nothing in it is late."""
    members: dict[str, object] = {"seed": 7, "passages": 12, "day": datetime.now(UTC).date()}
    return SampleSpec(**{**members, **changes})  # type: ignore[arg-type]


def flux(spec: SampleSpec) -> bytes:
    """Return the whole file of a sample."""
    return b"".join(write_flux(spec))


def records(spec: SampleSpec) -> list[dict[str, Value]]:
    """Return the passages of a sample as the portal's form would send them."""
    return [dict(passage.fields) for passage in describe(spec)]


def create(path: Path) -> Ledger:
    """Make a ledger with two registered bodies, and leave it open."""
    ledger = Ledger.create(path, origin=ORIGIN)
    register(ledger)
    return ledger


def register(ledger: Ledger) -> None:
    """Register the two bodies: who deposits, and for whom."""
    ledger.register(DEPOSITOR, name="Organisme d'exemple", for_all=True)
    ledger.register(CERTIFIER, name="Certificateur d'échantillons")


@contextmanager
def deposited(path: Path, spec: SampleSpec | None = None) -> Iterator[Ledger]:
    """Return a ledger that holds one sample deposit, published."""
    with create(path) as ledger:
        ledger.deposit(flux(spec or today_spec()))
        ledger.publish()
        yield ledger


def verify(ledger: Ledger, bundle: bytes, **options: Any) -> Report:
    """Verify a proof under the ledger's own policy, as of today; it must hold."""
    report = Verifier(ledger.policy(), **options).verify(bundle, datetime.now(UTC).date())
    assert report.verdict in PROVEN, report.summary
    return report
