"""The operator's keys over time: which were in force, and which one signed an entry.

Entries 0 and 1 declare the first keys, ``key`` entries all others. A key signs from the
entry after its own, up to the one before its retirement; the entries 0 and 1 are signed by
the key that entry 1 adds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from provenance.errors import PolicyError
from provenance.record.entry import Genesis
from provenance.tlog.note import VerifierKey, parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.record.entry import Key

FIRST_ENTRIES: Final = 2
"""Entries 0 and 1 are known to declare keys."""

Role: TypeAlias = Literal["entry", "log"]


class OperatorKey(msgspec.Struct, frozen=True):
    """A public key of the operator, and the entries that took it into use and retired it."""

    role: Role
    verifier: VerifierKey
    added: int
    retired: int | None = None

    def signs(self, index: int) -> bool:
        """Return whether this key, being an entry key, may sign the entry at ``index``."""
        return (
            self.role == "entry"
            and self.added < max(index, FIRST_ENTRIES)
            and (self.retired is None or index < self.retired)
        )


def replay_keys(entries: Iterable[Genesis | Key]) -> tuple[OperatorKey, ...]:
    """Return all keys that these entries declare, in their order."""
    keys: dict[str, OperatorKey] = {}
    for entry in entries:
        if isinstance(entry, Genesis):
            for vkey in entry.log_keys:
                keys[vkey] = OperatorKey("log", parse_verifier_key(vkey), entry.index)
        elif entry.action == "add":
            keys[entry.vkey] = OperatorKey(
                entry.role, parse_verifier_key(entry.vkey), entry.index
            )
        elif entry.vkey in keys:
            keys[entry.vkey] = msgspec.structs.replace(keys[entry.vkey], retired=entry.index)
    return tuple(keys.values())


def signing_key(keys: Sequence[OperatorKey], index: int) -> OperatorKey:
    """Return the entry key that signs the entry at ``index``: the newest that may.

    Raises `PolicyError` when none may.
    """
    for key in reversed(keys):
        if key.signs(index):
            return key
    raise PolicyError(f"no entry key is in force at entry {index}")


def declaring_entries(keys: Sequence[OperatorKey], indexes: Iterable[int]) -> set[int]:
    """Return the ``key`` entries under which the signatures of entries verify.

    Those entries are signed too, each by an earlier key, back to entry 1.
    """
    found: set[int] = set()
    waiting = list(indexes)
    while waiting:
        added = signing_key(keys, waiting.pop()).added
        if added not in found:
            found.add(added)
            waiting.append(added)
    return found
