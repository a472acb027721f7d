"""The portal's form: certifications that were entered one by one, as fields.

A form is deposited like a file. Its bytes are a JSON array of the records, each an object
of its fields in order without ``source``; the bytes of one record are its own JSON, as the
bytes of a passage are its XML, and no namespace is in force around it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from provenance.cdc.typed import check_fields_typed, in_order
from provenance.encoding import encode_json
from provenance.errors import DepositRefused, FormatError
from provenance.ledger.preparing import Chunk
from provenance.ledger.source import Salts, leaves_of
from provenance.record.depositdigest import (
    FILE_SALT_SIZE,
    deposit_digest,
    leading_of,
    source_digest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.cdc.faults import Fault
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
        self.salts: Final = Salts(self.salt)
        if not isinstance(depositor, str):
            raise FormatError("a depositor is named by its BCR, a text of 8 characters")
        self.depositor: Final = depositor
        self._records: Final = [_complete(record, depositor) for record in _listed(records)]
        self._sources: Final[list[bytes]] = []
        self._contents: Final[list[dict[str, Value]]] = []
        self._bytes = b""
        self._sha256 = b""

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
        self._bytes, self._sha256 = b"[" + b",".join(self._sources) + b"]", b""

    def read(self) -> Self:
        """Check all records. Raises `DepositRefused` as `chunks` does."""
        for _ in self.chunks(len(self._records) or 1):
            pass
        return self

    def _chunk(self, part: Sequence[dict[str, Value]]) -> Chunk:
        first = len(self._sources) + 1
        contents = list(map(in_order, part))
        sources = list(map(encode_json, contents))
        self._sources.extend(sources)
        self._contents.extend(contents)
        return Chunk(
            bindings=(),
            leading=None,
            sources=sources,
            first=first,
            salts=self.salts.some(first, len(sources)),
            contents=contents,
        )

    def spans(self) -> Iterator[tuple[int, int]]:
        """Return first byte and end of each record in the form's bytes."""
        offset = len(b"[")
        for source in self._sources:
            yield offset, offset + len(source)
            offset += len(source) + len(b",")

    def sha256(self) -> bytes:
        """Return SHA-256 of the form's bytes, 32 bytes; it is asked for several times."""
        if not self._sha256:
            self._sha256 = hashlib.sha256(self._bytes).digest()
        return self._sha256

    def digest(self) -> bytes:
        """Return the deposit's digest, 32 bytes, of a form that was read."""
        sources = [
            source_digest((), leading_of(content), source)
            for content, source in zip(self._contents, self._sources, strict=True)
        ]
        return deposit_digest(leaves_of(self.salts, self.sha256(), sources))

    def residue(self, spans: list[tuple[int, int]]) -> bytes:
        """Return the form's bytes outside ``spans``, which ascend."""
        kept, position = bytearray(), 0
        for start, end in spans:
            kept += self._bytes[position:start]
            position = end
        return bytes(kept + self._bytes[position:])


def form_digest(
    records: Sequence[Mapping[str, Value] | Sequence[Field]], *, depositor: str, salt: bytes
) -> bytes:
    """Return the digest that a depositor with keys signs for a form, under its own salt.

    ``salt`` is 32 random bytes, sent along with the signature. Raises `FormatError`,
    `DepositRefused` as recording the form would.
    """
    return FormSource(records, depositor=depositor, salt=salt).read().digest()


def _listed(records: object) -> list[Any]:
    if not isinstance(records, Iterable) or isinstance(records, str | bytes | Mapping):
        raise FormatError("the records of a form are a list")
    return list(records)


def _complete(
    record: Mapping[str, Value] | Sequence[Field], depositor: str
) -> dict[str, Value]:
    try:
        fields = dict(record)
    except (TypeError, ValueError) as error:
        raise FormatError("a record is a mapping, or a list of names and values") from error
    if len(fields) != len(record):
        raise FormatError("a record has one name twice")
    if not all(isinstance(name, str) for name in fields):
        raise FormatError("the names of a record's fields are texts")
    if fields.setdefault("emetteur", depositor) != depositor:
        raise DepositRefused("a record names another depositor than the form's")
    return fields


def _check(records: Sequence[Mapping[str, Value]], first: int) -> list[Fault]:
    """Find what a file could not say; ``first``: number of the first of these records."""
    return [
        _in_record(number, record.get("idTechnique"), fault)
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


def _in_record(number: int, id_technique: Value, fault: Fault) -> Fault:
    return msgspec.structs.replace(
        fault,
        message=f"record {number}: {fault.message}",
        passage=number,
        id_technique=id_technique if isinstance(id_technique, str) else None,
    )
