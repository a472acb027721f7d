"""Screening a file with the action SUPPRESSION: passages that their depositor takes back.

A passage may be there in full, or be reduced to its idTechnique; only that one counts. The
values in it are kept as the rest of the file is, and never become a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.ledger.judging import Claim, SuppressionJudge
from provenance.ledger.screening import Candidate, Screening
from provenance.ledger.withdrawal import REQUESTED, draft_withdrawal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.ledger.lookups import Lookups
    from provenance.record.commitment import Field
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

    def add(self, id_technique: str, span: tuple[int, int], fields: Sequence[Field]) -> None:
        """Judge one passage."""
        keys = [self._lookups.technical(body, id_technique) for body in self._bodies]
        claim = Claim(
            technical=keys[0],
            succeeded=tuple(keys[1:]),
            holder=self._lookups.holders_of(fields, None),
        )
        if repeated := self._repeated(claim):
            self.refuse(id_technique, claim, repeated)
            return
        with self._view() as view:
            self._judging(view)
            judged = self.judge.judge(view, claim)
        self.candidates.append(
            Candidate(
                id_technique=id_technique,
                span=span,
                claim=claim,
                judged=judged,
                draft=None
                if judged.target is None
                else draft_withdrawal(REQUESTED, by_deposit=True),
            )
        )
