"""Bring a proof up to date, with the newest checkpoint and the status as of now.

The proof itself stays as it is; what is added is a later checkpoint, signed by today's
keys, the proof that its tree continues the old one, and how the certifications stand by
then. A proof from before a rotation of the log keys needs it under the new policy.

From the ledger, or without one from its published tiles: a web address or a directory.
These are trusted with nothing. Their checkpoint must be one that the policy believes,
and what is written was verified under it.

Examples:
  provenance refresh ledger proof.json -o proof.json
  provenance refresh ledger old.json > new.json
  provenance refresh proof.json --tiles https://log.example/ --policy policy.txt -o new.json
  provenance refresh proof.json --tiles /srv/www/log --policy policy.txt -o new.json
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.cli.arguments import add_ledger, add_output
from provenance.cli.exits import YES
from provenance.cli.files import read_file, read_text, write_file
from provenance.cli.output import Answer
from provenance.errors import FormatError
from provenance.record.bundle import BUNDLE_SIZE_MAX, parse_bundle
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.note import split_note

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output

POLICY_SIZE_MAX: Final = 1024 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_ledger(parser, optional=True)
    parser.add_argument("file", metavar="FILE", help="the proof; - is standard input")
    parser.add_argument(
        "--tiles",
        metavar="PLACE",
        help="read published tiles, at a web address or in a directory, instead of a ledger; "
        "needs --policy",
    )
    parser.add_argument(
        "--policy",
        metavar="FILE",
        help="today's trust policy, got by another way than the tiles",
    )
    add_output(parser, "the proof, up to date")


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Bring the proof up to date."""
    bundle = _refresh(args, out)
    later = parse_bundle(bundle).later
    assert later is not None, "it was just added"
    checkpoint = parse_checkpoint(split_note(later.checkpoint)[0])
    document = {"origin": checkpoint.origin, "size": checkpoint.size, "bytes": len(bundle)}
    if args.output is None:
        return Answer(YES, {**document, "proof": bundle.decode()}, lambda out: out.data(bundle))
    write_file(args.output, [bundle], force=args.force)

    def show(out: Output) -> None:
        if args.output != "-":
            out.verdict(f"{args.output} is up to date at size {checkpoint.size}.", good=True)

    return Answer(YES, {**document, "file": args.output}, show)


def _refresh(args: argparse.Namespace, out: Output) -> bytes:
    if args.ledger is not None and args.tiles is None and args.policy is None:
        from provenance.ledger import Ledger  # noqa: PLC0415 - tiles need no database

        ledger = out.enter(Ledger.open(args.ledger, readonly=True))
        return ledger.refresh(read_file(args.file, size_max=BUNDLE_SIZE_MAX))
    if args.ledger is None and args.tiles is not None and args.policy is not None:
        bundle = read_file(args.file, size_max=BUNDLE_SIZE_MAX)
        return refresh_from(args.tiles, bundle, args.policy)
    raise FormatError("name either a ledger, or --tiles and --policy")


def refresh_from(tiles: str, bundle: bytes, policy: str) -> bytes:
    """Bring a bundle up to date from the tiles at a place, under the policy in a file."""
    from provenance.fetching import open_tiles  # noqa: PLC0415 - a ledger needs no network
    from provenance.refreshing import refresh_bundle  # noqa: PLC0415 - the same

    text = read_text(policy, size_max=POLICY_SIZE_MAX)
    return refresh_bundle(bundle, open_tiles(tiles), text)
