"""Choosing what a proof shows.

Names of fields, or one of two words: ``line`` for what a positive line of a CV needs,
``all`` for everything that may be shown. Some rules hold whatever was asked for: the
``nir`` is never shown; a level is shown only together with its flag; ``source`` is shown
only together with all other fields, because its hash would let hidden ones be guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from provenance.errors import PolicyError
from provenance.record.commitment import NEVER_DISCLOSED, SOURCE
from provenance.record.showing import IDENTITY_GROUPS, LINE_FIELDS, flag_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from provenance.record.commitment import Field

LINE: Final = "line"
ALL: Final = "all"
_LINE_NAMES: Final = frozenset(LINE_FIELDS).union(*IDENTITY_GROUPS.values())


def names_for(
    index: int, disclose: str | Collection[str] | Mapping[int, str | Collection[str]]
) -> frozenset[str]:
    """Give the names asked for at one entry, the two words among them."""
    wanted = disclose.get(index, LINE) if isinstance(disclose, Mapping) else disclose
    return frozenset([wanted] if isinstance(wanted, str) else wanted)


def choose(fields: Sequence[Field], names: Collection[str]) -> frozenset[str]:
    """Turn what was asked for into the names of this record that are shown.

    Optional fields that the record does not have are passed over. Raises `PolicyError`
    for a name that is never shown, or ``source`` without all other fields.
    """
    return _choose(tuple([name for name, _ in fields]), frozenset(names))


@lru_cache(maxsize=256)  # Much the same is asked for, of records of few kinds.
def _choose(fields: tuple[str, ...], names: frozenset[str]) -> frozenset[str]:
    if not NEVER_DISCLOSED.isdisjoint(names):
        raise PolicyError("the nir is never disclosed")
    present = set(fields)
    shown = set(names) & present
    if LINE in names:
        shown |= present & _LINE_NAMES
    if ALL in names:
        shown |= present - NEVER_DISCLOSED - {SOURCE}
    shown |= {flag for name in shown if (flag := flag_of(name)) in present and flag}
    complete = shown | {SOURCE} == present
    if SOURCE in names and not complete:
        raise PolicyError("source is disclosed only together with all other fields")
    return frozenset(present if complete and ALL in names else shown)
