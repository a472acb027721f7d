"""Screening a file with the action SUPPRESSION: passages that their depositor takes back.

A passage may be there in full, or be reduced to its idTechnique; only that one counts. The
values in it are kept as the rest of the file is, and never become a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.ledger.judging import NEW, Claim, SuppressionJudge
from provenance.ledger.screening import REFUSED, Candidate, Screening
from provenance.ledger.withdrawal import REQUESTED, draft_withdrawal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.cdc.flux import Passage
    from provenance.ledger.lookups import Lookups
    from provenance.storage import View


class SuppressionScreening(Screening):
    """Screens passages that are to be withdrawn."""

    def __init__(
        self,
        view: Callable[[], View],
        *,
        depositor: str,
        succeeded: Sequence[str],
        lookups: Lookups,
    ) -> None:
        super().__init__(SuppressionJudge(), view)
        self._bodies: Final = (depositor, *succeeded)
        self._lookups: Final = lookups

    def add(self, passage: Passage, leaf: bytes) -> None:
        """Judge one passage; ``leaf`` is the hash of its leaf in the deposit's digest."""
        self.leaves.append(leaf)
        number, id_technique = len(self.leaves), passage.id_technique
        keys = [self._lookups.technical(body, id_technique) for body in self._bodies]
        claim = Claim(
            technical=keys[0],
            succeeded=tuple(keys[1:]),
            holder=self._lookups.holders_of(passage.fields, None),
        )
        repeats = self._repeats(number, id_technique, claim, ())
        if repeats == REFUSED:
            return
        judged = NEW
        if repeats is None:
            with self._view() as view:
                self._judging(view)
                judged = self.judge.judge(view, claim, None)
        self.candidates.append(
            Candidate(
                number=number,
                id_technique=id_technique,
                span=(passage.start, passage.end),
                claim=claim,
                judged=judged,
                draft=None
                if judged.target is None
                else draft_withdrawal(REQUESTED, by_deposit=True),
                repeats=repeats,
            )
        )
