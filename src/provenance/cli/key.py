"""Show the public keys of a ledger, and the trust policy that verifies its proofs.

The policy is what a verifier needs. Hand it out by another way than the proofs,
for whoever could change both could have anything believed.

Examples:
  provenance key list ledger
  provenance key policy ledger > policy.txt
  provenance key policy ledger -o policy.txt
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.arguments import add_ledger, add_output
from provenance.cli.entries import key_kind
from provenance.cli.exits import YES
from provenance.cli.files import write_file
from provenance.cli.output import Answer
from provenance.encoding import encode_base64
from provenance.ledger import Ledger
from provenance.record.entry import Genesis, Key
from provenance.tlog.merkle import leaf_hash
from provenance.tlog.note import parse_verifier_key

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list | policy")
    add_ledger(actions.add_parser("list", help="list the public keys"))
    policy = actions.add_parser("policy", help="print the trust policy")
    add_ledger(policy)
    add_output(policy, "the policy")


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Show the keys, or the policy."""
    ledger = out.enter(Ledger.open(args.ledger, readonly=True))
    return _policy(ledger, args) if args.action == "policy" else _list(ledger)


def _policy(ledger: Ledger, args: argparse.Namespace) -> Answer:
    policy = ledger.policy()
    document = {"origin": ledger.origin, "policy": policy}
    if args.output is None:
        return Answer(YES, document, lambda out: out.data(policy.encode()))
    write_file(args.output, [policy.encode()])
    said = f"{args.output} is the trust policy of {ledger.origin}."
    return Answer(
        YES,
        {**document, "file": args.output},
        lambda out: None if args.output == "-" else out.line(said),
    )


def _list(ledger: Ledger) -> Answer:
    genesis, first_key = ledger.entry(0), ledger.entry(1)
    assert isinstance(genesis, Genesis)
    assert isinstance(first_key, Key)
    keys = [("log", vkey, 0) for vkey in genesis.log_keys] + [("entry", first_key.vkey, 1)]
    digest = encode_base64(leaf_hash(ledger.record(0)[0]))
    document = {
        "origin": ledger.origin,
        "genesis": digest,
        "keys": [
            {"role": role, "kind": key_kind(vkey), "since": since, "vkey": vkey}
            for role, vkey, since in keys
        ],
    }

    def show(out: Output) -> None:
        out.pairs([("origin", ledger.origin), ("genesis leaf hash", digest)])
        out.table(
            ("role", "kind", "key id", "name", "entry"),
            [(role, key_kind(vkey), *_id_and_name(vkey), since) for role, vkey, since in keys],
        )
        out.line("The keys themselves: provenance key policy, or --json.")

    return Answer(YES, document, show)


def _id_and_name(vkey: str) -> tuple[str, str]:
    key = parse_verifier_key(vkey)
    return key.key_id.hex(), key.name
