"""Make a seal certificate of your own, for trying out.

Into the directory go the seal's key and certificate (seal.p12), and seal-roots.txt, with
which "verify" trusts it. PDF viewers do not trust it, for no authority stands behind it: for
real documents ask one for a certificate. PROVENANCE_PASSPHRASE, or --passphrase-fd, encrypts
the key. Nothing that is there is written over, and no link is followed.

Examples:
  provenance cv seal-key trial --name "Example operator"
  provenance cv seal-key trial --name "Example operator" --key-type rsa-3072
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    pkcs12,
)

from provenance.cli.arguments import add_json, add_passphrase
from provenance.cli.exits import YES
from provenance.cli.files import check_place, create_file
from provenance.cli.output import Answer
from provenance.cli.signing import read_passphrase
from provenance.cv.roots import format_certificate
from provenance.cv.trial import KEY_TYPES, make_trial_seal
from provenance.errors import FormatError, KeyFileError
from provenance.keys.files import write_private_file

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output
    from provenance.cv.trial import TrialSeal

KEY_FILE: Final = "seal.p12"
ROOTS_FILE: Final = "seal-roots.txt"
NAME_SIZE_MAX: Final = 40
"""Characters: a common name has 64 at most (RFC 5280 appendix A), and more is added."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("directory", metavar="DIR", help="where the files go; made if missing")
    parser.add_argument("--name", required=True, metavar="NAME", help="who seals, as is shown")
    parser.add_argument(
        "--key-type",
        choices=KEY_TYPES,
        default=KEY_TYPES[0],
        help=f"kind of the seal's key ({KEY_TYPES[0]})",
    )
    add_passphrase(parser)
    add_json(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Make key and certificates."""
    del out
    if not (args.name.strip() and args.name.isprintable() and len(args.name) <= NAME_SIZE_MAX):
        raise FormatError(f"a name has 1 to {NAME_SIZE_MAX} visible characters")
    directory = Path(args.directory)
    key, roots = directory / KEY_FILE, directory / ROOTS_FILE
    check_place(key.resolve())
    for path in (key, roots):
        # A link that leads nowhere is there, too.
        if os.path.lexists(path):
            raise KeyFileError(f"{path} is there already; nothing is overwritten")
    directory.mkdir(exist_ok=True)
    made = make_trial_seal(args.name, datetime.now(UTC), args.key_type)
    passphrase = read_passphrase(args)
    write_private_file(key, _encode(args.name, made, passphrase))
    trusted = format_certificate(made.root.public_bytes(Encoding.DER))
    create_file(roots, f"# for trying out\nseal\n{trusted}".encode())
    document = {"key": str(key), "seal_roots": str(roots), "encrypted": bool(passphrase)}
    said = f"{key} holds a seal for trying out; {roots} is what trusts it."
    return Answer(YES, document, lambda out: out.verdict(said, good=True))


def _encode(name: str, made: TrialSeal, passphrase: bytes | None) -> bytes:
    """Return the PKCS #12 file of a seal."""
    return pkcs12.serialize_key_and_certificates(
        name.encode(),
        made.key,
        made.certificate,
        [made.root],
        BestAvailableEncryption(passphrase) if passphrase else NoEncryption(),
    )
