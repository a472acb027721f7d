"""What stands outside the database: head register and anchor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import FormatError, LedgerDamagedError, VerificationError
from provenance.ledger.files import check_not_rolled_back

if TYPE_CHECKING:
    from provenance.audit.report import Findings
    from provenance.ledger.files import LedgerFiles


def check_outside(files: LedgerFiles, findings: Findings) -> None:
    """Compare the database with what was acknowledged and published."""
    try:
        check_not_rolled_back(files)
    except (FormatError, LedgerDamagedError, VerificationError) as error:
        findings.add("rollback", str(error))
