"""Holding a CV against its proof: line by line, claim by claim.

A CV is a JSON text in any spelling, as programs write it; a member that stands twice is
refused, since two readers could see two different CVs::

    {"format":"provenance-cv/1",
     "lines":[{"id":"1","label":"Développeuse web","entry":7,
               "claims":{"code":"RNCP34762","dateDebutValidite":"2026-03-14"}},…]}

``id`` is unique in the CV. ``label`` (optional) is the CV's own wording, and never checked.
``claims`` has one member or more, each a field of the certification's record and its value.
``entry`` (optional) names the certification by its index. Without it, the line's claims
choose one: those with the claimed ``code`` remain; then ``dateDebutValidite``, the other
claims in the line's order, and last having no reason for attention each narrow the choice,
unless nothing would remain. What is left must be one certification, else the line is
``ambiguous``.

A claim is ``proven`` where the certification shows the same value of the same type. Names
of the holder are also compared as persons are (``record.persons``): where they are not
different, they are ``spelled differently``. Otherwise it is ``contradicted``, or
``undisclosed`` where the bundle does not show the field. A line is then

    proven        every claim is, and all is shown that a positive line needs
    contradicted  one claim is, at least
    not shown     neither: something is undisclosed
    ambiguous     several certifications would do
    no entry      the bundle proves none that fits

A line is *positive* when it is proven and its certification has no reason for attention on the
day of the report: it is whole, in force, valid then, and one person's with the others. The
verdict is ``no`` where a line is not proven, else ``attention`` where one is not positive.
Nothing is looked at where the bundle itself does not hold.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Final, Literal, NoReturn, TypeAlias

import msgspec
from msgspec import Meta, Struct

from provenance.encoding import encode_json
from provenance.errors import FormatError
from provenance.record.commitment import Name, Value  # noqa: TC001 - msgspec resolves them
from provenance.record.identity import fold
from provenance.record.persons import compare_values, same_person
from provenance.record.showing import IDENTITY_GROUPS
from provenance.report import (
    PROVEN,
    REASON_WORDS,
    CertificationReport,
    Reason,
    Report,
    StatusWord,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CV_SIZE_MAX: Final = 1024 * 1024
"""Bytes."""
CV_LINES_MAX: Final = 1000
HOLDER_NAMES: Final = frozenset(
    name
    for names in IDENTITY_GROUPS.values()
    for name in names
    if name.rpartition(".")[2].startswith(("nom", "prenom"))
)
"""The fields of names among those that identify a holder."""

Outcome: TypeAlias = Literal["proven", "spelled differently", "contradicted", "undisclosed"]
Result: TypeAlias = Literal["proven", "contradicted", "not shown", "ambiguous", "no entry"]


class CvLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of a CV, as it claims to be."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    label: str | None = None
    entry: Annotated[int, Meta(ge=0)] | None = None
    claims: Annotated[dict[Name, Value], Meta(min_length=1, max_length=64)]


class Cv(Struct, frozen=True, forbid_unknown_fields=True):
    """A CV."""

    format: Literal["provenance-cv/1"]
    lines: Annotated[tuple[CvLine, ...], Meta(min_length=1, max_length=CV_LINES_MAX)]


class ClaimReport(Struct, frozen=True):
    """One claim, and the value that the certification shows (None where it shows none)."""

    name: str
    claimed: Value
    outcome: Outcome
    proven: Value = None


class LineReport(Struct, frozen=True, kw_only=True):
    """One line: the entry that it rests on, what became of its claims, and why.

    ``reasons``: those of the certification, as of the report's day.
    """

    id: str
    label: str | None
    result: Result
    positive: bool
    reason: str
    entry: int | None = None
    status: StatusWord | None = None
    claims: tuple[ClaimReport, ...] = ()
    reasons: tuple[Reason, ...] = ()


class CvReport(Struct, frozen=True, kw_only=True):
    """A whole CV; ``yes``: every line is positive; ``attention``: every line is proven."""

    format: Literal["provenance-cv-report/1"] = "provenance-cv-report/1"
    verdict: Verdict
    summary: tuple[str, ...]
    lines: tuple[LineReport, ...] = ()
    same_person: bool | None = None

    def to_json(self) -> bytes:
        """Encode as JSON, the same bytes for the same report."""
        return encode_json(self)


def parse_cv(data: bytes) -> Cv:
    """Parse a CV; raises `FormatError`."""
    if len(data) > CV_SIZE_MAX:
        raise FormatError(f"malformed CV: more than {CV_SIZE_MAX} bytes")
    try:
        # Not signed and not compared byte by byte, so read as JSON and not as evidence.
        value = json.loads(
            data, object_pairs_hook=_members, parse_float=_refuse, parse_constant=_refuse
        )
        cv = msgspec.convert(value, Cv)
        encode_json(value)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise FormatError("malformed CV") from error
    if len({line.id for line in cv.lines}) != len(cv.lines):
        raise FormatError("malformed CV: two lines of one id")
    return cv


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Take an object's members, each of which must stand there once."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise FormatError("malformed CV: a member that stands twice")
    return members


def _refuse(text: str) -> NoReturn:
    """Refuse numbers that are no integers: no record holds any."""
    raise FormatError(f"malformed CV: a number of {len(text)} characters that is no integer")


def reconstruct(cv: bytes, report: Report) -> CvReport:
    """Compare a CV with a verifier's report; bad input is a verdict, never an exception."""
    try:
        parsed = parse_cv(cv)
    except FormatError as error:
        return CvReport(verdict="unreadable", summary=(str(error),))
    accepted = report.verdict in PROVEN
    certifications = {one.index: one for one in report.certifications if accepted}
    lines = tuple(_reconstruct_line(line, certifications) for line in parsed.lines)
    used = [certifications[line.entry] for line in lines if line.entry is not None]
    positive = sum(line.positive for line in lines)
    proven = sum(line.result == "proven" for line in lines)
    day = "" if report.day is None else f" on {report.day}"
    verdict: Verdict = "yes" if positive == len(lines) else "attention"
    return CvReport(
        verdict=verdict if proven == len(lines) else "no",
        summary=(
            f"{positive} of {len(lines)} line(s) are proven and hold{day}.",
            *_attention(lines),
            *([] if accepted else ["The bundle is not accepted, so nothing in it counts."]),
            *_repetitions(lines),
        ),
        lines=lines,
        same_person=same_person([dict(one.fields) for one in used]),
    )


def _attention(lines: Sequence[LineReport]) -> list[str]:
    """Say in one sentence what stands against the lines that are proven."""
    texts = [
        f"Line {line.id}: {'; '.join(REASON_WORDS[reason] for reason in line.reasons)}."
        for line in lines
        if line.result == "proven" and line.reasons
    ]
    return [" ".join(texts)] if texts else []


def _repetitions(lines: Sequence[LineReport]) -> list[str]:
    """Say which lines rest on one certification: they are one achievement, not several."""
    ids: dict[int | None, list[str]] = {}
    for line in lines:
        ids.setdefault(line.entry, []).append(line.id)
    return [
        f"Lines {', '.join(same)} are one certification, entry {entry}."
        for entry, same in ids.items()
        if entry is not None and len(same) > 1
    ]


def _reconstruct_line(
    line: CvLine, certifications: Mapping[int, CertificationReport]
) -> LineReport:
    found = _choose(line, list(certifications.values()))
    if len(found) == 1:
        return _compare(line, found[0])
    indexes = ", ".join(str(one.index) for one in found)
    return LineReport(
        id=line.id,
        label=line.label,
        result="ambiguous" if found else "no entry",
        positive=False,
        reason=f"fits entries {indexes}: name one" if found else "no certification shown fits",
    )


def _choose(
    line: CvLine, certifications: Sequence[CertificationReport]
) -> list[CertificationReport]:
    """Return the certifications that the line may mean, narrowed as far as its claims do."""
    if line.entry is not None:
        return [one for one in certifications if one.index == line.entry]
    if "code" not in line.claims:
        return []
    fits = {
        one.index: {
            claim.name
            for claim in _compare_claims(line, one)
            if claim.outcome in {"proven", "spelled differently"}
        }
        for one in certifications
    }
    left = [one for one in certifications if "code" in fits[one.index]]
    for name in dict.fromkeys(["dateDebutValidite", *line.claims]):
        left = [one for one in left if name in fits[one.index]] or left
    return [one for one in left if not one.reasons] or left


def _compare(line: CvLine, one: CertificationReport) -> LineReport:
    claims = _compare_claims(line, one)
    outcomes = {claim.outcome for claim in claims}
    result: Result = "proven"
    if "contradicted" in outcomes:
        result = "contradicted"
    elif "undisclosed" in outcomes or not one.line_complete:
        result = "not shown"
    return LineReport(
        id=line.id,
        label=line.label,
        result=result,
        positive=result == "proven" and not one.reasons,
        reason=_reason(one, claims),
        entry=one.index,
        status=one.status,
        claims=claims,
        reasons=one.reasons,
    )


def _compare_claims(line: CvLine, one: CertificationReport) -> tuple[ClaimReport, ...]:
    fields = dict(one.fields)
    return tuple(
        ClaimReport(name, claimed, _outcome(name, claimed, fields), fields.get(name))
        for name, claimed in line.claims.items()
    )


def _outcome(name: str, claimed: Value, fields: Mapping[str, Value]) -> Outcome:
    if name not in fields:
        return "undisclosed"
    shown = fields[name]
    # As JSON, because in Python 1 and True are equal, and so are two orders of members.
    if encode_json(claimed) == encode_json(shown):
        return "proven"
    are_names = name in HOLDER_NAMES and is_name(claimed) and is_name(shown)
    if are_names and compare_values((name, claimed), (name, shown)) != "different":
        return "spelled differently"
    return "contradicted"


def is_name(value: Value) -> bool:
    """Return whether a value is a text that names a person, with something to compare in it."""
    return isinstance(value, str) and bool(fold(value))


def _reason(one: CertificationReport, claims: Sequence[ClaimReport]) -> str:
    """Say what is wrong with a line, claim by claim, and how its certification stands."""
    parts = [
        f"{claim.name} is {claim.outcome}" for claim in claims if claim.outcome != "proven"
    ]
    parts += [REASON_WORDS[reason] for reason in one.reasons]
    if one.lacks:
        parts.append(f"the bundle does not show {', '.join(one.lacks)} as it must be")
    if one.as_of_time is not None:
        parts.append(f"entry {one.index} is {one.status} as of {one.as_of_time}")
    else:
        parts.append(f"the status of entry {one.index} is {one.status}")
    return "; ".join(parts)
