"""The portal's form: certifications that were entered one by one, as fields.

A form is deposited like a file. Its bytes are a JSON array of the records, each an object
of its fields in order without ``source``; the bytes of one record are its own JSON, as the
bytes of a passage are its XML.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final, Self

from provenance.cdc.faults import Fault
from provenance.cdc.typed import check_fields_typed, in_order
from provenance.encoding import encode_json
from provenance.errors import DepositRefused, FormatError
from provenance.ledger.preparing import Chunk
from provenance.record.message import FILE_SALT_SIZE, file_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from provenance.record.commitment import Field, Value

FAULTS_MAX: Final = 100


class FormSource:
    """One form of the portal, as a document that can be deposited.

    Its records are checked as they are read, by `chunks` or `read`; before that it has no
    bytes, and no digest.
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
        self._records: Final = [_complete(record, depositor) for record in _listed(records)]
        self._sources: Final[list[bytes]] = []
        self._bytes = b""
        self._digest = b""

    @property
    def certifier(self) -> str:
        """The certifier of the first record, if it names one."""
        return str(self._records[0].get("certificateur")) if self._records else ""

    @property
    def count(self) -> int:
        """Number of records."""
        return len(self._records)

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self._bytes)

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Check the records and give them, at most ``size`` at once.

        Others can go on with one chunk while the next is checked. At the end it raises
        `DepositRefused` when a record has not the form of the schema, when there is none,
        or when they are for several certifiers; nothing that was given counts then.
        """
        faults: list[Fault] = []
        for start in range(0, len(self._records), size):
            part = self._records[start : start + size]
            faults += _check(part, start + 1)
            if not faults:
                yield self._chunk(part)
        _refuse(self._records, faults)
        self._bytes, self._digest = b"[" + b",".join(self._sources) + b"]", b""

    def read(self) -> Self:
        """Check all records. Raises `DepositRefused` as `chunks` does."""
        for _ in self.chunks(len(self._records) or 1):
            pass
        return self

    def _chunk(self, part: Sequence[dict[str, Value]]) -> Chunk:
        contents = list(map(in_order, part))
        sources = list(map(encode_json, contents))
        self._sources.extend(sources)
        return Chunk(bindings=(), leading=None, sources=sources, contents=contents)

    def spans(self) -> Iterator[tuple[int, int]]:
        """Give first byte and end of each record in the form's bytes."""
        offset = len(b"[")
        for source in self._sources:
            yield offset, offset + len(source)
            offset += len(source) + len(b",")

    def digest(self) -> bytes:
        """Give the salted digest of the form's bytes; it is asked for several times."""
        if not self._digest:
            self._digest = file_digest(self.salt, [self._bytes])
        return self._digest

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
    return FormSource(records, depositor=depositor, salt=salt).read().digest()


def _listed(records: Iterable[Mapping[str, Value] | Sequence[Field]]) -> list[Any]:
    try:
        return list(records)
    except TypeError as error:
        raise FormatError("the records of a form are a list") from error


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


def _check(records: Sequence[Mapping[str, Value]], first: int) -> list[Fault]:
    """Find what a file could not say; ``first``: number of the first of these records."""
    return [
        _in_record(number, fault)
        for number, record in enumerate(records, first)
        for fault in check_fields_typed(record)
    ]


def _refuse(records: Sequence[Mapping[str, Value]], faults: Sequence[Fault]) -> None:
    """Refuse the form when anything is wrong with it, or when it holds nothing."""
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
