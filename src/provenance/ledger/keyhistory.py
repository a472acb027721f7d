"""The operator's keys as the database holds them: where the entries stand that declare any.

Entries 0 and 1 declare the first keys; rows of the state table say where further ``key``
entries stand. What they lead to is the business of ``record.keyhistory``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.errors import PolicyError
from provenance.ledger.registry import read_depositors, read_entry
from provenance.record.entry import Depositor, Genesis, Key
from provenance.record.keyhistory import (
    FIRST_ENTRIES,
    OperatorKey,
    declaring_entries,
    replay_keys,
    signing_key,
)
from provenance.tlog.note import VerifierKey, parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provenance.storage import View

# What the keys lead to belongs to this module's interface, whichever file it is in.
__all__ = [
    "FIRST_ENTRIES", "KEY_PREFIX", "OperatorKey", "check_not_operators", "declaring_entries",
    "find_use", "key_entries", "key_row", "log_keys", "read_declarations", "read_keys",
    "replay_keys", "signing_key",
]  # fmt: skip

KEY_PREFIX: Final = b"keys/"


def key_row(index: int) -> tuple[bytes, bytes]:
    """Make the row that says that a ``key`` entry stands at ``index``."""
    place = index.to_bytes(8, "big")
    return KEY_PREFIX + place, place


def key_entries(view: View, size: int | None = None) -> list[int]:
    """Return the indexes of the entries below ``size`` (all) that declare keys, ascending."""
    end = view.size if size is None else size
    rows = (int.from_bytes(value, "big") for _, value in view.state_items(KEY_PREFIX))
    return [index for index in (*range(FIRST_ENTRIES), *rows) if index < end]


def read_declarations(view: View, size: int | None = None) -> tuple[Genesis | Key, ...]:
    """Read the entries below ``size`` (all) that declare keys."""
    return tuple(
        read_entry(view, index, Key) if index else read_entry(view, index, Genesis)
        for index in key_entries(view, size)
    )


def read_keys(view: View, size: int | None = None) -> tuple[OperatorKey, ...]:
    """Return all keys of the operator as of ``size`` (now), in the order of the log."""
    return replay_keys(read_declarations(view, size))


def log_keys(keys: Iterable[OperatorKey]) -> tuple[VerifierKey, ...]:
    """Return those log keys that were not retired: each of them signs every checkpoint."""
    return tuple(key.verifier for key in keys if key.role == "log" and key.retired is None)


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
            one = read_entry(view, one.previous, Depositor)
            yield one
