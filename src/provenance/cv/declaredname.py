"""The name at the top of a CV: which names a proof allows there, and which one is printed.

A name *fits* a certification where its words, in any order, are one or more of the first
names that the certification shows, and beside them its birth name, its usage name, or both.
Words are those of the plain form (``record/identity.py``), separated by spaces there. Exactly:

- First names are what ``titulaire.prenom1``, ``prenom2`` and ``prenom3`` hold, or
  ``dossierFormation.prenom1Titulaire``, each cut at U+0020 and U+002C before it is folded: so
  ``Jean-Pierre`` is one first name of two words, ``Zoé Marie`` are two. What folds to nothing
  is none.
- The birth name is ``titulaire.nomNaissance``, or ``dossierFormation.nomTitulaire``; the
  usage name is ``titulaire.nomUsage``.
- The words of the birth name, of the usage name, or of both are taken away from the words
  of the name, each as often as it occurs there. From what is left, first names of several
  words are taken away in their order, each where all of its words are left; then first names
  of one word. The name fits where one of the three ways takes away every word of it, and a
  first name at least.
- Of a certification that shows no first name (``identifiantNational``), a name fits where all
  words of the surname are among its words. So that nobody invents the first name, no name is
  declared for it: the surname alone is printed at the top.
- A name of more than 1,000 code points fits nowhere.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import compress
from typing import TYPE_CHECKING, Final, NamedTuple

from provenance.record.identity import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from provenance.record.commitment import Value

_HOLDER: Final = "identificationTitulaire"
_FIRST_NAMES: Final = (
    *(f"{_HOLDER}.titulaire.prenom{number}" for number in (1, 2, 3)),
    f"{_HOLDER}.dossierFormation.prenom1Titulaire",
)
_BIRTH_NAMES: Final = (
    f"{_HOLDER}.titulaire.nomNaissance",
    f"{_HOLDER}.dossierFormation.nomTitulaire",
    f"{_HOLDER}.identifiantNational.nomNaissance",
)
_USAGE_NAME: Final = f"{_HOLDER}.titulaire.nomUsage"
_CUT: Final = re.compile("[ ,]+")
NAME_SIZE_MAX: Final = 1000
"""Code points of a name; a longer one never fits."""


class ProvenNames(NamedTuple):
    """The names that a certification shows of its holder, as they are written there."""

    first_names: tuple[str, ...]
    birth_name: str
    usage_name: str


def read_names(fields: Mapping[str, Value]) -> ProvenNames:
    """Return the names shown; an empty text for a surname that is not shown."""
    first_names = (
        one for name in _FIRST_NAMES for one in _CUT.split(_text(fields, name)) if fold(one)
    )
    birth_names = (_text(fields, name) for name in _BIRTH_NAMES)
    usage_name = _text(fields, _USAGE_NAME)
    return ProvenNames(
        tuple(first_names),
        next(filter(fold, birth_names), ""),
        usage_name if fold(usage_name) else "",
    )


def _text(fields: Mapping[str, Value], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def fits(name: str, fields: Mapping[str, Value]) -> bool:
    """Return whether a name fits what a certification shows of its holder."""
    names = read_names(fields)
    if len(name) > NAME_SIZE_MAX:
        return False
    if not names.first_names:
        return Counter(_words(name)) >= Counter(_words(names.birth_name))
    return next(_choices(name, names), None) is not None


def head_name(name: str | None, fields: Mapping[str, Value]) -> str | None:
    """Return the name at the top of a CV, in the spelling of the proof.

    ``name``: the declared one, which chooses among the proven names, or None for the first
    name as it is recorded and the birth name. None where the declared name does not fit, and
    where there is one although no first name is shown.
    """
    names = read_names(fields)
    if name is None:
        recorded = (_text(fields, name) for name in (_FIRST_NAMES[0], _FIRST_NAMES[-1]))
        return " ".join([*filter(fold, recorded), names.birth_name])
    chosen = next(_choices(name, names), None) if len(name) <= NAME_SIZE_MAX else None
    return None if chosen is None else " ".join(chosen)


def _choices(name: str, names: ProvenNames) -> Iterator[list[str]]:
    """Yield the proven names that a declared name consists of, for each way that fits."""
    words = Counter(_words(name))
    birth, usage = names.birth_name, names.usage_name
    for surnames in ((birth,), (usage,), (birth, usage)):
        taken = Counter(_words(" ".join(surnames)))
        if not all(surnames) or not taken <= words:
            continue
        chosen = _take_first_names(words - taken, names.first_names)
        if chosen:
            yield [*chosen, *surnames]


def _take_first_names(words: Counter[str], first_names: Sequence[str]) -> list[str]:
    """Return the first names that these words are, or none where a word is left."""
    parts = [Counter(_words(one)) for one in first_names]
    is_taken = [False] * len(parts)
    for several in (True, False):
        for number, part in enumerate(parts):
            if (part.total() > 1) == several and part <= words:
                words = words - part
                is_taken[number] = True
    return [] if words else list(compress(first_names, is_taken))


def _words(name: str) -> list[str]:
    return fold(name).split(" ") if fold(name) else []
