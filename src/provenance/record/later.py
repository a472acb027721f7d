"""What brings an old proof up to date, made from any copy of the log.

The ledger's database and a directory of published tiles hold the same log in two layouts;
both are a `LogCopy`, and from equal logs the same bytes are made. Nothing here checks what
a copy says: whoever reads from strangers authenticates it first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from provenance.encoding import encode_base64, encode_base64_all
from provenance.errors import PolicyError
from provenance.record.bundle import BUNDLE_ITEMS_MAX, Later, ProvenEntry, StatusLeaf
from provenance.record.keyhistory import declaring_entries
from provenance.record.status import LEAF_ENTRIES, SUPERSEDED, leaf_count
from provenance.tlog.prover import prove_consistency, prove_inclusions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from provenance.record.keyhistory import OperatorKey


class LogCopy(Protocol):
    """A log of some size that can be read, with the status tree that it ends with."""

    def record(self, index: int) -> tuple[bytes, bytes]:
        """Return an entry's bytes and its signature (64 bytes)."""

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the full subtree [index << level, (index + 1) << level)."""

    def status_leaf(self, index: int) -> bytes:
        """Return leaf ``index`` (64 bytes) of the status tree."""

    def status_node(self, level: int, index: int) -> bytes:
        """Return the hash of a full subtree of the status tree."""


def make_later(
    log: LogCopy,
    *,
    note: str,
    sizes: tuple[int, int],
    keys: Sequence[OperatorKey],
    changes: Mapping[int, Mapping[int, int]],
    shown: Collection[int],
) -> Later:
    """Make the ``later`` part of a bundle, as of the checkpoint in ``note``.

    ``sizes``: of the bundle's own checkpoint and of this one. ``keys``: all keys of the
    operator by then. ``changes``: for each certification of the bundle, who did what to it
    by then (status bit, index). ``shown``: the entries that the bundle has already. Raises
    `PolicyError` when that is more than a bundle holds.
    """
    old, new = sizes
    due = {new - 1, *(by for change in changes.values() for by in change.values())}
    return Later(
        checkpoint=note,
        proof=encode_base64_all(prove_consistency(old, new, log.node)),
        entries=prove_entries(log, due, new, keys=keys, shown=shown),
        status=prove_status(log, new - 1, changes),
    )


def prove_entries(
    log: LogCopy,
    indexes: Collection[int],
    size: int,
    *,
    keys: Sequence[OperatorKey],
    disclosed: Mapping[int, tuple[str, ...]] | None = None,
    shown: Collection[int] = (),
) -> tuple[ProvenEntry, ...]:
    """Prove entries in the tree of ``size``, and the ``key`` entries that they rest on.

    ``keys``: all keys of the operator by then. ``disclosed``: what is shown of records, as
    lists of slots. ``shown``: entries that the proof has already. Raises `PolicyError` when
    that is more than a proof holds.
    """
    wanted = {*indexes}
    wanted |= declaring_entries(keys, wanted)
    wanted -= {*shown}
    if len(wanted) > BUNDLE_ITEMS_MAX:
        raise PolicyError(f"a proof holds {BUNDLE_ITEMS_MAX} entries at most: ask for fewer")
    records, ordered = disclosed or {}, sorted(wanted)
    paths = prove_inclusions(ordered, size, log.node)
    return tuple(
        _prove(log, index, path, records.get(index, ()))
        for index, path in zip(ordered, paths, strict=True)
    )


def _prove(
    log: LogCopy, index: int, path: Sequence[bytes], record: tuple[str, ...]
) -> ProvenEntry:
    entry, signature = log.record(index)
    return ProvenEntry(
        entry=entry.decode(),
        signature=encode_base64(signature),
        path=encode_base64_all(path),
        record=record,
    )


def prove_status(
    log: LogCopy, size: int, changes: Mapping[int, Mapping[int, int]]
) -> tuple[StatusLeaf, ...]:
    """Return the status leaves of certifications, and of those that supersede them.

    ``size``: of the log that the status tree is about. ``changes``: as for `make_later`.
    """
    newer = (change[SUPERSEDED] for change in changes.values() if SUPERSEDED in change)
    ordered = sorted({index // LEAF_ENTRIES for index in {*changes, *newer}})
    paths = prove_inclusions(ordered, leaf_count(size), log.status_node)
    return tuple(
        StatusLeaf(
            leaf=leaf,
            bits=encode_base64(log.status_leaf(leaf)),
            path=encode_base64_all(path),
        )
        for leaf, path in zip(ordered, paths, strict=True)
    )
