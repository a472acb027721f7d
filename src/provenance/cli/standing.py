"""How certifications stand, as a verifier would say it of a proof made now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.errors import ErasedError, NotPublishedError
from provenance.ledger.prove import CERTIFICATIONS_MAX
from provenance.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.ledger import Ledger

NOT_PUBLISHED: Final = "not published"
"""No checkpoint covers the entry yet, so nobody can be shown how it stands."""
ERASED: Final = "erased"
SHOWN: Final = "donneeCertifiee"
"""The field that is disclosed, to this process alone: every record has it."""


def read_standings(ledger: Ledger, indexes: Sequence[int]) -> dict[int, str]:
    """Return the status of each certification, as of the last checkpoint.

    Proofs are made that disclose next to nothing, and verified under the ledger's own keys.
    """
    checkpoint = ledger.checkpoint()
    size = 0 if checkpoint is None else checkpoint[0].size
    standings = {index: NOT_PUBLISHED for index in indexes if index >= size}
    covered = [index for index in indexes if index < size]
    for part in _parts(covered):
        standings |= _prove(ledger, part)
    return standings


def _parts(indexes: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(indexes), CERTIFICATIONS_MAX):
        yield indexes[start : start + CERTIFICATIONS_MAX]


def _prove(ledger: Ledger, indexes: Sequence[int]) -> dict[int, str]:
    try:
        # One that shows nothing, beside one that it supersedes, is not a line of a proof.
        bundle = ledger.prove(indexes, disclose=(SHOWN,))
    except NotPublishedError:
        # A publication that was cut off: its status entry is there, no checkpoint yet.
        return dict.fromkeys(indexes, NOT_PUBLISHED)
    except ErasedError:
        if len(indexes) == 1:
            return {indexes[0]: ERASED}
        return {index: word for one in indexes for index, word in _prove(ledger, [one]).items()}
    report = Verifier(ledger.policy()).verify(bundle)
    found = {one.index: one.status for one in report.certifications}
    return {index: found.get(index, "unknown") for index in indexes}
