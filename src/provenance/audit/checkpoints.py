"""Checking every published checkpoint against the tree that grows from the entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.errors import FormatError, SignatureError
from provenance.record.entry import Status
from provenance.tlog.checkpoint import Checkpoint, parse_checkpoint
from provenance.tlog.note import open_note
from provenance.tlog.policy import verify_checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provenance.audit.report import Findings
    from provenance.audit.rules import Rules
    from provenance.record.entry import Entry
    from provenance.storage import View
    from provenance.tlog.note import VerifierKey
    from provenance.tlog.policy import Policy

CHECK: Final = "checkpoint"


class CheckpointCheck:
    """Holds stored checkpoints against the tree as it reaches their sizes."""

    def __init__(
        self, rules: Rules, findings: Findings, view: View, policy: Policy | None
    ) -> None:
        self.count = 0
        self.lacking = 0
        """Status entries without a checkpoint that ends in them."""
        self._rules: Final = rules
        self._findings: Final = findings
        self._policy: Final = policy
        self._pending: Final = dict(view.checkpoints())
        self._stored: Final = frozenset(self._pending)
        self._size: Final = view.size
        self._latest: Final = max(self._pending, default=0)

    @property
    def sizes(self) -> list[int]:
        """The sizes at which checkpoints are stored, ascending."""
        return sorted(self._pending)

    def reached(self, size: int, root: bytes, last: Entry | None) -> None:
        """Check the checkpoint at ``size``, where the root is this and ``last`` ends it."""
        note = self._pending.pop(size)
        self.count += 1
        at = size - 1
        try:
            checkpoint = open_checkpoint(note, self._rules.keys.log.values())
            if self._policy is not None and size == self._latest:
                verify_checkpoint(note, self._policy, self._rules.origin)
        except (FormatError, SignatureError) as error:
            self._findings.add(CHECK, str(error), at)
            return
        if checkpoint != Checkpoint(self._rules.origin, size, root):
            self._findings.add(CHECK, "it was published over another tree", at)
        if not isinstance(last, Status):
            self._findings.add(CHECK, "its last entry is no status entry", at)

    def expect(self, status: Status) -> None:
        """Count a status entry that no stored checkpoint ends in.

        It is no fault by itself: a publication can be cut off before it is signed.
        """
        self.lacking += status.index + 1 not in self._stored

    def finish(self) -> None:
        """Say which checkpoints lie beyond the end of the log."""
        for size in sorted(size for size in self._pending if size > self._size):
            self._findings.add(CHECK, f"one at size {size} lies beyond the end of the log")


def open_checkpoint(note: bytes | str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Open a signed checkpoint, which every one of ``keys`` must have signed.

    Raises `FormatError` or `SignatureError`.
    """
    known = list(keys)
    opened = open_note(note, known)
    missing = {str(key) for key in known} - {str(one.key) for one in opened.signatures}
    if missing:
        raise SignatureError(f"the checkpoint lacks {len(missing)} signature of a log key")
    return parse_checkpoint(opened.text)
