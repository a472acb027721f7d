"""Make the CV for machines: one signed JSON document, with the proof in it.

CV is the JSON of a CV with its claims, line by line, as for provenance verify --cv; PROOF is
the proof bundle that shows what it claims. The proof is verified under the policy, every
claim is held against it, and nothing is signed that it does not show, or that does not hold
today: a proof in which any certification is withdrawn, expired, provisional, of another person
or tied to nobody is refused. The holder's identity is taken from the proof, and so is each
line's label: the title in the register where the proof shows one, else the code.

The key is an Ed25519 key of the operator that serves for nothing else (provenance key new).
The document names it as a did:key. Whoever is to trust it needs the line that is printed
here in the seal-roots file.

Examples:
  provenance cv json cv.json proof.json --policy policy.txt --key issuer.pem -o cv.vc.json
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from provenance.cli.arguments import add_json, add_output, add_passphrase, add_trust
from provenance.cli.exits import NO, YES
from provenance.cli.files import read_file, read_text, write_file
from provenance.cli.output import Answer
from provenance.cli.signing import open_key, read_passphrase
from provenance.cli.verify import POLICY_SIZE_MAX
from provenance.errors import KeyFileError
from provenance.reconstruct import CV_SIZE_MAX, parse_cv
from provenance.record.bundle import BUNDLE_SIZE_MAX
from provenance.record.paris import paris_day
from provenance.tlog.note import ED25519
from provenance.verifier import Verifier

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output
    from provenance.cv.report import CvReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("cv", metavar="CV", help="the CV with its claims, JSON")
    parser.add_argument("proof", metavar="PROOF", help="the proof bundle")
    add_trust(parser, required=True)
    parser.add_argument(
        "--key", required=True, metavar="KEY", help="Ed25519 key file, or URI of a key"
    )
    add_passphrase(parser)
    add_output(parser, "the document (standard output)")
    add_json(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Make the document, verify it, and only then write it."""
    del out
    from provenance.cv import jsoncv  # noqa: PLC0415 - the group is loaded for its help
    from provenance.cv.roots import SealRoots, format_did_key  # noqa: PLC0415 - likewise

    cv = parse_cv(read_file(args.cv, size_max=CV_SIZE_MAX))
    bundle = read_file(args.proof, size_max=BUNDLE_SIZE_MAX + 1)
    policy = read_text(args.policy, size_max=POLICY_SIZE_MAX)
    signer = open_key(args.key, read_passphrase(args))
    if signer.kind != ED25519:
        raise KeyFileError(f"the key {args.key} is of another kind: Ed25519 is needed")
    issuer = format_did_key(signer.public)
    verifier = Verifier(policy, now_s=int(time.time()), genesis=args.genesis)
    day = paris_day(time.time_ns() // 1000)
    report = verifier.verify(bundle, day)
    if report.verdict != "yes":
        return _refusal(report.summary, {"proof": report})
    lines = jsoncv.lines_of(cv, report)
    data = jsoncv.make(
        lines,
        jsoncv.holder_of(lines, report),
        bundle,
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        signer=signer,
    )
    checked = jsoncv.verify(data, verifier, SealRoots(issuers=(issuer,)), day)
    if checked.verdict != "yes":
        return _refusal(_failures(checked), {"report": checked})
    return _write(args, data, issuer, len(cv.lines))


def _refusal(reasons: tuple[str, ...], members: dict[str, object]) -> Answer:
    def show(out: Output) -> None:
        out.verdict("NO: nothing was signed.", good=False)
        for reason in reasons:
            out.line(f"  {reason}")

    return Answer(NO, {"signed": False, **members}, show)


def _failures(report: CvReport) -> tuple[str, ...]:
    return tuple(
        f"{check.name}: {check.reason}" for check in report.checks if check.outcome == "no"
    )


def _write(args: argparse.Namespace, data: bytes, issuer: str, lines: int) -> Answer:
    document = {"signed": True, "file": args.output, "issuer": issuer, "lines": lines}
    if args.output is None:
        whole = {**document, "document": data.decode()}
        return Answer(YES, whole, lambda out: out.data(data, b"\n"))
    write_file(args.output, [data], force=args.force)

    def show(out: Output) -> None:
        if args.output != "-":
            out.verdict(f"{args.output} holds {lines} proven line(s), signed.", good=True)
            out.line("For the seal-roots file of whoever is to trust it:")
            out.line(f"issuer {issuer}")

    return Answer(YES, document, show)
