"""Make and rotate keys; show the public ones, and the trust policy that they make up.

The policy is what a verifier needs. Hand it out by another way than the proofs,
for whoever could change both could have anything believed.

A rotation makes new keys, or takes those that --key names, and retires the old ones. A new
entry key signs from the next entry on. After a rotation of the log keys publish a
checkpoint and hand out the new policy; older proofs need bringing up to date.

A key that is made by "new" has a name by custom like a host name and a path, without
spaces and +. PROVENANCE_PASSPHRASE, or --passphrase-fd, encrypts it.

Examples:
  provenance key new depositor.pem --name certifier.example/2026
  provenance key new entry.pem --name log.example/2026/entry --passphrase-fd 3 3< passphrase
  provenance key new summary.pem --name log.example/certifications/summary
  provenance key rotate ledger --role entry
  provenance key rotate ledger --role entry --key file:/media/keys/entry.pem
  provenance key rotate ledger --role log
  provenance key list ledger
  provenance key policy ledger > policy.txt
  provenance key policy ledger -o policy.txt
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from provenance.cli.arguments import add_json, add_ledger, add_output, add_passphrase
from provenance.cli.entries import key_kind
from provenance.cli.exits import YES
from provenance.cli.files import write_file
from provenance.cli.output import Answer
from provenance.cli.signing import open_ledger, read_passphrase
from provenance.encoding import encode_base64
from provenance.keys.files import write_private_key
from provenance.keys.signer import MemorySigner, make_private_key
from provenance.ledger import Ledger
from provenance.tlog.merkle import leaf_hash
from provenance.tlog.note import ED25519, MLDSA44, make_verifier_key

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output
    from provenance.ledger.keyhistory import OperatorKey

KINDS: Final = {"ed25519": ED25519, "ml-dsa-44": MLDSA44}
NEXT: Final = {
    "entry": "New entries are signed by it from now on. Old key files may be destroyed.",
    "log": "Next: provenance publish, then hand out what provenance key policy prints.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="new | rotate | list | policy"
    )
    _add_new(actions.add_parser("new", help="make a private key in a file of its own"))
    _add_rotate(actions.add_parser("rotate", help="replace the ledger's keys by new ones"))
    add_ledger(actions.add_parser("list", help="list the public keys, of now and of before"))
    policy = actions.add_parser("policy", help="print the trust policy")
    add_ledger(policy)
    add_output(policy, "the policy")


def _add_new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="file to write; it must not exist yet")
    parser.add_argument("--name", required=True, metavar="NAME", help="the key's name")
    parser.add_argument(
        "--kind",
        choices=tuple(KINDS),
        default="ed25519",
        help="ed25519 (default): depositors, entries, checkpoints, summaries; "
        "ml-dsa-44: checkpoints",
    )
    add_passphrase(parser)
    add_json(parser)


def _add_rotate(parser: argparse.ArgumentParser) -> None:
    add_ledger(parser, keys=True)
    parser.add_argument(
        "--role",
        required=True,
        choices=tuple(NEXT),
        help="entry: the key that signs entries; log: the two that sign checkpoints",
    )
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="URI",
        help="a key that exists (file:… or pkcs11:…), instead of a new one; may be given "
        "again, for the other kind",
    )


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Make a key, rotate the ledger's, or show them."""
    match args.action:
        case "new":
            return _new(args)
        case "rotate":
            return _rotate(out.enter(open_ledger(args)), args)
        case "policy":
            return _policy(out.enter(Ledger.open(args.ledger, readonly=True)), args)
        case _:
            return _list(out.enter(Ledger.open(args.ledger, readonly=True)))


def _new(args: argparse.Namespace) -> Answer:
    private = make_private_key(KINDS[args.kind])
    signer = MemorySigner(private)
    vkey = str(make_verifier_key(args.name, signer.kind, signer.public))
    passphrase = read_passphrase(args)
    write_private_key(Path(args.file), private, passphrase)
    document = {
        "file": args.file,
        "name": args.name,
        "kind": key_kind(vkey),
        "encrypted": passphrase is not None,
        "vkey": vkey,
    }

    def show(out: Output) -> None:
        under = "under the passphrase" if passphrase is not None else "not encrypted"
        out.verdict(f"{args.file} holds a new private key, {under}. Keep it secret.", good=True)
        out.line("Its public half, to hand out:")
        out.line(vkey)

    return Answer(YES, document, show)


def _rotate(ledger: Ledger, args: argparse.Namespace) -> Answer:
    entries = ledger.rotate_keys(args.role, *args.key)
    keys = [one for one in ledger.operator_keys() if {one.added, one.retired} & {*entries}]
    document = {"role": args.role, "entries": entries, "keys": [_document(one) for one in keys]}

    def show(out: Output) -> None:
        span = f"entries {entries[0]} to {entries[-1]}"
        out.verdict(f"The {args.role} keys are rotated, by {span}.", good=True)
        _table(keys, out)
        out.line(NEXT[args.role])

    return Answer(YES, document, show)


def _policy(ledger: Ledger, args: argparse.Namespace) -> Answer:
    policy = ledger.policy()
    document = {"origin": ledger.origin, "policy": policy}
    if args.output is None:
        return Answer(YES, document, lambda out: out.data(policy.encode()))
    write_file(args.output, [policy.encode()], force=args.force)
    said = f"{args.output} is the trust policy of {ledger.origin}."
    return Answer(
        YES,
        {**document, "file": args.output},
        lambda out: None if args.output == "-" else out.line(said),
    )


def _list(ledger: Ledger) -> Answer:
    keys = ledger.operator_keys()
    digest = encode_base64(leaf_hash(ledger.record(0)[0]))
    document = {
        "origin": ledger.origin,
        "genesis": digest,
        "keys": [_document(one) for one in keys],
    }

    def show(out: Output) -> None:
        out.pairs([("origin", ledger.origin), ("genesis leaf hash", digest)])
        _table(keys, out)
        out.line("The keys themselves: provenance key policy, or --json.")

    return Answer(YES, document, show)


def _document(key: OperatorKey) -> dict[str, object]:
    return {
        "role": key.role,
        "kind": key_kind(str(key.verifier)),
        "since": key.added,
        "retired": key.retired,
        "in_force": key.retired is None,
        "vkey": str(key.verifier),
    }


def _table(keys: tuple[OperatorKey, ...] | list[OperatorKey], out: Output) -> None:
    out.table(
        ("role", "kind", "key id", "name", "since entry", "retired by", "in force"),
        [
            (
                key.role,
                key_kind(str(key.verifier)),
                key.verifier.key_id.hex(),
                key.verifier.name,
                key.added,
                key.retired,
                "yes" if key.retired is None else "no",
            )
            for key in keys
        ],
    )
