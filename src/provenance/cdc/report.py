"""What a depositor gets back: a receipt for machines, a report in the operator's XML form.

The receipt is JSON without white space, members in the order of the classes below, absent
optional ones left out::

    {"format":"provenance-receipt/1","origin":"…","depositor":"9EXAMPLE",
     "file_name":"…","id_flux":"…","processing_id":5,"received":"<time>","size":…,
     "digest":"<base64>","deposit":5,"deposit_entry":"…","deposit_signature":"<base64>",
     "accepted":[{"idTechnique":"…","type":"RS","code":"RS9012","certifier":"9SAMPLES",
                  "awarded":"2026-10-01","provisional":false,"first":"<time>","index":6,
                  "leaf_hash":"<base64>","entry":"…","signature":"<base64>",
                  "warnings":[…],"late":false},…],
     "duplicates":[{"idTechnique":"…","type":"RS",…,"first":"<time>","index":4,"entry":"…",
                    "signature":"<base64>"},…],
     "refused":[{"idTechnique":"…","faults":[…]},…],"warnings":[…]}

``type`` to ``first`` are of the certification that was recorded, or, in the receipt of a file
with the action SUPPRESSION, of the one that was withdrawn. ``first`` is the time of the first
entry of its lineage, which a correction or a final form goes on. Where the content of a
certification was erased, the five members ``type``, ``code``, ``certifier``, ``awarded`` and
``provisional`` are absent, all of them; ``first`` is there.

The XML report has its elements in no namespace::

    rapport
      nomFichier
      idFlux                  not where the file as a whole was refused
      idTraitement
      erreurs / erreur        type (XSD), message, ligne, colonne: the file was refused
      PassagesKO / passage    idTechnique, messageErreur
      PassagesOK / idTechnique

A duplicate is recorded, so it is among the PassagesOK, where every idTechnique is named once.
Where one is named by several passages of the file, the messages of those that were refused
begin with the number of the passage. Sources: the operator's public
description of its report; Extensible Markup Language (XML) 1.0, section 2.2 (characters).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final, Literal
from xml.sax.saxutils import escape

from msgspec import Struct

from provenance.cdc.faults import Fault  # noqa: TC001 - msgspec reads the annotations
from provenance.cdc.wording import passage_named, word_fault
from provenance.encoding import decode_json, encode_base64, encode_json
from provenance.errors import FormatError
from provenance.record.entry import Certification, Deposit, Withdrawal, parse_entry
from provenance.record.forms import Bcr, Date, Hash, Index, Origin, Signature, parse_time
from provenance.tlog.merkle import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.record.commitment import Value

# What XML 1.0 section 2.2 does not allow, not even as a reference.
_NO_CHARACTER: Final = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


class Award(Struct, frozen=True, gc=False):
    """What a receipt says of a certification, so that its depositor can reckon with it.

    ``certifier`` is a BCR, ``awarded`` the day of award; ``provisional``: a final form is to
    follow. All of it is None where the content was erased (`NOTHING`).
    """

    type: str | None
    code: str | None
    certifier: str | None
    awarded: str | None
    provisional: bool | None


NOTHING: Final = Award(None, None, None, None, None)
"""What a receipt says of a certification whose content was erased."""


def award_of(record: Mapping[str, Value]) -> Award:
    """Return what a receipt says of a certification, whose record has passed level 2."""
    return Award(
        type=str(record["type"]),
        code=str(record["code"]),
        certifier=str(record["certificateur"]),
        awarded=str(record["dateDebutValidite"]),
        provisional=record["donneeCertifiee"] is False,
    )


class RecordedPassage(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A passage, and what the certification says that it is about.

    ``type`` to ``provisional`` are those of an `Award`, and None where the content was erased;
    ``first`` is the time of the first entry of the lineage.
    """

    idTechnique: str  # noqa: N815 - the schema's own name
    type: str | None = None
    code: str | None = None
    certifier: str | None = None
    awarded: Date | None = None
    provisional: bool | None = None
    first: str

    @property
    def content(self) -> tuple[str | bool | None, ...]:
        """What is None where the content was erased."""
        return self.type, self.code, self.certifier, self.awarded, self.provisional


class AcceptedPassage(RecordedPassage, frozen=True, kw_only=True, omit_defaults=True):
    """A passage that was recorded, or withdrawn, by the entry at ``index``.

    ``entry`` is the entry's JSON, ``leaf_hash`` and ``signature`` are the 32 and 64 bytes
    that belong to it. ``late``: received more than three months after the award.
    """

    index: Index
    leaf_hash: Hash
    entry: str
    signature: Signature
    warnings: tuple[Fault, ...]
    late: bool


class DuplicatePassage(RecordedPassage, frozen=True, kw_only=True, omit_defaults=True):
    """A passage whose content is recorded, or that is withdrawn, by the entry at ``index``.

    That entry may be an earlier one, or of another passage of the same file.
    """

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
    """Return the receipt's one JSON form."""
    return encode_json(receipt)


def parse_receipt(data: bytes) -> Receipt:
    """Parse a receipt and check that its members agree; raises `FormatError`.

    Signatures are not verified here: that takes the operator's entry key.
    """
    receipt = decode_json(data, Receipt, "receipt")
    parse_time(receipt.received)
    _check_deposit(receipt)
    for index, accepted in enumerate(receipt.accepted, (receipt.deposit or 0) + 1):
        _check_accepted(accepted, receipt.deposit, index)
    for duplicate in receipt.duplicates:
        entry = _recorded(duplicate.entry)
        _require(entry.index == duplicate.index, duplicate.index)
        _check_content(duplicate, entry)
    return receipt


def report_xml(receipt: Receipt) -> bytes:
    """Return the report of a deposit that was not refused as a whole, in UTF-8."""
    depositor = receipt.depositor or _depositor(receipt.deposit_entry)
    recorded = [passage.idTechnique for passage in (*receipt.accepted, *receipt.duplicates)]
    counts = Counter([*recorded, *(passage.idTechnique for passage in receipt.refused)])
    refused = [
        _refused(passage, depositor, numbered=counts[passage.idTechnique] > 1)
        for passage in receipt.refused
    ]
    return _document(
        _leaf("nomFichier", receipt.file_name),
        _leaf("idFlux", receipt.id_flux),
        _leaf("idTraitement", receipt.processing_id),
        _group("PassagesKO", refused),
        _group("PassagesOK", [_leaf("idTechnique", name) for name in dict.fromkeys(recorded)]),
    )


def refusal_xml(file_name: str, faults: Sequence[Fault], processing_id: int) -> bytes:
    """Return the report of a file that was refused as a whole, in UTF-8.

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
    _require(entry.recorded == len(receipt.accepted), receipt.deposit)
    _require(receipt.depositor in {None, entry.depositor}, receipt.deposit)


def _check_accepted(accepted: AcceptedPassage, deposit: int | None, index: int) -> None:
    entry = _recorded(accepted.entry)
    _require((entry.index, entry.deposit) == (index, deposit), accepted.index)
    _require(accepted.index == index, accepted.index)
    _check_content(accepted, entry)
    computed = encode_base64(leaf_hash(accepted.entry.encode()))
    _require(computed == accepted.leaf_hash, accepted.index)


def _check_content(
    passage: AcceptedPassage | DuplicatePassage, entry: Certification | Withdrawal
) -> None:
    parse_time(passage.first)
    absent = [member is None for member in passage.content]
    _require(all(absent) or not any(absent), passage.index)
    _require(passage.first <= entry.time, passage.index)


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


def _refused(passage: RefusedPassage, depositor: str | None, *, numbered: bool) -> str:
    named = passage_named(depositor, passage.idTechnique)
    message = " ; ".join(word_fault(fault, named) for fault in passage.faults)
    number = next((fault.passage for fault in passage.faults if fault.passage), None)
    if numbered and number is not None:
        message = f"{number} : {message}"
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
    """Return an element that holds these; nothing at all where there are none."""
    return f"<{name}>\n{''.join(lines)}</{name}>\n" if lines else ""


def _leaf(name: str, value: str | int) -> str:
    text = _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", str(value))
    # A carriage return would be read as a line feed (XML 1.0 section 2.11).
    return f"<{name}>{escape(text, {chr(13): '&#13;'})}</{name}>\n"
