"""Check a proof or a CV, offline: with a trust policy and nothing else.

The policy must be obtained separately from the proof. The answer is yes (exit
status 0), attention (4: it is proven, and there is a reason not to rely on all
of it as it stands, such as a withdrawal or an end of validity), no (1), or that
the file is not a proof at all (2); the first lines and the checks say why. What
is valid is judged today in Paris, or on --day. With --cv a CV (JSON) is held
against the proof line by line, and has to agree. A C2SP tlog-proof is read too,
together with the entry that it is about (--entry). With --refresh the log's
published tiles are asked how things stand by now.

A CV that carries its proof is recognised by its content: a PDF file, a JSON CV, a
picture of a QR code (PNG, JPEG) or its text. Its seal or signature is judged by
--seal-roots, obtained separately too, and so are time stamps of proofs;
"provenance cv verify" does the same.

Examples:
  provenance verify proof.json --policy policy.txt
  provenance verify proof.json --policy policy.txt --max-age 30d
  provenance verify proof.json --policy policy.txt --refresh https://log.example/log
  provenance verify proof.json --policy policy.txt --cv cv.json
  provenance verify entry.tlog-proof --policy policy.txt --entry entry.json
  provenance verify cv.pdf --policy policy.txt --seal-roots seal-roots.txt
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from provenance.cli.arguments import (
    add_day,
    add_json,
    add_refresh,
    add_trust,
    day_of,
    duration,
)
from provenance.cli.documents import (
    add_seal_roots,
    read_seal_roots,
    read_tiles,
    verify_document,
)
from provenance.cli.exits import VERDICTS
from provenance.cli.files import read_file, read_text
from provenance.cli.output import Answer
from provenance.cli.reports import show_report
from provenance.cv.verify import DOCUMENT_SIZE_MAX, make_verifier, recognise
from provenance.errors import FormatError

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output

POLICY_SIZE_MAX: Final = 1024 * 1024
_TLOG_PROOF: Final = b"c2sp.org/tlog-proof@"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("file", metavar="FILE", help="proof or CV; - is standard input")
    add_trust(parser, required=True)
    add_seal_roots(parser)
    parser.add_argument(
        "--max-age",
        type=duration,
        metavar="AGE",
        help="refuse what was witnessed longer ago: 90s, 15m, 12h, 30d",
    )
    parser.add_argument("--cv", metavar="FILE", help="a CV to hold against the proof")
    parser.add_argument("--entry", metavar="FILE", help="the entry of a tlog-proof, its bytes")
    add_day(parser)
    add_refresh(parser)
    add_json(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Check the proof."""
    del out
    policy = read_text(args.policy, size_max=POLICY_SIZE_MAX)
    # One byte more than a document may have: the verifier itself then says that it is none.
    data = read_file(args.file, size_max=DOCUMENT_SIZE_MAX + 1)
    if data.startswith(_TLOG_PROOF):
        from provenance.cli.tlog_proof import verify  # noqa: PLC0415 - seldom needed

        return verify(data, policy, args)
    if recognise(data) != "bundle":
        if (args.cv, args.entry) != (None, None):
            raise FormatError("--cv and --entry go with a proof by itself, and this is not one")
        return verify_document(data, policy, args)
    verifier = make_verifier(
        policy,
        now_s=int(time.time()),
        max_age_s=args.max_age,
        genesis=args.genesis,
        tiles=read_tiles(args.refresh),
        tsa=read_seal_roots(args).tsas,
    )
    report = verifier.verify(data, day_of(args))
    if args.cv is not None:
        from provenance.cli.comparison import compare  # noqa: PLC0415 - only with --cv

        return compare(args.cv, report)
    return Answer(
        VERDICTS[report.verdict], report.to_json(), lambda out: show_report(report, out)
    )
