"""Make the QR code of a printed CV: a signed summary of what a proof shows.

The proof is verified first, under the policy. The summary lists its certifications, 16 at
most, with their holder; all of them must hold today. It is signed by an Ed25519 key that
serves for nothing else; whoever is to believe it has the line "summary VKEY" in its seal
roots. Where the proof shows titles, the summary has them as far as the code has room. Under -o
the name tells the form: .png, .svg, or .txt for the text of the code. Without -o the text goes
to standard output.

Examples:
  provenance key new summary.pem --name log.example/certifications/summary
  provenance cv summary proof.json --policy policy.txt --key summary.pem -o code.png
"""

from __future__ import annotations

import time
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from provenance.cli.arguments import add_json, add_output, add_passphrase
from provenance.cli.exits import YES
from provenance.cli.files import read_file, read_text, write_file
from provenance.cli.output import Answer
from provenance.cli.signing import open_key, read_passphrase
from provenance.cli.verify import POLICY_SIZE_MAX
from provenance.cv.qr import MODULE_MM, make_qr_png, make_qr_svg, qr_modules
from provenance.cv.summary import make_summary, sign_summary, summary_key_name
from provenance.encoding import encode_base64
from provenance.errors import FormatError, KeyFileError
from provenance.keys.signer import NoteSigner
from provenance.record.bundle import BUNDLE_SIZE_MAX
from provenance.record.paris import paris_day
from provenance.tlog.note import ED25519, make_verifier_key
from provenance.verifier import Verifier

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from provenance.cli.output import Output
    from provenance.cv.summary import Summary

_FORMS: Final[dict[str, Callable[[str], bytes]]] = {
    ".png": make_qr_png,
    ".svg": make_qr_svg,
    ".txt": lambda text: f"{text}\n".encode(),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("proof", metavar="PROOF", help="the proof bundle")
    parser.add_argument("--policy", metavar="FILE", required=True, help="trust policy")
    parser.add_argument(
        "--key", required=True, metavar="KEY", help="summary key: its file, or URI"
    )
    add_output(parser, "the code (.png, .svg) or its text (.txt)")
    add_passphrase(parser)
    add_json(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Make the code."""
    del out
    suffix = ".txt" if args.output in {None, "-"} else PurePath(args.output).suffix.lower()
    if suffix not in _FORMS:
        raise FormatError(f"the code is written as one of {', '.join(_FORMS)}")
    policy = read_text(args.policy, size_max=POLICY_SIZE_MAX)
    bundle = read_file(args.proof, size_max=BUNDLE_SIZE_MAX + 1)
    today = paris_day(time.time_ns() // 1000)
    summary = make_summary(Verifier(policy).verify(bundle, today))
    signer = open_summary_signer(args.key, summary.origin, policy, read_passphrase(args))
    text = sign_summary(summary, signer)
    data = _FORMS[suffix](text)
    document = _document(args.output, text, summary, signer)
    if args.output is None:
        return Answer(YES, document, lambda out: out.data(data))
    write_file(args.output, [data], force=args.force)
    return Answer(
        YES, document, lambda out: None if args.output == "-" else _show(document, out)
    )


def _document(
    file: str | None, text: str, summary: Summary, signer: NoteSigner
) -> dict[str, Any]:
    modules = qr_modules(text)
    return {
        "file": file,
        "text": text,
        "indexes": [one.index for one in summary.certifications],
        "size": summary.size,
        "modules": modules,
        "side_mm": round(modules * MODULE_MM),
        "seal_roots": f"summary {signer.verifier_key}",
    }


def _show(document: dict[str, Any], out: Output) -> None:
    entries = ", ".join(map(str, document["indexes"]))
    said = f"{document['file']} sums up {entries}, as of size {document['size']}."
    out.verdict(said, good=True)
    out.line(f"Printed, the code is {document['side_mm']} mm wide.")
    out.line("Readers believe it by this line of their seal roots:")
    out.line(document["seal_roots"])


def open_summary_signer(
    key: str, origin: str, policy: str, passphrase: bytes | None
) -> NoteSigner:
    """Open the key that signs the summaries of a log.

    Raises `KeyFileError` for a key that cannot be used, is not of Ed25519, or stands in
    the policy: one public key has one role.
    """
    signer = open_key(key, passphrase)
    if signer.kind != ED25519:
        raise KeyFileError("summaries are signed with Ed25519 keys")
    if encode_base64(bytes([ED25519]) + signer.public) in policy:
        raise KeyFileError("this key signs checkpoints: make one for summaries alone")
    verifier_key = make_verifier_key(summary_key_name(origin), ED25519, signer.public)
    return NoteSigner(verifier_key, signer, lambda: int(time.time()))
