"""Exit statuses: what a script learns of a command without reading its output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.errors import (
    DepositRefused,
    FormatError,
    UnreadableError,
    VerificationError,
)

if TYPE_CHECKING:
    from provenance.errors import ProvenanceError

YES: Final = 0
"""It was done, or it is proven."""
NO: Final = 1
"""Refused, not proven, not found."""
UNREADABLE: Final = 2
"""What was handed in cannot be read, or the command line is wrong."""
IMPOSSIBLE: Final = 3
"""The ledger, the disk, the keys or the rules of the log prevent it."""
ATTENTION: Final = 4
"""It is proven, and there is a reason not to rely on all of it as it stands."""
VERDICTS: Final = {"yes": YES, "attention": ATTENTION, "no": NO, "unreadable": UNREADABLE}
"""Exit status for each verdict of a report, in every command that gives one."""
INTERRUPTED: Final = 130
"""Stopped by the user: 128 and the number of SIGINT, as shells have it."""
PIPE_CLOSED: Final = 141
"""Nobody reads the output any more: 128 and the number of SIGPIPE."""


def status_of(error: ProvenanceError) -> int:
    """Return the exit status for an error."""
    if isinstance(error, DepositRefused):
        return UNREADABLE if "well-formed" in _levels(error) else NO
    if isinstance(error, FormatError | UnreadableError):
        return UNREADABLE
    return NO if isinstance(error, VerificationError) else IMPOSSIBLE


def _levels(error: DepositRefused) -> set[str]:
    return {getattr(fault, "level", "") for fault in error.faults}
