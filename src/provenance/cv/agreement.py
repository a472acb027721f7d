"""Whether a JSON CV claims nothing that its proof does not show.

A line agrees where the bundle shows its entry as a line, and every field that it claims with
that very value; names of the holder agree where they are not different (``record.persons``)
and hold a letter. Its label is the title that the report has, or the code. What is claimed of
the holder must agree so with one of these entries at least, and with none of them have another
value: training files and civil status name one person by different fields. The order of an
object's members means nothing in a document that is signed in its canonical form, so it is not
compared. A name is not a claim of a line alone: `find_other_names` holds it against all
certifications that the bundle shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from provenance.encoding import encode_json
from provenance.reconstruct import HOLDER_NAMES, is_name
from provenance.record.persons import compare_values, says_something

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from provenance.reconstruct import CvLine
    from provenance.record.commitment import Value
    from provenance.report import CertificationReport, Report

_Outcome: TypeAlias = Literal["agrees", "contradicted", "undisclosed"]


def find_disagreements(
    lines: Sequence[CvLine], holder: Mapping[str, Value], report: Report
) -> Iterator[str]:
    """Say which claims an accepted bundle does not show: names and places, no values.

    ``holder``: fields of records, with the values that are claimed of the holder.
    """
    shown = {one.index: one for one in report.certifications}
    for number, line in enumerate(lines, 1):
        one = None if line.entry is None else shown.get(line.entry)
        if one is None:
            yield f"line {number} names an entry that is not shown"
            continue
        yield from (f"line {number}: {fault}" for fault in _faults(line, one))
    entries = [shown[line.entry] for line in lines if line.entry in shown]
    for name, claimed in holder.items():
        outcomes = {_compare(name, claimed, dict(one.fields)) for one in entries}
        if "contradicted" in outcomes:
            yield f"the holder's {name} is contradicted"
        elif "agrees" not in outcomes:
            yield f"the holder's {name} is undisclosed"


def find_other_names(holder: Mapping[str, Value], report: Report) -> set[str] | None:
    """Return which names of the holder are different from one that any certification shows.

    None where no certification shows any of them, so that there is nothing to compare.
    """
    claims = [
        (name, claimed)
        for name, claimed in holder.items()
        if name in HOLDER_NAMES and says_something(name, claimed)
    ]
    compared = [
        (name, compare_values((name, claimed), (name, fields[name])))
        for one in report.certifications
        for fields in [dict(one.fields)]
        for name, claimed in claims
        if name in fields and says_something(name, fields[name])
    ]
    found = {name for name, comparison in compared if comparison == "different"}
    return found if compared else None


def _faults(line: CvLine, one: CertificationReport) -> Iterator[str]:
    fields = dict(one.fields)
    for name, claimed in line.claims.items():
        outcome = _compare(name, claimed, fields)
        if outcome != "agrees":
            yield f"{name} is {outcome}"
    if line.label is not None and line.label not in (one.title, fields.get("code")):
        yield "its label is neither the title nor the code that the proof shows"


def _compare(name: str, claimed: Value, fields: Mapping[str, Value]) -> _Outcome:
    if name not in fields:
        return "undisclosed"
    shown = fields[name]
    if name in HOLDER_NAMES and isinstance(claimed, str) and isinstance(shown, str):
        is_other = compare_values((name, claimed), (name, shown)) == "different"
        is_said = is_name(claimed) and is_name(shown)
        return "agrees" if is_said and not is_other else "contradicted"
    # As JSON, because in Python 1 and True are equal.
    is_same = encode_json(_order(claimed)) == encode_json(_order(shown))
    return "agrees" if is_same else "contradicted"


def _order(value: Value) -> Value:
    """Put the members of a value's objects in one order."""
    if not isinstance(value, list):
        return value
    return [dict(sorted(item.items())) for item in value]
