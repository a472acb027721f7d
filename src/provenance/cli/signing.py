"""What commands that sign have in common: the passphrase, and the ledger opened with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provenance.errors import KeyFileError, UnreadableError
from provenance.keys.signer import open_signer
from provenance.keys.uri import FILE_SCHEME, TOKEN_SCHEME, make_file_uri
from provenance.ledger import Ledger
from provenance.tlog.note import ED25519, make_verifier_key

if TYPE_CHECKING:
    import argparse

    from provenance.keys import Signer
    from provenance.tlog.note import VerifierKey

PASSPHRASE_VARIABLE: Final = "PROVENANCE_PASSPHRASE"  # noqa: S105 - a name
PASSPHRASE_SIZE_MAX: Final = 1023


def read_passphrase(args: argparse.Namespace) -> bytes | None:
    """Return the passphrase of private keys, or None when none is told.

    It is the first line of the file descriptor that ``--passphrase-fd`` names, or else the
    value of ``PROVENANCE_PASSPHRASE``. Raises `UnreadableError` for a descriptor that
    cannot be read, or whose first line is empty or longer than 1,023 bytes.
    """
    if args.passphrase_fd is None:
        return os.environb.get(PASSPHRASE_VARIABLE.encode()) or None
    found = b""
    try:
        # Byte by byte: what stands behind the line may be meant for somebody else.
        while (one := os.read(args.passphrase_fd, 1)) not in {b"", b"\n"}:
            found += one
            if len(found) > PASSPHRASE_SIZE_MAX:
                break
    except OSError as error:
        raise UnreadableError(f"cannot read the passphrase: {error.strerror}") from error
    if not 0 < len(found) <= PASSPHRASE_SIZE_MAX:
        raise UnreadableError("cannot read the passphrase: the line is empty, or too long")
    return found


def add_signing_key(parser: argparse.ArgumentParser) -> None:
    """Add the private key of somebody who is not the operator, and its name."""
    parser.add_argument("--key", required=True, metavar="KEY", help="key file, or URI of a key")
    parser.add_argument(
        "--name", required=True, metavar="NAME", help="name of the key (provenance key new)"
    )


def open_signing_key(args: argparse.Namespace) -> tuple[VerifierKey, Signer]:
    """Open the key that `add_signing_key` asks for, and give its public half.

    Raises `KeyFileError` for a key that cannot be used, or is not of Ed25519.
    """
    signer = open_key(args.key, read_passphrase(args))
    if signer.kind != ED25519:
        raise KeyFileError("depositors sign with Ed25519 keys")
    return make_verifier_key(args.name, ED25519, signer.public), signer


def open_key(key: str, passphrase: bytes | None) -> Signer:
    """Open a private key named by its file or URI; raises `KeyFileError`."""
    is_uri = key.startswith((FILE_SCHEME, TOKEN_SCHEME))
    return open_signer(key if is_uri else make_file_uri(Path(key)), passphrase)


def open_ledger(
    args: argparse.Namespace, *, readonly: bool = False, workers: int = 0
) -> Ledger:
    """Open the ledger of a command that signs, with the keys that its options name."""
    passphrase = None if readonly else read_passphrase(args)
    return Ledger.open(
        args.ledger,
        keys=args.keys,
        readonly=readonly,
        passphrase=passphrase,
        workers=workers,
        confirm_clock=not readonly and args.confirm_clock,
        map_size=args.map_size,
    )
