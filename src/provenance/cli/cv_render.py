"""Make the PDF file of a CV out of what the holder declares and a proof.

The proof is verified first, under the policy. Its certifications become the guaranteed
lines, the holder's file (JSON) the declared ones, printed apart. The name at the top is
the one that the proof shows; the holder's file may choose among its names, and say no other.
The proof is attached; "provenance cv seal" then makes every later change show.

A certification that does not hold on the day of the CV is refused: withdrawn, expired,
provisional, of unknown status, or not shown completely. With --all they appear in a part of
their own, with the reason. One that shows no identity, or another person's, is always
refused. --summary-key adds a QR code, for the CV on paper.

Examples:
  provenance cv render holder.json proof.json --policy policy.txt -o cv.pdf
  provenance cv render holder.json proof.json --policy policy.txt --lang en -o cv.pdf
  provenance cv render holder.json proof.json --policy p.txt --summary-key summary.pem -o cv.pdf
"""

from __future__ import annotations

import argparse
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from provenance.cli.arguments import add_json, add_output, add_passphrase
from provenance.cli.cv_summary import open_summary_signer
from provenance.cli.exits import YES
from provenance.cli.files import read_file, read_text, write_file
from provenance.cli.output import Answer
from provenance.cli.signing import read_passphrase
from provenance.cli.verify import POLICY_SIZE_MAX
from provenance.cv.holder import HOLDER_SIZE_MAX, parse_holder
from provenance.cv.render import Options, judge, render
from provenance.cv.wording import Language
from provenance.record.bundle import BUNDLE_SIZE_MAX

if TYPE_CHECKING:
    from provenance.cli.output import Output
    from provenance.keys.signer import NoteSigner
    from provenance.report import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("holder", metavar="HOLDER", help="what the holder declares (JSON)")
    parser.add_argument("proof", metavar="PROOF", help="the proof bundle")
    parser.add_argument("--policy", metavar="FILE", required=True, help="trust policy")
    add_output(parser, "the PDF", required=True)
    parser.add_argument(
        "--lang", choices=get_args(Language), default="fr", help="language of the CV (fr)"
    )
    parser.add_argument(
        "--summary-key", metavar="KEY", help="key for a QR code: its file, or URI"
    )
    parser.add_argument(
        "--all", action="store_true", help="show what does not hold too, apart and with why"
    )
    parser.add_argument(
        "--address", metavar="TEXT", help="address of a verification page, to be printed"
    )
    parser.add_argument(
        "--fonts", metavar="DIR", help="directory of fonts, for scripts not built in"
    )
    parser.add_argument(
        "--created",
        type=moment,
        metavar="TIME",
        help="when the CV was made, as in 2026-11-25T21:00:00Z (now)",
    )
    add_passphrase(parser)
    add_json(parser)


def moment(text: str) -> int:
    """Read a time with its zone, as in ``2026-11-25T21:00:00Z``; give POSIX seconds."""
    try:
        time_read = datetime.fromisoformat(text)
    except ValueError:
        time_read = None
    if time_read is None or time_read.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: 2026-11-25T21:00:00Z")
    return int(time_read.timestamp())


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Make the CV."""
    del out
    policy = read_text(args.policy, size_max=POLICY_SIZE_MAX)
    bundle = read_file(args.proof, size_max=BUNDLE_SIZE_MAX + 1)
    holder = parse_holder(read_file(args.holder, size_max=HOLDER_SIZE_MAX + 1))
    created_s = int(time.time()) if args.created is None else args.created
    report = judge(bundle, policy, created_s)
    signer = _open_signer(args, report, policy)
    pdf = render(
        holder,
        bundle,
        policy,
        created_s=created_s,
        signer=signer,
        options=_options(args),
    )
    write_file(args.output, [pdf], force=args.force)
    document = {
        "file": args.output,
        "bytes": len(pdf),
        "indexes": [one.index for one in report.certifications if not one.reasons],
        "apart": [one.index for one in report.certifications if one.reasons],
        "code": signer is not None,
    }

    def show(out: Output) -> None:
        if args.output != "-":
            _show(document, out)

    return Answer(YES, document, show)


def _show(document: dict[str, Any], out: Output) -> None:
    """Say what the CV guarantees, and what it shows apart."""
    entries, apart = (", ".join(map(str, document[name])) for name in ("indexes", "apart"))
    if entries:
        out.verdict(f"{document['file']} is a CV that guarantees {entries}.", good=True)
    else:
        out.verdict(f"{document['file']} is a CV that guarantees nothing.", good=False)
    if apart:
        out.line(f"Apart, and with the reason, it shows {apart}.")
    out.line("The proof is attached. Next: provenance cv seal.")


def _options(args: argparse.Namespace) -> Options:
    return Options(
        language=args.lang,
        everything=args.all,
        address=args.address,
        font_paths=() if args.fonts is None else (Path(args.fonts),),
    )


def _open_signer(args: argparse.Namespace, report: Report, policy: str) -> NoteSigner | None:
    """Open the key of summaries, where one is asked for."""
    if args.summary_key is None or report.checkpoint is None:
        return None
    origin = report.checkpoint.origin
    return open_summary_signer(args.summary_key, origin, policy, read_passphrase(args))
