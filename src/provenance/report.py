"""What a verification found: values for programs, sentences for people.

The JSON form (`Report.to_json`) has the members of the structs below, in their order::

    {"format":"provenance-report/1","verdict":"yes","summary":["…",…],
     "checks":[{"name":"inclusion","outcome":"yes","reason":"…","index":null},…],
     "checkpoint":{"origin":"…","size":9,"root":"<base64>","witnesses":[],"witnessed_at_s":null},
     "later":null,"certifications":[…],"persons":[{"kind":"titulaire","certifications":[5,7]}],
     "same_person":true}

Certifications and persons are listed only where the verdict is ``yes``. Two certifications
belong to one person as far as their disclosed identities say so: names are compared without
case, accents and punctuation, a field that one of them lacks is not compared, and a
certification without a whole identity group is tied to nobody.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct

from provenance.encoding import encode_base64, encode_json
from provenance.record.commitment import Field, Value  # noqa: TC001 - msgspec resolves them
from provenance.record.identity import fold
from provenance.record.showing import IDENTITY_GROUPS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from provenance.tlog.policy import VerifiedCheckpoint

Verdict: TypeAlias = Literal["yes", "no", "unreadable"]
StatusWord: TypeAlias = Literal["in force", "superseded", "withdrawn", "erased", "unknown"]

_Part: TypeAlias = str | int | None
_Identity: TypeAlias = tuple[str | None, tuple[_Part, ...]]

_HOLDER: Final = "identificationTitulaire"
_COMPARED: Final = (
    (f"{_HOLDER}.titulaire.nomNaissance", f"{_HOLDER}.identifiantNational.nomNaissance"),
    (f"{_HOLDER}.dossierFormation.nomTitulaire",),
    (f"{_HOLDER}.titulaire.prenom1", f"{_HOLDER}.dossierFormation.prenom1Titulaire"),
    *((name,) for name in IDENTITY_GROUPS["titulaire"][2:]),
)
"""What is compared with what; the name in a training file need not be the birth name."""
_FIRST_NAME: Final = 2


class Check(Struct, frozen=True):
    """One named check; ``index`` is the entry that it failed for, where it is about one."""

    name: str
    outcome: Literal["yes", "no", "n/a"]
    reason: str
    index: int | None = None


class CheckpointReport(Struct, frozen=True):
    """A checkpoint: its root in base64, the witnesses of the policy that cosigned it.

    ``witnessed_at_s``: POSIX seconds at which the policy's quorum was reached, or None.
    """

    origin: str
    size: int
    root: str
    witnesses: tuple[str, ...]
    witnessed_at_s: int | None


class CertificationReport(Struct, frozen=True, kw_only=True):
    """One proven certification.

    ``time``: the operator's clock when it was recorded. ``certifier``: the BCR in the
    disclosed field ``certificateur``; the names come from ``depositor`` entries of the
    bundle. ``hidden``: digests of fields not shown, and decoys, so how many fields are
    hidden is not known. ``identity``: the kind of the whole identity group disclosed.
    ``status`` holds as of the ``status`` entry ``as_of_index``; ``changed_by`` is the entry
    shown that superseded, withdrew or erased it. ``endorsement`` says how a
    key of the depositor vouches for the entry. ``lacks``: what a positive line of a CV
    needs and the bundle does not show. ``provisional``: a final certification is to follow.
    """

    index: int
    time: str
    deposit: int
    depositor: str
    depositor_name: str
    depositor_name_source: str
    certifier: str | None
    certifier_name: str | None
    fields: tuple[Field, ...]
    hidden: int
    identity: str | None
    status: StatusWord
    as_of_index: int | None
    as_of_time: str | None
    changed_by: int | None
    changed_time: str | None
    endorsed: bool
    endorsement: str | None
    line_complete: bool
    lacks: tuple[str, ...]
    provisional: bool | None


class Person(Struct, frozen=True):
    """Certifications (indexes) whose disclosed identities are equal and of one kind."""

    kind: str
    certifications: tuple[int, ...]


class Report(Struct, frozen=True, kw_only=True):
    """The outcome of one verification.

    ``unreadable``: not a proof bundle at all. ``no``: at least one check failed.
    ``same_person``: None where the identities shown do not settle it.
    """

    format: Literal["provenance-report/1"] = "provenance-report/1"
    verdict: Verdict
    summary: tuple[str, ...]
    checks: tuple[Check, ...]
    checkpoint: CheckpointReport | None = None
    later: CheckpointReport | None = None
    certifications: tuple[CertificationReport, ...] = ()
    persons: tuple[Person, ...] = ()
    same_person: bool | None = None

    def to_json(self) -> bytes:
        """Encode as JSON, the same bytes for the same report."""
        return encode_json(self)


def refuse(verdict: Literal["no", "unreadable"], checks: Sequence[Check]) -> Report:
    """Report that nothing is proven, and why."""
    reasons = [f"{check.name}: {check.reason}" for check in checks if check.outcome == "no"]
    summary = ("Nothing is proven by this bundle.", *reasons)
    return Report(verdict=verdict, summary=summary, checks=tuple(checks))


def accept(
    checks: Sequence[Check],
    certifications: Sequence[CertificationReport],
    trees: Sequence[VerifiedCheckpoint],
) -> Report:
    """Report what is proven, and of whom; ``trees``: the checkpoint and the later one."""
    checkpoint, *later = map(_report_checkpoint, trees)
    identities = _read_identities(certifications)
    one_person = _are_same(set(identities))
    return Report(
        verdict="yes",
        summary=(
            f"Proven: {len(certifications)} certification(s), recorded as shown.",
            f"They stand in the log {checkpoint.origin}, at size {checkpoint.size}.",
            *map(_standing_sentence, certifications),
            _PERSON_SENTENCES[one_person],
            "Not proven: that what the certifier states is true.",
            "Each record may hold more fields than are shown; how many is not known.",
        ),
        checks=tuple(checks),
        checkpoint=checkpoint,
        later=later[0] if later else None,
        certifications=tuple(certifications),
        persons=_group_persons(identities, certifications),
        same_person=one_person,
    )


def _report_checkpoint(verified: VerifiedCheckpoint) -> CheckpointReport:
    return CheckpointReport(
        origin=verified.checkpoint.origin,
        size=verified.checkpoint.size,
        root=encode_base64(verified.checkpoint.root),
        witnesses=verified.witnesses,
        witnessed_at_s=verified.witnessed_at_s,
    )


def identity_kind(fields: Mapping[str, Value]) -> str | None:
    """Name the identity group that is disclosed as a whole, with a name in it, or None."""
    for kind, names in IDENTITY_GROUPS.items():
        if names[0] in fields and fields.keys() >= {*names} and _folded(fields[names[0]]):
            return kind
    return None


def same_person(certifications: Sequence[CertificationReport]) -> bool | None:
    """Tell whether the disclosed identities are one person's; None where that is open.

    True only where all are whole and have a first name too: a name alone settles nothing.
    """
    return _are_same(set(_read_identities(certifications)))


def _read_identities(certifications: Sequence[CertificationReport]) -> list[_Identity]:
    """Give kind and compared parts: names, first name, year, month and day of birth."""
    # Most certifications of one CV hold the same names, and folding takes its time.
    folded: dict[str, _Part] = {}
    identities = []
    for one in certifications:
        fields = dict(one.fields)
        parts: list[_Part] = []
        for names in _COMPARED:
            value = (
                fields.get(names[0]) or (fields.get(names[1]) if names[1:] else None) or None
            )
            if isinstance(value, str):
                part = folded.get(value) or folded.setdefault(value, _folded(value))
            else:
                part = _folded(value)
            parts.append(part)
        identities.append((one.identity, tuple(parts)))
    return identities


def _folded(value: Value) -> _Part:
    if isinstance(value, str):
        return fold(value) or None
    return value if isinstance(value, int) else None


def _are_same(identities: Collection[_Identity]) -> bool | None:
    for (_, one), (_, other) in combinations(identities, 2):
        if any(a != b for a, b in zip(one, other, strict=True) if None not in {a, b}):
            return False
    kind, parts = next(iter(identities)) if len(identities) == 1 else (None, ())
    return True if kind is not None and parts[_FIRST_NAME] is not None else None


def _group_persons(
    identities: Sequence[_Identity], certifications: Sequence[CertificationReport]
) -> tuple[Person, ...]:
    groups: dict[_Identity, list[int]] = {}
    for identity, one in zip(identities, certifications, strict=True):
        groups.setdefault(identity, []).append(one.index)
    return tuple(
        Person(kind, tuple(indexes))
        for (kind, _), indexes in groups.items()
        if kind is not None
    )


def _standing_sentence(one: CertificationReport) -> str:
    if one.status == "unknown":
        return f"Entry {one.index}: whether it was taken back since is unknown."
    provisional = " It is provisional: a final one is to follow." if one.provisional else ""
    as_of = (
        "" if one.as_of_time is None else f" as of entry {one.as_of_index}, {one.as_of_time}"
    )
    by = "" if one.changed_by is None else f" by entry {one.changed_by}, {one.changed_time}"
    as_of = f",{as_of}" if by and as_of else as_of
    return f"Entry {one.index} is {one.status}{by}{as_of}.{provisional}"


_PERSON_SENTENCES: Final = {
    True: "All identities shown are one person's.",
    False: "They belong to different persons.",
    None: "Whether they all belong to one person is not shown.",
}
