"""Who may deposit: the last entry of each depositor, by its index; and the last register.

The facts stand in the log; these rows only say where, so that opening a ledger reads
nothing but its end. An audit derives them again from the entries.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

from provenance.errors import FormatError, LedgerDamagedError, UnknownEntryError
from provenance.record.entry import Depositor, Genesis, Key, parse_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provenance.record.entry import Entry
    from provenance.storage import View

E = TypeVar("E", bound="Entry")

DEPOSITOR_PREFIX: Final = b"depositor/"
REGISTER_ROW: Final = b"register"
"""The key of the row that says at which index the last ``register`` entry is."""

# Few entries say who deposits and by which keys is signed, and every deposit asks for them.
_LASTING: Final[frozenset[type[object]]] = frozenset({Depositor, Genesis, Key})
_parse_lasting = lru_cache(maxsize=256)(parse_entry)


def index_row(key: bytes, index: int) -> tuple[bytes, bytes]:
    """Make the row that says at which index the newest entry for ``key`` stands."""
    return key, index.to_bytes(8, "big")


def depositor_row(depositor: str) -> bytes:
    """Return the row's key for one depositor (its BCR, 8 characters)."""
    return DEPOSITOR_PREFIX + depositor.encode()


def read_index(view: View, key: bytes) -> int | None:
    """Return the index that a row holds, or None without such a row."""
    value = view.state(key)
    return None if value is None else int.from_bytes(value, "big")


def read_entry(view: View, index: int, kind: type[E]) -> E:
    """Read the entry at ``index``, which must be of ``kind``.

    Raises `UnknownEntryError` when there is none, or one of another type,
    `LedgerDamagedError` for what is not an entry any more.
    """
    entry = read_any(view, index, _parse_lasting if kind in _LASTING else parse_entry)
    if not isinstance(entry, kind):
        raise UnknownEntryError(f"entry {index} is not a {kind.__name__.lower()}")
    return entry


def read_any(view: View, index: int, parse: Callable[[bytes], Entry] = parse_entry) -> Entry:
    """Read the entry at ``index``, of whatever type. Raises as `read_entry`."""
    try:
        return parse(view.entry(index))
    except FormatError as error:
        raise LedgerDamagedError(
            f"entry {index} is damaged as it is stored: {error}"
        ) from error


def read_genesis(view: View) -> Genesis:
    """Read entry 0."""
    return read_entry(view, 0, Genesis)


def read_registration(view: View, body: str) -> int | None:
    """Return the index of the last ``depositor`` entry of a body (its BCR), or None.

    Under the writer's lock this is what entries that are being recorded name as their
    ``registration`` or ``certifier_registration``.
    """
    return read_index(view, depositor_row(body))


def read_depositor(view: View, depositor: str) -> Depositor | None:
    """Return the entry in force of one depositor; None when it is not registered."""
    index = read_registration(view, depositor)
    return None if index is None else read_entry(view, index, Depositor)


def read_depositors(view: View) -> Iterator[Depositor]:
    """Read the entries in force of all depositors, ordered by BCR."""
    for _, value in view.state_items(DEPOSITOR_PREFIX):
        yield read_entry(view, int.from_bytes(value, "big"), Depositor)
