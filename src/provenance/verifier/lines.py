"""What is reported of each line, once all checks hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from provenance.record.persons import identity_kind
from provenance.report import CertificationReport
from provenance.verifier.reasons import find_lacks, find_reasons

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from provenance.record.entry import Certification
    from provenance.verifier.bodies import Bodies, Endorsed
    from provenance.verifier.contents import Contents
    from provenance.verifier.entries import Item
    from provenance.verifier.standing import Standing
    from provenance.verifier.titles import Title


class Proven(NamedTuple):
    """What the checks of one bundle found, by index, or titles by code."""

    items: Mapping[int, Item]
    contents: Contents
    bodies: Bodies
    endorsed: Mapping[int, Endorsed]
    standings: Mapping[int, Standing]
    titles: Mapping[str, Title]


def report_lines(
    proven: Proven, day: date | None, status_days: int
) -> list[CertificationReport]:
    """Report every line, with all reasons but those about persons."""
    return [
        _report(proven, entry, day, status_days) for entry in proven.contents.lines.values()
    ]


def _report(
    proven: Proven, entry: Certification, day: date | None, status_days: int
) -> CertificationReport:
    index, record = entry.index, proven.contents.of(entry.index)
    standing, endorsed = proven.standings[index], proven.endorsed.get(index)
    code, certifier = record.get("code"), record.get("certificateur")
    certifier = certifier if isinstance(certifier, str) else None
    title = proven.titles.get(code) if isinstance(code, str) else None
    final, identity = record.get("donneeCertifiee"), identity_kind(record)
    lacks = find_lacks(record, identity)
    body = proven.bodies.registration(entry)
    changed_by = standing.changed_by
    return CertificationReport(
        index=index,
        time=entry.time,
        deposit=entry.deposit,
        depositor=entry.depositor,
        depositor_name=body.name,
        depositor_name_source=f"depositor entry {body.index}",
        certifier=certifier,
        certifier_name=proven.bodies.name_of_certifier(entry, certifier),
        fields=tuple(record.items()),
        identity=identity,
        status=standing.word,
        as_of_index=None if standing.status is None else standing.status.index,
        as_of_time=None if standing.status is None else standing.status.time,
        changed_by=changed_by,
        changed_time=None if changed_by is None else proven.items[changed_by].entry.time,
        endorsed=endorsed is not None,
        endorsement=None if endorsed is None else endorsed.sentence,
        line_complete=not lacks,
        lacks=lacks,
        provisional=not final if isinstance(final, bool) else None,
        registration=entry.registration,
        certifier_registration=entry.certifier_registration,
        keys=None if endorsed is None else endorsed.keys,
        limited=body.certifiers is not None,
        title=None if title is None else title.title,
        level=None if title is None else title.level,
        register_date=None if title is None else title.date,
        unknown_fields=proven.contents.unknown.get(index, 0),
        reasons=find_reasons(record, identity, lacks, standing, day, status_days),
    )
