"""Seal a PDF file that carries its proof, so that every change shows.

Needed is a key with an X.509 certificate whose key usage is to sign (digitalSignature), RSA
of 2,048 to 8,192 bits or ECDSA on P-256 or P-384: from a certification authority that PDF
viewers trust, if people are to see the seal as trusted there, or from one of your own. Give it
as a PKCS #12 file (.p12), or as a key in PEM with --certificates: the seal's own certificate
first, then those above it. The passphrase comes from PROVENANCE_PASSPHRASE or --passphrase-fd.
To try it out, "cv seal-key" makes a certificate that nobody else trusts.

A file with active content (scripts, actions, form fields, layers, and the like) is refused,
because it could show something else later without being changed. --allow KIND seals it all
the same; verifiers do not call it an original. A proof that does not show every certification
completely, and all of one person, is refused unless --as-is is given. Whether certifications
are in force is not looked at here.

With --tsa the seal bears a time stamp of that authority (RFC 3161), and is judged at that
time ever after; without, it holds as long as its certificate is valid. --crl adds lists of
revoked certificates for those who ask for them later. The network is used for the time
stamp alone. The file must not be changed afterwards, not even saved again.

Examples:
  provenance cv seal attached.pdf --key seal.p12 -o sealed.pdf
  provenance cv seal attached.pdf --key seal.pem --certificates chain.pem -o sealed.pdf
  provenance cv seal attached.pdf --key seal.p12 --tsa http://tsa.example/ -o sealed.pdf
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.cli.arguments import add_json, add_output, add_passphrase
from provenance.cli.cv_attach import add_as_is, deliver
from provenance.cli.files import read_file
from provenance.cli.signing import read_passphrase
from provenance.cv.facts import KINDS, PDF_SIZE_MAX
from provenance.cv.seal import load_signer, seal

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Answer, Output

KEY_SIZE_MAX: Final = 1024 * 1024
"""Bytes of a key file, of certificates."""
LIST_SIZE_MAX: Final = 16 * 1024 * 1024
"""Bytes of a list of revoked certificates."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("pdf", metavar="PDF", help="the CV with its proof; - is standard input")
    parser.add_argument(
        "--key", required=True, metavar="FILE", help="the seal's key: PKCS #12, or PEM"
    )
    parser.add_argument(
        "--certificates", metavar="FILE", help="PEM: the seal's certificate, those above it"
    )
    parser.add_argument("--tsa", metavar="URL", help="time-stamping authority (RFC 3161)")
    parser.add_argument(
        "--crl",
        action="append",
        default=[],
        metavar="FILE",
        help="a list of revoked certificates to keep in the file; may be given again",
    )
    parser.add_argument(
        "--pss", action="store_true", help="sign by RSA-PSS, which older viewers do not know"
    )
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        choices=KINDS,
        metavar="KIND",
        help=f"seal a file with this kind of active content: {', '.join(KINDS)}",
    )
    add_as_is(parser)
    add_output(parser, "the sealed PDF file")
    add_passphrase(parser)
    add_json(parser)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Seal the file."""
    del out
    signer = load_signer(
        read_file(args.key, size_max=KEY_SIZE_MAX),
        args.certificates and read_file(args.certificates, size_max=KEY_SIZE_MAX),
        passphrase=read_passphrase(args),
        revoked=[read_file(path, size_max=LIST_SIZE_MAX) for path in args.crl],
        pss=args.pss,
    )
    pdf = read_file(args.pdf, size_max=PDF_SIZE_MAX)
    sealed = seal(pdf, signer, args.tsa, allowed=args.allow, as_is=args.as_is)
    target = "-" if args.output is None else args.output
    document = {"file": target, "bytes": len(sealed), "time_stamped": args.tsa is not None}
    said = f"{target} is sealed. Hand it out as it is: saving it again breaks the seal."
    return deliver(sealed, target, document, said, force=args.force)
