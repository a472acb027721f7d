"""Say who may deposit, and for whom; list who may.

A depositor is known by its BCR, 8 characters. It deposits for itself alone, unless it is
told otherwise: --certifier names others, --for-all lets it deposit for everybody, and then
every report says so. Adding one that is there already replaces its entry: what is not given
again no longer holds, and is printed.

A body whose entry lists keys can sign its new entry itself. --draft writes what is to be
signed, with the same options, and records nothing; the body signs it with provenance
sign-keys; depositor add records exactly that, or refuses.

Examples:
  provenance depositor add ledger 0ABCDEFG --name "Example certifying body"
  provenance depositor add ledger 0ABCDEFG --name "Example" --certifier 9SAMPLES
  provenance depositor add ledger 0ABCDEFG --name "Example" --key VKEY --draft new.json
  provenance depositor add ledger new.json --signature new.json.sig
  provenance depositor list ledger
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypedDict

from msgspec import Struct

from provenance.cli.arguments import add_force, add_ledger
from provenance.cli.entries import short_key
from provenance.cli.exits import YES
from provenance.cli.files import read_file, write_file
from provenance.cli.output import Answer
from provenance.cli.signing import open_ledger
from provenance.encoding import decode_fixed, decode_text
from provenance.errors import FormatError
from provenance.ledger import Ledger
from provenance.record.entry import Depositor

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from provenance.cli.output import Output

SIGNATURE_SIZE: Final = 64
SIGNATURE_SIZE_MAX: Final = 1024
"""Bytes of the file, base64 and white space included."""
DRAFT_SIZE_MAX: Final = 65_536
ALL: Final = "all"
_OPTIONS: Final = ("siret", "certifier", "only_itself", "for_all", "key", "succeeds", "draft")
"""What belongs to a registration, and is in a draft already."""

Everybody: TypeAlias = Literal["all"]


class _Members(TypedDict):
    """What `Ledger.register` takes by name."""

    name: str
    siret: str | None
    certifiers: Sequence[str]
    for_all: bool
    succeeds: Sequence[str] | None
    keys: Sequence[str]


class Lost(Struct, frozen=True):
    """What a depositor had before and no longer has: its rights, keys, SIRET.

    ``certifiers`` is "all" where it was not limited and is now.
    """

    certifiers: Everybody | tuple[str, ...] = ()
    succeeds: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    siret: str | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="add | list")
    add = actions.add_parser("add", help="register a depositor, or replace its entry")
    add_ledger(add, keys=True)
    add.add_argument(
        "bcr",
        metavar="BCR | FILE",
        help="8 characters of 0-9 and A-Z; or a draft that is signed",
    )
    add.add_argument("--name", metavar="NAME", help="what people read")
    add.add_argument("--siret", metavar="SIRET", help="14 digits")
    _add_rights(add)
    add.add_argument(
        "--key",
        action="append",
        metavar="VKEY",
        help="a key of the depositor (Ed25519); may be given again; with any, its deposits "
        "must be signed",
    )
    add.add_argument(
        "--draft", metavar="FILE", help="write what the body is to sign, and record nothing"
    )
    add.add_argument(
        "--signature",
        metavar="FILE",
        help="the body's own signature over the draft (provenance sign-keys)",
    )
    add_force(add)
    add_ledger(actions.add_parser("list", help="list the depositors"))


def _add_rights(add: argparse.ArgumentParser) -> None:
    whom = add.add_mutually_exclusive_group()
    whom.add_argument(
        "--certifier",
        action="append",
        metavar="BCR",
        help="a certifier that it may deposit for besides itself; may be given again",
    )
    whom.add_argument(
        "--for-all", action="store_true", help="it may deposit for everybody, without limit"
    )
    whom.add_argument(
        "--only-itself", action="store_true", help="it deposits for itself alone (the default)"
    )
    add.add_argument(
        "--succeeds",
        action="append",
        metavar="BCR",
        help="a depositor whose certifications it has taken over; may be given again",
    )


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Register a depositor, draft a registration, or list all."""
    if args.action == "list":
        return _list(args, out)
    if args.signature is not None:
        return _add_signed(args, out)
    if args.name is None:
        raise FormatError("--name goes with a BCR, and --signature with the file of a draft")
    return _add(args, out) if args.draft is None else _draft(args, out)


def _registration(args: argparse.Namespace) -> _Members:
    return {
        "name": args.name,
        "siret": args.siret,
        "certifiers": args.certifier or (),
        "for_all": args.for_all,
        "succeeds": args.succeeds,
        "keys": args.key or (),
    }


def _add(args: argparse.Namespace, out: Output) -> Answer:
    ledger = out.enter(open_ledger(args))
    return _added(ledger, ledger.register(args.bcr, **_registration(args)))


def _draft(args: argparse.Namespace, out: Output) -> Answer:
    ledger = out.enter(open_ledger(args, readonly=True))
    draft = ledger.draft_registration(args.bcr, **_registration(args))
    write_file(args.draft, [draft], force=args.force)

    def show(out: Output) -> None:
        if args.draft != "-":
            out.verdict(
                f"{args.draft} is what {args.bcr} signs: nothing is recorded.", good=True
            )
            out.line("It holds until the entry that it replaces is replaced otherwise.")

    return Answer(YES, {"file": args.draft, "draft": draft.decode()}, show)


def _add_signed(args: argparse.Namespace, out: Output) -> Answer:
    if args.name is not None or any(getattr(args, name) for name in _OPTIONS):
        raise FormatError("what is signed is recorded as the draft says it, without options")
    draft = read_file(args.bcr, size_max=DRAFT_SIZE_MAX)
    data = read_file(args.signature, size_max=SIGNATURE_SIZE_MAX).strip()
    signature = decode_fixed(decode_text(data, "signature"), SIGNATURE_SIZE)
    ledger = out.enter(open_ledger(args))
    return _added(ledger, ledger.register_signed(draft, signature))


def _added(ledger: Ledger, index: int) -> Answer:
    entry = ledger.entry(index)
    assert isinstance(entry, Depositor), "it was just registered"
    before = None if entry.previous is None else ledger.entry(entry.previous)
    previous = before if isinstance(before, Depositor) else None
    lost = Lost() if previous is None else _lost(previous, entry)
    reset = previous is not None and _is_reset(ledger, previous, entry)

    def show(out: Output) -> None:
        verb = "is registered" if previous is None else f"replaces entry {entry.previous}"
        out.verdict(f"{entry.depositor} {entry.name} {verb}, at entry {index}.", good=True)
        out.line(f"It may deposit for {_limits(entry)}.")
        for line in _lost_lines(lost):
            out.line(line)
        if reset:
            out.line("Its keys were reset by the operator, and reports will say so.")

    document = {"index": index, "entry": entry, "lost": lost, "keys_reset": reset}
    return Answer(YES, document, show)


def _lost(before: Depositor, after: Depositor) -> Lost:
    """Compare an entry with the one that it replaces."""
    certifiers: Everybody | tuple[str, ...] = ()
    if after.certifiers is not None:
        left = (after.depositor, *after.certifiers)
        certifiers = ALL if before.certifiers is None else _missing(before.certifiers, left)
    return Lost(
        certifiers=certifiers,
        succeeds=_missing(before.succeeds or (), after.succeeds or ()),
        keys=_missing(before.keys, after.keys),
        siret=None if before.siret == after.siret else before.siret,
    )


def _missing(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in before if one not in after)


def _lost_lines(lost: Lost) -> Iterator[str]:
    if lost.certifiers:
        whom = "everybody" if lost.certifiers == ALL else ", ".join(lost.certifiers)
        yield f"It may no longer deposit for {whom}."
    if lost.succeeds:
        yield f"It no longer succeeds {', '.join(lost.succeeds)}."
    if lost.keys:
        yield f"Of its keys these no longer hold: {', '.join(map(short_key, lost.keys))}."
    if lost.siret is not None:
        yield f"Its SIRET is no longer {lost.siret}."


def _is_reset(ledger: Ledger, previous: Depositor, entry: Depositor) -> bool:
    """Return whether the operator alone changed keys of a body that held some before."""
    if entry.signature is not None or entry.keys == previous.keys:
        return False
    before: Depositor | None = previous
    while before is not None:
        if before.keys:
            return True
        earlier = None if before.previous is None else ledger.entry(before.previous)
        before = earlier if isinstance(earlier, Depositor) else None
    return False


def _list(args: argparse.Namespace, out: Output) -> Answer:
    ledger = out.enter(Ledger.open(args.ledger, readonly=True))
    depositors = ledger.depositors()
    rows = [
        (one.depositor, one.name, one.siret, _limits(one), _keys(one), one.index)
        for one in depositors
    ]

    def show(out: Output) -> None:
        if rows:
            out.table(("BCR", "name", "SIRET", "deposits for", "keys", "entry"), rows)
        else:
            out.line("No depositor is registered.")

    return Answer(YES, {"depositors": depositors}, show)


def _limits(depositor: Depositor) -> str:
    if depositor.certifiers is None:
        return "everybody"
    return (
        ", ".join(["itself", *depositor.certifiers]) if depositor.certifiers else "itself alone"
    )


def _keys(depositor: Depositor) -> str:
    return ", ".join(map(short_key, depositor.keys)) or "none"
