"""What a depositor gets back: a receipt for machines, a report in the operator's XML form.

The receipt is JSON without white space, members in the order of the classes below, absent
optional ones left out::

    {"format":"provenance-receipt/1","origin":"…","depositor":"9EXAMPLE",
     "file_name":"…","id_flux":"…","processing_id":5,"received":"<time>","size":…,
     "digest":"<base64>","deposit":5,"deposit_entry":"…","deposit_signature":"<base64>",
     "accepted":[{"idTechnique":"…","index":6,"leaf_hash":"<base64>","entry":"…",
                  "signature":"<base64>","warnings":[…],"late":false},…],
     "duplicates":[…],"refused":[{"idTechnique":"…","faults":[…]},…],"warnings":[…]}

The XML report has its elements in no namespace::

    rapport
      nomFichier
      idFlux                  not where the file as a whole was refused
      idTraitement
      erreurs / erreur        type (XSD), message, ligne, colonne: the file was refused
      PassagesKO / passage    idTechnique, messageErreur
      PassagesOK / idTechnique

A duplicate is recorded, so it stands among the PassagesOK. Sources: the operator's public
description of its report; Extensible Markup Language (XML) 1.0, section 2.2 (characters).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal
from xml.sax.saxutils import escape

from msgspec import Struct

from provenance.cdc.faults import Fault  # noqa: TC001 - msgspec reads the annotations
from provenance.cdc.wording import passage_named, word_fault
from provenance.encoding import decode_json, encode_base64, encode_json
from provenance.errors import FormatError
from provenance.record.entry import Certification, Deposit, Withdrawal, parse_entry
from provenance.record.forms import Bcr, Hash, Index, Origin, Signature, parse_time
from provenance.tlog.merkle import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

# What XML 1.0 section 2.2 does not allow, not even as a reference.
_NO_CHARACTER: Final = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


class AcceptedPassage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A passage that was recorded, or withdrawn, by the entry at ``index``.

    ``entry`` is the entry's JSON, ``leaf_hash`` and ``signature`` are the 32 and 64 bytes
    that belong to it. ``late``: received more than three months after the award.
    """

    idTechnique: str  # noqa: N815 - the schema's own name
    index: Index
    leaf_hash: Hash
    entry: str
    signature: Signature
    warnings: tuple[Fault, ...]
    late: bool


class DuplicatePassage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A passage that had been recorded with the same content, or withdrawn, at ``index``."""

    idTechnique: str  # noqa: N815 - the schema's own name
    index: Index
    entry: str
    signature: Signature


class RefusedPassage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A passage that was not recorded, and all the reasons."""

    idTechnique: str  # noqa: N815 - the schema's own name
    faults: tuple[Fault, ...]


class Receipt(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What became of one deposit.

    ``size`` is in bytes, ``digest`` the salted digest of the file, ``received`` the
    operator's time. ``deposit``, ``deposit_entry`` and ``deposit_signature`` are index,
    JSON and signature of the deposit's own entry; they are absent when nothing of the file
    was new, for then nothing was recorded.
    """

    format: Literal["provenance-receipt/1"]
    origin: Origin
    depositor: Bcr | None = None
    file_name: str
    id_flux: str
    processing_id: Index
    received: str
    size: Index
    digest: Hash
    deposit: Index | None = None
    deposit_entry: str | None = None
    deposit_signature: Signature | None = None
    accepted: tuple[AcceptedPassage, ...]
    duplicates: tuple[DuplicatePassage, ...]
    refused: tuple[RefusedPassage, ...]
    warnings: tuple[Fault, ...]


def encode_receipt(receipt: Receipt) -> bytes:
    """Give the receipt's one JSON form."""
    return encode_json(receipt)


def parse_receipt(data: bytes) -> Receipt:
    """Parse a receipt and check that its members agree; raises `FormatError`.

    Signatures are not verified here: that takes the operator's entry key.
    """
    receipt = decode_json(data, Receipt, "receipt")
    parse_time(receipt.received)
    _check_deposit(receipt)
    for accepted in receipt.accepted:
        _check_accepted(accepted, receipt.deposit)
    for duplicate in receipt.duplicates:
        _require(_recorded(duplicate.entry).index == duplicate.index, duplicate.index)
    return receipt


def report_xml(receipt: Receipt) -> bytes:
    """Give the report of a deposit that was not refused as a whole, in UTF-8."""
    depositor = receipt.depositor or _depositor(receipt.deposit_entry)
    recorded = [passage.idTechnique for passage in receipt.accepted]
    recorded += [passage.idTechnique for passage in receipt.duplicates]
    return _document(
        _leaf("nomFichier", receipt.file_name),
        _leaf("idFlux", receipt.id_flux),
        _leaf("idTraitement", receipt.processing_id),
        _group("PassagesKO", [_refused(passage, depositor) for passage in receipt.refused]),
        _group("PassagesOK", [_leaf("idTechnique", name) for name in recorded]),
    )


def refusal_xml(file_name: str, faults: Sequence[Fault], processing_id: int) -> bytes:
    """Give the report of a file that was refused as a whole, in UTF-8.

    Faults that are only warnings are left out; ``processing_id`` is the operator's number
    for this attempt.
    """
    return _document(
        _leaf("nomFichier", file_name),
        _leaf("idTraitement", processing_id),
        _group("erreurs", [_error(fault) for fault in faults if fault.effect != "warning"]),
    )


def _check_deposit(receipt: Receipt) -> None:
    members = (receipt.deposit, receipt.deposit_entry, receipt.deposit_signature)
    if receipt.deposit_entry is None:
        _require(members == (None, None, None) and not receipt.accepted, receipt.deposit)
        return
    entry = parse_entry(receipt.deposit_entry.encode())
    if not isinstance(entry, Deposit):
        raise FormatError("malformed receipt: not the entry of a deposit")
    _require(None not in members and entry.index == receipt.deposit, receipt.deposit)
    _require(entry.digest == receipt.digest, receipt.deposit)
    _require(receipt.depositor in {None, entry.depositor}, receipt.deposit)


def _check_accepted(accepted: AcceptedPassage, deposit: int | None) -> None:
    entry = _recorded(accepted.entry)
    _require((entry.index, entry.deposit) == (accepted.index, deposit), accepted.index)
    computed = encode_base64(leaf_hash(accepted.entry.encode()))
    _require(computed == accepted.leaf_hash, accepted.index)


def _recorded(text: str) -> Certification | Withdrawal:
    entry = parse_entry(text.encode())
    if not isinstance(entry, Certification | Withdrawal):
        raise FormatError("malformed receipt: not the entry of a certification")
    return entry


def _require(holds: bool, index: int | None) -> None:
    if not holds:
        raise FormatError(f"malformed receipt: members contradict each other at entry {index}")


def _depositor(deposit_entry: str | None) -> str | None:
    if deposit_entry is None:
        return None
    entry = parse_entry(deposit_entry.encode())
    return entry.depositor if isinstance(entry, Deposit) else None


def _refused(passage: RefusedPassage, depositor: str | None) -> str:
    named = passage_named(depositor, passage.idTechnique)
    message = " ; ".join(word_fault(fault, named) for fault in passage.faults)
    lines = [_leaf("idTechnique", passage.idTechnique), _leaf("messageErreur", message)]
    return _group("passage", lines)


def _error(fault: Fault) -> str:
    members = {
        "type": "XSD",
        "message": word_fault(fault),
        "ligne": fault.line,
        "colonne": fault.column,
    }
    lines = [_leaf(name, value) for name, value in members.items() if value is not None]
    return _group("erreur", lines)


def _document(*parts: str) -> bytes:
    declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f"{declaration}<rapport>\n{''.join(parts)}</rapport>\n".encode()


def _group(name: str, lines: Sequence[str]) -> str:
    """Give an element that holds these; nothing at all where there are none."""
    return f"<{name}>\n{''.join(lines)}</{name}>\n" if lines else ""


def _leaf(name: str, value: str | int) -> str:
    text = _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", str(value))
    # A carriage return would be read as a line feed (XML 1.0 section 2.11).
    return f"<{name}>{escape(text, {chr(13): '&#13;'})}</{name}>\n"
