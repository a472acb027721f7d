"""What several commands take: the same option has the same name and form everywhere."""

from __future__ import annotations

import argparse
import re
import time
from datetime import date
from typing import Final

from provenance.encoding import decode_fixed, parse_decimal
from provenance.errors import FormatError
from provenance.record.paris import paris_day

HASH_SIZE: Final = 32
MEBIBYTE: Final = 1 << 20
MAP_SIZE_MAX: Final = 1 << 46
"""Bytes: half of what a process can address on the usual machines."""
_DURATION: Final = re.compile(r"([0-9]{1,9})([smhd]?)")
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document on standard output"
    )


def add_ledger(
    parser: argparse.ArgumentParser, *, keys: bool = False, optional: bool = False
) -> None:
    """Add the ledger's directory and ``--json``; ``keys``: the command signs."""
    parser.add_argument(
        "ledger",
        metavar="LEDGER",
        nargs="?" if optional else None,
        help="directory of the ledger",
    )
    if keys:
        parser.add_argument(
            "--keys", metavar="DIR", help="directory of the private keys (LEDGER/keys)"
        )
        add_passphrase(parser)
        parser.add_argument(
            "--confirm-clock",
            action="store_true",
            help="the system clock is right, although it does not agree with what the ledger "
            "remembers (look at it first: later entries can never bear an earlier time)",
        )
        parser.add_argument(
            "--map-size",
            metavar="BYTES",
            type=map_size,
            help="address space for the database, and so the size to which it can grow "
            "(default: 1 TiB, or what the process may have); a multiple of 1 MiB",
        )
    add_json(parser)


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """Add ``--passphrase-fd``."""
    parser.add_argument(
        "--passphrase-fd",
        type=index,
        metavar="N",
        help="read the passphrase of the private keys from this file descriptor "
        "(default: the environment variable PROVENANCE_PASSPHRASE)",
    )


def map_size(text: str) -> int:
    """Parse an amount of address space, in bytes."""
    try:
        size = parse_decimal(text)
    except FormatError:
        size = 0
    if not 0 < size <= MAP_SIZE_MAX or size % MEBIBYTE:
        raise argparse.ArgumentTypeError("give a multiple of 1048576 (1 MiB), up to 64 TiB")
    return size


def add_output(parser: argparse.ArgumentParser, what: str, *, required: bool = False) -> None:
    """Add ``-o FILE`` and ``--force``."""
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=required, help=f"write {what} to this file"
    )
    add_force(parser)


def add_force(parser: argparse.ArgumentParser) -> None:
    """Add ``--force``."""
    parser.add_argument(
        "--force", action="store_true", help="write it over a file of another kind, too"
    )


def add_trust(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Add the verifier's own knowledge: ``--policy`` and ``--genesis``."""
    parser.add_argument(
        "--policy",
        metavar="FILE",
        required=required,
        help="trust policy, obtained separately from what is checked",
    )
    parser.add_argument(
        "--genesis",
        metavar="HASH",
        type=leaf_hash,
        help="leaf hash that the log's first entry must have (base64 or hex)",
    )


def add_refresh(parser: argparse.ArgumentParser) -> None:
    """Add ``--refresh``."""
    parser.add_argument(
        "--refresh",
        metavar="PLACE",
        help="bring the proof up to date first, from published tiles at a web address or in "
        "a directory",
    )


def add_day(parser: argparse.ArgumentParser) -> None:
    """Add ``--day``."""
    parser.add_argument(
        "--day",
        metavar="YYYY-MM-DD",
        type=day,
        help="judge on this day in Paris what is valid and how old a status is (today)",
    )


def day_of(args: argparse.Namespace) -> date:
    """Return the day that was given, else today's in Paris."""
    chosen = args.day
    return chosen if isinstance(chosen, date) else paris_day(time.time_ns() // 1000)


def day(text: str) -> date:
    """Read a day of the calendar, ``YYYY-MM-DD``."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day: YYYY-MM-DD") from None
    return found


def index(text: str) -> int:
    """Read the position of an entry, counted from 0."""
    try:
        return parse_decimal(text)
    except FormatError:
        raise argparse.ArgumentTypeError(f"{text!r} is no index: 0, 1, 2, …") from None


def count(text: str) -> int:
    """Read a number of 1 or more."""
    number = index(text)
    if number == 0:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return number


def duration(text: str) -> int:
    """Read a duration, as in ``90``, ``90s``, ``15m``, ``12h``, ``30d``; give seconds."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: 90s, 15m, 12h or 30d")
    return int(match[1]) * _SECONDS[match[2]]


def leaf_hash(text: str) -> bytes:
    """Read 32 bytes in base64 or hex."""
    try:
        if len(text) == 2 * HASH_SIZE:
            return bytes.fromhex(text)
        return decode_fixed(text, HASH_SIZE)
    except ValueError:
        raise argparse.ArgumentTypeError("32 bytes in base64 or hex are asked for") from None
