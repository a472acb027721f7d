"""What a killed process was doing: deposits, publications, reads; run by the fault tests.

    python ledger_worker.py write PATH SEED [--broken]
    python ledger_worker.py read PATH
    python ledger_worker.py check PATH ACKNOWLEDGED

A writer prints a line for each receipt that it holds, and only then. ``--broken`` is the
positive control: it prints before it deposits, as a service would that answers too early.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Final

from ledgers import CERTIFIER, DEPOSITOR, flux, records, today_spec
from provenance.audit import audit
from provenance.ledger import Ledger
from provenance.verifier import Verifier

OPEN_S_MAX: Final = 20.0


def _say(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def write(path: Path, seed: int, *, broken: bool) -> None:
    """Deposit without end: forms, small files, and now and then a checkpoint."""
    with Ledger.open(path) as ledger:
        for number in range(10_000):
            spec = today_spec(seed=seed * 10_000 + number, passages=1 + number % 5)
            if broken:
                _say(index=ledger.size, entry="promised")
            if number % 3:
                receipt = ledger.append(records(spec), depositor=DEPOSITOR)
            else:
                receipt = ledger.deposit(flux(spec))
            for one in receipt.accepted:
                _say(index=one.index, entry=one.entry)
            if number % 7 == 0:
                _say(note=ledger.publish())


def read(path: Path) -> None:
    """Open, prove and verify without end, beside the writers."""
    until = time.monotonic() + OPEN_S_MAX
    while time.monotonic() < until:
        with Ledger.open(path, readonly=True) as ledger:
            latest = ledger.checkpoint()
            if latest is None or latest[0].size < 8:
                continue
            found = [
                index
                for index in range(4, latest[0].size)
                if b'"type":"certification"' in ledger.record(index)[0]
            ]
            report = Verifier(ledger.policy()).verify(ledger.prove(found[-3:]))
            _say(verdict=report.verdict)


def check(path: Path, acknowledged: Path) -> None:
    """Open again as after a restart, and hold the ledger against what was acknowledged."""
    lines = [json.loads(line) for line in acknowledged.read_text().splitlines()]
    with Ledger.open(path) as ledger:
        for line in lines:
            if "entry" in line:
                assert line["index"] < ledger.size, "an acknowledged entry is gone"
                assert ledger.record(line["index"])[0].decode() == line["entry"]
        ledger.append(records(today_spec(seed=time.time_ns(), passages=1)), depositor=DEPOSITOR)
        size = ledger.size
        ledger.publish()
        assert Verifier(ledger.policy()).verify(ledger.prove([size - 1])).verdict == "yes"
    report = audit(path)
    assert report.verdict == "yes", report.findings
    # A note handed out before must still be a prefix of the log.
    for note in [line["note"] for line in lines if "note" in line][-1:]:
        since = audit(path, since=note, vault=False)
        assert since.verdict == "yes", since.findings
    _say(size=report.size)


def create(path: Path) -> None:
    """Make the ledger that the others work on."""
    with Ledger.create(path, origin="log.example/fault") as ledger:
        ledger.register(DEPOSITOR, name="Organisme d'exemple")
        ledger.register(CERTIFIER, name="Certificateur d'exemple")


def main() -> None:
    """Run one command."""
    command, path, *rest = sys.argv[1:]
    match command:
        case "create":
            create(Path(path))
        case "write":
            write(Path(path), int(rest[0]), broken="--broken" in rest)
        case "read":
            read(Path(path))
        case "check":
            check(Path(path), Path(rest[0]))
        case _:
            raise SystemExit(command)


if __name__ == "__main__":
    main()
