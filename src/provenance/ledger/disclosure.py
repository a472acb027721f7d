"""Choosing what a proof shows.

Names of fields, or one of two words: ``line`` for what a positive line of a CV needs,
``all`` for everything that may be shown. Some rules hold whatever was asked for: a name that
no certification has is refused, because it would show nothing and nobody would notice; the
``nir`` is never shown; a level is shown only together with its flag; ``source`` is shown
only together with all other fields, because its hash would let hidden ones be guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from provenance.errors import FormatError, PolicyError
from provenance.record.commitment import NEVER_DISCLOSED
from provenance.record.showing import (
    IDENTITY_GROUPS,
    LINE_FIELDS,
    flag_of,
    shows_source_rightly,
)
from provenance.record.slots import CERTIFICATION, SOURCE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from provenance.record.commitment import Field

LINE: Final = "line"
ALL: Final = "all"
_LINE_NAMES: Final = frozenset(LINE_FIELDS).union(*IDENTITY_GROUPS.values())


def names_for(
    index: int, disclose: str | Collection[str] | Mapping[int, str | Collection[str]]
) -> frozenset[str]:
    """Return the names asked for at one entry, the two words among them.

    Raises `FormatError` for a name that is neither a field of a certification nor one of
    the two words.
    """
    wanted = disclose.get(index, LINE) if isinstance(disclose, Mapping) else disclose
    try:
        names = frozenset([wanted] if isinstance(wanted, str) else wanted)
    except TypeError:
        raise FormatError("say what to disclose by names of fields, or by a word") from None
    for name in names - CERTIFICATION.slot_of.keys() - {LINE, ALL}:
        raise FormatError(f"there is no field {name!r} to disclose")
    return names


def choose(fields: Sequence[Field], names: Collection[str]) -> frozenset[str]:
    """Return the names of this record that are shown, for what was asked for.

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
    complete = shown | {SOURCE} == present and shows_source_rightly(present)
    if SOURCE in names and not complete:
        raise PolicyError("source is disclosed only together with all other fields")
    return frozenset(present if complete and ALL in names else shown)
