"""Opening the payloads of certifications: is what is kept what was committed to.

Each payload is decrypted under its seed, its passage parsed again from the exact bytes,
the fields compared, the commitment recomputed, and the look-ups asked. What is said around
a passage is in its record only; its record is held against the deposit's entry here, and
against the digest of the deposit and the whole file by whoever walks over the log.

The stored fields have one spelling. Where what was parsed is spelled just so, the two are
equal, and the stored ones need not be decoded; where it is not, both are looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec
from msgspec import Struct

from provenance.audit.facts import Kept, OpenedFacts
from provenance.audit.succession import DEPOSITOR, ID_TECHNIQUE, Succession
from provenance.audit.whole import around_digest
from provenance.cdc.flux import read_passage, reparse
from provenance.cdc.schema import LEADING_NAMES
from provenance.cdc.typed import check_fields_typed, in_order
from provenance.encoding import decode_base64, decode_json, encode_json
from provenance.errors import (
    ErasedError,
    FormatError,
    LedgerDamagedError,
    ProvenanceError,
)
from provenance.ledger.changes import read_change
from provenance.ledger.lookups import Lookups
from provenance.ledger.recall import Recall
from provenance.record.commitment import Field, commit_checked
from provenance.record.depositdigest import (
    FILE_SALT_SIZE,
    leading_of,
    source_text,
    surroundings,
)
from provenance.record.entry import Deposit, parse_entry
from provenance.record.payload import (
    CERTIFICATION_PARTS,
    FIELDS,
    LENGTH_SIZE,
    CertificationPayload,
    unseal_payload,
)
from provenance.record.slots import CERTIFICATION, SOURCE
from provenance.record.status import ERASED, SUPERSEDED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provenance.ledger.files import LedgerFiles
    from provenance.record.commitment import Value
    from provenance.storage import View

CERTIFIER: Final = "certificateur"
NO_BINDINGS: Final = b"[]"
PLACE_SIZE: Final = LENGTH_SIZE + FILE_SALT_SIZE
"""Bytes of the last part of a payload: number and salt of its passage."""
AT_ONCE: Final = 64
"""Payloads that are open at one time."""
KINDS_MAX: Final = 8
"""Kinds of passages that are remembered."""
NOT_COMMITTED: Final = "the record is not what was committed to"


Sealed: TypeAlias = tuple[int, str, str, int, int, int | None]
"""What the entry of a certification says: index, depositor, commitment in base64, deposit,
registration, and what it supersedes."""


_Read: TypeAlias = tuple[Sequence[Field], bytes]
"""The fields of a record, and SHA-256 of what is hashed before its bytes."""


class _Case(Struct):
    """One certification on its way through the steps: what its entry says, and what each found.

    Its payload is decrypted, its record read, and that record committed to.
    """

    index: int
    depositor: str
    commitment: str
    deposit: int
    registration: int
    supersedes: int | None
    seed: bytes = b""
    committed: bytes = b""
    parts: tuple[bytes, ...] = ()
    fields: Sequence[Field] = ()
    is_same: bool = True
    """Whether the passage's bytes say what is stored as its fields."""
    around: bytes = b""
    """SHA-256 of what is hashed before the passage's bytes."""
    recomputed: bytes = b""


class Opening:
    """Opens the payloads of one stretch's certifications."""

    def __init__(self, view: View, files: LedgerFiles) -> None:
        self._view: Final = view
        self._vault: Final = files.vault
        self._lookups: Final = Lookups(files.vault.secret)
        self._succession: Final = Succession(view, self._lookups, Recall(files))
        self._deposit: tuple[int, Deposit | None] = -1, None
        self._facts = _nothing()
        self._kinds: list[_Kind] = []
        """Kinds of the last passages, the last one first."""

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
        facts.kept[case.index] = None
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
        parts = case.parts
        found = self._parse(parts) or _parse_form(parts) or self._learn(parts)
        if found is None:
            # The bytes do not say this, if it is a record at all.
            case.fields = CertificationPayload.decode_parts(parts).fields
            case.is_same = False
        else:
            case.fields, case.around = found

    def _parse(self, parts: Sequence[bytes]) -> _Read | None:
        """Parse a passage of a kind of the last ones; None where it is none such.

        The same for a passage whose fields are not spelled as those that are stored.
        """
        kind = next((one for one in self._kinds if one.holds(parts)), None)
        if kind is None:
            return None
        _, source, stored, _ = parts
        try:
            fields = read_passage(source, kind.bindings, kind.leading)
        except ProvenanceError:
            return None
        is_same = encode_json(dict(fields[:-1])) == stored
        return (fields, kind.around) if is_same else None

    def _learn(self, parts: Sequence[bytes]) -> _Read | None:
        """Parse a passage of a kind that is new, and remember that; None as of `_parse`."""
        if len(parts) != CERTIFICATION_PARTS or len(parts[3]) != PLACE_SIZE:
            return None
        head, source, stored, _ = parts
        try:
            bindings = decode_json(head, _bindings, "payload")
            content = decode_json(stored, FIELDS, "payload")
            leading = tuple(one for one in content.items() if one[0] in LEADING_NAMES)
            fields = reparse(source, bindings, leading)
            around = around_digest(bindings, content)
        except ProvenanceError:
            return None
        if encode_json(dict(fields[:-1])) != stored:
            return None
        start = encode_json(dict(leading))[:-1] + b","
        kind = _Kind(head, bindings, start, leading, around)
        self._kinds = [kind, *self._kinds[: KINDS_MAX - 1]]
        return fields, around

    def _commit(self, case: _Case) -> None:
        # The fields were just read by the schema, or checked as those of a payload are.
        case.recomputed = commit_checked(case.seed, case.fields, CERTIFICATION)

    def _judge(self, case: _Case) -> None:
        if not case.is_same:
            self._found(case, "the passage's bytes do not say what the record says")
        self._facts.opened += 1
        if case.recomputed != case.committed:
            self._found(case, NOT_COMMITTED)
        record = dict(case.fields)
        self._check_parties(case, record)
        self._check_lookups(case, record)
        _, source, _, place = case.parts
        self._facts.kept[case.index] = Kept(
            number=int.from_bytes(place[:LENGTH_SIZE], "big"),
            salt=place[LENGTH_SIZE:],
            digest=decode_base64(str(record[SOURCE])),
            around=case.around,
            source=source,
        )

    def _check_parties(self, case: _Case, record: Mapping[str, Value]) -> None:
        """Check that the record names the bodies that the entry of its deposit names."""
        index, deposit = self._deposit
        if index != case.deposit:
            deposit = self._read_deposit(case.deposit)
            self._deposit = case.deposit, deposit
        if deposit is None:
            return  # The walk says so: there is no such deposit.
        if (record.get(DEPOSITOR), record.get(CERTIFIER)) != (
            case.depositor,
            deposit.certifier,
        ):
            self._found(case, "the record names other bodies than the entry of its deposit")

    def _read_deposit(self, index: int) -> Deposit | None:
        try:
            entry = parse_entry(self._view.entry(index))
        except FormatError:
            return None
        return entry if isinstance(entry, Deposit) else None

    def _check_lookups(self, case: _Case, record: Mapping[str, Value]) -> None:
        technique = str(record.get(ID_TECHNIQUE))
        known = self._view.technical(self._lookups.technical(case.depositor, technique))
        if message := self._misled(case.index, known):
            self._found(case, message)
        self._facts.current += known == (case.index, False)
        if case.supersedes is None:
            for message in self._succession.faults(case.registration, case.index, record):
                self._found(case, message)
        for key in self._lookups.holder_of(record):
            self._facts.holders += 1
            if not self._view.is_held(key, case.index):
                self._found(case, "is not found by its holder")

    def _misled(self, index: int, known: tuple[int, bool] | None) -> str:
        """Say what is wrong with what an entry's idTechnique leads to; nothing if it is right.

        A corrected certification is found at its newest entry, never at an older one.
        """
        if known == (index, False):
            return ""
        view = self._view
        by = read_change(view, index, SUPERSEDED)
        if known is None and by is not None and read_change(view, by, ERASED) is not None:
            return ""  # The seed of the newer one was lost, and its look-up is free again.
        if known is None or known[0] < index or known == (index, True):
            return "is not found by depositor and idTechnique"
        if known[0] > index and by is None:
            return f"entry {known[0]} has its idTechnique, and does not correct it"
        return ""

    def _found(self, case: _Case, message: str) -> None:
        self._facts.findings.append((case.index, message))


class _Kind(Struct, frozen=True):
    """What passages of one certification in one file have in common.

    ``start``: how their stored fields begin, with those that are around a passage.
    ``around``: SHA-256 of what is hashed before a passage's bytes.
    """

    bindings_text: bytes
    bindings: tuple[tuple[str, str], ...]
    start: bytes
    leading: tuple[Field, ...]
    around: bytes

    def holds(self, parts: Sequence[bytes]) -> bool:
        """Whether the parts of a payload are of this kind."""
        return (
            len(parts) == CERTIFICATION_PARTS
            and parts[0] == self.bindings_text
            and parts[2].startswith(self.start)
            and len(parts[3]) == PLACE_SIZE
        )


def _parse_form(parts: Sequence[bytes]) -> _Read | None:
    """Read a record of a form, which says what a file could; None where it is none such.

    Its exact bytes are what is stored, in the one spelling of its fields.
    """
    if len(parts) != CERTIFICATION_PARTS or len(parts[3]) != PLACE_SIZE:
        return None
    bindings, source, stored, _ = parts
    if bindings != NO_BINDINGS or source != stored:
        return None
    try:
        content = decode_json(stored, FIELDS, "payload")
    except FormatError:
        return None
    if in_order(content) is not content or check_fields_typed(content):
        return None
    before = surroundings((), leading_of(content))
    digest = hashlib.sha256(before + source).digest()
    fields = (*content.items(), (SOURCE, source_text(digest)))
    return fields, hashlib.sha256(before).digest()


def _nothing() -> OpenedFacts:
    return OpenedFacts(kept={}, opened=0, current=0, holders=0, erased=[], findings=[])


_bindings: Final = msgspec.json.Decoder(tuple[tuple[str, str], ...])
