"""What a proof rests on: entries with their paths, status leaves, endorsements."""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

from provenance.encoding import encode_base64, encode_base64_all
from provenance.errors import FormatError, LedgerDamagedError, NotPublishedError
from provenance.ledger.changes import read_changes
from provenance.ledger.endorsing import newest_over, read_endorsements
from provenance.ledger.keyhistory import read_keys
from provenance.ledger.registry import read_any, read_entry
from provenance.record import later
from provenance.record.bundle import EndorsementLink
from provenance.record.entry import Certification, Depositor, Status
from provenance.tlog.merkle import HASH_SIZE, node_hash
from provenance.tlog.prover import prove_inclusion

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from provenance.record.bundle import ProvenEntry, StatusLeaf
    from provenance.record.entry import Endorsement
    from provenance.storage import View
    from provenance.tlog.prover import NodeReader


PUBLICATION_WAIT_S: Final = 5.0
"""Seconds that a proof waits for a publication in another process to end."""
_PAUSE_S: Final = 0.01

T = TypeVar("T")


class BeingPublishedError(NotPublishedError):
    """A status entry is there whose checkpoint is not: somebody publishes, or was cut off."""


def when_published(make: Callable[[], T]) -> T:
    """Return what ``make`` returns, which is made anew as long as somebody publishes.

    Raises as it does.
    """
    deadline = time.monotonic() + PUBLICATION_WAIT_S
    while True:
        try:
            return make()
        except BeingPublishedError:
            if time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_S)


def changes_by(view: View, index: int, size: int) -> dict[int, int]:
    """Return what was done to a certification by entries below ``size``: bit, and by whom."""
    return {bit: by for bit, by in read_changes(view, index).items() if by < size}


def registrations_to(view: View, last: int) -> Iterator[int]:
    """Yield the registrations of a body from the one at ``last`` back to its first."""
    index: int | None = last
    while index is not None:
        yield index
        index = read_entry(view, index, Depositor).previous


def endorsements_of(
    view: View, entries: Iterable[Certification], size: int
) -> dict[int, Endorsement]:
    """Return the newest endorsement below ``size`` of each certification that has one."""
    # Those of one deposit are endorsed together.
    made = cache(lambda deposit: tuple(read_endorsements(view, deposit)))
    found = ((entry.index, newest_over(entry, made(entry.deposit), size)) for entry in entries)
    return {index: endorsement for index, endorsement in found if endorsement is not None}


def links(view: View, endorsed: Mapping[int, Endorsement]) -> tuple[EndorsementLink, ...]:
    """Show that each certification is among the entries that its endorsement signs."""
    trees = {by.index: _small_tree(view, by) for by in endorsed.values()}
    return tuple(
        EndorsementLink(
            entry=by.index,
            certification=index,
            path=encode_base64_all(
                prove_inclusion(index - by.start, by.end - by.start, trees[by.index])
            ),
        )
        for index, by in sorted(endorsed.items())
    )


def _small_tree(view: View, by: Endorsement) -> NodeReader:
    """Read the tree over the endorsed entries alone, which is no part of the log's."""
    hashes = view.leaf_hashes(by.start, by.end)
    levels = [[hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]]
    while len(levels[-1]) > 1:
        below = iter(levels[-1])
        # A last node without a sibling makes no full subtree, and is dropped by the zip.
        levels.append(
            [node_hash(left, right) for left, right in zip(below, below, strict=False)]
        )
    return lambda level, index: levels[level][index]


def rests_on(
    view: View, entries: Iterable[Certification], endorsed: Mapping[int, Endorsement]
) -> set[int]:
    """Return the entries from which names, rights and keys of certifications come.

    The registrations that each names; its endorsement, and all registrations of its
    depositor up to the one that the endorsement names, since they tell whose doing the key
    is.
    """
    found: set[int] = set()
    for entry in entries:
        found.add(entry.registration)
        if entry.certifier_registration is not None:
            found.add(entry.certifier_registration)
    for by in {one.index: one for one in endorsed.values()}.values():
        found |= {by.index, *registrations_to(view, by.registration)}
    return found


@contextmanager
def reading_stored() -> Iterator[None]:
    """Raise `LedgerDamagedError` where stored entries turn out not to be such."""
    try:
        yield
    except (FormatError, UnicodeDecodeError) as error:
        raise LedgerDamagedError(
            "an entry that the proof rests on is damaged as it is stored: audit the ledger"
        ) from error


def prove_entries(
    view: View,
    indexes: Collection[int],
    size: int,
    *,
    disclosed: Mapping[int, tuple[str, ...]] | None = None,
) -> tuple[ProvenEntry, ...]:
    """Prove entries in the tree of ``size``, and the ``key`` entries that they rest on.

    ``disclosed``: what is shown of records, as lists of slots. Raises `PolicyError` when
    that is more than a proof holds.
    """
    with reading_stored():
        return later.prove_entries(
            view, indexes, size, keys=read_keys(view, size), disclosed=disclosed
        )


def status_leaves(
    view: View, size: int, changes: Mapping[int, Mapping[int, int]]
) -> tuple[StatusLeaf, ...]:
    """Return the status leaves of certifications, and of those that supersede them.

    ``changes``: `changes_by` for each of them. As of the ``status`` entry that ends the
    tree of ``size``. Raises `NotPublishedError` as `settled_status` does.
    """
    return later.prove_status(view, settled_status(view, size).size, changes)


def settled_status(view: View, size: int) -> Status:
    """Return the ``status`` entry that ends the tree of ``size``, and is the stored tree's.

    Raises `NotPublishedError` when there is none, or a newer one waits for its checkpoint,
    `LedgerDamagedError` where the stored tree is not what it says.
    """
    status = read_any(view, size - 1)
    if not isinstance(status, Status):
        raise NotPublishedError("the last checkpoint does not end in a status entry")
    if encode_base64(view.status_root(status.size, settled=True)) == status.root:
        return status
    newer = view.status_size
    if size <= newer < view.size and isinstance(read_any(view, newer), Status):
        # It was appended, and its checkpoint is not signed yet.
        raise BeingPublishedError("a publication was not finished: publish again")
    raise LedgerDamagedError(
        f"the stored status tree is not what entry {status.index} says: audit the ledger"
    )
