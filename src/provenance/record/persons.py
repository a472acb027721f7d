"""Comparing the persons of certifications, as far as what is shown of them allows.

Two values of a name are *equal* where their plain forms are (``identity.py``). They are
*open* where a form of one, without separators, equals a form of the other, each word being
plain or wide; where the words of one first name begin those of the other; or where a
``prenom1Titulaire`` of 20 code points, which may have been cut, begins the other. Else they
are *different*. A birth name and the name in a training file are two parts, and are never
compared with each other.

Two certifications are *different* where any part is; else *open* where any part is open, or
the kinds of identity or the parts are not the same, or where there is no first name; else the
*same*. A certification that shows no whole identity group is compared with nobody.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from provenance.record.identity import fold, spellings
from provenance.record.showing import IDENTITY_GROUPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.record.commitment import Field, Value
    from provenance.record.identity import Spellings

Comparison: TypeAlias = Literal["equal", "open", "different"]
Relation: TypeAlias = Literal["same", "open", "different"]
PersonReason: TypeAlias = Literal["other-person", "person-unsettled"]

CUT_SIZE: Final = 20
"""Code points of a ``prenom1Titulaire`` that may have been cut."""

_HOLDER: Final = "identificationTitulaire"
_FIRST_NAME: Final = f"{_HOLDER}.titulaire.prenom1"
_FILE_FIRST_NAME: Final = f"{_HOLDER}.dossierFormation.prenom1Titulaire"
_FIRST_NAMES: Final = (_FIRST_NAME, _FILE_FIRST_NAME)
_PARTS: Final = (
    *((name,) for name in IDENTITY_GROUPS["titulaire"][2:]),
    (f"{_HOLDER}.titulaire.nomNaissance", f"{_HOLDER}.identifiantNational.nomNaissance"),
    (f"{_HOLDER}.dossierFormation.nomTitulaire",),
    _FIRST_NAMES,
)
"""What is compared with what: what is compared soonest first, the first name last."""


class PersonGroup(NamedTuple):
    """Certifications that are the same person's: positions in what was given, ascending."""

    kind: str
    positions: tuple[int, ...]


class _Name(NamedTuple):
    plain: str
    spellings: Spellings
    is_cut: bool


_Part: TypeAlias = _Name | int | None


class _Identity(NamedTuple):
    """A whole identity group: its kind, and the parts that it says something of."""

    kind: str
    parts: tuple[_Part, ...]

    @property
    def has_first_name(self) -> bool:
        return self.parts[-1] is not None


def identity_kind(fields: Mapping[str, Value]) -> str | None:
    """Name the identity group that is disclosed as a whole, with a name in it, or None."""
    for kind, names in IDENTITY_GROUPS.items():
        if fields.keys() >= {*names} and says_something(names[0], fields[names[0]]):
            return kind
    return None


def says_something(name: str, value: Value) -> bool:
    """Return whether a value is an integer other than 0, or a text with a letter or digit."""
    if isinstance(value, str):
        return fold(value) != ""
    return _read_part(name, value) is not None


def compare_values(one: Field, other: Field) -> Comparison:
    """Compare two values of a name or of a part of a date of birth, with their field names.

    What says nothing (null, 0, a boolean, a list, a text without letters and digits) is
    equal to what says nothing.
    """
    parts = _read_part(*one), _read_part(*other)
    return _compare(*parts, first_names=one[0] in _FIRST_NAMES and other[0] in _FIRST_NAMES)


def compare_identities(one: Mapping[str, Value], other: Mapping[str, Value]) -> Relation:
    """Compare the persons of two certifications, given their disclosed fields.

    ``open`` too where one of them shows no whole identity group.
    """
    identity, counterpart = _read_identity(one), _read_identity(other)
    if identity is None or counterpart is None:
        return "open"
    return _relate(identity, counterpart)


class Persons:
    """The persons of several certifications, read once from the fields that each discloses."""

    def __init__(self, certifications: Sequence[Mapping[str, Value]]) -> None:
        known: dict[Field, _Part] = {}
        self._identities: Final = [_read_identity(fields, known) for fields in certifications]
        self._counts: Final = Counter(one for one in self._identities if one is not None)
        self._relations: Final = {
            (one, other): _relate(one, other) for one, other in combinations(self._counts, 2)
        }

    def are_one(self) -> bool | None:
        """Return whether all are the same person's.

        False where any two are different; None where that is open, one of them shows no
        whole identity group, or there is no first name.
        """
        relations = set(self._relations.values())
        if "different" in relations:
            return False
        is_settled = self._counts and all(one.has_first_name for one in self._counts)
        if is_settled and "open" not in relations and None not in self._identities:
            return True
        return None

    def groups(self) -> tuple[PersonGroup, ...]:
        """Group those that are the same person's, in the order of the first of each group.

        One that shows no whole identity group is in none, one without a first name is alone.
        """
        groups: dict[tuple[object, ...], list[int]] = {}
        kinds = []
        for position, identity in enumerate(self._identities):
            if identity is None:
                continue
            plain = (one.plain if isinstance(one, _Name) else one for one in identity.parts)
            alone = None if identity.has_first_name else position
            key = (identity.kind, alone, *plain)
            if key not in groups:
                kinds.append(identity.kind)
            groups.setdefault(key, []).append(position)
        return tuple(map(PersonGroup, kinds, map(tuple, groups.values())))

    def reasons(self) -> tuple[tuple[PersonReason, ...], ...]:
        """Say of each certification how its person stands to those of the others.

        ``other-person``: different from any other; ``person-unsettled``: open with any. Of
        one that shows no whole identity group nothing is said.
        """
        related = {one: set[Relation]() for one in self._counts}
        for one, count in self._counts.items():
            if count > 1:
                related[one].add(_relate(one, one))
        for pair, relation in self._relations.items():
            for one in pair:
                related[one].add(relation)
        return tuple(() if one is None else _reasons(related[one]) for one in self._identities)


def same_person(certifications: Sequence[Mapping[str, Value]]) -> bool | None:
    """Do as `Persons.are_one`."""
    return Persons(certifications).are_one()


def group_persons(certifications: Sequence[Mapping[str, Value]]) -> tuple[PersonGroup, ...]:
    """Do as `Persons.groups`."""
    return Persons(certifications).groups()


def person_reasons(
    certifications: Sequence[Mapping[str, Value]],
) -> tuple[tuple[PersonReason, ...], ...]:
    """Do as `Persons.reasons`."""
    return Persons(certifications).reasons()


def _reasons(relations: set[Relation]) -> tuple[PersonReason, ...]:
    reasons: tuple[tuple[Relation, PersonReason], ...] = (
        ("different", "other-person"),
        ("open", "person-unsettled"),
    )
    return tuple(reason for relation, reason in reasons if relation in relations)


def _read_identity(
    fields: Mapping[str, Value], known: dict[Field, _Part] | None = None
) -> _Identity | None:
    """Read the identity of one certification; ``known``: what was read of the others."""
    kind = identity_kind(fields)
    if kind is None:
        return None
    known = {} if known is None else known
    shown: dict[str, _Part] = {}
    for name in IDENTITY_GROUPS[kind]:
        value = fields[name]
        # A list has no place in a table, and true would find that of 1.
        if isinstance(value, list | bool):
            shown[name] = None
            continue
        if (name, value) not in known:
            known[name, value] = _read_part(name, value)
        shown[name] = known[name, value]
    found = [[shown[name] for name in names if name in shown] for names in _PARTS]
    return _Identity(kind, tuple(parts[0] if parts else None for parts in found))


def _read_part(name: str, value: Value) -> _Part:
    if isinstance(value, str):
        words = spellings(value)
        is_cut = name == _FILE_FIRST_NAME and len(value) == CUT_SIZE
        return _Name(" ".join(plain for plain, _ in words), words, is_cut) if words else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value or None


def _relate(one: _Identity, other: _Identity) -> Relation:
    is_open = one.kind != other.kind or not (one.has_first_name and other.has_first_name)
    for names, part, counterpart in zip(_PARTS, one.parts, other.parts, strict=True):
        if part is None or counterpart is None:
            is_open |= part is not counterpart
            continue
        comparison = _compare(part, counterpart, first_names=names is _FIRST_NAMES)
        if comparison == "different":
            return "different"
        is_open |= comparison == "open"
    return "open" if is_open else "same"


def _compare(one: _Part, other: _Part, *, first_names: bool) -> Comparison:
    if not isinstance(one, _Name) or not isinstance(other, _Name):
        return "equal" if one == other else "different"
    if one.plain == other.plain:
        return "equal"
    if first_names and (_begins(one, other) or _begins(other, one)):
        return "open"
    return "open" if _are_spelled_alike(one.spellings, other.spellings) else "different"


def _begins(one: _Name, other: _Name) -> bool:
    """Return whether a first name begins another: all its words, or what was left of it."""
    if one.is_cut and other.plain.startswith(one.plain):
        return True
    return len(one.spellings) <= len(other.spellings) and all(
        not set(word).isdisjoint(counterpart)
        for word, counterpart in zip(one.spellings, other.spellings, strict=False)
    )


def _are_spelled_alike(one: Spellings, other: Spellings) -> bool:
    """Return whether two names can be spelled the same, without what separates their words.

    Of each word the plain or the wide form is taken. Words are taken from the name of which
    less is spelled so far; what one name is ahead of the other is all that must be known.
    """
    # The words of both that are used, and what the first, or else the second, is ahead.
    pending, seen = [(0, 0, "", "")], set()
    while pending:
        state = pending.pop()
        at, counter_at, ahead, behind = state
        if state in seen:
            continue
        seen.add(state)
        if not (ahead or behind) and (at, counter_at) == (len(one), len(other)):
            return True
        if not ahead and at < len(one):
            following = [(at + 1, counter_at, word, behind) for word in set(one[at])]
        elif ahead and counter_at < len(other):
            following = [(at, counter_at + 1, ahead, word) for word in set(other[counter_at])]
        else:
            continue
        for first, second, longer, shorter in following:
            if longer.startswith(shorter) or shorter.startswith(longer):
                size = min(len(longer), len(shorter))
                pending.append((first, second, longer[size:], shorter[size:]))
    return False
