"""The portal's form: certifications that were entered one by one, as fields.

A form is deposited like a file. Its bytes are a JSON array of the records, each an object
of its fields in order without ``source``; the bytes of one record are its own JSON, as the
bytes of a passage are its XML.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from provenance.cdc.faults import Fault
from provenance.cdc.typed import check_fields_typed, in_order
from provenance.encoding import encode_json
from provenance.errors import DepositRefused, FormatError
from provenance.ledger.preparing import Chunk
from provenance.record.commitment import SOURCE
from provenance.record.message import FILE_SALT_SIZE, file_digest
from provenance.record.payload import source_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from provenance.record.commitment import Field, Value

FAULTS_MAX: Final = 100


class FormSource:
    """One form of the portal, as a document that can be deposited.

    Raises `DepositRefused` when a record has not the form of the schema, or when the
    records are for several certifiers.
    """

    def __init__(
        self,
        records: Sequence[Mapping[str, Value] | Sequence[Field]],
        *,
        depositor: str,
        salt: bytes | None = None,
    ) -> None:
        self.name: Final = "form.json"
        self.media_type: Final = "application/json"
        self.salt: Final = secrets.token_bytes(FILE_SALT_SIZE) if salt is None else salt
        self.depositor: Final = depositor
        complete = [_complete(record, depositor) for record in records]
        _check(complete)
        self.certifier: Final = str(complete[0]["certificateur"])
        ordered = [in_order(record) for record in complete]
        self._sources: Final = [encode_json(dict(fields)) for fields in ordered]
        self._records: Final = [
            (*fields, (SOURCE, source_digest(source)))
            for fields, source in zip(ordered, self._sources, strict=True)
        ]
        self._bytes: Final = b"[" + b",".join(self._sources) + b"]"
        self.size: Final = len(self._bytes)

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Give the records, at most ``size`` at once."""
        for start in range(0, len(self._sources), size):
            sources = self._sources[start : start + size]
            records = self._records[start : start + size]
            yield Chunk(bindings=(), leading=None, sources=sources, records=records)

    def spans(self) -> Iterator[tuple[int, int]]:
        """Give first byte and end of each record in the form's bytes."""
        offset = len(b"[")
        for source in self._sources:
            yield offset, offset + len(source)
            offset += len(source) + len(b",")

    def digest(self) -> bytes:
        """Give the salted digest of the form's bytes."""
        return file_digest(self.salt, [self._bytes])

    def residue(self, spans: list[tuple[int, int]]) -> bytes:
        """Give the form's bytes outside ``spans``, which ascend."""
        kept, position = bytearray(), 0
        for start, end in spans:
            kept += self._bytes[position:start]
            position = end
        return bytes(kept + self._bytes[position:])


def form_digest(
    records: Sequence[Mapping[str, Value] | Sequence[Field]], *, depositor: str, salt: bytes
) -> bytes:
    """Give the digest that a depositor with keys signs for a form, under its own salt.

    ``salt`` is 32 random bytes, sent along with the signature. Raises `FormatError`,
    `DepositRefused` as recording the form would.
    """
    return FormSource(records, depositor=depositor, salt=salt).digest()


def _complete(
    record: Mapping[str, Value] | Sequence[Field], depositor: str
) -> dict[str, Value]:
    try:
        fields = dict(record)
    except (TypeError, ValueError) as error:
        raise FormatError("a record is a mapping, or a list of names and values") from error
    if len(fields) != len(record):
        raise FormatError("a record has one name twice")
    if fields.setdefault("emetteur", depositor) != depositor:
        raise DepositRefused("a record names another depositor than the form's")
    return fields


def _check(records: Sequence[Mapping[str, Value]]) -> None:
    """Refuse the form when it holds nothing, or anything that a file could not say."""
    faults = [
        _in_record(number, fault)
        for number, record in enumerate(records, 1)
        for fault in check_fields_typed(record)
    ]
    if faults:
        raise DepositRefused(
            f"the form was refused, nothing was recorded: {faults[0].message}",
            faults[:FAULTS_MAX],
        )
    if not records:
        raise DepositRefused("the form holds no record")
    if len({record["certificateur"] for record in records}) > 1:
        raise DepositRefused("the records of one form are for one certifier")


def _in_record(number: int, fault: Fault) -> Fault:
    return Fault(
        level=fault.level,
        code=fault.code,
        message=f"record {number}: {fault.message}",
        effect=fault.effect,
        element=fault.element,
    )
