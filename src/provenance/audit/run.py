"""One audit: the stored bytes in, a report out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from provenance.audit.session import Request, audit_with

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
    request = Request(
        since=since, policy=policy, genesis=genesis, signatures=signatures, vault=vault
    )
    return audit_with(Path(path), request, jobs or 1, progress)
