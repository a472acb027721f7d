"""What a proof shows of its certifications by itself, before any policy is asked.

Whoever attaches a proof to a document, or seals it, need not have a trust policy. What can be
seen all the same is looked at: that every certification is shown completely, is tied to a
person, and all of them to one. Nothing is said of signatures, of the log, or of what is in
force: that a verifier says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.encoding import encode_base64
from provenance.errors import CommitmentError, FormatError, VerificationError
from provenance.record.bundle import parse_bundle, parse_entries
from provenance.record.commitment import read_record
from provenance.record.entry import Certification
from provenance.record.persons import identity_kind, person_reasons
from provenance.record.slots import CERTIFICATION
from provenance.report import REASON_WORDS
from provenance.verifier.reasons import find_lacks

if TYPE_CHECKING:
    from provenance.record.bundle import Bundle
    from provenance.record.commitment import Value


def check_complete(bundle: bytes) -> None:
    """Raise `VerificationError` for a proof that is not of one person, shown completely.

    Raises `FormatError` for what is not a proof bundle. Names entries by their index, and no
    value of a field.
    """
    records = read_records(parse_bundle(bundle))
    if not records:
        raise VerificationError("the proof shows no certification")
    for index, record in records.items():
        identity = identity_kind(record)
        lacks = find_lacks(record, identity)
        if lacks:
            raise VerificationError(f"the proof does not show of entry {index}: {_join(lacks)}")
        if identity == "national":
            raise VerificationError(f"entry {index} is {REASON_WORDS['name-only']}")
    for index, reasons in zip(records, person_reasons([*records.values()]), strict=True):
        if reasons:
            words = _join(tuple(REASON_WORDS[reason] for reason in reasons))
            raise VerificationError(f"entry {index} is in doubt: {words}")


def read_records(bundle: Bundle) -> dict[int, dict[str, Value]]:
    """Return what is shown of each certification, by index, held against its commitment.

    One that is shown only because it supersedes another is left out. Raises `FormatError`,
    and `VerificationError` where a record is not the one that its entry commits to.
    """
    parts = (bundle, bundle.later) if bundle.later is not None else (bundle,)
    shown = {
        entry.index: (entry, proven)
        for part in parts
        for entry, proven in zip(parse_entries(part.entries), part.entries, strict=True)
    }
    records: dict[int, dict[str, Value]] = {}
    for index, (entry, proven) in sorted(shown.items()):
        if not isinstance(entry, Certification):
            continue
        if not proven.record:
            if entry.supersedes not in shown:
                records[index] = {}
            continue
        try:
            record = read_record(proven.record, CERTIFICATION)
        except (FormatError, CommitmentError) as error:
            raise FormatError(f"the record of entry {index} cannot be read: {error}") from error
        if encode_base64(record.commitment) != entry.commitment:
            raise VerificationError(f"entry {index} commits to another record than is shown")
        records[index] = dict(record.fields)
    return records


def _join(words: tuple[str, ...]) -> str:
    return ", ".join(words)
