"""Giving up what is lost for good: seeds that no copy of the vault has.

Without its seed nobody can open what an entry commits to, and nobody ever will. An erasure
with the basis `LOST_SEED` says so, in the log, and the content may be deposited again. What
its look-up keys were made of is lost as well, so the rows are found by where they lead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.ledger.erasing import LOST_SEED, ErasureJob, Grounds, Traces, check_case
from provenance.ledger.files import lacks_seed
from provenance.ledger.mentions import keys_of_mentions, reference_row
from provenance.ledger.registry import read_any
from provenance.record.commitment import SEED_SIZE
from provenance.record.entry import Certification, Deposit
from provenance.storage import Inspection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provenance.ledger.files import LedgerFiles
    from provenance.storage import View

SEEDS_AT_ONCE: Final = 4096
_ZERO: Final = bytes(SEED_SIZE)


def find_lost(files: LedgerFiles, view: View) -> list[int]:
    """Return the entries whose contents nobody can open any more, ascending.

    All that commit to something, were not erased, and have no seed; and the deposits of
    such certifications, which an erasure takes along.
    """
    lost = {index for index in _seedless(files, view) if lacks_seed(view, index)}
    entries = [read_any(view, index) for index in lost]
    lost |= {
        entry.deposit
        for entry in entries
        if isinstance(entry, Certification) and lacks_seed(view, entry.deposit)
    }
    return sorted(lost)


def _seedless(files: LedgerFiles, view: View) -> Iterator[int]:
    vault = files.vault
    known = min(vault.size, view.size)
    for start in range(0, known, SEEDS_AT_ONCE):
        count = min(SEEDS_AT_ONCE, known - start)
        seeds = vault.read_many(start, count)
        yield from (
            start + at
            for at in range(count)
            if seeds[at * SEED_SIZE : (at + 1) * SEED_SIZE] == _ZERO
        )
    yield from range(known, view.size)


def fill_vault(files: LedgerFiles) -> None:
    """Write zeros where the vault has no slots, so that the log can go on.

    A crash behind this leaves a vault that still does not know of those entries, and the
    next opening says that their seeds are lost.
    """
    with files.turn(), files.store.view() as view:
        missing = view.size - files.vault.size
        if missing > 0:
            files.vault.write(files.vault.size, bytes(SEED_SIZE * missing))


def make_repair(view: View, lost: Iterable[int], case: str | None) -> ErasureJob:
    """Return the job that gives the contents of entries up; raises `FormatError`."""
    grounds = Grounds(LOST_SEED, check_case(case))
    technical: dict[int, list[bytes]] = {}
    holders: dict[int, list[bytes]] = {}
    indexes = set(lost)
    for rows, found in zip(
        Inspection(view).leading_to(indexes), (technical, holders), strict=True
    ):
        for key, index in rows:
            found.setdefault(index, []).append(key)
    return ErasureJob(
        [
            Traces(
                index=index,
                is_certification=isinstance(read_any(view, index), Certification),
                released=tuple(technical.get(index, ())),
                holders=tuple(holders.get(index, ())),
                facts=tuple(_facts(view, index)),
            )
            for index in sorted(indexes)
        ],
        grounds,
    )


def _facts(view: View, index: int) -> Iterator[bytes]:
    if isinstance(read_any(view, index), Deposit):
        yield from keys_of_mentions(view, index)
    row, _ = reference_row(index, b"")
    if view.state(row) is not None:
        yield row
