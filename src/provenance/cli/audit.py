"""Derive a whole ledger again from its stored bytes, and name what is wrong.

Leaf hashes, chain, tree, signatures, registrations, status, commitments against
the opened payloads, fields against the exact bytes that were deposited, and each
certification against the digest of its deposit: after erasures too. Where nothing
of a file was erased it is read as a whole, and what it says around each passage
is compared. The report says on what it rests that the depositors sent this: their
signatures, the files that are kept, or nothing but the operator's word.

An auditor who kept an older checkpoint (publish -o) begins behind it with --since,
and brings its own policy. With --no-vault the vault is not opened, and no right to
read it is needed. Exit status 0 when nothing is wrong, 1 otherwise.

Examples:
  provenance audit ledger
  provenance audit ledger --policy policy.txt --since checkpoint.txt
  provenance audit ledger --no-vault --json
  provenance audit ledger --no-vault --no-signatures --jobs 4
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from provenance.audit import audit
from provenance.cli.arguments import add_ledger, add_trust, count
from provenance.cli.exits import NO, YES
from provenance.cli.files import read_text
from provenance.cli.output import Answer
from provenance.cli.progress import show_progress
from provenance.tlog.policy import parse_policy

if TYPE_CHECKING:
    import argparse

    from provenance.audit import AuditReport
    from provenance.audit.report import KeyChanges
    from provenance.cli.output import Output

TEXT_SIZE_MAX: Final = 1024 * 1024
SAID: Final = {
    "endorsed": "endorsed by them",
    "signed": "in a deposit that they signed",
    "filed": "in a kept file, unsigned",
    "unsupported": "the operator's word alone",
    "erased": "content erased",
    "closed": "not opened",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_ledger(parser)
    parser.add_argument(
        "--since", metavar="FILE", help="an older signed checkpoint that was audited before"
    )
    add_trust(parser, required=False)
    parser.add_argument(
        "--no-vault",
        action="store_true",
        help="leave payloads closed: no personal data is read",
    )
    parser.add_argument(
        "--no-signatures",
        action="store_true",
        help="leave the entries' signatures unchecked, and say so",
    )
    parser.add_argument(
        "--jobs",
        type=count,
        metavar="N",
        help="processes that read (default: one a processor, one for a small ledger)",
    )


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Audit the ledger."""
    del out
    since = None if args.since is None else read_text(args.since, size_max=TEXT_SIZE_MAX)
    policy = None
    if args.policy is not None:
        policy = parse_policy(read_text(args.policy, size_max=TEXT_SIZE_MAX))
    with show_progress("audit") as progress:
        report = audit(
            args.ledger,
            since=since,
            policy=policy,
            genesis=args.genesis,
            signatures=not args.no_signatures,
            vault=not args.no_vault,
            jobs=args.jobs,
            progress=progress,
        )
    status = YES if report.verdict == "yes" else NO
    return Answer(status, report.to_json(), lambda out: _show(report, out))


def _show(report: AuditReport, out: Output) -> None:
    good = report.verdict == "yes"
    said = "YES: nothing is wrong." if good else f"NO: {report.findings_count} findings."
    out.verdict(said, good=good)
    out.pairs(
        (name, value)
        for name, value in [
            ("origin", report.origin),
            ("entries", f"{report.entries}, from {report.start} to before {report.size}"),
            ("root", report.root),
            ("types", ", ".join(f"{n} {kind}" for kind, n in report.types.items())),
            ("signatures", report.signatures),
            ("checkpoints", report.checkpoints),
            ("payloads opened", report.opened),
            ("content erased", report.erased),
            ("of these seeds lost", report.lost or None),
            ("keys of depositors", _words(report.key_changes)),
        ]
        if value is not None
    )
    if report.types.get("certification"):
        out.heading("On what it rests that the depositors sent the certifications")
        counts = msgspec.structs.asdict(report.origins)
        out.pairs([(SAID[name], count) for name, count in counts.items() if count])
    if report.findings:
        out.heading("Findings")
        rows = [(one.index, one.check, one.message) for one in report.findings]
        out.table(("entry", "check", "what"), rows)
        if report.findings_count > len(rows):
            out.line(f"  … and {report.findings_count - len(rows)} more")
    if report.notes:
        out.heading("Not checked")
        for note in report.notes:
            out.line(f"  {note}")


def _words(changes: KeyChanges) -> str | None:
    counts = msgspec.structs.asdict(changes)
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count) or None
