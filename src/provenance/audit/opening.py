"""Opening the payloads of certifications: is what is kept what was committed to.

Each payload is decrypted under its seed, its passage parsed again from the exact bytes,
the fields compared, the commitment recomputed, and the look-ups asked.

The stored fields have one spelling. Where what was parsed is spelled just so, the two are
equal, and the stored ones need not be decoded; where it is not, both are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - msgspec asks at run time
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from provenance.audit.facts import OpenedFacts
from provenance.cdc.flux import read_passage, reparse
from provenance.cdc.schema import LEADING_NAMES
from provenance.encoding import decode_base64, encode_json
from provenance.errors import ErasedError, LedgerDamagedError, ProvenanceError
from provenance.ledger.changes import read_change
from provenance.ledger.lookups import Lookups
from provenance.record.commitment import Field, commit_checked
from provenance.record.payload import PARTS, CertificationPayload, unseal_payload
from provenance.record.status import ERASED

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.storage import Vault, View

ID_TECHNIQUE: Final = "idTechnique"
AT_ONCE: Final = 64
"""Payloads that are open at one time."""
NOT_COMMITTED: Final = "the record is not what was committed to"


Sealed: TypeAlias = tuple[int, str, str]
"""What the entry of a certification says: index, depositor, and commitment in base64."""


class _Case(Struct):
    """One certification on its way through the steps: what its entry says, and what each found.

    Its payload is decrypted, its record read, and that record committed to.
    """

    index: int
    depositor: str
    commitment: str
    seed: bytes = b""
    committed: bytes = b""
    parts: tuple[bytes, ...] = ()
    fields: Sequence[Field] = ()
    is_same: bool = True
    """Whether the passage's bytes say what is stored as its fields."""
    recomputed: bytes = b""


class Opening:
    """Opens the payloads of one stretch's certifications."""

    def __init__(self, view: View, vault: Vault) -> None:
        self._view: Final = view
        self._vault: Final = vault
        self._lookups: Final = Lookups(vault.secret)
        self._facts = _nothing()
        self._kind: _Kind | None = None

    def open(self, certifications: Sequence[Sealed]) -> OpenedFacts:
        """Open them all, in the order of the log."""
        self._facts = facts = _nothing()
        for start in range(0, len(certifications), AT_ONCE):
            left = [_Case(*one) for one in certifications[start : start + AT_ONCE]]
            # Step by step, for the processor has little room for programs: to do one thing
            # many times takes a seventh less time than to do many things each time.
            for step in (self._unseal, self._read, self._commit, self._judge):
                left = [case for case in left if self._succeeds(step, case)]
        facts.findings.sort(key=itemgetter(0))
        return facts

    def _succeeds(self, step: Callable[[_Case], None], case: _Case) -> bool:
        """Take a step with a case; one that fails gets no further."""
        facts = self._facts
        try:
            step(case)
        except ErasedError:
            facts.erased.append(case.index)
        except ProvenanceError as error:
            self._found(case, str(error))
        else:
            return True
        facts.sources[case.index] = None
        return False

    def _unseal(self, case: _Case) -> None:
        """Decrypt a payload. Raises `ErasedError`, `ProvenanceError` for what is wrong."""
        index = case.index
        case.seed = self._vault.read(index)
        if read_change(self._view, index, ERASED) is not None:
            raise ErasedError(f"the content of entry {index} was erased")
        sealed = self._view.payload(index)
        if sealed is None:
            raise LedgerDamagedError(f"entry {index} has lost its payload")
        case.committed = decode_base64(case.commitment)
        case.parts = unseal_payload(case.seed, sealed, case.committed)

    def _read(self, case: _Case) -> None:
        fields = self._parse(case.parts)
        if fields is None:
            self._read_closely(case)
        else:
            case.fields = fields

    def _parse(self, parts: Sequence[bytes]) -> Sequence[Field] | None:
        """Parse a passage of the kind of the last one; None where it is none such.

        The same for a passage whose fields are not spelled as those that are stored.
        """
        kind = self._kind
        if kind is None or not kind.holds(parts):
            return None
        _, source, stored = parts
        try:
            fields = read_passage(source, kind.bindings, kind.leading)
            return fields if encode_json(dict(fields[:-1])) == stored else None
        except ProvenanceError:
            return None

    def _read_closely(self, case: _Case) -> None:
        payload = CertificationPayload.decode_parts(case.parts)
        self._kind = _kind_of(payload, case.parts)
        case.fields = payload.fields
        case.is_same = _parse_again(payload, case.parts) == payload.fields

    def _commit(self, case: _Case) -> None:
        # The fields were just read by the schema, or checked as those of a payload are.
        case.recomputed = commit_checked(case.seed, case.fields)

    def _judge(self, case: _Case) -> None:
        if not case.is_same:
            self._found(case, "the passage's bytes do not say what the record says")
        self._facts.opened += 1
        if case.recomputed != case.committed:
            self._found(case, NOT_COMMITTED)
        self._check_lookups(case)
        self._facts.sources[case.index] = case.parts[1]

    def _check_lookups(self, case: _Case) -> None:
        technique = str(dict(case.fields).get(ID_TECHNIQUE))
        known = self._view.technical(self._lookups.technical(case.depositor, technique))
        # A corrected certification is found at its newest entry, never at an older one.
        if known is None or known[0] < case.index or known == (case.index, True):
            self._found(case, "is not found by depositor and idTechnique")
        self._facts.current += known == (case.index, False)
        for key in self._lookups.holders_of(case.fields, None):
            self._facts.holders += 1
            if not self._view.is_held(key, case.index):
                self._found(case, "is not found by its holder")

    def _found(self, case: _Case, message: str) -> None:
        self._facts.findings.append((case.index, message))


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


def _parse_again(payload: CertificationPayload, parts: Sequence[bytes]) -> object:
    """Read the fields from the exact bytes: XML from a file, JSON from a form.

    The exact bytes of a form are its fields in their one spelling, as they are stored.
    """
    if _is_xml(payload):
        return reparse(payload.source, payload.bindings, payload.fields)
    return payload.fields if parts[-1] == payload.source else ()
