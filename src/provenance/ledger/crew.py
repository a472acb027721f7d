"""Preparing many records: in this process, and in others beside it.

Python runs one thread at a time, so for a large deposit worker processes take their part
while this one goes on with its own. Worker and owner talk by two pipes, a frame for a
chunk, in order, each behind its length::

    owner   u32 length || MessagePack [Terms, Chunk]
    worker  u32 length || MessagePack list of Prepared, one a record; nil where the chunk
                          holds something that is no passage

A worker says that it is ready by one byte. Until it does, while all have enough to do, when
one dies, and where none can be started, records are prepared here: workers make a deposit
faster, and change nothing else. A worker ends when its owner closes the pipe, or ends
itself.
"""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import sys
import threading
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import msgspec

from provenance.errors import FormatError
from provenance.ledger.preparing import CHUNK, Prepared
from provenance.workers import worker_command, worker_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.ledger.preparing import Chunk, Preparer, Terms

WORKERS_MAX: Final = 16
AHEAD: Final = 2
"""Chunks that a worker has at once: the next one lies ready when it has done one."""
LENGTH_SIZE: Final = 4
READY: Final = b"r"
PIPE_SIZE: Final = 1 << 20
_ENDING_S: Final = 5
_MODULE: Final = "provenance.ledger.crew_worker"

_encode: Final = msgspec.msgpack.Encoder().encode
_decoder: Final[msgspec.msgpack.Decoder[list[Prepared] | None]] = msgspec.msgpack.Decoder(
    list[Prepared] | None
)


class WorkerLostError(Exception):
    """A worker ended, or answered with something else; never leaves the package."""


def frame(message: bytes) -> bytes:
    """Put a message behind its length."""
    return len(message).to_bytes(LENGTH_SIZE, "big") + message


class Worker:
    """One process that prepares; it answers every `send` in order, for `receive`."""

    def __init__(self) -> None:
        self._process: Final = subprocess.Popen(  # noqa: S603 - our own interpreter
            worker_command(_MODULE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=worker_environment(),
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._out: Final = self._process.stdin
        self._in: Final = self._process.stdout
        self._ready = False
        self._poll: Final = select.poll()
        self._poll.register(self._in, select.POLLIN)
        for stream in (self._in, self._out):
            # More room lets both go on; where the system gives less, one waits at times.
            with suppress(AttributeError, OSError):
                fcntl.fcntl(stream, fcntl.F_SETPIPE_SZ, PIPE_SIZE)

    @property
    def process_id(self) -> int:
        """The process's number."""
        return self._process.pid

    def is_ready(self) -> bool:
        """Whether it has started; never waits. Raises `WorkerLostError`."""
        if not self._ready and self.has_spoken():
            if self._read(len(READY)) != READY:
                raise WorkerLostError
            self._ready = True
        return self._ready

    def has_spoken(self) -> bool:
        """Whether there is something to receive, or it has ended; never waits."""
        return bool(self._poll.poll(0))

    def send(self, terms: Terms, chunk: Chunk) -> None:
        """Hand over a chunk; raises `WorkerLostError`.

        The worker takes it in while it is busy, so this does not wait for its answers.
        """
        bare = (
            chunk if chunk.contents is None else msgspec.structs.replace(chunk, contents=None)
        )
        try:
            self._out.write(frame(_encode((terms, bare))))
            self._out.flush()
        except OSError as error:
            raise WorkerLostError from error

    def receive(self, count: int) -> list[Prepared] | None:
        """Wait for the answer to the first chunk that is not answered.

        None where it holds something that is no passage. Raises `WorkerLostError`.
        """
        try:
            length = int.from_bytes(self._read(LENGTH_SIZE), "big")
            prepared = _decoder.decode(self._read(length))
        except (OSError, msgspec.MsgspecError) as error:
            raise WorkerLostError from error
        if prepared is not None and len(prepared) != count:
            raise WorkerLostError
        return prepared

    def _read(self, size: int) -> bytes:
        """Read so many bytes, past the stream's own buffer, into which nobody can look."""
        parts: list[bytes] = []
        while size and (part := os.read(self._in.fileno(), size)):
            parts.append(part)
            size -= len(part)
        if size:
            raise WorkerLostError
        return b"".join(parts)

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


class Work:
    """Prepares the records of one deposit; gives them back in the order of their chunks."""

    def __init__(self, crew: Crew, preparer: Preparer) -> None:
        self._crew: Final = crew
        self._preparer: Final = preparer
        self._parts: Final[deque[list[Prepared] | None]] = deque()
        self._first = 0
        """The number of the first chunk in ``_parts``; None stands for what is not done."""
        self._sent: Final[dict[Worker, deque[tuple[int, Chunk]]]] = {}

    def add(self, chunk: Chunk) -> None:
        """Take a chunk. Raises `FormatError` when one was no passage."""
        number = self._first + len(self._parts)
        # What is small is done sooner than a worker has started.
        worker = self._free_worker() if len(chunk.sources) >= CHUNK else None
        if worker is None:
            self._parts.append(self._preparer.prepare(chunk))
            return
        self._parts.append(None)
        self._sent.setdefault(worker, deque()).append((number, chunk))
        try:
            worker.send(self._preparer.terms, chunk)
        except WorkerLostError:
            self._lose(worker)

    def done(self) -> Iterator[list[Prepared]]:
        """Return the chunks that are done, as far as none before them is missing."""
        while self._parts and (part := self._parts[0]) is not None:
            self._parts.popleft()
            self._first += 1
            yield part

    def finish(self) -> Iterator[list[Prepared]]:
        """Wait for all chunks, and give those that were not given yet.

        What is done is given before anything is waited for, so that whoever takes it goes
        on with it meanwhile.
        """
        for worker in list(self._sent):
            while self._sent.get(worker):
                yield from self.done()
                self._collect(worker)
        yield from self.done()

    def abandon(self) -> None:
        """Take the answers that nobody will read: the next deposit is not to get them."""
        for worker, chunks in self._sent.items():
            try:
                while chunks:
                    worker.receive(len(chunks.popleft()[1].sources))
            except WorkerLostError:
                self._crew.dismiss(worker)

    def _free_worker(self) -> Worker | None:
        """Return a worker that has not enough to do; nobody is waited for."""
        for worker in self._crew.ready():
            while self._sent.get(worker) and worker.has_spoken():
                self._collect(worker)
        for worker in self._crew.ready():
            if len(self._sent.get(worker, ())) < AHEAD:
                return worker
        return None

    def _collect(self, worker: Worker) -> None:
        """Take a worker's next answer."""
        number, chunk = self._sent[worker][0]
        try:
            prepared = worker.receive(len(chunk.sources))
        except WorkerLostError:
            self._lose(worker)
            return
        self._sent[worker].popleft()
        if prepared is None:
            raise FormatError("malformed passage")
        self._parts[number - self._first] = prepared

    def _lose(self, worker: Worker) -> None:
        """Prepare here what a lost worker was to prepare."""
        chunks = self._sent.pop(worker)
        self._crew.dismiss(worker)
        for number, chunk in chunks:
            self._parts[number - self._first] = self._preparer.prepare(chunk)


class Crew:
    """The workers of one ledger. One deposit at a time has them; others do all themselves."""

    def __init__(self, size: int) -> None:
        """``size``: how many processes; 0 for none."""
        self._wanted = min(size, WORKERS_MAX) if sys.executable else 0
        self._workers: list[Worker] = []
        self._leased: Final = threading.Lock()
        self._nobody: Crew | None = None if size == 0 else Crew(0)

    @contextmanager
    def work(self, preparer: Preparer) -> Iterator[Work]:
        """Prepare the records of one deposit."""
        if self._nobody is None or not self._leased.acquire(blocking=False):
            yield Work(self._nobody or self, preparer)
            return
        work = Work(self, preparer)
        try:
            yield work
        finally:
            work.abandon()
            self._leased.release()

    def ready(self) -> list[Worker]:
        """Return the workers that have started; begins to start them at the first call."""
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
