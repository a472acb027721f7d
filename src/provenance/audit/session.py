"""One audit of one snapshot: opened, examined, walked over, reported."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final

import msgspec

from provenance.audit.changes import check_change_rows
from provenance.audit.crew import Crew
from provenance.audit.derived import DerivedCheck
from provenance.audit.examine import Examiner
from provenance.audit.facts import Facts, LookupFacts, Options, Unable
from provenance.audit.lookups import LookupsFound, key_ranges
from provenance.audit.notes import notes_of
from provenance.audit.outside import check_outside
from provenance.audit.plan import Plan, stretch_length
from provenance.audit.report import AuditReport, Findings
from provenance.audit.signatures import presume
from provenance.audit.since import adopt_before
from provenance.audit.walk import Walk
from provenance.encoding import encode_base64
from provenance.errors import LedgerDamagedError, ProvenanceError, StorageError
from provenance.ledger.files import open_files
from provenance.ledger.registry import read_genesis
from provenance.storage.rows import RECORDS, TECHNICAL
from provenance.tlog.policy import Policy  # noqa: TC001 - a member's type, asked at run time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provenance.audit.facts import Task
    from provenance.ledger.files import LedgerFiles
    from provenance.storage import View

    Progress = Callable[[int, int], None]

ATTEMPTS_MAX: Final = 20
"""Times that all processes try to read the same commit, beside a writer."""
DATABASE: Final = "database"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit was asked to do, see `audit`."""

    since: str | None = None
    policy: Policy | None = None
    genesis: bytes | None = None
    signatures: bool = True
    vault: bool = True


def audit_with(
    path: Path, request: Request, jobs: int, progress: Progress | None
) -> AuditReport:
    """Audit the ledger at ``path`` in this process, with ``jobs`` workers beside it.

    One job is done here. Raises as `audit` does.
    """
    with ExitStack() as undo:
        crew: Crew | None = None
        if jobs > 1:
            crew = Crew(jobs, path)
            undo.callback(crew.close)
        files = open_files(path, readonly=True)
        undo.callback(files.close)
        if crew is not None:
            crew.wait()
        view = _take_together(files, crew, undo)
        if view is None:
            # A writer is never quiet long enough: one process can read one commit.
            crew = None
            view = undo.enter_context(files.store.view())
        return _Session(files, view, crew, request, progress, jobs).run()


def _take_together(files: LedgerFiles, crew: Crew | None, undo: ExitStack) -> View | None:
    """Take the newest commit, the same one here and in all workers, or None."""
    for _ in range(ATTEMPTS_MAX if crew else 0):
        assert crew is not None
        crew.begin_taking()
        view = files.store.view()
        if crew.has_taken(view.snapshot) and crew:
            return undo.enter_context(view)
        view.close()
    return None


class _Session:
    """The audit of one snapshot."""

    def __init__(
        self,
        files: LedgerFiles,
        view: View,
        crew: Crew | None,
        request: Request,
        progress: Progress | None,
        jobs: int,
    ) -> None:
        self._files: Final = files
        self._view: Final = view
        self._crew: Final = crew
        self._request: Final = request
        self._progress: Final = progress
        self._jobs: Final = jobs
        self._findings: Final = Findings()
        self._notes: Final[list[str]] = []
        self._options: Final = _options(view, request)
        self._walk: Final = Walk(files, view, self._findings, self._options, request.policy)
        self._unsure: Final[set[bytes]] = set()
        self._complete = False

    def run(self) -> AuditReport:
        """Do all of it."""
        try:
            self._read_all()
        except StorageError as error:
            if type(error) not in {StorageError, LedgerDamagedError}:
                raise
            self._findings.add(DATABASE, str(error))
            self._notes.append("the audit ended at damage to the database: see its finding")
        has_policy = self._request.policy is not None
        self._notes.extend(notes_of(self._walk, self._options, has_policy=has_policy))
        return self._report()

    def _read_all(self) -> None:
        view, walk = self._view, self._walk
        stored = view.rows.count(RECORDS)
        if stored != view.size:
            raise LedgerDamagedError(
                f"the log says that it has {view.size} entries, and {stored} are stored"
            )
        check_outside(self._files, self._findings, vault=self._options.vault)
        if self._request.since is not None:
            self._begin_at(self._request.since)
        pinned = self._request.genesis
        if pinned is not None and view.leaf_hash(0) != pinned:
            self._findings.add("genesis", "entry 0 is not the one that was pinned", 0)
        length = stretch_length(
            view.size - walk.start,
            self._jobs,
            signatures=self._options.signatures,
            vault=self._options.vault,
        )
        plan = Plan(walk.start, view.size, length, walk.checkpoints.sizes, self._jobs)
        found = self._examine(plan)
        self._finish(plan, found)
        self._complete = True

    def _begin_at(self, since: str) -> None:
        """Begin behind an older checkpoint, after proving that the log still contains it."""
        walk = self._walk
        before = adopt_before(
            since, self._view, walk.rules, self._findings, self._request.policy
        )
        if before is None:
            self._notes.append("the older checkpoint does not hold: everything was read")
            return
        walk.begin_at(*before)
        self._notes.append(f"entries before {walk.start} were taken as audited before")

    def _examine(self, plan: Plan) -> LookupsFound:
        """Have everything examined, and walk over what comes back."""
        walk, size = self._walk, self._view.size
        found = LookupsFound(size, start=walk.start, certifications=walk.certifications)
        for facts in self._results(self._tasks(plan)):
            if isinstance(facts, LookupFacts):
                found.add(facts)
                continue
            walk.take(facts)
            self._unsure.update(facts.unsure)
            if self._progress is not None and facts.end < size:
                self._progress(facts.end, size)
        return found

    def _tasks(self, plan: Plan) -> Iterator[Task]:
        yield from plan.stretches()
        yield from key_ranges(self._view.rows.count(TECHNICAL))

    def _results(self, tasks: Iterator[Task]) -> Iterator[Facts | LookupFacts]:
        examiner = Examiner(self._view, self._files, self._options)
        if self._crew is None:
            for task in tasks:
                yield from examiner.examine_as_far_as_possible(task)
            return
        self._crew.instruct(self._options)
        for task, result in self._crew.examine(tasks):
            if isinstance(result, Unable):
                # Whatever a worker could not do, or took with it, is done here.
                yield from examiner.examine_as_far_as_possible(task)
            else:
                yield result

    def _finish(self, plan: Plan, found: LookupsFound) -> None:
        walk, findings = self._walk, self._findings
        contents, rules = walk.contents, walk.rules
        rules.finish()
        contents.finish()
        walk.checkpoints.finish()
        walk.once_only.finish(walk.start)
        check_change_rows(self._view, rules, findings, start=walk.start)
        derived = DerivedCheck(self._view, rules, findings, entry_at=walk.entry_at)
        derived.check(
            walk.status_at,
            is_known=lambda key: key not in self._unsure and plan.covers(key),
            found=found,
        )
        if walk.start == 0:
            derived.check_leaves(walk.types["deposit"])
        # Where contents are lost, what should be found by them cannot be counted.
        lost = contents.failed or contents.erased != rules.erased
        if self._options.vault and walk.start == 0 and not lost:
            derived.check_counts(contents, walk.types, found)
        # A seed that is gone without an erasure, and one that an erasure left behind.
        for index in sorted(contents.erased - rules.erased):
            findings.add("contents", "the seed is gone, and no erasure names it", index)
        if self._options.vault:
            for index in sorted(rules.erased):
                contents.check_erased(index)
        if self._progress is not None:
            self._progress(self._view.size, self._view.size)

    def _report(self) -> AuditReport:
        """Return the report on what was read."""
        walk = self._walk
        return AuditReport(
            verdict="no" if self._findings.count else "yes",
            origin=walk.rules.origin,
            start=walk.start,
            size=self._view.size,
            root=encode_base64(walk.tree.root()) if self._complete else "",
            entries=walk.tree.size - walk.start,
            types=dict(sorted(walk.types.items())),
            signatures=walk.signatures,
            checkpoints=walk.checkpoints.count,
            opened=walk.contents.opened,
            erased=len(walk.rules.erased),
            lost=len(walk.contents.lost & walk.rules.erased),
            origins=walk.contents.origins.count(walk.rules.endorsed),
            key_changes=walk.rules.registrations.key_changes(),
            findings_count=self._findings.count,
            findings=tuple(self._findings.listed),
            notes=tuple(self._notes),
        )


def _options(view: View, request: Request) -> Options:
    """Say what is to be examined, and what is presumed of the log without having read it."""
    origin, keys = "", presume(view).steps if request.signatures else ()
    with suppress(ProvenanceError):
        origin = read_genesis(view).origin
    return Options(
        signatures=request.signatures, vault=request.vault, origin=origin, keys=tuple(keys)
    )
