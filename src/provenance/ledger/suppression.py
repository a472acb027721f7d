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
    from provenance.ledger.screening import Submitted
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

    def add(self, submitted: Submitted) -> None:
        """Judge one passage."""
        keys = [self._lookups.technical(body, submitted.id_technique) for body in self._bodies]
        claim = Claim(
            technical=keys[0],
            succeeded=tuple(keys[1:]),
            holder=self._lookups.holders_of(submitted.payload.fields, None),
        )
        if repeated := self._repeated(claim):
            self.refuse(submitted.id_technique, claim, repeated)
            return
        judged = self._judge(claim)
        self.candidates.append(
            Candidate(
                id_technique=submitted.id_technique,
                span=submitted.span,
                claim=claim,
                judged=judged,
                draft=None
                if judged.target is None
                else draft_withdrawal(REQUESTED, by_deposit=True),
            )
        )

    def finish(self) -> None:
        """Do nothing: the candidates are complete."""
