"""One large file: memory, the time under the writer's lock, and the rate.

``python -m benchmarks.large_file [--passages N] [--output FILE]`` writes a deposit file,
deposits it in a process of its own, and watches that process: anonymous memory (``RssAnon``
of ``/proc/PID/status``) of the process and of its workers, ten times a second.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from benchmarks.compare.report import describe_machine
from benchmarks.workload import make_ledger

from provenance.cdc.sample import SampleSpec, write_flux
from provenance.ledger import Ledger
from provenance.storage.locking import WriterLock

if TYPE_CHECKING:
    from collections.abc import Sequence

PASSAGES: Final = 200_000
SAMPLING_S: Final = 0.1
MEBIBYTE: Final = 1 << 20


class Deposited(msgspec.Struct, frozen=True):
    """What the depositing process says of itself; the lock may be taken more than once."""

    accepted: int
    seconds: float
    locked_s: float


class LargeFile(msgspec.Struct, frozen=True):
    """The outcome. ``anonymous_mib``: the peak of the process, and with its workers."""

    machine: dict[str, str]
    passages: int
    file_mib: float
    deposit: Deposited
    anonymous_mib: float
    anonymous_with_workers_mib: float

    @property
    def locked_per_passage_us(self) -> float:
        """Microseconds a passage for which nobody else could write."""
        return self.deposit.locked_s / self.passages * 1e6


def main() -> None:
    """Measure, or be the process that is measured."""
    parser = argparse.ArgumentParser(description="Deposit one large file, and watch.")
    parser.add_argument("--passages", type=int, default=PASSAGES)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--output", type=Path, help="write the results as JSON, too")
    parser.add_argument("--deposit", nargs=2, type=Path, metavar=("LEDGER", "FILE"))
    args = parser.parse_args()
    if args.deposit is not None:
        sys.stdout.buffer.write(
            msgspec.json.encode(_deposit(args.deposit[0], args.deposit[1], args.workers))
        )
        return
    with tempfile.TemporaryDirectory(prefix="bench-", dir=".") as made:
        results = _measure(Path(made).resolve(), args.passages, args.workers)
    encoded = msgspec.json.format(msgspec.json.encode(results))
    if args.output is not None:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        args.output.write_bytes(encoded)
    print(encoded.decode())


def _measure(directory: Path, passages: int, workers: int) -> LargeFile:
    file = directory / "large.xml"
    with file.open("wb") as stream:
        stream.writelines(write_flux(SampleSpec(seed=1, passages=passages)))
    make_ledger(directory / "ledger").close()
    program = [sys.executable, "-m", "benchmarks.large_file", "--workers", str(workers)]
    command = [*program, "--deposit", str(directory / "ledger"), str(file)]
    alone = together = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        while process.poll() is None:
            own = _anonymous(process.pid)
            alone = max(alone, own)
            together = max(together, own + sum(map(_anonymous, _children(process.pid))))
            time.sleep(SAMPLING_S)
        assert process.stdout is not None
        said = process.stdout.read()
    return LargeFile(
        machine=describe_machine(),
        passages=passages,
        file_mib=file.stat().st_size / MEBIBYTE,
        deposit=msgspec.json.decode(said, type=Deposited),
        anonymous_mib=alone / MEBIBYTE,
        anonymous_with_workers_mib=together / MEBIBYTE,
    )


def _deposit(ledger: Path, file: Path, workers: int) -> Deposited:
    """Deposit the file, measuring how long the writer's lock is held."""
    held: list[float] = []
    enter, leave = WriterLock.__enter__, WriterLock.__exit__

    def timed_enter(lock: WriterLock) -> None:
        enter(lock)
        held.append(-time.perf_counter())

    def timed_leave(lock: WriterLock, *error: object) -> None:
        held[-1] += time.perf_counter()
        leave(lock, *error)

    with Ledger.open(ledger, workers=workers) as opened:
        WriterLock.__enter__, WriterLock.__exit__ = timed_enter, timed_leave  # type: ignore[method-assign]
        started = time.perf_counter()
        receipt = opened.deposit(file)
        seconds = time.perf_counter() - started
    return Deposited(accepted=len(receipt.accepted), seconds=seconds, locked_s=sum(held))


def _anonymous(process: int) -> int:
    """Bytes of anonymous memory; 0 for a process that has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    sizes = [line.split()[1] for line in status.splitlines() if line.startswith("RssAnon:")]
    return int(sizes[0]) * 1024 if sizes else 0


def _children(process: int) -> Sequence[int]:
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(word) for word in children.split()]


if __name__ == "__main__":
    main()
