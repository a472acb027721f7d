"""What a verification found: values for programs, sentences for people.

The JSON form (`Report.to_json`) has the members of the structs below, in their order::

    {"format":"provenance-report/1","verdict":"attention","day":"2026-11-30",
     "summary":["…",…],
     "checks":[{"name":"inclusion","outcome":"yes","reason":"…","index":null},…],
     "checkpoint":{"origin":"…","size":9,"root":"<base64>","witnesses":[],"witnessed_at_s":null},
     "later":null,"certifications":[…],"persons":[{"kind":"titulaire","certifications":[5,7]}],
     "same_person":true}

The verdict is ``unreadable`` or ``no`` where a check fails, ``attention`` where all hold and a
certification has a reason (`Reason`), else ``yes``. Certifications and persons are listed
where all checks hold. Whose they are is compared as ``record.persons`` has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from provenance.encoding import encode_base64, encode_json
from provenance.record.commitment import Field  # noqa: TC001 - msgspec resolves it
from provenance.record.forms import parse_time
from provenance.record.paris import paris_day
from provenance.record.persons import Persons

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from provenance.tlog.policy import VerifiedCheckpoint

Verdict: TypeAlias = Literal["yes", "attention", "no", "unreadable"]
StatusWord: TypeAlias = Literal["in force", "superseded", "withdrawn", "erased", "unknown"]
KeysWord: TypeAlias = Literal["registered", "changed", "reset"]
Reason: TypeAlias = Literal[
    "incomplete",
    "no-identity",
    "name-only",
    "provisional",
    "withdrawn",
    "superseded",
    "erased",
    "status-unknown",
    "status-old",
    "expired",
    "not-yet-valid",
    "date-unknown",
    "other-person",
    "person-unsettled",
]
"""Why a proven certification needs attention, in the order in which reports have them."""

PROVEN: Final[frozenset[Verdict]] = frozenset({"yes", "attention"})
"""The verdicts of proofs that hold."""
_DATED: Final[tuple[Reason, ...]] = ("expired", "not-yet-valid")
_UNDATED: Final[frozenset[Reason]] = frozenset({*_DATED, "date-unknown", "incomplete"})
"""Reasons beside which nobody may read that a certification is in force."""
REASON_WORDS: Final[dict[Reason, str]] = {
    "incomplete": "a field that a line of a CV needs is not shown, or malformed",
    "no-identity": "tied to nobody: no identity is shown",
    "name-only": "tied to nobody: only a surname is shown",
    "provisional": "provisional: a final certification is to follow",
    "withdrawn": "withdrawn",
    "superseded": "superseded by a newer certification",
    "erased": "erased",
    "status-unknown": "whether it was taken back is unknown",
    "status-old": "its status is of a day too far from the day of verification",
    "expired": "expired",
    "not-yet-valid": "not yet valid",
    "date-unknown": "whether it is valid is unknown: no day was given",
    "other-person": "of another person than others here",
    "person-unsettled": "whether it is of the same person as the others is not settled",
}


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
    disclosed field ``certificateur``; names come from the registrations that the entry names.
    ``fields``: those disclosed, in the order of the slots. ``identity``: the kind of the whole
    identity group disclosed. ``status`` holds as of the ``status`` entry ``as_of_index``;
    ``changed_by`` is the entry shown that superseded, withdrew or erased it. ``endorsement``
    says how a key of the depositor vouches for the entry, ``keys`` whose doing that key is.
    ``lacks``: what a positive line of a CV needs and is not shown, or not of its form.
    ``provisional``: a final certification is to follow. ``limited``: its depositor may not
    deposit for everybody. ``title``, ``level``, ``register_date``: what the national register
    says of the code, and of which day its export is. ``unknown_fields``: how many fields are
    disclosed whose names this version does not know.
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
    registration: int
    certifier_registration: int | None
    keys: KeysWord | None
    limited: bool
    title: str | None
    level: int | None
    register_date: str | None
    unknown_fields: int
    reasons: tuple[Reason, ...]


class Person(Struct, frozen=True):
    """Certifications (indexes) whose disclosed identities are the same."""

    kind: str
    certifications: tuple[int, ...]


class Report(Struct, frozen=True, kw_only=True):
    """The outcome of one verification.

    ``unreadable``: not a proof bundle at all. ``no``: at least one check failed.
    ``attention``: all hold, and a certification has a reason. ``day``: the day in Paris that
    validity was judged at, as it was handed in. ``same_person``: None where the identities
    shown do not settle it.
    """

    format: Literal["provenance-report/1"] = "provenance-report/1"
    verdict: Verdict
    day: str | None
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


def refuse(
    verdict: Literal["no", "unreadable"], checks: Sequence[Check], day: date | None
) -> Report:
    """Report that nothing is proven, and why."""
    reasons = [f"{check.name}: {check.reason}" for check in checks if check.outcome == "no"]
    summary = ("Nothing is proven by this bundle.", *reasons)
    return Report(verdict=verdict, day=_text(day), summary=summary, checks=tuple(checks))


def accept(
    checks: Sequence[Check],
    lines: Sequence[CertificationReport],
    trees: Sequence[VerifiedCheckpoint],
    day: date | None,
) -> Report:
    """Report what is proven, and of whom; ``trees``: the checkpoint and the later one.

    ``lines`` have all reasons but those about persons, which are found here.
    """
    checkpoint, *later = map(_report_checkpoint, trees)
    shown = Persons([dict(one.fields) for one in lines])
    certifications = tuple(
        replace(one, reasons=(*one.reasons, *reasons)) if reasons else one
        for one, reasons in zip(lines, shown.reasons(), strict=True)
    )
    one_person = shown.are_one()
    return Report(
        verdict="attention" if any(one.reasons for one in certifications) else "yes",
        day=_text(day),
        summary=(
            *_first_sentences(certifications),
            f"They are in the log {checkpoint.origin}, at size {checkpoint.size}.",
            *(sentence for one in certifications for sentence in _sentences(one, day)),
            _PERSON_SENTENCES[one_person],
            "Not proven: that what the certifier states is true.",
            "Each record may hold more fields than are shown; how many is not known.",
        ),
        checks=tuple(checks),
        checkpoint=checkpoint,
        later=later[0] if later else None,
        certifications=certifications,
        persons=tuple(
            Person(kind, tuple(certifications[position].index for position in positions))
            for kind, positions in shown.groups()
        ),
        same_person=one_person,
    )


def failure_of(report: Report) -> str:
    """Say which check failed first, and for which entry; empty where the proof holds."""
    return "" if report.verdict in PROVEN else failure_among(report.checks)


def failure_among(checks: Sequence[Check]) -> str:
    """Say which of some checks failed first; empty where none did."""
    failed = next((one for one in checks if one.outcome == "no"), None)
    if failed is None:
        return ""
    where = "" if failed.index is None else f"entry {failed.index}, "
    return f"{where}check {failed.name}: {failed.reason}"


def reasons_text(one: CertificationReport) -> str:
    """Say what is to be known before relying on a certification; empty where nothing is."""
    words = "; ".join(REASON_WORDS[reason] for reason in one.reasons)
    return f"Entry {one.index}: {words}." if words else ""


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _report_checkpoint(verified: VerifiedCheckpoint) -> CheckpointReport:
    return CheckpointReport(
        origin=verified.checkpoint.origin,
        size=verified.checkpoint.size,
        root=encode_base64(verified.checkpoint.root),
        witnesses=verified.witnesses,
        witnessed_at_s=verified.witnessed_at_s,
    )


def _first_sentences(certifications: Sequence[CertificationReport]) -> Iterator[str]:
    """Say how much is proven, and at once what stands against relying on it."""
    number = len(certifications)
    what = "1 certification" if number == 1 else f"{number} certifications"
    texts = list(filter(None, map(reasons_text, certifications)))
    if not texts:
        yield f"Proven: {what}, recorded as shown."
        return
    yield f"Proven: {what}, recorded as shown; {len(texts)} not to be relied on as it stands."
    yield " ".join(texts)


def _sentences(one: CertificationReport, day: date | None) -> Iterator[str]:
    yield _standing_sentence(one)
    if one.as_of_time is not None and one.as_of_index is not None:
        yield from _future_sentence(f"entry {one.as_of_index}", one.as_of_time, day)
    yield from _future_sentence(f"entry {one.index}", one.time, day)
    yield _deposit_sentence(one)
    if one.endorsement is not None:
        yield f"Entry {one.index} is signed by {one.depositor} itself: {one.endorsement}."
    if one.title is not None:
        level = "" if one.level is None else f", level {one.level}"
        yield (
            f"Entry {one.index}: in the register of {one.register_date} the code is "
            f"“{one.title}”{level}."
        )
    if one.unknown_fields:
        fields = "field whose name" if one.unknown_fields == 1 else "fields whose names"
        yield (
            f"Entry {one.index} shows {one.unknown_fields} {fields} this version does not know."
        )


def standing_words(one: CertificationReport) -> str:
    """Say how a certification stands: *in force* only where its dates are shown and say so."""
    if one.status != "in force" or _UNDATED.isdisjoint(one.reasons):
        return one.status
    words = [REASON_WORDS[reason] for reason in one.reasons if reason in _DATED]
    return ", ".join([*words, "not taken back"])


def _standing_sentence(one: CertificationReport) -> str:
    if one.status == "unknown":
        return f"Entry {one.index}: whether it was taken back since is unknown."
    as_of = (
        ""
        if one.as_of_time is None
        else f" as of entry {one.as_of_index}, {_moment(one.as_of_time)}"
    )
    by = (
        ""
        if one.changed_by is None or one.changed_time is None
        else f" by entry {one.changed_by}, {_moment(one.changed_time)}"
    )
    as_of = f",{as_of}" if by and as_of else as_of
    return f"Entry {one.index} is {standing_words(one)}{by}{as_of}."


def _future_sentence(what: str, time: str, day: date | None) -> Iterator[str]:
    """Name a time that is later than the day of verification: a clock was wrong."""
    if day is not None and paris_day(parse_time(time)) > day:
        yield f"The time of {what}, {_moment(time)}, is in the future: one clock is wrong."


def _deposit_sentence(one: CertificationReport) -> str:
    """Say who deposited, for whom, and who did not sign."""
    depositor = f"{one.depositor} ({one.depositor_name})"
    signed = "has signed" if one.endorsed else "has not signed"
    if one.certifier == one.depositor:
        return f"Entry {one.index} was deposited by its certifier {depositor}, which {signed}."
    limits = "" if one.limited else f"; {one.depositor} is not limited to certain certifiers"
    if one.certifier is None:
        return (
            f"Entry {one.index} was deposited by {depositor}, which {signed}; its certifier is "
            f"not shown{limits}."
        )
    named = "" if one.certifier_name is None else f" ({one.certifier_name})"
    return (
        f"Entry {one.index} was deposited by {depositor} on behalf of {one.certifier}{named}; "
        f"{one.certifier} has not signed; {one.depositor} {signed}{limits}."
    )


def _moment(time: str) -> str:
    """Return an entry's time to the second."""
    return f"{time[:10]} {time[11:19]} UTC"


_PERSON_SENTENCES: Final = {
    True: "All identities shown are one person's.",
    False: "They belong to different persons.",
    None: "Whether they all belong to one person is not shown.",
}
