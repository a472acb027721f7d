"""Sealing many records: in this process, or in others beside it.

Salts, digests, compression and encryption of a record take about a third of the time of a
deposit and need nothing but the record. For a large deposit they are done by worker
processes, while this one reads on: Python runs one thread at a time, so threads would not
help. Worker and owner take turns on two pipes, a chunk of records against a chunk of
results, each behind its length::

    owner   u32 length || MessagePack list of CertificationPayload
    worker  u32 length || MessagePack list of Sealed, one a record, in order

A worker says that it is ready by one byte. Until it does, while all are busy, when one dies,
and where none can be started, records are sealed here: workers make a deposit faster, and
change nothing else. A worker ends when its owner closes the pipe, or ends itself.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import msgspec

from provenance.ledger.draft import Sealed, seal_record
from provenance.record.payload import CertificationPayload  # noqa: TC001 - msgspec needs it

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHUNK: Final = 64
"""Records that go to a worker at once."""
WORKERS_MAX: Final = 16
LENGTH_SIZE: Final = 4
READY: Final = b"r"
_ENDING_S: Final = 5
_MODULE: Final = "provenance.ledger.sealing_worker"

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[Sealed]).decode


class WorkerLostError(Exception):
    """A worker ended, or answered with something else; never leaves the package."""


def write_frame(stream: IO[bytes], message: bytes) -> None:
    """Write one message behind its length."""
    stream.write(len(message).to_bytes(LENGTH_SIZE, "big") + message)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes:
    """Read one message; b"" at the end of the stream."""
    length = int.from_bytes(stream.read(LENGTH_SIZE), "big")
    return stream.read(length)


class Worker:
    """One process that seals; use it by `send` and `receive`, in turns."""

    def __init__(self) -> None:
        # The package is taken from where it was imported here, and from nowhere else that
        # the working directory might offer (-P).
        home = str(Path(__file__).parents[2])
        self._process: Final = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-P", "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": home},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._out: Final = self._process.stdin
        self._in: Final = self._process.stdout
        self._ready = False
        self._poll: Final = select.poll()
        self._poll.register(self._in, select.POLLIN)

    @property
    def process_id(self) -> int:
        """The process's number."""
        return self._process.pid

    def is_ready(self) -> bool:
        """Whether it has started; never waits. Raises `WorkerLostError`."""
        if not self._ready and self.has_spoken():
            if self._in.read(len(READY)) != READY:
                raise WorkerLostError
            self._ready = True
        return self._ready

    def has_spoken(self) -> bool:
        """Whether there is something to receive, or it has ended; never waits."""
        return bool(self._poll.poll(0))

    def send(self, chunk: Sequence[CertificationPayload]) -> None:
        """Hand over a chunk; raises `WorkerLostError`."""
        try:
            write_frame(self._out, _encode(chunk))
        except OSError as error:
            raise WorkerLostError from error

    def receive(self, count: int) -> list[Sealed]:
        """Wait for the results of the last chunk; raises `WorkerLostError`."""
        try:
            sealed = _decode(read_frame(self._in))
        except (OSError, msgspec.MsgspecError) as error:
            raise WorkerLostError from error
        if len(sealed) != count:
            raise WorkerLostError
        return sealed

    def close(self) -> None:
        """Let it end. Closing twice does nothing."""
        for stream in (self._out, self._in):
            with suppress(OSError):
                stream.close()
        try:
            self._process.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Sealing:
    """Seals the records of one deposit, in the order in which they come."""

    def __init__(self, crew: Crew) -> None:
        self._crew: Final = crew
        self._chunk: list[CertificationPayload] = []
        self._parts: Final[list[Sequence[Sealed]]] = []
        self._sent: Final[dict[Worker, tuple[int, Sequence[CertificationPayload]]]] = {}
        """The part of the results that each busy worker is to give, and what it was sent."""

    def add(self, payload: CertificationPayload) -> None:
        """Take a record; it is sealed by the time that `finish` returns."""
        self._chunk.append(payload)
        if len(self._chunk) >= CHUNK:
            self._dispatch()

    def finish(self) -> list[Sealed]:
        """Give what became of all records, in their order."""
        self._parts.append(_seal_here(self._chunk))
        self._chunk = []
        for worker in list(self._sent):
            self._collect(worker)
        return [one for part in self._parts for one in part]

    def unfinished(self) -> list[Worker]:
        """Give the workers whose results nobody has taken."""
        return list(self._sent)

    def _dispatch(self) -> None:
        chunk, self._chunk = self._chunk, []
        worker = self._free_worker()
        if worker is None:
            self._parts.append(_seal_here(chunk))
            return
        self._sent[worker] = len(self._parts), chunk
        self._parts.append(())
        try:
            worker.send(chunk)
        except WorkerLostError:
            self._lose(worker)

    def _free_worker(self) -> Worker | None:
        """Give a worker that has nothing to do; nobody is waited for."""
        for worker in self._crew.ready():
            if worker not in self._sent:
                return worker
            if worker.has_spoken() and self._collect(worker):
                return worker
        return None

    def _collect(self, worker: Worker) -> bool:
        """Take a worker's results; whether it can go on."""
        part, chunk = self._sent[worker]
        try:
            self._parts[part] = worker.receive(len(chunk))
        except WorkerLostError:
            self._lose(worker)
            return False
        del self._sent[worker]
        return True

    def _lose(self, worker: Worker) -> None:
        """Seal here what a lost worker was to seal."""
        part, chunk = self._sent.pop(worker)
        self._parts[part] = _seal_here(chunk)
        self._crew.dismiss(worker)


class Crew:
    """The workers of one ledger. One deposit at a time has them; others seal themselves."""

    def __init__(self, size: int) -> None:
        """``size``: how many processes; 0 for none."""
        self._wanted = min(size, WORKERS_MAX) if sys.executable else 0
        self._workers: list[Worker] = []
        self._leased: Final = threading.Lock()
        self._nobody: Crew | None = None if size == 0 else Crew(0)

    @contextmanager
    def sealing(self) -> Iterator[Sealing]:
        """Seal the records of one deposit."""
        if self._nobody is None or not self._leased.acquire(blocking=False):
            yield Sealing(self._nobody or self)
            return
        sealing = Sealing(self)
        try:
            yield sealing
        finally:
            # A deposit that was refused leaves answers behind that nobody will read.
            for worker in sealing.unfinished():
                self.dismiss(worker)
            self._leased.release()

    def ready(self) -> list[Worker]:
        """Give the workers that have started; begins to start them at the first call."""
        while len(self._workers) < self._wanted:
            try:
                self._workers.append(Worker())
            except OSError:
                self._wanted = len(self._workers)
        found = []
        for worker in list(self._workers):
            try:
                if worker.is_ready():
                    found.append(worker)
            except WorkerLostError:
                self.dismiss(worker)
        return found

    def dismiss(self, worker: Worker) -> None:
        """Do without a worker from now on."""
        self._wanted -= 1
        self._workers.remove(worker)
        worker.close()

    def close(self) -> None:
        """Let all workers end. Closing twice does nothing."""
        self._wanted = 0
        for worker in self._workers:
            worker.close()
        self._workers = []


def _seal_here(chunk: Sequence[CertificationPayload]) -> list[Sealed]:
    return [seal_record(payload) for payload in chunk]
