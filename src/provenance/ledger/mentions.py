"""Which deposits hold a passage that no entry of its own holds, so that it can be erased.

A deposit's payload keeps the file without its recorded passages: what was refused, or had
been recorded before, stays in it. When a person's data must go, those deposits must be
found. Rows lead there and back, under the private keys of `lookups.py`::

    "mention/" || 16 bytes key || u64 deposit      (empty)
    "mentions/" || u64 deposit                     the keys, joined
    "reference/" || u64 certification              16 bytes: the key of the operator's own
                                                   reference for the holder
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.ledger.lookups import LOOKUP_KEY_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provenance.storage import View

MENTION_PREFIX: Final = b"mention/"
DEPOSIT_PREFIX: Final = b"mentions/"
REFERENCE_PREFIX: Final = b"reference/"


def mention_rows(deposit: int, keys: Iterable[bytes]) -> list[tuple[bytes, bytes]]:
    """Return the rows that say that the deposit's payload holds passages under ``keys``."""
    known = sorted(set(keys))
    if not known:
        return []
    back = (DEPOSIT_PREFIX + _u64(deposit), b"".join(known))
    return [*((_mention(key, deposit), b"") for key in known), back]


def deposits_that_mention(view: View, keys: Iterable[bytes]) -> set[int]:
    """Return the deposits whose payload holds a passage under one of ``keys``."""
    found = set()
    for key in keys:
        prefix = MENTION_PREFIX + key
        found |= {
            int.from_bytes(row[len(prefix) :], "big") for row, _ in view.state_items(prefix)
        }
    return found


def keys_of_mentions(view: View, deposit: int) -> Iterator[bytes]:
    """Return the keys of all rows about the passages in the deposit's payload."""
    back = DEPOSIT_PREFIX + _u64(deposit)
    joined = view.state(back)
    if joined is not None:
        yield back
        yield from (_mention(key, deposit) for key in split_keys(joined))


def split_keys(joined: bytes) -> list[bytes]:
    """Return the keys of a row that leads back."""
    starts = range(0, len(joined), LOOKUP_KEY_SIZE)
    return [joined[at : at + LOOKUP_KEY_SIZE] for at in starts]


def reference_row(index: int, key: bytes) -> tuple[bytes, bytes]:
    """Return the row that says under which reference the holder of an entry is found."""
    return REFERENCE_PREFIX + _u64(index), key


def _mention(key: bytes, deposit: int) -> bytes:
    return MENTION_PREFIX + key + _u64(deposit)


def _u64(number: int) -> bytes:
    return number.to_bytes(8, "big")
