"""This project's ledger with whole certifications, from field lists to durable receipts.

A record of the file is one certification as JSON, in the portal's form. Per entry: the
schema's checks, salted commitment, compression, encryption, Ed25519 signature, look-ups;
per batch: vault, log and head register synced. The third argument is the number of workers.
"""

from __future__ import annotations

import sys
from itertools import count
from typing import TYPE_CHECKING

import msgspec
from benchmarks.compare.protocol import System, serve
from benchmarks.workload import DEPOSITOR, make_ledger

from provenance.audit import audit
from provenance.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class ProvenanceLedger(System):
    """One call of `Ledger.append` a batch."""

    def __init__(self, path: Path, workers: int) -> None:
        make_ledger(path / "ledger").close()
        self._path, self._workers = path / "ledger", workers
        self._ledger = Ledger.open(self._path, workers=workers)
        self._numbers = count()

    def append(self, batch: Sequence[bytes]) -> None:
        records = [
            {**msgspec.json.decode(one), "idTechnique": f"bench-{next(self._numbers)}"}
            for one in batch
        ]
        receipt = self._ledger.append(records, depositor=DEPOSITOR)
        if len(receipt.accepted) != len(batch):
            raise ValueError("not every record was accepted")

    def audit(self) -> int:
        self._ledger.publish()
        self._ledger.close()
        report = audit(self._path)
        self._ledger = Ledger.open(self._path, workers=self._workers)
        if report.verdict != "yes":
            raise ValueError("the audit refuses the ledger")
        return int(report.entries)

    def close(self) -> None:
        self._ledger.close()


if __name__ == "__main__":
    serve(lambda path: ProvenanceLedger(path, int(sys.argv[3])))
