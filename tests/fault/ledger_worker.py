"""What a killed or cut off process was doing: deposits, publications, reads.

Run by the fault tests, each time as a process of its own::

    python ledger_worker.py create PATH
    python ledger_worker.py write PATH SEED [--broken | --unsynced]
    python ledger_worker.py publish PATH
    python ledger_worker.py read PATH
    python ledger_worker.py once PATH OPERATION
    python ledger_worker.py check PATH ACKNOWLEDGED

A writer prints a line for each receipt that it holds, and only then. Two controls break that
on purpose: ``--broken`` prints before it deposits, as a service would that answers too early,
and ``--unsynced`` writes without ever waiting for the disk.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

import lmdb

from ledgers import CERTIFIER, DEPOSITOR, flux, records, today_spec, verify
from provenance.audit import audit
from provenance.errors import ProvenanceError
from provenance.ledger import Ledger

OPEN_S_MAX: Final = 20.0


def _say(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _do_without_syncs() -> None:
    library: Any = lmdb
    opened = lmdb.open
    library.open = lambda *path, **options: opened(*path, **{**options, "sync": False})
    system: Any = os
    system.fsync = system.fdatasync = lambda _: None


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


def publish(path: Path) -> None:
    """Publish without end, each time as a command would, from a ledger just opened."""
    until = time.monotonic() + OPEN_S_MAX
    while time.monotonic() < until:
        with Ledger.open(path) as ledger:
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
            report = verify(ledger, ledger.prove(found[-3:]))
            _say(verdict=report.verdict)


def once(path: Path, operation: str) -> None:
    """Do one thing, and say what came of it: an error of ours, or none."""
    number = time.time_ns()
    try:
        if operation == "create":
            create(path)
            _say(done=operation)
            return
        with Ledger.open(path) as ledger:
            match operation:
                case "form":
                    spec = today_spec(seed=number, passages=1)
                    receipt = ledger.append(records(spec), depositor=DEPOSITOR)
                    _say(index=receipt.accepted[0].index, entry=receipt.accepted[0].entry)
                case "deposit":
                    receipt = ledger.deposit(flux(today_spec(seed=number, passages=40)))
                    for one in receipt.accepted:
                        _say(index=one.index, entry=one.entry)
                case "publish":
                    ledger.register(f"{number % 10**8:08}", name="Un organisme")
                    _say(note=ledger.publish())
                case "erase":
                    spec = today_spec(seed=number, passages=2)
                    index = ledger.append(records(spec), depositor=DEPOSITOR).accepted[0].index
                    ledger.erase([index], basis="OTHER")
                case "tiles":
                    ledger.publish()
                    ledger.export_tiles(path.parent / "tiles")
                case _:
                    raise SystemExit(operation)
        _say(done=operation)
    except ProvenanceError as error:
        _say(error=type(error).__name__, text=str(error))


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
        verify(ledger, ledger.prove([size - 1]))
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
        ledger.register(DEPOSITOR, name="Organisme d'exemple", for_all=True)
        ledger.register(CERTIFIER, name="Certificateur d'exemple")


def main() -> None:
    """Run one command."""
    command, path, *rest = sys.argv[1:]
    if "--unsynced" in rest:
        _do_without_syncs()
    match command:
        case "create":
            create(Path(path))
        case "write":
            try:
                write(Path(path), int(rest[0]), broken="--broken" in rest)
            except ProvenanceError as error:
                _say(error=type(error).__name__, text=str(error))
        case "publish":
            publish(Path(path))
        case "read":
            read(Path(path))
        case "once":
            once(Path(path), rest[0])
        case "check":
            check(Path(path), Path(rest[0]))
        case _:
            raise SystemExit(command)


if __name__ == "__main__":
    main()
