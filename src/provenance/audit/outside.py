"""What is outside the database: head register, vault header and anchor."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from provenance.errors import (
    FormatError,
    LedgerDamagedError,
    VerificationError,
)
from provenance.ledger.files import check_not_rolled_back
from provenance.storage.durable import storage_error
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.note import split_note

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.audit.report import Findings
    from provenance.ledger.files import LedgerFiles
    from provenance.tlog.note import SignatureLine

LOOKS: Final = 5
PAUSE_S: Final = 0.01
"""Between two looks at a slot, which a writer may just be writing."""


def check_outside(files: LedgerFiles, findings: Findings, *, vault: bool) -> None:
    """Compare the database with what was acknowledged and published.

    ``vault``: whether the vault may be looked at too.
    """
    try:
        check_not_rolled_back(files)
        _check_anchored(files)
    except (FormatError, LedgerDamagedError, VerificationError) as error:
        findings.add("rollback", str(error))
    _check_slots("head", files.head.damaged_slots, findings)
    if vault:
        _check_slots("vault", files.vault.damaged_slots, findings)


def _check_slots(name: str, damaged: Callable[[], int], findings: Findings) -> None:
    """Report what rotted or was torn of the two slots of which the newer one counts."""
    for look in range(LOOKS):
        if not damaged():
            return
        if look + 1 < LOOKS:
            time.sleep(PAUSE_S)
    findings.add(
        name,
        f"a slot of the {name} does not hold: it rotted, or a crash tore it; opening the "
        "ledger for writing replaces it, or the next write",
    )


def _check_anchored(files: LedgerFiles) -> None:
    """Check that the last published checkpoint is stored: it was, before it was anchored.

    Of the log's own keys the signatures are the same. Those that are stored are verified with
    every stored checkpoint; witnesses may have added some since.
    """
    # Read once, and before the snapshot: a writer may publish meanwhile.
    try:
        data = files.anchor.read_bytes()
    except FileNotFoundError:
        return  # That it is missing was said, where it should be there.
    except OSError as error:
        raise storage_error(error, f"cannot read {files.anchor}") from error
    try:
        text, lines = split_note(data)
        anchor = parse_checkpoint(text)
    except FormatError as error:
        raise LedgerDamagedError(f"{files.anchor} is damaged: {error}; restore it") from error
    with files.store.view() as view:
        note = view.checkpoint(anchor.size)
    stored = None if note is None else split_note(note)
    if stored is None or stored[0] != text:
        raise VerificationError(f"the checkpoint published at size {anchor.size} is not stored")
    if _own(lines, anchor.origin) != _own(stored[1], anchor.origin):
        raise VerificationError(
            f"{files.anchor} is signed otherwise than the checkpoint that is stored: restore it"
        )


def _own(lines: tuple[SignatureLine, ...], origin: str) -> set[str]:
    return {str(line) for line in lines if line.name == origin}
