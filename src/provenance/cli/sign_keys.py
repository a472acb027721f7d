"""Sign a new registration, as the body that it is of: name, rights, keys, all of it.

The operator's draft (provenance depositor add --draft) is shown in words, and signed with a
key that is in force. With this signature the new registration is the body's own doing, and
not the operator's, who is handed the signature and records exactly that draft, or refuses.
No ledger and no network is needed. The signature goes to FILE.sig, unless -o says otherwise.

--origin refuses a draft that is for another log.

Examples:
  provenance sign-keys new.json --key own.pem --name body.example
  provenance sign-keys new.json --key own.pem --name body --origin log.example/1 -o new.sig
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_json, add_output, add_passphrase
from provenance.cli.depositor import DRAFT_SIZE_MAX
from provenance.cli.entries import short_key
from provenance.cli.exits import YES
from provenance.cli.files import read_file, write_file
from provenance.cli.output import Answer
from provenance.cli.signing import add_signing_key, open_signing_key
from provenance.encoding import encode_base64
from provenance.errors import PolicyError
from provenance.ledger.registration import parse_draft

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from provenance.cli.output import Output
    from provenance.ledger.registration import RegistrationDraft


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "file", metavar="FILE", help="the operator's draft; - is standard input"
    )
    parser.add_argument("--origin", metavar="NAME", help="name of the log that it must be for")
    add_signing_key(parser)
    add_passphrase(parser)
    add_output(parser, "the signature (FILE.sig)")
    add_json(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Show the draft, and sign it."""
    del out
    key, signer = open_signing_key(args)
    draft = parse_draft(read_file(args.file, size_max=DRAFT_SIZE_MAX))
    if args.origin not in (None, draft.origin):
        raise PolicyError(f"{args.file} is for the log {draft.origin}, not for {args.origin}")
    signature = encode_base64(signer.sign(draft.message))
    output = args.output or ("-" if args.file == "-" else f"{args.file}.sig")
    if output != "-" or not args.json:
        write_file(output, [f"{signature}\n".encode()], force=args.force)
    document = {
        "file": output,
        "signer": str(key),
        "origin": draft.origin,
        "registration": draft.registration,
        "signature": signature,
    }

    def show(out: Output) -> None:
        if output != "-":
            out.verdict(f"{output} signs this registration:", good=True)
            out.pairs(describe(draft))
            out.line(f"It is signed with the {short_key(str(key))}.")

    return Answer(YES, document, show)


def describe(draft: RegistrationDraft) -> Iterator[tuple[str, str]]:
    """Say in words what a draft says, a line for each of its members."""
    body = draft.registration
    yield "log", draft.origin
    yield "body", f"{body.depositor} {body.name}"
    yield "SIRET", body.siret or "none"
    yield "may deposit for", _whom(body.certifiers)
    yield "takes over from", ", ".join(body.succeeds or ()) or "nobody"
    if not body.keys:
        yield "keys", "none: anybody whom the operator lets in may deposit in its name"
    for number, vkey in enumerate(body.keys, 1):
        yield f"key {number}", f"{short_key(vkey)}: {vkey}"
    yield "replaces entry", str(body.previous)


def _whom(certifiers: tuple[str, ...] | None) -> str:
    if certifiers is None:
        return "everybody, without limit"
    return ", ".join(["itself", *certifiers]) if certifiers else "itself alone"
