"""Sign a deposit file, as the body that sends it; no ledger and no network is needed.

The signature covers the log's origin, the depositor, the certifier, the action and a digest
of the file and of each of its passages, under a salt that is drawn here. It is written beside
the file and sent along with it; the operator hands it to provenance deposit --signature. From
then on the file must not change.

The key is the body's own, one that its entry in the log lists: a file of provenance key
new, or a URI. --name is the name that the key was made with.

Examples:
  provenance sign-deposit deposit.xml --origin log.example/1 --key own.pem --name body.example
  provenance sign-deposit deposit.xml --origin log.example/1 --key own.pem --name body -o o.sig
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from provenance.cdc.flux import FluxReader
from provenance.cli.arguments import add_json, add_output, add_passphrase
from provenance.cli.deposit import SignatureFile
from provenance.cli.exits import YES
from provenance.cli.files import write_file
from provenance.cli.output import Answer
from provenance.cli.signing import add_signing_key, open_signing_key
from provenance.encoding import encode_base64, encode_json
from provenance.errors import DepositRefused
from provenance.ledger.source import FileSource, leaves_of
from provenance.record.depositdigest import deposit_digest
from provenance.record.message import deposit_message

if TYPE_CHECKING:
    import argparse

    from provenance.cdc.flux import Header
    from provenance.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("file", metavar="FILE", help="the deposit file")
    parser.add_argument("--origin", required=True, metavar="NAME", help="name of the log")
    add_signing_key(parser)
    add_passphrase(parser)
    add_output(parser, "the signature (FILE.sig)")
    add_json(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Sign the file."""
    del out
    key, signer = open_signing_key(args)
    source = FileSource(Path(args.file))
    header, digest = _read(source)
    said = {
        "depositor": header.emetteur,
        "certifier": header.certificateur,
        "action": header.action or "CREATION",
    }
    message = deposit_message(origin=args.origin, digest=digest, **said)
    signed = SignatureFile(
        salt=encode_base64(source.salt),
        signer=str(key),
        signature=encode_base64(signer.sign(message)),
    )
    output = args.output or f"{args.file}.sig"
    write_file(output, [encode_json(signed) + b"\n"], force=args.force)
    document = {
        "file": output,
        **said,
        "origin": args.origin,
        "digest": encode_base64(digest),
        "signer": str(key),
    }

    def show(out: Output) -> None:
        if output != "-":
            out.verdict(f"{output} signs {args.file}.", good=True)
            out.pairs([*said.items(), ("log", args.origin)])
            out.line("Send both; the file must not change any more.")

    return Answer(YES, document, show)


def _read(source: FileSource) -> tuple[Header, bytes]:
    """Read the whole file, as the operator will; return its header and the deposit's digest.

    What the operator would refuse as a whole is not signed.
    """
    reader = FluxReader(source.chunks)
    sources = [passage.digest for passage in reader.passages()]
    if reader.faults or reader.header is None:
        first = reader.faults[0].message if reader.faults else "it holds no passage"
        raise DepositRefused(
            f"{source.name} is not signed, since it would be refused: {first}", reader.faults
        )
    digest = deposit_digest(leaves_of(source.salts, source.sha256(), sources))
    return reader.header, digest
