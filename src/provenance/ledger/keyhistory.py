"""The operator's keys over time: which were in force, and which one signed an entry.

Entries 0 and 1 declare the first keys; rows of the state table say where further ``key``
entries stand. A key signs from the entry after its own, up to the one before its
retirement; the entries 0 and 1 are signed by the key that entry 1 adds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from provenance.errors import PolicyError
from provenance.keys import Role  # noqa: TC001 - a member's type, asked for at run time
from provenance.ledger.registry import read_depositors, read_entry
from provenance.record.entry import Depositor, Genesis, Key, parse_entry
from provenance.tlog.note import VerifierKey, parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from provenance.storage import View

KEY_PREFIX: Final = b"keys/"
FIRST_ENTRIES: Final = 2
"""Entries 0 and 1 are known to declare keys, and have no row."""


class OperatorKey(msgspec.Struct, frozen=True):
    """A public key of the operator, and the entries that took it into use and retired it."""

    role: Role
    verifier: VerifierKey
    added: int
    retired: int | None = None

    def signs(self, index: int) -> bool:
        """Tell whether this key, being an entry key, may sign the entry at ``index``."""
        return (
            self.role == "entry"
            and self.added < max(index, FIRST_ENTRIES)
            and (self.retired is None or index < self.retired)
        )


def key_row(index: int) -> tuple[bytes, bytes]:
    """Make the row that says that a ``key`` entry stands at ``index``."""
    place = index.to_bytes(8, "big")
    return KEY_PREFIX + place, place


def key_entries(view: View, size: int | None = None) -> list[int]:
    """Give the indexes of the entries below ``size`` (all) that declare keys, ascending."""
    end = view.size if size is None else size
    rows = (int.from_bytes(value, "big") for _, value in view.state_items(KEY_PREFIX))
    return [index for index in (*range(FIRST_ENTRIES), *rows) if index < end]


def replay_keys(entries: Iterable[Genesis | Key]) -> tuple[OperatorKey, ...]:
    """Give all keys that these entries declare, in their order."""
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


def read_declarations(view: View, size: int | None = None) -> tuple[Genesis | Key, ...]:
    """Read the entries below ``size`` (all) that declare keys."""
    return tuple(
        read_entry(view, index, Key) if index else read_entry(view, index, Genesis)
        for index in key_entries(view, size)
    )


def read_keys(view: View, size: int | None = None) -> tuple[OperatorKey, ...]:
    """Give all keys of the operator as of ``size`` (now), in the order of the log."""
    return replay_keys(read_declarations(view, size))


def log_keys(keys: Iterable[OperatorKey]) -> tuple[VerifierKey, ...]:
    """Give those log keys that were not retired: each of them signs every checkpoint."""
    return tuple(key.verifier for key in keys if key.role == "log" and key.retired is None)


def signing_key(keys: Sequence[OperatorKey], index: int) -> OperatorKey:
    """Give the entry key that signs the entry at ``index``: the newest that may.

    Raises `PolicyError` when none may.
    """
    for key in reversed(keys):
        if key.signs(index):
            return key
    raise PolicyError(f"no entry key is in force at entry {index}")


def declaring_entries(keys: Sequence[OperatorKey], indexes: Iterable[int]) -> set[int]:
    """Give the ``key`` entries under which the signatures of entries verify.

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


def find_use(view: View, key: VerifierKey) -> str | None:
    """Say what a public key was ever declared for in this log, or None.

    One public key has one role, and one time: neither an operator's key nor a
    depositor's, of now or of before, is taken into use again.
    """
    for known in read_keys(view):
        if known.verifier.public == key.public:
            return f"the {known.role} key that entry {known.added} declares"
    for depositor in _all_registrations(view):
        if any(parse_verifier_key(vkey).public == key.public for vkey in depositor.keys):
            return f"a depositor's key that entry {depositor.index} declares"
    return None


def check_not_operators(view: View, vkeys: Iterable[str]) -> None:
    """Raise `PolicyError` when a depositor's key is, or was, one of the operator's."""
    operators = {key.verifier.public for key in read_keys(view)}
    if not operators.isdisjoint(parse_verifier_key(vkey).public for vkey in vkeys):
        raise PolicyError("a key of the operator is nobody else's: the depositor needs another")


def _all_registrations(view: View) -> Iterator[Depositor]:
    for current in read_depositors(view):
        one = current
        yield one
        while one.previous is not None:
            entry = parse_entry(view.entry(one.previous))
            assert isinstance(entry, Depositor), "the log's own registrations"
            one = entry
            yield one
