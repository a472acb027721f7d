"""A verifier's report, as people read it: the verdict, what is proven, and by what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.cli.output import value_text, when
from provenance.report import PROVEN, REASON_WORDS, reasons_text, standing_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.cli.output import Output
    from provenance.cv.report import CvReport
    from provenance.report import CertificationReport, Check, Report

_VERDICTS: Final = {
    "yes": "YES: what is shown here is proven.",
    "attention": "ATTENTION: it is proven, but do not rely on all of it as it stands:",
    "no": "NO: nothing in this file can be relied on.",
    "unreadable": "This is not a proof: it cannot be read as one.",
}


def show_report(report: Report, out: Output) -> None:
    """Show a whole report."""
    out.verdict(_VERDICTS[report.verdict], good=report.verdict == "yes")
    show_reasons(report, out)
    show_failures(report, out)
    show_certifications(report, out)
    show_checks(report.checks, out)
    show_summary(report, out)


def show_reasons(report: Report, out: Output) -> None:
    """Show in one line what stands against relying on each certification."""
    texts = [text for one in report.certifications if (text := reasons_text(one))]
    if texts:
        out.line(f"  {' '.join(texts)}")


def show_certifications(report: Report, out: Output) -> None:
    """Show each certification that is proven: how it stands, and what is disclosed of it."""
    for one in report.certifications:
        out.heading(f"Certification {one.index}: {_standing(one)}")
        out.pairs([*_facts(one), *((name, value_text(value)) for name, value in one.fields)])


def show_checks(checks: Sequence[Check], out: Output) -> None:
    """Show all checks as a table."""
    out.heading("Checks")
    rows = [(check.name, check.outcome, check.index, check.reason) for check in checks]
    out.table(("check", "holds", "entry", "why"), rows)


def show_failures(report: Report | CvReport, out: Output) -> None:
    """Show the checks that failed, each by its name."""
    for check in report.checks:
        if check.outcome == "no":
            place = "" if check.index is None else f" of entry {check.index}"
            out.line(f"  {check.name}{place}: {check.reason}")


def show_summary(report: Report, out: Output) -> None:
    """Show what a report says in sentences, where it proves anything."""
    if report.verdict in PROVEN:
        out.heading("In words")
        for sentence in report.summary:
            out.line(f"  {sentence}")


def _standing(one: CertificationReport) -> str:
    by = "" if one.changed_by is None else f" by entry {one.changed_by},"
    if one.as_of_time is None:
        return f"status {one.status}{by}"
    return f"{standing_words(one)}{by} as of {when(one.as_of_time)} (entry {one.as_of_index})"


def _facts(one: CertificationReport) -> Iterator[tuple[str, str]]:
    """Yield what the log itself says of a certification, before what is disclosed of it."""
    if one.reasons:
        yield "attention", "; ".join(REASON_WORDS[reason] for reason in one.reasons)
    if one.title is not None:
        level = "" if one.level is None else f", level {one.level}"
        yield "title", f"{one.title}{level} (register of {one.register_date})"
    yield "received", when(one.time)
    limits = "" if one.limited else "; not limited to certain certifiers"
    yield "deposited by", f"{one.depositor} {one.depositor_name}{limits}"
    if one.certifier is not None:
        signs = "" if one.certifier == one.depositor else "; has not signed"
        yield "certifier", f"{one.certifier} {one.certifier_name or ''}".strip() + signs
    yield "endorsed", one.endorsement or "no: its depositor has not signed this entry"
    if one.lacks:
        yield "not shown", ", ".join(one.lacks)
