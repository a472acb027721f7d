"""What can be done for a certification before anybody looks into the ledger.

Reading it, checking it, making the keys by which it is recognised, and sealing it: nine
tenths of the time of a deposit, and nothing of it depends on other records. So it is done
chunk by chunk, by this process or by others beside it (see `crew.py`).
"""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec resolves the annotations
from typing import TYPE_CHECKING, Final

import msgspec

from provenance.cdc.checks import check_deadline, check_passage
from provenance.cdc.faults import Fault  # noqa: TC001 - as above
from provenance.cdc.flux import read_passage
from provenance.encoding import decode_json
from provenance.ledger.draft import Sealed, seal_record
from provenance.ledger.judging import Claim, make_claim
from provenance.ledger.lookups import Lookups
from provenance.record.commitment import SOURCE, Field
from provenance.record.payload import FIELDS, source_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    """The exact bytes of each."""
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
        return [
            self.prepare_one(chunk.bindings, source, fields)
            for source, fields in zip(chunk.sources, _records(chunk), strict=True)
        ]

    def prepare_one(
        self, bindings: Sequence[tuple[str, str]], source: bytes, fields: tuple[Field, ...]
    ) -> Prepared:
        """Prepare one record, which has the form of the schema."""
        id_technique = next(str(value) for name, value in fields if name == "idTechnique")
        faults = check_passage(fields)
        refusals = [fault for fault in faults if fault.effect == "passage"]
        if not refusals and (late := check_deadline(fields, self.terms.received)) is not None:
            faults.append(late)
        return Prepared(
            id_technique=id_technique,
            claim=make_claim(self._lookups, self.terms.bodies, id_technique, fields),
            faults=tuple(refusals or faults),
            sealed=None if refusals else seal_record(bindings, source, fields),
            fields=fields if self.terms.shows_fields else (),
        )


def _records(chunk: Chunk) -> list[tuple[Field, ...]]:
    bindings, leading = chunk.bindings, chunk.leading
    if chunk.records is not None:
        return chunk.records
    if leading is None:
        return [read_form_record(source) for source in chunk.sources]
    return [read_passage(source, bindings, leading) for source in chunk.sources]


def read_form_record(source: bytes) -> tuple[Field, ...]:
    """Give the record of which a form's JSON is the exact bytes; raises `FormatError`."""
    fields = decode_json(source, FIELDS, "record")
    return (*fields.items(), (SOURCE, source_digest(source)))
