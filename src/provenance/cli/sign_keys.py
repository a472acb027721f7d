"""Sign new keys of a depositor with one that is in force, as the body itself.

With this signature the new keys are the body's own doing, and not a reset by the operator,
who is handed the file: provenance depositor add --signature. Say all keys that are to be
in force, in the order in which they will be registered.

Examples:
  provenance sign-keys 0ABCDEFG VKEY --origin log.example/1 --key own.pem --name body.example
  provenance sign-keys 0ABCDEFG VKEY --origin log.example/1 --key own.pem --name body -o k.sig
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_json, add_output, add_passphrase
from provenance.cli.exits import YES
from provenance.cli.files import write_file
from provenance.cli.output import Answer
from provenance.cli.signing import add_signing_key, open_signing_key
from provenance.encoding import encode_base64
from provenance.record.message import depositor_message
from provenance.tlog.note import parse_verifier_key

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("bcr", metavar="BCR", help="the depositor, 8 characters")
    parser.add_argument("vkeys", nargs="+", metavar="VKEY", help="a key that is to be in force")
    parser.add_argument("--origin", required=True, metavar="NAME", help="name of the log")
    add_signing_key(parser)
    add_passphrase(parser)
    add_output(parser, "the signature")
    add_json(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Sign the keys."""
    del out
    key, signer = open_signing_key(args)
    keys = [str(parse_verifier_key(vkey)) for vkey in args.vkeys]
    message = depositor_message(origin=args.origin, depositor=args.bcr, keys=keys)
    signature = encode_base64(signer.sign(message))
    document = {"signer": str(key), "keys": keys, "signature": signature}
    if args.output is not None:
        write_file(args.output, [f"{signature}\n".encode()])

    def show(out: Output) -> None:
        if args.output is None:
            out.line(signature)
        elif args.output != "-":
            out.verdict(f"{args.output} signs {len(keys)} key(s) of {args.bcr}.", good=True)

    return Answer(YES, document, show)
