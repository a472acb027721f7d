"""The bodies that deposit, replayed: which registration of each is the last one, and its keys.

An entry that names a registration must name the last one of that body before it. That is
what makes a registration binding: names, rights and keys come from the one that is named.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from provenance.audit.report import KeyChanges
from provenance.record.entry import depositor_message, registration_of
from provenance.tlog.note import parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.record.entry import Depositor, Entry

KeyChange: TypeAlias = Literal["registered", "changed", "reset"]
"""How a list of keys came to be another one than before, see `KeyChanges`."""


class Registrations:
    """The registration in force of each body, after the entries seen so far.

    ``broken`` reports an entry that breaks a rule; ``verifies`` tells whether the signature
    of a key (vkey, signature, message) holds.
    """

    def __init__(
        self,
        broken: Callable[[Entry, str], None],
        verifies: Callable[[str, str, bytes], bool],
    ) -> None:
        self.in_force: Final[dict[str, Depositor]] = {}
        self.publics: Final[set[bytes]] = set()
        """Public keys that any body ever listed."""
        self.changes: Final[Counter[KeyChange]] = Counter()
        """How often lists of keys were changed, by how."""
        self.firsts = 0
        """Bodies that were registered for the first time."""
        self._broken: Final = broken
        self._verifies: Final = verifies
        self._held: Final[set[str]] = set()
        """Bodies of which some registration lists keys."""

    def apply(self, entry: Depositor, origin: str) -> None:
        """Check one registration, and take it as the last one of its body."""
        before = self.in_force.get(entry.depositor)
        if entry.previous != (None if before is None else before.index):
            self._broken(entry, "does not name the entry that it replaces")
        self.firsts += before is None
        signed = self._is_signed(entry, before, origin)
        if entry.keys != (() if before is None else before.keys):
            held = entry.depositor in self._held
            self.changes["changed" if signed else "reset" if held else "registered"] += 1
        self.adopt(entry)

    def _is_signed(self, entry: Depositor, before: Depositor | None, origin: str) -> bool:
        if entry.signature is None:
            return False
        if before is None or not before.keys:
            self._broken(entry, "is signed, and the registration before lists no key")
            return False
        message = depositor_message(origin=origin, registration=registration_of(entry))
        if any(self._verifies(key, entry.signature, message) for key in before.keys):
            return True
        self._broken(entry, "is not signed by a previous key of the depositor")
        return False

    def adopt(self, entry: Depositor) -> None:
        """Take a registration as the last one of its body."""
        self.publics.update(parse_verifier_key(vkey).public for vkey in entry.keys)
        if entry.keys:
            self._held.add(entry.depositor)
        self.in_force[entry.depositor] = entry

    def forget(self) -> None:
        """Take nothing as adopted."""
        self.in_force.clear()
        self.publics.clear()
        self._held.clear()

    def key_changes(self) -> KeyChanges:
        """Return how often lists of keys were changed, by how."""
        counts = self.changes
        return KeyChanges(
            registered=counts["registered"], changed=counts["changed"], reset=counts["reset"]
        )

    def index_of(self, body: str) -> int | None:
        """Return the index of a body's last registration, or None where there is none."""
        entry = self.in_force.get(body)
        return None if entry is None else entry.index

    def certifier_index(self, *, depositor: str, certifier: str) -> int | None:
        """Return the ``certifier_registration`` of certifications of these bodies."""
        return None if certifier == depositor else self.index_of(certifier)
