"""Deposit files of certifications, durably; give receipt and report.

Passages are accepted one by one; a file is recorded whole or not at all. Sending
a file again records nothing twice. Exit status 0 when nothing was refused, 1 when
anything was, 2 when a file is no well-formed XML. With several files the highest
one counts, and --json prints a list.

A passage whose idTechnique is recorded with other content is refused, unless it is
sent as a correction (--corrections), or is the final form of a provisional one. A
file with the action SUPPRESSION withdraws what its passages name.

Examples:
  provenance deposit ledger deposit.xml
  provenance deposit ledger deposit.xml --report report.xml --receipt receipt.json
  provenance deposit ledger corrected.xml --corrections
  provenance deposit ledger spring.xml summer.xml --xsd schema.xsd --json
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct, to_builtins
from msgspec.structs import asdict

from provenance.cdc import expat
from provenance.cdc.faults import Fault
from provenance.cdc.flux import Limits
from provenance.cdc.report import Receipt, encode_receipt, refusal_xml, report_xml
from provenance.cli.arguments import add_force, add_ledger, count, index
from provenance.cli.exits import NO, UNREADABLE, YES, status_of
from provenance.cli.files import STANDARD_STREAM, check_target, read_file, write_file
from provenance.cli.output import Answer
from provenance.cli.progress import show_progress
from provenance.cli.receipts import show_receipt, show_refusal
from provenance.cli.signing import open_ledger
from provenance.encoding import decode_base64, decode_json
from provenance.errors import (
    DepositRefused,
    FormatError,
    PolicyError,
    StorageError,
    UnreadableError,
)
from provenance.ledger import DepositSignature

if TYPE_CHECKING:
    import argparse

    from provenance.cdc.xsd import XsdValidator
    from provenance.cli.output import Output
    from provenance.ledger import Ledger

SCHEMA_SIZE_MAX: Final = 16 * 1024 * 1024
SIGNATURE_FILE_SIZE_MAX: Final = 16_384
REPORT_KIND: Final = "XML document (rapport)"
RECEIPT_KIND: Final = "JSON document (provenance-receipt)"
_LIMITS: Final = Limits()


class SignatureFile(Struct, frozen=True, forbid_unknown_fields=True):
    """What a depositor that signs sends along: base64, and the vkey of its key."""

    salt: str
    signer: str
    signature: str


class Refusal(Struct, frozen=True):
    """A file that was refused as a whole, or could not be read."""

    file_name: str
    error: Exception
    faults: tuple[Fault, ...] = ()

    def document(self) -> dict[str, object]:
        """Return it with the members of a receipt, and with ``error`` and ``faults``."""
        error = {"type": type(self.error).__name__, "message": str(self.error)}
        empty: dict[str, object] = {
            name: [] for name in ("accepted", "duplicates", "refused", "warnings")
        }
        return {
            "file_name": self.file_name,
            "deposit": None,
            **empty,
            "error": error,
            "faults": self.faults,
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_ledger(parser, keys=True)
    parser.add_argument("files", nargs="+", metavar="FILE", help="- is standard input")
    parser.add_argument(
        "--corrections",
        action="store_true",
        help="what differs from what is recorded supersedes it",
    )
    parser.add_argument("--xsd", metavar="FILE", help="check against this schema, too")
    parser.add_argument("--report", metavar="FILE", help="write the XML report (one FILE)")
    parser.add_argument("--receipt", metavar="FILE", help="write the JSON receipt (one FILE)")
    add_force(parser)
    parser.add_argument(
        "--depositor", metavar="BCR", help="who sends it; the file must name the same"
    )
    parser.add_argument(
        "--signature",
        metavar="FILE",
        help='the depositor\'s signature (one FILE): {"salt":…,"signer":…,"signature":…}',
    )
    parser.add_argument(
        "--workers",
        type=index,
        metavar="N",
        help="processes that help with large files (default: one less than there are cores)",
    )
    parser.add_argument(
        "--max-bytes",
        type=count,
        default=_LIMITS.file_bytes_max,
        metavar="N",
        help="largest file that is read (default %(default)s)",
    )


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Deposit the files."""
    alone = (args.report, args.receipt, args.signature)
    if len(args.files) > 1 and alone != (None, None, None):
        raise FormatError("--report, --receipt and --signature go with one FILE")
    # Nothing is recorded for which no receipt could be written.
    check_target(args.report, REPORT_KIND, force=args.force)
    check_target(args.receipt, RECEIPT_KIND, force=args.force)
    validator = None if args.xsd is None else _validator(args.xsd)
    signature = None if args.signature is None else _signature(args.signature)
    workers = (os.cpu_count() or 1) - 1 if args.workers is None else args.workers
    ledger = out.enter(open_ledger(args, workers=workers))
    if (warning := expat.warning()) is not None:
        print(f"provenance: {warning}", file=sys.stderr)
    outcomes = [_deposit(ledger, file, args, validator, signature) for file in args.files]
    documents = [_document(outcome) for outcome in outcomes]

    def show(out: Output) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Receipt):
                show_receipt(outcome, out)
            else:
                show_refusal(outcome.file_name, str(outcome.error), outcome.faults, out)

    document = documents[0] if len(documents) == 1 else documents
    return Answer(max(map(_status, outcomes)), document, show)


def _deposit(
    ledger: Ledger,
    file: str,
    args: argparse.Namespace,
    validator: XsdValidator | None,
    signature: DepositSignature | None,
) -> Receipt | Refusal:
    name = _readable_name(file)
    flux: Path | bytes = Path(file)
    if file == STANDARD_STREAM:
        flux = sys.stdin.buffer.read(args.max_bytes + 1)
    try:
        with show_progress(name) as progress:
            receipt = ledger.deposit(
                flux,
                depositor=args.depositor,
                signature=signature,
                corrections=args.corrections,
                name=name,
                xsd=validator,
                limits=Limits(file_bytes_max=args.max_bytes),
                progress=progress,
            )
    except DepositRefused as error:
        faults = tuple(fault for fault in error.faults if isinstance(fault, Fault))
        if args.report is not None:
            write_file(args.report, [refusal_xml(name, faults, 0)], force=args.force)
        return Refusal(name, error, faults)
    except UnreadableError as error:
        return Refusal(name, error)
    _hand_out(receipt, args)
    return receipt


def _hand_out(receipt: Receipt, args: argparse.Namespace) -> None:
    """Write report and receipt; raises `StorageError`, which says what was recorded."""
    try:
        if args.report is not None:
            write_file(args.report, [report_xml(receipt)], force=args.force)
        if args.receipt is not None:
            write_file(args.receipt, [encode_receipt(receipt)], force=args.force)
    except (OSError, PolicyError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        done = "nothing of it was new"
        if receipt.deposit is not None:
            done = f"it is recorded, as deposit {receipt.deposit}"
        raise StorageError(
            f"cannot write the receipt of {receipt.file_name}: {reason}; {done}: send it "
            "again, and the receipt names the entries"
        ) from error


def _readable_name(file: str) -> str:
    """Return a file's name as text, whatever bytes it has on the disk."""
    if file == STANDARD_STREAM:
        return "deposit.xml"
    return os.fsencode(Path(file).name).decode("utf-8", "replace")


def _document(outcome: Receipt | Refusal) -> dict[str, object]:
    """Return the receipt's members, with the warnings of all passages under ``warnings``.

    A script that asks whether anything was warned of looks in one place.
    """
    if isinstance(outcome, Refusal):
        return outcome.document()
    told = [
        {"idTechnique": passage.idTechnique, **to_builtins(fault)}
        for passage in outcome.accepted
        for fault in passage.warnings
    ]
    return {**asdict(outcome), "warnings": [*outcome.warnings, *told]}


def _status(outcome: Receipt | Refusal) -> int:
    if isinstance(outcome, Receipt):
        return NO if outcome.refused else YES
    if isinstance(outcome.error, DepositRefused):
        return status_of(outcome.error)
    return UNREADABLE


def _validator(path: str) -> XsdValidator:
    from provenance.cdc.xsd import XsdValidator  # noqa: PLC0415 - only with --xsd

    return XsdValidator(read_file(path, size_max=SCHEMA_SIZE_MAX))


def _signature(path: str) -> DepositSignature:
    data = read_file(path, size_max=SIGNATURE_FILE_SIZE_MAX)
    parsed = decode_json(data.strip(), SignatureFile, "signature file")
    return DepositSignature(
        salt=decode_base64(parsed.salt),
        signer=parsed.signer,
        signature=decode_base64(parsed.signature),
    )
