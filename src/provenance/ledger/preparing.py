"""What can be done for a certification before anybody looks into the ledger.

Reading it, checking it, making the keys by which it is recognised, and sealing it: nine
tenths of the time of a deposit, and nothing of it depends on other records. So it is done
chunk by chunk, by this process or by others beside it (see `crew.py`), and each step for a
whole chunk before the next: a processor repeats a step a tenth faster than it changes
between steps.
"""

from __future__ import annotations

from binascii import a2b_base64
from datetime import date  # noqa: TC003 - msgspec resolves the annotations
from itertools import compress
from typing import TYPE_CHECKING, Final

import msgspec

from provenance.cdc.checks import check_award, check_deadline, check_passage
from provenance.cdc.faults import Fault, located
from provenance.cdc.flux import read_passage
from provenance.cdc.report import Award, award_of
from provenance.encoding import decode_json, encode_json
from provenance.ledger.draft import Sealed, seal_records
from provenance.ledger.judging import ID_TECHNIQUE, Claim, make_claim
from provenance.ledger.lookups import Lookups
from provenance.record.commitment import Field, Value  # noqa: TC001 - as above
from provenance.record.depositdigest import (
    FILE_SALT_SIZE,
    leading_of,
    passage_leaf,
    source_digest,
    source_text,
)
from provenance.record.payload import FIELDS, place_part
from provenance.record.slots import CERTIFICATION, SOURCE

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
    """Day in Paris."""
    shows_fields: bool
    """Whether the prepared records are to tell their fields, for the operator to decide."""


class Chunk(msgspec.Struct, frozen=True):
    """Records of one deposit that have the same surroundings."""

    bindings: tuple[tuple[str, str], ...]
    leading: tuple[Field, ...] | None
    """The fields with which each record of a passage begins; None for those of a form."""
    sources: list[bytes]
    """The exact bytes of each."""
    first: int
    """Number of the first of them in the deposit, from 1."""
    salts: bytes
    """The salts of their leaves, joined."""
    contents: list[dict[str, Value]] | None = None
    """What each of a form says, where that is known already."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record that was read."""

    source: bytes
    """Its exact bytes."""
    fields: tuple[Field, ...]
    """All of it; the last one is ``source``, of the exact bytes and what is around them."""
    content: dict[str, Value]
    """The other fields by name."""
    encoded: bytes
    """The same as it is stored, and as `encode_content` gives it."""


class Prepared(msgspec.Struct, frozen=True, gc=False):
    """One record, ready to be judged against the ledger."""

    id_technique: str
    claim: Claim
    award: Award
    leaf: bytes
    """Hash of its leaf in the digest of the deposit."""
    faults: tuple[Fault, ...]
    """Faults of effect ``passage``, else warnings."""
    sealed: Sealed | None
    """None where there are faults that refuse it."""
    fields: tuple[Field, ...] = ()


class Preparer:
    """Prepares the records of one deposit."""

    def __init__(self, terms: Terms, lookups: Lookups | None = None) -> None:
        """``lookups``: those under the secret of the terms, where they are made already."""
        self.terms: Final = terms
        self._lookups: Final = lookups or Lookups(terms.secret)

    def prepare(self, chunk: Chunk) -> list[Prepared]:
        """Prepare a chunk; raises `FormatError` when one is no passage, or has a fault."""
        return self.prepare_records(
            chunk.bindings, _read(chunk), first=chunk.first, salts=chunk.salts
        )

    def prepare_records(
        self,
        bindings: Sequence[tuple[str, str]],
        records: Sequence[Record],
        *,
        first: int,
        salts: bytes,
    ) -> list[Prepared]:
        """Prepare records that have the form of the schema; the rest as in `Chunk`."""
        parts = [salts[at : at + FILE_SALT_SIZE] for at in range(0, len(salts), FILE_SALT_SIZE)]
        places = list(zip(range(first, first + len(records)), parts, strict=True))
        faults = [
            self._faults(one.content, number)
            for one, (number, _) in zip(records, places, strict=True)
        ]
        lookups, bodies = self._lookups, self.terms.bodies
        claims = [make_claim(lookups, bodies, one.content, one.encoded) for one in records]
        leaves = [
            passage_leaf(salt, a2b_base64(str(one.fields[-1][1])))
            for one, (_, salt) in zip(records, places, strict=True)
        ]
        sealed = _seal(bindings, records, places, faults)
        shows = self.terms.shows_fields
        return [
            Prepared(
                id_technique=str(one.content[ID_TECHNIQUE]),
                claim=claim,
                award=award_of(one.content),
                leaf=leaf,
                faults=found,
                sealed=made,
                fields=one.fields if shows else (),
            )
            for one, claim, leaf, found, made in zip(
                records, claims, leaves, faults, sealed, strict=True
            )
        ]

    def _faults(self, record: Mapping[str, Value], number: int) -> tuple[Fault, ...]:
        """Return what refuses a record, else what is warned of."""
        received = self.terms.received
        late, early = check_deadline(record, received), check_award(record, received)
        found = check_passage(record)
        if not found and late is early is None:
            return ()
        refusals = [fault for fault in found if fault.effect == "passage"]
        dated = [fault for fault in (late, early) if fault is not None]
        name = str(record[ID_TECHNIQUE])
        return tuple([located(one, number, name) for one in refusals or found + dated])


def _seal(
    bindings: Sequence[tuple[str, str]],
    records: Sequence[Record],
    places: Sequence[tuple[int, bytes]],
    faults: Sequence[tuple[Fault, ...]],
) -> list[Sealed | None]:
    """Seal the records that have no fault which refuses them; None stands for the others."""
    head = encode_json(bindings)
    wanted = [all(fault.effect != "passage" for fault in found) for found in faults]
    kept = [
        (one.fields, (head, one.source, one.encoded, place_part(*place)))
        for one, place in compress(zip(records, places, strict=True), wanted)
    ]
    sealed = iter(seal_records(kept, CERTIFICATION))
    return [next(sealed) if one else None for one in wanted]


def _read(chunk: Chunk) -> list[Record]:
    bindings, leading, sources = chunk.bindings, chunk.leading, chunk.sources
    if leading is None:
        contents = chunk.contents or [decode_json(one, FIELDS, "record") for one in sources]
        return list(map(form_record, sources, contents))
    return [passage_record(one, read_passage(one, bindings, leading)) for one in sources]


def form_record(source: bytes, content: dict[str, Value]) -> Record:
    """Return the record of a form, of which the JSON of its content is the exact bytes."""
    digest = source_digest((), leading_of(content), source)
    fields = (*content.items(), (SOURCE, source_text(digest)))
    return Record(source=source, fields=fields, content=content, encoded=source)


def passage_record(source: bytes, fields: tuple[Field, ...]) -> Record:
    """Return the record of a passage that was read."""
    content = dict(fields[:-1])
    return Record(source=source, fields=fields, content=content, encoded=encode_json(content))
