"""Checking every entry's signature, wherever the entry is read.

Which keys are in force is known only to those who have read the log up to the entry. The
rows that say where ``key`` entries stand are believed at first, so that signatures can be
verified anywhere and in any order. The replay of the log then tells which keys were in
force indeed, and where others were presumed it verifies again: rows that lie cost time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from provenance.errors import ProvenanceError
from provenance.ledger.keyhistory import FIRST_ENTRIES, key_entries
from provenance.record.entry import Key, parse_entry
from provenance.record.message import entry_message
from provenance.tlog.note import parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from provenance.storage import View

    Publics = tuple[bytes, ...]

CHECK: Final = "entry-signature"
MESSAGE: Final = "the entry key did not sign this entry"


class Schedule:
    """Which entry keys are presumed to sign which entries: (index, from there on these)."""

    def __init__(self, steps: Sequence[tuple[int, Publics]]) -> None:
        self.steps: Final = tuple(steps)

    def spans(self, start: int, end: int) -> Iterator[tuple[int, int, Publics]]:
        """Cut [start, end) where the keys change."""
        for at, (begin, keys) in enumerate(self.steps):
            later = self.steps[at + 1 :]
            first, last = max(begin, start), min(later[0][0] if later else end, end)
            if first < last:
                yield first, last, keys


def presume(view: View) -> Schedule:
    """Read which keys the rows of the database lead to. Nothing that it holds is trusted."""
    keys: dict[str, bytes] = {}
    steps: list[tuple[int, Publics]] = [(0, ())]
    for index in key_entries(view):
        entry = _read_key(view, index)
        if entry is None or entry.role != "entry":
            continue
        # No entry rests on a key of its own, be it added or retired.
        if entry.action == "retire":
            keys.pop(entry.vkey, None)
            steps.append((index, tuple(keys.values())))
        else:
            keys[entry.vkey] = parse_verifier_key(entry.vkey).public
            # The first entries wait for the key that one of them adds.
            begin = index + 1 if index >= FIRST_ENTRIES else 0
            steps.append((begin, tuple(keys.values())))
    return Schedule(steps)


def _read_key(view: View, index: int) -> Key | None:
    try:
        entry = parse_entry(view.entry(index))
    except ProvenanceError:
        return None
    return entry if isinstance(entry, Key) else None


def failing(
    origin: str, publics: Publics, signed: Iterable[tuple[int, bytes, bytes]]
) -> list[int]:
    """Return the indexes of those that no key of ``publics`` signed.

    ``signed``: index, leaf hash and signature of each entry.
    """
    prefix = entry_message(origin, b"")
    keys = [_load(public) for public in publics]
    return [
        index for index, leaf, signature in signed if not _any(keys, signature, prefix + leaf)
    ]


@lru_cache(maxsize=256)
def _load(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


def _any(keys: Sequence[Ed25519PublicKey], signature: bytes, message: bytes) -> bool:
    for key in keys:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            continue
        return True
    return False
