"""Opening the payloads of certifications: is what is kept what was committed to.

Each payload is decrypted under its seed, its passage parsed again from the exact bytes,
the fields compared, the commitment recomputed, and the look-ups asked. Passages of one
kind are parsed together, which is quicker; those that do not come out as they are stored
are parsed again alone, so that each finding names one entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from provenance.audit.facts import OpenedFacts
from provenance.cdc.flux import reparse, reparse_all
from provenance.cdc.schema import LEADING_NAMES
from provenance.encoding import decode_base64, encode_json
from provenance.errors import ErasedError, LedgerDamagedError, ProvenanceError
from provenance.ledger.changes import read_change
from provenance.ledger.lookups import Lookups
from provenance.record.commitment import commit
from provenance.record.payload import CertificationPayload, unseal_payload
from provenance.record.status import ERASED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from provenance.record.commitment import Field
    from provenance.storage import Vault, View

GROUP: Final = 64
"""Passages that are parsed together at most."""
ID_TECHNIQUE: Final = "idTechnique"
NOT_COMMITTED: Final = "the record is not what was committed to"


class Opening:
    """Opens the payloads of one stretch's certifications."""

    def __init__(self, view: View, vault: Vault) -> None:
        self._view: Final = view
        self._vault: Final = vault
        self._lookups: Final = Lookups(vault.secret)
        self._facts = _nothing()

    def open(self, certifications: Sequence[tuple[int, str, str]]) -> OpenedFacts:
        """Open them all: index, depositor and commitment (base64) of each, ascending."""
        self._facts = _nothing()
        group: list[_Opened] = []
        for index, depositor, commitment in certifications:
            try:
                one = self._unseal(index, depositor, commitment)
            except ErasedError:
                self._lose(index)
                self._facts.erased.append(index)
            except ProvenanceError as error:
                self._lose(index)
                self._facts.findings.append((index, str(error)))
            else:
                group.append(one)
        for part in _alike(group):
            self._judge_all(part)
        self._facts.findings.sort(key=lambda finding: finding[0])
        return self._facts

    def _unseal(self, index: int, depositor: str, commitment: str) -> _Opened:
        """Decrypt a payload. Raises `ErasedError`, `ProvenanceError` for what is wrong."""
        seed = self._vault.read(index)
        if read_change(self._view, index, ERASED) is not None:
            raise ErasedError(f"the content of entry {index} was erased")
        sealed = self._view.payload(index)
        if sealed is None:
            raise LedgerDamagedError(f"entry {index} has lost its payload")
        committed = decode_base64(commitment)
        parts = unseal_payload(seed, sealed, committed)
        return _Opened(index, depositor, seed, committed, parts)

    def _judge_all(self, group: Sequence[_Opened]) -> None:
        for one, fields in zip(group, _parse_all(group), strict=True):
            try:
                if fields is None:
                    self._judge_alone(one)
                else:
                    self._judge(one, one.parts[1], fields, commit(one.seed, fields))
            except ProvenanceError as error:
                self._lose(one.index)
                self._facts.findings.append((one.index, str(error)))

    def _judge_alone(self, one: _Opened) -> None:
        payload = CertificationPayload.decode_parts(one.parts)
        parsed = _parse_again(payload)
        committed = commit(one.seed, payload.fields)
        if parsed != payload.fields:
            self._found(one, "the passage's bytes do not say what the record says")
        self._judge(one, payload.source, payload.fields, committed)

    def _judge(
        self, one: _Opened, source: bytes, fields: Sequence[Field], committed: bytes
    ) -> None:
        facts = self._facts
        facts.opened += 1
        if committed != one.committed:
            self._found(one, NOT_COMMITTED)
        self._check_lookups(one, fields)
        facts.sources[one.index] = source

    def _check_lookups(self, one: _Opened, fields: Sequence[Field]) -> None:
        technique = str(dict(fields).get(ID_TECHNIQUE))
        known = self._view.technical(self._lookups.technical(one.depositor, technique))
        # A corrected certification is found at its newest entry, never at an older one.
        if known is None or known[0] < one.index or known == (one.index, True):
            self._found(one, "is not found by depositor and idTechnique")
        self._facts.current += known == (one.index, False)
        for key in self._lookups.holders_of(fields, None):
            self._facts.holders += 1
            if one.index not in self._view.holders(key):
                self._found(one, "is not found by its holder")

    def _found(self, one: _Opened, message: str) -> None:
        self._facts.findings.append((one.index, message))

    def _lose(self, index: int) -> None:
        self._facts.sources[index] = None


class _Opened(Struct, frozen=True):
    """A decrypted payload, and what it must be held against."""

    index: int
    depositor: str
    seed: bytes
    committed: bytes
    parts: tuple[bytes, ...]


def _nothing() -> OpenedFacts:
    return OpenedFacts(sources={}, opened=0, current=0, holders=0, erased=[], findings=[])


def _alike(opened: Iterable[_Opened]) -> Iterator[list[_Opened]]:
    """Cut a sequence into groups whose namespace bindings are the same."""
    group: list[_Opened] = []
    for one in opened:
        if group and (one.parts[:1] != group[0].parts[:1] or len(group) >= GROUP):
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _parse_all(group: Sequence[_Opened]) -> Sequence[Sequence[Field] | None]:
    """Parse passages together; None for each whose fields are not those that are stored.

    The payload's last part is the one spelling of its fields, so that what was parsed is
    compared as bytes, and the stored fields need not be decoded.
    """
    nothing = [None] * len(group)
    try:
        first = CertificationPayload.decode_parts(group[0].parts)
        leading = tuple(field for field in first.fields if field[0] in LEADING_NAMES)
        if not _is_xml(first):
            return nothing
        records = reparse_all([one.parts[1] for one in group], first.bindings, leading)
    except (ProvenanceError, IndexError):
        return nothing
    return [
        fields if encode_json(dict(fields[:-1])) == one.parts[2] else None
        for one, fields in zip(group, records, strict=True)
    ]


def _is_xml(payload: CertificationPayload) -> bool:
    return bool(payload.bindings) or payload.source.startswith(b"<")


def _parse_again(payload: CertificationPayload) -> object:
    """Read the fields from the exact bytes: XML from a file, JSON from a form."""
    if _is_xml(payload):
        return reparse(payload.source, payload.bindings, payload.fields)
    record = dict(payload.fields[:-1])
    return payload.fields if encode_json(record) == payload.source else ()
