"""Everything that can go wrong, as one tree.

Nothing but these leaves a public function because of what a user handed in::

    ProvenanceError
    ├── FormatError                 bytes that do not have the form they must have
    ├── UnreadableError             a file handed in cannot be read, or changed meanwhile
    ├── VerificationError           well-formed, and refused
    │   ├── SignatureError          a signature is missing, wrong, or by an unknown key
    │   ├── InclusionError          an inclusion proof does not lead to the root
    │   ├── ConsistencyError        two trees are not one history
    │   ├── ChainError              index, time or ``prev`` does not follow the entry before
    │   ├── CommitmentError         disclosed fields do not match what was committed to
    │   └── RollbackError           the database is older than what was acknowledged
    ├── DepositRefused              a whole file or form was refused; ``faults`` says why
    ├── PolicyError                 an operation that the rules of the log do not allow
    │   ├── ErasedError             the content asked for was erased
    │   ├── UnknownEntryError       no entry of that index, key or type
    │   ├── NotPublishedError       no checkpoint covers the entry yet
    │   └── ClockError              the clock made a step that must be confirmed
    ├── KeyFileError                a key cannot be read, or must not be used
    └── StorageError
        ├── LedgerFullError         disk or map is full; nothing was recorded
        ├── LedgerDamagedError      files are missing, too short, or contradict each other
        ├── LedgerPoisonedError     an earlier I/O error; open the ledger again
        └── LedgerBusyError         opened twice, after a fork, or on a network file system

No message holds personal data: positions, sizes, names of elements and fields, and
what the operator itself worded, but no value of a field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class ProvenanceError(Exception):
    """The root: catch this to catch everything that this package raises."""


class FormatError(ProvenanceError, ValueError):
    """Bytes or text that do not have the form they must have."""


class UnreadableError(ProvenanceError):
    """A file that was handed in cannot be read, or changed while it was read."""


class VerificationError(ProvenanceError):
    """Well-formed input that does not hold."""


class SignatureError(VerificationError):
    """A signature is missing, wrong, or made by a key that is not trusted."""


class InclusionError(VerificationError):
    """An inclusion proof does not lead from the leaf to the root."""


class ConsistencyError(VerificationError):
    """A consistency proof fails, or two roots of one size differ."""


class ChainError(VerificationError):
    """An entry's index, time or ``prev`` does not follow the entry before it."""


class CommitmentError(VerificationError):
    """Disclosures and hidden digests do not recompute the commitment."""


class RollbackError(VerificationError):
    """The database is smaller than, or differs from, what was acknowledged outside it."""


class DepositRefused(ProvenanceError):  # noqa: N818 - the name that callers rely on
    """A whole file or form was refused and nothing of it was recorded.

    ``faults`` holds one object a reason (``provenance.cdc.faults.Fault``), all of them
    up to the documented limit.
    """

    def __init__(self, message: str, faults: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class PolicyError(ProvenanceError):
    """An operation that the rules of the log, or its state, do not allow."""


class ErasedError(PolicyError):
    """The content asked for was erased; only the entry remains."""


class UnknownEntryError(PolicyError, LookupError):
    """No entry of that index, key or type."""


class NotPublishedError(PolicyError):
    """The entry is recorded, but no published checkpoint covers it yet."""


class ClockError(PolicyError):
    """The system clock made a step of more than 24 hours since the ledger was opened."""


class KeyFileError(ProvenanceError):
    """A key file cannot be read, is readable by others, or holds an unusable key."""


class StorageError(ProvenanceError):
    """The storage layer could not do what was asked."""


class LedgerFullError(StorageError):
    """The disk or the memory map is full. Nothing of the call was recorded."""


class LedgerDamagedError(StorageError):
    """A file of the ledger is missing, too short, or contradicts another one."""


class LedgerPoisonedError(StorageError):
    """An earlier I/O error made this object unusable. Open the ledger again."""


class LedgerBusyError(StorageError):
    """Opened twice in one process, used after a fork, or held by another program."""
