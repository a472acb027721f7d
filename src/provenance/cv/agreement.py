"""Whether the lines of a CV claim nothing that its proof does not show.

A line agrees where the bundle shows its entry, and every field that it claims with that very
value; names of persons may be spelled otherwise (``provenance.reconstruct``). What is claimed
of the holder must be shown so by one of these entries at least, and contradicted by none:
training files and civil status name one person by different fields. The order of an object's
members means nothing in a document that is signed in its canonical form, so it is not
compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from provenance.encoding import encode_json
from provenance.reconstruct import Cv, CvLine, Outcome, reconstruct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from provenance.record.commitment import Value
    from provenance.report import CertificationReport, Report

_SHOWN: Final[frozenset[Outcome]] = frozenset({"proven", "spelled differently"})


def find_disagreements(
    lines: Sequence[CvLine], holder: Mapping[str, Value], report: Report
) -> Iterator[str]:
    """Say which claims an accepted bundle does not show: names and places, no values.

    ``holder``: fields of records, with the values that are claimed of the holder.
    """
    report = replace(report, certifications=tuple(map(_ordered, report.certifications)))
    for number, line in enumerate(lines, 1):
        found = _compare(line, report)
        if found is None:
            yield f"line {number} names an entry that is not shown"
            continue
        for name, outcome in found.items():
            if outcome not in _SHOWN:
                yield f"line {number}: {name} is {outcome}"
    outcomes: dict[str, set[Outcome]] = {name: set() for name in holder}
    for entry in dict.fromkeys(line.entry for line in lines):
        identity = CvLine(id="holder", entry=entry, claims=dict(holder))
        for name, outcome in (_compare(identity, report) or {}).items():
            outcomes[name].add(outcome)
    for name, found_at in outcomes.items():
        if "contradicted" in found_at:
            yield f"the holder's {name} is contradicted"
        elif found_at.isdisjoint(_SHOWN):
            yield f"the holder's {name} is undisclosed"


def _compare(line: CvLine, report: Report) -> dict[str, Outcome] | None:
    """Give what became of each claim of a line; None where its entry is not shown."""
    claims = {name: _order(value) for name, value in line.claims.items()}
    data = encode_json(Cv("provenance-cv/1", (replace(line, claims=claims),)))
    found = next(iter(reconstruct(data, report).lines), None)
    if found is None or found.entry is None or line.entry is None:
        return None
    return {claim.name: claim.outcome for claim in found.claims}


def _ordered(one: CertificationReport) -> CertificationReport:
    return replace(one, fields=tuple((name, _order(value)) for name, value in one.fields))


def _order(value: Value) -> Value:
    """Put the members of a value's objects in one order."""
    if not isinstance(value, list):
        return value
    return [dict(sorted(item.items())) for item in value]
