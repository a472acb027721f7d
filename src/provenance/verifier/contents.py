"""What the entries say, once they are known to be in the log: lines and records.

A *line* is a certification that is shown for itself, not only because it supersedes another
one. A *record* is what is shown of an entry's fields. Its fields are those that the table of
its type knows; of names that it does not know only the number is reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from provenance.encoding import encode_base64
from provenance.errors import CommitmentError
from provenance.record.commitment import NEVER_DISCLOSED, Record, read_record
from provenance.record.entry import Certification, Erasure, Withdrawal
from provenance.record.showing import flag_of, shows_source_rightly
from provenance.record.slots import SOURCE, mixes_alternatives, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.record.commitment import Value
    from provenance.verifier.checks import Checks
    from provenance.verifier.entries import Item


class Contents(NamedTuple):
    """The lines of one bundle by index, ascending, and the records shown.

    ``fields``: of each record, by name. ``unknown``: how many names its table does not know.
    """

    lines: dict[int, Certification]
    fields: dict[int, dict[str, Value]]
    unknown: dict[int, int]

    def of(self, index: int) -> Mapping[str, Value]:
        """Return the fields shown of one entry, none where its record is not shown."""
        return self.fields.get(index, {})


def read_contents(items: Mapping[int, Item], checks: Checks) -> Contents:
    """Check ``certification``, ``commitment`` and ``disclosure-rules``; return what is shown.

    ``items``: all entries shown, ascending by index, each proven to be in its tree.
    """
    contents = Contents(_find_lines(items), {}, {})
    if not contents.lines:
        checks.no("certification", "no certification is shown")
    checks.yes("certification", f"{len(contents.lines)} shown")
    for index, item in items.items():
        if item.shown.record:
            checks.attempt("commitment", index, _read, item, contents)
    checks.yes("commitment", f"{len(contents.fields)} records are as committed to")
    for index, fields in contents.fields.items():
        checks.attempt("disclosure-rules", index, _check_disclosed, fields)
    checks.yes("disclosure-rules", "nothing is shown that stays hidden")
    return contents


def _find_lines(items: Mapping[int, Item]) -> dict[int, Certification]:
    return {
        index: item.entry
        for index, item in items.items()
        if isinstance(item.entry, Certification)
        and (item.shown.record or item.entry.supersedes not in items)
    }


def _read(item: Item, contents: Contents) -> None:
    entry, table = item.entry, table_of(item.entry)
    if table is None or not isinstance(entry, Certification | Withdrawal | Erasure):
        raise CommitmentError("fields are shown, but the entry commits to none")
    record = read_record(item.shown.record, table)
    _check_commitment(record, entry.commitment)
    contents.fields[entry.index] = dict(record.fields)
    contents.unknown[entry.index] = len(record.unknown)


def _check_commitment(record: Record, expected: str) -> None:
    computed = encode_base64(record.commitment)
    if computed != expected:
        raise CommitmentError(f"expected {expected}, computed {computed}")


def _check_disclosed(fields: Mapping[str, Value]) -> None:
    if not NEVER_DISCLOSED.isdisjoint(fields):
        raise CommitmentError("a field is shown that no proof may show")
    if SOURCE in fields and not shows_source_rightly(fields.keys()):
        raise CommitmentError(f"{SOURCE} is shown while fields that it needs are hidden")
    if mixes_alternatives(tuple(fields)):
        raise CommitmentError("a holder is identified in two ways")
    flags = {flag_of(name) for name in fields} - {None}
    if not flags.issubset(fields):
        raise CommitmentError("a level is shown without the flag that goes with it")
