"""Make a new ledger: its directory, its first two entries, and three new private keys.

The origin names the log for ever, by custom as a host name and a path. The keys
lie below LEDGER/keys, or in the directory that --keys names, which must not exist
yet. Without them nothing more can be recorded or published: keep a copy.
A passphrase encrypts them. The entry key may also lie on a PKCS #11 token; its PIN is
in the file that pin-source names in the URI, or else is the passphrase. Such a URI:
pkcs11:token=ledger;object=entry?module-path=/usr/lib/softhsm/libsofthsm2.so

Examples:
  provenance init ledger --origin log.example/certifications
  provenance init /var/lib/ledger --origin log.example/2026 --keys /etc/ledger-keys
  provenance init ledger --origin log.example/2026 --passphrase-fd 3 3< passphrase
  provenance init newer --origin log.example/2036 --previous ledger
  provenance init ledger --origin log.example/2026 --entry-key "$(cat entry.uri)"
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger
from provenance.cli.exits import YES
from provenance.cli.output import Answer
from provenance.cli.signing import read_passphrase
from provenance.encoding import encode_base64
from provenance.errors import NotPublishedError
from provenance.ledger import Ledger
from provenance.record.entry import Previous
from provenance.tlog.merkle import leaf_hash

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_ledger(parser, keys=True)
    parser.add_argument("--origin", required=True, metavar="NAME", help="name of the log")
    parser.add_argument(
        "--entry-key",
        metavar="URI",
        help="an Ed25519 key that exists (file:… or pkcs11:…), instead of a new one",
    )

    parser.add_argument(
        "--previous",
        metavar="LEDGER",
        help="the ledger that this one continues, at its last checkpoint",
    )


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Make the ledger."""
    ledger = out.enter(_create(args))
    genesis = encode_base64(leaf_hash(ledger.record(0)[0]))
    keys = Path(args.keys) if args.keys else ledger.path / "keys"
    document = {
        "ledger": str(ledger.path),
        "origin": ledger.origin,
        "size": ledger.size,
        "genesis": genesis,
        "keys": str(keys),
        "policy": ledger.policy(),
    }

    def show(out: Output) -> None:
        out.verdict(f"The ledger {ledger.path} is made.", good=True)
        out.pairs(
            [
                ("origin", ledger.origin),
                ("genesis leaf hash", genesis),
                ("private keys", f"{keys} (keep a copy: they cannot be made again)"),
            ]
        )
        out.line("Next: provenance depositor add, then provenance deposit.")

    return Answer(YES, document, show)


def _create(args: argparse.Namespace) -> Ledger:
    return Ledger.create(
        args.ledger,
        origin=args.origin,
        keys=args.keys,
        passphrase=read_passphrase(args),
        entry_key=args.entry_key,
        previous=None if args.previous is None else _read_previous(args.previous),
    )


def _read_previous(path: str) -> Previous:
    with Ledger.open(path, readonly=True) as ledger:
        latest = ledger.checkpoint()
    if latest is None:
        raise NotPublishedError(f"{path} has no checkpoint yet: publish first")
    checkpoint = latest[0]
    return Previous(
        origin=checkpoint.origin, size=checkpoint.size, root=encode_base64(checkpoint.root)
    )
