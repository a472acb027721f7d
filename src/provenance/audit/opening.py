"""Opening the payloads of certifications: is what is kept what was committed to.

Each payload is decrypted under its seed, its passage parsed again from the exact bytes,
the fields compared, the commitment recomputed, and the look-ups asked.

The stored fields have one spelling. Where what was parsed is spelled just so, the two are
equal, and the stored ones need not be decoded; where it is not, both are looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from provenance.audit.facts import OpenedFacts
from provenance.cdc.flux import reparse
from provenance.cdc.schema import LEADING_NAMES
from provenance.encoding import decode_base64, encode_json
from provenance.errors import ErasedError, LedgerDamagedError, ProvenanceError
from provenance.ledger.changes import read_change
from provenance.ledger.lookups import Lookups
from provenance.record.commitment import Field, commit, commit_checked
from provenance.record.payload import PARTS, CertificationPayload, unseal_payload
from provenance.record.status import ERASED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.storage import Vault, View

ID_TECHNIQUE: Final = "idTechnique"
NOT_COMMITTED: Final = "the record is not what was committed to"


class Opening:
    """Opens the payloads of one stretch's certifications."""

    def __init__(self, view: View, vault: Vault) -> None:
        self._view: Final = view
        self._vault: Final = vault
        self._lookups: Final = Lookups(vault.secret)
        self._facts = _nothing()
        self._kind: _Kind | None = None

    def open(self, certifications: Iterable[tuple[int, str, str]]) -> OpenedFacts:
        """Open them all: index, depositor and commitment (base64) of each, ascending."""
        self._facts = facts = _nothing()
        for index, depositor, commitment in certifications:
            try:
                self._judge(self._unseal(index, depositor, commitment))
            except ErasedError:
                facts.sources[index] = None
                facts.erased.append(index)
            except ProvenanceError as error:
                facts.sources[index] = None
                facts.findings.append((index, str(error)))
        return facts

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

    def _judge(self, one: _Opened) -> None:
        fields = self._parse(one)
        if fields is None:
            self._judge_closely(one)
        else:
            # They were just read by the schema, which gives no other names and values.
            self._compare(one, one.parts[1], fields, commit_checked(one.seed, fields))

    def _parse(self, one: _Opened) -> Sequence[Field] | None:
        """Parse a passage of the kind of the last one; None where it is none such.

        The same for a passage whose fields are not spelled as those that are stored.
        """
        kind = self._kind
        if kind is None or not kind.holds(one.parts):
            return None
        _, source, stored = one.parts
        try:
            fields = reparse(source, kind.bindings, kind.leading)
            return fields if encode_json(dict(fields[:-1])) == stored else None
        except ProvenanceError:
            return None

    def _judge_closely(self, one: _Opened) -> None:
        payload = CertificationPayload.decode_parts(one.parts)
        self._kind = _kind_of(payload, one.parts)
        parsed = _parse_again(payload)
        committed = commit(one.seed, payload.fields)
        if parsed != payload.fields:
            self._found(one, "the passage's bytes do not say what the record says")
        self._compare(one, payload.source, payload.fields, committed)

    def _compare(
        self, one: _Opened, source: bytes, fields: Sequence[Field], committed: bytes
    ) -> None:
        self._facts.opened += 1
        if committed != one.committed:
            self._found(one, NOT_COMMITTED)
        self._check_lookups(one, fields)
        self._facts.sources[one.index] = source

    def _check_lookups(self, one: _Opened, fields: Sequence[Field]) -> None:
        technique = str(dict(fields).get(ID_TECHNIQUE))
        known = self._view.technical(self._lookups.technical(one.depositor, technique))
        # A corrected certification is found at its newest entry, never at an older one.
        if known is None or known[0] < one.index or known == (one.index, True):
            self._found(one, "is not found by depositor and idTechnique")
        self._facts.current += known == (one.index, False)
        for key in self._lookups.holders_of(fields, None):
            self._facts.holders += 1
            if not self._view.is_held(key, one.index):
                self._found(one, "is not found by its holder")

    def _found(self, one: _Opened, message: str) -> None:
        self._facts.findings.append((one.index, message))


class _Opened(Struct, frozen=True):
    """A decrypted payload, and what it must be held against."""

    index: int
    depositor: str
    seed: bytes
    committed: bytes
    parts: tuple[bytes, ...]


class _Kind(Struct, frozen=True):
    """What passages of one certification in one file have in common.

    ``start``: how their stored fields begin, with those that stand around a passage.
    """

    bindings_text: bytes
    bindings: tuple[tuple[str, str], ...]
    start: bytes
    leading: tuple[Field, ...]

    def holds(self, parts: Sequence[bytes]) -> bool:
        """Whether the parts of a payload are of this kind."""
        return (
            len(parts) == PARTS
            and parts[0] == self.bindings_text
            and parts[2].startswith(self.start)
        )


def _kind_of(payload: CertificationPayload, parts: Sequence[bytes]) -> _Kind | None:
    """Give the kind of a payload; None where it is no passage of a file."""
    if not _is_xml(payload):
        return None
    leading = tuple(field for field in payload.fields if field[0] in LEADING_NAMES)
    start = encode_json(dict(leading))[:-1]
    return _Kind(parts[0], payload.bindings, start, leading)


def _nothing() -> OpenedFacts:
    return OpenedFacts(sources={}, opened=0, current=0, holders=0, erased=[], findings=[])


def _is_xml(payload: CertificationPayload) -> bool:
    return bool(payload.bindings) or payload.source.startswith(b"<")


def _parse_again(payload: CertificationPayload) -> object:
    """Read the fields from the exact bytes: XML from a file, JSON from a form."""
    if _is_xml(payload):
        return reparse(payload.source, payload.bindings, payload.fields)
    record = dict(payload.fields[:-1])
    return payload.fields if encode_json(record) == payload.source else ()
