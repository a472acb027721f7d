"""What can be done for a certification before anybody looks into the ledger.

Reading it, checking it, making the keys by which it is recognised, and sealing it: nine
tenths of the time of a deposit, and nothing of it depends on other records. So it is done
chunk by chunk, by this process or by others beside it (see `crew.py`), and each step for a
whole chunk before the next: a processor repeats a step a tenth faster than it changes
between steps.
"""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec resolves the annotations
from itertools import compress
from typing import TYPE_CHECKING, Final

import msgspec

from provenance.cdc.checks import check_deadline, check_passage
from provenance.cdc.faults import Fault  # noqa: TC001 - as above
from provenance.cdc.flux import read_passage
from provenance.encoding import decode_json, encode_json
from provenance.ledger.draft import Sealed, seal_records
from provenance.ledger.judging import ID_TECHNIQUE, Claim, make_claim
from provenance.ledger.lookups import Lookups
from provenance.record.commitment import SOURCE, Field, Value
from provenance.record.payload import FIELDS, source_digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CHUNK: Final = 32
"""Records that are prepared at once."""


class Terms(msgspec.Struct, frozen=True):
    """What holds for all records of one deposit."""

    secret: bytes
    """The key of the look-ups, 32 bytes."""
    bodies: tuple[str, ...]
    """BCRs of the depositor, and of the bodies that it has taken over."""
    received: date
    """Day in UTC."""
    shows_fields: bool
    """Whether the prepared records are to tell their fields, for the operator to decide."""


class Chunk(msgspec.Struct, frozen=True):
    """Records of one deposit that have the same surroundings."""

    bindings: tuple[tuple[str, str], ...]
    leading: tuple[Field, ...] | None
    """The fields with which each record of a passage begins; None for those of a form."""
    sources: list[bytes]
    """The exact bytes of each; those of a form's record are its content as it is stored."""
    records: list[tuple[Field, ...]] | None = None
    """The complete records, where they are known: those of a form are."""


class Prepared(msgspec.Struct, frozen=True, gc=False):
    """One record, ready to be judged against the ledger."""

    id_technique: str
    claim: Claim
    faults: tuple[Fault, ...]
    """Faults of effect ``passage``, else warnings; of level ``deadline`` when it is late."""
    sealed: Sealed | None
    """None where there are faults that refuse it."""
    fields: tuple[Field, ...] = ()


class Preparer:
    """Prepares the records of one deposit."""

    def __init__(self, terms: Terms) -> None:
        self.terms: Final = terms
        self._lookups: Final = Lookups(terms.secret)

    def prepare(self, chunk: Chunk) -> list[Prepared]:
        """Prepare a chunk; raises `FormatError` when one is no passage, or has a fault."""
        records = _records(chunk) if chunk.records is None else chunk.records
        named = [dict(fields[:-1]) for fields in records]
        contents = chunk.sources if chunk.leading is None else list(map(encode_json, named))
        faults = list(map(self._faults, named))
        lookups, bodies = self._lookups, self.terms.bodies
        claims = [
            make_claim(lookups, bodies, *one) for one in zip(named, contents, strict=True)
        ]
        shows = self.terms.shows_fields
        return [
            Prepared(
                id_technique=str(record[ID_TECHNIQUE]),
                claim=claim,
                faults=found,
                sealed=sealed,
                fields=fields if shows else (),
            )
            for record, claim, found, sealed, fields in zip(
                named,
                claims,
                faults,
                _seal(chunk, records, contents, faults),
                records,
                strict=True,
            )
        ]

    def _faults(self, record: Mapping[str, Value]) -> tuple[Fault, ...]:
        """Give what refuses a record, else what is warned of."""
        faults = check_passage(record)
        if refusals := [fault for fault in faults if fault.effect == "passage"]:
            return tuple(refusals)
        late = check_deadline(record, self.terms.received)
        return tuple(faults if late is None else (*faults, late))


def _seal(
    chunk: Chunk,
    records: Sequence[tuple[Field, ...]],
    contents: Sequence[bytes],
    faults: Sequence[tuple[Fault, ...]],
) -> list[Sealed | None]:
    """Seal the records that have no fault which refuses them; None stands for the others."""
    head = encode_json(chunk.bindings)
    wanted = [all(fault.effect != "passage" for fault in found) for found in faults]
    parts = [(head, *one) for one in zip(chunk.sources, contents, strict=True)]
    sealed = iter(seal_records(list(compress(zip(records, parts, strict=True), wanted))))
    return [next(sealed) if one else None for one in wanted]


def _records(chunk: Chunk) -> list[tuple[Field, ...]]:
    bindings, leading = chunk.bindings, chunk.leading
    if leading is None:
        return [read_form_record(source) for source in chunk.sources]
    return [read_passage(source, bindings, leading) for source in chunk.sources]


def read_form_record(source: bytes) -> tuple[Field, ...]:
    """Give the record of which a form's JSON is the exact bytes; raises `FormatError`."""
    fields = decode_json(source, FIELDS, "record")
    return (*fields.items(), (SOURCE, source_digest(source)))
