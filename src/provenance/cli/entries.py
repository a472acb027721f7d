"""Entries as people read them: one line each in `log`, name by name in `show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import asdict

from provenance.cli.output import when
from provenance.encoding import encode_json
from provenance.record.entry import (
    Certification,
    Close,
    Deposit,
    Depositor,
    Endorsement,
    Entry,
    Erasure,
    Genesis,
    Key,
    Register,
    Status,
    Timestamp,
    Upgrade,
    Withdrawal,
)
from provenance.tlog.note import ECDSA, ED25519, MLDSA44, parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMON: Final = ("index", "time", "prev")
_VKEYS: Final = ("log_keys", "keys", "vkey", "signer")
_KINDS: Final = {ED25519: "Ed25519", ECDSA: "ECDSA", MLDSA44: "ML-DSA-44"}


def type_of(entry: Entry) -> str:
    """Return the entry's type, as its JSON has it."""
    return type(entry).__name__.lower()


def key_kind(vkey: str) -> str:
    """Name the algorithm of a verifier key."""
    kind = parse_verifier_key(vkey).kind
    return _KINDS.get(kind, f"0x{kind:02x}")


def short_key(vkey: str) -> str:
    """Return algorithm and key id of a verifier key (C2SP signed-note)."""
    return f"{key_kind(vkey)} key {parse_verifier_key(vkey).key_id.hex()}"


def summarize(entry: Entry) -> str:  # noqa: PLR0911 - one line for each type
    """Say in one line what an entry says besides its place."""
    match entry:
        case Genesis():
            return f"the log {entry.origin} begins"
        case Key():
            verb = "takes into use" if entry.action == "add" else "retires"
            return f"{verb} the {entry.role} {short_key(entry.vkey)}"
        case Depositor():
            again = "" if entry.previous is None else f" (replaces entry {entry.previous})"
            signed = "" if entry.signature is None else ", signed by the body itself"
            return f"{entry.depositor} {entry.name}{again}{signed}"
        case Deposit():
            signed = "" if entry.signer is None else ", signed by its depositor"
            what = f"{entry.action} by {entry.depositor} for {entry.certifier}"
            return f"{what}, {entry.recorded} recorded{signed}"
        case Certification():
            again = "" if entry.supersedes is None else f", supersedes {entry.supersedes}"
            return f"of deposit {entry.deposit} by {entry.depositor}{again}"
        case Withdrawal():
            return f"takes back entry {entry.withdraws}"
        case Erasure():
            return f"erases the content of {len(entry.erases)} entries"
        case _:
            return _summarize_other(entry)


def _summarize_other(
    entry: Endorsement | Status | Timestamp | Register | Upgrade | Close,
) -> str:
    match entry:
        case Endorsement():
            return f"the depositor signs entries {entry.start} to {entry.end - 1}"
        case Status():
            return f"status of the {entry.size} entries before"
        case Timestamp():
            return f"time stamp of the checkpoint at size {entry.size}"
        case Register():
            export = f"{entry.source} {entry.version} of {entry.date}"
            return f"register {export}, {entry.sheets} sheets"
        case Upgrade():
            return f"what follows has the format {entry.format}"
        case _:
            return f"the log goes on as {entry.successor}"


def members(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield names and values of an entry's members as people read them."""
    yield "type", type_of(entry)
    yield "index", str(entry.index)
    yield "time", when(entry.time)
    yield "prev", entry.prev
    for name, value in asdict(entry).items():
        if name not in _COMMON and value is not None:
            yield name.replace("_", " "), _member(name, value)


def _member(name: str, value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_member(name, one) for one in value) or "none"
    if isinstance(value, str):
        # The key itself has up to 1,800 characters: it is to be had with --json.
        return short_key(value) if name in _VKEYS else value
    return encode_json(value).decode()
