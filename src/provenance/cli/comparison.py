"""A CV held against a proof, for ``verify --cv``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.cli.exits import VERDICTS
from provenance.cli.files import read_file
from provenance.cli.output import Answer, value_text
from provenance.cli.reports import show_failures, show_summary
from provenance.reconstruct import CV_SIZE_MAX, reconstruct

if TYPE_CHECKING:
    from provenance.cli.output import Output
    from provenance.reconstruct import CvReport, LineReport
    from provenance.report import Report, Verdict

_WORST_FIRST: Final[tuple[Verdict, ...]] = ("unreadable", "no", "attention", "yes")
_WORDS: Final = {
    "yes": "YES: every line of the CV is proven, and holds.",
    "attention": "ATTENTION: every line of the CV is proven, but not all of them hold:",
    "no": "NO: not every line of the CV is proven.",
    "unreadable": "The CV cannot be read.",
}


def compare(path: str, report: Report) -> Answer:
    """Compare the CV in a file with what is proven; the worse of both verdicts counts."""
    compared = reconstruct(read_file(path, size_max=CV_SIZE_MAX + 1), report)
    verdict = min(report.verdict, compared.verdict, key=_WORST_FIRST.index)
    document = {"verdict": verdict, "report": report, "cv": compared}
    return Answer(VERDICTS[verdict], document, lambda out: _show(report, compared, out))


def _show(report: Report, compared: CvReport, out: Output) -> None:
    out.verdict(_WORDS[compared.verdict], good=compared.verdict == "yes")
    for sentence in compared.summary:
        out.line(f"  {sentence}")
    show_failures(report, out)
    for line in compared.lines:
        _show_line(line, out)
    show_summary(report, out)


def _show_line(line: LineReport, out: Output) -> None:
    label = "" if line.label is None else f" ({line.label})"
    out.heading(f"Line {line.id}{label}: {line.result}")
    out.line(f"  {line.reason}")
    if line.claims:
        rows = [
            (
                claim.name,
                claim.outcome,
                value_text(claim.claimed),
                None if claim.outcome == "undisclosed" else value_text(claim.proven),
            )
            for claim in line.claims
        ]
        out.table(("claim", "is", "the CV says", "the log proves"), rows)
