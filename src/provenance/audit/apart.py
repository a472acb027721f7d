"""An audit in processes of its own: the caller only waits, and may outlive them.

The leader is a process that does what an audit in one process does, with workers beside
it. When damage to the database ends it, this process looks at the file page by page,
without the database engine, and says what is wrong. Messages::

    caller  Lead, once           leader  Told, now and then; then Done | Raised
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from provenance import errors
from provenance.audit.frames import LostError, read_message, write_message
from provenance.audit.helpers import Helper, Program
from provenance.audit.report import AuditReport  # noqa: TC001 - msgspec needs it
from provenance.audit.session import Request  # noqa: TC001 - the same
from provenance.audit.structure import CHECK, damaged_report, structure_faults, with_faults
from provenance.errors import LedgerDamagedError, ProvenanceError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

MODULE: Final = "provenance.audit.leader"


class Lead(msgspec.Struct, frozen=True, tag=True):
    """Audit the ledger at ``path`` with so many workers."""

    path: str
    request: Request
    jobs: int


class Told(msgspec.Struct, frozen=True, tag=True):
    """How far it has come: entries read, and entries in all."""

    done: int
    total: int


class Done(msgspec.Struct, frozen=True, tag=True):
    """The report."""

    report: AuditReport


class Raised(msgspec.Struct, frozen=True, tag=True):
    """The error that an audit in one process would have raised: its class and its text."""

    kind: str
    message: str


Answer: TypeAlias = Told | Done | Raised
_answers: Final[msgspec.msgpack.Decoder[Answer]] = msgspec.msgpack.Decoder(Answer)


def audit_apart(
    path: Path, request: Request, jobs: int, progress: Callable[[int, int], None] | None
) -> AuditReport:
    """Audit the ledger at ``path`` in other processes. Raises as `audit` does.

    Where payloads are opened, which takes its time, this process checks the pages of the
    database meanwhile; else only when it is found to be damaged.
    """
    helper = _start(Lead(str(path.resolve()), request, jobs))
    beside = _Beside(path) if request.vault else None
    try:
        answer = _listen(helper, progress)
    except LostError:
        status = helper.ended_with()
        answer = Raised(
            StorageError.__name__,
            f"the audit's own process ended (status {status}) before its report",
        )
    finally:
        helper.close()
    if beside is not None:
        return _report_or_raise(answer, beside.faults())
    return _report_or_raise(answer, structure_faults(path) if _tells_of_damage(answer) else ())


class _Beside:
    """`structure_faults` on a thread that keeps nobody from ending, should the user say so."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._found: tuple[str, ...] | None = None
        self._error: ProvenanceError | None = None
        self._thread: Final = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        try:
            self._found = structure_faults(self._path)
        except ProvenanceError as error:
            self._error = error

    def faults(self) -> tuple[str, ...] | None:
        """Wait for what was found; raises as `structure_faults` does."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._found


def _tells_of_damage(answer: Done | Raised) -> bool:
    """Whether the database engine, or the process, met something that it could not read."""
    if isinstance(answer, Raised):
        return answer.kind in {StorageError.__name__, LedgerDamagedError.__name__}
    return any(finding.check == CHECK for finding in answer.report.findings)


def _report_or_raise(answer: Done | Raised, faults: Sequence[str] | None) -> AuditReport:
    """Return the report, with what is wrong with the database; else raise what was raised."""
    if isinstance(answer, Done):
        return with_faults(answer.report, faults)
    if _tells_of_damage(answer) and faults:
        return damaged_report(faults)
    kind = getattr(errors, answer.kind, ProvenanceError)
    raise kind(answer.message)


def _start(lead: Lead) -> Helper:
    try:
        helper = Program(MODULE)
    except OSError as error:
        raise StorageError(f"cannot start a process: {error.strerror}") from error
    # A leader that is gone by now is noticed where its answer is waited for.
    with suppress(LostError):
        write_message(helper.out, lead)
    return helper


def _listen(helper: Helper, progress: Callable[[int, int], None] | None) -> Done | Raised:
    """Pass on how far it has come, until the last answer; raises `LostError`."""
    while True:
        answer = read_message(helper.into, _answers)
        if not isinstance(answer, Told):
            return answer
        if progress is not None:
            progress(answer.done, answer.total)
