"""Rotation: new keys of the operator take the place of those in force, in one commit.

::

    key  add     the new key        signed by the old one
    key  retire  the old key        signed by the new one

The files of new keys are on the disk before the log names them: a crash in between leaves
a file that nobody asks for. From the commit on the log says which key is in force, to
every process that has the ledger open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.errors import LedgerBusyError, PolicyError
from provenance.ledger.job import Effects, Job, OutdatedError
from provenance.ledger.keyhistory import KEY_PREFIX, find_use, key_row, read_keys
from provenance.ledger.plain import PlainItem
from provenance.record.entry import Key, entry_key_name
from provenance.tlog.note import ED25519, MLDSA44, VerifierKey

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.keys import KeyRing, NewKey, Role
    from provenance.ledger.draft import Place
    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.job import Item, Recorded
    from provenance.record.entry import Entry
    from provenance.storage import View

ROTATIONS_MAX: Final = 10
"""Attempts, when others rotate keys at the same time."""
KINDS: Final[dict[Role, tuple[int, ...]]] = {"entry": (ED25519,), "log": (ED25519, MLDSA44)}
"""The kinds of key that a role has, one of each in force."""


class RotationJob(Job):
    """Appends ``add`` entries for new keys, and ``retire`` entries for those in force."""

    def __init__(self, role: Role, new: Sequence[VerifierKey]) -> None:
        self._role: Final[Role] = role
        self._new: Final = new
        # Which keys are retired is known once nobody else can write.
        self._found: Final[list[Item]] = []
        super().__init__(self._found)

    def claims(self) -> set[bytes]:
        """Only one rotation can be the next one."""
        return {KEY_PREFIX}

    def check(self, view: View) -> None:
        """Find the keys in force. Raises `OutdatedError` when a new one is known already."""
        if any(find_use(view, key) is not None for key in self._new):
            raise OutdatedError
        old = [
            key.verifier
            for key in read_keys(view)
            if key.role == self._role and key.retired is None
        ]
        self._found[:] = [
            *(PlainItem(self._maker("add", key)) for key in self._new),
            *(PlainItem(self._maker("retire", key)) for key in old),
        ]

    def _maker(self, action: str, key: VerifierKey) -> Callable[[Place], Entry]:
        def make(place: Place) -> Entry:
            return Key(
                index=place.index,
                time=place.time,
                prev=place.prev,
                action="add" if action == "add" else "retire",
                role=self._role,
                vkey=str(key),
            )

        return make

    def effects(self, start: int) -> Effects:
        """Say where the ``key`` entries stand."""
        return Effects(state=[key_row(start + offset) for offset in range(len(self.items))])


class Rotating:
    """Rotates the keys of one ledger."""

    def __init__(
        self,
        files: LedgerFiles,
        ring: KeyRing,
        submit: Callable[[Job], Recorded],
        *,
        origin: str,
    ) -> None:
        self._files: Final = files
        self._ring: Final = ring
        self._submit: Final = submit
        self._origin: Final = origin

    def rotate(self, role: Role, uris: Sequence[str]) -> tuple[int, ...]:
        """Put new keys in the place of those in force; give the ``key`` entries' indexes."""
        new = self._prepare(role, uris)
        for _ in range(ROTATIONS_MAX):
            self._check_unused(new)
            for key in new:
                self._ring.keep(key)
            job = RotationJob(role, [key.verifier for key in new])
            try:
                start = self._submit(job).start
            except OutdatedError:
                continue
            return tuple(range(start, start + len(job.items)))
        raise LedgerBusyError("other writers keep rotating keys: try again")

    def _prepare(self, role: Role, uris: Sequence[str]) -> list[NewKey]:
        """Open the keys at ``uris``, and make those of the kinds that none of them has."""
        name = entry_key_name(self._origin) if role == "entry" else self._origin
        given = [self._ring.open(role, name, uri) for uri in uris]
        kinds = [key.verifier.kind for key in given]
        if len(set(kinds)) != len(kinds) or not set(KINDS[role]).issuperset(kinds):
            raise PolicyError(
                "the entry key is one Ed25519 key; log keys are one Ed25519 and one ML-DSA-44"
            )
        made = [self._ring.make(role, name, kind) for kind in KINDS[role] if kind not in kinds]
        return sorted([*given, *made], key=lambda key: key.verifier.kind)

    def _check_unused(self, new: Sequence[NewKey]) -> None:
        with self._files.store.view() as view:
            for key in new:
                use = find_use(view, key.verifier)
                if use is not None:
                    raise PolicyError(f"a public key is used once: this one is {use}")
