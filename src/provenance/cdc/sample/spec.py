"""What a sample is to be like."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from msgspec import Struct, field

from provenance.cdc.sample.flaws import FLAWS, Flaw
from provenance.cdc.sample.form import Form
from provenance.cdc.sample.tree import Dice
from provenance.errors import FormatError

PASSAGES_MAX: Final = 2**24
_YEARS: Final = range(2010, 2100)


class SampleSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A deposit file that does not exist yet: its content, and the form it is written in.

    ``depositor`` and ``certifier`` are BCRs of 8 characters. ``certifications`` is the
    number of certification groups that the passages are spread over, where there are
    enough. ``day`` is the day of the file: awards lie 3 to 80 days before.
    ``dossier_percent`` and ``national_percent`` tell how many holders are named in these
    two ways, the others being named in full; the second way, and the element ``action``,
    exist in version 1.1.5 only. ``provisional``: all passages say that a final form is to
    follow. ``revision``: passages of one seed differ from those of another revision in
    their ``urlPreuve``, and keep their idTechnique. ``reduced``: passages of a file with
    the action SUPPRESSION hold nothing else. ``flaws`` tells how many passages have which
    flaw; the first passage never has one.

    Raises `FormatError` where this cannot be met.
    """

    seed: int = 1
    passages: int = 100
    depositor: str = "9EXAMPLE"
    certifier: str = "9SAMPLES"
    contract: str = "SPECIMEN-0001"
    version: Literal["1.1.2", "1.1.5"] = "1.1.2"
    certifications: int = 3
    day: date = date(2026, 6, 30)
    dossier_percent: int = 10
    national_percent: int = 0
    flaws: dict[Flaw, int] = field(default_factory=dict)
    provisional: bool = False
    revision: int = 0
    action: Literal["CREATION", "SUPPRESSION"] = "CREATION"
    reduced: bool = False
    form: Form = Form()

    def __post_init__(self) -> None:
        shares = (self.dossier_percent, self.national_percent)
        counts = self.flaws.values()
        _check(0 < self.passages <= PASSAGES_MAX, f"passages: 1 to {PASSAGES_MAX}")
        _check(self.certifications > 0, "certifications: 1 or more")
        _check(min(shares) >= 0 and sum(shares) <= 100, "percentages: 0 to 100 together")  # noqa: PLR2004 - per cent
        _check(self.day.year in _YEARS, f"day: {_YEARS[0]} to {_YEARS[-1]}")
        newer = self.version == "1.1.5" or not self.national_percent
        _check(newer, "holders named by national number need version 1.1.5")
        takes_back = self.action == "SUPPRESSION"
        _check(not takes_back or self.version == "1.1.5", "SUPPRESSION needs version 1.1.5")
        _check(not takes_back or not self.flaws, "SUPPRESSION: without flaws")
        _check(takes_back or not self.reduced, "reduced passages need SUPPRESSION")
        _check(self.revision >= 0, "revision: 0 or more")
        _check(self.flaws.keys() <= FLAWS.keys(), f"flaws: one of {', '.join(FLAWS)}")
        _check(min(counts, default=0) >= 0, "flaws: none less than 0 times")
        _check(sum(counts) < self.passages, "flaws: fewer than passages")

    def place_flaws(self) -> dict[int, Flaw]:
        """Tell which passages have a flaw, by number."""
        dice = Dice(self.seed, "flaws")
        placed: dict[int, Flaw] = {}
        for flaw, count in sorted(self.flaws.items()):
            for _ in range(count):
                while (number := dice.between(1, self.passages - 1)) in placed:
                    pass
                placed[number] = flaw
        return placed


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise FormatError(f"a sample cannot be made: {what}")
