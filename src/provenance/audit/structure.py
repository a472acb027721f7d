"""The database file itself: is every page what the database engine will take it for.

The engine trusts its file: a wrong number in a page can end the process at once, before
anything is compared. So the pages are checked before the engine reads them, or the engine
reads them in a process that may end, see `apart.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from provenance.audit.report import FINDINGS_MAX, AuditReport, Finding
from provenance.errors import LedgerDamagedError
from provenance.storage import commits, verify_database

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CHECK: Final = "database"
ATTEMPTS_MAX: Final = 3
LISTED_MAX: Final = 20
"""Faults that are listed; one wrong page makes many."""
NOT_CHECKED: Final = (
    "the database was written to meanwhile: its pages were not checked one by one"
)


def structure_faults(path: Path) -> tuple[str, ...] | None:
    """Say what is wrong with the database file of the ledger at ``path``; () when sound.

    None when it cannot be told, because a writer was at work each time. Raises
    `StorageError` when the file cannot be read.
    """
    log = path / "log"
    if not log.is_dir():
        return ()  # Whoever opens the ledger says so.
    for _ in range(ATTEMPTS_MAX):
        try:
            before = commits(log)
            found = verify_database(log)
            if not found or commits(log) == before:
                return found[:LISTED_MAX]
        except LedgerDamagedError as error:
            return (str(error),)
    return None


def with_faults(report: AuditReport, faults: Sequence[str] | None) -> AuditReport:
    """Add to a report what `structure_faults` gave."""
    if faults is None:
        return replace(report, notes=(*report.notes, NOT_CHECKED))
    if not faults:
        return report
    findings = (*_findings_of(faults), *report.findings)
    return replace(
        report,
        verdict="no",
        findings_count=report.findings_count + len(faults),
        findings=findings[:FINDINGS_MAX],
    )


def _findings_of(faults: Sequence[str]) -> tuple[Finding, ...]:
    return tuple(Finding(CHECK, fault) for fault in faults)


def damaged_report(faults: Sequence[str]) -> AuditReport:
    """Report a database that was not read, for it cannot be relied upon to be read."""
    findings = _findings_of(faults)
    return AuditReport(
        verdict="no",
        origin="",
        start=0,
        size=0,
        root="",
        entries=0,
        types={},
        signatures=0,
        checkpoints=0,
        opened=0,
        erased=0,
        findings_count=len(findings),
        findings=findings,
        notes=("the entries were not read: the database file is damaged, see the findings",),
    )
