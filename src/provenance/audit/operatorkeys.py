"""The operator's keys, replayed: which sign checkpoints, and which sign entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.record.message import entry_key_name
from provenance.tlog.note import VerifierKey, parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.record.entry import Entry, Genesis, Key


class OperatorKeys:
    """The keys in force after the entries seen so far, by their vkeys.

    ``broken`` reports an entry that breaks a rule.
    """

    def __init__(self, broken: Callable[[Entry, str], None]) -> None:
        self.log: Final[dict[str, VerifierKey]] = {}
        self.entry: Final[dict[str, VerifierKey]] = {}
        self.publics: Final[set[bytes]] = set()
        """Public keys of all that were ever in force: none comes back."""
        self.declarations: Final[list[int]] = []
        """Indexes of the ``key`` entries."""
        self._broken: Final = broken
        self._origin = ""

    def begin(self, entry: Genesis) -> None:
        """Take the keys that the log begins with."""
        self._origin = entry.origin
        for vkey in entry.log_keys:
            self._add(entry, vkey, self.log)
        if any(key.name != entry.origin for key in self.log.values()):
            self._broken(entry, "lists a log key whose name is not the origin")

    def apply(self, entry: Key) -> None:
        """Check one change, and make it."""
        self.declarations.append(entry.index)
        keys = self.entry if entry.role == "entry" else self.log
        name = entry_key_name(self._origin) if entry.role == "entry" else self._origin
        if entry.action == "add":
            self._add(entry, entry.vkey, keys)
            if keys[entry.vkey].name != name:
                self._broken(entry, f"adds a key whose name is not {name}")
        elif keys.pop(entry.vkey, None) is None:
            self._broken(entry, "retires a key that is not in force")

    def _add(self, entry: Entry, vkey: str, keys: dict[str, VerifierKey]) -> None:
        key = parse_verifier_key(vkey)
        if key.public in self.publics:
            self._broken(entry, "adds a public key that was used before")
        self.publics.add(key.public)
        keys[vkey] = key

    def forget(self) -> None:
        """Take nothing as adopted."""
        self.log.clear()
        self.entry.clear()
        self.publics.clear()
        self.declarations.clear()
