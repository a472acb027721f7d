"""Examining in other processes: results come back in the order of the tasks.

Each worker is a copy of the leader, made before that opens anything, and opens the ledger
itself, read-only. All of them, and whoever leads them, read the same commit of the database
or do not work together. Then each is given a few tasks ahead, so that none waits. A worker
that dies loses its tasks: they come back as `Unable`, and the leader does them. Nothing is
ever taken for done that was not answered.
"""

from __future__ import annotations

import select
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from provenance.audit.facts import Options, Result, Task, Unable
from provenance.audit.frames import LostError, read_message, write_message
from provenance.audit.helpers import Copy
from provenance.audit.orders import Answer, Order, Start, Take, Taken
from provenance.audit.worker import work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

AHEAD: Final = 2
"""Tasks that a worker has at once: while it gives one result, the next is there."""
WAITING_MAX: Final = 8
"""Tasks a worker that may be done before an earlier one is: it bounds the memory."""

_answers: Final = msgspec.msgpack.Decoder(Answer)
_results: Final = msgspec.msgpack.Decoder(Result)
_Numbered: TypeAlias = tuple[int, Task]


class _Worker(Copy):
    """One worker, and the numbers of the tasks that it has, oldest first."""

    def __init__(self, beside: Iterable[_Worker]) -> None:
        super().__init__(work, beside)
        self.tasks: Final = deque[int]()

    def send(self, number: int, task: Task) -> None:
        self.tasks.append(number)
        write_message(self.out, task)

    def receive(self) -> tuple[int, Result]:
        result = read_message(self.into, _results)
        return self.tasks.popleft(), result


class Crew:
    """The workers of one audit; close it when done."""

    def __init__(self, size: int, path: Path) -> None:
        self._workers: Final[list[_Worker]] = []
        self._poll: Final = select.poll()
        self._done: Final[dict[int, Result]] = {}
        for _ in range(size):
            try:
                worker = _Worker(self._workers)
            except OSError:
                break
            self._workers.append(worker)
            self._poll.register(worker.into, select.POLLIN)
        self._tell(Start(str(path.resolve())))

    def __len__(self) -> int:
        """Return the number of workers that are left."""
        return len(self._workers)

    @property
    def process_ids(self) -> list[int]:
        """The numbers of their processes."""
        return [worker.process_id for worker in self._workers]

    def _tell(self, order: Start | Order) -> None:
        self._each(lambda worker: write_message(worker.out, order))

    def _each(self, do: Callable[[_Worker], object]) -> None:
        for worker in list(self._workers):
            try:
                do(worker)
            except LostError:
                self._lose(worker)

    def wait(self) -> None:
        """Wait until all have opened the ledger."""
        self._each(lambda worker: read_message(worker.into, _answers))

    def begin_taking(self) -> None:
        """Have all take the newest commit; at best that of the leader, just now."""
        self._tell(Take())

    def has_taken(self, snapshot: int) -> bool:
        """Whether all took this very commit."""
        taken: list[Answer] = []
        self._each(lambda worker: taken.append(read_message(worker.into, _answers)))
        return all(answer == Taken(snapshot) for answer in taken)

    def instruct(self, options: Options) -> None:
        """Tell all what is to be examined."""
        self._tell(options)

    def examine(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Result]]:
        """Have all tasks done; give each with its result, in their order."""
        source = enumerate(tasks)
        waiting: deque[_Numbered] = deque()
        queue: deque[_Numbered] = deque()
        while True:
            room = max(1, WAITING_MAX * len(self._workers)) - len(waiting)
            for numbered in islice(source, max(0, room)):
                waiting.append(numbered)
                queue.append(numbered)
            self._feed(queue)
            if not waiting:
                return
            number, task = waiting.popleft()
            while number not in self._done:
                self._receive()
                self._feed(queue)
            yield task, self._done.pop(number)

    def _feed(self, queue: deque[_Numbered]) -> None:
        """Give tasks to those who have few; without any worker nothing is done here."""
        while queue and self._workers:
            worker = min(self._workers, key=lambda one: len(one.tasks))
            if len(worker.tasks) >= AHEAD:
                return
            try:
                worker.send(*queue.popleft())
            except LostError:
                self._lose(worker)
        for number, _ in queue:
            self._done[number] = Unable()
        queue.clear()

    def _receive(self) -> None:
        """Wait until a worker has something to say, or is gone."""
        ready = {descriptor for descriptor, _ in self._poll.poll()}
        for worker in [one for one in self._workers if one.into.fileno() in ready]:
            try:
                number, result = worker.receive()
            except (LostError, IndexError):
                self._lose(worker)
            else:
                self._done[number] = result

    def _lose(self, worker: _Worker) -> None:
        """Do without a worker; what it had is not done."""
        for number in worker.tasks:
            self._done[number] = Unable()
        self._poll.unregister(worker.into)
        self._workers.remove(worker)
        worker.close()

    def close(self) -> None:
        """Let all workers end."""
        for worker in self._workers:
            worker.out.close()
        for worker in self._workers:
            worker.close()
