"""What is grown: a log of opaque records, and a ledger of whole certifications."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from itertools import count
from typing import TYPE_CHECKING, Final

from benchmarks.compare.peers.provenance_store import ProvenanceStore
from benchmarks.workload import DEPOSITOR, make_ledger

from provenance.audit import audit
from provenance.cdc.sample import SampleSpec, describe
from provenance.ledger import Ledger
from provenance.storage import Store
from provenance.tlog.prover import prove_inclusion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from provenance.storage import View

BATCH: Final = 1000
RECORD_SIZE: Final = 1100
_TEMPLATES: Final = 2000


def prove_all(view: View, indexes: Sequence[int]) -> list[float]:
    """Make the proofs one by one, and give the seconds of each."""
    size, seconds = view.size, []
    for index in indexes:
        started = time.perf_counter()
        prove_inclusion(index, size, view.node)
        seconds.append(time.perf_counter() - started)
    return seconds


class Subject(ABC):
    """A log of either kind, growing by batches of `BATCH` records, each batch durable."""

    @abstractmethod
    def __init__(self, path: Path) -> None:
        """Make an empty log in the directory ``path``."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Entries by now."""

    @abstractmethod
    def batch(self) -> object:
        """Prepare the next batch; not part of what is measured."""

    @abstractmethod
    def append(self, batch: object) -> None:
        """Append a batch; it is on the disk when this returns."""

    @abstractmethod
    def prove(self, indexes: Sequence[int]) -> list[float]:
        """Make an inclusion proof of each entry in one open snapshot; give the seconds."""

    @abstractmethod
    def reopen(self) -> float:
        """Close and open again; give the seconds that opening took."""

    @abstractmethod
    def audit(self) -> int:
        """Check everything; give the number of entries. Raises when something is wrong."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everything."""


class OpaqueLog(Subject):
    """Records of 1.1 kB in `storage.Store`: chained, in the tree, root signed each batch."""

    name: Final = "opaque records of 1.1 kB"

    def __init__(self, path: Path) -> None:
        self._path: Final = path / "log"
        self._system: Final = ProvenanceStore(path)
        self._body: Final = os.urandom(RECORD_SIZE - 40)

    @property
    def size(self) -> int:
        return self._system.size

    def batch(self) -> Sequence[bytes]:
        start = self.size
        return [
            number.to_bytes(8, "big") + self._body for number in range(start, start + BATCH)
        ]

    def append(self, batch: object) -> None:
        self._system.append(batch)  # type: ignore[arg-type]

    def prove(self, indexes: Sequence[int]) -> list[float]:
        with self._system.store.view() as view:
            return prove_all(view, indexes)

    def reopen(self) -> float:
        self._system.store.close()
        started = time.perf_counter()
        store = Store.open(self._path)
        with store.view() as view:
            view.root()
        seconds = time.perf_counter() - started
        self._system.store = store
        return seconds

    def audit(self) -> int:
        return self._system.audit()

    def close(self) -> None:
        self._system.close()


class CertificationLedger(Subject):
    """Certifications in full by `Ledger.append`: committed, encrypted, signed, look-ups."""

    name: Final = "certifications in full"

    def __init__(self, path: Path) -> None:
        self._path: Final = path / "ledger"
        self._ledger = make_ledger(self._path)
        spec = SampleSpec(seed=1, passages=_TEMPLATES)
        self._templates: Final = [
            {name: value for name, value in passage.fields if name != "source"}
            for passage in describe(spec)
        ]
        self._numbers: Final = count()

    @property
    def size(self) -> int:
        return self._ledger.size

    def batch(self) -> Sequence[dict[str, object]]:
        start = next(self._numbers) * BATCH
        templates = self._templates
        return [
            {**templates[number % len(templates)], "idTechnique": f"bench-{number}"}
            for number in range(start, start + BATCH)
        ]

    def append(self, batch: object) -> None:
        receipt = self._ledger.append(batch, depositor=DEPOSITOR)  # type: ignore[arg-type]
        if len(receipt.accepted) != BATCH:
            raise ValueError("not every record was accepted")

    def prove(self, indexes: Sequence[int]) -> list[float]:
        with self._ledger._files.store.view() as view:
            return prove_all(view, indexes)

    def reopen(self) -> float:
        self._ledger.close()
        started = time.perf_counter()
        self._ledger = Ledger.open(self._path)
        return time.perf_counter() - started

    def audit(self) -> int:
        self._ledger.publish()
        self._ledger.close()
        report = audit(self._path)
        self._ledger = Ledger.open(self._path)
        if report.verdict != "yes":
            raise ValueError("the audit refuses the ledger")
        return int(report.entries)

    def close(self) -> None:
        self._ledger.close()
