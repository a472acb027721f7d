"""One audit: the stored bytes in, a report out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from provenance.audit.apart import audit_apart
from provenance.audit.plan import choose_jobs, entries_about
from provenance.audit.session import Request, audit_with
from provenance.audit.structure import damaged_report, structure_faults, with_faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.audit.report import AuditReport
    from provenance.tlog.policy import Policy


def audit(
    path: str | Path,
    *,
    since: str | None = None,
    policy: Policy | None = None,
    genesis: bytes | None = None,
    signatures: bool = True,
    vault: bool = True,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> AuditReport:
    """Re-derive everything from the stored bytes of the ledger at ``path``.

    ``since`` is the auditor's own older checkpoint (a signed note): entries before it are
    taken as audited, after a proof that the log still contains them. ``policy`` is the
    auditor's own trust policy; without it the log's keys are taken from the log itself,
    and the report says so. ``genesis`` pins the leaf hash of entry 0 (32 bytes).
    ``signatures=False`` leaves the entries' signatures unchecked, and ``vault=False`` the
    payloads closed, for an auditor who must not see them; the report's notes say so.
    ``jobs`` is the number of processes that read, by default one for each processor that
    may be used, and one for a small ledger; all numbers give the same report. One reads in
    this process, more in processes of their own. ``progress`` is called with entries read
    and entries in all.

    Works on one snapshot, read-only, beside a running writer. Raises
    `LedgerDamagedError` when there is no ledger to open, `FormatError` for a ``since``
    that is no checkpoint, `PolicyError` for a number of jobs that is none; everything else
    is a finding, damage to the database too.
    """
    place = Path(path)
    request = Request(
        since=since, policy=policy, genesis=genesis, signatures=signatures, vault=vault
    )
    count = choose_jobs(jobs, entries_about(place), signatures=signatures, vault=vault)
    if count > 1:
        return audit_apart(place, request, count, progress)
    # The engine is about to read in this very process: no page may lead it astray.
    faults = structure_faults(place)
    if faults:
        return damaged_report(faults)
    return with_faults(audit_with(place, request, 1, progress), faults)
