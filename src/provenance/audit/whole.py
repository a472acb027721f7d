"""A deposited file, put together again and read as a whole.

What is said around a passage (of which diploma it is, by whom and for whom) is not in the
passage. So the file is read as a whole, and what it says around each passage is held against
what the passage's record says. A file that is written as nearly all are is read from its
remainder, whose size does not grow with the recorded passages; every other one is put together
again, as often as the parser needs it. Memory holds what is left of the file, and some bytes
a passage.
"""

from __future__ import annotations

import hashlib
import json
import re
from array import array
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from provenance.cdc.flux import FluxReader, Limits
from provenance.cdc.remainder import read_remainder
from provenance.cdc.schema import LEADING_NAMES
from provenance.encoding import decode_base64, decode_json
from provenance.errors import FormatError
from provenance.record.depositdigest import leading_of, source_digest, surroundings
from provenance.record.payload import BODY_SIZE_MAX, FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from provenance.record.commitment import Field
    from provenance.record.payload import DepositPayload

    Bindings = Sequence[tuple[str, str]]

FORM: Final = "application/json"
"""Media type of a form; everything else is a file."""
LIMITS: Final = Limits(
    file_bytes_max=BODY_SIZE_MAX, passage_bytes_max=1 << 26, silent_bytes_max=1 << 20
)
"""Wide enough for what any writer takes; they bound what a hostile file costs."""

_NAME: Final = re.compile(rb"<((?:[^\s<>/:&\"'=!?]+:)?passageCertification)>")
_ID_TECHNIQUE: Final = "idTechnique"


class WholeFile(Struct):
    """What a file says.

    ``bodies``: depositor and certifier; None of a form of which every record was recorded,
    because records say themselves whose they are. ``count``: its passages, or records.
    ``numbers``: of the recorded passages, from 1. ``arounds``: of each of them, the number of
    its surroundings among ``kinds``, which are SHA-256 of what is hashed before a passage's
    bytes; empty for a form, where nothing is around a record. ``left``: the numbers of all
    other passages, ``digests`` their ``source k``, joined. ``techniques``: of a file that
    takes passages back, by idTechnique the number of the first passage that has it.
    """

    bodies: tuple[str, str] | None = None
    suppresses: bool = False
    count: int = 0
    numbers: array[int] = field(default_factory=lambda: array("I"))
    arounds: array[int] = field(default_factory=lambda: array("I"))
    kinds: dict[bytes, int] = field(default_factory=dict)
    left: array[int] = field(default_factory=lambda: array("I"))
    digests: bytearray = field(default_factory=bytearray)
    techniques: dict[str, int] = field(default_factory=dict)

    def around(self, bindings: Bindings, leading: Iterable[Field]) -> int:
        """Return the number of surroundings."""
        kind = around_digest(bindings, dict(leading))
        return self.kinds.setdefault(kind, len(self.kinds))

    def leave(self, number: int, digest: bytes, technique: object) -> None:
        """Take a passage that was not recorded."""
        self.left.append(number)
        self.digests += digest
        if self.suppresses:
            self.techniques.setdefault(str(technique), number)


def around_digest(bindings: Bindings, record: Mapping[str, object]) -> bytes:
    """Return SHA-256 of what is hashed before a passage's bytes; raises `FormatError`."""
    return hashlib.sha256(surroundings(bindings, leading_of(record))).digest()


def passage_name(source: bytes) -> bytes | None:
    """Return the name in the tag with which a passage begins; None where that has more."""
    found = _NAME.match(source)
    return None if found is None else found[1]


def read_whole(
    payload: DepositPayload,
    spots: Sequence[int],
    name: bytes | None,
    sources: Callable[[], Iterator[bytes]],
) -> WholeFile:
    """Read a deposited file as a whole. Raises `FormatError` when it cannot be deposited.

    ``spots``: where in the payload's residue recorded passages were. ``name``: that of all of
    them, where they are written in the usual way. ``sources`` gives them in order.
    """
    if payload.media_type == FORM:
        return _read_form(payload.residue, spots)
    if name is None and not spots:
        found = _NAME.search(payload.residue)
        name = None if found is None else found[1]
    whole = None if name is None else _read_remainder(payload.residue, spots, name)
    return whole or _read_all(payload, spots, sources)


def _read_remainder(residue: bytes, spots: Sequence[int], name: bytes) -> WholeFile | None:
    rest = read_remainder(residue, spots, name, LIMITS)
    if rest is None or rest.suppresses:
        # A passage that is taken back may be reduced: it is not read alone.
        return None
    bodies = rest.emetteur, rest.certificateur
    whole = WholeFile(bodies, count=rest.count, numbers=rest.numbers)
    kinds = [whole.around(one.bindings, one.leading) for one in rest.surroundings]
    whole.arounds.extend(kinds[rest.kinds[number - 1]] for number in rest.numbers)
    try:
        for number, fields in rest.left():
            whole.leave(number, decode_base64(str(fields[-1][1])), None)
    except FormatError:
        return None
    return whole


def _read_all(
    payload: DepositPayload, spots: Sequence[int], sources: Callable[[], Iterator[bytes]]
) -> WholeFile:
    reader = FluxReader(lambda: _chunks(payload.residue, spots, sources()), LIMITS)
    whole = WholeFile()
    holes = iter(payload.holes)
    hole = next(holes, None)
    for passage in reader.passages():
        header = reader.header
        whole.suppresses = header is not None and header.action == "SUPPRESSION"
        whole.count += 1
        if passage.start == hole:
            hole = next(holes, None)
            leading = [one for one in passage.fields if one[0] in LEADING_NAMES]
            whole.numbers.append(passage.number + 1)
            whole.arounds.append(whole.around(passage.bindings, leading))
        else:
            whole.leave(passage.number + 1, passage.digest, passage.id_technique)
    if reader.faults or reader.header is None:
        raise FormatError("it is not a deposit file")
    if hole is not None:
        raise FormatError("a recorded passage is not a passage of the file")
    whole.bodies = reader.header.emetteur, reader.header.certificateur
    return whole


def _chunks(residue: bytes, spots: Sequence[int], sources: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the file's bytes."""
    at = 0
    for spot, source in zip(spots, sources, strict=True):
        yield residue[at:spot]
        yield source
        at = spot
    yield residue[at:]


def _read_form(residue: bytes, spots: Sequence[int]) -> WholeFile:
    """Read a form, of which each recorded record is known to be one.

    Between the records are commas, and around them brackets. Raises `FormatError`.
    """
    whole = WholeFile()
    at, due = 0, "["
    for spot in (*spots, None):
        gap = residue[at:spot]
        if spot is None:
            if not gap.endswith(b"]"):
                raise FormatError("the form does not end")
            gap = gap[:-1]
        due = _read_gap(whole, gap, due, ends=spot is None)
        if spot is not None:
            whole.count += 1
            whole.numbers.append(whole.count)
            at = spot
    return whole


def _read_gap(whole: WholeFile, gap: bytes, due: str, *, ends: bool) -> str:
    """Read what is before a recorded record, or behind the last one.

    ``due``: what must be before the next record. Returns that for the next gap.
    """
    try:
        text = gap.decode()
    except UnicodeDecodeError as error:
        raise FormatError("the form is not text") from error
    at = 0
    while at < len(text):
        if text[at] != due:
            raise FormatError("the form is not a list of records")
        due, start = ",", at + 1
        if start == len(text) and not ends:
            return due
        at = _record_end(text, start)
        _leave_record(whole, text[start:at].encode())
    if not ends:
        raise FormatError("the form is not a list of records")
    return due


def _record_end(text: str, start: int) -> int:
    try:
        _, end = _scanner.raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise FormatError("the form is not a list of records") from error
    return end


def _leave_record(whole: WholeFile, source: bytes) -> None:
    record = decode_json(source, FIELDS, "record")
    leading = leading_of(record)
    bodies = leading.emetteur, leading.certificateur
    if whole.bodies not in {None, bodies}:
        raise FormatError("the records of the form name different bodies")
    whole.bodies = bodies
    whole.count += 1
    whole.leave(whole.count, source_digest((), leading, source), record.get(_ID_TECHNIQUE))


_scanner: Final = json.JSONDecoder()
