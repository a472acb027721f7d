"""What stands outside the database: head register and anchor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import FormatError, LedgerDamagedError, VerificationError
from provenance.ledger.files import check_not_rolled_back, read_anchor
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.note import split_note

if TYPE_CHECKING:
    from provenance.audit.report import Findings
    from provenance.ledger.files import LedgerFiles


def check_outside(files: LedgerFiles, findings: Findings) -> None:
    """Compare the database with what was acknowledged and published."""
    try:
        check_not_rolled_back(files)
        _check_anchored(files)
    except (FormatError, LedgerDamagedError, VerificationError) as error:
        findings.add("rollback", str(error))


def _check_anchored(files: LedgerFiles) -> None:
    """Check that the last published checkpoint is stored: it was, before it was anchored."""
    anchor = read_anchor(files.anchor)
    if anchor is None:
        return
    with files.store.view() as view:
        note = view.checkpoint(anchor.size)
    if note is None or parse_checkpoint(split_note(note)[0]) != anchor:
        raise VerificationError(f"the checkpoint published at size {anchor.size} is not stored")
